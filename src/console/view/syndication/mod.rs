//! Articles as a feed for any reader: Atom (RFC 4287) and JSON Feed 1.1.
//!
//! The id of an entry is made of what never changes of an article: its number and the moment when it
//! was filed. So an article that is revised, or whose address moves, stays one entry, and two
//! databases do not have the same ids. A page of a feed is the same bytes until one of its articles
//! changes, since nothing in it tells the time of the request.

pub(crate) mod atom;
pub(crate) mod conditional;
pub(crate) mod json;

use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest as _, Sha256};

use crate::store::Published;

/// Entries of a page.
pub(crate) const PAGE: usize = 50;

/// Names and tags of an entry.
const NAMES: usize = 20;

/// One page of a feed. All addresses are absolute.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) title: String,
    /// The first page, whose address is the id of the feed.
    pub(crate) first: String,
    pub(crate) this: String,
    pub(crate) next: Option<String>,
    /// The list of the same articles for people.
    pub(crate) home: String,
    pub(crate) articles: Vec<Published>,
}

impl Document {
    /// When one of its articles changed last.
    pub(crate) fn changed(&self) -> Option<DateTime<Utc>> {
        self.articles.iter().map(|article| article.updated_at).max()
    }
}

/// The id of an article's entry.
fn id(article: &Published) -> String {
    let made_of =
        format!("wiresift article {} {}", article.id, article.first_seen_at.timestamp_micros());
    let digest = Sha256::digest(made_of.as_bytes());
    let mut bytes: [u8; 16] = std::array::from_fn(|place| digest.get(place).copied().unwrap_or(0));
    // A UUID of version 8, whose content is our own (RFC 9562).
    if let Some(byte) = bytes.get_mut(6) {
        *byte = (*byte & 0x0f) | 0x80;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = (*byte & 0x3f) | 0x80;
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    let parts = [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)];
    format!("urn:uuid:{}", parts.join("-"))
}

/// Who wrote it: the people, else the organisations, else the publication.
fn authors(article: &Published) -> Vec<&str> {
    let names = if article.byline.is_empty() { &article.agency } else { &article.byline };
    if names.is_empty() {
        return vec![article.site_name.as_deref().unwrap_or(&article.host)];
    }
    names.iter().take(NAMES).map(String::as_str).collect()
}

fn published(article: &Published) -> DateTime<Utc> {
    article.published_at.unwrap_or(article.first_seen_at)
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// For tests of both formats.
#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;
    use wiresift_feed::ParsedFeed;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    pub(super) fn document() -> Document {
        let article = |id: i64| Published {
            id,
            url: format!("https://paper.example/{id}?a=1&b=2"),
            host: "paper.example".into(),
            title: "Ferry \u{8}<stays> & \"runs\"".into(),
            html: format!("<p>The ferry &amp; the harbour. {}</p>\n", "It stays. ".repeat(90)),
            summary: Some("It stays ]]> after all.".into()),
            byline: vec!["Ada Lind".into()],
            agency: Vec::new(),
            site_name: None,
            language: Some("en".into()),
            tags: vec!["local".into(), "<b>".into()],
            licence: None,
            published_at: (id % 2 == 0).then_some(start()),
            first_seen_at: start() + chrono::TimeDelta::days(id),
            updated_at: start() + chrono::TimeDelta::days(id),
        };
        Document {
            title: "Articles".into(),
            first: "http://desk.example/feed?q=a%26b&tag=c".into(),
            this: "http://desk.example/feed?q=a%26b&tag=c".into(),
            next: Some("http://desk.example/feed?q=a%26b&tag=c&before=1".into()),
            home: "http://desk.example/articles".into(),
            articles: (1..=3).rev().map(article).collect(),
        }
    }

    pub(super) fn parsed(text: &str) -> ParsedFeed {
        let base = Url::parse("http://desk.example/feed").unwrap();
        let now = start() + chrono::TimeDelta::days(99);
        wiresift_feed::parse(text.as_bytes(), None, &base, now).unwrap()
    }

    #[test]
    fn both_formats_have_the_same_entries_and_no_defect() {
        let (atom, json) = (atom::written(&document()), json::written(&document()));
        let (atom, json) = (parsed(&atom), parsed(&json));
        assert_eq!((atom.defects.as_slice(), json.defects.as_slice()), (&[][..], &[][..]));
        assert_eq!((&atom.older, atom.entries.len()), (&json.older, 3));
        assert!(atom.older.is_some());
        for (one, other) in atom.entries.iter().zip(&json.entries) {
            assert_eq!((&one.key, &one.guid, &one.link), (&other.key, &other.guid, &other.link));
            assert_eq!((&one.title, &one.published), (&other.title, &other.published));
            assert_eq!((&one.content, &one.tags), (&other.content, &other.tags));
            assert_eq!(one.authors, ["Ada Lind"]);
            assert_eq!(one.title.as_deref(), Some("Ferry <stays> & \"runs\""));
        }
    }

    #[test]
    fn an_article_keeps_its_id_when_it_changes() {
        let ids = |document: &Document| {
            let entries = parsed(&atom::written(document)).entries.into_iter();
            entries.map(|entry| entry.key).collect::<Vec<_>>()
        };
        let before = document();
        let mut after = before.clone();
        for article in &mut after.articles {
            article.title = "Another".into();
            article.url = format!("https://paper.example/moved/{}", article.id);
            article.updated_at = start() + chrono::TimeDelta::days(9);
        }
        assert_eq!(ids(&before), ids(&after));
        assert_ne!(before.changed(), after.changed());
        let mut elsewhere = before.clone();
        for article in &mut elsewhere.articles {
            article.first_seen_at += chrono::TimeDelta::microseconds(1);
        }
        assert!(ids(&before).iter().all(|id| !ids(&elsewhere).contains(id)));
    }
}
