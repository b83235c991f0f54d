//! Dates of publication and last change: from JSON-LD, then from `meta` and its many variants, then
//! from `time` elements near the article or a line with a date beside the headline, then from the
//! address. Never in the future, and never from a sidebar alone.
//!
//! The day that the page [shows](shown) beside its headline may overrule metadata.

mod line;
mod path;
mod reader;
mod shown;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use url::Url;
use wiresift_text::dates::{Moment, Precision};

use crate::Hints;
use crate::article::{DateSource, Dated};
use crate::metadata::datewords::{MODIFIED, PUBLISHED};
use crate::metadata::head::{Head, Stamp};
use crate::metadata::zone::{self, Witness};
use crate::provenance::Evidence;
use line::{Label, opening_date, says_issued};
pub(crate) use path::from_address;
use reader::{AHEAD, Found, Reader, WITNESSES, style_of};
pub(crate) use reader::{read_date, style};
use shown::Shown;

/// Most characters of the text that a date was read from.
const SOURCE_CHARS: usize = 100;

/// Longest line after the text that holds its date without a label, in bytes.
const LAST_BYTES: usize = 90;

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
    let mut published = published(places, reader, shown.as_ref());
    let shown = shown.map(|shown| shown.found);
    let modified = modified(places, reader);
    let witnesses = witnesses(places, reader);
    let dated = |found: &Found| {
        let (at, zone) = zone::resolve(found.moment, &witnesses);
        let zone = shown.as_ref().map_or(zone, |shown| shown::zone(at, zone, found, shown));
        Dated { at: at.min(now), zone, source: found.source }
    };
    let day = |found: &Found| dated(found).local().date_naive();
    if let Some(shown) = &shown
        && let Some(stated) = published.first()
        && shown::is_publication(shown, stated.source, day(stated), modified.as_ref().map(day))
    {
        published.insert(0, shown.clone());
    }
    let days: Vec<(DateSource, NaiveDate)> =
        published.iter().map(|found| (found.source, day(found))).collect();
    let read = |found: Found, support| {
        let text: String = found.text.chars().take(SOURCE_CHARS).collect();
        (dated(&found), evidence(found.source, support), text)
    };
    Dates {
        published: published.into_iter().next().map(|found| read(found, support(&days))),
        modified: modified.map(|found| read(found, Support::Alone)),
    }
}

/// How the sources after the first compare with it.
fn support(days: &[(DateSource, NaiveDate)]) -> Support {
    let Some(((source, day), others)) = days.split_first() else { return Support::Alone };
    let mut others = others.iter().filter(|(other, _)| other != source).peekable();
    if others.peek().is_none() {
        return Support::Alone;
    }
    let is_near = |(_, other): &(DateSource, NaiveDate)| (*other - *day).num_days().abs() <= 1;
    if others.any(is_near) { Support::Confirmed } else { Support::Contradicted }
}

/// The publication date by each source, most trusted first.
fn published(places: Places<'_>, reader: Reader, shown: Option<&Shown>) -> Vec<Found> {
    let Places { head, stamps, datelines, last, far, opening, url, hints } = places;
    let lines = || datelines.iter().copied();
    let named = || stamps.iter().filter(|stamp| !stamp.is_exact).map(|stamp| stamp.value.as_str());
    let ahead = |moment: &Moment| moment.at > reader.now + AHEAD;
    let of = |source, at: DateTime<Utc>, precision, text: String| {
        let moment = Moment { at, zone: None, precision };
        (!ahead(&moment)).then_some(Found { source, moment, text })
    };
    let time = |found: Option<Found>, source| found.map(|found| Found { source, ..found });
    [
        head.facts
            .article
            .published
            .as_deref()
            .and_then(|text| reader.found(DateSource::JsonLd, text)),
        reader.meta(head, PUBLISHED),
        time(reader.stamp(stamps, &["datepublished", "pubdate"], &[]), DateSource::Meta),
        reader.stamp(stamps, &["publish", "entry-date", "created"], &["updat", "modif"]),
        shown.filter(|shown| shown.is_issued).map(|shown| shown.found.clone()),
        reader.stamp(stamps, &[], &["updat", "modif", "comment"]),
        shown.map(|shown| shown.found.clone()),
        reader.line(lines(), &[Label::Issued]),
        reader.line(lines(), &[Label::None]),
        reader.line(named(), &[Label::Issued]),
        reader.line(named(), &[Label::None]),
        url.and_then(|url| {
            of(DateSource::Url, from_address(url)?, Precision::Day, url.path().to_owned())
        }),
        opening.and_then(opening_date).and_then(|text| reader.found(DateSource::Time, text)),
        reader.line(last.iter().copied(), &[Label::Issued]),
        reader.unknown_meta(head),
        head.facts
            .article
            .uploaded
            .as_deref()
            .and_then(|text| reader.found(DateSource::JsonLd, text)),
        lines().find_map(|line| reader.sentence(line)),
        last.iter().filter(|line| says_issued(line)).find_map(|line| reader.sentence(line)),
        reader::only(far.iter().filter_map(|line| shown::of_line(line, reader))),
        reader.only_stamp(head),
        reader.line(last.iter().copied().filter(|line| line.len() <= LAST_BYTES), &[Label::None]),
        hints.published.and_then(|at| of(DateSource::Feed, at, Precision::Time, at.to_rfc3339())),
        // Better than nothing: it was published by then.
        reader.line(lines().chain(named()), &[Label::Changed]),
    ]
    .into_iter()
    .flatten()
    .collect()
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
