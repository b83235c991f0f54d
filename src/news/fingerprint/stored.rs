//! A fingerprint as bytes: little-endian, the version first.
//!
//! Five samples, each its size and its kept hashes: three bytes each for the body, of which many are compared, and
//! two for the others, where one false match in a thousand changes nothing.

use super::print::{Fingerprint, VERSION};
use super::sample::Sample;

impl Fingerprint {
    /// The stored form.
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.words.to_le_bytes());
        bytes.extend(self.number_words.to_le_bytes());
        put::<3>(&mut bytes, &self.body);
        for side in [&self.numbers, &self.names, &self.title, &self.lead] {
            put::<2>(&mut bytes, side);
        }
        bytes
    }

    /// From the stored form; none where it is of another version, or damaged.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        if bytes.take::<1>()? != [VERSION] {
            return None;
        }
        let print = Self {
            words: bytes.long()?,
            number_words: bytes.long()?,
            body: bytes.sample::<3>()?,
            numbers: bytes.sample::<2>()?,
            names: bytes.sample::<2>()?,
            title: bytes.sample::<2>()?,
            lead: bytes.sample::<2>()?,
        };
        bytes.0.is_empty().then_some(print)
    }
}

/// A sample whose hashes have so many bytes.
fn put<const WIDTH: usize>(bytes: &mut Vec<u8>, sample: &Sample) {
    bytes.extend(u32::try_from(sample.size()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.push(u8::try_from(sample.smallest().len()).unwrap_or(u8::MAX));
    bytes.extend(sample.smallest().iter().flat_map(|hash| hash.to_le_bytes().into_iter().take(WIDTH)));
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn long(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn hash<const WIDTH: usize>(&mut self) -> Option<u32> {
        let bytes = self.take::<WIDTH>()?;
        Some(bytes.iter().rev().fold(0, |hash, byte| hash << 8 | u32::from(*byte)))
    }

    fn sample<const WIDTH: usize>(&mut self) -> Option<Sample> {
        let size = self.long()?;
        let [kept] = self.take::<1>()?;
        let smallest = (0..kept).map(|_| self.hash::<WIDTH>()).collect::<Option<Vec<u32>>>()?;
        Sample::from_parts(size, smallest)
    }
}
