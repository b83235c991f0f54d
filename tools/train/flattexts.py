"""Texts without markup, made from the pages of the training sets.

A scraper leaves the lines of an element that holds the article, or of the whole page. So the blocks of a page, as the
program sees them, are taken from the first to the last one that the gold text has, and then outwards until a share of
the text is foreign. Copies get what such texts have besides: the title again, and runs of lines from other sites
between the paragraphs.
"""
import hashlib
import json
import random
import subprocess
from pathlib import Path

import labels
import pages as P

PHRASES = Path(__file__).resolve().parents[2] / "crates" / "extract" / "src" / "phrases"
MADE = (*P.MODERN, "wcxb", "trafilatura", "zh_handmade")
NARROW, WIDE = (0.08, 0.3), (0.3, 0.8)  # shares of foreign text
MOST = 100  # lines of one text
LIKELY = 0.45  # chance of a block that is part of the article, where the gold has snippets only


class Source:
    """A page as lines, with the first and the last line of its article."""

    def __init__(self, page, texts, chances):
        self.page = page
        self.lines = [" ".join(t.split()) for t in texts]
        body = page.gold.get("body")
        share = labels.shares(self.lines, body) if body else chances
        self.own = [s >= (0.5 if body else LIKELY) for s in share]
        self.has_labels = body is not None
        inside = [i for i, own in enumerate(self.own) if own]
        self.span = (inside[0], inside[-1] + 1) if inside else None

    def window(self, rng, shares):
        """Indices of a run of lines around the article, a random share of which is foreign."""
        start, end = self.span
        size = lambda i: len(self.lines[i]) + 1
        own = sum(size(i) for i in range(start, end) if self.own[i])
        foreign = sum(size(i) for i in range(start, end)) - own
        share, bias = rng.uniform(*shares), rng.random()
        while end - start < MOST and foreign < share * (own + foreign) and (start > 0 or end < len(self.lines)):
            if end == len(self.lines) or (start > 0 and rng.random() < bias):
                start -= 1
                foreign += size(start)
            else:
                foreign += size(end)
                end += 1
        return range(start, end)

    def run(self, rng):
        """A few foreign lines in a row, as (line, False)."""
        places = [i for i, own in enumerate(self.own) if not own]
        if not places:
            return []
        start = at = rng.choice(places)
        most = rng.randint(1, 5)
        while at < len(self.own) and not self.own[at] and at - start < most:
            at += 1
        return [(line, False) for line in self.lines[start:at]]

    def labelled(self, rng, shares):
        """A window as (line, whether it is the article's)."""
        return [(self.lines[i], self.own[i]) for i in self.window(rng, shares)]


def sources(binary, corpus, work):
    """The pages of the training sets as lines."""
    pages = [P.Page(name, gold, corpus / name / "pages" / (gold["id"] + ".html.gz"))
             for name in MADE for gold in P.golds(corpus, name)]
    by_path, found = {str(p.path): p for p in pages}, []
    manifest = work / "sources.jsonl"
    with manifest.open("w", encoding="utf-8") as f:
        f.writelines(json.dumps({"path": path, "url": p.gold.get("url")}) + "\n" for path, p in by_path.items())
    with subprocess.Popen([binary, "extract", "--rows", "--manifest", manifest], stdout=subprocess.PIPE) as run:
        for line in run.stdout:
            record = json.loads(line)
            found.append(Source(by_path[record["path"]], record["texts"], record["chances"]))
    return [s for s in found if s.span]


def related_labels():
    """Whole lines that announce other articles, as the program knows them."""
    out = []
    for path in sorted(PHRASES.glob("*.txt")):
        section = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                section = line
            elif section == "[related]" and line.strip() and "*" not in line and not line.startswith("#"):
                out.append(line.strip().capitalize())
    return out


def teaser(lines, others, labels_, rng):
    """A label, the title of another article and often a sentence about it. The sentence is sometimes one of the
    article's own, taken out: it sounds like the article, so that only its place tells."""
    box = [(rng.choice(labels_), False)]
    for _ in range(rng.choice((1, 1, 1, 2))):
        other = rng.choice(others)
        title = other.page.gold.get("title")
        if title:
            box.append((" ".join(title.split()), False))
        own = [i for i, (line, is_own) in enumerate(lines) if is_own and 60 < len(line) < 260][2:]
        foreign = [line for line, is_own in zip(other.lines, other.own) if is_own and 60 < len(line) < 260]
        if rng.random() < 0.25 and own:
            box.append((lines.pop(rng.choice(own))[0], False))
        elif rng.random() < 0.35 and foreign:
            box.append((foreign[0], False))
    return box


def mixed(source, others, labels_, rng):
    """A window with lines of other sites between its own, and often with the title once more."""
    lines = source.labelled(rng, NARROW)
    if rng.random() < 0.4:
        box = teaser(lines, others, labels_, rng)
        at = rng.randint(0, len(lines))
        lines[at:at] = box
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(lines))
        lines[at:at] = rng.choice(others).run(rng)
    title = source.page.gold.get("title")
    if title and rng.random() < 0.6:
        lines[:0] = [(" ".join(title.split()), False)] * rng.randint(1, 2)
    return lines


def make(binary, corpus, work):
    """[(source, [(line, whether it is the article's)])]: texts from every page with an article."""
    all_sources, labels_ = sources(binary, corpus, work), related_labels()
    out = []
    for source in all_sources:
        rng = random.Random(hashlib.md5(source.page.gold["id"].encode()).hexdigest())
        # Lines of other sites are those of the same fold, or a fold would see the lines of another.
        others = [s for s in all_sources if s.page.fold == source.page.fold and s.page.site != source.page.site]
        if source.page.set not in P.MODERN:
            out.append((source, source.labelled(rng, NARROW)))
        if rng.random() < 0.5:
            out.append((source, source.labelled(rng, WIDE)))
        out.append((source, mixed(source, others, labels_, rng)))
    return out
