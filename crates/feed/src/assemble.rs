//! From what a reader found to what a feed says: identity, limits, and no future.
//!
//! - **Shared ids.** If entries of one document have one id but lead to different pages, that id says nothing, and
//!   none of them is known by it; the link is the next best. This depends on the document, so such an entry may change its key when its
//!   twins leave the feed; the link's identity then finds it.
//! - **The key is made before the date is judged**, or an entry known by title and date would be new at each poll.
//! - **Future dates.** Up to [`SKEW`] ahead is a clock that runs fast, and means now. Further ahead is a wrong zone or a calendar, and is
//!   dropped rather than clamped: `now` would be another date at each poll, and the page itself knows better.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ParsedFeed;
use crate::address::IdentityKey;
use crate::defect::{Defect, Defects};
use crate::draft::{Draft, DraftEntry};
use crate::entry::{Entry, EntryKey};
use crate::text::cut;

/// How far ahead of ours a site's clock may be.
const SKEW: TimeDelta = TimeDelta::minutes(10);

/// Age up to which a page of a sitemap is news. Sitemaps for news list the last two days.
const RECENT: TimeDelta = TimeDelta::days(7);

/// Bytes that are kept of a title, an author's name, a tag.
const MAX_TITLE: usize = 1000;
/// Bytes that are kept of a summary.
const MAX_SUMMARY: usize = 16 * 1024;
/// Bytes that are kept of the content.
const MAX_CONTENT: usize = 1024 * 1024;
/// Bytes that are kept of an id as written; its key is made of the whole.
const MAX_GUID: usize = 2048;
/// Names and tags that are kept of one entry.
const MAX_LIST: usize = 50;

/// Turns a draft into a feed as of `now`.
pub(super) fn assemble(mut draft: Draft, now: DateTime<Utc>, mut defects: Defects) -> ParsedFeed {
    if draft.is_sitemap {
        keep_recent(&mut draft.entries, now);
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

/// A sitemap lists a paper's whole past, a list of them one for each month of it. What is dated within [`RECENT`] is news;
/// where nothing is, the newest stands for all; where nothing is dated, all may be.
fn keep_recent(entries: &mut Vec<DraftEntry>, now: DateTime<Utc>) {
    let date = |entry: &DraftEntry| entry.published.max(entry.updated);
    let Some(newest) = entries.iter().filter_map(date).max() else { return };
    let since = (now - RECENT).min(newest);
    entries.retain(|entry| date(entry).is_some_and(|at| at >= since));
}

fn key(entry: &DraftEntry, shared: &HashSet<String>) -> Option<EntryKey> {
    let guid = entry.guid.as_deref().filter(|guid| !shared.contains(*guid));
    let text = entry.content.as_deref().or(entry.summary.as_deref()).or(entry.rest.as_deref());
    let derive = |guid| {
        EntryKey::derive(guid, entry.link.as_ref(), entry.title.as_deref(), entry.published, text)
    };
    // An id with nothing else to it is still an entry, and says so at the next poll.
    derive(guid).or_else(|| derive(entry.guid.as_deref()))
}

/// What tells two entries with one id apart.
#[derive(PartialEq, Eq, Hash)]
enum Target {
    Page(IdentityKey),
    Title(Option<String>),
}

/// Ids that several entries have though they are about different things.
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
    // A content that is no longer than the summary is the summary again.
    let summary_bytes = summary.as_ref().map_or(0, String::len);
    let content = entry.content.filter(|content| content.len() > summary_bytes);
    let mut past = |date: Option<DateTime<Utc>>| {
        let date = date?;
        if date <= now {
            return Some(date);
        }
        defects.note(Defect::FutureDate);
        (date - now <= SKEW).then_some(now)
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

fn bounded(mut text: String, bytes: usize, defects: &mut Defects) -> Option<String> {
    if cut(&mut text, bytes) {
        defects.note(Defect::TextCut);
    }
    (!text.is_empty()).then_some(text)
}

/// Each once, in order, none empty, not too many.
fn list(words: Vec<String>, defects: &mut Defects) -> Vec<String> {
    let mut seen = HashSet::new();
    let words = words.into_iter().filter_map(|word| bounded(word, MAX_TITLE, defects));
    words.filter(|word| seen.insert(word.clone())).take(MAX_LIST).collect()
}
