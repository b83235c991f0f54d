//! Matches the entries of a document with those that its feed has shown before.
//!
//! A feed identifies entries by ids, and ids are unreliable: they change with every poll, are
//! shared by several entries, count positions, or change all at once when a site moves to another
//! host, scheme or publishing system. Trusting them files whole archives again. So entries are
//! matched in steps:
//!
//! 1. The key that the feed's [`KeyPolicy`] makes of an entry is known.
//! 2. Its link is known under another id.
//! 3. Its id or its link is known except for scheme and host, and the headline is the same; or
//!    headline and date are both known; or headline and link, and the date has moved on with the
//!    clock, because the feed stamps its entries with the time of the request.
//! 4. It takes the place of an entry that the document lacks although it shows older ones, and has
//!    the date or the story number of that entry: editors have rewritten the headline, and id and
//!    link follow it.
//! 5. In a [mass change](Recognition::mass_change) only: any one of the keys of step 3 alone.
//!
//! From step 3 on a match key counts only if it belongs to a single entry, both in the document and
//! among the known entries.
//!
//! The policy is stored with the feed and moves down by itself: `id`, `link`, `link-date`, `title`.
//! It moves down when too many ids are missing or shared (the rule of `FreshRSS`), when ids change
//! under constant links, when ids stay under changing articles, and when dates are stamped. It never
//! moves up, because ids that were unreliable once may be so again, and links serve as well.
//!
//! The cost is linear in the document and the known entries, except for the sorting of maps.

mod claims;
mod match_keys;
mod policy;
mod replaced;

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use wiresift_feed::entry::EntryKey;

pub use claims::{Claim, believed, revisit_due};
pub use policy::{IdFault, KeyPolicy};

use match_keys::{MatchKey, MatchKeys};

/// The fields that matching uses, the same for shown and for known entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFields {
    /// The key: made by the parser (shown), or the stored one (known).
    pub key: EntryKey,
    /// The feed's own id.
    pub guid: Option<String>,
    /// Identity key of the link.
    pub link: Option<String>,
    pub title: Option<String>,
    /// Date.
    pub published: Option<DateTime<Utc>>,
    /// When the entry was first seen. For shown entries this is now.
    pub seen_at: DateTime<Utc>,
    /// An article was filed for it. Shown entries have none.
    pub is_filed: bool,
}

/// The result of matching a document with the known entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognition {
    /// The feed's key policy from now on.
    pub policy: KeyPolicy,
    /// Why the policy moved down, if it did.
    pub id_fault: Option<IdFault>,
    /// For each entry shown, the index of the known entry that it is.
    pub known: Vec<Option<usize>>,
    /// For each entry shown, whether it matched only by headline, date or parts of its names.
    pub is_weak: Vec<bool>,
    /// For each entry shown, the key to store it under. All keys differ.
    pub keys: Vec<EntryKey>,
    /// Number of entries that were matched by weak keys alone, because nearly all names changed at
    /// once.
    pub mass_change: Option<usize>,
    /// The known entries that the document lacks although it shows older ones.
    pub missing: Vec<usize>,
}

/// With fewer unmatched entries than this there is no mass change.
const MASS_ENTRIES: usize = 5;
/// Share of a document that must be unmatched for a mass change.
const MASS_SHARE: f64 = 0.8;
/// Share of the unmatched entries that must have a weak match.
const MASS_KNOWN: f64 = 0.5;

/// Matches the entries of a document. `known` are the feed's entries that may be meant, each once.
#[must_use]
pub fn recognise(policy: KeyPolicy, shown: &[EntryFields], known: &[EntryFields]) -> Recognition {
    let mut id_fault = None;
    let mut policy = policy.fitting(shown, &mut id_fault);
    let mut matching = Matching::new(policy, shown, known);
    if let Some(found) = matching.id_fault() {
        id_fault = Some(found);
        policy = policy.below(shown);
        matching = Matching::new(policy, shown, known);
    }
    if policy != KeyPolicy::Title && matching.stamped > 0 && KeyPolicy::Title.tells_apart(shown) {
        id_fault = Some(IdFault::Stamped);
        policy = KeyPolicy::Title;
        matching = Matching::new(policy, shown, known);
    }
    let mass_change = matching.match_mass_change();
    let missing = if mass_change.is_some() { Vec::new() } else { matching.match_replaced() };
    let Matching { keys, known_of: known, is_weak, .. } = matching;
    Recognition { policy, id_fault, known, is_weak, keys, mass_change, missing }
}

/// Matches entries of a document that is not the feed, such as a news sitemap of its site. Steps 4
/// and 5 are left out. Such a document has no ids, so the policy does not change.
#[must_use]
pub fn recognise_listed(
    policy: KeyPolicy,
    listed: &[EntryFields],
    known: &[EntryFields],
) -> Recognition {
    let Matching { keys, known_of: known, is_weak, .. } = Matching::new(policy, listed, known);
    Recognition {
        policy,
        id_fault: None,
        known,
        is_weak,
        keys,
        mass_change: None,
        missing: Vec::new(),
    }
}

/// The matching of a document with the known entries, under way.
struct Matching<'a> {
    policy: KeyPolicy,
    shown: &'a [EntryFields],
    known: &'a [EntryFields],
    shown_keys: Vec<MatchKeys>,
    known_keys: Vec<MatchKeys>,
    /// Keys to store the shown entries under.
    keys: Vec<EntryKey>,
    known_of: Vec<Option<usize>>,
    is_weak: Vec<bool>,
    is_taken: Vec<bool>,
    /// Entries matched by their key.
    by_key: usize,
    /// Entries matched by their link under another id. An entry that was stored without an id, as
    /// from a sitemap, does not count.
    by_link: usize,
    /// Entries matched by headline and link, with dates that move on with the clock.
    stamped: usize,
}

impl<'a> Matching<'a> {
    fn new(policy: KeyPolicy, shown: &'a [EntryFields], known: &'a [EntryFields]) -> Self {
        let keys = keys(policy, shown);
        let shown_keys = shown
            .iter()
            .zip(&keys)
            .map(|(fields, key)| MatchKeys::of(fields, key.clone(), policy.key(fields)));
        let known_keys = known
            .iter()
            .map(|fields| MatchKeys::of(fields, fields.key.clone(), policy.known_key(fields)));
        let mut matching = Self {
            policy,
            shown,
            known,
            shown_keys: shown_keys.collect(),
            known_keys: known_keys.collect(),
            keys,
            known_of: vec![None; shown.len()],
            is_weak: vec![false; shown.len()],
            is_taken: vec![false; known.len()],
            by_key: 0,
            by_link: 0,
            stamped: 0,
        };
        matching.by_key = matching.join(MatchKey::Stored, |_, _| true).len();
        matching.by_key += matching.join(MatchKey::Key, |_, _| true).len();
        let has_id = |at: usize| known.get(at).is_some_and(|fields| fields.guid.is_some());
        matching.by_link =
            matching.join(MatchKey::Link, |_, _| true).iter().filter(|(_, at)| has_id(*at)).count();
        matching.join(MatchKey::TitleAndDate, |_, _| true);
        matching.stamped = matching.join(MatchKey::Title, MatchKeys::is_stamped).len();
        matching.join(MatchKey::AlternateId, MatchKeys::same_title);
        matching.join(MatchKey::AlternateLink, MatchKeys::same_title);
        matching
    }

    /// Matches entries with the same key, if it belongs to a single entry on either side.
    fn join(
        &mut self,
        match_key: MatchKey,
        agrees: impl Fn(&MatchKeys, &MatchKeys) -> bool,
    ) -> Vec<(usize, usize)> {
        self.join_where(match_key, |_| true, agrees)
    }

    /// The same for the known entries that `may_match`.
    fn join_where(
        &mut self,
        match_key: MatchKey,
        may_match: impl Fn(usize) -> bool,
        agrees: impl Fn(&MatchKeys, &MatchKeys) -> bool,
    ) -> Vec<(usize, usize)> {
        let pairs = self.pairs(match_key, may_match, agrees);
        for (shown, known) in &pairs {
            let of = self.known_of.get_mut(*shown).zip(self.is_taken.get_mut(*known));
            if let Some((of, taken)) = of {
                (*of, *taken) = (Some(*known), true);
            }
            if let Some(is_weak) = self.is_weak.get_mut(*shown) {
                *is_weak = !match_key.identifies();
            }
        }
        pairs
    }

    fn pairs(
        &self,
        match_key: MatchKey,
        may_match: impl Fn(usize) -> bool,
        agrees: impl Fn(&MatchKeys, &MatchKeys) -> bool,
    ) -> Vec<(usize, usize)> {
        let open_shown = self.shown_keys.iter().enumerate().zip(&self.known_of);
        let open_shown =
            open_shown.filter(|(_, known)| known.is_none()).map(|(match_keys, _)| match_keys);
        let open_known = self.known_keys.iter().enumerate().zip(&self.is_taken);
        let open_known = open_known
            .filter(|((at, _), taken)| !**taken && may_match(*at))
            .map(|(match_keys, _)| match_keys);
        let shown_by = match_keys::unique(match_key, open_shown);
        let known_by = match_keys::unique(match_key, open_known);
        let mut pairs: Vec<(usize, usize)> = shown_by
            .into_iter()
            .filter_map(|(value, shown)| Some((shown?, (*known_by.get(&value)?)?)))
            .filter(|(shown, known)| {
                let both = self.shown_keys.get(*shown).zip(self.known_keys.get(*known));
                both.is_some_and(|(shown, known)| agrees(shown, known))
            })
            .collect();
        pairs.sort_unstable();
        pairs
    }

    /// Whether the ids turn out to be unreliable.
    fn id_fault(&self) -> Option<IdFault> {
        if self.policy != KeyPolicy::Id {
            return None;
        }
        if policy::are_changed_ids(self.by_link, self.by_key + self.by_link) {
            return Some(IdFault::Changed);
        }
        let pairs =
            self.known_of.iter().enumerate().filter_map(|(shown, known)| Some((shown, (*known)?)));
        let pairs = pairs.filter_map(|(shown, known)| {
            Some((self.shown_keys.get(shown)?, self.known_keys.get(known)?))
        });
        policy::are_reused_ids(pairs, &self.shown_keys).then_some(IdFault::Reused)
    }

    /// Matches by weak keys, if enough entries changed for a mass change.
    fn match_mass_change(&mut self) -> Option<usize> {
        let open = self.known_of.iter().filter(|known| known.is_none()).count();
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        if open < MASS_ENTRIES
            || share(open, self.shown.len()) < MASS_SHARE
            || self.known.len() < MASS_ENTRIES
        {
            return None;
        }
        let before = (self.known_of.clone(), self.is_taken.clone());
        let match_keys =
            [MatchKey::AlternateId, MatchKey::AlternateLink, MatchKey::Title, MatchKey::Date];
        let found: usize =
            match_keys.into_iter().map(|match_key| self.join(match_key, |_, _| true).len()).sum();
        if share(found, open) >= MASS_KNOWN {
            return Some(found);
        }
        (self.known_of, self.is_taken) = before;
        None
    }
}

/// The keys of a document's entries, all different. Where two would be equal, the later entry takes
/// its next best key.
fn keys(policy: KeyPolicy, shown: &[EntryFields]) -> Vec<EntryKey> {
    let mut taken = HashSet::new();
    let mut keys = Vec::with_capacity(shown.len());
    for fields in shown {
        let options = policy.down().map(|policy| policy.key(fields)).chain([fields.key.clone()]);
        let key = options.into_iter().find(|key| !taken.contains(key));
        let key = key.unwrap_or_else(|| fields.key.disambiguated(keys.len()));
        taken.insert(key.clone());
        keys.push(key);
    }
    keys
}

#[cfg(test)]
mod tests;
