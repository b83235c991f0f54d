//! The sources of the publication date, most trusted first.
//!
//! A source is read only when it is asked for: where two agree, which most pages have, no further
//! one is.

use chrono::{DateTime, Utc};
use wiresift_text::dates::{Moment, Precision};

use crate::article::DateSource;
use crate::metadata::date::line::{Label, opening_date, says_issued};
use crate::metadata::date::reader::{AHEAD, Found, Reader, only};
use crate::metadata::date::shown::{self, Shown};
use crate::metadata::date::{Places, from_address};
use crate::metadata::datewords::PUBLISHED;

/// Longest line after the text that holds its date without a label, in bytes.
const LAST_BYTES: usize = 90;

/// What the sources of the publication date are read from.
pub(super) struct Sources<'a> {
    pub(super) places: Places<'a>,
    pub(super) reader: Reader,
    pub(super) shown: Option<&'a Shown>,
}

impl<'a> Sources<'a> {
    /// The date by each source that has one.
    pub(super) fn published(self) -> impl Iterator<Item = Found> + use<'a> {
        PUBLICATIONS.iter().filter_map(move |read| read(&self))
    }

    /// Lines beside the headline.
    fn lines(&self) -> impl Iterator<Item = &'a str> {
        self.places.datelines.iter().copied()
    }

    /// Texts of elements that a class calls dated.
    fn named(&self) -> impl Iterator<Item = &'a str> {
        let named = self.places.stamps.iter().filter(|stamp| !stamp.is_exact);
        named.map(|stamp| stamp.value.as_str())
    }

    /// Lines after the text.
    fn last(&self) -> impl Iterator<Item = &'a str> {
        self.places.last.iter().copied()
    }

    fn stamp(&self, wanted: &[&str], unwanted: &[&str]) -> Option<Found> {
        self.reader.stamp(self.places.stamps, wanted, unwanted)
    }

    fn property(&self) -> Option<Found> {
        let found = self.stamp(&["datepublished", "pubdate"], &[])?;
        Some(Found { source: DateSource::Meta, ..found })
    }

    fn json(&self, text: Option<&str>) -> Option<Found> {
        self.reader.found(DateSource::JsonLd, text?)
    }

    /// A date that is not read from a text of the page.
    fn known(
        &self,
        source: DateSource,
        at: DateTime<Utc>,
        precision: Precision,
        text: String,
    ) -> Option<Found> {
        let moment = Moment { at, zone: None, precision };
        (at <= self.reader.now + AHEAD).then_some(Found { source, moment, text })
    }

    fn address(&self) -> Option<Found> {
        let url = self.places.url?;
        self.known(DateSource::Url, from_address(url)?, Precision::Day, url.path().to_owned())
    }

    fn feed(&self) -> Option<Found> {
        let at = self.places.hints.published?;
        self.known(DateSource::Feed, at, Precision::Time, at.to_rfc3339())
    }
}

/// Most trusted first.
const PUBLICATIONS: [fn(&Sources<'_>) -> Option<Found>; 23] = [
    |s| s.json(s.places.head.facts.article.published.as_deref()),
    |s| s.reader.meta(s.places.head, PUBLISHED),
    |s| s.property(),
    |s| s.stamp(&["publish", "entry-date", "created"], &["updat", "modif"]),
    |s| s.shown.filter(|shown| shown.is_issued).map(|shown| shown.found.clone()),
    |s| s.stamp(&[], &["updat", "modif", "comment"]),
    |s| s.shown.map(|shown| shown.found.clone()),
    |s| s.reader.line(s.lines(), &[Label::Issued]),
    |s| s.reader.line(s.lines(), &[Label::None]),
    |s| s.reader.line(s.named(), &[Label::Issued]),
    |s| s.reader.line(s.named(), &[Label::None]),
    |s| s.address(),
    |s| s.reader.found(DateSource::Time, opening_date(s.places.opening?)?),
    |s| s.reader.line(s.last(), &[Label::Issued]),
    |s| s.reader.unknown_meta(s.places.head),
    |s| s.json(s.places.head.facts.article.uploaded.as_deref()),
    |s| s.lines().find_map(|line| s.reader.sentence(line)),
    |s| s.last().filter(|line| says_issued(line)).find_map(|line| s.reader.sentence(line)),
    |s| only(s.places.far.iter().filter_map(|line| shown::of_line(line, s.reader))),
    |s| s.reader.only_stamp(s.places.head),
    |s| s.reader.line(s.last().filter(|line| line.len() <= LAST_BYTES), &[Label::None]),
    |s| s.feed(),
    // Better than nothing: it was published by then.
    |s| s.reader.line(s.lines().chain(s.named()), &[Label::Changed]),
];
