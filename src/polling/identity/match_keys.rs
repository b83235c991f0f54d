//! Signs by which an entry may be known, cheap to compare.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::polling::identity::EntryFields;
use wiresift_feed::entry::EntryKey;
use wiresift_text::words::normalise;

/// What two sightings of one entry may have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchKey {
    /// The key under which the known one is stored.
    Stored,
    /// The key that the policy makes of both.
    Key,
    Link,
    /// The id, if it is an address, without scheme and host.
    AlternateId,
    /// The link without its host.
    AlternateLink,
    TitleAndDate,
    Title,
    Date,
}

impl MatchKey {
    /// Whether it is what the entry is called or where it leads, whole.
    pub(super) fn is_a_name(self) -> bool {
        matches!(self, Self::Stored | Self::Key | Self::Link)
    }
}

/// The signs of one entry.
#[derive(Debug)]
pub(super) struct MatchKeys {
    stored: EntryKey,
    key: EntryKey,
    pub(super) link: Option<String>,
    alternate_id: Option<String>,
    alternate_link: Option<String>,
    /// Words alone, in lower case.
    pub(super) title: Option<String>,
    pub(super) published: Option<DateTime<Utc>>,
}

/// Letters below which a headline is a section's ("Weather", "News in brief").
const TELLING_LETTERS: usize = 12;
/// The same for a path: `/` and `/1` are anybody's.
const TELLING_PATH: usize = 2;

impl MatchKeys {
    /// `stored` is the key on file, or the one to be looked up there; `key` the one that the policy makes.
    pub(super) fn of(fields: &EntryFields, stored: EntryKey, key: EntryKey) -> Self {
        let link = fields.link.clone();
        let title = fields.title.as_deref().map(normalise).filter(|title| !title.is_empty());
        Self {
            stored,
            key,
            alternate_id: fields.guid.as_deref().and_then(without_host),
            alternate_link: link.as_deref().and_then(path_of),
            link,
            title,
            published: fields.published,
        }
    }

    /// The sign as a text; none where there is none, or where it says too little.
    fn match_key(&self, match_key: MatchKey) -> Option<String> {
        let telling = |title: &&String| title.chars().count() >= TELLING_LETTERS;
        match match_key {
            MatchKey::Stored => Some(self.stored.as_str().to_owned()),
            MatchKey::Key => Some(self.key.as_str().to_owned()),
            MatchKey::Link => self.link.clone().filter(|link| link.contains(['/', '?'])),
            MatchKey::AlternateId => self.alternate_id.clone(),
            MatchKey::AlternateLink => self.alternate_link.clone(),
            MatchKey::TitleAndDate => Some(format!(
                "{} {}",
                self.title.as_ref().filter(telling)?,
                self.published?.timestamp()
            )),
            MatchKey::Title => self.title.as_ref().filter(telling).cloned(),
            MatchKey::Date => self.published.map(|at| at.timestamp().to_string()),
        }
    }

    pub(super) fn same_title(one: &Self, other: &Self) -> bool {
        one.title.is_some() && one.title == other.title
    }
}

/// Who has each sign; none where several have it.
pub(super) fn alone<'a>(
    match_key: MatchKey,
    match_keys: impl Iterator<Item = (usize, &'a MatchKeys)>,
) -> HashMap<String, Option<usize>> {
    let mut owners = HashMap::new();
    for (place, match_keys) in match_keys {
        if let Some(mark) = match_keys.match_key(match_key) {
            owners.entry(mark).and_modify(|owner| *owner = None).or_insert(Some(place));
        }
    }
    owners
}

/// An id that is an address, without scheme and host.
fn without_host(guid: &str) -> Option<String> {
    let (scheme, rest) = guid.trim().split_once("://")?;
    let is_scheme = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    path_of(rest.trim_end_matches('/')).filter(|_| is_scheme)
}

/// What follows the host.
fn path_of(address: &str) -> Option<String> {
    let path = address.get(address.find(['/', '?'])?..)?;
    (path.len() >= TELLING_PATH).then(|| path.to_owned())
}
