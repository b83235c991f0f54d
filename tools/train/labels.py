"""Which blocks of a page are in its gold text.

A gold text does not say where on the page it comes from, and a block may match several places in it. The best chain of
blocks in the order of the gold text decides. So of a teaser and the paragraph that repeats it, only the right one counts.
"""
import re
from collections import defaultdict
from statistics import median

import numpy as np

CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
TOKEN = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff\u200c\u200d\u200e\u200f"))
RUN = 3  # words that must agree at once
SLACK = 3  # words that neighbours in the gold may share
PLACES = 6  # places of the gold that are tried for one block
WHOLE = 1.2  # what a block is worth more that is a line of the gold
LEAST = 0.3  # share of a block's words that must be found
DRIFT = 1  # words that a place may gain or lose
REACH = 1500  # candidates looked back at for the chain


def tokens(text):
    """The words in lower case, a Chinese, Japanese or Korean character each."""
    return TOKEN.findall(text.translate(INVISIBLE).casefold())


class Gold:
    """A gold text with an index of its runs of words."""

    def __init__(self, body):
        self.words, self.starts, self.ends = [], set(), set()
        self.lines = defaultdict(list)
        for line in body.split("\n"):
            words = tokens(line)
            if words:
                self.starts.add(len(self.words))
                self.lines[tuple(words)].append(len(self.words))
                self.words += words
                self.ends.add(len(self.words))
        self.runs, self.short = defaultdict(list), defaultdict(list)
        for at in range(len(self.words)):
            if at + RUN <= len(self.words):
                self.runs[tuple(self.words[at:at + RUN])].append(at)
            for n in (1, 2):
                places = self.short[tuple(self.words[at:at + n])]
                if at + n <= len(self.words) and len(places) < 400:
                    places.append(at)

    def places(self, block):
        """(start, end, value, share of the block) of every place where a block may stand."""
        n = len(block)
        if n < RUN:
            for at in self.short.get(tuple(block), ()):
                whole = at in self.starts and at + n in self.ends
                if n == 2 or at in self.starts or at + n in self.ends:
                    yield at, at + n, n * (1.0 if whole else 0.3), 1.0
            return
        for at in self.lines.get(tuple(block), ())[:PLACES]:
            yield at, at + n, n * WHOLE, 1.0
        hits, diagonals = 0, defaultdict(list)
        for j in range(n - RUN + 1):
            found = self.runs.get(tuple(block[j:j + RUN]), ())
            hits += bool(found)
            if len(found) <= 30:
                for at in found:
                    diagonals[(at - j) // 8].append((j, at))
        if hits < 0.4 * (n - RUN + 1):
            return
        for d, own in sorted(diagonals.items(), key=lambda x: -len(x[1]))[:PLACES]:
            # A phrase that the next sentence repeats lies on a neighbouring diagonal: only what drifts by
            # as much as a word in ten belongs to this place, or the place would reach into that sentence.
            offset = median(at - j for j, at in own)
            near = own + diagonals.get(d + 1, []) + diagonals.get(d - 1, [])
            pairs = [(j, at) for j, at in near if abs(at - j - offset) <= DRIFT + n // 10]
            covered = {j + k for j, _ in pairs for k in range(RUN)}
            share = len(covered) / n
            if share >= LEAST:
                start, end = min(p for _, p in pairs), max(p for _, p in pairs) + RUN
                yield start, end, len(covered) * share, share


def best_chain(candidates):
    """Indices of the heaviest chain whose blocks and places both rise."""
    block, start, end, value = (np.array([c[i] for c in candidates]) for i in range(4))
    score, before = np.zeros(len(candidates)), np.full(len(candidates), -1)
    for i in range(len(candidates)):
        low = max(0, i - REACH)
        fits = (block[low:i] < block[i]) & (end[low:i] <= start[i] + SLACK)
        best = 0.0
        if fits.any():
            touching = np.where(np.abs(end[low:i] - start[i]) <= 1, 0.35, 0)
            values = np.where(fits, score[low:i] + touching, -1)
            k = int(values.argmax())
            best, before[i] = values[k], low + k
        score[i] = best + value[i]
    chain, i = [], int(score.argmax())
    while i >= 0:
        chain.append(i)
        i = int(before[i])
    return chain[::-1]


def shares(texts, body):
    """Share of each block's words that the gold has, in its order."""
    out = np.zeros(len(texts))
    gold = Gold(body)
    candidates = [(i, *place) for i, text in enumerate(texts) for place in gold.places(tokens(text))]
    if not candidates:
        return out
    if len(candidates) > 6000:
        candidates = [c for c in candidates if c[2] - c[1] >= RUN][:6000]
    candidates.sort(key=lambda c: (c[0], c[1]))
    chain = [candidates[i] for i in best_chain(candidates)]
    for q, (block, start, end, _, share) in enumerate(chain):
        if end - start < RUN:
            previous, following = chain[q - 1] if q else None, chain[q + 1] if q + 1 < len(chain) else None
            joins = previous is not None and abs(previous[2] - start) <= 1
            leads = following is not None and abs(following[1] - end) <= 1
            near = (joins and previous[0] >= block - 2) or (leads and following[0] <= block + 2)
            whole = start in gold.starts and end in gold.ends
            if not (whole and near) and not (joins and leads):
                continue
        out[block] = share
    return out


def by_snippets(texts, kept, dropped):
    """Labels and weights where only snippets of the gold are known; weight 0 means unknown."""
    flat = lambda text: " ".join(text.split())
    texts = [flat(t) for t in texts]
    label, weight = np.zeros(len(texts)), np.zeros(len(texts))
    for snippet in map(flat, kept or []):
        found = [i for i, t in enumerate(texts) if snippet in t]
        if len(found) == 1:
            label[found[0]], weight[found[0]] = 1, 6
    for snippet in map(flat, dropped or []):
        for i, t in enumerate(texts):
            if snippet in t and not label[i]:
                weight[i] = 4 if len(snippet) >= 8 else 2
    return label, weight
