//! The keys of the newest articles, as one process knows them.
//!
//! An article has some twenty keys, and each key leads to as many as 64 articles. To write an article
//! into the lists of all its keys would be most of the work of assigning it. So the keys of an article
//! are stored in one value, with its fingerprint, and each process keeps those of the last articles in
//! memory, too. The lists (`story_keys`) are written later: the keys are divided into parts, and at
//! each step one part is written, with all articles since that part was written before. The rows of a
//! part lie together, so few pages are written, and a key that came often is written once.
//!
//! Which parts are written up to which article follows from the number of the last step alone, and the
//! step is recorded in the transaction that writes the part. So a process that starts, or takes over,
//! reads the articles that are not in all lists yet, at most [`PARTS`] times [`STEP`] of them.

use std::collections::BTreeMap;

use wiresift_dedup::story::{MOST_ON_A_KEY, StoryKey};

/// The parts of the keys.
const PARTS: i64 = 256;

/// The numbers of fingerprints from one step to the next.
const STEP: i64 = 64;

/// The bits of an entry that are the tag of a language, if its key is one of all languages.
pub(super) const LANGUAGE_BITS: u32 = u16::BITS;

/// To what a key leads: the number of a fingerprint or, if the key is one of all languages, that
/// number and the tag of the article's language.
pub(super) type Entry = i64;

/// The keys that are not in the lists of the database, or not for all articles.
#[derive(Debug, Default)]
pub(super) struct RecentKeys {
    /// The last step that was taken.
    step: i64,
    /// All fingerprints up to this number are here or in the lists of the database.
    upto: i64,
    /// Entries in ascending order, by the part of their key.
    lists: BTreeMap<(u8, StoryKey), Vec<Entry>>,
}

/// The part of a key. Keys of one language and part follow each other.
fn part(key: StoryKey) -> u8 {
    key.term().to_be_bytes()[0]
}

/// The number up to which a part is written after a step.
fn written_upto(part: u8, step: i64) -> i64 {
    STEP * (step - (step - i64::from(part)).rem_euclid(PARTS))
}

/// The number in an entry of a key.
fn number(key: StoryKey, entry: Entry) -> i64 {
    if key.is_of_all_languages() { entry >> LANGUAGE_BITS } else { entry }
}

impl RecentKeys {
    /// Nothing is known but the last step that was taken.
    pub(super) fn after(step: i64) -> Self {
        Self { step, upto: STEP * (step - PARTS).max(0), lists: BTreeMap::new() }
    }

    pub(super) fn step(&self) -> i64 {
        self.step
    }

    pub(super) fn upto(&self) -> i64 {
        self.upto
    }

    /// No number in a list of the database is higher.
    pub(super) fn highest_written(&self) -> i64 {
        STEP * self.step
    }

    /// Adds an entry with the highest number so far, unless it is written.
    pub(super) fn add(&mut self, key: StoryKey, entry: Entry) {
        let number = number(key, entry);
        self.upto = self.upto.max(number);
        let part = part(key);
        if number <= written_upto(part, self.step) {
            return;
        }
        let list = self.lists.entry((part, key)).or_default();
        list.push(entry);
        if list.len() > 2 * MOST_ON_A_KEY {
            list.drain(..MOST_ON_A_KEY);
        }
    }

    /// Takes note that all fingerprints up to a number are here.
    pub(super) fn seen(&mut self, upto: i64) {
        self.upto = self.upto.max(upto);
    }

    /// The entries of a key, in ascending order.
    pub(super) fn of(&self, key: StoryKey) -> &[Entry] {
        self.lists.get(&(part(key), key)).map_or(&[], Vec::as_slice)
    }

    /// The step that is due.
    pub(super) fn due(&self) -> i64 {
        self.step.max(self.upto / STEP)
    }

    /// Takes all steps up to one. Returns the entries that are written by them, by part and key.
    pub(super) fn take(&mut self, step: i64) -> Vec<(StoryKey, Vec<Entry>)> {
        let first = self.step.max(step - PARTS) + 1;
        self.step = step;
        let mut taken = Vec::new();
        for part in (first..=step).filter_map(|step| u8::try_from(step.rem_euclid(PARTS)).ok()) {
            let upto = written_upto(part, step);
            let lists =
                self.lists.range_mut((part, StoryKey(i64::MIN))..=(part, StoryKey(i64::MAX)));
            let mut emptied = Vec::new();
            for ((_, key), list) in lists {
                let later = list.partition_point(|entry| number(*key, *entry) <= upto);
                let rest = list.split_off(later);
                let written = std::mem::replace(list, rest);
                if list.is_empty() {
                    emptied.push(*key);
                }
                if !written.is_empty() {
                    taken.push((*key, written));
                }
            }
            for key in emptied {
                self.lists.remove(&(part, key));
            }
        }
        taken
    }
}

/// The bytes of a stored entry: the lowest ones. No two entries that count are so far apart that they
/// have the same.
pub(super) const ENTRY: usize = 6;

/// The stored form of the newest entries of a list.
pub(super) fn to_stored(entries: &[Entry]) -> Vec<u8> {
    let newest = entries.len().saturating_sub(MOST_ON_A_KEY);
    let newest = entries.iter().skip(newest);
    newest.flat_map(|entry| entry.to_le_bytes().into_iter().take(ENTRY)).collect()
}

/// The entries of a stored list of a key. `highest` is at least the highest number in it.
pub(super) fn from_stored(key: StoryKey, bytes: &[u8], highest: i64) -> Vec<Entry> {
    let top =
        if key.is_of_all_languages() { ((highest + 1) << LANGUAGE_BITS) - 1 } else { highest };
    let (entries, _) = bytes.as_chunks::<ENTRY>();
    let entry = |[a, b, c, d, e, f]: &[u8; ENTRY]| {
        let low = i64::from_le_bytes([*a, *b, *c, *d, *e, *f, 0, 0]);
        top - ((top - low) & ((1 << (8 * ENTRY)) - 1))
    };
    entries.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// The lists of the database, and the last step.
    #[derive(Default)]
    struct Database {
        lists: HashMap<StoryKey, Vec<u8>>,
        step: i64,
        articles: Vec<(i64, Vec<StoryKey>)>,
    }

    impl Database {
        fn write(&mut self, recent: &mut RecentKeys) {
            self.step = recent.due();
            for (key, entries) in recent.take(self.step) {
                let list = self.lists.entry(key).or_default();
                list.extend(to_stored(&entries));
                list.drain(..list.len().saturating_sub(ENTRY * MOST_ON_A_KEY));
            }
        }

        /// What [`RecentKeys::catch_up`] does.
        fn catch_up(&self, recent: &mut RecentKeys) {
            recent.take(self.step);
            let upto = recent.upto().max(RecentKeys::after(self.step).upto());
            for (number, keys) in self.articles.iter().filter(|(number, _)| *number > upto) {
                for key in keys {
                    recent.add(*key, entry(*key, *number));
                }
                recent.seen(*number);
            }
        }

        fn newest(&self, recent: &RecentKeys, key: StoryKey) -> Vec<Entry> {
            let stored = self.lists.get(&key).map_or(&[][..], Vec::as_slice);
            let mut all = from_stored(key, stored, recent.highest_written());
            all.extend(recent.of(key));
            all.split_off(all.len().saturating_sub(MOST_ON_A_KEY))
        }
    }

    fn entry(key: StoryKey, number: i64) -> Entry {
        if key.is_of_all_languages() { (number << LANGUAGE_BITS) | 0xabcd } else { number }
    }

    fn key(choice: u32) -> StoryKey {
        let term = choice.wrapping_mul(0x9e37_79b9);
        if choice.is_multiple_of(3) {
            StoryKey::of_all_languages(term)
        } else {
            StoryKey::of("en", term)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Batches of articles, each by one of two processes that may have started a moment ago.
        #[test]
        fn memory_and_lists_have_the_newest_entries_of_each_key(
            batches in proptest::collection::vec((1i64..90, 0i64..400, 0..4u8), 200..400),
        ) {
            let mut database = Database::default();
            let mut processes = [RecentKeys::default(), RecentKeys::default()];
            let mut all: HashMap<StoryKey, Vec<Entry>> = HashMap::new();
            let mut number = 0;
            for (articles, gap, turn) in batches {
                number += if gap > 380 { 20_000 } else { gap % 9 };
                let recent = &mut processes[usize::from(turn % 2)];
                if turn > 2 {
                    *recent = RecentKeys::after(database.step);
                }
                database.catch_up(recent);
                for _ in 0..articles {
                    number += 1;
                    let low = u32::try_from(number & 0xffff).unwrap();
                    let keys: Vec<StoryKey> =
                        [low % 5, low % 97, 100 + low % 1_009].into_iter().map(key).collect();
                    for key in &keys {
                        recent.add(*key, entry(*key, number));
                        all.entry(*key).or_default().push(entry(*key, number));
                    }
                    database.articles.push((number, keys));
                }
                recent.seen(number);
                database.write(recent);
                for (key, entries) in all.iter().take(40) {
                    let newest = entries.len().saturating_sub(MOST_ON_A_KEY);
                    prop_assert_eq!(&database.newest(recent, *key), &entries[newest..]);
                }
            }
        }
    }

    #[test]
    fn little_is_kept_in_memory_and_each_part_comes_by_turns() {
        let mut recent = RecentKeys::default();
        let mut written = 0;
        for number in 1..=100_000 {
            let key = key(u32::try_from(number).unwrap());
            recent.add(key, entry(key, number));
            let step = recent.due();
            written += recent.take(step).len();
            assert!(recent.lists.len() <= usize::try_from(STEP * PARTS).unwrap());
        }
        assert!(written > 100_000 - usize::try_from(STEP * PARTS).unwrap());
    }

    #[test]
    fn entries_come_back_from_their_lowest_bits() {
        for number in [1, 4_294_967_295, 4_294_967_296, (1 << 40) + 7] {
            for key in [StoryKey::of("de", 5), StoryKey::of_all_languages(5)] {
                let entries = [entry(key, number), entry(key, number + 9)];
                let stored = to_stored(&entries);
                assert_eq!(from_stored(key, &stored, number + 100), entries);
            }
        }
    }
}
