//! A digest of a feed's entries. The head of many feeds changes at each poll, so it is not
//! included.

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::ParsedFeed;
use crate::entry::Entry;

impl ParsedFeed {
    /// SHA-256 (32 bytes) over the entries, in any order.
    ///
    /// Two documents with the same entries have the same digest. It is stable across releases, so
    /// it can be stored.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        let mut entries: Vec<[u8; 32]> = self.entries.iter().map(digest).collect();
        entries.sort_unstable();
        let mut hasher = Sha256::new();
        for entry in entries {
            hasher.update(entry);
        }
        hasher.finalize().to_vec()
    }
}

fn digest(entry: &Entry) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut add = |text: Option<&str>| {
        // Lengths separate the fields.
        hasher.update(text.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
        hasher.update(text.unwrap_or_default());
    };
    add(Some(entry.key.as_str()));
    add(entry.guid.as_deref());
    add(entry.link.as_ref().map(Url::as_str));
    for text in [&entry.title, &entry.summary, &entry.content, &entry.language] {
        add(text.as_deref());
    }
    for date in [entry.published, entry.updated] {
        add(date.map(|date| date.timestamp().to_string()).as_deref());
    }
    for list in [&entry.authors, &entry.tags] {
        for text in list {
            add(Some(text));
        }
        add(None);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::parse;

    fn digest_of(head: &str, items: &[&str]) -> Vec<u8> {
        let items: String = items.iter().map(|item| format!("<item>{item}</item>")).collect();
        let text = format!("<rss version='2.0'><channel>{head}{items}</channel></rss>");
        let base = Url::parse("https://a.example/feed").unwrap();
        parse(text.as_bytes(), None, &base, DateTime::UNIX_EPOCH).unwrap().digest()
    }

    #[test]
    fn only_the_entries_count() {
        let one = "<guid>1</guid><title>One</title>";
        let two = "<guid>2</guid><title>Two</title>";
        let before =
            digest_of("<lastBuildDate>Mon, 01 Jan 2024 00:00:00 GMT</lastBuildDate>", &[one, two]);
        assert_eq!(
            digest_of("<lastBuildDate>Tue, 02 Jan 2024 00:00:00 GMT</lastBuildDate>", &[two, one]),
            before
        );
        assert_ne!(digest_of("", &[one]), before);
        assert_ne!(digest_of("", &[one, "<guid>2</guid><title>Two, corrected</title>"]), before);
    }
}
