"""Changed copies of training pages, so that the model learns what an article is and not what some sites look like.

A copy loses some boilerplate and some paragraphs, and gets boxes of other sites between its paragraphs. Some of its
class names become meaningless, some of its elements become `div` or `p`, and its metadata may be gone. The words that
stay keep their order, so the gold text still labels the blocks.
"""
import copy
import gzip
import hashlib
import json
import random
import re
from collections import defaultdict

import lxml.html
from lxml import etree

SKIPPED = {"script", "style", "noscript", "template", "svg", "select", "textarea", "iframe", "head", "title"}
BOXES = ("div", "section", "aside", "ul", "ol", "figure", "table", "form", "nav", "p", "dl", "blockquote", "header",
         "footer", "li")
PARAGRAPHS = {"p", "li", "h2", "h3", "div"}
# What an element may become, and how often in those pages where it is renamed.
RENAMED = {
    "article": ("div", .3), "main": ("div", .3), "section": ("div", .3), "aside": ("div", .35), "nav": ("div", .3),
    "footer": ("div", .35), "header": ("div", .35), "figure": ("div", .3), "figcaption": ("div", .4),
    "h2": ("p", .12), "h3": ("p", .12), "h4": ("div", .1), "blockquote": ("div", .25), "p": ("div", .12),
    "li": ("p", .12), "ul": ("div", .15), "ol": ("div", .15), "table": ("div", .1), "tr": ("div", .1),
    "td": ("div", .1),
}
NAMING = ("class", "id", "data-testid", "data-component")
SPACES = re.compile(r"\s+")
LEAST_LINE = 12  # characters of a text node that shows where the article is
FROM_A_PAGE = (4, 2)  # boxes taken from a page: beside its article, anywhere


def flat(text):
    """A text as blocks have it."""
    return SPACES.sub(" ", (text or "").replace("\u00ad", "").replace("\u200b", "")).strip()


def parse(path):
    """The tree of a page, or None."""
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    declared = re.search(rb"charset=[\"']?([\w-]+)", raw[:4000], re.I)
    declared = declared[1].decode("ascii", "replace").lower() if declared else "cp1252"
    declared = "gb18030" if declared.startswith("gb") else declared
    for encoding in ("utf-8", declared, "latin-1"):
        try:
            text = raw.decode(encoding)
            break
        except (UnicodeDecodeError, LookupError):
            continue
    text = re.sub(r"<\?xml[^>]*\?>", "", text)
    try:
        return lxml.html.document_fromstring(text)
    except (ValueError, etree.ParserError):
        return None


class Contents:
    """What the elements of a page hold: the article's text, and how much text."""

    def __init__(self, root, page):
        kept = "\n".join(flat(text) for text, label in zip(page.texts, page.label) if label > 0.5)
        self.article, self.lines, self.letters = set(), defaultdict(int), defaultdict(int)
        for element in root.iter():
            if not isinstance(element.tag, str) or element.tag in SKIPPED:
                continue
            own = [line for line in map(flat, [element.text, *(child.tail for child in element)]) if len(line) >= 2]
            is_article = any(len(line) >= LEAST_LINE and line in kept for line in own)
            while own and element is not None:
                self.lines[element] += len(own)
                self.letters[element] += sum(map(len, own))
                if is_article:
                    self.article.add(element)
                element = element.getparent()

    def boxes(self, root):
        """Elements without any of the article's text."""
        return [e for e in root.iter(*BOXES)
                if e in self.lines and e not in self.article and e.getparent() is not None
                and self.lines[e] <= 25 and 15 <= self.letters[e] <= 2500
                and not any(a.tag in SKIPPED for a in e.iterancestors())]

    def paragraphs(self, root):
        """Small elements with text of the article, in order."""
        return [e for e in root.iter() if e in self.article and e.tag in PARAGRAPHS and self.lines[e] <= 6
                and e.getparent() is not None]


def drop(elements):
    """Takes elements out of their tree; the text after them stays."""
    for element in elements:
        if element.getparent() is not None:
            element.drop_tree()


def collect(pages):
    """{fold: [(site, markup)]}: boxes of pages with a full gold text. A box goes only to pages of its fold, so that
    no model sees anything of the fold that it is tested on."""
    pool, chance = defaultdict(list), random.Random(5)
    for page in pages:
        root = parse(page.path) if page.gold.get("body") is not None else None
        if root is None:
            continue
        contents = Contents(root, page)
        boxes = contents.boxes(root)
        near = [box for box in boxes if box.getparent() in contents.article]
        for box in chance.sample(near, min(FROM_A_PAGE[0], len(near))) + chance.sample(boxes, min(FROM_A_PAGE[1], len(boxes))):
            box = copy.deepcopy(box)
            box.tail = None
            markup = etree.tostring(box, method="html", encoding="unicode")
            if len(markup) < 20_000:
                pool[page.fold].append((page.site, markup))
    return pool


def change_text(root, page, contents, pool, chance):
    """Takes boxes and paragraphs away, and puts boxes of other sites between paragraphs."""
    if chance.random() < .5:
        share = chance.random() * .6
        drop([box for box in contents.boxes(root) if chance.random() < share])
    paragraphs = contents.paragraphs(root)
    if chance.random() < .3 and len(paragraphs) > 6:
        first = chance.randrange(2, len(paragraphs) - 2)
        drop(paragraphs[first:first + chance.randrange(1, max(2, len(paragraphs) // 2))])
    places = [e for e in contents.paragraphs(root) if contents.lines[e] <= 8]
    if chance.random() < .7 and len(places) >= 3 and pool:
        for _ in range(chance.choice((1, 1, 2, 3))):
            site, markup = chance.choice(pool)
            place = chance.choice(places)
            if site == page.site or place.getparent() is None:
                continue
            try:
                box = lxml.html.fragment_fromstring(markup)
            except etree.ParserError:
                continue
            tail, place.tail = place.tail, None
            place.addnext(box)
            box.tail = tail


def change_names(root, chance):
    """Makes names meaningless, renames elements, takes metadata away."""
    share = chance.random() * .7 if chance.random() < .7 else 0
    known = {}

    def word(name):
        if name not in known:
            other = "x" + hashlib.md5(f"{name} {share}".encode()).hexdigest()[:6]
            known[name] = other if chance.random() < share else name
        return known[name]

    for element in root.iter() if share else ():
        if not isinstance(element.tag, str):
            continue
        for attribute in NAMING:
            if element.get(attribute):
                element.set(attribute, " ".join(map(word, element.get(attribute).split())))
        for attribute in ("itemprop", "role"):
            if element.get(attribute) and chance.random() < share:
                del element.attrib[attribute]
    if chance.random() < .4:
        drop(root.xpath("//script[@type='application/ld+json']"))
    if chance.random() < .3:
        drop(root.xpath("//meta[@property or @name='description']"))
    chosen = {tag: to for tag, (to, often) in RENAMED.items() if chance.random() < often}
    for element in root.iter() if chosen else ():
        if isinstance(element.tag, str) and element.tag in chosen:
            if chosen[element.tag] == "p" and element.tag in ("h2", "h3"):
                bold = etree.Element("strong")
                bold.text, element.text = element.text, None
                bold.extend(list(element))
                element.append(bold)
            element.tag = chosen[element.tag]


def mutate(page, pool, number):
    """The bytes of one changed copy, or None."""
    root = parse(page.path)
    if root is None:
        return None
    chance = random.Random(f"{page.set}:{page.gold['id']}:{number}")
    if page.gold.get("body") is not None:
        change_text(root, page, Contents(root, page), pool[page.fold], chance)
    change_names(root, chance)
    html = etree.tostring(root, method="html", encoding="utf-8", doctype="<!DOCTYPE html>")
    html = re.sub(rb"<meta[^>]*charset[^>]*>", b"", html, flags=re.I)
    return html.replace(b"<head>", b'<head><meta charset="utf-8">', 1)


def copies(pages, number, folder):
    """Writes `number` changed copies of each page; [(page, path)]."""
    folder.mkdir(parents=True, exist_ok=True)
    pool, made = collect(pages), []
    for at, page in enumerate(pages):
        for n in range(number):
            html = mutate(page, pool, n)
            if html is not None:
                path = folder / f"{at}-{n}.html"
                path.write_bytes(html)
                made.append((page, path))
    return made
