//! What decides the result of an extraction besides the page, kept with the stored page.

use serde::{Deserialize, Serialize};

use crate::http::Rights;
use crate::pipeline::page_dictionaries::{compress, decompress};
use crate::store::{FeedFields, PendingEntry};

/// What a page was read with.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    /// What the feed said of the entry.
    pub(super) feed: FeedFields,
    /// The rights that the headers of the answer reserve.
    pub(super) rights: Rights,
}

impl Context {
    /// The text of a page is never replaced by that of the feed when it is read again, so the feed's
    /// text is left out then.
    pub(super) fn of(entry: &PendingEntry, rights: &Rights) -> Self {
        let mut feed = entry.feed_fields.clone();
        if entry.revisit.as_ref().is_some_and(|revisit| !revisit.from_feed) {
            feed.content = None;
        }
        Self { feed, rights: rights.clone() }
    }

    /// As bytes, compressed. `None` only if there is no memory for them.
    pub(super) fn pack(&self) -> Option<Vec<u8>> {
        compress(&serde_json::to_vec(self).ok()?, &[])
    }

    /// From its bytes. `None`: this version cannot read them.
    pub(super) fn unpack(bytes: &[u8], most: u64) -> Option<Self> {
        serde_json::from_slice(&decompress(bytes, &[], most)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_comes_back_and_a_bomb_does_not() {
        let feed = FeedFields { title: Some("Ferry stays".into()), ..FeedFields::default() };
        let rights = Rights { robots_tags: vec!["noai".into()], ..Rights::default() };
        let packed = Context { feed, rights }.pack().unwrap();
        let context = Context::unpack(&packed, 10_000).unwrap();
        assert_eq!(context.feed.title.as_deref(), Some("Ferry stays"));
        assert_eq!(context.rights.robots_tags, ["noai"]);
        assert!(Context::unpack(&packed, 10).is_none());
        assert!(Context::unpack(b"no zstd", 10_000).is_none());
        let bomb = compress(&vec![b' '; 1 << 20], &[]).unwrap();
        assert!(Context::unpack(&bomb, 1 << 10).is_none());
    }
}
