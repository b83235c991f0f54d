//! How entries get their keys, and when that changes.

use std::collections::HashMap;

use crate::polling::identity::EntryFields;
use crate::polling::identity::match_keys::MatchKeys;
use wiresift_feed::entry::EntryKey;
use wiresift_text::similarity::likeness;

/// What an entry's key is made of, best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPolicy {
    /// The feed's own id.
    #[default]
    Id,
    /// The link.
    Link,
    /// Link and date, for feeds with one link for all entries.
    LinkDate,
    /// The headline.
    Title,
}

/// Why the ids of a feed are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdFault {
    /// Too many entries have no id, or share one.
    Shared,
    /// Ids change while links stay.
    Changed,
    /// Ids stay while articles change.
    Reused,
    /// Nothing stays but headlines: the dates are those of the request.
    Stamped,
}

impl IdFault {
    /// The word in the event's detail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Changed => "changed",
            Self::Reused => "reused",
            Self::Stamped => "stamped",
        }
    }
}

/// Documents with fewer entries say nothing about shares.
const MIN_ENTRIES: usize = 5;
/// Share of entries that may lack a key of their own (`FreshRSS`: one in twenty).
const MAX_SHARED: f64 = 0.05;
/// Ids that changed under their links: least number, and least share of all matched entries.
const CHANGED: (usize, f64) = (3, 0.2);
/// Share of words that an edited headline keeps. Two headlines of one site share fewer.
const MIN_TITLE_LIKENESS: f64 = 0.5;

impl KeyPolicy {
    const LADDER: [Self; 4] = [Self::Id, Self::Link, Self::LinkDate, Self::Title];

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Link => "link",
            Self::LinkDate => "link-date",
            Self::Title => "title",
        }
    }

    /// Reads the stored word; an unknown one gives the default.
    #[must_use]
    pub fn from_stored(word: &str) -> Self {
        Self::LADDER.into_iter().find(|policy| policy.as_str() == word).unwrap_or_default()
    }

    /// This policy and those below it.
    pub(super) fn down(self) -> impl Iterator<Item = Self> {
        Self::LADDER.into_iter().filter(move |policy| *policy >= self)
    }

    /// The key of an entry by this policy, or by the next one below that applies.
    #[must_use]
    pub fn key(self, fields: &EntryFields) -> EntryKey {
        self.down().find_map(|policy| policy.own_key(fields)).unwrap_or_else(|| fields.key.clone())
    }

    /// All keys under which a document's entries may be stored, by this policy or one below it.
    #[must_use]
    pub fn possible_keys(self, shown: &[EntryFields]) -> Vec<String> {
        let keys =
            shown.iter().flat_map(|fields| self.down().map(move |policy| policy.key(fields)));
        let keys: std::collections::BTreeSet<String> =
            keys.map(|key| key.as_str().to_owned()).collect();
        keys.into_iter().collect()
    }

    /// The same for an entry on file, which is stored under its key by id.
    pub(super) fn known_key(self, fields: &EntryFields) -> EntryKey {
        if self == Self::Id { fields.key.clone() } else { self.key(fields) }
    }

    fn own_key(self, fields: &EntryFields) -> Option<EntryKey> {
        let link = fields.link.as_deref();
        match self {
            Self::Id => Some(fields.key.clone()),
            // Some feeds link every entry to the home page.
            Self::Link => link.filter(|link| link.contains(['/', '?'])).map(EntryKey::of_link),
            Self::LinkDate => Some(EntryKey::of_link_and_date(link?, fields.published?)),
            Self::Title => fields.title.as_deref().map(EntryKey::of_title),
        }
    }

    /// This policy, or the first below it that gives the entries of this document different keys.
    pub(super) fn fitting(self, shown: &[EntryFields], id_fault: &mut Option<IdFault>) -> Self {
        if shown.len() < MIN_ENTRIES || self.tells_apart(shown) {
            return self;
        }
        let fitting = self.down().skip(1).find(|policy| policy.tells_apart(shown)).unwrap_or(self);
        *id_fault = (fitting != self).then_some(IdFault::Shared);
        fitting
    }

    /// The first policy below this one that gives the entries different keys.
    pub(super) fn below(self, shown: &[EntryFields]) -> Self {
        self.down().skip(1).find(|policy| policy.tells_apart(shown)).unwrap_or(Self::Link)
    }

    pub(super) fn tells_apart(self, shown: &[EntryFields]) -> bool {
        let mut counts: HashMap<EntryKey, usize> = HashMap::new();
        for key in shown.iter().filter_map(|fields| self.stated_key(fields)) {
            *counts.entry(key).or_default() += 1;
        }
        let alone = counts.values().filter(|count| **count == 1).count();
        (shown.len() - alone) as f64 <= MAX_SHARED * shown.len() as f64
    }

    /// The key as the feed states it. The parser has already replaced shared ids, which must not
    /// hide them here.
    fn stated_key(self, fields: &EntryFields) -> Option<EntryKey> {
        if self == Self::Id {
            fields.guid.as_deref().map(EntryKey::of_title)
        } else {
            self.own_key(fields)
        }
    }
}

/// Whether so many entries with a known link and another id, of all that were matched, mean that
/// ids change.
pub(super) fn are_changed_ids(by_link: usize, recognised: usize) -> bool {
    by_link >= CHANGED.0 && by_link as f64 >= CHANGED.1 * recognised as f64
}

/// Whether ids stay while the articles behind them change. An editor who rewrites headline and
/// address leaves the date, or some words. If ids count positions, the previous article is shown
/// under another id, or another day's article under the same one.
pub(super) fn are_reused_ids<'a>(
    pairs: impl Iterator<Item = (&'a MatchKeys, &'a MatchKeys)>,
    shown: &[MatchKeys],
) -> bool {
    let links: std::collections::HashSet<&str> =
        shown.iter().filter_map(|match_keys| match_keys.link.as_deref()).collect();
    let mut pairs = pairs.filter(|(shown, known)| {
        let other_link = shown.link.is_some() && known.link.is_some() && shown.link != known.link;
        other_link && shown.title != known.title
    });
    pairs.any(|(shown, known)| {
        let moved_on = known.link.as_deref().is_some_and(|link| links.contains(link));
        let other_date = shown.published.is_none() || shown.published != known.published;
        let titles = shown.title.as_deref().zip(known.title.as_deref());
        let other_title =
            titles.is_some_and(|(one, other)| likeness(one, other) < MIN_TITLE_LIKENESS);
        moved_on || (other_date && other_title)
    })
}
