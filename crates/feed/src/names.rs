//! Tolerant namespaces.
//!
//! Namespaces in feeds are unreliable: Atom's comes with https, with an extra slash, or in the form
//! of its draft; RSS 0.90 and 2.0 feeds use half a dozen invented ones; prefixes are used without
//! being bound. A strict parser then finds no entries *and no error*. So the namespace of the root
//! is the feed's own, whatever it is; an unknown one falls back on the usual meaning of its prefix;
//! element names are compared in lower case.

use crate::markup::Tag;

/// Most prefixes in scope at one place; more are ignored.
const MAX_BOUND: usize = 64;

/// The vocabulary of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// RSS and Atom in any version, sitemaps, RDF: their names do not clash.
    Feed,
    /// `content:encoded`.
    Content,
    /// Dublin Core, elements and terms.
    Dublin,
    /// Media RSS.
    Media,
    /// Apple's podcast tags.
    Itunes,
    /// News sitemaps.
    News,
    /// `sy:updatePeriod`.
    Syndication,
    /// `feedburner:origLink` and similar.
    Original,
    /// PRISM, of scientific publishers.
    Prism,
    /// XHTML inside a text.
    Xhtml,
    /// Anything else.
    Other,
}

impl Vocabulary {
    fn of_uri(uri: &str) -> Self {
        let uri = uri.trim().to_ascii_lowercase();
        let has = |part: &str| uri.contains(part);
        match () {
            () if has("/modules/content") => Self::Content,
            () if has("/modules/syndication") => Self::Syndication,
            () if has("purl.org/dc/") || has("/modules/dcterms") || has("/modules/dc/") => {
                Self::Dublin
            }
            () if has("/modules/") => Self::Other,
            () if has("/mrss") || has("mediarss") || has("media-rss") => Self::Media,
            () if has("dtds/podcast") => Self::Itunes,
            () if has("sitemap-news") => Self::News,
            () if has("sitemap-image") || has("sitemap-video") => Self::Other,
            () if has("feedburner") || has("pheedo") => Self::Original,
            () if has("prismstandard.org") => Self::Prism,
            () if has("/xhtml") => Self::Xhtml,
            () if has("w3.org/2005/atom") || has("purl.org/atom") || has("sitemaps.org") => {
                Self::Feed
            }
            () if has("rdf-syntax") || has("purl.org/rss/") || has("netscape.com/rdf") => {
                Self::Feed
            }
            () if has("userland.com") || has("law.harvard.edu") || uri.is_empty() => Self::Feed,
            () => Self::Other,
        }
    }

    fn of_prefix(prefix: &str) -> Self {
        match prefix.to_ascii_lowercase().as_str() {
            "rss" | "rdf" | "atom" | "atom03" | "atom10" | "a10" => Self::Feed,
            "content" => Self::Content,
            "dc" | "dcterms" | "dct" => Self::Dublin,
            "media" => Self::Media,
            "itunes" => Self::Itunes,
            "news" => Self::News,
            "sy" => Self::Syndication,
            "feedburner" | "pheedo" => Self::Original,
            "prism" => Self::Prism,
            "xhtml" | "html" | "xh" => Self::Xhtml,
            _ => Self::Other,
        }
    }
}

/// An element's name: its vocabulary and its local part in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) vocabulary: Vocabulary,
    pub(super) local: String,
}

struct Bound {
    depth: usize,
    prefix: String,
    vocabulary: Vocabulary,
}

/// The prefixes in scope.
#[derive(Default)]
pub(super) struct Names {
    bound: Vec<Bound>,
}

impl Names {
    /// Binds what the root declares, its own namespace as the feed's.
    pub(super) fn enter_root(&mut self, tag: &Tag<'_>) {
        let (prefix, _) = split(tag.name);
        self.bind(0, tag);
        let own = Bound { depth: 0, prefix: prefix.to_owned(), vocabulary: Vocabulary::Feed };
        self.bound.push(own);
    }

    /// Binds what a tag at `depth` declares, and resolves its name.
    pub(super) fn enter(&mut self, depth: usize, tag: &Tag<'_>) -> Name {
        while self.bound.last().is_some_and(|bound| bound.depth >= depth) {
            self.bound.pop();
        }
        self.bind(depth, tag);
        let (prefix, local) = split(tag.name);
        let bound = self.bound.iter().rev().find(|bound| bound.prefix == prefix);
        let vocabulary = match bound {
            Some(bound) => bound.vocabulary,
            None if prefix.is_empty() => Vocabulary::Feed,
            None => Vocabulary::of_prefix(prefix),
        };
        Name { vocabulary, local: local.to_ascii_lowercase() }
    }

    fn bind(&mut self, depth: usize, tag: &Tag<'_>) {
        for (name, uri) in &tag.attributes {
            let Some(prefix) = name.strip_prefix("xmlns") else { continue };
            let prefix = prefix.trim_start_matches(':');
            let vocabulary = match Vocabulary::of_uri(uri) {
                Vocabulary::Other if prefix.is_empty() => Vocabulary::Feed,
                Vocabulary::Other => Vocabulary::of_prefix(prefix),
                known => known,
            };
            if self.bound.len() < MAX_BOUND {
                self.bound.push(Bound { depth, prefix: prefix.to_owned(), vocabulary });
            }
        }
    }
}

/// Prefix and local part of a name.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markup::{Token, Tokens};

    fn tag(text: &str) -> Tag<'_> {
        match Tokens::new(text).next() {
            Some(Token::Start(tag)) => tag,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_are_resolved_tolerantly() {
        let mut names = Names::default();
        names.enter_root(&tag("<x:feed xmlns:x='urn:who-knows' xmlns:d='http://purl.org/dc/elements/1.1/' xmlns:media='urn:typo'>"));
        let mut vocabulary = |text: &str| names.enter(1, &tag(text)).vocabulary;
        assert_eq!(vocabulary("<x:entry>"), Vocabulary::Feed);
        assert_eq!(vocabulary("<entry>"), Vocabulary::Feed);
        assert_eq!(vocabulary("<d:date>"), Vocabulary::Dublin);
        assert_eq!(vocabulary("<content:encoded>"), Vocabulary::Content);
        assert_eq!(vocabulary("<media:title>"), Vocabulary::Media);
        assert_eq!(vocabulary("<q:title>"), Vocabulary::Other);
        assert_eq!(vocabulary("<div xmlns='http://www.w3.org/1999/xhtml'>"), Vocabulary::Xhtml);
        assert_eq!(vocabulary("<div>"), Vocabulary::Feed);
    }
}
