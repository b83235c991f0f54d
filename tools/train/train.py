#!/usr/bin/env python3
"""Train the model of blocks and measure it on sites that it has not seen.

  tools/train/run [--bin PATH] [--corpus DIR] [--work DIR] [--no-cv] [--no-final] [--rules]
                  [--without COLUMN|GROUP,...] [--groups] [--folds N]

The sites of all sets together are divided into five folds. Five models are trained, each without one fold. The program
itself extracts the pages of that fold with that model (`extract --model`), so what is scored is what it prints. Then
one model is trained on all training pages and written to crates/extract/src/model/blocks.model.

The corpus is the folder `extraction` of the folder that WIRESIFT_CORPORA names, or the folder after --corpus.
"""
import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lightgbm
import numpy as np

import modelfile
import pages as P
import rules

ROOT = Path(__file__).resolve().parents[2]
TREES = 200
JOBS = []
SETTINGS = {
    "objective": "binary", "num_leaves": 31, "max_depth": 6, "learning_rate": 0.08, "min_data_in_leaf": 40,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 63,
    "boost_from_average": False, "use_missing": False, "verbose": -1, "num_threads": 1, "seed": 1,
    "deterministic": True, "force_col_wise": True,
}


def chosen(page, columns):
    """Which rows of a page are learned, and their weights: of short lines of links, all alike, a third."""
    short = (page.rows[:, columns.index("links")] > 0.5) & (page.rows[:, columns.index("weight")] < np.log1p(60))
    short &= page.label == 0
    thirds = np.arange(len(short)) % 3 == 0
    weight = np.where(short, 3 * page.weight, page.weight)
    return (weight > 0) & (~short | thirds), weight


def train(training, columns, without=()):
    """A booster over the given pages."""
    picks = [chosen(p, columns) for p in training]
    rows = np.concatenate([p.rows[k] for p, (k, _) in zip(training, picks)])
    label = np.concatenate([p.label[k] for p, (k, _) in zip(training, picks)])
    weight = np.concatenate([w[k] for k, w in picks])
    if without:
        rows[:, [i for i, c in enumerate(columns) if c.split("@")[0] in without]] = 0
    return lightgbm.train(SETTINGS, lightgbm.Dataset(rows, label, weight=weight), TREES)


def train_all(jobs, columns, without):
    """Trains one model a job, two at a time; a job is (training pages, file). Yields the files in order."""
    global JOBS
    JOBS = [(training, columns, without, path) for training, path in jobs]
    # Forked, so that the pages are not copied; a thread each, since waiting threads cost more than they give.
    with multiprocessing.get_context("fork").Pool(2) as pool:
        yield from pool.imap(train_job, range(len(JOBS)))


def train_job(index):
    """Trains the model of one job and writes its file."""
    training, columns, without, path = JOBS[index]
    booster = train(training, columns, without)
    path.write_text(modelfile.dump(booster, columns))
    gain = sorted(zip(booster.feature_importance("gain"), columns), reverse=True)
    return path, [column for _, column in gain]


def extract(args, model, held, work):
    """Texts of pages by the program with this model: {(set, id): prediction}."""
    manifest = work / (model.stem + ".jsonl")
    with manifest.open("w", encoding="utf-8") as f:
        f.writelines(json.dumps({"path": str(p.path), "url": p.gold.get("url")}) + "\n" for p in held)
    run = subprocess.run([args.bin, "extract", "--format", "json", "--model", model, "--manifest", manifest],
                         stdout=subprocess.PIPE, check=False)
    by_path = {str(p.path): p for p in held}
    found = {}
    for line in run.stdout.splitlines():
        record = json.loads(line)
        page = by_path[record["path"]]
        found[page.set, page.gold["id"]] = {"id": page.gold["id"], **record}
    # Kept for whoever looks at single pages: what a model says of sites that it has not seen.
    with (work / (model.stem + ".predictions.jsonl")).open("w", encoding="utf-8") as f:
        f.writelines(json.dumps({"set": s, **v}, ensure_ascii=False) + "\n" for (s, _), v in found.items())
    return found


def report(corpus, pages, predictions):
    """The table of figures, a set a line."""
    import score

    residue = score.load_residue(corpus / "residue.txt")
    groups = [("modern", P.MODERN), *((name, (name,)) for name in (*P.TRAINED, *P.VALIDATED))]
    print(f"{'set':<15} pages empty     f1      p      r  exact page_f1 residue snippets", flush=True)
    for title, sets in groups:
        golds = [p.gold for p in pages if p.set in sets]
        if not golds:
            continue
        found = {i: v for (s, i), v in predictions.items() if s in sets}
        total, _ = score.score(golds, found, residue, draws=0)
        shingle, snippets = total.get("shingle", {}), total.get("snippets", {})
        show = lambda v: f"{v:.4f}" if v is not None else "   -  "
        print(f"{title:<15} {total['pages']:>5} {total['empty']:>5} {show(shingle.get('f1'))} "
              f"{show(shingle.get('precision'))} {show(shingle.get('recall'))} {show(shingle.get('accuracy'))} "
              f"{show(total.get('page_f1'))}  {show(total['residue']['pages_with'])}  {show(snippets.get('f1'))}",
              flush=True)


def disputed(corpus):
    """Pages whose gold is doubtful: scored like all others, but not learned from."""
    path = corpus / "disputed.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {tuple(line.split()[:2]) for line in lines if line.strip() and not line.startswith("#")}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", type=Path, default=ROOT / "target" / "release" / "wiresift")
    ap.add_argument("--corpus", type=Path, default=P.CORPUS)
    ap.add_argument("--work", type=Path, help="keep fold models and predictions here")
    ap.add_argument("--no-cv", action="store_true", help="do not cross-validate")
    ap.add_argument("--no-final", action="store_true", help="do not write the model")
    ap.add_argument("--without", type=lambda text: text.split(","), default=(),
                    help="train without these columns or groups of columns")
    ap.add_argument("--rules", action="store_true", help="also print what each rule is worth")
    ap.add_argument("--groups", action="store_true", help="only print what each group of columns is worth")
    ap.add_argument("--folds", type=int, default=P.FOLDS, help="cross-validate only the first so many of the folds")
    args = ap.parse_args()
    if not args.corpus.exists():
        sys.exit(f"{args.corpus} is missing: let WIRESIFT_CORPORA name the folder of the corpora")
    sys.path.insert(0, str(args.corpus))
    work = args.work or Path(tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    start = time.time()
    run(args, work, *P.load(args.bin, args.corpus, work))
    print(f"done after {time.time() - start:.0f} s")


def run(args, work, columns, groups, pages, copies):
    """Trains, cross-validates, and writes the model."""
    skip = disputed(args.corpus)
    learned = [p for p in pages + copies if p.label is not None and len(p.label)
               and (p.set, p.gold["id"]) not in skip]
    pages = [p for p in pages if p.fold < args.folds]
    print(f"{len(pages)} pages, {len(learned)} learned, {len(columns)} columns", flush=True)
    if args.groups:
        for group in ("", *dict.fromkeys(groups)):
            print(f"\nwithout {group or 'nothing'}", flush=True)
            without = {column for column, its in zip(columns, groups) if its == group}
            report(args.corpus, pages, cross_validate(args, work, columns, without, pages, learned))
        return
    without = {column for column, group in zip(columns, groups) if group in args.without} | set(args.without)
    if not args.no_cv:
        notes = {} if args.rules else None
        report(args.corpus, pages, cross_validate(args, work, columns, without, pages, learned, notes))
        if notes:
            rules.report(args.corpus, pages, notes)
    if not args.no_final:
        [(path, gain)] = train_all([(learned, work / "blocks.model")], columns, without)
        shutil.copy(path, ROOT / "crates" / "extract" / "src" / "model" / "blocks.model")
        print(f"{path.stat().st_size / 1000:.0f} KB; by gain: " + ", ".join(gain[:40]), flush=True)


def cross_validate(args, work, columns, without, pages, learned, notes=None):
    """Predictions for the pages of each fold by a model that has not seen their sites; adds what rules did to `notes`."""
    jobs = [([p for p in learned if p.fold != fold], work / f"fold{fold}.model") for fold in range(args.folds)]
    predictions = {}
    for fold, (path, _) in enumerate(train_all(jobs, columns, without)):
        held = [p for p in pages if p.fold == fold]
        predictions |= extract(args, path, held, work)
        if notes is not None:
            notes |= rules.notes(args.bin, path, held, work)
    return predictions


if __name__ == "__main__":
    main()
