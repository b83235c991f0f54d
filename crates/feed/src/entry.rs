//! Entries and their keys.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use url::Url;
use wiresift_text::prose::letters;

use crate::address::{IdentityKey, hex};
use crate::bridge::BridgeError;
use crate::link::{LinkReason, Standing};
use crate::text::{Markup, plain};

/// Letters of a text that is an article, and not a teaser of the page that the link leads to.
const OWN_TEXT_LETTERS: usize = 600;

/// One item of a feed, parsed and normalised. All texts are bounded and have no markup, except
/// `content`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Identifies the entry within its feed.
    pub key: EntryKey,
    /// The feed's own id, as written, at most 2,048 bytes.
    pub guid: Option<String>,
    /// The entry's page: absolute, `http` or `https`.
    pub link: Option<Url>,
    /// Where the entry states its link; `None` without a link.
    pub link_reason: Option<LinkReason>,
    /// Where the link leads; `None` without a link. What does not lead to a page of its own does
    /// not identify the entry.
    pub link_standing: Option<Standing>,
    /// How many other entries of the document have this link, not counting the fragment.
    pub link_shared_by: usize,
    /// A file beside the article that is no page, such as the sound of a podcast.
    pub enclosure: Option<Url>,
    /// Plain text, at most 1,000 bytes.
    pub title: Option<String>,
    /// The description as plain text, at most 16 KiB.
    pub summary: Option<String>,
    /// The full content as HTML, at most 1 MiB: from the field for it, or a description with the
    /// length and the sentences of an article. An entry without a title or a link has nothing but
    /// its text, so that is kept at any length unless it breaks off. Else `None` if it is no longer
    /// than the summary. It is as the feed wrote it: not sanitised, links not resolved.
    pub content: Option<String>,
    /// The publication date, or else the date of the last change. Never later than the `now` of
    /// [`parse`](crate::parse).
    pub published: Option<DateTime<Utc>>,
    /// The text that the publication date was read from.
    pub published_text: Option<String>,
    /// The date of the last change. Never later than the `now` of [`parse`](crate::parse).
    pub updated: Option<DateTime<Utc>>,
    /// Names as written, at most 50.
    pub authors: Vec<String>,
    /// Categories and keywords, at most 50.
    pub tags: Vec<String>,
    /// BCP 47 tag that the feed declares.
    pub language: Option<String>,
    /// The entry is not an article but the error of a program that makes feeds.
    pub bridge_error: Option<BridgeError>,
}

impl Entry {
    /// The entry's page: its link, unless the entry has a text of its own and the link is not its
    /// own. The text of a page that several entries share is not theirs, and such a link does not
    /// identify an entry. A few words beside the link to a shared page are no text, but what the
    /// page is about.
    #[must_use]
    pub fn page(&self) -> Option<&Url> {
        let is_page = self.link_standing.is_none_or(|standing| standing == Standing::Page);
        let is_own = is_page && self.link_shared_by == 0;
        let has_text = || {
            let Some(content) = self.content.as_deref() else { return false };
            !is_page || letters(&plain(content, Markup::Html)) >= OWN_TEXT_LETTERS
        };
        self.link.as_ref().filter(|_| is_own || !has_text())
    }

    /// An entry of which nothing is known but its key.
    #[must_use]
    pub fn with_key(key: EntryKey) -> Self {
        Self {
            key,
            guid: None,
            link: None,
            link_reason: None,
            link_standing: None,
            link_shared_by: 0,
            enclosure: None,
            title: None,
            summary: None,
            content: None,
            published: None,
            published_text: None,
            updated: None,
            authors: Vec::new(),
            tags: Vec::new(),
            language: None,
            bridge_error: None,
        }
    }
}

/// Longest key in plain text, in bytes; a longer one becomes a digest, so that it fits any index.
const PLAIN_BYTES: usize = 256;

/// Identifies an entry within its feed: the same entry has the same key at each poll.
///
/// [`parse`](crate::parse) uses the first of these that the entry has:
///
/// 1. its id, trimmed. If the id is an address, scheme and `www.` are dropped, because a site's
///    move to https changes them. Fragment and query stay: `…/live#12` and `…/live#13` are two ids;
/// 2. the [`IdentityKey`] of its link, unless that is a bare home page, which some feeds give to
///    every entry;
/// 3. a digest of title and date;
/// 4. a digest of the content.
///
/// An entry with none of these is left out. Several articles of a document with one key get keys of
/// their own, from the fragments of their links or from what else tells them apart. The form is
/// stable across releases, so it can be stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey(String);

impl EntryKey {
    /// The key of an entry with these fields; `None` if nothing distinguishes it from others.
    #[must_use]
    pub(crate) fn derive(
        guid: Option<&str>,
        link: Option<&Url>,
        title: Option<&str>,
        published: Option<DateTime<Utc>>,
        content: Option<&str>,
    ) -> Option<Self> {
        let present = |text: Option<&str>| {
            text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        if let Some(guid) = present(guid) {
            return Some(Self::bounded(without_scheme(&guid)));
        }
        // Tracking is no page: `/?utm_source=rss` is the front page.
        let link = link.map(IdentityKey::of);
        if let Some(link) = link.as_ref().filter(|link| link.as_str().contains(['/', '?'])) {
            return Some(Self::bounded(link.as_str()));
        }
        if let Some(title) = present(title) {
            let date = published.map(|at| at.timestamp().to_string()).unwrap_or_default();
            return Some(Self::digest(&["title", &title, &date]));
        }
        if let Some(content) = present(content) {
            return Some(Self::digest(&["content", &content]));
        }
        link.map(|link| Self::bounded(link.as_str()))
    }

    /// The key of an entry whose link differs from that of another entry in its fragment only.
    #[must_use]
    pub(crate) fn with_fragment(&self, fragment: &str) -> Self {
        Self::bounded(&format!("{}#{fragment}", self.0))
    }

    /// The key of an entry that has id or link in common with another article, from what the two
    /// do not have in common.
    #[must_use]
    pub(crate) fn with_text(&self, parts: [&str; 3]) -> Self {
        let [title, date, text] = parts;
        Self::digest(&["own", &self.0, title, date, text])
    }

    /// The key of an entry that is known by the identity key of its link.
    #[must_use]
    pub fn of_link(identity: &str) -> Self {
        Self::bounded(identity)
    }

    /// The key of an entry that is known by the identity key of its link and by its date.
    #[must_use]
    pub fn of_link_and_date(identity: &str, published: DateTime<Utc>) -> Self {
        Self::digest(&["link-date", identity, &published.timestamp().to_string()])
    }

    /// The key of an entry that is known by its title alone.
    #[must_use]
    pub fn of_title(title: &str) -> Self {
        Self::digest(&["title", title.trim(), ""])
    }

    /// Another key, for the entry at `position` of the document, if an earlier entry has this one.
    #[must_use]
    pub fn disambiguated(&self, position: usize) -> Self {
        Self::digest(&["beside", &self.0, &position.to_string()])
    }

    /// Restores a key from [`EntryKey::as_str`].
    #[must_use]
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    /// The form to store: at most 256 bytes, no control characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn bounded(text: &str) -> Self {
        if text.len() > PLAIN_BYTES || text.contains(char::is_control) {
            return Self::digest(&["key", text]);
        }
        Self(text.to_owned())
    }

    fn digest(parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        Self(format!("sha256:{}", hex(&hasher.finalize())))
    }
}

fn without_scheme(guid: &str) -> &str {
    let lower = guid.get(..8).unwrap_or(guid).to_ascii_lowercase();
    let Some(scheme) = ["https://", "http://"].into_iter().find(|scheme| lower.starts_with(scheme))
    else {
        return guid;
    };
    let rest = guid.get(scheme.len()..).unwrap_or(guid);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    if rest.is_empty() { guid } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn key(
        guid: Option<&str>,
        link: Option<&str>,
        title: Option<&str>,
        at: Option<i64>,
        content: Option<&str>,
    ) -> String {
        let link = link.map(|link| Url::parse(link).unwrap());
        let at = at.map(|at| Utc.timestamp_opt(at, 0).unwrap());
        EntryKey::derive(guid, link.as_ref(), title, at, content).unwrap().as_str().to_owned()
    }

    #[test]
    fn stored_keys_never_change() {
        let link = Some("https://www.example.com/a?utm_source=rss");
        assert_eq!(
            key(Some(" tag:example.com,2026:1 "), link, None, None, None),
            "tag:example.com,2026:1"
        );
        assert_eq!(
            key(Some("http://www.example.com/?p=1#2"), link, None, None, None),
            "example.com/?p=1#2"
        );
        assert_eq!(key(Some(" "), link, Some("T"), None, None), "example.com/a");
        assert_eq!(
            key(None, None, Some("Title"), Some(1_700_000_000), None),
            "sha256:6c7a3f315f22e8a38ae89b1171aec887deb32067aaf20f764488887dac94cbcc"
        );
        assert_eq!(
            key(None, None, None, None, Some("Text")),
            "sha256:c3c1b15f2405a9a52dc8ed4fd758d0c266e22eb4c48930a94056a644263b8725"
        );
        assert_eq!(
            key(Some(&"x".repeat(300)), None, None, None, None),
            "sha256:3137d342df3c870d9ca9383b1b0931b6e5b0ce9509f15edf6c52967d7178cf39"
        );
        assert!(EntryKey::derive(Some(""), None, Some("\n"), None, None).is_none());
    }

    #[test]
    fn a_home_page_does_not_make_all_entries_one() {
        let home = Some("https://example.com/");
        assert_ne!(
            key(None, home, Some("One"), None, None),
            key(None, home, Some("Two"), None, None)
        );
        assert_eq!(key(None, home, None, None, None), "example.com");
    }
}
