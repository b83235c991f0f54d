//! What metadata and feed say that the headline is.

use foldhash::HashSet;
use wiresift_text::shingles::tokens;

use crate::Hints;
use crate::metadata::head::Head;
use crate::metadata::site::without_site;
use crate::metadata::{bare, html_text};
use crate::provenance::Source;
use crate::tree::floor_char_boundary;

/// Longest title, in bytes: comparing titles word by word is quadratic.
const TITLE_BYTES: usize = 2_000;

/// Every title that page and feed state, for comparison with the blocks.
pub(crate) fn stated(head: &Head, hints: &Hints) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let metas =
        ["og:title", "twitter:title", "dc.title", "headline", "sailthru.title", "parsely-title"];
    let stated =
        [head.facts.article.headline.as_deref(), hints.title.as_deref(), head.title.as_deref()];
    for title in
        stated.into_iter().flatten().chain(metas.iter().filter_map(|m| head.metas_of(m).next()))
    {
        let title = html_text(cut(title));
        if !title.is_empty() && !all.contains(&title) {
            all.push(title);
        }
    }
    all
}

/// A title from metadata or feed, without the site's name.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) source: Source,
    pub(super) text: String,
    /// Letters and digits only, lower case: equal titles have the same.
    pub(super) bare: String,
    pub(super) words: HashSet<u32>,
    /// The words in order, with the site's name.
    pub(super) raw: Vec<u32>,
    /// Letters and digits with the site's name.
    pub(super) raw_bare: String,
}

impl Claim {
    fn new(source: Source, text: &str, site: Option<&str>) -> Option<Self> {
        let text = html_text(cut(text));
        let (raw, raw_bare) = (tokens(&text), bare(&text));
        let is_site = site.is_some_and(|site| bare(site) == raw_bare);
        let text = if is_site { text } else { without_site(&text, site) };
        let bare = bare(&text);
        let words = tokens(&text).into_iter().collect();
        (!text.is_empty()).then_some(Self { source, text, bare, words, raw, raw_bare })
    }
}

/// The claims, most reliable first.
pub(super) fn claims(head: &Head, hints: &Hints, site: Option<&str>) -> Vec<Claim> {
    let meta = |name: &str| head.metas_of(name).next();
    [
        (Source::JsonLd, head.facts.article.headline.as_deref()),
        (Source::OpenGraph, meta("og:title")),
        (Source::Feed, hints.title.as_deref()),
        (Source::Meta, meta("twitter:title")),
        (Source::Meta, meta("headline")),
        (Source::Meta, meta("dc.title")),
        (Source::Meta, meta("citation_title")),
        (Source::Meta, meta("sailthru.title")),
        (Source::Meta, meta("parsely-title")),
        (Source::TitleElement, head.title.as_deref()),
    ]
    .into_iter()
    .filter_map(|(source, text)| Claim::new(source, text?, site))
    .collect()
}

/// The part of a title that is read.
pub(super) fn cut(title: &str) -> &str {
    title.get(..floor_char_boundary(title, TITLE_BYTES)).unwrap_or_default()
}
