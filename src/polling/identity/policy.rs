//! How a feed's entries are known, and when that is no longer believed.

use std::collections::HashMap;

use crate::polling::identity::EntryFields;
use crate::polling::identity::match_keys::MatchKeys;
use wiresift_feed::entry::EntryKey;
use wiresift_text::similarity::likeness;

/// What makes an entry's key, best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPolicy {
    /// The feed's own id.
    #[default]
    Id,
    /// Where it leads.
    Link,
    /// Where it leads and when it is dated, for feeds that lead all their entries to one page.
    LinkDate,
    /// The headline.
    Title,
}

/// Why ids are not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Too many entries have none, or one that others have too.
    Shared,
    /// They change while links stay.
    Changed,
    /// They stay while articles change.
    Reused,
}

impl Doubt {
    /// The word of the event's detail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Changed => "changed",
            Self::Reused => "reused",
        }
    }
}

/// In a document with fewer entries than this, shares say nothing.
const ENOUGH: usize = 5;
/// Share of entries that may lack a key of their own (`FreshRSS`: one in twenty).
const TOLERATED: f64 = 0.05;
/// Ids that changed under their links, at least, and as a share of all that were recognised.
const CHANGED: (usize, f64) = (3, 0.2);
/// Words that a headline keeps when it is edited, as a share; two headlines of one desk share less.
const EDITED: f64 = 0.5;

impl KeyPolicy {
    const LADDER: [Self; 4] = [Self::Id, Self::Link, Self::LinkDate, Self::Title];

    /// The word the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Link => "link",
            Self::LinkDate => "link-date",
            Self::Title => "title",
        }
    }

    /// From that word; an unknown one is the first.
    #[must_use]
    pub fn from_stored(word: &str) -> Self {
        Self::LADDER.into_iter().find(|policy| policy.as_str() == word).unwrap_or_default()
    }

    /// This policy and those below it.
    pub(super) fn down(self) -> impl Iterator<Item = Self> {
        Self::LADDER.into_iter().filter(move |policy| *policy >= self)
    }

    /// The key of an entry: by this policy, or the next below that finds something to go by.
    #[must_use]
    pub fn key(self, fields: &EntryFields) -> EntryKey {
        self.down().find_map(|policy| policy.own_key(fields)).unwrap_or_else(|| fields.key.clone())
    }

    /// All keys that a document's entries may be stored under, by this policy or one below it.
    #[must_use]
    pub fn keys_of(self, shown: &[EntryFields]) -> Vec<String> {
        let keys =
            shown.iter().flat_map(|fields| self.down().map(move |policy| policy.key(fields)));
        let keys: std::collections::BTreeSet<String> =
            keys.map(|key| key.as_str().to_owned()).collect();
        keys.into_iter().collect()
    }

    /// The same for an entry on file, whose stored key is the one by id.
    pub(super) fn known_key(self, fields: &EntryFields) -> EntryKey {
        if self == Self::Id { fields.key.clone() } else { self.key(fields) }
    }

    fn own_key(self, fields: &EntryFields) -> Option<EntryKey> {
        let link = fields.link.as_deref();
        match self {
            Self::Id => Some(fields.key.clone()),
            // Sloppy feeds lead every entry to the home page.
            Self::Link => link.filter(|link| link.contains(['/', '?'])).map(EntryKey::of_link),
            Self::LinkDate => Some(EntryKey::of_link_and_date(link?, fields.published?)),
            Self::Title => fields.title.as_deref().map(EntryKey::of_title),
        }
    }

    /// This policy, or the first below it that tells the entries of this document apart.
    pub(super) fn fitting(self, shown: &[EntryFields], doubt: &mut Option<Doubt>) -> Self {
        if shown.len() < ENOUGH || self.tells_apart(shown) {
            return self;
        }
        let fitting = self.down().skip(1).find(|policy| policy.tells_apart(shown)).unwrap_or(self);
        *doubt = (fitting != self).then_some(Doubt::Shared);
        fitting
    }

    /// The first policy below this one that tells the entries apart.
    pub(super) fn below(self, shown: &[EntryFields]) -> Self {
        self.down().skip(1).find(|policy| policy.tells_apart(shown)).unwrap_or(Self::Link)
    }

    fn tells_apart(self, shown: &[EntryFields]) -> bool {
        let mut counts: HashMap<EntryKey, usize> = HashMap::new();
        for key in shown.iter().filter_map(|fields| self.said_key(fields)) {
            *counts.entry(key).or_default() += 1;
        }
        let alone = counts.values().filter(|count| **count == 1).count();
        (shown.len() - alone) as f64 <= TOLERATED * shown.len() as f64
    }

    /// The key as the feed says it: parsing has mended shared ids already, which here must not hide them.
    fn said_key(self, fields: &EntryFields) -> Option<EntryKey> {
        if self == Self::Id {
            fields.guid.as_deref().map(EntryKey::of_title)
        } else {
            self.own_key(fields)
        }
    }
}

/// Whether so many entries with a known link and another id, of all that were recognised, mean that ids change.
pub(super) fn are_changed_ids(by_link: usize, recognised: usize) -> bool {
    by_link >= CHANGED.0 && by_link as f64 >= CHANGED.1 * recognised as f64
}

/// Whether ids stay while what they name changes. An editor who rewrites headline and address leaves the date, or
/// words; whoever counts positions shows the article that had the id before under another one, or another day's news.
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
        let other_title = titles.is_some_and(|(one, other)| likeness(one, other) < EDITED);
        moved_on || (other_date && other_title)
    })
}
