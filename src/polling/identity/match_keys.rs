//! Keys by which an entry can be matched, cheap to compare.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::polling::identity::EntryFields;
use wiresift_feed::entry::EntryKey;
use wiresift_text::words::normalise;

/// What two sightings of one entry may have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchKey {
    /// The stored key.
    Stored,
    /// The key that the policy makes of both entries.
    Key,
    Link,
    /// The id, if it is a URL, without scheme and host.
    AlternateId,
    /// The link without its host.
    AlternateLink,
    TitleAndDate,
    Title,
    Date,
    /// The host of the link, and the number of the story in it.
    StoryNumber,
}

impl MatchKey {
    /// Whether the key is a complete id or link.
    pub(super) fn identifies(self) -> bool {
        matches!(self, Self::Stored | Self::Key | Self::Link)
    }
}

/// The match keys of one entry.
#[derive(Debug)]
pub(super) struct MatchKeys {
    stored: EntryKey,
    key: EntryKey,
    pub(super) link: Option<String>,
    alternate_id: Option<String>,
    alternate_link: Option<String>,
    /// Normalised: words only, in lower case.
    pub(super) title: Option<String>,
    pub(super) published: Option<DateTime<Utc>>,
    seen_at: DateTime<Utc>,
}

/// Shorter headlines are section names ("Weather", "News in brief").
const MIN_TITLE_LETTERS: usize = 12;
/// Shorter paths (`/`, `/1`) are not distinctive.
const MIN_PATH_LENGTH: usize = 2;

impl MatchKeys {
    /// `stored` is the key on file, or the one to look up there; `key` is made by the policy.
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
            seen_at: fields.seen_at,
        }
    }

    /// The key as text; `None` if the entry has none or it is not distinctive.
    fn match_key(&self, match_key: MatchKey) -> Option<String> {
        let distinctive = |title: &&String| title.chars().count() >= MIN_TITLE_LETTERS;
        match match_key {
            MatchKey::Stored => Some(self.stored.as_str().to_owned()),
            MatchKey::Key => Some(self.key.as_str().to_owned()),
            MatchKey::Link => self.link.clone().filter(|link| link.contains(['/', '?'])),
            MatchKey::AlternateId => self.alternate_id.clone(),
            MatchKey::AlternateLink => self.alternate_link.clone(),
            MatchKey::TitleAndDate => Some(format!(
                "{} {}",
                self.title.as_ref().filter(distinctive)?,
                self.published?.timestamp()
            )),
            MatchKey::Title => self.title.as_ref().filter(distinctive).cloned(),
            MatchKey::Date => self.published.map(|at| at.timestamp().to_string()),
            MatchKey::StoryNumber => story_number(self.link.as_deref()?),
        }
    }

    pub(super) fn same_title(one: &Self, other: &Self) -> bool {
        one.title.is_some() && one.title == other.title
    }

    /// Whether the entry has the time of its date, and not only the day.
    pub(super) fn has_time(&self) -> bool {
        self.published.is_some_and(|at| at.time() != NaiveTime::MIN)
    }

    /// Whether the feed stamps its entries with the time of the request: the link is the same, and
    /// the date has moved on by the time that has passed since.
    pub(super) fn is_stamped(shown: &Self, known: &Self) -> bool {
        let (Some(one), Some(other)) = (shown.published, known.published) else { return false };
        let (dates, clock) = (one - other, shown.seen_at - known.seen_at);
        shown.link == known.link
            && dates > TimeDelta::zero()
            && dates < DAILY
            && (dates - clock).abs() <= STAMP_SKEW
    }
}

/// Entries with one headline and link, as far apart as this, may be those of two days.
const DAILY: TimeDelta = TimeDelta::hours(12);
/// What the clock of a feed and the time of a request may differ by between two polls.
const STAMP_SKEW: TimeDelta = TimeDelta::minutes(5);

/// The owner of each key; `None` where several entries share it.
pub(super) fn unique<'a>(
    match_key: MatchKey,
    match_keys: impl Iterator<Item = (usize, &'a MatchKeys)>,
) -> HashMap<String, Option<usize>> {
    let mut owners = HashMap::new();
    for (index, match_keys) in match_keys {
        if let Some(value) = match_keys.match_key(match_key) {
            owners.entry(value).and_modify(|owner| *owner = None).or_insert(Some(index));
        }
    }
    owners
}

/// An id that is a URL, without scheme and host.
fn without_host(guid: &str) -> Option<String> {
    let (scheme, rest) = guid.trim().split_once("://")?;
    let is_scheme = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    path_of(rest.trim_end_matches('/')).filter(|_| is_scheme)
}

/// The host of an address and the number that a publishing system gave the story: the last run of
/// at least four digits that is neither a year nor a date.
fn story_number(link: &str) -> Option<String> {
    let (host, path) = link.split_at_checked(link.find(['/', '?'])?)?;
    let mut runs = path.split(|letter: char| !letter.is_ascii_digit());
    let number = runs.rfind(|run| run.len() >= MIN_STORY_DIGITS && !is_date(run))?;
    Some(format!("{host} {number}"))
}

const MIN_STORY_DIGITS: usize = 4;

/// Whether digits are a year, or a date that begins with the year.
fn is_date(digits: &str) -> bool {
    let is_year = digits.starts_with("19") || digits.starts_with("20");
    is_year && matches!(digits.len(), 4 | 6 | 8 | 12 | 14)
}

/// Path and query of an address.
fn path_of(address: &str) -> Option<String> {
    let path = address.get(address.find(['/', '?'])?..)?;
    (path.len() >= MIN_PATH_LENGTH).then(|| path.to_owned())
}
