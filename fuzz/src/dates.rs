//! Any bytes as a date: alone, in a feed and in a page.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use wiresift_extract::article::Dated;
use wiresift_extract::{Hints, Limits, Model, Page, extract};
use wiresift_text::dates::{self as text, Moment, Precision, Style};
use wiresift_text::limits;

use crate::{NOW, arguments, escaped};

/// A date is within the lawful years, its zone within 14 hours of UTC, and the same when it is
/// read again, with blanks around it, or written in RFC 3339. No date of a feed or page is in the
/// future.
pub fn dates(bytes: &[u8]) {
    let all = &*String::from_utf8_lossy(bytes);
    let ([language], date) = arguments(all);
    let style = Style::of(Some(language), limits::YEARS);
    for style in [style, style.reversed(), Style::of(None, 1990..=2030)] {
        let moment = text::read(date, style);
        assert_eq!(text::read(date, style), moment);
        assert_eq!(text::read(&format!(" {date}\n"), style), moment);
        moment.iter().for_each(|moment| check(moment, style));
    }
    check_feed(language, date);
    check_page(language, date);
}

fn check(moment: &Moment, style: Style) {
    assert!(limits::YEARS.contains(&moment.at.year()), "{moment:?}");
    assert!(moment.at >= DateTime::UNIX_EPOCH + TimeDelta::days(1), "{moment:?}");
    check_zone(moment.zone.map_or(0, |zone| zone.local_minus_utc()));
    let written = match moment.zone {
        Some(zone) => moment.at.with_timezone(&zone).to_rfc3339(),
        None => moment.at.naive_utc().format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
    };
    let again = text::read(&written, style).map(|again| (again.at, again.zone));
    assert_eq!(again, Some((moment.at, moment.zone)), "{written}");
    let at = moment.at.naive_utc();
    match moment.precision {
        Precision::Time => {}
        Precision::Day => assert_eq!(at.time(), chrono::NaiveTime::MIN),
        Precision::Month => assert_eq!((at.day(), at.time()), (1, chrono::NaiveTime::MIN)),
    }
}

fn check_zone(seconds: i32) {
    assert!(seconds.abs() <= limits::MAX_OFFSET_MINUTES * 60, "{seconds}");
}

fn check_feed(language: &str, date: &str) {
    let (language, date) = (escaped(language), escaped(date));
    let rss = format!(
        "<rss version=\"2.0\"><channel><language>{language}</language><lastBuildDate>{date}\
         </lastBuildDate><item><guid>1</guid><title>Ferry</title><pubDate>{date}</pubDate>\
         <dc:date>{date}</dc:date></item></channel></rss>"
    );
    let json = serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1", "language": language,
        "items": [{"id": "1", "title": "Ferry", "date_published": date, "date_modified": date}],
    });
    let base = "https://observer.example/feed".parse().expect("an address");
    for document in [rss, json.to_string()] {
        let read = wiresift_feed::parse(document.as_bytes(), None, &base, *NOW);
        let feed = read.expect("a feed");
        let dates = feed.entries.iter().flat_map(|entry| [entry.published, entry.updated]);
        dates.flatten().for_each(check_instant);
    }
}

fn check_page(language: &str, date: &str) {
    let (language, date) = (escaped(language), escaped(date));
    let url = "https://observer.example/ferry".parse().expect("an address");
    let html = format!(
        "<!doctype html><html lang=\"{language}\"><title>Ferry</title>\
         <meta property=\"article:published_time\" content=\"{date}\"><body><article>\
         <h1>Ferry</h1><p class=\"date\">{date}</p><time datetime=\"{date}\">{date}</time>\
         <p>It sails again, and the harbour is open to all.</p></article>"
    );
    let page = Page { bytes: html.as_bytes(), url: Some(&url), content_type: None };
    let model = Model::embedded().expect("the model of the program");
    let found = extract(model, &page, &Hints::default(), *NOW, &Limits::default()).article;
    for Dated { at, zone, .. } in [found.published, found.modified].into_iter().flatten() {
        check_instant(at);
        check_zone(zone.map_or(0, |zone| zone.local_minus_utc()));
    }
}

fn check_instant(at: DateTime<Utc>) {
    assert!(limits::YEARS.contains(&at.year()) && at <= *NOW, "{at}");
}
