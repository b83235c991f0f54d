//! When was it published, and when changed? JSON-LD, then `meta` and its many cousins, then `time` elements near
//! the article or a line with a date beside the headline, then the address. Never the future, never a date that only a sidebar carries.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use url::Url;

use crate::extract::Hints;
use crate::extract::metadata::dateformat::parse;
use crate::extract::metadata::head::{Head, Stamp};
use crate::news::article::{DateSource, Dated};

/// Clocks differ, and a page without a zone may be ahead by half a day.
const AHEAD: TimeDelta = TimeDelta::hours(14);

const PUBLISHED: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "date_published",
    "publication_date",
    "publicationdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "published_date",
    "published-date",
    "pubdate",
    "pub_date",
    "sailthru.date",
    "parsely-pub-date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.date",
    "dc.date",
    "dc.date.created",
    "dcterms.issued",
    "article.published",
    "article_date_original",
    "article:created",
    "originalpublicationdate",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "vr:published_time",
    "bt:pubdate",
    "citation_publication_date",
    "citation_date",
    "prism.publicationdate",
    "rnews:datepublished",
    "article.created",
    "datecreated",
    "created",
    "date",
    "dateissued",
    "displaydate",
    "timestamp",
    "weibo: article:create_at",
];

const MODIFIED: &[&str] = &[
    "article:modified_time",
    "article:modified",
    "og:updated_time",
    "og:modified_time",
    "datemodified",
    "date_modified",
    "article:updated",
    "last-modified",
    "lastmod",
    "modified",
    "revised",
    "dcterms.modified",
    "dc.date.modified",
    "article.updated",
    "update_date",
];

/// The instants of publication and last change. `datelines` are short lines with a date beside the headline.
pub(crate) fn dates(
    head: &Head,
    stamps: &[&Stamp],
    datelines: &[&str],
    url: Option<&Url>,
    hints: &Hints,
    now: DateTime<Utc>,
) -> (Option<Dated>, Option<Dated>) {
    let allowed = |at: &DateTime<Utc>| *at <= now + AHEAD;
    let read = |text: &str| parse(text).filter(allowed).map(|at| at.min(now));
    let dated = |source| move |at| Dated { at, source };
    let statement = &head.facts.article;
    let meta = |names: &[&str]| {
        names.iter().find_map(|name| head.metas_of(name).find_map(read)).map(dated(DateSource::Meta))
    };
    let stamp = |wanted: &[&str], unwanted: &[&str]| {
        let labelled = stamps.iter().filter(|s| {
            (wanted.is_empty() || wanted.iter().any(|w| s.label.contains(w)))
                && !unwanted.iter().any(|w| s.label.contains(w))
        });
        labelled.map(|s| s.value.as_str()).find_map(read)
    };
    let published = statement
        .published
        .as_deref()
        .and_then(read)
        .map(dated(DateSource::JsonLd))
        .or_else(|| meta(PUBLISHED))
        .or_else(|| stamp(&["datepublished", "pubdate"], &[]).map(dated(DateSource::Meta)))
        .or_else(|| {
            stamp(&["publish", "entry-date", "created"], &["updat", "modif"]).map(dated(DateSource::Time))
        })
        .or_else(|| stamp(&[], &["updat", "modif", "comment"]).map(dated(DateSource::Time)))
        .or_else(|| datelines.iter().find_map(|line| read(line)).map(dated(DateSource::Time)))
        .or_else(|| url.and_then(from_address).filter(allowed).map(dated(DateSource::Url)))
        .or_else(|| hints.published.filter(allowed).map(|at| at.min(now)).map(dated(DateSource::Feed)));
    let modified = statement
        .modified
        .as_deref()
        .and_then(read)
        .map(dated(DateSource::JsonLd))
        .or_else(|| meta(MODIFIED))
        .or_else(|| stamp(&["datemodified"], &[]).map(dated(DateSource::Meta)))
        .or_else(|| stamp(&["updat", "modif"], &[]).map(dated(DateSource::Time)));
    (published, modified)
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

/// Runs of digits with where they begin.
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
    use crate::extract::Limits;
    use crate::extract::tree::Tree;

    fn now() -> DateTime<Utc> {
        parse("2026-11-22T00:00:00Z").unwrap()
    }

    fn published(html: &str, url: Option<&str>) -> Option<(String, DateSource)> {
        let head = Head::of(&Tree::parse(html, &Limits::default()));
        let stamps: Vec<&Stamp> = head.stamps.iter().collect();
        let url = url.map(|u| Url::parse(u).unwrap());
        let (published, _) = dates(&head, &stamps, &[], url.as_ref(), &Hints::default(), now());
        published.map(|d| (d.at.format("%Y-%m-%d").to_string(), d.source))
    }

    #[test]
    fn sources_are_ranked() {
        let time = "<time datetime=2026-01-03>x</time>";
        let meta = "<meta property=article:published_time content=2026-01-02T08:00:00Z>";
        let json = r#"<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2026-01-01"}</script>"#;
        let url = Some("https://example.org/2026/01/04/storm");
        assert_eq!(
            published(&format!("{meta}{json}{time}"), url),
            Some(("2026-01-01".into(), DateSource::JsonLd))
        );
        assert_eq!(published(&format!("{meta}{time}"), url), Some(("2026-01-02".into(), DateSource::Meta)));
        assert_eq!(published(time, url), Some(("2026-01-03".into(), DateSource::Time)));
        assert_eq!(published("", url), Some(("2026-01-04".into(), DateSource::Url)));
        assert_eq!(published("", None), None);
    }

    #[test]
    fn the_future_is_refused() {
        let meta = "<meta name=date content=2031-01-02>";
        assert_eq!(published(meta, Some("https://example.org/2031/01/04/x")), None);
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
