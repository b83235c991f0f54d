//! Feeds that say that an entry was changed, and which of them are believed.
//!
//! A feed says so by a newer date or by other words about the entry. Some stamp every entry with the time of the
//! request, and some have an advertisement in every summary: read literally, that asks for every page at every poll.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// What a document says of a known entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Claim {
    /// Its date of change is later than before.
    pub by_date: bool,
    /// Its headline, summary or content is another.
    pub by_text: bool,
}

/// Fewer known entries than this cannot all be stamped: they may all have changed.
const ENOUGH: usize = 5;
/// Share of known entries that may change between two polls. More is how the feed is made, not what it says.
const MOST_SHARE: f64 = 0.5;

/// Which claims of one document are believed.
#[must_use]
pub fn believed(claims: &[Claim]) -> Vec<bool> {
    let share = |count: usize| count as f64 / claims.len().max(1) as f64;
    let is_mass = |count: usize| claims.len() >= ENOUGH && share(count) > MOST_SHARE;
    let dates_lie = is_mass(claims.iter().filter(|claim| claim.by_date).count());
    let texts_lie = is_mass(claims.iter().filter(|claim| claim.by_text).count());
    claims
        .iter()
        .map(|claim| (claim.by_date && !dates_lie) || (claim.by_text && !texts_lie))
        .collect()
}

/// Part of an article's age that passes between two readings for the sake of claims.
const SHARE_OF_AGE: u32 = 4;

/// When a believed claim is followed: at once, or for an article that was read just now, some time after that, longer the
/// older it is. So a feed that cries wolf over few entries costs a number of requests that grows with the logarithm of their age.
#[must_use]
pub fn due_again(
    first_seen: DateTime<Utc>,
    last_read: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let age = (now - first_seen).to_std().unwrap_or(Duration::ZERO);
    now.max(last_read + age / SHARE_OF_AGE)
}
