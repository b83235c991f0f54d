//! Dates of publication and last change: from JSON-LD, then from `meta` and its many variants, then
//! from `time` elements near the article or a line with a date beside the headline, then from the
//! address. Never in the future, and never from a sidebar alone.
//!
//! The day that the page [shows](shown) beside its headline may overrule metadata.

mod line;
mod path;
mod reader;
mod shown;
mod sources;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use url::Url;

use crate::Hints;
use crate::article::{DateSource, Dated};
use crate::metadata::datewords::{MODIFIED, PUBLISHED};
use crate::metadata::head::{Head, Stamp};
use crate::metadata::zone::{self, Witness};
use crate::provenance::Evidence;
use line::Label;
pub(crate) use path::from_address;
use reader::{Found, Reader, WITNESSES, style_of};
pub(crate) use reader::{read_date, style};
use sources::Sources;

/// Most characters of the text that a date was read from.
const SOURCE_CHARS: usize = 100;

/// Shares that were right on pages with known dates, by source: if another source names the same
/// day, if there is no other, and if the others name another day.
fn evidence(source: DateSource, support: Support) -> Evidence {
    let (confirmed, alone, contradicted) = match source {
        // If no other source names that day, it is mostly the day of the last change.
        DateSource::JsonLd => (0.95, 0.85, 0.15),
        DateSource::Meta => (0.95, 0.93, 0.6),
        DateSource::Time | DateSource::Url => (0.88, 0.88, 0.75),
        DateSource::Feed => (0.85, 0.7, 0.5),
    };
    let confidence = match support {
        Support::Confirmed => confirmed,
        Support::Alone => alone,
        Support::Contradicted => contradicted,
    };
    Evidence::new(source.into(), confidence)
}

/// What the other sources say about a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Support {
    Confirmed,
    Alone,
    Contradicted,
}

/// A date, the evidence for it, and the text that it was read from.
pub(crate) type Read = (Dated, Evidence, String);

/// The dates of an article.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Dates {
    pub(crate) published: Option<Read>,
    pub(crate) modified: Option<Read>,
}

/// Where dates are read. `stamps` are the dated elements of the article, `datelines` short lines
/// with digits beside the headline, `last` those after the text, `opening` its first paragraph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) head: &'a Head,
    pub(crate) stamps: &'a [&'a Stamp],
    pub(crate) datelines: &'a [&'a str],
    pub(crate) last: &'a [&'a str],
    /// Short lines anywhere on the page that say when something was published.
    pub(crate) far: &'a [&'a str],
    pub(crate) opening: Option<&'a str>,
    pub(crate) url: Option<&'a Url>,
    pub(crate) hints: &'a Hints,
}

/// Longest line with a label that is looked for on the whole page, in bytes.
const FAR_BYTES: usize = 60;

/// Whether a line begins with a word for publication and may hold a date.
pub(crate) fn says_published(line: &str) -> bool {
    let has_digits = || line.bytes().filter(u8::is_ascii_digit).nth(2).is_some();
    line.len() <= FAR_BYTES && has_digits() && line::is_issued(line)
}

/// The instants of publication and last change. Dates after `now` are ignored.
pub(crate) fn dates(places: Places<'_>, now: DateTime<Utc>) -> Dates {
    let reader = Reader { style: style_of(places.head), now };
    let shown = shown::day(places, reader);
    let mut published = Sources { places, reader, shown: shown.as_ref() }.published();
    let mut first = published.next();
    let modified = modified(places, reader);
    let witnesses = witnesses(places, reader);
    let shown = shown.as_ref().map(|shown| &shown.found);
    let dated = |found: &Found| {
        let (at, zone) = zone::resolve(found.moment, &witnesses);
        let zone = shown.map_or(zone, |shown| shown::zone(at, zone, found, shown));
        Dated { at: at.min(now), zone, source: found.source }
    };
    let day = |found: &Found| dated(found).local().date_naive();
    let mut stated = None;
    if let Some(shown) = shown
        && let Some(found) = &first
        && shown::is_publication(shown, found.source, day(found), modified.as_ref().map(day))
    {
        stated = first.replace(shown.clone());
    }
    let mut others = stated.into_iter().chain(published).map(|found| (found.source, day(&found)));
    let support = first.as_ref().map(|first| support(first.source, day(first), &mut others));
    let read = |found: Found, support| {
        let text: String = found.text.chars().take(SOURCE_CHARS).collect();
        (dated(&found), evidence(found.source, support), text)
    };
    Dates {
        published: first.zip(support).map(|(found, support)| read(found, support)),
        modified: modified.map(|found| read(found, Support::Alone)),
    }
}

/// How the sources after the first compare with it. They are read until one names its day.
fn support(
    source: DateSource,
    day: NaiveDate,
    others: &mut dyn Iterator<Item = (DateSource, NaiveDate)>,
) -> Support {
    let mut others = others.filter(|(other, _)| *other != source).peekable();
    if others.peek().is_none() {
        return Support::Alone;
    }
    let is_near = |(_, other): (DateSource, NaiveDate)| (other - day).num_days().abs() <= 1;
    if others.any(is_near) { Support::Confirmed } else { Support::Contradicted }
}

fn modified(places: Places<'_>, reader: Reader) -> Option<Found> {
    let Places { head, stamps, datelines, .. } = places;
    let stated = head.facts.article.modified.as_deref();
    stated
        .and_then(|text| reader.found(DateSource::JsonLd, text))
        .or_else(|| reader.meta(head, MODIFIED))
        .or_else(|| {
            let found = reader.stamp(stamps, &["datemodified"], &[])?;
            Some(Found { source: DateSource::Meta, ..found })
        })
        .or_else(|| reader.stamp(stamps, &["updat", "modif"], &[]))
        .or_else(|| reader.line(datelines.iter().copied(), &[Label::Changed]))
}

/// All dates that may show the page's time zone.
fn witnesses(places: Places<'_>, reader: Reader) -> Vec<Witness> {
    let Places { head, stamps, .. } = places;
    let facts = &head.facts.article;
    let stated = [facts.published.as_deref(), facts.modified.as_deref()].into_iter().flatten();
    let metas = head
        .metas
        .iter()
        .filter(|(name, _)| PUBLISHED.contains(&name.as_str()) || MODIFIED.contains(&name.as_str()))
        .map(|(_, value)| value.as_str());
    let ours = stated.chain(metas).map(|text| (text, true));
    let near =
        stamps.iter().filter(|stamp| stamp.is_exact).map(|stamp| (stamp.value.as_str(), false));
    ours.chain(near)
        .take(WITNESSES)
        .filter_map(|(text, is_ours)| Some(Witness { moment: reader.read(text)?, is_ours }))
        .collect()
}
