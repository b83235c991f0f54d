#!/usr/bin/env python3
"""Fit the estimate of quality and measure how good it is.

  tools/quality/run [--bin PATH] [--corpus DIR] [--models DIR] [--penalty L2] [--rust]

An extraction is good if its body has an F1 of at least 0.9 against the gold text. The program itself extracts every
page. For pages of the sets that the model of blocks is trained on, it uses the model of the fold that has not seen their
site (--models: the folder that `tools/train/run --work DIR` left). For all others it uses its own model. The regression
over the signals that the program prints is cross-validated by site on the training sets. Then it is fitted on all of
them (--rust prints the coefficients in the form of crates/extract/src/quality.rs), and checked on the sets that neither
has seen. The corpus is that of tools/train.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "train"))
import pages as P  # noqa: E402

GOOD = 0.9
UNSEEN = ("daniel", "l3s_gn1", "cleanportal", "leogao")
BINS = 10


def extract(binary, held, model, work):
    """What the program prints of pages: {path: record}."""
    manifest = work / "manifest.jsonl"
    with manifest.open("w", encoding="utf-8") as f:
        f.writelines(json.dumps({"path": str(p.path), "url": p.gold.get("url")}) + "\n" for p in held)
    command = [binary, "extract", "--format", "json", "--signals", "--manifest", manifest]
    run = subprocess.run(command + (["--model", model] if model else []), stdout=subprocess.PIPE, check=False)
    return {r["path"]: r for r in map(json.loads, run.stdout.splitlines())}


def measured(args, work):
    """(page, signals, good) of every page with a gold body; pages whose gold is doubtful are left out."""
    sys.path.insert(0, str(args.corpus))
    import score

    path = args.corpus / "disputed.txt"
    disputed = {tuple(line.split()[:2]) for line in path.read_text(encoding="utf-8").splitlines()
                if line.strip() and not line.startswith("#")}
    every = [P.Page(name, gold, args.corpus / name / "pages" / (gold["id"] + ".html.gz"))
             for name in (*P.TRAINED, *UNSEEN) if (args.corpus / name).exists()
             for gold in P.golds(args.corpus, name) if gold.get("body") and (name, gold["id"]) not in disputed]
    own = [p for p in every if p.set in UNSEEN]
    batches = [(own, None)]
    for fold in range(P.FOLDS):
        batches.append(([p for p in every if p.set not in UNSEEN and p.fold == fold],
                        args.models / f"fold{fold}.model" if args.models else None))
    rows = []
    for held, model in batches:
        found = extract(args.bin, held, model, work)
        for page in held:
            record = found[str(page.path)]
            _, metrics = score.score([page.gold], {page.gold["id"]: {"id": page.gold["id"], "text": record["text"]}},
                                     [], draws=0)
            rows.append((page, record["signals"], float(metrics[0]["f1"] >= GOOD)))
    return rows


def fit(x, y, penalty):
    """Coefficients of a logistic regression with a ridge, the constant last, by Newton's steps on scaled columns."""
    mean, scale = x.mean(0), x.std(0)
    scale[scale < 1e-6] = 1.0
    z = np.hstack([(x - mean) / scale, np.ones((len(x), 1))])
    ridge = np.diag([penalty] * x.shape[1] + [0.0])
    w = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ w))
        step = np.linalg.solve(z.T @ (z * (p * (1 - p))[:, None]) + ridge, z.T @ (y - p) - ridge @ w)
        w += step
        if np.abs(step).max() < 1e-8:
            break
    coefficients = w[:-1] / scale
    return np.append(coefficients, w[-1] - coefficients @ mean)


def chance(x, w):
    """The estimate."""
    return 1 / (1 + np.exp(-(x @ w[:-1] + w[-1])))


def reliability(title, y, p):
    """The table of bins, the Brier score and the expected calibration error."""
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    error = sum(abs(p[place == b].mean() - y[place == b].mean()) * (place == b).sum()
                for b in range(BINS) if (place == b).any()) / len(y)
    order = p.argsort()
    ranks = np.empty(len(p))
    ranks[order] = np.arange(1, len(p) + 1)
    good = y > 0
    auc = (ranks[good].sum() - good.sum() * (good.sum() + 1) / 2) / max(1, good.sum() * (~good).sum())
    base = ((y - y.mean()) ** 2).mean()
    print(f"\n{title}: {len(y)} pages, {y.mean():.3f} good; Brier {((y - p) ** 2).mean():.3f} "
          f"(always the mean: {base:.3f}), ECE {error:.3f}, AUC {auc:.3f}\n")
    print("| quality | pages | mean quality | share good |\n|---|---:|---:|---:|")
    for b in range(BINS):
        here = place == b
        if here.any():
            print(f"| {b / BINS:.1f} to {(b + 1) / BINS:.1f} | {here.sum()} | {p[here].mean():.2f} | {y[here].mean():.2f} |")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", type=Path, default=ROOT / "target" / "release" / "wiresift")
    ap.add_argument("--corpus", type=Path, default=P.CORPUS)
    ap.add_argument("--models", type=Path, help="folder of fold0.model to fold4.model; else the program's own judges all")
    ap.add_argument("--penalty", type=float, default=3.0)
    ap.add_argument("--rust", action="store_true", help="print the coefficients for crates/extract/src/quality.rs")
    args = ap.parse_args()
    if not args.corpus.exists():
        sys.exit(f"{args.corpus} is missing: let WIRESIFT_CORPORA name the folder of the corpora")
    with tempfile.TemporaryDirectory() as work:
        rows = measured(args, Path(work))
    names = list(rows[0][1])
    x = np.array([[signals[name] for name in names] for _, signals, _ in rows])
    y = np.array([good for _, _, good in rows])
    seen = np.array([page.set not in UNSEEN for page, _, _ in rows])
    folds = np.array([page.fold for page, _, _ in rows])
    held = np.zeros(len(y))
    for fold in range(P.FOLDS):
        w = fit(x[seen & (folds != fold)], y[seen & (folds != fold)], args.penalty)
        held[seen & (folds == fold)] = chance(x[seen & (folds == fold)], w)
    w = fit(x[seen], y[seen], args.penalty)
    reliability("cross-validated by site", y[seen], held[seen])
    reliability("sets that nothing was fitted on (" + ", ".join(UNSEEN) + ")", y[~seen], chance(x[~seen], w))
    modern = np.array([page.set in P.MODERN for page, _, _ in rows])
    reliability("of the first, modern news", y[modern], held[modern])
    print("\nwhat each adds over its usual range (coefficient times standard deviation):")
    for name, value, spread in zip(names, w, x[seen].std(0)):
        print(f"  {name:<12} {value:+8.3f} {value * spread:+8.2f}")
    if args.rust:
        shown = ", ".join(f"{value:.3f}" for value in w[:-1])
        print(f"\nconst COEFFICIENTS: [f32; {len(names)}] = [{shown}];\nconst CONSTANT: f32 = {w[-1]:.3f};")


if __name__ == "__main__":
    main()
