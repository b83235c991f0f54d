#!/usr/bin/env python3
"""Writes crates/dedup/src/story/common.txt: the share of articles that contain a common word, by language.

    python3 tools/common_words.py RESOURCES > crates/dedup/src/story/common.txt

RESOURCES is the folder `spellchecker/resources` of the package pyspellchecker (PyPI, MIT licence). It has one
LANGUAGE.json.gz for each language, with word counts of OPUS OpenSubtitles 2018. A word with the share f of all running
words is in an article of 300 words with the probability 1 - exp(-300 f). Words that are in at least one article in twenty
are kept. The Russian list lacks some function words. They are added below, as are words that are frequent in news and rare
in films.
"""
import collections
import gzip
import json
import math
import sys

WORDS = 300
LEAST = 0.05
LANGUAGES = ["de", "en", "es", "fr", "it", "nl", "pt", "ru"]
ADDED = {
    "ru": {95: "в и", 80: "на с по что", 60: "о об из к за от для как не", 40: "его до при также это", 30: "сообщает со во у или был была было были который"},
    "en": {60: "said", 20: "according", 15: "reported government officials"},
}


def main():
    print("# Percent of articles that have these words. Made by tools/common_words.py from the word lists of")
    print("# pyspellchecker (MIT licence; counts of OPUS OpenSubtitles 2018).")
    for language in LANGUAGES:
        with gzip.open(f"{sys.argv[1]}/{language}.json.gz") as file:
            counts = json.load(file)
        total = sum(counts.values())
        by_share = collections.defaultdict(list)
        added = {w: share for share, words in ADDED.get(language, {}).items() for w in words.split()}
        for word, count in counts.items():
            share = 1 - math.exp(-WORDS * count / total)
            if share >= LEAST and word not in added:
                by_share[round(100 * share)].append(word)
        for word, share in added.items():
            by_share[share].append(word)
        print(f"[{language}]")
        for share in sorted(by_share, reverse=True):
            print(share, *sorted(by_share[share]))


main()
