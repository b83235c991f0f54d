//! Which address of an entry is its page: one ranked rule, with its reason.
//!
//! An entry may state its page in a dozen places, and feeds put other addresses there: the front
//! page in every `<link>` and the article in the id, a PDF before the page, the other language
//! first. So all addresses of an entry are collected ([`candidates`]), and then ranked by
//!
//! 1. where they lead ([`Standing`]): a page of its own before the page that the whole feed belongs
//!    to, a front page, and an address that all entries of the document have. Tracking is cut
//!    before that is judged, or `/?utm_source=rss` would pass for a page;
//! 2. the place where the feed states it ([`LinkReason`]), in the order of that list;
//! 3. its media type: HTML before others;
//! 4. its language: that of the entry before none, and none before another;
//! 5. its form: text before an attribute;
//! 6. its order in the document.
//!
//! An enclosure comes after everything else, because it is a file beside the article.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use url::Url;

use crate::address::IdentityKey;

mod candidates;
mod clean;

pub(crate) use candidates::{of_entry, of_head};
pub(crate) use clean::{address, unescaped};

/// Where an entry states the address that is taken for its page, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkReason {
    /// The original address that a feed service stored: `feedburner:origLink`.
    Original,
    /// The link: RSS `link`, Atom `link rel="alternate"`, JSON Feed `url`, `loc` of a sitemap.
    Link,
    /// `link rel="canonical"`.
    Canonical,
    /// JSON Feed `external_url`.
    External,
    /// A `guid` that is a permalink.
    Permalink,
    /// An id that is an address.
    Id,
    /// The address of the content: Atom `content src`.
    ContentSource,
    /// The base of the content: Atom `content xml:base`.
    ContentBase,
    /// An id that is a path.
    IdPath,
    /// `rdf:about`, or `href` of the entry itself.
    About,
    /// A related page: `link rel="via"` or `rel="related"`.
    Related,
    /// The entry as a document of its own: `link rel="self"`.
    Itself,
    /// A file that the entry encloses, if it may be a page.
    Enclosure,
}

impl LinkReason {
    /// The stable word, for people and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original-link",
            Self::Link => "link",
            Self::Canonical => "canonical",
            Self::External => "external-url",
            Self::Permalink => "permalink",
            Self::Id => "id",
            Self::ContentSource => "content-source",
            Self::ContentBase => "content-base",
            Self::IdPath => "id-path",
            Self::About => "about",
            Self::Related => "related",
            Self::Itself => "self",
            Self::Enclosure => "enclosure",
        }
    }
}

/// Where an address leads, best first, judged without its tracking parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// To a page of its own.
    Page,
    /// To the page that the feed belongs to.
    Section,
    /// To the front page of a site.
    Front,
    /// To a page that all entries of the document have, of which there are several.
    Shared,
}

impl Standing {
    /// The stable word, for people and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Section => "section",
            Self::Front => "front",
            Self::Shared => "shared",
        }
    }
}

/// The address that was taken for an entry's page, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Absolute, `http` or `https`.
    pub url: Url,
    /// Where the entry states it.
    pub reason: LinkReason,
    /// Where it leads.
    pub standing: Standing,
}

/// An address that an entry states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) url: Url,
    pub(crate) reason: LinkReason,
    /// How far its media type is from HTML.
    pub(crate) kind: u8,
    /// How far its language is from the entry's.
    pub(crate) language: u8,
    /// It was written as text, not as an attribute.
    pub(crate) is_text: bool,
}

impl Candidate {
    fn rank(&self, standing: Standing) -> impl Ord + use<> {
        let is_enclosure = self.reason == LinkReason::Enclosure;
        (is_enclosure, standing, self.reason, self.kind, self.language, !self.is_text)
    }
}

/// What a document says about the addresses of its entries.
pub(crate) struct Document {
    home: Option<IdentityKey>,
    /// Addresses that all entries have, if there are several entries.
    shared: Vec<IdentityKey>,
}

impl Document {
    /// `entries` are the candidates of each entry.
    pub(crate) fn of<'a>(
        home: Option<&Url>,
        entries: impl ExactSizeIterator<Item = &'a [Candidate]>,
    ) -> Self {
        let count = entries.len();
        // How many entries have an address, and the last one that had it.
        let mut having: HashMap<IdentityKey, (usize, usize)> = HashMap::new();
        for (at, candidates) in entries.enumerate() {
            // Only an address of the first entry can be one of all.
            for key in candidates.iter().map(|candidate| IdentityKey::of(&candidate.url)) {
                match having.entry(key) {
                    Slot::Occupied(mut slot) if slot.get().1 != at => {
                        *slot.get_mut() = (slot.get().0 + 1, at);
                    }
                    Slot::Vacant(slot) if at == 0 => drop(slot.insert((1, 0))),
                    _ => {}
                }
            }
        }
        let shared = having.into_iter().filter(|(_, (entries, _))| count > 1 && *entries == count);
        Self { home: home.map(IdentityKey::of), shared: shared.map(|(key, _)| key).collect() }
    }

    fn standing(&self, url: &Url) -> Standing {
        let key = IdentityKey::of(url);
        if self.shared.contains(&key) {
            Standing::Shared
        } else if !key.as_str().contains(['/', '?']) {
            Standing::Front
        } else if self.home.as_ref() == Some(&key) {
            Standing::Section
        } else {
            Standing::Page
        }
    }

    /// The best of an entry's addresses.
    pub(crate) fn choose(&self, candidates: Vec<Candidate>) -> Option<Choice> {
        let judged = candidates.into_iter().map(|candidate| {
            let standing = self.standing(&candidate.url);
            (candidate.rank(standing), standing, candidate)
        });
        let (_, standing, best) = judged.min_by(|(one, ..), (other, ..)| one.cmp(other))?;
        Some(Choice { url: best.url, reason: best.reason, standing })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(url: &str, reason: LinkReason) -> Candidate {
        let url = Url::parse(url).unwrap();
        Candidate { url, reason, kind: 0, language: 2, is_text: true }
    }

    fn choice(entries: &[Vec<Candidate>], at: usize) -> (String, LinkReason, Standing) {
        let home = Url::parse("https://paper.example/news/").unwrap();
        let document = Document::of(Some(&home), entries.iter().map(Vec::as_slice));
        let choice = document.choose(entries[at].clone()).unwrap();
        (choice.url.to_string(), choice.reason, choice.standing)
    }

    #[test]
    fn a_page_comes_before_what_all_entries_have() {
        let shared = || candidate("https://paper.example/notices?utm_source=rss", LinkReason::Link);
        let own =
            |at: usize| candidate(&format!("https://paper.example/n/{at}"), LinkReason::Permalink);
        let entries = [vec![shared(), own(0)], vec![shared(), own(1)], vec![shared()]];
        let url = |at| choice(&entries, at).0;
        assert_eq!([url(0), url(1)], ["https://paper.example/n/0", "https://paper.example/n/1"]);
        assert_eq!(choice(&entries, 2).2, Standing::Shared);
        assert_eq!(choice(&entries[..1], 0).1, LinkReason::Link);
    }

    #[test]
    fn front_pages_and_sections_come_last() {
        let id = candidate("https://paper.example/1", LinkReason::Id);
        for link in [
            "https://paper.example/?utm_source=rss&utm_medium=feed",
            "https://www.paper.example/index.html",
            "https://paper.example/news?fbclid=1",
        ] {
            let entries = [vec![candidate(link, LinkReason::Link), id.clone()]];
            assert_eq!(choice(&entries, 0).1, LinkReason::Id, "{link}");
            let entries = [vec![candidate(link, LinkReason::Link)]];
            assert_ne!(choice(&entries, 0).2, Standing::Page, "{link}");
        }
        let entries = [vec![candidate("https://paper.example/?p=1", LinkReason::Link), id]];
        assert_eq!(choice(&entries, 0).1, LinkReason::Link);
    }

    #[test]
    fn a_file_is_never_before_a_page() {
        let file = candidate("https://paper.example/1.pdf", LinkReason::Enclosure);
        let front = candidate("https://paper.example/", LinkReason::Link);
        assert_eq!(choice(&[vec![file.clone(), front]], 0).1, LinkReason::Link);
        assert_eq!(choice(&[vec![file]], 0).1, LinkReason::Enclosure);
    }

    proptest! {
        #[test]
        fn the_order_of_candidates_of_different_rank_does_not_matter(seed in 0usize..720) {
            let reasons = [LinkReason::Link, LinkReason::Id, LinkReason::Canonical, LinkReason::Itself];
            let mut all: Vec<Candidate> = reasons
                .iter()
                .map(|reason| candidate(&format!("https://paper.example/{}", reason.as_str()), *reason))
                .collect();
            let length = all.len();
            for at in 0..length {
                all.swap(at, (seed / (at + 1)) % length);
            }
            prop_assert_eq!(choice(&[all], 0).1, LinkReason::Link);
        }
    }
}
