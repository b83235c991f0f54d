//! Dates of publication and last change: from JSON-LD, then from `meta` and its many variants, then
//! from `time` elements near the article or a line with a date beside the headline, then from the
//! address. Never in the future, and never from a sidebar alone.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use url::Url;
use wiresift_text::dates::{self as text, Moment, Precision, Style};

use crate::Hints;
use crate::article::{DateSource, Dated};
use crate::metadata::datewords::{CHANGED, ISSUED, MODIFIED, OTHER, PUBLISHED, RIGHTS};
use crate::metadata::head::{Head, Stamp};
use crate::metadata::zone::{self, Witness};
use crate::provenance::Evidence;

/// Clocks differ, and a page without a time zone may be ahead by half a day.
const AHEAD: TimeDelta = TimeDelta::hours(14);

/// Most characters of the text that a date was read from.
const SOURCE_CHARS: usize = 100;

/// Most bytes at the beginning of a text in which its date stands.
const OPENING_BYTES: usize = 80;

/// Longest line after the text that holds its date without a label, in bytes.
const LAST_BYTES: usize = 90;

/// Most dates that are used to find the page's time zone.
const WITNESSES: usize = 60;

/// Shares that were right on pages with known dates, by source: if another source names the same
/// day, if there is no other, and if the others name another day.
fn evidence(source: DateSource, support: Support) -> Evidence {
    let (confirmed, alone, contradicted) = match source {
        // If no other source names that day, it is mostly the day of the last change.
        DateSource::JsonLd => (0.93, 0.85, 0.5),
        DateSource::Meta => (0.95, 0.93, 0.6),
        DateSource::Time | DateSource::Url => (0.85, 0.9, 0.5),
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

/// A date that a source gives.
#[derive(Debug, Clone)]
struct Found {
    source: DateSource,
    moment: Moment,
    text: String,
}

/// Where dates are read. `stamps` are the dated elements of the article, `datelines` short lines
/// with digits beside the headline, `last` those after the text, `opening` its first paragraph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) head: &'a Head,
    pub(crate) stamps: &'a [&'a Stamp],
    pub(crate) datelines: &'a [&'a str],
    pub(crate) last: &'a [&'a str],
    pub(crate) opening: Option<&'a str>,
    pub(crate) url: Option<&'a Url>,
    pub(crate) hints: &'a Hints,
}

/// The instants of publication and last change. Dates after `now` are ignored.
pub(crate) fn dates(places: Places<'_>, now: DateTime<Utc>) -> Dates {
    let reader = Reader { style: style_of(places.head), now };
    let published = published(places, reader);
    let modified = modified(places, reader);
    let witnesses = witnesses(places, reader);
    let dated = |moment: Moment, source| {
        let (at, zone) = zone::resolve(moment, &witnesses);
        Dated { at: at.min(now), zone, source }
    };
    let days: Vec<(DateSource, NaiveDate)> = published
        .iter()
        .map(|found| (found.source, dated(found.moment, found.source).local().date_naive()))
        .collect();
    let read = |found: Found, support| {
        let text: String = found.text.chars().take(SOURCE_CHARS).collect();
        (dated(found.moment, found.source), evidence(found.source, support), text)
    };
    Dates {
        published: published.into_iter().next().map(|found| read(found, support(&days))),
        modified: modified.map(|found| read(found, Support::Alone)),
    }
}

/// How the sources after the first compare with it.
fn support(days: &[(DateSource, NaiveDate)]) -> Support {
    let Some(((_, day), others)) = days.split_first() else { return Support::Alone };
    if others.is_empty() {
        return Support::Alone;
    }
    let is_near = |(_, other): &(DateSource, NaiveDate)| (*other - *day).num_days().abs() <= 1;
    if others.iter().any(is_near) { Support::Confirmed } else { Support::Contradicted }
}

/// How a page writes dates. Of several tags of one language the one with a country counts.
fn style_of(head: &Head) -> Style {
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
struct Reader {
    style: Style,
    now: DateTime<Utc>,
}

impl Reader {
    fn read(self, text: &str) -> Option<Moment> {
        let is_past = |moment: &Moment| moment.at <= self.now + AHEAD;
        let style = self.style.where_written(text);
        let usual = read_date(text, style).filter(is_past);
        usual.or_else(|| read_date(text, style.reversed()).filter(is_past))
    }

    fn found(self, source: DateSource, text: &str) -> Option<Found> {
        let moment = self.read(text)?;
        Some(Found { source, moment, text: text.trim().to_owned() })
    }

    fn meta(self, head: &Head, names: &[&str]) -> Option<Found> {
        let mut values = names.iter().flat_map(|name| head.metas_of(name));
        values.find_map(|text| self.found(DateSource::Meta, text))
    }

    /// The first stamp with one of `wanted` in its label, if any are given, and none of `unwanted`.
    fn stamp(self, stamps: &[&Stamp], wanted: &[&str], unwanted: &[&str]) -> Option<Found> {
        let has =
            |stamp: &Stamp, words: &[&str]| words.iter().any(|word| stamp.label.contains(word));
        let fits =
            |s: &&&Stamp| s.is_exact && (wanted.is_empty() || has(s, wanted)) && !has(s, unwanted);
        stamps.iter().filter(fits).find_map(|stamp| self.found(DateSource::Time, &stamp.value))
    }

    /// A `meta` that speaks of publication by a name that no list has.
    fn unknown_meta(self, head: &Head) -> Option<Found> {
        let mut values = head.metas.iter().filter(|(name, _)| name.contains("publish"));
        values.find_map(|(_, value)| self.found(DateSource::Meta, value))
    }

    /// The day that all dated elements of the page share, wherever they stand.
    fn only_stamp(self, head: &Head) -> Option<Found> {
        let exact = head.stamps.iter().filter(|stamp| stamp.is_exact);
        let mut found = exact.filter_map(|stamp| self.found(DateSource::Time, &stamp.value));
        let first = found.next()?;
        let is_same = |other: Found| other.moment.at.date_naive() == first.moment.at.date_naive();
        found.take(WITNESSES).all(is_same).then_some(first)
    }

    /// The first date in these lines that is labelled so.
    fn line<'a>(self, lines: impl Iterator<Item = &'a str>, wanted: &[Label]) -> Option<Found> {
        lines
            .flat_map(labelled)
            .filter(|(label, _)| wanted.contains(label))
            .find_map(|(_, text)| self.found(DateSource::Time, text))
    }
}

/// What a date is the date of, by the words before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    None,
    Issued,
    Changed,
    /// The site's rights, an event, a submission.
    Other,
}

/// The parts of a line, each with its label: "Updated 3 May 2026 | Published 1 May 2026".
fn labelled(line: &str) -> Vec<(Label, &str)> {
    let lists = [
        (Label::Other, OTHER),
        (Label::Changed, CHANGED),
        (Label::Issued, ISSUED),
        (Label::Other, RIGHTS),
    ];
    let mut parts = Vec::new();
    let (mut label, mut start, mut is_border) = (Label::None, 0, true);
    for (at, c) in line.char_indices().take(LINE_CHARS) {
        if is_border && !c.is_whitespace() {
            let rest = line.get(at..).unwrap_or_default();
            let first = c.to_lowercase().next();
            let is_here = |word: &&str| word.chars().next() == first && starts_with(rest, word);
            let begins = |(_, words): &&(Label, &[&str])| words.iter().any(is_here);
            if let Some((next, _)) = lists.iter().find(begins)
                && (at == 0 || *next != label)
            {
                parts.push((label, line.get(start..at).unwrap_or_default()));
                (label, start) = (*next, at);
            }
        }
        is_border = !c.is_alphanumeric() || !c.is_ascii();
    }
    parts.push((label, line.get(start..).unwrap_or_default()));
    parts.retain(|(_, text)| !text.trim().is_empty());
    parts
}

/// Longest line that is searched for labels, in characters.
const LINE_CHARS: usize = 200;

/// Whether a text starts with a word in lower case, whatever its own case.
fn starts_with(text: &str, word: &str) -> bool {
    let mut letters = text.chars().flat_map(char::to_lowercase);
    word.chars().all(|wanted| letters.next() == Some(wanted))
}

/// The part of a paragraph in which a press release has its date: up to the first dash or bracket
/// behind it.
fn opening_date(text: &str) -> Option<&str> {
    let end = text.floor_char_boundary(OPENING_BYTES);
    let head = text.get(..end)?;
    let mut signs = head.match_indices([')', '–', '—', ':', '|']).map(|(at, _)| at);
    let dash = head.match_indices(" - ").map(|(at, _)| at).next();
    let end =
        signs.find(|at| head.get(..*at).is_some_and(has_year)).into_iter().chain(dash).min()?;
    head.get(..end).filter(|head| has_year(head))
}

fn has_year(text: &str) -> bool {
    text.as_bytes().windows(4).any(|window| window.iter().all(u8::is_ascii_digit))
}

/// The publication date by each source, most trusted first.
fn published(places: Places<'_>, reader: Reader) -> Vec<Found> {
    let Places { head, stamps, datelines, last, opening, url, hints } = places;
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
        reader.line(lines(), &[Label::Issued]),
        reader.stamp(stamps, &[], &["updat", "modif", "comment"]),
        reader.line(lines(), &[Label::None]),
        reader.line(named(), &[Label::Issued]),
        reader.line(named(), &[Label::None]),
        url.and_then(|url| {
            of(DateSource::Url, from_address(url)?, Precision::Day, url.path().to_owned())
        }),
        opening.and_then(opening_date).and_then(|text| reader.found(DateSource::Time, text)),
        reader.line(last.iter().copied(), &[Label::Issued]),
        reader.unknown_meta(head),
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

/// A date in the address: `/2026/11/02/`, `/2026-11-02-`, `/20261102/`.
pub(crate) fn from_address(url: &Url) -> Option<DateTime<Utc>> {
    let path = url.path();
    let numbers: Vec<(usize, &str)> = runs(path).collect();
    let day = |y: &str, m: &str, d: &str| {
        let date = NaiveDate::from_ymd_opt(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?)?;
        let is_web = (1995..2100).contains(&y.parse::<i32>().ok()?);
        is_web.then(|| date.and_time(NaiveTime::MIN).and_utc())
    };
    for window in numbers.windows(3) {
        if let [(a, y), (b, m), (c, d)] = window
            && y.len() == 4
            && m.len() <= 2
            && d.len() <= 2
            && *b <= a + 5
            && *c <= b + m.len() + 1
            && let Some(found) = day(y, m, d)
        {
            return Some(found);
        }
    }
    numbers
        .iter()
        .filter(|(_, run)| run.len() == 8)
        .find_map(|(_, run)| day(run.get(..4)?, run.get(4..6)?, run.get(6..8)?))
}

/// Runs of digits and their positions.
fn runs(path: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let tail = path.get(rest..)?;
        let start = rest + tail.find(|c: char| c.is_ascii_digit())?;
        let run = path.get(start..)?;
        let length = run.find(|c: char| !c.is_ascii_digit()).unwrap_or(run.len());
        rest = start + length;
        Some((start, run.get(..length)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::tree::Tree;

    fn read(html: &str, lines: &[&str], url: Option<&str>) -> Dates {
        let now = read_date("2026-11-22T00:00:00Z", style(None)).unwrap().at;
        let head = Head::of(&Tree::parse(html, &Limits::default()), None);
        let stamps: Vec<&Stamp> = head.stamps.iter().collect();
        let url = url.map(|u| Url::parse(u).unwrap());
        let hints = Hints::default();
        let places = Places {
            head: &head,
            stamps: &stamps,
            datelines: lines,
            last: &[],
            opening: None,
            url: url.as_ref(),
            hints: &hints,
        };
        dates(places, now)
    }

    fn published(html: &str, lines: &[&str], url: Option<&str>) -> Option<(String, DateSource)> {
        let (dated, ..) = read(html, lines, url).published?;
        Some((dated.local().format("%Y-%m-%d").to_string(), dated.source))
    }

    const TIME: &str = "<time datetime=2026-01-03>x</time>";
    const META: &str = "<meta property=article:published_time content=2026-01-02T08:00:00Z>";
    const JSON: &str = r#"<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2026-01-01"}</script>"#;
    const ADDRESS: Option<&str> = Some("https://example.org/2026/01/04/storm");

    #[test]
    fn sources_are_ranked() {
        let all = format!("{META}{JSON}{TIME}");
        for (html, url, wanted) in [
            (all.as_str(), ADDRESS, Some(("2026-01-01", DateSource::JsonLd))),
            (&format!("{META}{TIME}"), ADDRESS, Some(("2026-01-02", DateSource::Meta))),
            (TIME, ADDRESS, Some(("2026-01-03", DateSource::Time))),
            ("", ADDRESS, Some(("2026-01-04", DateSource::Url))),
            ("", None, None),
        ] {
            assert_eq!(
                published(html, &[], url),
                wanted.map(|(day, source)| (day.to_owned(), source))
            );
        }
    }

    #[test]
    fn sources_that_agree_are_believed_more() {
        let sure = |html: &str, url| {
            read(html, &[], url).published.map(|(_, evidence, _)| evidence.confidence)
        };
        let alone = sure(JSON, None);
        assert!(sure(&format!("{META}{JSON}"), None) > alone);
        assert!(sure(JSON, Some("https://example.org/2019/05/04/storm")) < alone);
    }

    #[test]
    fn the_future_is_refused() {
        let meta = "<meta name=date content=2031-01-02>";
        assert_eq!(published(meta, &[], Some("https://example.org/2031/01/04/x")), None);
        // In the other order it is not in the future.
        let lines = ["12/10/2026"];
        assert_eq!(published("", &lines, None), Some(("2026-10-12".to_owned(), DateSource::Time)));
        let lines = ["10/12/2026"];
        assert_eq!(published("", &lines, None), Some(("2026-10-12".to_owned(), DateSource::Time)));
    }

    #[test]
    fn the_day_of_a_change_is_not_that_of_publication() {
        let lines = ["Updated on May 3, 2026 1:23 PM", "May 1, 2026"];
        assert_eq!(published("", &lines, None), Some(("2026-05-01".to_owned(), DateSource::Time)));
        let lines = ["Aktualisiert: 3. Mai 2026"];
        assert_eq!(
            published("", &lines, ADDRESS),
            Some(("2026-01-04".to_owned(), DateSource::Url))
        );
        assert_eq!(published("", &lines, None), Some(("2026-05-03".to_owned(), DateSource::Time)));
        let lines = ["Copyright © 1997-2026, 3 May 2026", "1 May 2026"];
        assert_eq!(published("", &lines, None), Some(("2026-05-01".to_owned(), DateSource::Time)));
    }

    #[test]
    fn the_day_is_that_of_the_place() {
        let meta = "<meta property=article:published_time content=2026-01-02T02:00:00Z>
                    <time datetime=2026-01-01T21:00:00-05:00>x</time>";
        assert_eq!(published(meta, &[], None), Some(("2026-01-01".to_owned(), DateSource::Meta)));
    }

    #[test]
    fn addresses_with_dates() {
        for (path, found) in [
            ("/news/2024/5/7/title", true),
            ("/a/2024-05-07-title", true),
            ("/20240507/x.html", true),
            ("/id/12345678901", false),
            ("/2024/title-99-1", false),
            ("/world/2024/13/40/", false),
        ] {
            let url = Url::parse(&format!("https://example.org{path}")).unwrap();
            assert_eq!(from_address(&url).is_some(), found, "{path}");
        }
    }
}
