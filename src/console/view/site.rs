//! A site: how well its articles are extracted, what is removed from them, and what it allows.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::console::view::articles::headline;
use crate::console::view::format::{LINE, When, count, foreign, percent};
use crate::console::view::svg::{Drawing, Point, points, shares};
use crate::store::{SiteArticle, SiteDetail, SiteRow};

/// Doubtful or poor articles on the page, and days of the table.
const WORST: usize = 12;
const DAYS: usize = 60;

/// A quality below this is poor.
const POOR: f32 = 0.6;

#[derive(Debug, Clone)]
pub(crate) struct SiteView {
    pub(crate) host: String,
    /// Names and values.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) quality: Drawing,
    pub(crate) articles: String,
    /// Number, headline, quality.
    pub(crate) worst: Vec<(i64, String, String)>,
    pub(crate) removed: Vec<RemovedView>,
    pub(crate) kept: Vec<String>,
    pub(crate) robots: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct RemovedView {
    pub(crate) reason: String,
    pub(crate) blocks: String,
    pub(crate) articles: String,
    pub(crate) example: String,
    pub(crate) drawing: String,
}

impl SiteView {
    pub(crate) fn of(host: &str, detail: &SiteDetail, now: DateTime<Utc>) -> Self {
        let most = detail.removed.iter().map(|line| line.blocks).max().unwrap_or(1).max(1);
        let removed = detail.removed.iter().map(|line| RemovedView {
            reason: foreign(&line.reason, 80),
            blocks: count(line.blocks),
            articles: count(line.articles),
            example: foreign(&line.example, 200),
            drawing: shares(
                &format!("{} blocks", count(line.blocks)),
                &[("o-ended", line.blocks as f64 / most as f64)],
            ),
        });
        let mut worst: Vec<&SiteArticle> =
            detail.articles.iter().filter(|it| it.is_doubtful || it.quality < POOR).collect();
        worst.sort_by(|one, other| one.quality.total_cmp(&other.quality));
        let worst = worst.into_iter().take(WORST);
        Self {
            host: foreign(host, 200),
            facts: detail.row.as_ref().map(|row| facts(row, now)).unwrap_or_default(),
            quality: quality(&detail.articles),
            articles: count(detail.articles.len() as i64),
            worst: worst
                .map(|it| (it.id, headline(&it.title), percent(f64::from(it.quality))))
                .collect(),
            removed: removed.collect(),
            kept: detail.kept.iter().map(|text| foreign(text, LINE)).collect(),
            robots: detail.row.as_ref().and_then(|row| row.robots.as_deref()).map(robots),
        }
    }
}

/// robots.txt keeps its lines.
fn robots(text: &str) -> String {
    text.lines().take(300).map(|line| foreign(line, 200) + "\n").collect()
}

fn facts(row: &SiteRow, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let when = |at: DateTime<Utc>| When::of(at, now).relative;
    let mut facts = vec![("Known since", row.first_seen_at.format("%Y-%m-%d").to_string())];
    if let Some(at) = row.next_request_at.filter(|at| *at > now) {
        let why = row.hold_reason.as_deref().unwrap_or("the pause between requests");
        facts.push(("Next request", format!("{}: {}", when(at), foreign(why, LINE))));
    }
    facts.extend(row.crawl_delay_ms.map(|pause| ("Pause that it asks for", format!("{pause} ms"))));
    facts.extend(row.throttled_at.map(|at| ("Last throttled", when(at))));
    let limits = row.limits.as_ref().filter(|limits| !limits.is_null());
    facts.extend(limits.map(|limits| ("Its limits", foreign(&limits.to_string(), LINE))));
    let fetched = row.robots_fetched_at.map(|at| format!(", fetched {}", when(at)));
    let verdict = row.robots_verdict.as_deref().unwrap_or("not fetched");
    let fetched = fetched.unwrap_or_default();
    facts.push(("robots.txt", format!("{}{fetched}", foreign(verdict, 40))));
    facts.extend(row.agreement.map(|it| ("Texts agree with the feeds", percent(f64::from(it)))));
    facts.extend(row.doubtful.map(|it| ("Doubtful articles", count(it.into()))));
    facts.extend(row.changed_at.map(|at| ("Pages last changed", when(at))));
    let memory = row.known_blocks.map(|blocks| {
        let from = row.taught_by.map(|it| format!(" from {} articles", count(it.into())));
        let at = row.learned_at.map(|at| format!(", {}", when(at)));
        let (blocks, from) = (count(blocks.into()), from.unwrap_or_default());
        format!("{blocks} blocks{from}{}", at.unwrap_or_default())
    });
    facts.push(("What it has taught", memory.unwrap_or_else(|| "nothing yet".to_owned())));
    facts
}

/// A point for each article; the table has a row for each day.
fn quality(articles: &[SiteArticle]) -> Drawing {
    let (first, last) =
        (articles.iter().map(|it| it.at).min(), articles.iter().map(|it| it.at).max());
    let whole = first.zip(last).map_or(0, |(first, last)| (last - first).num_seconds());
    let shown: Vec<Point> = articles
        .iter()
        .map(|it| {
            let since = first.map_or(0, |first| (it.at - first).num_seconds());
            Point {
                x: since as f64 / whole.max(1) as f64,
                y: f64::from(it.quality),
                is_marked: it.is_doubtful,
            }
        })
        .collect();
    let mut days: BTreeMap<NaiveDate, Vec<&SiteArticle>> = BTreeMap::new();
    for article in articles {
        days.entry(article.at.date_naive()).or_default().push(article);
    }
    let row = |(day, articles): (&NaiveDate, &Vec<&SiteArticle>)| {
        let sum: f64 = articles.iter().map(|it| f64::from(it.quality)).sum();
        let doubtful = articles.iter().filter(|it| it.is_doubtful).count();
        vec![
            day.to_string(),
            count(articles.len() as i64),
            percent(sum / articles.len().max(1) as f64),
            count(doubtful as i64),
        ]
    };
    let rows = days.iter().rev().take(DAYS).map(row).collect();
    let head = ["Day", "Articles", "Mean quality", "Doubtful"];
    let drawing = points("Quality of its newest articles over time", &shown, &head, rows);
    let day = |at: Option<DateTime<Utc>>| {
        at.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default()
    };
    drawing.with_axis(vec![day(first), day(last)])
}
