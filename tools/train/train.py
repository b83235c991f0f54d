#!/usr/bin/env python3
"""Train the model of blocks and measure it on sites that it has not seen.

  tools/train/run [--bin PATH] [--corpus DIR] [--work DIR] [--no-final] [--reserve] [--rules] [--seed N]
                  [--copies N] [--one-stage] [--without COLUMN|GROUP,...] [--groups] [--folds N]

A fifth of the sites of all sets is put away. The others are divided into five folds. Five models are trained, each
without one fold. The program itself extracts the pages of that fold with that model (`extract --model`), so what is
scored is what it prints. Then one model is trained on all training pages and written to
crates/extract/src/model/blocks.model.

A model has two stages. The second learns from the first one's scores of pages that the first has not seen: those of
the fold that its model is without.

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
COPIES = 2
HOPELESS = -4.5  # as in crates/extract/src/model.rs
JOBS = []
SETTINGS = {
    "objective": "binary", "num_leaves": 31, "max_depth": 6, "learning_rate": 0.08, "min_data_in_leaf": 40,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 63,
    "boost_from_average": False, "use_missing": False, "verbose": -1, "num_threads": 1, "seed": 1,
    "deterministic": True, "force_col_wise": True,
}


def chosen(page, columns):
    """Which rows of a page the first stage learns, and their weights: of short lines of links, all alike, a third."""
    short = (page.rows[:, columns.index("links")] > 0.5) & (page.rows[:, columns.index("weight")] < np.log1p(60))
    short &= page.label == 0
    thirds = np.arange(len(short)) % 3 == 0
    weight = np.where(short, 3 * page.weight, page.weight)
    return (weight > 0) & (~short | thirds), weight


def open_rows(page, _columns):
    """Which rows the second stage learns: those that the first does not give up."""
    return (page.score > HOPELESS) & (page.weight > 0), page.weight


def train(training, columns, without, seed, second):
    """A booster over the given pages."""
    picks = [(open_rows if second else chosen)(p, columns) for p in training]
    rows = np.concatenate([(p.context if second else p.rows)[k] for p, (k, _) in zip(training, picks)])
    label = np.concatenate([p.label[k] for p, (k, _) in zip(training, picks)])
    weight = np.concatenate([w[k] for _, (k, w) in zip(training, picks)])
    if without:
        rows[:, [i for i, c in enumerate(columns) if c.split("@")[0] in without]] = 0
    settings = SETTINGS | {"seed": seed} | ({"learning_rate": 0.06} if second else {})
    return lightgbm.train(settings, lightgbm.Dataset(rows, label, weight=weight), TREES)


def train_all(jobs, columns, without, seed, second=False):
    """Trains one stage of a model a job, two at a time; a job is (training pages, file). Yields the files in order."""
    global JOBS
    JOBS = [(training, columns, without, seed, second, path) for training, path in jobs]
    # Forked, so that the pages are not copied; a thread each, since waiting threads cost more than they give.
    with multiprocessing.get_context("fork").Pool(2) as pool:
        yield from pool.imap(train_job, range(len(JOBS)))


def train_job(index):
    """Trains one stage and writes its file; a second stage is added to the first."""
    training, columns, without, seed, second, path = JOBS[index]
    booster = train(training, columns, without, seed, second)
    text = modelfile.dump(booster, columns)
    path.write_text(path.with_suffix(".first").read_text() + "second\n" + text if second else text)
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


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", type=Path, default=ROOT / "target" / "release" / "wiresift")
    ap.add_argument("--corpus", type=Path, default=P.CORPUS)
    ap.add_argument("--work", type=Path, help="keep fold models and predictions here")
    ap.add_argument("--one-stage", action="store_true", help="without the second stage")
    ap.add_argument("--copies", type=int, default=COPIES, help="changed copies of each training page")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--reserve", action="store_true",
                    help="train on all sites but those that are put away, and score those; to be done once")
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
    run(args, work, *P.load(args.bin, args.corpus, work, args.copies, args.reserve or not args.no_final))
    print(f"done after {time.time() - start:.0f} s")


def run(args, work, columns, groups, pages, learned):
    """Trains, cross-validates, and writes the model."""
    print(f"{len(pages)} pages, {len(learned)} learned, {len(columns)} columns", flush=True)
    without = {column for column, group in zip(columns, groups) if group in args.without} | set(args.without)
    known = [p for p in learned if not p.is_reserved]
    shown = [p for p in pages if p.fold < args.folds and not p.is_reserved]
    if args.groups:
        for group in ("", *dict.fromkeys(groups)):
            print(f"\nwithout {group or 'nothing'}", flush=True)
            its = {column for column, own in zip(columns, groups) if own == group}
            train_folds(args, work, columns, its, known)
            report(args.corpus, shown, cross_validate(args, work, shown))
        return
    context = train_folds(args, work, columns, without, known)
    notes = {} if args.rules else None
    report(args.corpus, shown, cross_validate(args, work, shown, notes))
    if notes:
        rules.report(args.corpus, shown, notes)
    if args.reserve:
        away = [p for p in pages if p.is_reserved]
        path = train_whole(args, work / "reserve.model", columns, context, without, known)
        print("\nsites that were put away", flush=True)
        report(args.corpus, away, extract(args, path, away, work))
    elif not args.no_final:
        # Pages that were put away need the first stage's scores too: by the models of the folds.
        add_context(args, work, [p for p in learned if p.is_reserved])
        path = train_whole(args, work / "blocks.model", columns, context, without, learned)
        shutil.copy(path, ROOT / "crates" / "extract" / "src" / "model" / "blocks.model")
        print(f"{path.stat().st_size / 1000:.0f} KB")


def train_whole(args, path, columns, context, without, learned):
    """Trains both stages on all given pages; the file."""
    list(train_all([(learned, path.with_suffix(".first"))], columns, without, args.seed))
    if args.one_stage:
        return shutil.copy(path.with_suffix(".first"), path)
    [(path, gain)] = train_all([(learned, path)], context, without, args.seed, second=True)
    print("second stage by gain: " + ", ".join(gain[:40]), flush=True)
    return path


def train_folds(args, work, columns, without, learned):
    """Trains a model for each fold, on the pages of the others; the names of the second stage's columns."""
    jobs = [([p for p in learned if p.fold != fold], work / f"fold{fold}.first") for fold in range(P.FOLDS)]
    list(train_all(jobs, columns, without, args.seed))
    if args.one_stage:
        for _, path in jobs:
            shutil.copy(path, path.with_suffix(".model"))
        return []
    context = add_context(args, work, learned)
    jobs = [(training, path.with_suffix(".model")) for training, path in jobs]
    list(train_all(jobs, context, without, args.seed, second=True))
    return context


def add_context(args, work, pages):
    """Measures the second stage's columns of every page by the first stage that has not seen its fold."""
    context = []
    for fold in range(P.FOLDS):
        own = [p for p in pages if p.fold == fold]
        context = P.add_context(args.bin, own, work, work / f"fold{fold}.first") or context
    return context


def cross_validate(args, work, pages, notes=None):
    """Predictions for the pages of each fold by a model that has not seen their sites; adds what rules did to `notes`."""
    predictions = {}
    for fold in range(args.folds):
        held = [p for p in pages if p.fold == fold]
        path = work / f"fold{fold}.model"
        predictions |= extract(args, path, held, work)
        if notes is not None:
            notes |= rules.notes(args.bin, path, held, work)
    return predictions


if __name__ == "__main__":
    main()
