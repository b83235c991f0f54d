//! Which entries of a document are which of those that its feed has shown before.
//!
//! A feed says what is the same by ids, and ids lie: they change with every poll, are shared by several entries, count
//! positions, or change all at once when a site moves to another host, scheme or publishing system. Believing them
//! repeats whole archives. So identity is a ladder:
//!
//! 1. The key that the feed's [`KeyPolicy`] makes of an entry is known.
//! 2. Its link is, under another id.
//! 3. Its id or its link is, but for scheme and host, and the headline is the same. Or headline and date are.
//! 4. In a [mass change](Recognition::mass) only: any one of these alone.
//!
//! From the third rung on a sign counts only if it is one entry's alone, in the document and among the known.
//!
//! The policy degrades by itself, and is remembered with the feed: `id`, `link`, `link-date`, `title`. It goes down where a
//! document's ids are missing or shared above a share (the rule of `FreshRSS`), where ids change under links that stay, and where
//! ids stay under articles that change. It never goes up: ids that lied may lie again, and links serve as well.
//!
//! All of it is linear in the document and what is known, but for the sorting of maps.

mod claims;
mod match_keys;
mod policy;

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use wiresift_feed::entry::EntryKey;

pub use claims::{Claim, believed, due_again};
pub use policy::{Doubt, KeyPolicy};

use match_keys::{MatchKey, MatchKeys};

/// What identity looks at: the same for an entry that is shown and one that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFields {
    /// The key that parsing made (shown), or under which it is stored (known).
    pub key: EntryKey,
    /// The feed's own id.
    pub guid: Option<String>,
    /// Identity of the link.
    pub link: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Date.
    pub published: Option<DateTime<Utc>>,
}

/// What a document's entries are to those known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognition {
    /// How this feed's entries are known from now on.
    pub policy: KeyPolicy,
    /// Why the policy went down, if it did.
    pub doubt: Option<Doubt>,
    /// For each entry shown, the place of the known one that it is.
    pub known: Vec<Option<usize>>,
    /// For each entry shown, whether only its headline, its date or parts of its names say so.
    pub by_hearsay: Vec<bool>,
    /// For each entry shown, the key to store it under. No two are the same.
    pub keys: Vec<EntryKey>,
    /// How many entries were known by a weak sign alone, because nearly all changed their names at once.
    pub mass: Option<usize>,
}

/// A mass change: fewer new entries than this are news.
const MASS_ENTRIES: usize = 5;
/// Share of a document that is new in a mass change.
const MASS_SHARE: f64 = 0.8;
/// Share of what is new that has some sign of a known entry.
const MASS_KNOWN: f64 = 0.5;

/// Recognises the entries of a document. `known` are the feed's entries that may be meant, each once.
#[must_use]
pub fn recognise(policy: KeyPolicy, shown: &[EntryFields], known: &[EntryFields]) -> Recognition {
    let mut doubt = None;
    let mut policy = policy.fitting(shown, &mut doubt);
    let mut matching = Matching::new(policy, shown, known);
    if let Some(found) = matching.doubt() {
        doubt = Some(found);
        policy = policy.below(shown);
        matching = Matching::new(policy, shown, known);
    }
    let mass = matching.by_weak_signs();
    let Matching { keys, known_of: known, by_hearsay, .. } = matching;
    Recognition { policy, doubt, known, by_hearsay, keys, mass }
}

/// Recognises entries that another document than the feed lists, a news sitemap of its site: by the same ladder but for its
/// last rung. It has no ids, which says nothing of the feed's: the policy stays.
#[must_use]
pub fn recognise_listed(
    policy: KeyPolicy,
    listed: &[EntryFields],
    known: &[EntryFields],
) -> Recognition {
    let Matching { keys, known_of: known, by_hearsay, .. } = Matching::new(policy, listed, known);
    Recognition { policy, doubt: None, known, by_hearsay, keys, mass: None }
}

/// A document and the known entries, being put together.
struct Matching<'a> {
    policy: KeyPolicy,
    shown: &'a [EntryFields],
    known: &'a [EntryFields],
    shown_marks: Vec<MatchKeys>,
    known_marks: Vec<MatchKeys>,
    /// To store the shown under.
    keys: Vec<EntryKey>,
    known_of: Vec<Option<usize>>,
    by_hearsay: Vec<bool>,
    is_taken: Vec<bool>,
    /// Entries known by their key.
    by_key: usize,
    /// Entries known by their link, under another id. One that had none, as from a sitemap, has not changed it.
    by_link: usize,
}

impl<'a> Matching<'a> {
    fn new(policy: KeyPolicy, shown: &'a [EntryFields], known: &'a [EntryFields]) -> Self {
        let keys = keys(policy, shown);
        let shown_marks = shown
            .iter()
            .zip(&keys)
            .map(|(fields, key)| MatchKeys::of(fields, key.clone(), policy.key(fields)));
        let known_marks = known
            .iter()
            .map(|fields| MatchKeys::of(fields, fields.key.clone(), policy.known_key(fields)));
        let mut matching = Self {
            policy,
            shown,
            known,
            shown_marks: shown_marks.collect(),
            known_marks: known_marks.collect(),
            keys,
            known_of: vec![None; shown.len()],
            by_hearsay: vec![false; shown.len()],
            is_taken: vec![false; known.len()],
            by_key: 0,
            by_link: 0,
        };
        matching.by_key = matching.join(MatchKey::Stored, |_, _| true).len();
        matching.by_key += matching.join(MatchKey::Key, |_, _| true).len();
        let has_id = |at: usize| known.get(at).is_some_and(|fields| fields.guid.is_some());
        matching.by_link =
            matching.join(MatchKey::Link, |_, _| true).iter().filter(|(_, at)| has_id(*at)).count();
        matching.join(MatchKey::TitleAndDate, |_, _| true);
        matching.join(MatchKey::AlternateId, MatchKeys::same_title);
        matching.join(MatchKey::AlternateLink, MatchKeys::same_title);
        matching
    }

    /// Puts together what has the same sign, if it is the only one on either side that has it.
    fn join(
        &mut self,
        match_key: MatchKey,
        agrees: impl Fn(&MatchKeys, &MatchKeys) -> bool,
    ) -> Vec<(usize, usize)> {
        let pairs = self.pairs(match_key, agrees);
        for (shown, known) in &pairs {
            let of = self.known_of.get_mut(*shown).zip(self.is_taken.get_mut(*known));
            if let Some((of, taken)) = of {
                (*of, *taken) = (Some(*known), true);
            }
            if let Some(by_hearsay) = self.by_hearsay.get_mut(*shown) {
                *by_hearsay = !match_key.is_a_name();
            }
        }
        pairs
    }

    fn pairs(
        &self,
        match_key: MatchKey,
        agrees: impl Fn(&MatchKeys, &MatchKeys) -> bool,
    ) -> Vec<(usize, usize)> {
        let open_shown = self.shown_marks.iter().enumerate().zip(&self.known_of);
        let open_shown =
            open_shown.filter(|(_, known)| known.is_none()).map(|(match_keys, _)| match_keys);
        let open_known = self.known_marks.iter().enumerate().zip(&self.is_taken);
        let open_known = open_known.filter(|(_, taken)| !**taken).map(|(match_keys, _)| match_keys);
        let shown_by = match_keys::alone(match_key, open_shown);
        let known_by = match_keys::alone(match_key, open_known);
        let mut pairs: Vec<(usize, usize)> = shown_by
            .into_iter()
            .filter_map(|(mark, shown)| Some((shown?, (*known_by.get(&mark)?)?)))
            .filter(|(shown, known)| {
                let both = self.shown_marks.get(*shown).zip(self.known_marks.get(*known));
                both.is_some_and(|(shown, known)| agrees(shown, known))
            })
            .collect();
        pairs.sort_unstable();
        pairs
    }

    /// Whether the policy's keys lie.
    fn doubt(&self) -> Option<Doubt> {
        if self.policy != KeyPolicy::Id {
            return None;
        }
        if policy::are_changed_ids(self.by_link, self.by_key + self.by_link) {
            return Some(Doubt::Changed);
        }
        let pairs =
            self.known_of.iter().enumerate().filter_map(|(shown, known)| Some((shown, (*known)?)));
        let pairs = pairs.filter_map(|(shown, known)| {
            Some((self.shown_marks.get(shown)?, self.known_marks.get(known)?))
        });
        policy::are_reused_ids(pairs, &self.shown_marks).then_some(Doubt::Reused)
    }

    /// In a mass change, the weaker signs decide.
    fn by_weak_signs(&mut self) -> Option<usize> {
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

/// The keys of a document's entries, each once: where two would have the same, the later one takes its next best.
fn keys(policy: KeyPolicy, shown: &[EntryFields]) -> Vec<EntryKey> {
    let mut taken = HashSet::new();
    let mut keys = Vec::with_capacity(shown.len());
    for fields in shown {
        let options = policy.down().map(|policy| policy.key(fields)).chain([fields.key.clone()]);
        let key = options.into_iter().find(|key| !taken.contains(key));
        let key = key.unwrap_or_else(|| fields.key.beside(keys.len()));
        taken.insert(key.clone());
        keys.push(key);
    }
    keys
}

#[cfg(test)]
mod tests;
