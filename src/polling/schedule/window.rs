//! What a feed shows at one time, and what two looks at it have in common.
//!
//! A feed is a window over a stream: it shows the newest entries and forgets the rest. If nothing of the last look is left
//! in a full window, entries may have come and gone unseen: that is a gap. If a good part of it is left, nothing was
//! missed. (Media Cloud steers its polling by this overlap, as a percentage; we use it as the bound, and the rate for the
//! rest.)
//!
//! Entries are remembered by marks, short digests. Each has two, one of its key and one of its link, and is known again by
//! either: a feed that renames its ids, or its links, has not lost anything. A link that several entries share is no mark.
//!
//! An entry pinned to the top for weeks must not hide a gap. Where all entries are dated, the newest few of the last look
//! have to be among those that are left: what falls out of a window falls out at its old end.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use wiresift_feed::address::IdentityKey;
use wiresift_feed::entry::Entry;

/// Entries whose marks are kept, newest first.
const MOST_KEPT: usize = 256;

/// How many of the newest entries must leave at once for a gap.
const HEAD: usize = 8;

/// A window of which less than this share is shown is not full: nothing was pushed out of it.
const FULL: f64 = 0.8;

/// A window of fewer entries cannot tell a gap from an ordinary change.
pub(super) const SMALLEST: usize = 3;

/// What one look showed: marks by entry, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    entries: Vec<Marked>,
    is_dated: bool,
}

/// Key and link of an entry; the key twice where the link is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Marked {
    key: i64,
    link: i64,
}

/// What two looks have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Overlap {
    /// Places in the newer look's list of entries that the older does not have.
    pub(super) fresh: Vec<usize>,
    /// Whether nothing that matters is left of the older.
    pub(super) is_broken: bool,
}

impl Window {
    /// What a feed shows.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        let marks = marks(entries);
        let (places, is_dated) = newest(entries);
        Self { entries: places.iter().filter_map(|at| marks.get(*at).copied()).collect(), is_dated }
    }

    /// Read back from where it was stored.
    #[must_use]
    pub fn from_stored(numbers: &[i64]) -> Self {
        let Some((dated, marks)) = numbers.split_first() else { return Self::default() };
        let entries = marks.chunks_exact(2).filter_map(|pair| match pair {
            [key, link] => Some(Marked { key: *key, link: *link }),
            _ => None,
        });
        Self { entries: entries.collect(), is_dated: *dated == 1 }
    }

    /// For storing; empty if it is.
    #[must_use]
    pub fn to_stored(&self) -> Vec<i64> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        let marks = self.entries.iter().flat_map(|marked| [marked.key, marked.link]);
        std::iter::once(i64::from(self.is_dated)).chain(marks).collect()
    }

    /// Whether there is nothing to compare with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How much of this look is left in what the feed shows now. `usual` is how many entries it usually shows.
    pub(super) fn compare(&self, shown: &[Entry], usual: f64) -> Overlap {
        let known: HashSet<i64> = self.marks().collect();
        let now = marks(shown);
        let is_known =
            |marked: &Marked| known.contains(&marked.key) || known.contains(&marked.link);
        // Of a document that is longer than what is kept, only as much can be new as would have been kept.
        let (mut fresh, _) = newest(shown);
        fresh.retain(|at| now.get(*at).is_some_and(|marked| !is_known(marked)));
        let here: HashSet<i64> = now.iter().flat_map(|marked| [marked.key, marked.link]).collect();
        let head = if self.is_dated { HEAD } else { MOST_KEPT };
        let is_left = |marked: &Marked| here.contains(&marked.key) || here.contains(&marked.link);
        let is_full = shown.len() >= SMALLEST && shown.len() as f64 >= usual * FULL;
        let is_lost = !self.is_empty() && !self.entries.iter().take(head).any(is_left);
        Overlap { is_broken: is_full && is_lost && !fresh.is_empty(), fresh }
    }

    /// Together with what an older look showed, this one's entries first.
    pub(super) fn joined(mut self, older: &Self) -> Self {
        let known: HashSet<i64> = self.entries.iter().map(|marked| marked.key).collect();
        let others = older.entries.iter().filter(|marked| !known.contains(&marked.key));
        self.entries.extend(others.take(MOST_KEPT.saturating_sub(known.len())));
        Self { is_dated: false, ..self }
    }

    /// Whether any of these entries was in this look.
    #[must_use]
    pub fn has_any(&self, shown: &[Entry]) -> bool {
        self.knows(shown).contains(&true)
    }

    /// For each of these entries, whether it was in this look.
    pub(super) fn knows(&self, shown: &[Entry]) -> Vec<bool> {
        let known: HashSet<i64> = self.marks().collect();
        let is_known =
            |marked: &Marked| known.contains(&marked.key) || known.contains(&marked.link);
        marks(shown).iter().map(is_known).collect()
    }

    /// Dates of the entries that would be kept of `shown` and were not in this look; none where some have no date.
    pub(super) fn dates_of_others(&self, shown: &[Entry]) -> Option<Vec<DateTime<Utc>>> {
        let (places, is_dated) = newest(shown);
        let knows = self.knows(shown);
        let others = places.into_iter().filter(|at| knows.get(*at) == Some(&false));
        is_dated.then(|| others.filter_map(|at| shown.get(at)?.published).collect())
    }

    fn marks(&self) -> impl Iterator<Item = i64> + '_ {
        self.entries.iter().flat_map(|marked| [marked.key, marked.link])
    }
}

/// The places of the entries that are kept, newest first, and whether their dates say so. Where there are none, a long
/// document may grow at either end.
fn newest(entries: &[Entry]) -> (Vec<usize>, bool) {
    let mut places: Vec<usize> = (0..entries.len()).collect();
    let date = |at: &usize| entries.get(*at).and_then(|entry| entry.published);
    let is_dated = !entries.is_empty() && places.iter().all(|at| date(at).is_some());
    if is_dated {
        places.sort_by_key(|at| std::cmp::Reverse(date(at)));
        places.truncate(MOST_KEPT);
    } else if places.len() > MOST_KEPT {
        places.drain(MOST_KEPT / 2..places.len() - MOST_KEPT / 2);
    }
    (places, is_dated)
}

fn marks(entries: &[Entry]) -> Vec<Marked> {
    let links: Vec<Option<i64>> = entries
        .iter()
        .map(|entry| entry.link.as_ref().map(|link| mark(IdentityKey::of(link).as_str())))
        .collect();
    let mut times: HashMap<i64, usize> = HashMap::new();
    for link in links.iter().flatten() {
        *times.entry(*link).or_default() += 1;
    }
    entries
        .iter()
        .zip(links)
        .map(|(entry, link)| {
            let key = mark(entry.key.as_str());
            Marked { key, link: link.filter(|link| times.get(link) == Some(&1)).unwrap_or(key) }
        })
        .collect()
}

/// A short digest that never changes: it is stored.
pub(super) fn mark(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |mark, byte| (mark << 8) | i64::from(*byte))
}

#[cfg(test)]
pub(super) mod tests;
