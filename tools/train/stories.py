"""Trains the model of ties (crates/dedup/src/story/ties.model) and measures stories.

    tools/train/run stories [--corpus DIR] [--no-cv] [--seeds N] [--without FEATURE...]

The corpus is the folder `dedup` of the folder that WIRESIFT_CORPORA names: folders st_* with an
articles.jsonl, and a gold.jsonl ({"id","cluster"}) or a pairs.jsonl ({"a","b","same"}).

The features come from the crate itself (its example `stories`), and so does the grouping that is
measured, so there is one definition of both. Everything is deterministic.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import lightgbm
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "crates/dedup/src/story/ties.model"
SETS = ["ecbplus", "basil", "tgpairs", "allsides", "vmds", "sem22"]
ABROAD = "sem22x"  # pairs of two languages; the model is not trained on them
JOIN = [-1.5, -1.25, -1.125, -1.0, -0.875, -0.75, -0.625, -0.5, -0.25]
TREES = 200
# What makes two articles less alike. All other features make them more alike.
AGAINST = {"weekdays-differ", "late"}
# Pairs below this sum are apart by any model. Without them the trees learn the hard cases.
EASY = -3.0


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


class Collection:
    """A set of articles, what is known of its pairs, and the features of the pairs."""

    def __init__(self, folder, tool):
        self.tool = tool
        self.path = folder / "articles.jsonl"
        self.articles = lines(self.path)
        self.gold, self.pairs, self.open = None, None, set()
        if (folder / "pairs.jsonl").exists():
            self.pairs = [(r["a"], r["b"], bool(r["same"])) for r in lines(folder / "pairs.jsonl")]
        else:
            self.gold = {r["id"]: r["cluster"] for r in lines(folder / "gold.jsonl")}
            if (folder / "ambiguous.jsonl").exists():
                self.open = {frozenset((r["a"], r["b"])) for r in lines(folder / "ambiguous.jsonl")}
        self.language = {r["id"]: (r.get("language") or "und")[:2] for r in self.articles}

    def read_features(self):
        asked = "".join(f"{a} {b}\n" for a, b, _ in self.pairs or [])
        out = subprocess.run([self.tool, "rows", self.path], input=asked, capture_output=True,
                             text=True, check=True).stdout.splitlines()
        self.features = out[0].split(" ")[3:]
        rows = [line.split(" ") for line in out[1:]]
        self.ids = [(row[0], row[1]) for row in rows]
        self.x = np.array([row[3:] for row in rows], dtype=np.float32)
        known = {frozenset((a, b)): int(same) for a, b, same in self.pairs or []}

        def label(a, b):
            if self.gold is None:
                return known.get(frozenset((a, b)), -1)
            return -1 if frozenset((a, b)) in self.open else int(self.gold[a] == self.gold[b])

        self.y = np.array([label(a, b) for a, b in self.ids])

    def half_of(self):
        """The half of each article, so that no event is in both halves."""
        event = dict(self.gold or {})
        for a, b, _ in self.pairs or []:
            one, other = event.setdefault(a, a), event.setdefault(b, b)
            for article in [a for a, e in event.items() if e == other]:
                event[article] = one
        return {article: zlib.crc32(str(e).encode()) & 1 for article, e in event.items()}

    def group(self, model, join, only=None, earlier=None):
        """The stories that the crate finds: article to story."""
        with tempfile.TemporaryDirectory() as folder:
            path = self.path
            if only is not None:
                path = Path(folder) / "articles.jsonl"
                chosen = [json.dumps(r) for r in self.articles if r["id"] in only]
                path.write_text("\n".join(chosen) + "\n")
            file = Path(folder) / "ties.model"
            file.write_text(model)
            extra = {"EARLIER": earlier} if earlier else {}
            out = subprocess.run([self.tool, "group", file, str(join), path], capture_output=True,
                                 text=True, check=True, env={**os.environ, **extra}).stdout
        return dict(line.rsplit(" ", 1) for line in out.splitlines())

    def score(self, stories, language=None):
        """Pairs found, pairs wrongly joined, pairs missed."""
        found = wrong = missed = 0
        for a, b, same in self.judged(stories, language):
            together = stories[a] == stories[b]
            found += together and same
            wrong += together and not same
            missed += same and not together
        return found, wrong, missed

    def judged(self, stories, language):
        if self.pairs is not None:
            yield from ((a, b, same) for a, b, same in self.pairs if a in stories and b in stories
                        and language in (None, f"{self.language[a]}-{self.language[b]}"))
            return
        for groups in (self.gold, stories):
            members = collections.defaultdict(list)
            for article in stories:
                members[groups[article]].append(article)
            for articles in members.values():
                for at, a in enumerate(articles):
                    for b in articles[:at]:
                        same = self.gold[a] == self.gold[b]
                        # Pairs of one event are judged in the first round only.
                        if frozenset((a, b)) not in self.open and same == (groups is self.gold):
                            yield a, b, same


def figures(counts):
    found, wrong, missed = counts
    precision = found / (found + wrong) if found + wrong else 1.0
    recall = found / (found + missed) if found + missed else 1.0
    return precision, recall, 2 * found / max(1, 2 * found + wrong + missed)


def easy(collection):
    column = {name: collection.x[:, at] for at, name in enumerate(collection.features)}
    return 2.3 * column["lead"] + 5.0 * column["names"] + 5.3 * column["told"] - 5.0 < EASY


def train(collections_, features, seed, keep=lambda collection, a, b: True):
    """Trees over the hard pairs. All sets have the same weight."""
    xs, ys, weights = [], [], []
    for one in collections_:
        kept = np.array([keep(one, a, b) for a, b in one.ids], dtype=bool)
        mask = kept & (one.y >= 0) & ~easy(one)
        y = one.y[mask]
        same, other = max(1, y.sum()), max(1, len(y) - y.sum())
        share = min(4.0, max(1.0, other / same))
        xs.append(one.x[mask][:, [one.features.index(name) for name in features]])
        ys.append(y)
        weights.append(np.where(y == 1, 1 / (1 + share) / same, share / (1 + share) / other))
    weight = np.concatenate(weights)
    settings = {
        "objective": "binary", "learning_rate": 0.05, "num_leaves": 10, "max_depth": 4,
        "min_sum_hessian_in_leaf": 30, "feature_fraction": 0.4, "lambda_l2": 30, "seed": seed,
        "monotone_constraints": [-1 if name in AGAINST else 1 for name in features],
        "num_threads": 1, "deterministic": True, "force_col_wise": True, "verbose": -1,
    }
    data = lightgbm.Dataset(np.vstack(xs), np.concatenate(ys), weight=weight / weight.sum() * 20_000)
    return written(lightgbm.train(settings, data, TREES), features)


def written(booster, features):
    """The trees in the form that crates/dedup/src/story/model.rs documents, without `join`."""

    def mean(node):
        if "split_feature" not in node:
            return node["leaf_value"], max(1, node.get("leaf_count", 1))
        (one, count), (other, more) = mean(node["left_child"]), mean(node["right_child"])
        node["mean"] = (one * count + other * more) / (count + more)
        return node["mean"], count + more

    def write(node, out):
        if "split_feature" in node:
            out.append(f"{node['split_feature']}:{node['threshold']:.5g}:{node['mean']:.4g}")
            write(node["left_child"], out)
            write(node["right_child"], out)
        else:
            out.append(f"{node['leaf_value']:.4g}")
        return out

    text = ["wiresift-ties 1"] + [f"feature {name}" for name in features]
    for tree in booster.dump_model()["tree_info"]:
        mean(tree["tree_structure"])
        text.append("tree " + " ".join(write(tree["tree_structure"], [])))
    return "\n".join(text) + "\n"


def with_join(model, join):
    first, rest = model.split("\n", 1)
    return f"{first}\njoin {join}\n{rest}"


def show(title, rows):
    scores = [row[2] for row in rows.values()]
    print(f"{title}: mean {np.mean(scores):.4f}, first three {np.mean(scores[:3]):.4f}, "
          f"last three {np.mean(scores[3:]):.4f}")
    for name, (precision, recall, f1) in rows.items():
        print(f"  {name:10} P {precision:.3f} R {recall:.3f} F1 {f1:.3f}", flush=True)


def leave_one_out(sets, abroad, features, seed):
    """Each set by a model and a threshold from the other five; then all with one threshold, which is
    the best for them and for the pairs of two languages."""
    curves = {}
    for name, one in sets.items():
        model = train([other for key, other in sets.items() if key != name], features, seed)
        curves[name] = {join: figures(one.score(one.group(model, join))) for join in JOIN}

    def best(names):
        return max(JOIN, key=lambda join: sum(curves[name][join][2] for name in names))

    rows = {name: curves[name][best([n for n in sets if n != name])] for name in sets}
    show(f"left out, seed {seed}", rows)
    model = train(sets.values(), features, seed)
    across = {join: figures(abroad.score(abroad.group(model, join)))[2] for join in JOIN}
    join = max(JOIN, key=lambda join: across[join] + sum(curve[join][2] for curve in curves.values()))
    show(f"left out, one threshold {join}", {name: curves[name][join] for name in sets})
    return join, np.mean([row[2] for row in rows.values()])


def by_event(sets, features, join):
    """The shipped model by halves: trained on one half of the events of all sets, judged on the other."""
    rows = {name: [] for name in sets}
    halves = {name: one.half_of() for name, one in sets.items()}
    name_of = {id(one): name for name, one in sets.items()}
    for half in (0, 1):
        def keep(one, a, b, half=half):
            side = halves[name_of[id(one)]]
            return side.get(a) != half and side.get(b) != half

        model = train(sets.values(), features, 0, keep)
        for name, one in sets.items():
            only = {article for article, side in halves[name].items() if side == half}
            rows[name].append(one.score(one.group(model, join, only)))
    show(f"by event, threshold {join}",
         {name: figures(np.sum(counts, axis=0)) for name, counts in rows.items()})


def by_language(one, model, join):
    stories = one.group(model, join)
    languages = sorted({f"{one.language[a]}-{one.language[b]}" for a, b, _ in one.pairs})
    for language in languages:
        found, wrong, missed = one.score(stories, language)
        print(f"  {language}: found {found} of {found + missed}, wrong {wrong}")
    precision, recall, f1 = figures(one.score(stories))
    print(f"  all: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}", flush=True)


def warm(sets, features, join, folder, tool):
    """English sets before and after 6,000 other English articles were counted."""
    others = {name: one for name, one in sets.items() if name in ("ecbplus", "basil", "allsides")}
    for name, one in others.items():
        model = train([other for key, other in sets.items() if key != name], features, 0)
        rest = [r for other in sorted(folder.iterdir()) if (other / "articles.jsonl").exists()
                and name not in other.name for r in lines(other / "articles.jsonl")
                if r.get("language") == "en"]
        rest.sort(key=lambda r: zlib.crc32(r["id"].encode()))
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("\n".join(json.dumps(r) for r in rest[:6000]) + "\n")
            file.flush()
            cold = figures(one.score(one.group(model, join)))
            after = figures(one.score(one.group(model, join, earlier=file.name)))
        print(f"  {name}: F1 {cold[2]:.3f}, after {len(rest[:6000])} other articles {after[2]:.3f}",
              flush=True)


def main():
    wanted = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora = os.environ.get("WIRESIFT_CORPORA")
    wanted.add_argument("--corpus", type=Path, default=corpora and Path(corpora) / "dedup")
    wanted.add_argument("--no-cv", action="store_true", help="train only")
    wanted.add_argument("--seeds", type=int, default=1, help="repeat the measurement")
    wanted.add_argument("--without", nargs="*", default=[], help="features to leave out; writes no model")
    args = wanted.parse_args()
    if not args.corpus:
        sys.exit("set WIRESIFT_CORPORA, or name the folder with --corpus")
    build = ["cargo", "build", "--release", "--quiet", "-p", "wiresift-dedup", "--example", "stories"]
    subprocess.run(build, check=True, cwd=ROOT)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    tool = target / "release/examples/stories"
    sets = {name: Collection(args.corpus / f"st_{name}", tool) for name in SETS}
    for one in sets.values():
        one.read_features()
    features = [name for name in next(iter(sets.values())).features if name not in args.without]
    abroad = Collection(args.corpus / f"st_{ABROAD}", tool)
    join = None
    if not args.no_cv:
        results = [leave_one_out(sets, abroad, features, seed) for seed in range(args.seeds)]
        join = results[0][0]
        if args.seeds > 1:
            means = [mean for _, mean in results]
            print(f"seeds: mean {np.mean(means):.4f}, standard deviation {np.std(means):.4f}")
        by_event(sets, features, join)
        print("after other English articles, left out:")
        warm(sets, features, join, args.corpus, tool)
    if args.without:
        return
    if join is None:
        join = float(MODEL.read_text().split("\njoin ")[1].split()[0])
    model = train(sets.values(), features, 0)
    MODEL.write_text(with_join(model, join))
    print(f"wrote {MODEL}")
    if not args.no_cv:
        print("sem22 by language, model trained on it too:")
        by_language(sets["sem22"], model, join)
        print("pairs of two languages:")
        by_language(abroad, model, join)


if __name__ == "__main__":
    main()
