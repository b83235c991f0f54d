//! Which claims of a feed that an entry was changed are believed.
//!
//! A feed claims a change by a newer date or by different text. Some feeds stamp every entry with
//! the time of the request, and some have an advertisement in every summary. Believing those would
//! request every page at every poll.

use std::time::Duration;

use chrono::{DateTime, Utc};
use wiresift_text::limits;

/// What a document claims about a known entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Claim {
    /// The date of change is later than before.
    pub by_date: bool,
    /// Headline, summary or content differ.
    pub by_text: bool,
}

/// Fewer known entries than this may all have changed at once.
const MIN_ENTRIES: usize = 5;
/// Share of known entries that may change between two polls. More is an artefact of the feed.
const MAX_CHANGED_SHARE: f64 = 0.5;

/// Which claims of one document are believed.
#[must_use]
pub fn believed(claims: &[Claim]) -> Vec<bool> {
    let share = |count: usize| count as f64 / claims.len().max(1) as f64;
    let is_mass = |count: usize| claims.len() >= MIN_ENTRIES && share(count) > MAX_CHANGED_SHARE;
    let dates_lie = is_mass(claims.iter().filter(|claim| claim.by_date).count());
    let texts_lie = is_mass(claims.iter().filter(|claim| claim.by_text).count());
    claims
        .iter()
        .map(|claim| (claim.by_date && !dates_lie) || (claim.by_text && !texts_lie))
        .collect()
}

/// Share of an article's age that passes between two readings because of claims.
const SHARE_OF_AGE: u32 = 4;

/// When to read the page again because of a believed claim: at once, or some time after the last
/// reading, longer for older articles. So a feed that claims changes all the time costs a number of
/// requests that grows only with the logarithm of an article's age.
#[must_use]
pub fn revisit_due(
    first_seen: DateTime<Utc>,
    last_read: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let age = limits::age(first_seen, now).to_std().unwrap_or(Duration::ZERO);
    let due = limits::later(last_read, age / SHARE_OF_AGE);
    if limits::is_due(due, now) { now } else { due }
}
