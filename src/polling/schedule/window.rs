//! The window of a feed: what it shows at one time, and how two windows overlap.
//!
//! A feed is a window over a stream: it shows the newest entries and drops the rest. If a full
//! window shares nothing with the last poll, entries may have come and gone unseen: that is a gap.
//! If a good part is shared, nothing was missed. (Media Cloud controls its polling by this overlap,
//! as a percentage. Here it is the bound, and the rate decides the rest.)
//!
//! An entry is stored as two short digests, one of its key and one of its link, and is known by
//! either: a feed that renames its ids, or its links, has lost nothing. A link that several entries
//! share does not count.
//!
//! An entry that is pinned to the top for weeks must not hide a gap. If all entries are dated, the
//! newest few of the last poll must be among the shared ones, since entries leave a window at its
//! old end.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use wiresift_feed::address::IdentityKey;
use wiresift_feed::entry::Entry;

/// Entries that are kept, newest first.
const MAX_ENTRIES: usize = 256;

/// Number of newest entries that must all be missing for a gap.
const HEAD: usize = 8;

/// A window that shows less than this share of its usual size is not full: nothing was pushed out.
const FULL_SHARE: f64 = 0.8;

/// A window of fewer entries cannot show a gap.
pub(super) const MIN_ENTRIES: usize = 3;

/// The entries of one poll, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    entries: Vec<EntryKeys>,
    is_dated: bool,
}

/// Digests of an entry's key and link; the key's twice if there is no usable link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EntryKeys {
    key: i64,
    link: i64,
}

/// The overlap of two polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Overlap {
    /// Indexes of the entries that are new.
    pub(super) fresh: Vec<usize>,
    /// Whether nothing that counts is left of the older poll.
    pub(super) is_gap: bool,
}

impl Window {
    /// The window of a feed that shows these entries.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        let keys = entry_keys(entries);
        let (order, is_dated) = newest(entries);
        Self { entries: order.iter().filter_map(|at| keys.get(*at).copied()).collect(), is_dated }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(numbers: &[i64]) -> Self {
        let Some((dated, keys)) = numbers.split_first() else { return Self::default() };
        let entries = keys.chunks_exact(2).filter_map(|pair| match pair {
            [key, link] => Some(EntryKeys { key: *key, link: *link }),
            _ => None,
        });
        Self { entries: entries.collect(), is_dated: *dated == 1 }
    }

    /// The stored form; empty for an empty window.
    #[must_use]
    pub fn to_stored(&self) -> Vec<i64> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        let keys = self.entries.iter().flat_map(|keys| [keys.key, keys.link]);
        std::iter::once(i64::from(self.is_dated)).chain(keys).collect()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The overlap of this window with what the feed shows now. `usual` is its usual number of
    /// entries.
    pub(super) fn compare(&self, shown: &[Entry], usual: f64) -> Overlap {
        let known: HashSet<i64> = self.keys().collect();
        let now = entry_keys(shown);
        let is_known = |keys: &EntryKeys| known.contains(&keys.key) || known.contains(&keys.link);
        // A document may be longer than what is kept. Only entries that would be kept can be new.
        let (mut fresh, _) = newest(shown);
        fresh.retain(|at| now.get(*at).is_some_and(|keys| !is_known(keys)));
        let here: HashSet<i64> = now.iter().flat_map(|keys| [keys.key, keys.link]).collect();
        let head = if self.is_dated { HEAD } else { MAX_ENTRIES };
        let is_left = |keys: &EntryKeys| here.contains(&keys.key) || here.contains(&keys.link);
        let is_full = shown.len() >= MIN_ENTRIES && shown.len() as f64 >= usual * FULL_SHARE;
        let is_lost = !self.is_empty() && !self.entries.iter().take(head).any(is_left);
        Overlap { is_gap: is_full && is_lost && !fresh.is_empty(), fresh }
    }

    /// Joins an older window to this one; its own entries come first.
    pub(super) fn joined(mut self, older: &Self) -> Self {
        let known: HashSet<i64> = self.entries.iter().map(|keys| keys.key).collect();
        let others = older.entries.iter().filter(|keys| !known.contains(&keys.key));
        self.entries.extend(others.take(MAX_ENTRIES.saturating_sub(known.len())));
        Self { is_dated: false, ..self }
    }

    /// Whether any of these entries was in this window.
    #[must_use]
    pub fn has_any(&self, shown: &[Entry]) -> bool {
        self.knows(shown).contains(&true)
    }

    /// For each of these entries, whether it was in this window.
    pub(super) fn knows(&self, shown: &[Entry]) -> Vec<bool> {
        let known: HashSet<i64> = self.keys().collect();
        let is_known = |keys: &EntryKeys| known.contains(&keys.key) || known.contains(&keys.link);
        entry_keys(shown).iter().map(is_known).collect()
    }

    /// Dates of the entries that would be kept of `shown` and were not in this window; `None` if
    /// some entry has no date.
    pub(super) fn dates_of_others(&self, shown: &[Entry]) -> Option<Vec<DateTime<Utc>>> {
        let (order, is_dated) = newest(shown);
        let knows = self.knows(shown);
        let others = order.into_iter().filter(|at| knows.get(*at) == Some(&false));
        is_dated.then(|| others.filter_map(|at| shown.get(at)?.published).collect())
    }

    fn keys(&self) -> impl Iterator<Item = i64> + '_ {
        self.entries.iter().flat_map(|keys| [keys.key, keys.link])
    }
}

/// Indexes of the entries that are kept, newest first, and whether all are dated. If some are not,
/// both ends of a long document are kept, since it may grow at either.
fn newest(entries: &[Entry]) -> (Vec<usize>, bool) {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    let date = |at: &usize| entries.get(*at).and_then(|entry| entry.published);
    let is_dated = !entries.is_empty() && order.iter().all(|at| date(at).is_some());
    if is_dated {
        order.sort_by_key(|at| std::cmp::Reverse(date(at)));
        order.truncate(MAX_ENTRIES);
    } else if order.len() > MAX_ENTRIES {
        order.drain(MAX_ENTRIES / 2..order.len() - MAX_ENTRIES / 2);
    }
    (order, is_dated)
}

fn entry_keys(entries: &[Entry]) -> Vec<EntryKeys> {
    let links: Vec<Option<i64>> = entries
        .iter()
        .map(|entry| entry.link.as_ref().map(|link| short_digest(IdentityKey::of(link).as_str())))
        .collect();
    let mut counts: HashMap<i64, usize> = HashMap::new();
    for link in links.iter().flatten() {
        *counts.entry(*link).or_default() += 1;
    }
    entries
        .iter()
        .zip(links)
        .map(|(entry, link)| {
            let key = short_digest(entry.key.as_str());
            EntryKeys { key, link: link.filter(|link| counts.get(link) == Some(&1)).unwrap_or(key) }
        })
        .collect()
}

/// A short digest. It is stored, so it must never change.
pub(super) fn short_digest(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |digest, byte| (digest << 8) | i64::from(*byte))
}

#[cfg(test)]
pub(super) mod tests;
