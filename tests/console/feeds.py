"""The feeds that the console offers, as other readers see them: feeds.py URL

Reads /feed.atom by feedparser, which must find no defect; checks what RFC 4287 and JSON Feed 1.1
require; walks the pages of RFC 5005 and next_url, in which no article may be twice;
and asks again with validators.
"""

import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# Longer walks would never end.
PAGES = 200

faults = 0


def check(holds, what):
    global faults
    if not holds:
        faults += 1
        print(f"FAULT {what}")


def ask(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def atom(url, body):
    """The ids of a page of Atom, and the next page."""
    root = ElementTree.fromstring(body)
    check(root.tag == f"{ATOM}feed", f"{url}: the root is {root.tag}")
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    check(links.get("self") == url, f"{url}: rel=self is {links.get('self')}")
    ids = []
    for name, place in [("feed", root), *(("entry", one) for one in root.findall(f"{ATOM}entry"))]:
        for tag in ("id", "title", "updated"):
            found = place.findall(f"{ATOM}{tag}")
            check(len(found) == 1 and found[0].text, f"{url}: a {name} has {len(found)} {tag}")
        check(DATE.fullmatch(place.findtext(f"{ATOM}updated") or ""), f"{url}: a date of a {name}")
        if place is root:
            continue
        ids.append(place.findtext(f"{ATOM}id"))
        authors = place.findall(f"{ATOM}author") or root.findall(f"{ATOM}author")
        named = all(author.findtext(f"{ATOM}name") for author in authors)
        check(authors and named, f"{url}: {ids[-1]} has no author")
        content = place.find(f"{ATOM}content")
        is_whole = content is not None and content.get("type") == "html" and content.text
        check(is_whole, f"{url}: {ids[-1]} has no text")
    return ids, links.get("next")


def json_feed(url, body):
    """The ids of a page of JSON Feed 1.1, and the next page."""
    feed = json.loads(body)
    check(feed.get("version") == "https://jsonfeed.org/version/1.1", f"{url}: the version")
    check(isinstance(feed.get("title"), str) and feed["title"], f"{url}: the title")
    check("feed_url" in feed, f"{url}: no feed_url")
    known = {"version", "title", "home_page_url", "feed_url", "description", "next_url", "icon",
             "favicon", "authors", "language", "expired", "hubs", "items", "user_comment"}
    check(not [name for name in feed if name not in known and not name.startswith("_")],
          f"{url}: names that JSON Feed has not: {sorted(feed)}")
    for item in feed["items"]:
        name = item.get("id")
        check(isinstance(name, str) and name, f"{url}: an item without an id")
        has_text = any(isinstance(item.get(kind), str) for kind in ("content_html", "content_text"))
        check(has_text, f"{url}: {name} has no text")
        for date in ("date_published", "date_modified"):
            check(date not in item or DATE.fullmatch(item[date]), f"{url}: {name}: {date}")
        tags = item.get("tags", [])
        check(all(isinstance(tag, str) for tag in tags), f"{url}: {name}: tags")
        for author in item.get("authors", []):
            check({"name", "url", "avatar"} & author.keys(), f"{url}: {name}: an author")
    return [item.get("id") for item in feed["items"]], feed.get("next_url")


def parsed(url, body, kind):
    """What feedparser makes of it: no defect, and the same number of entries."""
    headers = {"content-type": kind, "content-location": url}
    feed = feedparser.parse(body, response_headers=headers)
    check(not feed.bozo, f"{url}: feedparser finds {feed.get('bozo_exception')!r}")
    for entry in feed.entries:
        check(entry.get("id") and entry.get("link") and "title" in entry, f"{url}: {entry.keys()}")
        texts = [part.value for part in entry.get("content", [])]
        check(any(texts), f"{url}: feedparser finds no text of {entry.get('id')}")
    return len(feed.entries)


def conditional(url, headers):
    for name, value in (("If-None-Match", headers["ETag"]),
                        ("If-Modified-Since", headers["Last-Modified"])):
        check(value, f"{url}: no validator for {name}")
        status, again, body = ask(url, **{name: value})
        check(status == 304 and not body, f"{url}: {name} gets {status} and {len(body)} bytes")
        check(again["ETag"] == headers["ETag"], f"{url}: another ETag with 304")
    status, _, _ = ask(url, **{"If-None-Match": '"another"'})
    check(status == 200, f"{url}: another ETag gets {status}")


def walk(first, read, kind):
    """All pages from the first one: how many, and the ids in their order."""
    url, ids, seen = first, [], set()
    while url and len(seen) < PAGES:
        check(url not in seen, f"{url}: a page leads back to it")
        if url in seen:
            break
        seen.add(url)
        status, headers, body = ask(url)
        check(status == 200, f"{url}: {status}")
        check(headers["Content-Type"].startswith(kind), f"{url}: {headers['Content-Type']}")
        found, following = read(url, body)
        # feedparser reads no JSON.
        if kind == "application/atom+xml":
            count = parsed(url, body, headers["Content-Type"])
            check(count == len(found), f"{url}: feedparser finds {count} of {len(found)} entries")
        if url == first and found:
            conditional(url, headers)
        ids.extend(found)
        url = following and urllib.parse.urljoin(url, following)
    check(len(set(ids)) == len(ids), f"{first}: {len(ids) - len(set(ids))} articles twice")
    print(f"ok  {len(seen)} pages, {len(ids)} articles  {first}")
    return ids


def main():
    base = sys.argv[1].rstrip("/")
    kinds = [("/feed.atom", atom, "application/atom+xml"),
             ("/feed.json", json_feed, "application/feed+json")]
    for query in ("", "?language=en", "?q=harbour", "?host=nowhere.example"):
        walks = [walk(base + path + query, read, kind) for path, read, kind in kinds]
        check(walks[0] == walks[1], f"{query or 'all'}: Atom and JSON have other articles")
        check(walks[0] or "nowhere" in query, f"{query or 'all'}: no article")
    print(f"{faults} faults of the feeds")
    sys.exit(1 if faults else 0)


main()
