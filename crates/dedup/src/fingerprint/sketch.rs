//! The fingerprint of a text, which is compared with other texts, and the keys that find these.
//!
//! The body is a sample of its runs of four words. A copy shares most of them; two articles about
//! one event share hardly any. Texts from one template, such as two weather reports or two earnings
//! releases, share their prose and differ in facts. So the fingerprint also samples numbers, names,
//! headline and lead.
//!
//! The keys are the smallest hashes of runs of five words, so two texts with much in common have
//! some keys in common. These runs are longer than those that are compared, because fewer unrelated
//! texts share a longer run.
//!
//! Fingerprints are stored, and compared across releases and machines. A change of these rules
//! needs a new [`VERSION`]. A fingerprint of another version is not read, so it never matches.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::headline::Spoken;
use super::sample::Sample;
use super::word::{Word, words};

/// The version of the rules.
pub const VERSION: u8 = 2;

/// The seed of the hashes of runs. It is the same for all versions, so it is known how well the
/// runs that it selects represent their texts (docs/copies.md).
const SEED: u64 = 1;

/// The number of words in a run that is compared, and in a run that is a key.
const RUN: usize = 4;
const KEY_RUN: usize = 5;

/// Hashes in the body's sample. The standard error of an estimated share is at most 0.04.
pub(super) const BODY_SAMPLE: usize = 144;
/// Hashes in the samples of numbers, of names, of the headline and of the lead.
pub(super) const SIDE_SAMPLE: usize = 32;
pub(super) const TITLE_SAMPLE: usize = 16;
pub(super) const TITLE_NUMBERS_SAMPLE: usize = 4;
pub(super) const LEAD_SAMPLE: usize = 32;

/// Bits of a hash in the body's sample. Two texts of a thousand words have on average a quarter of
/// a run in common by chance.
pub(super) const RUN_BITS: u32 = 22;
/// Bits of a hash in the other samples.
pub(super) const SIDE_BITS: u32 = 16;

/// The number of words that count as the lead: about two sentences.
const LEAD_WORDS: usize = 48;

/// The most keys of a text. It is more than are followed, because some may be stop keys.
const KEYS: usize = 16;

/// A text with fewer words than this has too few runs to compare. It gets no fingerprint.
const FEWEST_WORDS: usize = 12;

/// A lookup key: the low 32 bits of a run's hash. The high bits decide which hashes are the
/// smallest, so they are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub i32);

/// The data of a text that is compared to find near-duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The number of words of the body.
    pub words: u32,
    /// The number of words that are numbers, with repetitions.
    pub number_words: u32,
    /// The text is short and does not speak of its headline, as the invitation to a podcast.
    pub is_standing: bool,
    /// Runs of four words of the body.
    pub body: Sample,
    /// Words with a digit.
    pub numbers: Sample,
    /// Capitalised words that do not begin a sentence.
    pub names: Sample,
    /// Words of the headline.
    pub title: Sample,
    /// Those of them with a digit.
    pub title_numbers: Sample,
    /// Runs of four words of the lead.
    pub lead: Sample,
}

/// A fingerprint and the keys under which it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprinted {
    pub fingerprint: Fingerprint,
    /// The smallest hash first.
    pub keys: Vec<Key>,
}

impl Fingerprinted {
    /// Takes the fingerprint of an article. Returns `None` if the text is too short.
    #[must_use]
    pub fn of(title: &str, body: &str) -> Option<Self> {
        let is_standing = !Spoken::of(title, body).words;
        let (title, body) = (words(title), words(body));
        if body.len() < FEWEST_WORDS {
            return None;
        }
        let runs: Vec<u32> = runs(&body, RUN).map(top::<RUN_BITS>).collect();
        let lead = runs
            .iter()
            .take(LEAD_WORDS - RUN + 1)
            .copied()
            .map(|hash| hash >> (RUN_BITS - SIDE_BITS))
            .collect();
        let side = |words: &mut dyn Iterator<Item = &Word>, most| {
            Sample::of(words.map(|word| top::<SIDE_BITS>(word.hash)).collect(), most)
        };
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(Self {
            keys: keys(&body),
            fingerprint: Fingerprint {
                words: count(body.len()),
                number_words: count(body.iter().filter(|word| word.is_number).count()),
                is_standing,
                numbers: side(&mut body.iter().filter(|word| word.is_number), SIDE_SAMPLE),
                names: side(&mut body.iter().filter(|word| word.is_name), SIDE_SAMPLE),
                title: side(&mut title.iter(), TITLE_SAMPLE),
                title_numbers: side(
                    &mut title.iter().filter(|word| word.is_number),
                    TITLE_NUMBERS_SAMPLE,
                ),
                lead: Sample::of(lead, LEAD_SAMPLE),
                body: Sample::of(runs, BODY_SAMPLE),
            },
        })
    }
}

/// The hashes of all runs of `length` words.
fn runs(words: &[Word], length: usize) -> impl Iterator<Item = u64> {
    words.windows(length).map(move |run| {
        let mut bytes = [0_u8; 8 * KEY_RUN];
        for (place, word) in bytes.chunks_exact_mut(8).zip(run) {
            place.copy_from_slice(&word.hash.to_le_bytes());
        }
        let filled = bytes.split_at(8 * length.min(KEY_RUN)).0;
        xxh3_64_with_seed(filled, SEED)
    })
}

/// The smallest hashes of runs, without repetitions.
fn keys(words: &[Word]) -> Vec<Key> {
    let mut smallest: Vec<u64> = Vec::with_capacity(KEYS + 1);
    for hash in runs(words, KEY_RUN) {
        if smallest.len() == KEYS && smallest.last().is_some_and(|last| hash >= *last) {
            continue;
        }
        if let Err(place) = smallest.binary_search(&hash) {
            smallest.insert(place, hash);
            smallest.truncate(KEYS);
        }
    }
    // The smallest hashes all have small high halves. The low halves are evenly spread.
    smallest.into_iter().map(|hash| Key(hash as u32 as i32)).collect()
}

/// The highest bits of a hash.
fn top<const BITS: u32>(hash: u64) -> u32 {
    (hash >> (u64::BITS - BITS)) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "The harbour wall of Millbrook will be rebuilt for 1,250,000 crowns, \
        the council decided. Кран привезут 3 мая. 新しい橋が開通した。";

    const GOLDEN: &str = "\
        021a02001759f08179b1826087816be280a1b431da81ff9684ef1884471983290d8c035b83f34d82d8908591\
        0009e180cc3688f588818d5081faa0808870798c74d6284402041f24730132aa04993069602677b392001767\
        014e07d01080160619ce19cc218935a546495357832493869ecab4f2b422b8f9db2ee218ea3aec20eef4ef95\
        f0";

    /// Fingerprints are compared across releases and machines. A change here needs a new version.
    #[test]
    fn golden() {
        let fingerprinted = Fingerprinted::of("Wall to be rebuilt", TEXT).unwrap();
        let keys: Vec<i32> = fingerprinted.keys.iter().map(|key| key.0).collect();
        let known = [
            -425_027_910,
            2_045_462_270,
            -1_011_596_900,
            -1_575_696_913,
            -2_095_971_713,
            -388_217_416,
            -138_753_822,
            1_152_118_152,
            -1_177_671_780,
            168_656_579,
            84_506_901,
            25_553_190,
            -1_094_951_490,
            1_495_181_449,
            -839_173_382,
            1_890_466_895,
        ];
        assert_eq!(keys, known);
        let stored: String = fingerprinted
            .fingerprint
            .to_stored()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(stored, GOLDEN);
    }

    #[test]
    fn a_text_that_is_too_short_has_none() {
        assert_eq!(Fingerprinted::of("A headline of a few words", "Watch the video above."), None);
        assert_eq!(Fingerprinted::of("", ""), None);
    }

    #[test]
    fn the_stored_form_is_small_and_comes_back() {
        let long: String = (0..3000).map(|n| format!("Word{n} of {n} ")).collect();
        let fingerprint = Fingerprinted::of(&long, &long).unwrap().fingerprint;
        let stored = fingerprint.to_stored();
        assert!(stored.len() <= 560, "{}", stored.len());
        assert_eq!(Fingerprint::from_stored(&stored), Some(fingerprint));
        assert_eq!(Fingerprint::from_stored(&stored[1..]), None);
        assert_eq!(Fingerprint::from_stored(&stored[..stored.len() - 1]), None);
    }

    proptest! {
        #[test]
        fn any_fingerprint_can_be_stored(title in "\\PC{0,60}", body in "\\PC{0,600}") {
            if let Some(fingerprinted) = Fingerprinted::of(&title, &body) {
                prop_assert!(fingerprinted.keys.len() <= KEYS);
                let stored = fingerprinted.fingerprint.to_stored();
                prop_assert_eq!(Fingerprint::from_stored(&stored), Some(fingerprinted.fingerprint));
            }
        }

        #[test]
        fn bytes_are_refused_or_read_exactly(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(fingerprint) = Fingerprint::from_stored(&bytes) {
                prop_assert_eq!(fingerprint.to_stored(), bytes);
            }
        }
    }
}
