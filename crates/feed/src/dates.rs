//! The dates of all entries of a document, read together.
//!
//! `11/5/2026` is one day in a feed that also has `11/24/2026`, and another in a feed that also has
//! `24/11/2026`. So the order of day and month is decided once for a document
//! (`Style::of_all`), and only what is read differently in that order is read again.

use chrono::{DateTime, Utc};
use wiresift_text::dates;

use crate::draft::{DatedText, DraftEntry};
use crate::read::style;

/// Reads the dates that are open until the whole document is known.
pub(super) fn settle(entries: &mut [DraftEntry], language: Option<&str>, now: DateTime<Utc>) {
    let texts = |entry: &'_ DraftEntry| [entry.published.clone(), entry.updated.clone()];
    let is_open = |text: &DatedText| dates::is_open(&text.text);
    if !entries.iter().flat_map(texts).flatten().any(|text| is_open(&text)) {
        return;
    }
    let published: Vec<String> =
        entries.iter().filter_map(|entry| Some(entry.published.as_ref()?.text.clone())).collect();
    let own = style(language.or_else(|| entries.first()?.language.as_deref()));
    let decided = own.of_all(published.iter().map(String::as_str), now);
    for entry in entries {
        for date in [&mut entry.published, &mut entry.updated].into_iter().flatten() {
            if is_open(date) {
                date.at = dates::read(&date.text, decided).map(|moment| moment.at);
            }
        }
    }
}
