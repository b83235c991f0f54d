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
        let (likeness, same_series) = one.compare(other, days_apart);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::fingerprint::{StoryFingerprint, hash};
    use crate::story::rarity::Rarity;

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

    fn score(one: (&str, &str), other: (&str, &str), days: f32) -> PairScore {
        PairScore::of(&weighed(one), &weighed(other), Some(days), Model::embedded())
    }

    #[test]
    fn articles_about_one_event_score_high_and_others_do_not() {
        let one_event = score(WALL, OTHER_WALL, 0.2).log_odds;
        let two_events = score(WALL, SNOW, 0.2).log_odds;
        assert!(one_event > Model::embedded().join, "{one_event}");
        assert!(two_events < Model::embedded().join - 1.0, "{two_events}");
    }

    #[test]
    fn several_outlets_on_one_fire_are_one_story() {
        let reports = [
            (
                "Blaze destroys paper mill at Millbrook",
                "The old paper mill at Millbrook burned down on Monday night. Eighty firefighters \
                 fought the blaze for nine hours, county fire officer Dennis Holm said. Two of \
                 them were treated for smoke.",
            ),
            (
                "Fire guts Millbrook's old mill",
                "Nothing but chimneys was left of the paper mill in Millbrook on Tuesday morning, \
                 after a fire that took eighty firefighters the whole night. Dennis Holm of the \
                 county fire service spoke of smoke that could be seen from the coast.",
            ),
            (
                "Mill fire: police look for cause",
                "Police and the county fire service are looking for the cause of the fire that \
                 destroyed the old mill at Millbrook. Officer Dennis Holm said that the floors \
                 were soaked in oil.",
            ),
        ];
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            let score = score(reports[one], reports[other], 0.5);
            assert!(score.log_odds > Model::embedded().join, "{one} {other} {score:?}");
        }
    }

    #[test]
    fn two_weekly_market_reports_are_two_events() {
        let report = |cattle: &str, prices: [u32; 4]| {
            let [heifers, steers, lambs, ewes] = prices;
            format!(
                "A larger show of {cattle} at Tuesday's market in Millbrook. Heifers sold to {heifers} \
                 and steers to {steers}. Lambs averaged {lambs} and ewes {ewes}. Buyers came from \
                 the whole county, and trade was firm to the end."
            )
        };
        let title = "Cattle market report: Tuesday's trade";
        let (one, other) =
            (report("cattle", [1_420, 1_512, 112, 87]), report("cattle", [1_385, 1_477, 106, 91]));
        let score = |days| score((title, &one), (title, &other), days);
        assert!(score(7.0).same_series && score(7.0).log_odds < -10.0);
        assert!(!score(0.1).same_series, "an update of the same day");
        let same = PairScore::of(
            &weighed((title, &one)),
            &weighed((title, &one)),
            Some(2.0),
            Model::embedded(),
        );
        assert!(!same.same_series, "the same text two days later");
    }

    #[test]
    fn reports_that_differ_in_the_number_of_the_headline_are_not_one_event() {
        let body = "Cloud and rain over the northern hills, wind from the west, and four degrees \
            on the coast at night.";
        let forecast = |title| score((title, body), ("Forecast for November 8", body), 0.0);
        assert!(forecast("Forecast for November 16").log_odds < -10.0);
        assert!(forecast("Forecast for November 8").log_odds > 0.0);
        assert!(forecast("Rain on November 16 and after").log_odds > 0.0);
    }

    #[test]
    fn two_articles_in_a_script_without_blanks_need_less() {
        let article = |title, body| {
            let fingerprint = StoryFingerprint::of(title, body, "zh").unwrap();
            Weighed::of(&fingerprint, &Rarity::new("zh"))
        };
        let one =
            article("旧磨坊失火", "米尔布鲁克的旧造纸厂昨夜失火,八十名消防员彻夜扑救,两人受伤。");
        let other =
            article("大火烧毁造纸厂", "消防员称,米尔布鲁克旧造纸厂的大火烧了九个小时,两人受伤。");
        let score = PairScore::of(&one, &other, None, Model::embedded());
        assert!(score.log_odds > Model::embedded().join, "{score:?}");
    }

    #[test]
    fn a_pair_score_is_symmetric_and_bounded_and_the_sum_of_its_parts() {
        assert_eq!(score(WALL, OTHER_WALL, 1.0), score(OTHER_WALL, WALL, 1.0));
        let same = score(WALL, WALL, 0.0);
        for feature in [Feature::Lead, Feature::Names, Feature::Told, Feature::TitleToldBoth] {
            assert!((same.likeness.of(feature) - 1.0).abs() < 1e-4, "{feature:?}");
        }
        for pair in [same, score(WALL, SNOW, 3.0), score(WALL, OTHER_WALL, 0.0)] {
            let sum: f64 = pair.parts(Model::embedded()).iter().map(|(_, part)| part).sum();
            assert!((sum - pair.log_odds).abs() < 1e-3, "{sum} {pair:?}");
        }
    }

    #[test]
    fn keys_are_rare_words_and_names() {
        let keys = weighed(WALL).keys();
        assert!(keys.len() <= 24);
        assert!(keys.iter().take(3).any(|key| *key == hash("millbrook")));
    }
}
