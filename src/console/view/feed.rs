//! One feed: its hours, its rhythm, its last answers, what was left out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::console::view::event::EventView;
use crate::console::view::feeds::Hours;
use crate::console::view::format::{LINE, When, count, foreign, percent, span};
use crate::console::view::outcomes::hour_of;
use crate::console::view::states;
use crate::console::view::svg::{Bar, Chart, Drawing, HeatCell, heat_map, stacked_bars};
use crate::feed_list::{FeedSpec, Origin, write_toml};
use crate::filing::words;
use crate::polling::schedule::PollIntervals;
use crate::store::{FeedDetail, FeedEntry};
use wiresift_feed::Defect;
use wiresift_feed::address::FeedUrl;

/// Days of the heat map.
pub(crate) const DAYS: i64 = 7;

/// The page of a feed.
#[derive(Debug, Clone)]
pub(crate) struct FeedView {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) class: &'static str,
    pub(crate) state: String,
    pub(crate) meaning: &'static str,
    pub(crate) error: Option<String>,
    pub(crate) moved_to: Option<String>,
    pub(crate) is_paused: bool,
    /// Names and values.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// The days of the map, for its rows.
    pub(crate) days: Vec<String>,
    pub(crate) map: Drawing,
    pub(crate) rhythm: Drawing,
    pub(crate) losses: Vec<String>,
    pub(crate) entries: Vec<EntryView>,
    pub(crate) events: Vec<EventView>,
    /// Its table for a feed list.
    pub(crate) toml: Option<String>,
}

/// An entry of the feed.
#[derive(Debug, Clone)]
pub(crate) struct EntryView {
    pub(crate) title: String,
    /// The address, to be explained.
    pub(crate) url: Option<String>,
    pub(crate) state: String,
    pub(crate) cause: String,
    pub(crate) is_lost: bool,
    pub(crate) seen: When,
}

impl FeedView {
    pub(crate) fn of(feed: &FeedDetail, hours: &Hours, now: DateTime<Utc>) -> Self {
        let row = &feed.row;
        let name = row.name.as_deref().or(row.title.as_deref()).unwrap_or(&row.url);
        let (days, map) = map(row.id, hours, now);
        Self {
            id: row.id,
            name: foreign(name, 120),
            url: foreign(&row.url, 2_048),
            class: states::class(&row.state),
            state: foreign(&row.state, 20),
            meaning: states::explained(&row.state),
            error: row.last_error.as_deref().map(|error| foreign(error, LINE)),
            moved_to: row.moved_to.as_deref().map(|to| foreign(to, LINE)),
            is_paused: row.state == "paused",
            facts: facts(feed, now),
            days,
            map,
            rhythm: rhythm(feed),
            losses: losses(feed),
            entries: feed.entries.iter().map(|entry| EntryView::of(entry, now)).collect(),
            events: feed.events.iter().map(|event| EventView::of(event, now)).collect(),
            toml: toml(feed),
        }
    }
}

impl EntryView {
    fn of(entry: &FeedEntry, now: DateTime<Utc>) -> Self {
        let title = entry.title.as_deref().filter(|title| !title.trim().is_empty());
        let cause = match words::explained(&entry.cause) {
            Some(words) if entry.state != "pending" => format!("{}: {words}", entry.cause),
            _ => entry.cause.clone(),
        };
        Self {
            title: foreign(title.or(entry.url.as_deref()).unwrap_or("without a title"), 140),
            url: entry.url.clone(),
            state: foreign(&entry.state, 20),
            cause: foreign(&cause, LINE),
            is_lost: matches!(entry.state.as_str(), "skipped" | "abandoned"),
            seen: When::of(entry.first_seen_at, now),
        }
    }
}

fn facts(feed: &FeedDetail, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let (row, habits) = (&feed.row, &feed.habits);
    let when = |at: DateTime<Utc>| {
        let when = When::of(at, now);
        format!("{} ({})", when.relative, when.exact)
    };
    let status = row.last_status.map_or_else(|| "–".to_owned(), |status| status.to_string());
    let mut facts = vec![
        ("Next poll", when(row.next_poll_at)),
        ("Last poll", row.last_poll_at.map_or_else(|| "never".to_owned(), when)),
        ("Last answer", status),
        ("Last success", row.last_success_at.map_or_else(|| "never".to_owned(), when)),
        ("Failures in a row", row.failures.to_string()),
        ("Entries seen", count(row.entries_seen)),
        ("New entries", format!("{:.1} a day", habits.rhythm.rate() * 24.0)),
        ("Gaps", habits.continuity.gaps.to_string()),
    ];
    let further = [
        ("Last new entry", habits.silence.last_at.map(when)),
        ("Interval now", habits.interval.map(|seconds| span(seconds as i64))),
        ("Covered", habits.continuity.coverage.map(percent)),
        ("Fixed interval", row.every_s.map(|seconds| span(i64::from(seconds)))),
        ("Tags", (!row.tags.is_empty()).then(|| foreign(&row.tags.join(", "), LINE))),
        ("Language", row.language.as_deref().map(|language| foreign(language, 40))),
        ("Home page", row.home_url.as_deref().map(|url| foreign(url, LINE))),
        ("Hub", row.hub.as_deref().map(|hub| foreign(hub, LINE))),
        ("Subscription", row.hub_state.clone()),
        ("Known since", Some(when(row.first_seen_at))),
    ];
    facts.extend(further.into_iter().filter_map(|(name, value)| Some((name, value?))));
    facts
}

/// Days by hours, the present day last.
fn map(feed: i64, hours: &Hours, now: DateTime<Utc>) -> (Vec<String>, Drawing) {
    let today = hour_of(now).date_naive();
    let days: Vec<_> = (0..DAYS)
        .rev()
        .filter_map(|back| {
            let day = today.checked_sub_signed(TimeDelta::days(back))?;
            Some((day, day.and_hms_opt(0, 0, 0)?.and_utc()))
        })
        .collect();
    let row = |start: DateTime<Utc>| -> Vec<HeatCell> {
        (0..24).map(|hour| hours.cell(feed, start + TimeDelta::hours(hour))).collect()
    };
    let rows: Vec<Vec<HeatCell>> = days.iter().map(|(_, start)| row(*start)).collect();
    let names: Vec<String> = days.iter().map(|(day, _)| day.format("%a %-d").to_string()).collect();
    let table = names.iter().zip(&rows).flat_map(|(name, cells)| {
        let known = cells.iter().enumerate().filter(|(_, cell)| cell.value.is_some());
        known.map(move |(hour, cell)| {
            let failed = if cell.failed { "yes" } else { "no" };
            let entries = count(cell.value.unwrap_or_default());
            vec![format!("{name}, {hour:02}:00"), entries, failed.to_owned()]
        })
    });
    let title = "New entries by day and hour (UTC)";
    let head = ["Hour", "New entries", "A poll failed"];
    let table = table.collect();
    let map = heat_map(title, &rows, &head, table);
    (names, map.with_axis(hours_of_a_day()))
}

/// The labels below a day.
fn hours_of_a_day() -> Vec<String> {
    [0, 6, 12, 18, 24].map(|hour| format!("{hour} h")).into()
}

/// How much of its entries a feed brings in each stretch of the day.
fn rhythm(feed: &FeedDetail) -> Drawing {
    let rates = feed.habits.rhythm.by_stretch();
    let bar = |(place, rate): (usize, &f64)| Bar {
        label: format!("{:02}–{:02} h", place * 3, place * 3 + 3),
        // Entries in thirty days, since a number of the drawing is whole.
        parts: vec![(rate * 3.0 * 30.0).round() as i64],
    };
    let bars: Vec<Bar> = rates.iter().enumerate().map(bar).collect();
    let title = "Expected new entries in 30 days, by stretch of the day (UTC)";
    let parts = [("o-new", "Entries in 30 days")];
    let chart = Chart { title, width: 360.0, height: 90.0, parts: &parts, unit: "in 30 days" };
    stacked_bars(chart, &bars).with_axis(hours_of_a_day())
}

/// What the feed shows and has no article, in words.
fn losses(feed: &FeedDetail) -> Vec<String> {
    let defects = feed.row.defects.iter().filter_map(|name| Defect::from_stored(name)?.left_out());
    let defects = defects.map(|what| format!("left out of the last document: {what}"));
    let causes = feed.left_out.iter().map(|(cause, entries)| {
        let words = words::explained(cause).unwrap_or("see docs/glossary.md");
        format!("{} in 7 days, {}: {words}", count(*entries), foreign(cause, 40))
    });
    defects.chain(causes).collect()
}

/// The feed as a table for a feed list.
fn toml(feed: &FeedDetail) -> Option<String> {
    let row = &feed.row;
    let time = |seconds: Option<i32>| Some(Duration::from_secs(u64::try_from(seconds?).ok()?));
    let spec = FeedSpec {
        url: FeedUrl::parse(&row.url).ok()?,
        name: row.name.as_deref().map(|name| foreign(name, 512)),
        tags: row.tags.iter().take(100).map(|tag| foreign(tag, 100)).collect(),
        intervals: PollIntervals {
            every: time(row.every_s),
            min_every: time(row.min_every_s),
            max_every: time(row.max_every_s),
        },
        enabled: row.state != "paused",
        origin: Origin { file: String::new(), line: 0 },
    };
    Some(write_toml(&[spec]))
}
