//! The last step: keys, limits, and no dates in the future.
//!
//! - **Shared ids.** If entries of one document have the same id but lead to different pages, that
//!   id is not used for any of them; the link is used instead. This depends on the document, so the
//!   key of such an entry may change when the others leave the feed.
//! - **The key is derived before dates are checked**, or an entry that is known by title and date
//!   would be new at each poll.
//! - **Future dates.** Up to [`SKEW`] ahead means a fast clock, and becomes `now`. A date further
//!   ahead is a wrong time zone or a calendar. It is dropped: `now` would be another date at each
//!   poll, and the page itself knows better.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::{DateTime, TimeDelta, Utc};
use wiresift_text::limits;

use crate::ParsedFeed;
use crate::address::{IdentityKey, text_without_users};
use crate::defect::{Defect, Defects};
use crate::draft::{Draft, DraftEntry};
use crate::entry::{Entry, EntryKey};
use crate::text::cut;

/// How far a site's clock may be ahead.
const SKEW: TimeDelta = TimeDelta::minutes(10);

/// Age up to which a page in a sitemap is news. News sitemaps list the last two days.
const RECENT: TimeDelta = TimeDelta::days(7);

/// Longest title, in bytes.
const MAX_TITLE: usize = 1000;
/// Longest name of an author, or tag, in bytes.
const MAX_NAME: usize = limits::NAME_BYTES;
/// Longest summary, in bytes.
const MAX_SUMMARY: usize = 16 * 1024;
/// Longest content, in bytes.
const MAX_CONTENT: usize = 1024 * 1024;
/// Longest id, in bytes; the key is made from the whole id.
const MAX_GUID: usize = limits::GUID_BYTES;
/// Most authors, and most tags, of one entry.
const MAX_LIST: usize = 50;

/// Turns a draft into a feed as of `now`.
pub(super) fn assemble(mut draft: Draft, now: DateTime<Utc>, mut defects: Defects) -> ParsedFeed {
    if draft.is_sitemap {
        keep_recent(&mut draft.entries, now);
    }
    for entry in &mut draft.entries {
        cut_users(&mut entry.guid);
        cut_users(&mut entry.content);
    }
    let shared = shared_ids(&draft.entries);
    if !shared.is_empty() {
        defects.note(Defect::SharedId);
    }
    let mut seen = HashSet::new();
    let mut entries = Vec::with_capacity(draft.entries.len());
    for mut entry in draft.entries {
        if entry.authors.is_empty() {
            entry.authors.clone_from(&draft.authors);
        }
        let Some(key) = key(&entry, &shared) else {
            defects.note(Defect::EmptyEntry);
            continue;
        };
        if seen.insert(key.clone()) {
            entries.push(finish(entry, key, now, &mut defects));
        } else {
            defects.note(Defect::DuplicateEntry);
        }
    }
    let title = draft.title.and_then(|title| bounded(title, MAX_TITLE, &mut defects));
    ParsedFeed {
        title,
        home: draft.home,
        language: draft.language,
        is_index: draft.is_index,
        ttl: draft.ttl.or_else(|| Some(draft.period? / draft.frequency.unwrap_or(1).max(1))),
        skip_hours: draft.skip_hours,
        skip_days: draft.skip_days,
        older: draft.older,
        links: draft.links,
        entries,
        defects: defects.list(),
    }
}

/// Keeps the recent entries of a sitemap: those within [`RECENT`]; if there are none, the newest;
/// if no entry has a date, all. A sitemap may list the whole history of a site, and a list of
/// sitemaps one for each month.
fn keep_recent(entries: &mut Vec<DraftEntry>, now: DateTime<Utc>) {
    let date = |entry: &DraftEntry| entry.published.max(entry.updated);
    let Some(newest) = entries.iter().filter_map(date).max() else { return };
    let since = now.checked_sub_signed(RECENT).unwrap_or(now).min(newest);
    entries.retain(|entry| date(entry).is_some_and(|at| at >= since));
}

fn key(entry: &DraftEntry, shared: &HashSet<String>) -> Option<EntryKey> {
    let guid = entry.guid.as_deref().filter(|guid| !shared.contains(*guid));
    let text = entry.content.as_deref().or(entry.summary.as_deref()).or(entry.rest.as_deref());
    let derive = |guid| {
        EntryKey::derive(guid, entry.link.as_ref(), entry.title.as_deref(), entry.published, text)
    };
    // An entry with nothing but a shared id still needs a key.
    derive(guid).or_else(|| derive(entry.guid.as_deref()))
}

/// What distinguishes two entries with one id.
#[derive(PartialEq, Eq, Hash)]
enum Target {
    Page(IdentityKey),
    Title(Option<String>),
}

/// Ids of several entries that lead to different pages.
fn shared_ids(entries: &[DraftEntry]) -> HashSet<String> {
    let mut first: HashMap<&str, Target> = HashMap::new();
    let mut shared = HashSet::new();
    for entry in entries {
        let Some(guid) = entry.guid.as_deref() else { continue };
        let target = match &entry.link {
            Some(link) => Target::Page(IdentityKey::of(link)),
            None => Target::Title(entry.title.clone()),
        };
        if let Some(known) = first.get(guid) {
            if *known != target {
                shared.insert(guid.to_owned());
            }
        } else {
            first.insert(guid, target);
        }
    }
    shared
}

fn finish(entry: DraftEntry, key: EntryKey, now: DateTime<Utc>, defects: &mut Defects) -> Entry {
    let summary = entry.summary.and_then(|text| bounded(text, MAX_SUMMARY, defects));
    // A content that is no longer than the summary repeats the summary.
    let summary_bytes = summary.as_ref().map_or(0, String::len);
    let content = entry.content.filter(|content| content.len() > summary_bytes);
    let mut past = |date: Option<DateTime<Utc>>| {
        let date = date?;
        if date <= now {
            return Some(date);
        }
        defects.note(Defect::FutureDate);
        (date.signed_duration_since(now) <= SKEW).then_some(now)
    };
    let (published, updated) = (past(entry.published), past(entry.updated));
    Entry {
        key,
        guid: entry.guid.and_then(|text| bounded(text, MAX_GUID, defects)),
        link: entry.link,
        title: entry.title.and_then(|text| bounded(text, MAX_TITLE, defects)),
        summary,
        content: content.and_then(|text| bounded(text, MAX_CONTENT, defects)),
        published,
        updated,
        authors: list(entry.authors, defects),
        tags: list(entry.tags, defects),
        language: entry.language,
    }
}

/// Cuts user names and passwords from the addresses in a text.
fn cut_users(text: &mut Option<String>) {
    if let Some(plain) = text.as_deref().map(text_without_users)
        && let Cow::Owned(plain) = plain
    {
        *text = Some(plain);
    }
}

fn bounded(mut text: String, bytes: usize, defects: &mut Defects) -> Option<String> {
    if cut(&mut text, bytes) {
        defects.note(Defect::TextCut);
    }
    (!text.is_empty()).then_some(text)
}

/// Each word once, in order, none empty, at most [`MAX_LIST`].
fn list(words: Vec<String>, defects: &mut Defects) -> Vec<String> {
    let mut seen = HashSet::new();
    let words = words.into_iter().filter_map(|word| bounded(word, MAX_NAME, defects));
    words.filter(|word| seen.insert(word.clone())).take(MAX_LIST).collect()
}
