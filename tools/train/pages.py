"""The corpus as the model sees it: the features that `wiresift extract --rows` prints, with labels and weights."""
import hashlib
import json
import os
import subprocess
from pathlib import Path

import numpy as np

import labels

FOLDS = 5
# The folder of the extraction corpus. It is not part of the project.
CORPUS = Path(os.environ.get("WIRESIFT_CORPORA", "corpora")) / "extraction"
MODERN = ("news424", "fundus_eval", "fundus_parsers")
TRAINED = (*MODERN, "wcxb", "trafilatura", "zh_handmade")
VALIDATED = ("daniel", "l3s_gn1", "leogao", "cleanportal", "seedsites", "seedsites_bare")


class Page:
    """A page of a set, with its rows."""

    def __init__(self, name, gold, path):
        self.set, self.gold, self.path = name, gold, path
        self.site = gold.get("site") or gold.get("host") or gold["id"]
        self.fold = int(hashlib.md5(("x" + self.site).encode()).hexdigest()[:6], 16) % FOLDS
        self.rows = self.texts = self.label = self.weight = None
        self.known = None  # the labels of the lines, where they were known before

    def copy(self):
        """The same page, to be measured in another way: its blocks and so its labels stay."""
        other = Page(self.set, self.gold, self.path)
        other.label, other.weight = self.label, self.weight
        return other

    def learn(self, record):
        """Takes rows, and labels where the set is trained on."""
        width, self.texts = len(record["columns"]), record["texts"]
        self.rows = np.frombuffer(bytes.fromhex(record["rows"]), "<f4").reshape(-1, width)
        if self.set not in TRAINED or not len(self.rows) or self.label is not None:
            return
        texts = self.texts
        if self.gold.get("body") is None:
            self.label, self.weight = labels.by_snippets(texts, self.gold.get("with"), self.gold.get("without"))
            return
        if self.known is not None and len(self.known) == len(texts):
            self.label = np.array(self.known, float)
        else:
            self.label = (labels.shares(texts, self.gold["body"]) >= 0.5).astype(float)
        # A block weighs the root of its length, a page as much as any other.
        weight = np.sqrt([len(labels.tokens(t)) + 1.0 for t in texts])
        self.weight = 100 * weight / max(30.0, weight[self.label > 0].sum())


def golds(corpus, name):
    """The gold of a set."""
    with (corpus / name / "gold.jsonl").open(encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def measure(binary, pages, work, bare):
    """Lets the program measure pages: the names of the columns, and the group of each."""
    manifest = work / ("bare.jsonl" if bare else "pages.jsonl")
    with manifest.open("w", encoding="utf-8") as f:
        f.writelines(json.dumps({"path": str(p.path), "url": p.gold.get("url")}) + "\n" for p in pages)
    by_path, columns, groups = {str(p.path): p for p in pages}, [], []
    command = [binary, "extract", "--rows", "--manifest", manifest] + (["--bare"] if bare else [])
    with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
        for line in run.stdout:
            record = json.loads(line)
            columns, groups = record["columns"], record["groups"]
            by_path[record["path"]].learn(record)
    return columns, groups


def load(binary, corpus: Path, work: Path):
    """(columns, their groups, pages, bare copies of every second training page)."""
    pages = [Page(name, gold, corpus / name / "pages" / (gold["id"] + ".html.gz"))
             for name in (*TRAINED, *VALIDATED) if (corpus / name).exists() for gold in golds(corpus, name)]
    columns, groups = measure(binary, pages, work, bare=False)
    trained = [p for p in pages if p.set in TRAINED]
    copies = [p.copy() for p in trained[::2]]
    measure(binary, copies, work, bare=True)
    return columns, groups, pages, copies
