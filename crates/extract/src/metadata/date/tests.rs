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
        far: &[],
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
        assert_eq!(published(html, &[], url), wanted.map(|(day, source)| (day.to_owned(), source)));
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
    assert_eq!(published("", &lines, ADDRESS), Some(("2026-01-04".to_owned(), DateSource::Url)));
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

/// The page's own source is overruled by the day that it shows beside the headline.
#[test]
fn the_day_that_the_page_shows_is_that_of_publication() {
    let changed =
        |day: &str| format!("{META}<meta property=article:modified_time content={day}T10:00:00Z>");
    for (html, line, wanted) in [
        // Published anew: metadata have the shown day as that of the last change.
        (changed("2026-03-05"), "5 March 2026 | Ann Able", "2026-03-05"),
        // The change is called a change.
        (changed("2026-03-05"), "Updated 5 March 2026", "2026-01-02"),
        // Shown before the stated day: the day of an import.
        (META.to_owned(), "14 November 2025", "2025-11-14"),
        (META.to_owned(), "Published 14 November 2025", "2025-11-14"),
        // After the last change: of something else.
        (changed("2026-01-03"), "5 March 2026", "2026-01-02"),
        // Not a date alone.
        (META.to_owned(), "Concert on 14 November 2025 in the harbour", "2026-01-02"),
    ] {
        let found = published(&html, &[line], None).map(|(day, _)| day);
        assert_eq!(found.as_deref(), Some(wanted), "{line}");
    }
    // Two days say nothing.
    let lines = ["14 November 2025", "15 November 2025"];
    let found = published(META, &lines, None).map(|(day, _)| day);
    assert_eq!(found.as_deref(), Some("2026-01-02"));
}

#[test]
fn an_instant_in_utc_has_the_day_beside_the_headline() {
    let meta = "<meta property=article:published_time content=2026-01-02T23:30:00Z>";
    let (dated, ..) = read(meta, &["3 January 2026"], None).published.unwrap();
    assert_eq!(dated.at.to_rfc3339(), "2026-01-02T23:30:00+00:00");
    assert_eq!(dated.local().to_rfc3339(), "2026-01-03T00:30:00+01:00");
    let meta = "<meta property=article:published_time content=2026-01-02T02:30:00Z>";
    let (dated, ..) = read(meta, &["January 1, 2026"], None).published.unwrap();
    assert_eq!(dated.local().to_rfc3339(), "2026-01-01T23:30:00-03:00");
}

#[test]
fn the_only_date_of_a_page_is_used() {
    let dated = |text: &str| format!("<p class=date>{text}</p>");
    let one = dated("3 May 2026.");
    assert_eq!(published(&one, &[], None).map(|(day, _)| day).as_deref(), Some("2026-05-03"));
    let film = r#"<script type="application/ld+json">{"@type":"VideoObject","name":"Tide",
        "uploadDate":"2026-05-03T08:00:00Z"}</script>"#;
    assert_eq!(published(film, &[], None).map(|(day, _)| day).as_deref(), Some("2026-05-03"));
    // The film of an article may be older.
    let article = format!("{META}{film}");
    assert_eq!(published(&article, &[], None).map(|(day, _)| day).as_deref(), Some("2026-01-02"));
}

#[test]
fn a_line_without_a_border_between_its_parts_is_divided() {
    let lines = ["3 May 2026Updated: 5 May 2026"];
    assert_eq!(published("", &lines, None).map(|(day, _)| day).as_deref(), Some("2026-05-03"));
    let lines = ["byAnn Able 3.5.2026"];
    assert_eq!(published("", &lines, None).map(|(day, _)| day).as_deref(), Some("2026-05-03"));
}
