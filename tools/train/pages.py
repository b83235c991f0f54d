"""The corpus as the model sees it: the features that `wiresift extract --rows` prints, with labels and weights."""
import hashlib
import json
import os
import subprocess
from pathlib import Path

import numpy as np

import labels
import mutate

FOLDS = 5
RESERVE = 5  # a fifth of the sites is put away, to be looked at once
LEAST_LEFT = 0.15  # share of the gold text that a changed copy must still hold
# The folder of the extraction corpus. It is not part of the project.
CORPUS = Path(os.environ.get("WIRESIFT_CORPORA", "corpora")) / "extraction"
MODERN = ("news424", "fundus_eval", "fundus_parsers")
TRAINED = (*MODERN, "wcxb", "trafilatura", "zh_handmade")
VALIDATED = ("daniel", "l3s_gn1", "leogao", "cleanportal", "seedsites", "seedsites_bare")


class Page:
    """A page of a set, or a changed copy of one, with its rows."""

    def __init__(self, name, gold, path):
        self.set, self.gold, self.path = name, gold, path
        self.site = gold.get("site") or gold.get("host") or gold["id"]
        self.fold = int(hashlib.md5(("x" + self.site).encode()).hexdigest()[:6], 16) % FOLDS
        self.is_reserved = int(hashlib.md5(("reserve " + self.site).encode()).hexdigest()[:6], 16) % RESERVE == 0
        # `context` are the columns of the second stage; `score` is the first stage's, by a model without this fold.
        self.rows = self.texts = self.label = self.weight = self.context = self.score = None
        self.known = None  # the labels of the lines, where they were known before

    def copy(self):
        """The same page, to be labelled in another way."""
        other = Page(self.set, self.gold, self.path)
        other.label, other.weight = self.label, self.weight
        return other

    def learn(self, record):
        """Takes rows, and labels where the set is trained on."""
        self.texts, self.rows = record["texts"], cells(record)
        if self.set not in TRAINED or not len(self.rows):
            return
        if self.gold.get("body") is None:
            self.label, self.weight = labels.by_snippets(self.texts, self.gold.get("with"), self.gold.get("without"))
            return
        if self.known is not None and len(self.known) == len(self.texts):
            self.label = np.array(self.known, float)
        else:
            self.label = (labels.shares(self.texts, self.gold["body"]) >= 0.5).astype(float)
        # A block weighs the root of its length, a page as much as any other.
        weight = np.sqrt([len(labels.tokens(t)) + 1.0 for t in self.texts])
        self.weight = 100 * weight / max(30.0, weight[self.label > 0].sum())

    def holds_article(self):
        """Whether enough of the gold text is left in the page."""
        if self.gold.get("body") is None:
            return True
        kept = sum(len(text) for text, label in zip(self.texts, self.label) if label)
        return kept >= LEAST_LEFT * len(self.gold["body"])


def cells(record):
    """The matrix of a record that the program printed."""
    return np.frombuffer(bytes.fromhex(record["rows"]), "<f4").reshape(-1, len(record["columns"]))


def golds(corpus, name):
    """The gold of a set."""
    with (corpus / name / "gold.jsonl").open(encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def records(binary, pages, work, *options):
    """What the program prints of pages: (page, record)."""
    manifest = work / "pages.jsonl"
    with manifest.open("w", encoding="utf-8") as f:
        f.writelines(json.dumps({"path": str(p.path), "url": p.gold.get("url")}) + "\n" for p in pages)
    by_path = {str(p.path): p for p in pages}
    command = [binary, "extract", "--rows", "--manifest", manifest, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
        for line in run.stdout:
            record = json.loads(line)
            yield by_path[record["path"]], record


def load(binary, corpus: Path, work: Path, copies: int, reserve: bool):
    """(columns, their groups, pages, changed copies of training pages). Without `reserve`, the sites that are put
    away are left out."""
    pages = [Page(name, gold, corpus / name / "pages" / (gold["id"] + ".html.gz"))
             for name in (*TRAINED, *VALIDATED) if (corpus / name).exists() for gold in golds(corpus, name)]
    pages = [page for page in pages if reserve or not page.is_reserved]
    columns, groups = [], []
    for page, record in records(binary, pages, work):
        columns, groups = record["columns"], record["groups"]
        page.learn(record)
    skip = disputed(corpus)
    trained = [p for p in pages if p.label is not None and (p.set, p.gold["id"]) not in skip]
    changed = [Page(p.set, p.gold, path) for p, path in mutate.copies(trained, copies, work / "copies")]
    for page, record in records(binary, changed, work):
        page.learn(record)
    return columns, groups, pages, trained + [p for p in changed if p.label is not None and p.holds_article()]


def add_context(binary, pages, work, model):
    """Lets the program measure the columns of the second stage, by the first stage of a model: their names."""
    columns = []
    for page, record in records(binary, pages, work, "--context", "--model", model):
        columns = record["columns"]
        page.context = cells(record)
        page.score = page.context[:, columns.index("score")] if len(page.context) else np.zeros(0)
    return columns


def disputed(corpus):
    """Pages whose gold is doubtful: scored like all others, but not learned from."""
    path = corpus / "disputed.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {tuple(line.split()[:2]) for line in lines if line.strip() and not line.startswith("#")}
