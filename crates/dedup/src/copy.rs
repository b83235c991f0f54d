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
//!   holds for names. In a brief text, one number or name may be all that it is about ("Line 12 is
//!   late"), so all of them must agree, and in texts of the same length those of either.
//! - Headlines. Under one standing text, such as the invitation to a podcast, other headlines mean
//!   other pieces.
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
pub const RULE: i16 = 2;

/// The longest time between two texts that are compared, in days.
pub const WINDOW_DAYS: i32 = 14;

/// The longest time between two texts of a kind that may recur.
const RECURRING: TimeDelta = TimeDelta::hours(72);

/// How two texts agree. Shares are 0 to 1. A field is `None` if there is nothing to compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Words of the shorter text.
    pub words: u32,
    /// Words that the longer text has more.
    pub more_words: u32,
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
    /// Common numbers as a share of all numbers of the two texts (Jaccard index). `None` if neither
    /// has any.
    pub all_numbers: Option<f64>,
    pub names: Option<Facts>,
    /// Numbers of the headlines.
    pub title_numbers: Option<Facts>,
    /// One of the texts stands under many headlines.
    pub is_standing: bool,
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
        more_words: 0,
        of_smaller: 1.0,
        of_bigger: 1.0,
        resemblance: 1.0,
        lead: 1.0,
        title: None,
        numbers: None,
        all_numbers: None,
        names: None,
        title_numbers: None,
        is_standing: false,
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
            more_words: one.words.abs_diff(other.words),
            of_smaller: share(one.body.size().min(other.body.size())),
            of_bigger: share(one.body.size().max(other.body.size())),
            resemblance: one.body.resemblance(&other.body).unwrap_or(0.0),
            lead: one.lead.share_of_smaller(&other.lead).unwrap_or(0.0),
            title: titled
                .then(|| one.title.resemblance(&other.title))
                .flatten()
                .map(|share| Facts { count: one.title.size().min(other.title.size()), share }),
            numbers: Facts::of(&one.numbers, &other.numbers),
            all_numbers: one.numbers.resemblance(&other.numbers),
            names: Facts::of(&one.names, &other.names),
            title_numbers: Facts::of(&one.title_numbers, &other.title_numbers),
            is_standing: one.is_standing || other.is_standing,
            number_density: density(one).max(density(other)),
        }
    }

    /// Whether one of the texts is a copy of the other. `gap` is the time between the two.
    #[must_use]
    pub fn is_copy(&self, gap: TimeDelta) -> bool {
        self.is_version(gap) && self.has_title()
    }

    /// Whether one of the texts is a version of the other, whatever their headlines say. `gap` is
    /// the time between the two.
    #[must_use]
    pub fn is_version(&self, gap: TimeDelta) -> bool {
        self.is_timely(gap) && self.has_text() && self.has_names() && self.has_numbers()
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

    /// Whether a text is so short that each of its facts may be the one that it is about.
    fn is_brief(&self) -> bool {
        self.words < 100
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

    /// Whether the texts are equally long, so that what differs stands in the same places. A text
    /// that was cut or extended has fewer or more.
    fn is_same_length(&self) -> bool {
        self.more_words <= 2
    }

    /// Whether enough names agree. Fewer than four names say too little to compare, except in brief
    /// texts of the same length: there, one name may be all that differs.
    fn has_names(&self) -> bool {
        self.names.is_none_or(|names| match names.count {
            0..4 => !(self.is_brief() && self.is_same_length()) || is_all(names.share),
            _ => names.share >= 0.6,
        })
    }

    /// Whether enough numbers agree. In a brief text all have to, because one number may be the
    /// only fact: the line of a bus, the date of a notice. A table has so many that one of them may
    /// have been corrected.
    fn has_numbers(&self) -> bool {
        let is_table =
            self.number_density >= 0.2 && self.numbers.is_some_and(|numbers| numbers.count > 4);
        if self.is_brief() && !is_table {
            let of_fewer = self.numbers.map(|numbers| numbers.share);
            let share = if self.is_same_length() { self.all_numbers } else { of_fewer };
            return share.is_none_or(is_all);
        }
        let Some(numbers) = self.numbers.filter(|numbers| numbers.count > 1) else { return true };
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

    /// Whether enough of the headlines agrees. The shorter the text, the more its headline matters,
    /// and most where the text does not speak of it.
    fn has_title(&self) -> bool {
        let is_other = |numbers: Facts| !is_all(numbers.share);
        match self.title {
            _ if self.is_brief() && self.title_numbers.is_some_and(is_other) => false,
            Some(title) if self.is_standing && self.is_twin() && !self.is_long() => {
                title.share >= 0.5
            }
            Some(title) if self.is_short() => title.share >= 0.34,
            Some(title) if !self.is_long() => title.share >= 0.15 || self.of_smaller >= 0.8,
            _ => true,
        }
    }
}

/// Whether a share means all, in spite of rounding.
fn is_all(share: f64) -> bool {
    share > 0.999
}

#[cfg(test)]
mod tests;
