#!/usr/bin/env python3
"""Train the model of lines, for texts without markup, and measure it on sites that it has not seen.

  tools/train/run flat [--bin PATH] [--corpus DIR] [--work DIR] [--no-cv] [--no-made]

The sites are divided into five folds, as for the model of blocks. The model has two stages. The second one learns from
the scores of five first stages, each of which has not seen the sites of the texts that it scores. A text of a fold is
measured with a first and a second stage that were trained without this fold. The scores that this second stage learned
from come from first stages that did see the fold, as is usual for stacked models.
"""
import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path

import lightgbm
import numpy as np

import flattexts
import labels
import modelfile
import pages as P
import train as T

SETTINGS = {**T.SETTINGS, "learning_rate": 0.07, "min_data_in_leaf": 30, "num_leaves": 24}
TREES = (180, 140, 80)
CONTEXT = "score"  # the first column of the context
MODEL = T.ROOT / "crates" / "extract" / "src" / "flat" / "lines.model"
EARLY = "early "


def flat_pages(corpus):
    """The flat texts of the corpus; those of the training sets are learned too."""
    out = []
    for gold in P.golds(corpus, "flat"):
        name = next(n for n in (*P.MODERN, "daniel", "l3s_gn1") if gold["id"].startswith(n + "-"))
        page = P.Page(name, gold, corpus / "flat" / "pages" / (gold["id"] + ".txt"))
        out.append(page)
    return out


def made_pages(args, work):
    """Texts that are made from pages, as files."""
    folder = work / "texts"
    folder.mkdir(exist_ok=True)
    out = []
    for number, (source, lines) in enumerate(flattexts.make(args.bin, args.corpus, work)):
        path = folder / f"{number}.txt"
        path.write_text("\n".join(line for line, _ in lines) + "\n", encoding="utf-8")
        page = P.Page(source.page.set, source.page.gold, path)
        page.known = [own for _, own in lines] if source.has_labels else None
        out.append(page)
    return out


def measure(binary, pages, manifest, model=None):
    """The columns; fills in the rows of the pages, with the context that `model` gives."""
    manifest.write_text("".join(json.dumps({"path": str(p.path)}) + "\n" for p in pages), encoding="utf-8")
    by_path, columns = {str(p.path): p for p in pages}, []
    command = [binary, "extract", "--text", "--rows", "--manifest", manifest]
    with subprocess.Popen(command + (["--model", model] if model else []), stdout=subprocess.PIPE) as run:
        for line in run.stdout:
            record = json.loads(line)
            columns, page = record["columns"], by_path[record["path"]]
            rows = np.frombuffer(bytes.fromhex(record["rows"]), "<f4").reshape(-1, len(columns))
            if model:
                page.rows = rows
            else:
                page.learn(record)
    return columns


def chosen(page, columns):
    """Which lines of a text are learned, and their weights: of short foreign lines, all alike, a third."""
    short = (page.rows[:, columns.index("weight")] < np.log1p(60)) & (page.label == 0)
    thirds = np.arange(len(short)) % 3 == 0
    return (page.weight > 0) & (~short | thirds), np.where(short, 3 * page.weight, page.weight)


def bare(text):
    """Letters and digits only, in one form."""
    return "".join(c for c in unicodedata.normalize("NFKC", text or "").casefold() if c.isalnum())


def titles(pages):
    """Copies of the texts with a gold title, labelled by it; all lines of several."""
    out = []
    for page in pages:
        title = bare(page.gold.get("title"))
        if not title:
            continue
        copy = page.copy()
        copy.rows = page.rows
        copy.label = np.array([bare(text) == title for text in page.texts], float)
        copy.weight = np.where(copy.label > 0, 4.0, 1.0)
        out.append(copy)
    return out


def booster(pages, columns, width, trees):
    """A booster over the first so many columns."""
    picks = [chosen(p, columns) for p in pages]
    rows = np.concatenate([p.rows[k, :width] for p, (k, _) in zip(pages, picks)])
    label = np.concatenate([p.label[k] for p, (k, _) in zip(pages, picks)])
    weight = np.concatenate([w[k] for k, w in picks])
    return lightgbm.train(SETTINGS, lightgbm.Dataset(rows, label, weight=weight), trees)


def dump(model, columns):
    """The model's file without giving up early: the second stage needs the scores of all lines."""
    text = modelfile.dump(model, columns)
    return "".join(line for line in text.splitlines(True) if not line.startswith(EARLY))


def write_first(job):
    """Writes the first stage, trained without one fold."""
    columns, path, fold = job
    learned = [p for p in LEARNED if p.fold != fold]
    path.write_text(dump(booster(learned, columns, columns.index(CONTEXT), TREES[0]), columns))


def write_all(job):
    """Writes a whole model, the later parts of which are trained without one fold, behind its first stage."""
    columns, first, path, fold = job
    learned = [p for p in LEARNED if p.fold != fold]
    second = booster(learned, columns, len(columns), TREES[1])
    title = booster(titles(learned), columns, len(columns), TREES[2])
    path.write_text(first.read_text() + dump(second, columns) + dump(title, columns))
    gain = sorted(zip(second.feature_importance("gain"), columns), reverse=True)
    return ", ".join(column for _, column in gain[:25])


def pooled(function, jobs):
    """Two jobs at a time, each in a process of its own."""
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(function, jobs, chunksize=1)


def extract(args, model, held, work):
    """What the program prints of texts with this model."""
    manifest = work / (model.stem + ".held.jsonl")
    manifest.write_text("".join(json.dumps({"path": str(p.path)}) + "\n" for p in held), encoding="utf-8")
    command = [args.bin, "extract", "--text", "--format", "json", "--signals", "--model", model, "--manifest", manifest]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    by_path = {str(p.path): p for p in held}
    records = map(json.loads, run.stdout.splitlines())
    return {by_path[r["path"]].gold["id"]: {**r, "id": by_path[r["path"]].gold["id"]} for r in records}


def report(corpus, pages, found):
    """The table of figures, a group of sets a line."""
    import score

    residue = score.load_residue(corpus / "residue.txt")
    groups = [("flat", {p.set for p in pages}), ("modern", P.MODERN), *((s, (s,)) for s in sorted({p.set for p in pages}))]
    print(f"{'set':<15} texts empty     f1      p      r  exact page_f1 residue  title")
    for title, sets in groups:
        golds = [p.gold for p in pages if p.set in sets]
        total, _ = score.score(golds, found, residue, draws=0)
        s = total["shingle"]
        print(f"{title:<15} {total['pages']:>5} {total['empty']:>5} {s['f1']:.4f} {s['precision']:.4f} {s['recall']:.4f} "
              f"{s['accuracy']:.3f}  {total['page_f1']:.4f}  {total['residue']['pages_with']:.4f}  "
              f"{total.get('title', {}).get('match', 0):.3f}", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", type=Path, default=T.ROOT / "target" / "release" / "wiresift")
    ap.add_argument("--corpus", type=Path, default=P.CORPUS)
    ap.add_argument("--work", type=Path, help="keep models and predictions here")
    ap.add_argument("--no-cv", action="store_true", help="do not cross-validate")
    ap.add_argument("--no-made", action="store_true", help="learn the flat texts of the corpus only")
    args = ap.parse_args()
    if not args.corpus.exists():
        sys.exit(f"{args.corpus} is missing: let WIRESIFT_CORPORA name the folder of the corpora")
    sys.path.insert(0, str(args.corpus))
    work = args.work or Path(tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    start = time.time()
    run(args, work)
    print(f"done after {time.time() - start:.0f} s")


def run(args, work):
    """Trains, cross-validates, and writes the model."""
    global LEARNED
    scored = flat_pages(args.corpus)
    pages = scored + ([] if args.no_made else made_pages(args, work))
    columns = measure(args.bin, pages, work / "pages.jsonl")
    skip = P.disputed(args.corpus)
    original = lambda p: p.gold["id"].removeprefix(p.set + "-")
    LEARNED = [p for p in pages if p.set in P.TRAINED and p.label is not None and len(p.label)
               and (p.set, original(p)) not in skip]
    print(f"{len(scored)} scored, {len(LEARNED)} learned, {sum(len(p.rows) for p in LEARNED)} lines, "
          f"{len(columns)} columns", flush=True)
    folds = range(P.FOLDS)
    first = [work / f"first{fold}.model" for fold in (*folds, "")]
    pooled(write_first, [(columns, path, fold) for fold, path in zip((*folds, None), first)])
    for fold in folds:
        held = [p for p in LEARNED if p.fold == fold]
        measure(args.bin, held, work / f"context{fold}.jsonl", first[fold])
    whole = [work / f"whole{fold}.model" for fold in (*folds, "")]
    jobs = list(zip([columns] * len(whole), first, whole, (*folds, None)))
    gains = pooled(write_all, jobs[-1:] if args.no_cv else jobs)
    shutil.copy(whole[-1], MODEL)
    print(f"{whole[-1].stat().st_size / 1000:.0f} KB; by gain: {gains[-1]}", flush=True)
    if not args.no_cv:
        found = {}
        for fold in folds:
            found |= extract(args, whole[fold], [p for p in scored if p.fold == fold], work)
        with (work / "predictions.jsonl").open("w", encoding="utf-8") as f:
            f.writelines(json.dumps(v, ensure_ascii=False) + "\n" for v in found.values())
        report(args.corpus, scored, found)


if __name__ == "__main__":
    main()
