//! The pair score of two articles, and what speaks for and against it.

use crate::story::likeness::{Feature, Likeness};
use crate::story::model::Model;
use crate::story::score::Weighed;

/// What two reports of one series add to the log-odds. No feature can outweigh it.
const SAME_SERIES: f64 = -20.0;

/// What two articles in a script without blanks get more. Pairs of letters are a finer measure than
/// words: two texts about one event share fewer of them, and two others almost none.
const UNSPACED: f64 = 2.0;

/// How two articles compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairScore {
    pub likeness: Likeness,
    /// The articles are two reports of one series.
    pub same_series: bool,
    /// Both are in a script without blanks.
    unspaced: bool,
    /// The log-odds (natural logarithm) that both articles are about one event.
    pub log_odds: f64,
}

impl PairScore {
    /// Compares two articles that were published so many days apart.
    #[must_use]
    pub fn of(one: &Weighed, other: &Weighed, days_apart: Option<f32>, model: &Model) -> Self {
        let likeness = one.likeness(other, days_apart);
        let same_series = one.is_in_same_series(other, days_apart);
        let unspaced = one.is_unspaced && other.is_unspaced;
        let mut score = Self { likeness, same_series, unspaced, log_odds: 0.0 };
        score.log_odds = model.log_odds(&likeness) + score.beside_the_model();
        score
    }

    /// What is added to the log-odds of the model.
    fn beside_the_model(&self) -> f64 {
        let series = if self.same_series { SAME_SERIES } else { 0.0 };
        series + if self.unspaced { UNSPACED } else { 0.0 }
    }

    /// What speaks for one event and against it, in words for readers, each with its part of the
    /// log-odds. The parts add up to the log-odds.
    #[must_use]
    pub fn parts(&self, model: &Model) -> Vec<(Ground, f64)> {
        let contributions = model.contributions(&self.likeness);
        let mut parts: Vec<(Ground, f64)> = Ground::ALL.map(|ground| (ground, 0.0)).to_vec();
        let mut add = |ground: Ground, change: f64| {
            if let Some((_, part)) = parts.iter_mut().find(|(known, _)| *known == ground) {
                *part += change;
            }
        };
        for (feature, change) in Feature::ALL.iter().zip(contributions) {
            add(Ground::of(*feature), f64::from(change));
        }
        add(Ground::Start, contributions.last().map_or(0.0, |start| f64::from(*start)));
        if self.same_series {
            add(Ground::Series, SAME_SERIES);
        }
        if self.unspaced {
            add(Ground::Start, UNSPACED);
        }
        parts
    }
}

/// What a reader is told about a part of a pair score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    Lead,
    Headline,
    Names,
    Text,
    Numbers,
    Days,
    Late,
    Series,
    Start,
}

impl Ground {
    pub const ALL: [Self; 9] = [
        Self::Lead,
        Self::Headline,
        Self::Names,
        Self::Text,
        Self::Numbers,
        Self::Days,
        Self::Late,
        Self::Series,
        Self::Start,
    ];

    fn of(feature: Feature) -> Self {
        match feature {
            Feature::Lead => Self::Lead,
            Feature::Title | Feature::TitleTold | Feature::TitleToldBoth => Self::Headline,
            Feature::Names
            | Feature::LeadNames
            | Feature::NamesShared
            | Feature::NamesSharedBoth
            | Feature::LeadNamesToldBoth => Self::Names,
            Feature::Told | Feature::ToldBoth => Self::Text,
            Feature::Numbers | Feature::LeadNumbersTold => Self::Numbers,
            Feature::Dates | Feature::Weekdays | Feature::WeekdaysDiffer => Self::Days,
            Feature::Late => Self::Late,
        }
    }

    /// The name in stored scores and in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Headline => "headline",
            Self::Names => "names",
            Self::Text => "text",
            Self::Numbers => "numbers",
            Self::Days => "days",
            Self::Late => "time apart",
            Self::Series => "series",
            Self::Start => "start",
        }
    }
}
