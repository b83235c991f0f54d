//! Entries that take the place of another one.
//!
//! Some publishing systems make the id and the link from the headline. When editors rewrite the
//! headline, the entry is gone and another one is there. The old entry is then missing from the
//! middle of the document, which shows older ones still, and the new one has its date or its story
//! number. Nothing else says that the two are one story, so the page is read and its text decides.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::polling::identity::Matching;
use crate::polling::identity::match_keys::{MatchKey, MatchKeys};

/// The share of a document's known entries that must be older than a missing one. A single old
/// entry may be pinned to its place.
const OLDER_SHARE: f64 = 0.1;

impl Matching<'_> {
    /// Matches new entries with missing ones. Returns the known entries that are still missing.
    pub(super) fn match_replaced(&mut self) -> Vec<usize> {
        let mut missing = self.missing();
        if missing.is_empty() {
            return missing;
        }
        // Only an article can be compared with what the page says.
        let is_filed = |at: &usize| self.known.get(*at).is_some_and(|known| known.is_filed);
        let candidates: HashSet<usize> = missing.iter().copied().filter(is_filed).collect();
        let may_match = |at| candidates.contains(&at);
        self.join_where(MatchKey::StoryNumber, may_match, |_, _| true);
        self.join_where(MatchKey::Date, may_match, |shown: &MatchKeys, _| shown.has_time());
        missing.retain(|at| self.is_taken.get(*at).is_some_and(|taken| !taken));
        missing
    }

    /// The unmatched known entries that are newer than many of those that the document shows.
    fn missing(&self) -> Vec<usize> {
        let mut shown: Vec<DateTime<Utc>> =
            self.known_of.iter().flatten().filter_map(|at| self.time_of(*at)).collect();
        shown.sort_unstable();
        let place = (shown.len() as f64 * OLDER_SHARE) as usize;
        let Some(oldest) = shown.get(place).copied() else { return Vec::new() };
        let is_taken = self.is_taken.iter().enumerate();
        let unmatched = is_taken.filter(|(_, taken)| !**taken).map(|(at, _)| at);
        unmatched.filter(|at| self.time_of(*at).is_some_and(|time| time > oldest)).collect()
    }

    fn time_of(&self, known: usize) -> Option<DateTime<Utc>> {
        self.known.get(known).map(|fields| fields.published.unwrap_or(fields.seen_at))
    }
}
