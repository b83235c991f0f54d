//! Traces and memories as bytes, to be kept in a database.
//!
//! The first byte is the version of the format. Numbers are little-endian and of fixed size: most of
//! them are hashes, which nothing makes shorter.

use foldhash::HashMap;
use thiserror::Error;

use crate::memory::key::Keys;
use crate::memory::layout::{Outcome, Profile, Usual};
use crate::memory::spot::{self, Spot};
use crate::memory::trace::{Edge, MOST_SPOTS, Seen, Trace};
use crate::memory::{Evidence, Known, Place, SiteMemory};

const VERSION: u8 = 5;

/// The pattern of a block that has none. No text has it: see [`Keys::of`].
const NO_PATTERN: u64 = 0;

/// The share of a text that the feed does not have.
const NO_SHARE: u8 = u8::MAX;

/// The bytes are no trace or memory of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the bytes of a site memory are damaged, or of another version")]
pub struct Damaged;

impl Trace {
    /// The trace as bytes, 11 for most blocks of the page, 4 for each
    /// element that holds some, and 6 for each part at the edge of one.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.day.to_le_bytes());
        bytes.extend(self.title.unwrap_or(NO_PATTERN).to_le_bytes());
        put_outcome(&mut bytes, &self.outcome);
        put_count(&mut bytes, self.edges.len());
        for edge in self.edges.iter().take(MOST_COUNT) {
            bytes.extend(edge.block.to_le_bytes());
            bytes.extend(edge.key.to_le_bytes());
        }
        let mut spots: Vec<u32> =
            self.blocks.iter().map(|seen| seen.spot).filter(|spot| *spot != spot::NONE).collect();
        spots.sort_unstable();
        spots.dedup();
        spots.truncate(MOST_SPOTS);
        bytes.push(spots.len() as u8);
        bytes.extend(spots.iter().flat_map(|spot| spot.to_le_bytes()));
        for seen in &self.blocks {
            bytes.extend(seen.keys.exact.to_le_bytes());
            // Half a letter does not matter, and a longer block counts as one of this length.
            let weight = (seen.weight.clamp(0.0, MOST_WEIGHT) as u16) << 2;
            let flags = u16::from(seen.kept) | u16::from(seen.keys.pattern.is_some()) << 1;
            bytes.extend((weight | flags).to_le_bytes());
            // The first number stands for no spot.
            bytes.push(spots.binary_search(&seen.spot).map_or(0, |at| at as u8 + 1));
            bytes.extend(seen.keys.pattern.into_iter().flat_map(u64::to_le_bytes));
        }
        bytes
    }

    /// The trace from its bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut reader = Reader::of(bytes)?;
        let (day, title) = (i32::from_le_bytes(reader.take()?), reader.key()?);
        let outcome = reader.outcome()?;
        let mut edges = Vec::new();
        for _ in 0..reader.number()? {
            edges.push(Edge { block: reader.number()?, key: u32::from_le_bytes(reader.take()?) });
        }
        let [count] = reader.take()?;
        let mut spots = vec![spot::NONE];
        for _ in 0..count {
            spots.push(u32::from_le_bytes(reader.take()?));
        }
        let mut blocks = Vec::new();
        while !reader.is_at_end() {
            let exact = u64::from_le_bytes(reader.take()?);
            let weight = reader.number()?;
            let [at] = reader.take()?;
            let spot = *spots.get(usize::from(at)).ok_or(Damaged)?;
            let pattern = if weight & 2 == 2 { reader.key()? } else { None };
            let (kept, weight) = (weight & 1 == 1, f32::from(weight >> 2));
            blocks.push(Seen { keys: Keys { exact, pattern }, weight, kept, spot });
        }
        Ok(Self { day, outcome, title, blocks, edges })
    }
}

const MOST_WEIGHT: f32 = 16_383.0;

/// The most that a count of two bytes holds.
const MOST_COUNT: usize = u16::MAX as usize;

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend((count.min(MOST_COUNT) as u16).to_le_bytes());
}

impl SiteMemory {
    /// The memory as bytes, 15 for each block that it knows and 10 for each part of one. Equal
    /// memories have equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut known: Vec<_> = self.chrome.iter().collect();
        known.sort_unstable_by_key(|(key, _)| **key);
        let mut bytes = vec![VERSION];
        put_profile(&mut bytes, &self.profile);
        let mut edges: Vec<_> = self.edges.iter().collect();
        edges.sort_unstable_by_key(|(key, _)| **key);
        edges.truncate(MOST_COUNT);
        put_count(&mut bytes, edges.len());
        for (key, evidence) in edges {
            bytes.extend(key.to_le_bytes());
            put_evidence(&mut bytes, *evidence);
        }
        let mut excepted: Vec<_> = self.excepted.iter().collect();
        excepted.sort_unstable();
        excepted.truncate(MOST_COUNT);
        put_count(&mut bytes, excepted.len());
        bytes.extend(excepted.into_iter().flat_map(|key| key.to_le_bytes()));
        put_spots(&mut bytes, &self.spots);
        for (key, Known { evidence, place, is_apart }) in known {
            bytes.extend(key.to_le_bytes());
            put_evidence(&mut bytes, *evidence);
            let place = match place {
                Place::Before => 0,
                Place::Inside => 1,
                Place::After => 2,
                Place::Outside => 3,
                Place::ListBefore => 4,
                Place::ListAfter => 5,
                Place::Title => 6,
            };
            bytes.push(place | if *is_apart { APART } else { 0 });
        }
        bytes
    }

    /// The memory from its bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut reader = Reader::of(bytes)?;
        let mut memory = Self { profile: reader.profile()?, ..Self::default() };
        for _ in 0..reader.number()? {
            let key = u32::from_le_bytes(reader.take()?);
            memory.edges.insert(key, reader.evidence()?);
        }
        for _ in 0..reader.number()? {
            memory.excepted.insert(u64::from_le_bytes(reader.take()?));
        }
        memory.spots = reader.spots()?;
        while !reader.is_at_end() {
            let key = u64::from_le_bytes(reader.take()?);
            let evidence = reader.evidence()?;
            let [byte] = reader.take()?;
            let is_apart = byte & APART != 0;
            let place = match byte & !APART {
                0 => Place::Before,
                1 => Place::Inside,
                2 => Place::After,
                3 => Place::Outside,
                4 => Place::ListBefore,
                5 => Place::ListAfter,
                6 => Place::Title,
                _ => return Err(Damaged),
            };
            memory.chrome.insert(key, Known { evidence, place, is_apart });
        }
        Ok(memory)
    }
}

/// Set beside the place of a block that stands apart from the articles' own text.
const APART: u8 = 0x80;

fn put_spots(bytes: &mut Vec<u8>, spots: &HashMap<u32, Spot>) {
    let mut spots: Vec<_> = spots.iter().collect();
    spots.sort_unstable_by_key(|(key, _)| **key);
    spots.truncate(MOST_COUNT);
    put_count(bytes, spots.len());
    for (key, spot) in spots {
        bytes.extend(key.to_le_bytes());
        bytes.push(u8::from(spot.is_text()));
        put_evidence(bytes, spot.evidence());
    }
}

fn put_evidence(bytes: &mut Vec<u8>, evidence: Evidence) {
    for count in [evidence.articles, evidence.of, evidence.days] {
        bytes.extend(count.to_le_bytes());
    }
}

fn put_outcome(bytes: &mut Vec<u8>, outcome: &Outcome) {
    let Outcome { place, letters, kept, summary, title, .. } = *outcome;
    let Outcome { has_byline, has_date, is_text, lacks_article, .. } = *outcome;
    bytes.extend(place.to_le_bytes());
    bytes.extend(letters.to_le_bytes());
    let flags = [has_byline, has_date, is_text, lacks_article];
    let flags = flags.iter().rev().fold(0, |flags, flag| flags << 1 | u8::from(*flag));
    bytes.extend([kept, summary.unwrap_or(NO_SHARE), title.unwrap_or(NO_SHARE), flags]);
}

fn put_profile(bytes: &mut Vec<u8>, profile: &Profile) {
    let Profile { articles, pages, lacking, texts, bylines, dates, .. } = profile;
    let Profile { letters, kept, summary, title, places, .. } = profile;
    for number in [articles, pages, lacking, texts, bylines, dates] {
        bytes.extend(number.to_le_bytes());
    }
    for Usual { of, median, low, high } in [letters, kept, summary, title] {
        bytes.extend(of.to_le_bytes());
        for value in [median, low, high] {
            bytes.extend(value.to_le_bytes());
        }
    }
    bytes.extend((places.len() as u16).to_le_bytes());
    for (place, number) in places {
        bytes.extend(place.to_le_bytes());
        bytes.extend(number.to_le_bytes());
    }
}

/// Reads numbers from the front of bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let mut reader = Self(bytes);
        if reader.take()? == [VERSION] { Ok(reader) } else { Err(Damaged) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (front, rest) = self.0.split_first_chunk().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*front)
    }

    /// A key that may be missing.
    fn key(&mut self) -> Result<Option<u64>, Damaged> {
        let key = u64::from_le_bytes(self.take()?);
        Ok((key != NO_PATTERN).then_some(key))
    }

    fn number(&mut self) -> Result<u16, Damaged> {
        self.take().map(u16::from_le_bytes)
    }

    fn evidence(&mut self) -> Result<Evidence, Damaged> {
        Ok(Evidence { articles: self.number()?, of: self.number()?, days: self.number()? })
    }

    fn spots(&mut self) -> Result<HashMap<u32, Spot>, Damaged> {
        let mut spots = HashMap::default();
        for _ in 0..self.number()? {
            let key = u32::from_le_bytes(self.take()?);
            let spot = match self.take()? {
                [0] => Spot::List(self.evidence()?),
                [1] => Spot::Text(self.evidence()?),
                _ => return Err(Damaged),
            };
            spots.insert(key, spot);
        }
        Ok(spots)
    }

    fn outcome(&mut self) -> Result<Outcome, Damaged> {
        let place = u64::from_le_bytes(self.take()?);
        let letters = u32::from_le_bytes(self.take()?);
        let [kept, summary, title, flags] = self.take()?;
        let share = |share: u8| (share != NO_SHARE).then_some(share);
        let [has_byline, has_date, is_text, lacks_article] =
            [1, 2, 4, 8].map(|flag| flags & flag != 0);
        Ok(Outcome {
            place,
            letters,
            kept,
            summary: share(summary),
            title: share(title),
            has_byline,
            has_date,
            is_text,
            lacks_article,
        })
    }

    fn profile(&mut self) -> Result<Profile, Damaged> {
        let mut profile = Profile {
            articles: self.number()?,
            pages: self.number()?,
            lacking: self.number()?,
            texts: self.number()?,
            bylines: self.number()?,
            dates: self.number()?,
            ..Profile::default()
        };
        let Profile { letters, kept, summary, title, .. } = &mut profile;
        for usual in [letters, kept, summary, title] {
            let of = self.number()?;
            let mut value = || self.take().map(u32::from_le_bytes);
            *usual = Usual { of, median: value()?, low: value()?, high: value()? };
        }
        for _ in 0..self.number()? {
            profile.places.push((u64::from_le_bytes(self.take()?), self.number()?));
        }
        Ok(profile)
    }

    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Spread;
    use proptest::prelude::*;

    fn trace(texts: &[(String, bool)]) -> Trace {
        let seen = texts.iter().filter_map(|(text, kept)| {
            let (weight, spot) = (text.len() as f32, text.len() as u32 % 5);
            Some(Seen { keys: Keys::of(text)?, weight, kept: *kept, spot })
        });
        let outcome = Outcome {
            place: 7,
            letters: texts.len() as u32,
            summary: Some(9),
            ..Outcome::default()
        };
        let edge = |(text, _): &(String, bool)| Edge { block: 3, key: text.len() as u32 };
        let edges = texts.iter().map(edge).collect();
        Trace { day: 20_000, outcome, title: None, blocks: seen.collect(), edges }
    }

    proptest! {
        #[test]
        fn traces_and_memories_come_back_from_their_bytes(
            texts in prop::collection::vec(("[a-z]{1,9} [0-9a-z]{1,9}", any::<bool>()), 0..40),
        ) {
            let one = trace(&texts);
            prop_assert_eq!(Trace::from_bytes(&one.to_bytes()), Ok(one.clone()));
            let many = [Trace { day: 1, title: Some(1), ..one.clone() },
                        Trace { day: 2, title: Some(2), ..trace(&[]) }, one];
            let memory = SiteMemory::learn(&many, Spread::Unknown);
            prop_assert_eq!(SiteMemory::from_bytes(&memory.to_bytes()), Ok(memory));
        }

        #[test]
        fn other_bytes_are_an_error_or_a_value(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Trace::from_bytes(&bytes);
            let _ = SiteMemory::from_bytes(&bytes);
        }
    }

    #[test]
    fn cut_bytes_and_other_versions_are_damaged() {
        let bytes = trace(&[("one block".into(), true)]).to_bytes();
        assert_eq!(Trace::from_bytes(&bytes[..bytes.len() - 1]), Err(Damaged));
        assert_eq!(SiteMemory::from_bytes(&[1]), Err(Damaged));
        assert_eq!(SiteMemory::from_bytes(&[]), Err(Damaged));
    }
}
