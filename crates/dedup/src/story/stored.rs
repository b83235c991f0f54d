//! The stored form of a story fingerprint.
//!
//! Two thirds of the words are only known to be in the text, so they take four bytes each, after the
//! others, which take seven.

use crate::story::bridge::Bridge;
use crate::story::days::Days;
use crate::story::fingerprint::{Said, StoryFingerprint, Term, VERSION};

const IN_TITLE: u8 = 1;
const IS_NUMBER: u8 = 2;

impl StoryFingerprint {
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let flags = u8::from(self.is_unspaced);
        let mut bytes = vec![VERSION, flags, self.days.weekdays, self.days.lead_weekdays];
        list(&mut bytes, &self.days.dates, u16::to_le_bytes);
        list(&mut bytes, &self.bridge.terms, Term::to_le_bytes);
        let (plain, others): (Vec<Said>, Vec<Said>) =
            self.words.iter().partition(|said| said.is_plain());
        list(&mut bytes, &others, |said| {
            let [a, b, c, d] = said.term.to_le_bytes();
            let title = if said.in_title { IN_TITLE } else { 0 };
            let number = if said.is_number { IS_NUMBER } else { 0 };
            [a, b, c, d, said.lead, said.names, title | number]
        });
        list(&mut bytes, &plain, |said| said.term.to_le_bytes());
        bytes
    }

    /// Reads the stored form. Returns `None` if it has another version or is damaged.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        let ([version, flags, weekdays, lead_weekdays], rest) = bytes.split_first_chunk()?;
        let (dates, rest) = list_from(rest, u16::from_le_bytes)?;
        let (bridge, rest) = list_from(rest, Term::from_le_bytes)?;
        let (mut words, rest) = list_from(rest, |[a, b, c, d, lead, names, flags]| Said {
            term: Term::from_le_bytes([a, b, c, d]),
            lead,
            names,
            in_title: flags & IN_TITLE != 0,
            is_number: flags & IS_NUMBER != 0,
        })?;
        let (plain, rest) = list_from(rest, Term::from_le_bytes)?;
        words.extend(plain.into_iter().map(|term| Said { term, ..Said::default() }));
        words.sort_unstable_by_key(|said| said.term);
        let days = Days { dates, weekdays: *weekdays, lead_weekdays: *lead_weekdays };
        let bridge = Bridge { terms: bridge };
        let fingerprint = Self { words, days, bridge, is_unspaced: *flags & 1 == 1 };
        (*version == VERSION && rest.is_empty()).then_some(fingerprint)
    }
}

/// Writes the length of a list, and its parts.
fn list<T: Copy, const N: usize>(bytes: &mut Vec<u8>, parts: &[T], of: impl Fn(T) -> [u8; N]) {
    bytes.extend(u16::try_from(parts.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(parts.iter().take(usize::from(u16::MAX)).flat_map(|part| of(*part)));
}

/// Reads a list, and returns what follows it.
fn list_from<T, const N: usize>(
    bytes: &[u8],
    of: impl Fn([u8; N]) -> T,
) -> Option<(Vec<T>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (parts, rest) = rest.split_at_checked(N * usize::from(u16::from_le_bytes(*length)))?;
    let (parts, _) = parts.as_chunks::<N>();
    Some((parts.iter().map(|part| of(*part)).collect(), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_stored_form_comes_back(title in ".{0,60}", body in ".{0,400}") {
            if let Some(fingerprint) = StoryFingerprint::of(&title, &body, "en") {
                let stored = fingerprint.to_stored();
                prop_assert_eq!(StoryFingerprint::from_stored(&stored), Some(fingerprint));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = StoryFingerprint::from_stored(&bytes);
        }
    }
}
