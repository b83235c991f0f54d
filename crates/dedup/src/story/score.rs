//! The pair score of two articles: features, weights, log-odds.

use std::cmp::Ordering;

use serde::Serialize;

use crate::story::fingerprint::{StoryFingerprint, Term};
use crate::story::rarity::Rarity;

/// The weights of the features and the bias in the log-odds, from logistic regression
/// (docs/stories.md).
const LEAD_WEIGHT: f64 = 2.3;
const NAMES_WEIGHT: f64 = 5.0;
const COVERAGE_WEIGHT: f64 = 5.3;
const BIAS: f64 = -5.0;

/// The number of terms of headline and lead that are keys.
const LEAD_KEYS: usize = 16;

/// The number of further names that are keys. Names that matter to an event may come late in a
/// text.
const NAME_KEYS: usize = 8;

/// A story fingerprint with the weights of its words.
#[derive(Debug, Clone)]
pub struct Weighed {
    lead: Vec<(Term, f64)>,
    names: Vec<(Term, f64)>,
    /// The rarity of each word of headline and lead.
    rarities: Vec<(Term, f64)>,
    /// The sum of `rarities`.
    total_rarity: f64,
    terms: Vec<Term>,
    headline: (Vec<Term>, Vec<Term>),
}

impl Weighed {
    /// Weighs the words of a fingerprint.
    #[must_use]
    pub fn of(fingerprint: &StoryFingerprint, rarity: &Rarity) -> Self {
        let rarities: Vec<(Term, f64)> =
            fingerprint.lead.iter().map(|(term, _)| (*term, rarity.of(*term))).collect();
        Self {
            lead: unit(&fingerprint.lead, rarity),
            names: unit(&fingerprint.names, rarity),
            total_rarity: rarities.iter().map(|(_, rarity)| rarity).sum(),
            rarities,
            terms: fingerprint.terms.clone(),
            headline: fingerprint.headline.clone(),
        }
    }

    /// The keys by which candidates are found: the terms of headline and lead with the highest
    /// weights (names count twice), and the names of the whole text with the highest weights.
    #[must_use]
    pub fn keys(&self) -> Vec<Term> {
        let is_name =
            |term: &Term| self.names.binary_search_by_key(term, |(name, _)| *name).is_ok();
        let lead = self.lead.iter().map(|(term, weight)| {
            let weight = if is_name(term) { 2.0 * weight } else { *weight };
            (*term, weight)
        });
        let mut keys = heaviest(lead, LEAD_KEYS);
        let names = self.names.iter().copied().filter(|(name, _)| !keys.contains(name));
        let names = heaviest(names, NAME_KEYS);
        keys.extend(names);
        keys
    }

    /// Whether the headlines differ only in their numbers and have no number in common. Then the
    /// two are reports of one series, such as the forecasts for the 8th and for the 16th.
    fn is_in_same_series(&self, other: &Self) -> bool {
        let ((words, numbers), (others, other_numbers)) = (&self.headline, &other.headline);
        words == others
            && !numbers.is_empty()
            && !other_numbers.is_empty()
            && !numbers.iter().any(|number| other_numbers.contains(number))
    }

    /// The share of this headline and lead that is in the other's text, by weight of the words.
    fn coverage_by(&self, other: &Self) -> f64 {
        let mut theirs = other.terms.iter().peekable();
        let mut sum = 0.0;
        for (term, rarity) in &self.rarities {
            while theirs.peek().is_some_and(|next| *next < term) {
                theirs.next();
            }
            if theirs.peek() == Some(&term) {
                sum += rarity;
            }
        }
        if self.total_rarity > 0.0 { sum / self.total_rarity } else { 0.0 }
    }
}

/// The terms with the highest weights, at most `most`.
fn heaviest(terms: impl Iterator<Item = (Term, f64)>, most: usize) -> Vec<Term> {
    let mut ranked: Vec<(Term, f64)> = terms.collect();
    ranked.sort_by(|(one, weight), (other, others)| others.total_cmp(weight).then(one.cmp(other)));
    ranked.into_iter().take(most).map(|(term, _)| term).collect()
}

/// A vector of length 1 of the terms, weighted by rarity and the logarithm of their count.
fn unit(counted: &[(Term, u8)], rarity: &Rarity) -> Vec<(Term, f64)> {
    let weights = counted
        .iter()
        .map(|(term, count)| (*term, (1.0 + f64::from(*count).ln()) * rarity.of(*term)));
    let mut weights: Vec<(Term, f64)> = weights.collect();
    let length = weights.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
    if length > 0.0 {
        for (_, weight) in &mut weights {
            *weight /= length;
        }
    }
    weights
}

fn dot(one: &[(Term, f64)], other: &[(Term, f64)]) -> f64 {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut sum = 0.0;
    while let (Some((term, weight)), Some((others, another))) = (one.peek(), other.peek()) {
        match term.cmp(others) {
            Ordering::Less => drop(one.next()),
            Ordering::Greater => drop(other.next()),
            Ordering::Equal => {
                sum += weight * another;
                one.next();
                other.next();
            }
        }
    }
    sum
}

/// The features by which two articles are compared. Shares and likenesses are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PairScore {
    /// The likeness of headline and lead.
    pub lead: f64,
    /// The likeness of the names.
    pub names: f64,
    /// The share of one article's headline and lead that is in the text of the other. The larger of
    /// the two shares counts.
    pub coverage: f64,
    /// The headlines differ only in their numbers: the articles are two reports of one series.
    pub same_series: bool,
}

/// What [`PairScore::same_series`] adds to the log-odds. No other feature can outweigh it.
const SAME_SERIES_WEIGHT: f64 = -20.0;

impl PairScore {
    /// Compares two articles.
    #[must_use]
    pub fn of(one: &Weighed, other: &Weighed) -> Self {
        Self {
            lead: dot(&one.lead, &other.lead),
            names: dot(&one.names, &other.names),
            coverage: one.coverage_by(other).max(other.coverage_by(one)),
            same_series: one.is_in_same_series(other),
        }
    }

    /// The parts of the log-odds: lead, names, coverage, bias.
    #[must_use]
    pub fn parts(&self) -> [f64; 4] {
        [
            LEAD_WEIGHT * self.lead,
            NAMES_WEIGHT * self.names,
            COVERAGE_WEIGHT * self.coverage,
            BIAS + if self.same_series { SAME_SERIES_WEIGHT } else { 0.0 },
        ]
    }

    /// The log-odds (natural logarithm) that both articles are about one event.
    #[must_use]
    pub fn log_odds(&self) -> f64 {
        self.parts().iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: (&str, &str) = (
        "Millbrook to rebuild its harbour wall",
        "The harbour wall of Millbrook will be rebuilt after the winter storms, mayor Ada \
         Lindqvist said on Monday.",
    );
    const OTHER_WALL: (&str, &str) = (
        "Council votes for new sea defences",
        "After the storms of January, the council of Millbrook voted to pay for a new wall at the \
         harbour. Ada Lindqvist, the mayor, called it the largest sum that the town has ever \
         spent.",
    );
    const SNOW: (&str, &str) = (
        "Snow closes two passes",
        "Snow fell across the northern hills overnight and closed two mountain passes to lorries, \
         the road service said.",
    );

    fn weighed((title, body): (&str, &str)) -> Weighed {
        Weighed::of(&StoryFingerprint::of(title, body, "en").unwrap(), &Rarity::new("en"))
    }

    #[test]
    fn articles_about_one_event_score_high_and_others_do_not() {
        let one_event = PairScore::of(&weighed(WALL), &weighed(OTHER_WALL)).log_odds();
        let two_events = PairScore::of(&weighed(WALL), &weighed(SNOW)).log_odds();
        assert!(one_event > two_events + 2.0, "{one_event} {two_events}");
    }

    #[test]
    fn reports_of_one_series_are_not_one_event() {
        let body = "Cloud and rain over the northern hills, wind from the west, and four degrees \
            on the coast at night.";
        let forecast = |title| {
            PairScore::of(&weighed((title, body)), &weighed(("Forecast for November 8", body)))
        };
        assert!(forecast("Forecast for November 16").log_odds() < -10.0);
        assert!(forecast("Forecast for November 8").log_odds() > 0.0);
        assert!(forecast("Rain on November 16 and after").log_odds() > 0.0);
    }

    #[test]
    fn a_pair_score_is_symmetric_and_bounded() {
        let (one, other) = (weighed(WALL), weighed(OTHER_WALL));
        assert_eq!(PairScore::of(&one, &other), PairScore::of(&other, &one));
        let same = PairScore::of(&one, &one);
        for share in [same.lead, same.names, same.coverage] {
            assert!((share - 1.0).abs() < 1e-9, "{same:?}");
        }
    }

    #[test]
    fn keys_are_rare_words_and_names() {
        let keys = weighed(WALL).keys();
        assert!(keys.len() <= LEAD_KEYS + NAME_KEYS);
        let millbrook = crate::story::fingerprint::hash("millbrook");
        assert!(keys.iter().take(3).any(|key| *key == millbrook));
    }
}
