//! Decides whether one text is a copy of another.
//!
//! Shared words alone cannot decide: two weather reports share nine tenths of their words, two
//! versions of a wire story half of theirs. So the shared part is measured in both directions, and
//! the facts are compared: numbers, names, headline, lead. A template repeats its prose and changes
//! its facts. A copy cuts, adds and edits, and keeps the facts.
//!
//! - Containment in both directions. Much of the shorter text must be in the longer one, and enough
//!   of the longer one in the shorter: a round-up contains whole articles and is no copy of them.
//! - Facts. Of the text that has fewer numbers, most numbers must be in the other one. The same
//!   holds for names.
//! - Excerpts. The beginning of a long text is a copy, and so is a part of it under the same
//!   headline, however small a share of the whole it is. Of two long texts under one headline, one
//!   may contain more boilerplate of its page than the other.
//! - A time window. Some texts recur with the same words: rates, prices, fixtures. Long prose with
//!   few numbers hardly recurs, so it is recognised for longer, if more of it agrees.
//!
//! The thresholds were chosen on half of three sets of news (2026-11, see docs/copies.md) and
//! rounded; neighbouring values give similar results. They belong to [`RULE`]: other thresholds
//! need another rule number.

use chrono::TimeDelta;
use serde::Serialize;

use crate::fingerprint::{Fingerprint, Sample};

/// The number of these rules. It is stored with every edge.
pub const RULE: i16 = 1;

/// The longest time between two texts that are compared, in days.
pub const WINDOW_DAYS: i32 = 14;

/// The longest time between two texts of a kind that may recur.
const RECURRING: TimeDelta = TimeDelta::hours(72);

/// How two texts agree. Shares are 0 to 1. A field is `None` if there is nothing to compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Words of the shorter text.
    pub words: u32,
    /// Of the text with fewer runs of words: the share of them that the other text has too.
    pub of_smaller: f64,
    /// Of the text with more runs of words: the share of them that the other text has too.
    pub of_bigger: f64,
    /// Common runs of words as a share of all runs (Jaccard index).
    pub resemblance: f64,
    /// The share of the smaller lead that is in the other lead.
    pub lead: f64,
    /// Words of the headlines. The share is common words among all words (Jaccard index).
    pub title: Option<Facts>,
    pub numbers: Option<Facts>,
    pub names: Option<Facts>,
    /// The share of numbers among the words. The larger share of the two texts.
    pub number_density: f64,
}

/// How facts of one kind agree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Facts {
    /// The number of facts of the text that has fewer.
    pub count: usize,
    /// The share of these facts that the other text has too.
    pub share: f64,
}

impl Facts {
    fn of(one: &Sample, other: &Sample) -> Option<Self> {
        let share = one.share_of_smaller(other)?;
        Some(Self { count: one.size().min(other.size()), share })
    }
}

impl Agreement {
    /// The agreement of two texts with the same digest.
    pub const WHOLE: Self = Self {
        words: 0,
        of_smaller: 1.0,
        of_bigger: 1.0,
        resemblance: 1.0,
        lead: 1.0,
        title: None,
        numbers: None,
        names: None,
        number_density: 0.0,
    };

    /// Compares two texts.
    #[must_use]
    pub fn of(one: &Fingerprint, other: &Fingerprint) -> Self {
        let common = one.body.common(&other.body);
        let share = |of: usize| common / (of.max(1) as f64);
        let density = |fingerprint: &Fingerprint| {
            f64::from(fingerprint.number_words) / f64::from(fingerprint.words.max(1))
        };
        let titled = one.title.size() > 0 && other.title.size() > 0;
        Self {
            words: one.words.min(other.words),
            of_smaller: share(one.body.size().min(other.body.size())),
            of_bigger: share(one.body.size().max(other.body.size())),
            resemblance: one.body.resemblance(&other.body).unwrap_or(0.0),
            lead: one.lead.share_of_smaller(&other.lead).unwrap_or(0.0),
            title: titled
                .then(|| one.title.resemblance(&other.title))
                .flatten()
                .map(|share| Facts { count: one.title.size().min(other.title.size()), share }),
            numbers: Facts::of(&one.numbers, &other.numbers),
            names: Facts::of(&one.names, &other.names),
            number_density: density(one).max(density(other)),
        }
    }

    /// Whether one of the texts is a copy of the other. `gap` is the time between the two.
    #[must_use]
    pub fn is_copy(&self, gap: TimeDelta) -> bool {
        self.is_timely(gap)
            && self.has_text()
            && self.has_names()
            && self.has_numbers()
            && self.has_title()
    }

    /// Whether the agreement is strong enough to merge two large clusters by itself.
    #[must_use]
    pub fn is_strong(&self) -> bool {
        self.of_smaller >= 0.7 || self.of_bigger >= 0.5
    }

    /// Whether the texts are twins: so alike that any text that resembles one resembles the other.
    #[must_use]
    pub fn is_twin(&self) -> bool {
        self.resemblance >= 0.95
    }

    /// The strength of an edge, 0 to 1. It ranks edges.
    #[must_use]
    pub fn strength(&self) -> f64 {
        f64::midpoint(self.of_smaller, self.of_bigger)
    }

    fn is_short(&self) -> bool {
        self.words < 40
    }

    fn is_long(&self) -> bool {
        self.words >= 200
    }

    fn is_timely(&self, gap: TimeDelta) -> bool {
        let gap = gap.abs();
        let names = self.names_share() >= 0.75;
        let prose = self.is_long() && self.number_density <= 0.03;
        gap <= RECURRING
            || (gap <= TimeDelta::days(i64::from(WINDOW_DAYS))
                && prose
                && names
                && self.of_smaller >= 0.6
                && self.of_bigger >= 0.4)
    }

    fn has_text(&self) -> bool {
        let (of_smaller, of_bigger) = if self.is_short() { (0.6, 0.5) } else { (0.5, 0.3) };
        let of_bigger = if self.is_long() { 0.35 } else { of_bigger };
        let shared = self.of_smaller >= of_smaller && self.of_bigger >= of_bigger;
        shared || self.is_excerpt() || self.is_same_piece()
    }

    /// Whether one text is a part of the other. If the other is ten times as long, only about ten
    /// of the sampled runs of words are in the excerpt. The shares are rough then, so lead,
    /// headline and names decide.
    fn is_excerpt(&self) -> bool {
        let of_smaller = if self.is_short() { 0.95 } else { 0.8 };
        let begins = self.lead >= 0.7 && self.title_share() >= 0.5;
        let headed = self.has_same_headline() && self.names_share() >= 0.8;
        self.of_smaller >= of_smaller && self.of_bigger >= 0.08 && (begins || headed)
    }

    /// Whether two long texts have the same headline and the same names.
    fn is_same_piece(&self) -> bool {
        self.is_long()
            && self.has_same_headline()
            && self.of_smaller >= 0.4
            && self.of_bigger >= 0.35
            && self.names_share() >= 0.6
    }

    fn title_share(&self) -> f64 {
        self.title.map_or(0.0, |title| title.share)
    }

    /// Whether the headlines are nearly the same. One of few words, such as "Editorial", says
    /// nothing.
    fn has_same_headline(&self) -> bool {
        self.title.is_some_and(|title| title.count >= 4 && title.share >= 0.8)
    }

    /// The share of common names, or 0 if there are fewer than four.
    fn names_share(&self) -> f64 {
        self.names.filter(|names| names.count >= 4).map_or(0.0, |names| names.share)
    }

    /// Whether enough names agree. Fewer than four names say too little to compare.
    fn has_names(&self) -> bool {
        self.names.is_none_or(|names| names.count < 4 || names.share >= 0.6)
    }

    fn has_numbers(&self) -> bool {
        let Some(numbers) = self.numbers else { return true };
        if numbers.count == 1 {
            // In a short text, one number may be the only fact.
            return numbers.share >= 1.0 || self.words >= 100 || self.of_smaller >= 0.8;
        }
        let needed = match self.number_density {
            0.2.. => 0.9,
            _ if self.is_long() => 0.5,
            _ => 0.75,
        };
        numbers.share >= needed || self.names_outweigh(numbers) || self.headline_outweighs(numbers)
    }

    /// Whether many names agree in spite of a few numbers that were corrected or read wrongly.
    fn names_outweigh(&self, numbers: Facts) -> bool {
        let Some(names) = self.names.filter(|names| names.count >= 8) else { return false };
        let (number_count, name_count) = (numbers.count as f64, names.count as f64);
        let facts =
            (numbers.share * number_count + names.share * name_count) / (number_count + name_count);
        let least = if self.is_long() { 0.3 } else { 0.5 };
        facts >= 0.8 && numbers.share >= least && self.number_density < 0.1
    }

    /// Whether headline and names agree in spite of dates and counters from the two pages.
    fn headline_outweighs(&self, numbers: Facts) -> bool {
        (self.is_same_piece() || self.is_excerpt())
            && self.number_density < 0.06
            && numbers.share >= 0.25
            && self.names.is_some_and(|names| names.count >= 8 && names.share >= 0.65)
    }

    /// Whether enough of the headlines agrees. The shorter the text, the more its headline matters.
    fn has_title(&self) -> bool {
        match self.title {
            Some(title) if self.is_short() => title.share >= 0.34,
            Some(title) if !self.is_long() => title.share >= 0.15 || self.of_smaller >= 0.8,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprinted;

    /// Prose of `words` invented words. The same seed gives the same prose.
    fn prose(seed: u32, words: u32) -> String {
        let word = |n: u32| {
            let hash = (seed * 7919 + n).wrapping_mul(2_654_435_761);
            let letter = |shift: u32| char::from(b'a' + ((hash >> shift) % 26) as u8);
            [letter(3), letter(9), letter(15), letter(21), letter(26)].iter().collect::<String>()
        };
        (0..words).map(word).collect::<Vec<_>>().join(" ")
    }

    fn agreement(one: (&str, &str), other: (&str, &str)) -> Agreement {
        let fingerprint =
            |(title, body): (&str, &str)| Fingerprinted::of(title, body).unwrap().fingerprint;
        Agreement::of(&fingerprint(one), &fingerprint(other))
    }

    fn are_copies(one: (&str, &str), other: (&str, &str)) -> bool {
        agreement(one, other).is_copy(TimeDelta::hours(1))
    }

    #[test]
    fn shortened_extended_and_edited_texts_are_copies() {
        let text = prose(1, 400);
        let cut: Vec<&str> = text.split(' ').take(250).collect();
        assert!(are_copies(("Wall", &text), ("Wall to go", &cut.join(" "))));
        assert!(are_copies(
            ("Wall", &text),
            ("Other headline", &format!("{} {text}", prose(2, 60)))
        ));
        let edited: Vec<String> = text
            .split(' ')
            .enumerate()
            .map(|(n, word)| if n % 17 == 0 { "new".into() } else { word.to_owned() })
            .collect();
        assert!(are_copies(("Wall", &text), ("Wall", &edited.join(" "))));
        assert!(!are_copies(("Wall", &text), ("Wall", &prose(3, 400))));
    }

    #[test]
    fn a_template_with_other_facts_is_no_copy() {
        let report = |company: &str, sales: u32, profit: u32| {
            format!(
                "Shares moved little after {company} told investors on Tuesday that sales in the \
                 quarter came to {sales} million crowns against the {} million of a year ago, \
                 while the profit before tax was {profit} million. The board of {company} will \
                 propose a dividend at the general meeting in spring and expects the market for \
                 building materials to stay as it is.",
                sales - 13
            )
        };
        let title = ("Quarter at Brandt", "Quarter at Lind");
        assert!(!are_copies(
            (title.0, &report("Brandt", 412, 31)),
            (title.1, &report("Lind", 388, 57))
        ));
        assert!(are_copies(
            (title.0, &report("Brandt", 412, 31)),
            (title.0, &report("Brandt", 412, 31))
        ));
    }

    /// Reports without a number differ only in their names.
    #[test]
    fn names_distinguish_reports_from_one_template() {
        let match_report = |home: &str, away: &str, scorer: &str, keeper: &str, town: &str| {
            format!(
                "In front of a full house {home} beat {away} after a late goal by {scorer}, who \
                 had come on for the injured captain. The visitors had the better chances, but \
                 {keeper} saved twice before the break and once after it, and the home side held \
                 on. The next round takes {home} to {town}, where it has not won for years."
            )
        };
        let one = match_report("Yeovil", "Elgin", "Evans", "Thomas", "Quorn");
        let other = match_report("Paisley", "Stroud", "Baker", "Muir", "Hexham");
        assert!(!are_copies(("Late goal decides", &one), ("Late goal decides", &other)));
        let one_name = match_report("Yeovil", "Elgin", "Evans", "Thomas", "Corby");
        assert!(are_copies(("Late goal decides", &one), ("Late goal decides", &one_name)));
    }

    #[test]
    fn a_round_up_is_no_copy_of_what_it_contains() {
        let (one, two, three, four) = (prose(1, 120), prose(2, 120), prose(3, 120), prose(4, 120));
        let round_up = [four.as_str(), &one, &two, &three].join(" ");
        assert!(!are_copies(("News in brief", &round_up), ("Wall", &one)));
    }

    #[test]
    fn an_excerpt_under_the_same_headline_is_a_copy() {
        let text = prose(1, 700);
        let beginning: Vec<&str> = text.split(' ').take(110).collect();
        let beginning = beginning.join(" ");
        assert!(are_copies(("Harbour wall to go", &text), ("Harbour wall to go", &beginning)));
        assert!(!are_copies(("Harbour wall to go", &text), ("Today in brief", &beginning)));
        let middle: Vec<&str> = text.split(' ').skip(300).take(110).collect();
        assert!(!are_copies(
            ("Harbour wall to go", &text),
            ("Harbour wall to go", &middle.join(" "))
        ));
    }

    #[test]
    fn short_texts_are_recognised_for_three_days_and_long_prose_for_two_weeks() {
        let names = "Ada Lindqvist Bo Brandt Cora Millbrook Dan Northmere";
        let long = format!("{} the {names} {}", prose(1, 200), prose(2, 100));
        let late = agreement(("Wall", &long), ("Wall", &long));
        assert!(late.is_copy(TimeDelta::days(13)));
        assert!(!late.is_copy(TimeDelta::days(15)));
        let short = prose(1, 100);
        let short = agreement(("Prices", &short), ("Prices", &short));
        assert!(short.is_copy(TimeDelta::hours(71)));
        assert!(!short.is_copy(TimeDelta::hours(73)));
    }
}
