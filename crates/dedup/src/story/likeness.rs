//! In what two articles are alike: the features of the pair score.

use crate::story::days::Days;

/// The features, in the order of [`Likeness`]. Shares and likenesses are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Cosine similarity of headline and lead.
    Lead,
    /// Cosine similarity of the names.
    Names,
    /// The share of one article's headline and lead that is in the text of the other, by weight of
    /// the words: the larger of the two shares.
    Told,
    /// The smaller one.
    ToldBoth,
    /// Cosine similarity of the headlines.
    Title,
    /// The share of one headline that is in the text of the other: the larger one, the smaller one.
    TitleTold,
    TitleToldBoth,
    /// Cosine similarity of the names in headline and lead.
    LeadNames,
    /// The share of one article's names that are names in the other: the larger one, the smaller one.
    NamesShared,
    NamesSharedBoth,
    /// The share of the names in one's headline and lead that are in the text of the other: the
    /// smaller one.
    LeadNamesToldBoth,
    /// Numbers in both, of all numbers.
    Numbers,
    /// The share of the numbers in one's headline and lead that are in the other; the larger one. If
    /// only one has such numbers, they say nothing.
    LeadNumbersTold,
    /// Dates in both, of all dates.
    Dates,
    /// Weekdays in both, of all weekdays.
    Weekdays,
    /// Headlines and leads name different weekdays.
    WeekdaysDiffer,
    /// The logarithm of the days between the two dates of publication.
    Late,
}

impl Feature {
    pub const ALL: [Self; 17] = [
        Self::Lead,
        Self::Names,
        Self::Told,
        Self::ToldBoth,
        Self::Title,
        Self::TitleTold,
        Self::TitleToldBoth,
        Self::LeadNames,
        Self::NamesShared,
        Self::NamesSharedBoth,
        Self::LeadNamesToldBoth,
        Self::Numbers,
        Self::LeadNumbersTold,
        Self::Dates,
        Self::Weekdays,
        Self::WeekdaysDiffer,
        Self::Late,
    ];

    /// The name in the model file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Names => "names",
            Self::Told => "told",
            Self::ToldBoth => "told-both",
            Self::Title => "title",
            Self::TitleTold => "title-told",
            Self::TitleToldBoth => "title-told-both",
            Self::LeadNames => "lead-names",
            Self::NamesShared => "names-shared",
            Self::NamesSharedBoth => "names-shared-both",
            Self::LeadNamesToldBoth => "lead-names-told-both",
            Self::Numbers => "numbers",
            Self::LeadNumbersTold => "lead-numbers-told",
            Self::Dates => "dates",
            Self::Weekdays => "weekdays",
            Self::WeekdaysDiffer => "weekdays-differ",
            Self::Late => "late",
        }
    }
}

/// The values of all features of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness(pub(super) [f32; Feature::ALL.len()]);

impl Likeness {
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    #[must_use]
    pub fn of(&self, feature: Feature) -> f32 {
        self.0.get(feature as usize).copied().unwrap_or_default()
    }
}

/// Where a side has no dates or weekdays, the feature has this value, which is that of a common
/// pair.
const UNKNOWN_DAYS: f32 = 0.3;

/// Dates in both, of all dates.
pub(super) fn dates(one: &Days, other: &Days) -> f32 {
    if one.dates.is_empty() || other.dates.is_empty() {
        return UNKNOWN_DAYS;
    }
    let common = one.dates.iter().filter(|date| other.dates.contains(date)).count();
    common as f32 / (one.dates.len() + other.dates.len() - common) as f32
}

/// Weekdays in both, of all weekdays.
pub(super) fn weekdays(one: &Days, other: &Days) -> f32 {
    if one.weekdays == 0 || other.weekdays == 0 {
        return UNKNOWN_DAYS;
    }
    let common = (one.weekdays & other.weekdays).count_ones();
    common as f32 / (one.weekdays | other.weekdays).count_ones() as f32
}

/// Whether headlines and leads name different weekdays: 1 or 0.
pub(super) fn weekdays_differ(one: &Days, other: &Days) -> f32 {
    let (one, other) = (one.lead_weekdays, other.lead_weekdays);
    f32::from(u8::from(one != 0 && other != 0 && one & other == 0))
}

/// Half a day is no difference: time zones, and dates without a time of day.
const FREE_DAYS: f32 = 0.5;

/// The logarithm of the days between two dates. Unknown dates count as the same.
pub(super) fn late(days_apart: Option<f32>) -> f32 {
    days_apart.map_or(0.0, |days| (days - FREE_DAYS).max(0.0).ln_1p())
}
