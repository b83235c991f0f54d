//! The stored form of a fingerprint. The first byte is the version.
//!
//! Each article of two weeks has a fingerprint, so the form is compact. Counts are written in
//! groups of seven bits (LEB128). A sample begins with the size of its set, which also says how
//! many hashes follow. The body has the most hashes. They are written as differences from one to
//! the next: two bytes for a difference below 2^15, three bytes for any other. The hashes of the
//! other samples are sixteen bits each, because one false match in a thousand changes nothing
//! there.

use super::sample::Sample;
use super::sketch::{
    BODY_SAMPLE, Fingerprint, LEAD_SAMPLE, RUN_BITS, SIDE_BITS, SIDE_SAMPLE, TITLE_NUMBERS_SAMPLE,
    TITLE_SAMPLE, VERSION,
};

/// This bit in the first byte of a difference says that the difference has three bytes.
const WIDE: u8 = 0x80;

const _: () = assert!(RUN_BITS <= 23 && SIDE_BITS == 16, "these widths are written");

impl Fingerprint {
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        put_count(&mut bytes, self.words);
        put_count(&mut bytes, self.number_words);
        bytes.push(u8::from(self.is_standing));
        put_count(&mut bytes, self.body.set_size());
        let mut before = 0;
        for hash in self.body.smallest() {
            put_difference(&mut bytes, hash - before);
            before = *hash;
        }
        let sides = [&self.numbers, &self.names, &self.title, &self.title_numbers, &self.lead];
        for side in sides {
            put_count(&mut bytes, side.set_size());
            bytes.extend(side.smallest().iter().flat_map(|hash| (*hash as u16).to_le_bytes()));
        }
        bytes
    }

    /// Reads the stored form. Returns `None` if it has another version or is damaged.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        if bytes.take::<1>()? != [VERSION] {
            return None;
        }
        let fingerprint = Self {
            words: bytes.count()?,
            number_words: bytes.count()?,
            is_standing: bytes.flag()?,
            body: bytes.body()?,
            numbers: bytes.side(SIDE_SAMPLE)?,
            names: bytes.side(SIDE_SAMPLE)?,
            title: bytes.side(TITLE_SAMPLE)?,
            title_numbers: bytes.side(TITLE_NUMBERS_SAMPLE)?,
            lead: bytes.side(LEAD_SAMPLE)?,
        };
        bytes.0.is_empty().then_some(fingerprint)
    }
}

fn put_count(bytes: &mut Vec<u8>, mut count: u32) {
    while count >= 0x80 {
        bytes.push(count as u8 | 0x80);
        count >>= 7;
    }
    bytes.push(count as u8);
}

fn put_difference(bytes: &mut Vec<u8>, difference: u32) {
    let [low, middle, high, _] = difference.to_le_bytes();
    if difference < 1 << 15 {
        bytes.extend([middle, low]);
    } else {
        bytes.extend([WIDE | high, middle, low]);
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    /// Reads a count. A count with more bytes than it needs is refused, so each has one form.
    fn count(&mut self) -> Option<u32> {
        let mut count = 0_u32;
        for shift in (0..u32::BITS).step_by(7) {
            let [byte] = self.take()?;
            let group = u32::from(byte & 0x7f);
            if group.leading_zeros() < shift || (byte == 0 && shift > 0) {
                return None;
            }
            count |= group << shift;
            if byte & 0x80 == 0 {
                return Some(count);
            }
        }
        None
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            [_] => None,
        }
    }

    fn difference(&mut self) -> Option<u32> {
        let [high, low] = self.take()?;
        if high & WIDE == 0 {
            return Some(u32::from_be_bytes([0, 0, high, low]));
        }
        let [lowest] = self.take()?;
        let difference = u32::from_be_bytes([0, high & !WIDE, low, lowest]);
        (difference >= 1 << 15).then_some(difference)
    }

    fn body(&mut self) -> Option<Sample> {
        let size = self.count()?;
        let mut before = 0;
        let mut hash = || {
            before += self.difference()?;
            Some(before)
        };
        let smallest =
            (0..kept(size, BODY_SAMPLE)).map(|_| hash()).collect::<Option<Vec<u32>>>()?;
        Sample::from_parts(size, smallest)
    }

    fn side(&mut self, most: usize) -> Option<Sample> {
        let size = self.count()?;
        let hash = |_| self.take().map(|bytes| u32::from(u16::from_le_bytes(bytes)));
        let smallest = (0..kept(size, most)).map(hash).collect::<Option<Vec<u32>>>()?;
        Sample::from_parts(size, smallest)
    }
}

/// The number of hashes in the sample of a set of this size.
fn kept(size: u32, most: usize) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX).min(most)
}
