#!/usr/bin/env python3
"""Writes crates/text/src/dates/names/names.txt: names of months, weekdays and parts of the day, from Unicode CLDR.

    npm pack cldr-dates-full cldr-core        # and unpack each into a folder of its own
    python3 tools/cldr_dates.py CLDR_DATES_FULL CLDR_CORE > crates/text/src/dates/names/names.txt

The arguments are the unpacked folders `package` of the two npm packages (Unicode licence v3).

Taken are all locales that CLDR covers at the level basic or better, and of each the Gregorian calendar's months,
weekdays and day periods am and pm: wide and abbreviated, inside a date and standing alone. Narrow names (one letter)
are left out, and so are

- names with digits ("M11", "11-р сар"), and names of a Chinese number and 月: the reader has rules for them;
- names of more than three words, and the preposition before a name ("de novembre");
- names of months and weekdays shorter than three letters in Latin, Greek and Cyrillic, two in other scripts;
- words for am and pm shorter than three letters in Latin, Greek and Cyrillic, if they are written without points and
  are not "am" and "pm": they mean something else in too many languages ("de" is am in Hungarian).

Other parts of the day ("in the evening", "凌晨") are taken from LANGUAGES, with the hours that CLDR gives them: a section
[18-24] has those from 18 to 24 hours. Mornings are left out, because they leave a time of twelve hours as it is, except those
that begin at midnight. Of two hours for one name, those of the
language that comes first count.

One word may be two months ("listopad" is October in Croatian, November in Polish and Czech). Then it means what it
means in the language that comes first in LANGUAGES, where languages stand roughly by how much news is published in
them, and anything else only in texts of the other language: "listopad (hr)". A month that is a weekday in a larger
language is restricted to its own language in the same way, and so are Latin names of at most four letters that no
language before Catalan has: in other languages many of them are everyday words ("any", "few", "here"). A star says
that even a known name is such a word, so it counts elsewhere only where a text is nothing but a date: "pro* (cs)".
"""
import collections
import json
import re
import sys
import textwrap
import unicodedata
from pathlib import Path

LANGUAGES = (
    "en es de ru fr ja pt it zh pl tr fa nl vi id ar ko cs uk el hu sv ro th da fi he bg nb no nn sk hr sr lt sl et lv "
    "ca hi bn ur ta te mr ml gu kn pa ms sw af az ka hy kk uz be mk sq bs is ga cy eu gl"
).split()
# Everyday words of larger languages: months only in their own language, or in a text that is nothing but a date.
EVERYDAY = "ago ara bal des dub elo gen ian led lip mag maja out pro rugs saus set sie tem tra vas".split()
# Forms that newspapers use and CLDR does not have: Greek as it is spoken, Serbian in the genitive.
ADDED = {
    "el": "Γενάρη Φλεβάρη Μάρτη Απρίλη Μάη Ιούνη Ιούλη Αύγουστου Σεπτέμβρη Οκτώβρη Νοέμβρη Δεκέμβρη",
    "sr": "јануара фебруара марта априла маја јуна јула августа септембра октобра новембра децембра",
    "bs": "januara februara marta aprila maja juna jula avgusta septembra oktobra novembra decembra",
}
# Parts of the day that CLDR does not have, or has in another spelling only.
ADDED_PARTS = {
    (17, 19): "傍晚",
    (19, 24): "夜间",
    (23, 4): "深夜",
    (23, 1): "午夜",
    (0, 4): "未明",
    (0, 6): "새벽",
    (12, 15): "ظهرا",
    (14, 19): "عصرا",
    (18, 24): "مساء",
    (20, 4): "ليلا",
}
# "This" in Spanish and Romanian, where it is no Hungarian evening.
NO_PARTS = ["este"]
WIDTHS = ["wide", "abbreviated"]
WEEKDAYS = "mon tue wed thu fri sat sun".split()
WORDS = 3
SHORT = 4
WIDTH = 100


def rank(language):
    return LANGUAGES.index(language) if language in LANGUAGES else len(LANGUAGES)


def words_of(name):
    """The words of a name, lower case: runs of letters and the marks that belong to them."""
    lower = unicodedata.normalize("NFC", name.lower().replace("i\u0307", "i"))
    runs, word = [], ""
    for char in lower + " ":
        if unicodedata.category(char)[0] in "LMN" or char in "\u200c\u200d":
            word += char
        elif word:
            runs.append(word.strip("\u200c\u200d"))
            word = ""
    return runs[1:] if len(runs) > 1 and runs[0] in ("de", "d") else runs


def folded(name):
    """As the reader folds it: compatibility form without accents."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not 0x300 <= ord(c) <= 0x36F)
    return unicodedata.normalize("NFC", bare.replace("ı", "i").replace("ς", "σ"))


def is_western(name):
    return unicodedata.name(name[0], "").split()[0] in ("LATIN", "GREEK", "CYRILLIC")


def usable(name, least, elsewhere=2):
    words = words_of(name)
    if not words or len(words) > WORDS or any(c.isdigit() for c in name) or re.search("月$", name):
        return None
    joined = " ".join(words)
    letters = len(joined.replace(" ", ""))
    return joined if letters >= (least if is_western(joined) else elsewhere) else None


def read(dates, core):
    """Languages by section and name."""
    levels = json.loads((core / "coverageLevels.json").read_text())["effectiveCoverageLevels"]
    found = collections.defaultdict(lambda: collections.defaultdict(set))
    for folder in sorted((dates / "main").iterdir()):
        if folder.name not in levels:
            continue
        locale = json.loads((folder / "ca-gregorian.json").read_text())["main"][folder.name]
        calendar = locale["dates"]["calendars"]["gregorian"]
        language = folder.name.split("-")[0]
        for context in ("format", "stand-alone"):
            for width in WIDTHS:
                for month, name in calendar["months"][context][width].items():
                    if usable(name, 3):
                        found[int(month)][usable(name, 3)].add(language)
                for day, name in calendar["days"][context][width].items():
                    if usable(name, 3):
                        found[day][usable(name, 3)].add(language)
                for period, name in calendar["dayPeriods"][context][width].items():
                    half = period.split("-")[0]
                    key = " ".join(words_of(name))
                    if half in ("am", "pm") and (key in ("am", "pm") or " " in key or usable(name, 3, 1)):
                        found[half][key].add(language)
    for language, names in ADDED.items():
        for month, name in enumerate(names.split(), 1):
            found[month][usable(name, 3)].add(language)
    return found


def parts(dates, core, halves):
    """Names of parts of the day by their hours. `halves` are names for am and pm, which are left out."""
    rules = json.loads((core / "supplemental/dayPeriods.json").read_text())["supplemental"]["dayPeriodRuleSet"]
    best = {folded(name): (-1, hours, name) for hours, name in ADDED_PARTS.items()}
    dropped = {folded(name) for name in [*halves, *NO_PARTS]}
    for language in LANGUAGES:
        if language not in rules or not (dates / "main" / language).exists():
            continue
        locale = json.loads((dates / "main" / language / "ca-gregorian.json").read_text())["main"][language]
        periods = locale["dates"]["calendars"]["gregorian"]["dayPeriods"]
        for names in (periods[context][width] for context in ("format", "stand-alone") for width in WIDTHS):
            for period, name in names.items():
                rule = rules[language].get(period, {})
                key = usable_part(name)
                if "_from" not in rule or period in ("am", "pm") or key is None:
                    continue
                hours = tuple(int(rule[end].split(":")[0]) for end in ("_from", "_before"))
                if period.startswith("morning") and hours[0] > 0:
                    dropped.add(folded(key))
                best.setdefault(folded(key), (rank(language), hours, key))
    found = collections.defaultdict(list)
    for key, (_, hours, name) in best.items():
        if key not in dropped:
            found[hours].append(name)
    return found


def usable_part(name):
    joined = " ".join(words_of(name))
    letters = len(joined.replace(" ", ""))
    is_chinese = unicodedata.name(joined[:1] or " ", "").split()[0] in ("CJK", "HANGUL")
    least = 1 if is_chinese else 3 if joined and is_western(joined) else 2
    return joined if least <= letters and len(joined.split()) <= WORDS else None


def restricted(found):
    """Names of a section, with their languages where the name has another meaning in a larger one."""
    best = {}
    for section, names in found.items():
        for name, languages in names.items():
            for language in languages:
                # Between equals the lower month wins, so that the result does not hang on the order of reading.
                key = (rank(language), language, str(section).zfill(2))
                best[folded(name)] = min(best.get(folded(name), key), key)
    for section, names in found.items():
        spelling, languages = {}, collections.defaultdict(set)
        for name in sorted(names, key=lambda name: (name != folded(name), name)):
            spelling.setdefault(folded(name), name)
            languages[folded(name)] |= names[name]
        yield section, [shown(section, spelling[key], languages[key], best[key][2]) for key in spelling]


def shown(section, name, languages, winner):
    """A name as it is written in the table."""
    if not isinstance(section, int):
        return name
    is_known = len(name) > SHORT or not name.isascii() or min(map(rank, languages)) < rank("ca")
    is_meant = is_known and winner == str(section).zfill(2)
    star = "*" if is_meant and folded(name) in EVERYDAY else ""
    return f"{name}{star} ({' '.join(sorted(languages))})" if star or not is_meant else name


def main():
    dates, core = Path(sys.argv[1]), Path(sys.argv[2])
    version = json.loads((dates / "package.json").read_text())["version"]
    print(f"# Months, weekdays and parts of the day in the languages of the world: Unicode CLDR {version}.")
    print("# Made by tools/cldr_dates.py, which says what is taken and what a language in brackets means.")
    print("# Copyright © 2004-2026 Unicode, Inc. SPDX-License-Identifier: Unicode-3.0 (names.LICENSE beside this file)")
    order = [*range(1, 13), *WEEKDAYS, "am", "pm"]
    sections = dict(restricted(read(dates, core)))
    for hours, names in sorted(parts(dates, core, sections["am"] + sections["pm"]).items()):
        order.append("{}-{}".format(*hours))
        sections[order[-1]] = names
    for section in order:
        print(f"[{section}]")
        line = ", ".join(sorted(sections[section]))
        print(textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False))


main()
