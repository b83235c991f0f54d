//! The last step: what depends on the whole document, limits, and no dates in the future.
//!
//! - **Dates** are read in the order of day and month that the document has, see
//!   [`dates`].
//! - **Links** are chosen when all candidates of all entries are known, see [`crate::link`].
//! - **Keys** are told apart in [`keys`]. They are derived before dates are checked, or an entry
//!   that is known by title and date would be new at each poll.
//! - **Future dates.** Up to [`SKEW`] ahead means a fast clock, and becomes `now`. A date further
//!   ahead is a wrong time zone or a calendar. It is dropped: `now` would be another date at each
//!   poll, and the page itself knows better.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use wiresift_text::limits;

use crate::ParsedFeed;
use crate::address::{IdentityKey, text_without_users};
use crate::defect::{Defect, Defects};
use crate::draft::{DatedText, Draft, DraftEntry};
use crate::entry::{Entry, EntryKey};
use crate::link::Document;
use crate::text::{Markup, cut, plain};
use crate::{bridge, dates, keys};

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
    dates::settle(&mut draft.entries, draft.language.as_deref(), now);
    choose_links(&mut draft);
    let keys = keys::of(&draft.entries, &mut defects);
    let kept = draft.entries.into_iter().zip(keys).filter_map(|(entry, key)| Some((entry, key?)));
    let kept: Vec<(DraftEntry, EntryKey)> = kept.collect();
    let linking = linking(&kept);
    let entries = kept.into_iter().map(|(mut entry, key)| {
        if entry.authors.is_empty() {
            entry.authors.clone_from(&draft.authors);
        }
        let url = entry.link.as_ref().map(|link| &link.url);
        let sharing = url.and_then(|url| linking.get(&IdentityKey::of(url))).copied();
        let entry = finish(entry, key, now, &mut defects);
        Entry { link_shared_by: sharing.unwrap_or(1).saturating_sub(1), ..entry }
    });
    let entries = entries.collect();
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
    let Some(newest) = entries.iter().filter_map(DraftEntry::latest).max() else { return };
    let since = now.checked_sub_signed(RECENT).unwrap_or(now).min(newest);
    entries.retain(|entry| entry.latest().is_some_and(|at| at >= since));
}

fn choose_links(draft: &mut Draft) {
    let candidates = draft.entries.iter().map(|entry| entry.links.as_slice());
    let document = Document::of(draft.home.as_ref(), candidates);
    for entry in &mut draft.entries {
        entry.link = document.choose(std::mem::take(&mut entry.links));
    }
}

/// How many entries have each link.
fn linking(entries: &[(DraftEntry, EntryKey)]) -> HashMap<IdentityKey, usize> {
    let mut counts = HashMap::new();
    for link in entries.iter().filter_map(|(entry, _)| entry.link.as_ref()) {
        *counts.entry(IdentityKey::of(&link.url)).or_default() += 1;
    }
    counts
}

fn finish(entry: DraftEntry, key: EntryKey, now: DateTime<Utc>, defects: &mut Defects) -> Entry {
    let summary = entry.summary.and_then(|text| bounded(text, MAX_SUMMARY, defects));
    // A content that is no longer than the summary repeats the summary. An entry with nothing else
    // keeps it all the same.
    let summary_bytes = summary.as_ref().map_or(0, String::len);
    let is_alone = entry.title.is_none() || entry.link.is_none();
    let content = entry.content.filter(|content| is_alone || content.len() > summary_bytes);
    let mut past = |date: Option<DatedText>| {
        let date = date?.at?;
        if date <= now {
            return Some(date);
        }
        defects.note(Defect::FutureDate);
        (date.signed_duration_since(now) <= SKEW).then_some(now)
    };
    let published_text = entry.published.as_ref().map(|date| date.text.clone());
    let (published, updated) = (past(entry.published), past(entry.updated));
    let url = entry.link.as_ref().map(|link| &link.url);
    let bridge_error = entry.title.as_deref().and_then(|title| {
        let text = content.as_deref().map(|html| plain(html, Markup::Html));
        let text = text.or_else(|| summary.clone()).unwrap_or_default();
        bridge::error_of(title, url, &text)
    });
    Entry {
        key,
        guid: entry.guid.and_then(|text| bounded(text, MAX_GUID, defects)),
        link_reason: entry.link.as_ref().map(|link| link.reason),
        link_standing: entry.link.as_ref().map(|link| link.standing),
        link: entry.link.map(|link| link.url),
        link_shared_by: 0,
        enclosure: entry.enclosure,
        title: entry.title.and_then(|text| bounded(text, MAX_TITLE, defects)),
        summary,
        content: content.and_then(|text| bounded(text, MAX_CONTENT, defects)),
        published,
        published_text: published_text.and_then(|text| bounded(text, MAX_NAME, defects)),
        updated,
        authors: list(entry.authors, defects),
        tags: list(entry.tags, defects),
        language: entry.language,
        bridge_error,
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
