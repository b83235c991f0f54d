//! RSS, Atom, RDF and sitemaps: walks the outer elements, passes each entry and field to the
//! builder, and the result to `read`.
//!
//! Only the first root counts. If a proxy joined two feeds into one document, the second is
//! ignored.

use std::cmp::Reverse;
use std::time::Duration;

use url::Url;

use crate::build::{Ended, Source, is_entry};
use crate::defect::{Defect, Defects};
use crate::draft::{Draft, DraftEntry, language, page, rebased};
use crate::element::{Element, Node};
use crate::link::address;
use crate::markup::{Tag, Token};
use crate::names::{Name, Vocabulary, split};
use crate::{FeedError, LooksLike, MAX_ENTRIES, SITEMAP_ENTRIES, SITEMAPS, read, skip};

/// Most tokens before the root.
const MAX_JUNK: usize = 1000;

/// Most fields of a feed's head.
const MAX_HEAD: usize = 100;

/// An open element around entries.
struct Container {
    written: String,
    base: Url,
    language: Option<String>,
}

pub(super) fn read(text: &str, base: &Url, defects: &mut Defects) -> Result<Draft, FeedError> {
    let mut source = Source::new(text);
    let root = find_root(&mut source)?;
    source.names.enter_root(&root);
    let listing = Listing::of(split(root.name).1);
    let is_index = listing == Some(Listing::SITEMAPS);
    let mut walk = Walk {
        draft: Draft { is_sitemap: listing.is_some(), is_index, ..Draft::default() },
        head: Element::new("feed"),
        head_base: base.clone(),
        open: Vec::new(),
        listing,
        base: base.clone(),
        is_channel_done: false,
    };
    walk.enter(&root);
    let whole = root.empty || walk.run(&mut source);
    if !whole {
        source.note(Defect::Truncated);
    }
    defects.add(source.defects());
    if !whole && walk.draft.entries.is_empty() && !walk.is_channel_done {
        return Err(FeedError::Broken { why: "cut off before the end of its first entry" });
    }
    if let Some(listing) = listing {
        listing.keep_newest(&mut walk.draft.entries);
    }
    read::head(&walk.head, &walk.head_base, &mut walk.draft);
    Ok(walk.draft)
}

fn find_root<'a>(source: &mut Source<'a>) -> Result<Tag<'a>, FeedError> {
    let (mut has_markup, mut has_html) = (false, false);
    for _ in 0..MAX_JUNK {
        match source.next() {
            Some(Token::Start(tag)) => {
                has_markup = true;
                has_html |= is_html(tag.name);
                match split(tag.name).1.to_ascii_lowercase().as_str() {
                    "rss" | "rdf" | "feed" | "channel" | "urlset" | "sitemapindex" => {
                        return Ok(tag);
                    }
                    "html" | "head" | "body" => {
                        return Err(FeedError::NotAFeed { looks_like: LooksLike::Html });
                    }
                    "opml" => return Err(FeedError::NotAFeed { looks_like: LooksLike::Opml }),
                    _ => source.note(Defect::JunkBeforeRoot),
                }
            }
            Some(Token::Text(text)) if text.trim().is_empty() => {}
            Some(_) => source.note(Defect::JunkBeforeRoot),
            None => break,
        }
    }
    let looks_like = match (has_html, has_markup) {
        (true, _) => LooksLike::Html,
        (false, true) => LooksLike::Xml,
        (false, false) => LooksLike::Text,
    };
    Err(FeedError::NotAFeed { looks_like })
}

/// Elements that a page without `<html>` starts with, and that no other vocabulary has.
fn is_html(name: &str) -> bool {
    let names = ["a", "b", "br", "center", "div", "h1", "meta", "p", "script", "style"];
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// A sitemap, or a list of them (sitemaps.org): long, unordered, with dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listing {
    /// The element of an entry, in addition to `item` and `entry`.
    entry: &'static str,
    /// Most entries that are kept.
    most: usize,
}

impl Listing {
    const PAGES: Self = Self { entry: "url", most: SITEMAP_ENTRIES };
    const SITEMAPS: Self = Self { entry: "sitemap", most: SITEMAPS };

    fn of(root: &str) -> Option<Self> {
        let known = [("urlset", Self::PAGES), ("sitemapindex", Self::SITEMAPS)];
        known
            .into_iter()
            .find(|(name, _)| root.eq_ignore_ascii_case(name))
            .map(|(_, listing)| listing)
    }

    /// Drops the oldest once there are twice as many as are kept, so that any list takes bounded
    /// memory. Never full.
    fn make_room(self, entries: &mut Vec<DraftEntry>) -> bool {
        if entries.len() >= 2 * self.most {
            self.keep_newest(entries);
        }
        false
    }

    /// Keeps the newest. Entries without a date are the oldest; of the same date the first are
    /// kept.
    fn keep_newest(self, entries: &mut Vec<DraftEntry>) {
        if entries.len() > self.most {
            entries.sort_by_key(|entry| Reverse(entry.latest()));
            entries.truncate(self.most);
        }
    }
}

struct Walk {
    draft: Draft,
    /// The fields of the feed's head so far.
    head: Element,
    head_base: Url,
    open: Vec<Container>,
    /// The kind of sitemap, if it is one.
    listing: Option<Listing>,
    base: Url,
    is_channel_done: bool,
}

impl Walk {
    /// Reads to the end of the root; false if the document ends before it does.
    fn run(&mut self, source: &mut Source<'_>) -> bool {
        while let Some(token) = source.next() {
            match token {
                Token::Start(tag) => {
                    let name = source.names.enter(self.open.len(), &tag);
                    if is_container(&name) {
                        if tag.empty {
                            continue;
                        }
                        self.enter(&tag);
                    } else if self.field(source, &tag, name) == Ended::CutOff {
                        return false;
                    }
                }
                Token::End(name) => {
                    if self.leave(name) {
                        return true;
                    }
                }
                Token::Text(_) | Token::Verbatim(_) => {}
            }
        }
        false
    }

    fn enter(&mut self, tag: &Tag<'_>) {
        // The Channel Definition Format has an attribute of its own.
        let stated = tag.attribute("xml:base").or_else(|| tag.attribute("base"));
        let base = rebased(stated, self.base());
        let declared = tag.attribute("xml:lang").and_then(language);
        let language = declared.or_else(|| self.open.last()?.language.clone());
        if self.draft.language.is_none() {
            self.draft.language.clone_from(&language);
        }
        // Real feeds are not nested deeper; what is deeper stays at this level.
        if self.open.len() < 8 {
            self.open.push(Container { written: tag.name.to_owned(), base, language });
        }
    }

    /// Closes the innermost container of that name; true if that was the root.
    fn leave(&mut self, name: &str) -> bool {
        if split(name).1.eq_ignore_ascii_case("channel") {
            self.is_channel_done = true;
        }
        if let Some(at) =
            self.open.iter().rposition(|container| container.written.eq_ignore_ascii_case(name))
        {
            self.open.truncate(at);
        }
        self.open.is_empty()
    }

    fn base(&self) -> &Url {
        self.open.last().map_or(&self.base, |container| &container.base)
    }

    /// Builds an entry or a field of the feed and adds it.
    fn field(&mut self, source: &mut Source<'_>, tag: &Tag<'_>, name: Name) -> Ended {
        let is_entry =
            is_entry(&name) || self.listing.is_some_and(|listing| name.local == listing.entry);
        let open = &self.open;
        let outside =
            |name: &str| open.iter().any(|container| container.written.eq_ignore_ascii_case(name));
        let depth = self.open.len();
        let (element, ended) = source.build(tag, name, depth, &outside);
        if !is_entry {
            if ended == Ended::Whole {
                self.feed_field(element);
            }
            return ended;
        }
        let is_full = match self.listing {
            Some(listing) => listing.make_room(&mut self.draft.entries),
            None => self.draft.entries.len() >= MAX_ENTRIES,
        };
        if is_full {
            source.note(Defect::TooManyEntries);
            return ended;
        }
        let language = self.open.last().and_then(|container| container.language.as_deref());
        let language = language.or(self.draft.language.as_deref());
        let entry = read::entry(&element, self.base(), language, &mut |defect| source.note(defect));
        // Only the complete fields of a truncated entry are left. It is kept if they are enough for
        // its key.
        let is_known = entry.guid.is_some() && !entry.links.is_empty() && entry.title.is_some();
        if ended == Ended::Whole || is_known {
            self.draft.entries.push(entry);
        }
        ended
    }

    /// Adds a field of the feed itself. Atom has no field for the polling interval, and entries
    /// need the language before the head is complete.
    fn feed_field(&mut self, field: Element) {
        if let (true, Some(relation)) = (field.is(Vocabulary::Feed, "link"), field.attribute("rel"))
        {
            let base = self.open.last().map_or(&self.base, |container| &container.base);
            let target =
                field.attribute("href").and_then(|to| address(to, base)).unwrap_or_default();
            self.draft.links.note(relation, &target, base);
        }
        let draft = &mut self.draft;
        match (field.name.vocabulary, field.name.local.as_str()) {
            (Vocabulary::Feed, "link") if is_older(&field) => {
                let base = self.open.last().map_or(&self.base, |container| &container.base);
                draft.older = field
                    .attribute("href")
                    .and_then(|to| base.join(&address(to, base)?).ok())
                    .and_then(page);
            }
            (Vocabulary::Feed, "title" | "link" | "author") if self.head.nodes.len() < MAX_HEAD => {
                self.head_base =
                    self.open.last().map_or(&self.base, |container| &container.base).clone();
                self.head.nodes.push(Node::Element(field));
            }
            (Vocabulary::Feed | Vocabulary::Dublin, "language") if draft.language.is_none() => {
                draft.language = field.text().and_then(|text| language(&text));
            }
            (Vocabulary::Feed, "ttl") => {
                draft.ttl = field.text().and_then(|text| minutes(&text)).or(draft.ttl);
            }
            (Vocabulary::Syndication, "updateperiod") => {
                draft.period = field.text().and_then(|text| period(&text));
            }
            (Vocabulary::Syndication, "updatefrequency") => {
                draft.frequency = field.text().and_then(|text| text.parse().ok());
            }
            (Vocabulary::Feed, "skiphours") => draft.skip_hours = skip::hours(&field),
            (Vocabulary::Feed, "skipdays") => draft.skip_days = skip::days(&field),
            _ => {}
        }
    }
}

/// Whether a link leads to older entries (RFC 5005 sections 3 and 4).
fn is_older(link: &Element) -> bool {
    link.attribute("rel").is_some_and(|rel| {
        ["prev-archive", "next"].iter().any(|known| rel.eq_ignore_ascii_case(known))
    })
}

fn is_container(name: &Name) -> bool {
    name.vocabulary == Vocabulary::Feed
        && matches!(name.local.as_str(), "rss" | "rdf" | "feed" | "channel" | "urlset")
}

/// RSS 2.0's `ttl`, in minutes. More than a month is taken for an error.
fn minutes(text: &str) -> Option<Duration> {
    let minutes: u64 = text.trim().parse().ok()?;
    (1..=31 * 24 * 60).contains(&minutes).then(|| Duration::from_secs(minutes * 60))
}

/// The words of the syndication module.
fn period(text: &str) -> Option<Duration> {
    let hours = match text.trim().to_ascii_lowercase().as_str() {
        "hourly" => 1,
        "daily" => 24,
        "weekly" => 24 * 7,
        "monthly" => 24 * 30,
        _ => return None,
    };
    Some(Duration::from_secs(hours * 3600))
}
