//! A fingerprint as bytes: little-endian, the version first.
//!
//! Five samples, each its size and its kept hashes: four bytes each for the body, of which many are compared, and
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
        put(&mut bytes, &self.body, |bytes, hash| bytes.extend(hash.to_le_bytes()));
        for side in [&self.numbers, &self.names, &self.title, &self.lead] {
            put(&mut bytes, side, |bytes, hash| bytes.extend((hash as u16).to_le_bytes()));
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
            body: bytes.sample(Bytes::long)?,
            numbers: bytes.sample(Bytes::short)?,
            names: bytes.sample(Bytes::short)?,
            title: bytes.sample(Bytes::short)?,
            lead: bytes.sample(Bytes::short)?,
        };
        bytes.0.is_empty().then_some(print)
    }
}

fn put(bytes: &mut Vec<u8>, sample: &Sample, hash: impl Fn(&mut Vec<u8>, u32)) {
    bytes.extend(u32::try_from(sample.size()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.push(u8::try_from(sample.smallest().len()).unwrap_or(u8::MAX));
    sample.smallest().iter().for_each(|kept| hash(bytes, *kept));
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

    fn short(&mut self) -> Option<u32> {
        self.take().map(|bytes| u32::from(u16::from_le_bytes(bytes)))
    }

    fn sample(&mut self, hash: fn(&mut Self) -> Option<u32>) -> Option<Sample> {
        let size = self.long()?;
        let [kept] = self.take::<1>()?;
        let smallest = (0..kept).map(|_| hash(self)).collect::<Option<Vec<u32>>>()?;
        Sample::from_parts(size, smallest)
    }
}
