//! Reads dates from the places of a page, in its own style and never in the future.

use chrono::{DateTime, TimeDelta, Utc};
use wiresift_text::dates::{self as text, Moment, Precision, Style};

use crate::article::DateSource;
use crate::metadata::date::line::{Label, from_number, labelled};
use crate::metadata::date::shown;
use crate::metadata::head::{Head, Stamp};

/// Clocks differ, and a page without a time zone may be ahead by half a day.
pub(super) const AHEAD: TimeDelta = TimeDelta::hours(14);

/// Most dates of one page that are compared.
pub(super) const WITNESSES: usize = 60;

/// A date that a source gives.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) source: DateSource,
    pub(super) moment: Moment,
    pub(super) text: String,
}

/// How a page writes dates. Of several tags of one language the one with a country counts.
pub(super) fn style_of(head: &Head) -> Style {
    let stated = [
        head.facts.article.language.as_deref(),
        head.language.as_deref(),
        head.meta_of(&["og:locale", "content-language"]),
    ];
    let mut tags = stated.into_iter().flatten();
    let first = tags.next();
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let is_bare = |tag: &str| !tag.contains(['-', '_']);
    let narrower = first
        .filter(|first| is_bare(first))
        .and_then(|first| tags.find(|tag| !is_bare(tag) && primary(tag) == primary(first)));
    style(narrower.or(first))
}

/// How a page in a language writes dates. There is no news on the web before 1990.
pub(crate) fn style(language: Option<&str>) -> Style {
    Style::of(language, 1990..=2099)
}

/// Reads a date with its day: a month alone is no date of an article.
pub(crate) fn read_date(text: &str, style: Style) -> Option<Moment> {
    text::read(text, style).filter(|moment| moment.precision > Precision::Month)
}

/// Reads dates that are not in the future.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    pub(super) style: Style,
    pub(super) now: DateTime<Utc>,
}

impl Reader {
    pub(super) fn read(self, text: &str) -> Option<Moment> {
        let is_past = |moment: &Moment| moment.at <= self.now + AHEAD;
        let style = self.style.where_written(text);
        let usual = read_date(text, style).filter(is_past);
        usual.or_else(|| read_date(text, style.reversed()).filter(is_past))
    }

    pub(super) fn found(self, source: DateSource, text: &str) -> Option<Found> {
        let moment = self.read(text)?;
        Some(Found { source, moment, text: text.trim().to_owned() })
    }

    pub(super) fn meta(self, head: &Head, names: &[&str]) -> Option<Found> {
        let mut values = names.iter().flat_map(|name| head.metas_of(name));
        values.find_map(|text| self.found(DateSource::Meta, text))
    }

    /// The first stamp with one of `wanted` in its label, if any are given, and none of `unwanted`.
    pub(super) fn stamp(
        self,
        stamps: &[&Stamp],
        wanted: &[&str],
        unwanted: &[&str],
    ) -> Option<Found> {
        let has =
            |stamp: &Stamp, words: &[&str]| words.iter().any(|word| stamp.label.contains(word));
        let fits =
            |s: &&&Stamp| s.is_exact && (wanted.is_empty() || has(s, wanted)) && !has(s, unwanted);
        stamps.iter().filter(fits).find_map(|stamp| self.found(DateSource::Time, &stamp.value))
    }

    /// A `meta` that speaks of publication by a name that no list has.
    pub(super) fn unknown_meta(self, head: &Head) -> Option<Found> {
        let mut values = head.metas.iter().filter(|(name, _)| name.contains("publish"));
        values.find_map(|(_, value)| self.found(DateSource::Meta, value))
    }

    /// The day that all dated elements of the page share, wherever they stand: first those that
    /// are exact, then those that hold a date and nothing else.
    pub(super) fn only_stamp(self, head: &Head) -> Option<Found> {
        let exact = head.stamps.iter().filter(|stamp| stamp.is_exact);
        let exact = exact.filter_map(|stamp| self.found(DateSource::Time, &stamp.value));
        let named = head.stamps.iter().filter(|stamp| !stamp.is_exact);
        let named = named.filter_map(|stamp| shown::of_line(&stamp.value, self));
        only(exact).or_else(|| only(named))
    }

    /// The date in a sentence.
    pub(super) fn sentence(self, line: &str) -> Option<Found> {
        from_number(line).find_map(|text| self.found(DateSource::Time, text))
    }

    /// The first date in these lines that is labelled so.
    pub(super) fn line<'a>(
        self,
        lines: impl Iterator<Item = &'a str>,
        wanted: &[Label],
    ) -> Option<Found> {
        // Most lines have no number, and no date either.
        let has_number = |line: &&str| line.chars().any(|c| c.is_numeric() || c == '年');
        lines
            .filter(has_number)
            .flat_map(labelled)
            .filter(|(label, _)| wanted.contains(label))
            .find_map(|(_, text)| self.found(DateSource::Time, text))
    }
}

/// The first of these, if all are of the same day.
pub(super) fn only(mut found: impl Iterator<Item = Found>) -> Option<Found> {
    let first = found.next()?;
    let is_same = |other: Found| other.moment.at.date_naive() == first.moment.at.date_naive();
    found.take(WITNESSES).all(is_same).then_some(first)
}
