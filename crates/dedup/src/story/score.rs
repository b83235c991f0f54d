//! Compares two articles: their words by weight, and the features of the pair.

use crate::story::days::Days;
use crate::story::fingerprint::{Said, StoryFingerprint, Term};
use crate::story::likeness::{self, Likeness};
use crate::story::rarity::Rarity;
use crate::story::terms::Terms;

/// The number of terms of headline and lead that are keys.
const LEAD_KEYS: usize = 16;

/// The number of further names that are keys. Names that matter to an event may come late in a
/// text.
const NAME_KEYS: usize = 8;

/// From when on two articles with one headline may be two reports of a series: so many days apart, at
/// least so many numbers in each text, and at most this share of them in common.
const SERIES_DAYS: f32 = 1.5;
const SERIES_NUMBERS: f32 = 4.0;
const SERIES_SHARE: f32 = 0.2;

/// A story fingerprint with the weights of its words.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// The terms, and what is known of each.
    terms: Terms,
    words: Vec<Word>,
    sums: Sums,
    days: Days,
    pub(super) is_unspaced: bool,
}

/// A word with its weights. A weight is 0 where the word does not count.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    /// Its part of the unit vector of headline and lead.
    lead: f32,
    /// Its part of the unit vector of the names.
    name: f32,
    rarity: f32,
    /// The rarity times the logarithm of its occurrences as a name.
    name_rarity: f32,
    is: Is,
}

/// In which sets a word is, a bit for each.
type Is = u8;
const LEAD: Is = 1;
const NAME: Is = 2;
const TITLE: Is = 4;
const NUMBER: Is = 8;

/// Sums over the words of an article.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    lead: f32,
    title: f32,
    names: f32,
    lead_names: f32,
    /// Lengths of vectors.
    title_length: f32,
    lead_names_length: f32,
    numbers: f32,
    lead_numbers: f32,
    /// Different words and numbers of the headline.
    title_words: u32,
    title_numbers: u32,
}

impl Weighed {
    /// Weighs the words of a fingerprint.
    #[must_use]
    pub fn of(fingerprint: &StoryFingerprint, rarity: &Rarity) -> Self {
        let mut words: Vec<Word> =
            fingerprint.words.iter().map(|said| Word::of(*said, rarity)).collect();
        let mut sums = Sums::default();
        for word in &words {
            sums.add(word);
        }
        sums.title_length = sums.title_length.sqrt();
        sums.lead_names_length = sums.lead_names_length.sqrt();
        let length = |part: fn(&Word) -> f32| {
            let squares: f32 = words.iter().map(|word| part(word) * part(word)).sum();
            if squares > 0.0 { squares.sqrt().recip() } else { 0.0 }
        };
        let (lead, name) = (length(|word| word.lead), length(|word| word.name));
        for word in &mut words {
            word.lead *= lead;
            word.name *= name;
        }
        Self {
            terms: Terms::new(fingerprint.terms().collect()),
            words,
            sums,
            days: fingerprint.days.clone(),
            is_unspaced: fingerprint.is_unspaced,
        }
    }

    /// The keys by which candidates are found: the terms of headline and lead with the highest
    /// weights (names count twice), and the names of the whole text with the highest weights.
    #[must_use]
    pub fn keys(&self) -> Vec<Term> {
        let all = || self.terms.iter().zip(&self.words);
        let lead = all().filter(|(_, word)| word.is & LEAD != 0).map(|(term, word)| {
            (term, if word.is & NAME != 0 { 2.0 * word.lead } else { word.lead })
        });
        let mut keys = heaviest(lead, LEAD_KEYS);
        let names = all().filter(|(term, word)| word.is & NAME != 0 && !keys.contains(term));
        let names = heaviest(names.map(|(term, word)| (term, word.name)), NAME_KEYS);
        keys.extend(names);
        keys
    }

    /// Compares two articles of one language that were published so many days apart, and tells
    /// whether they are reports of one series.
    #[must_use]
    pub fn compare(&self, other: &Self, days_apart: Option<f32>) -> (Likeness, bool) {
        let common = self.common(other);
        let is_in_same_series = self.is_in_same_series(other, &common, days_apart);
        (self.likeness(other, &common, days_apart), is_in_same_series)
    }

    fn likeness(&self, other: &Self, common: &Common, days_apart: Option<f32>) -> Likeness {
        let (ours, theirs) = (&self.sums, &other.sums);
        let told = both(common.lead_ours, ours.lead, common.lead_theirs, theirs.lead);
        let title = both(common.title_ours, ours.title, common.title_theirs, theirs.title);
        let names = both(common.names_ours, ours.names, common.names_theirs, theirs.names);
        let lead_names = both(
            common.lead_names_ours,
            ours.lead_names,
            common.lead_names_theirs,
            theirs.lead_names,
        );
        let lead_numbers = both(
            common.lead_numbers_ours,
            ours.lead_numbers,
            common.lead_numbers_theirs,
            theirs.lead_numbers,
        );
        let has_lead_numbers = ours.lead_numbers > 0.0 && theirs.lead_numbers > 0.0;
        let all_numbers = ours.numbers + theirs.numbers - common.numbers;
        Likeness([
            common.lead,
            common.name,
            told.larger,
            told.smaller,
            share(common.title, ours.title_length * theirs.title_length),
            title.larger,
            title.smaller,
            share(common.lead_names, ours.lead_names_length * theirs.lead_names_length),
            names.larger,
            names.smaller,
            lead_names.smaller,
            share(common.numbers, all_numbers),
            if has_lead_numbers { lead_numbers.larger } else { UNKNOWN_NUMBERS },
            likeness::dates(&self.days, &other.days),
            likeness::weekdays(&self.days, &other.days),
            likeness::weekdays_differ(&self.days, &other.days),
            likeness::late(days_apart),
        ])
    }

    /// Whether the two are reports of one series, such as the forecasts for the 8th and for the 16th:
    /// - the headlines differ only in their numbers and have no number in common, or
    /// - the headlines are the same, they were published days apart, and the texts have many numbers
    ///   but hardly one in common, such as two weekly market reports.
    fn is_in_same_series(&self, other: &Self, common: &Common, days_apart: Option<f32>) -> bool {
        let (ours, theirs) = (&self.sums, &other.sums);
        if ours.title_words != theirs.title_words
            || ours.title_words == 0
            || common.title_words != ours.title_words
        {
            return false;
        }
        let has_title_numbers = ours.title_numbers > 0 && theirs.title_numbers > 0;
        let fewest = ours.numbers.min(theirs.numbers);
        let is_later = days_apart.is_some_and(|days| days >= SERIES_DAYS);
        (has_title_numbers && common.title_numbers == 0)
            || (is_later
                && fewest >= SERIES_NUMBERS
                && common.numbers <= SERIES_SHARE * fewest
                && ours.title_numbers == common.title_numbers
                && theirs.title_numbers == common.title_numbers)
    }

    /// What both have.
    fn common(&self, other: &Self) -> Common {
        let mut common = Common::default();
        for (term, theirs) in other.terms.iter().zip(&other.words) {
            if let Some(ours) = self.terms.position(term).and_then(|at| self.words.get(at)) {
                common.add(ours, theirs);
            }
        }
        common
    }
}

impl Word {
    fn of(said: Said, rarity: &Rarity) -> Self {
        let mut is = 0;
        for (is_so, bit) in [
            (said.lead > 0, LEAD),
            (said.names > 0, NAME),
            (said.in_title, TITLE),
            (said.is_number, NUMBER),
        ] {
            is |= if is_so { bit } else { 0 };
        }
        if is & (LEAD | NAME) == 0 {
            return Self { is, ..Self::default() };
        }
        let rarity = rarity.of(said.term) as f32;
        let weight = |count: u8| match count {
            0 => 0.0,
            1 => rarity,
            _ => (1.0 + f32::from(count).ln()) * rarity,
        };
        let (lead, name) = (weight(said.lead), weight(said.names));
        Self { lead, name, rarity, name_rarity: name, is }
    }
}

impl Sums {
    fn add(&mut self, word: &Word) {
        let square = word.rarity * word.rarity;
        if word.is & LEAD != 0 {
            self.lead += word.rarity;
        }
        if word.is & TITLE != 0 {
            self.title += word.rarity;
            self.title_length += square;
            if word.is & NUMBER != 0 {
                self.title_numbers += 1;
            } else {
                self.title_words += 1;
            }
        }
        self.names += word.name_rarity;
        if word.is & LEAD_NAME == LEAD_NAME {
            self.lead_names += word.rarity;
            self.lead_names_length += square;
        }
        if word.is & NUMBER != 0 {
            self.numbers += 1.0;
            self.lead_numbers += f32::from(word.is & LEAD);
        }
    }
}

const LEAD_NAME: Is = LEAD | NAME;

/// Sums over the words that two articles have in common. What ends in "ours" is the part of this
/// article's words that the other has.
#[derive(Debug, Clone, Copy, Default)]
struct Common {
    lead: f32,
    name: f32,
    title: f32,
    lead_names: f32,
    lead_ours: f32,
    lead_theirs: f32,
    title_ours: f32,
    title_theirs: f32,
    names_ours: f32,
    names_theirs: f32,
    lead_names_ours: f32,
    lead_names_theirs: f32,
    numbers: f32,
    lead_numbers_ours: f32,
    lead_numbers_theirs: f32,
    title_words: u32,
    title_numbers: u32,
}

impl Common {
    fn add(&mut self, ours: &Word, theirs: &Word) {
        let (is, both) = (ours.is | theirs.is, ours.is & theirs.is);
        if is == 0 {
            return;
        }
        self.lead += ours.lead * theirs.lead;
        self.name += ours.name * theirs.name;
        let when = |is: Is, bits: Is, value: f32| if is & bits == bits { value } else { 0.0 };
        let square = ours.rarity * theirs.rarity;
        self.title += when(both, TITLE, square);
        self.lead_names += when(both, LEAD_NAME, square);
        self.lead_ours += when(ours.is, LEAD, ours.rarity);
        self.lead_theirs += when(theirs.is, LEAD, theirs.rarity);
        self.title_ours += when(ours.is, TITLE, ours.rarity);
        self.title_theirs += when(theirs.is, TITLE, theirs.rarity);
        self.names_ours += when(both, NAME, ours.name_rarity);
        self.names_theirs += when(both, NAME, theirs.name_rarity);
        self.lead_names_ours += when(ours.is, LEAD_NAME, ours.rarity);
        self.lead_names_theirs += when(theirs.is, LEAD_NAME, theirs.rarity);
        self.numbers += when(both, NUMBER, 1.0);
        self.lead_numbers_ours += when(ours.is, NUMBER | LEAD, 1.0);
        self.lead_numbers_theirs += when(theirs.is, NUMBER | LEAD, 1.0);
        self.title_words += u32::from(both & (TITLE | NUMBER) == TITLE);
        self.title_numbers += u32::from(both & (TITLE | NUMBER) == TITLE | NUMBER);
    }
}

/// The value where a headline and lead has no number.
const UNKNOWN_NUMBERS: f32 = 0.5;

/// A share of each of two articles.
struct Both {
    larger: f32,
    smaller: f32,
}

fn both(part: f32, whole: f32, other_part: f32, other_whole: f32) -> Both {
    let (one, other) = (share(part, whole), share(other_part, other_whole));
    Both { larger: one.max(other), smaller: one.min(other) }
}

fn share(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// The terms with the highest weights, at most `most`.
fn heaviest(terms: impl Iterator<Item = (Term, f32)>, most: usize) -> Vec<Term> {
    let mut ranked: Vec<(Term, f32)> = terms.collect();
    ranked.sort_by(|(one, weight), (other, others)| others.total_cmp(weight).then(one.cmp(other)));
    ranked.into_iter().take(most).map(|(term, _)| term).collect()
}
