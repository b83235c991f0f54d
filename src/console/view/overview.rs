//! The front page: what needs attention, and how much comes in.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::console::view::format::{LINE, When, bytes, count, foreign, percent, span};
use crate::console::view::outcomes::{self, bars, sum};
use crate::console::view::states;
use crate::console::view::svg::{Cell, Drawing, strip};
use crate::notices::Open;
use crate::notices::conditions::advice;
use crate::server::figures::Snapshot;
use crate::store::{FeedCell, HourlyOutcome, OutcomeHour};
use crate::units::counted;

/// Hours of the bars.
pub(crate) const HOURS: i64 = 48;

/// Notices on the page; `wiresift status` has all.
const NOTICES: usize = 12;

/// Something that needs a person.
#[derive(Debug, Clone)]
pub(crate) struct Attention {
    pub(crate) text: String,
    pub(crate) advice: String,
    pub(crate) since: Option<When>,
    /// Where more is to be seen.
    pub(crate) href: Option<String>,
}

/// A number with its name.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) note: String,
}

/// How many feeds are in a state.
#[derive(Debug, Clone)]
pub(crate) struct StateCount {
    pub(crate) state: &'static str,
    pub(crate) class: &'static str,
    pub(crate) feeds: String,
}

/// The notices that are open, the busy feeds that bring no news, and how many other feeds are in
/// trouble.
pub(crate) fn attention(
    open: &BTreeMap<String, Open>,
    snapshot: &Snapshot,
    states: &[(String, i64)],
    now: DateTime<Utc>,
) -> Vec<Attention> {
    let notices = open.iter().take(NOTICES).map(|(key, fault)| Attention {
        text: foreign(&fault.text, LINE),
        advice: advice(key).to_owned(),
        since: Some(When::of(fault.since, now)),
        href: place_of(key),
    });
    let faulty = snapshot.gauges.iter().flat_map(|gauges| &gauges.faulty);
    let faulty = faulty.filter(|feed| !open.contains_key(&format!("feed:{}", feed.id)));
    let feeds = faulty.take(NOTICES).map(|feed| Attention {
        text: format!("{} is {}", foreign(&feed.url, 120), foreign(&feed.state, 20)),
        advice: states::explained(&feed.state).to_owned(),
        since: feed.last_entry_at.map(|at| When::of(at, now)),
        href: Some(format!("/feeds/{}", feed.id)),
    });
    notices.chain(feeds).chain(troubled(states)).collect()
}

/// The states in which a feed brings nothing, with the number of feeds.
fn troubled(states: &[(String, i64)]) -> impl Iterator<Item = Attention> {
    let bad = states.iter().filter(|(state, _)| states::is_trouble(state));
    bad.map(|(state, feeds)| Attention {
        text: format!("{}: {state}", counted(usize::try_from(*feeds).unwrap_or(0), "feed")),
        advice: states::explained(state).to_owned(),
        since: None,
        href: Some(format!("/feeds?state={state}")),
    })
}

/// The page about what a notice is about.
fn place_of(key: &str) -> Option<String> {
    match key.split_once(':') {
        Some(("feed", id)) => Some(format!("/feeds/{}", id.parse::<i64>().ok()?)),
        Some(("consumer", _)) => Some("/consumers".to_owned()),
        _ => match key {
            "polls" => Some("/feeds?state=failing".to_owned()),
            "queue" => Some("/accounting".to_owned()),
            _ => None,
        },
    }
}

/// Memory of the process: what is reserved of the budget, and its limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryUse {
    pub(crate) reserved: u64,
    pub(crate) limit: u64,
}

/// The figures at the head of the page.
pub(crate) fn tiles(
    rows: &[OutcomeHour],
    delays: Option<(f64, f64)>,
    snapshot: &Snapshot,
    memory: MemoryUse,
    now: DateTime<Utc>,
) -> Vec<Tile> {
    vec![
        articles(rows, now),
        delay(delays),
        queue(snapshot, now),
        disk(snapshot),
        of_memory(memory),
    ]
}

fn articles(rows: &[OutcomeHour], now: DateTime<Utc>) -> Tile {
    let day = now - chrono::TimeDelta::hours(24);
    let recent: Vec<OutcomeHour> = rows.iter().filter(|row| row.hour > day).cloned().collect();
    Tile {
        name: "Articles in 24 hours",
        value: count(sum(&recent, HourlyOutcome::New)),
        note: format!(
            "{} copies, {} revisions",
            count(sum(&recent, HourlyOutcome::Copy)),
            count(sum(&recent, HourlyOutcome::Revision))
        ),
    }
}

fn delay(delays: Option<(f64, f64)>) -> Tile {
    let name = "From publication to file";
    match delays {
        None => Tile { name, value: "–".to_owned(), note: "no dated article yet".to_owned() },
        Some((median, tenth)) => Tile {
            name,
            value: span(median as i64),
            note: format!("nine of ten within {}", span(tenth as i64)),
        },
    }
}

fn queue(snapshot: &Snapshot, now: DateTime<Utc>) -> Tile {
    let name = "Waiting to be read";
    let Some(gauges) = &snapshot.gauges else {
        return Tile { name, value: "–".to_owned(), note: "the database is away".to_owned() };
    };
    let note = gauges.oldest_pending.map_or_else(
        || "nothing waits".to_owned(),
        |at| format!("the oldest for {}", span((now - at).num_seconds())),
    );
    Tile { name, value: count(gauges.pending_entries), note }
}

fn disk(snapshot: &Snapshot) -> Tile {
    let free = snapshot.disk.map(|disk| (disk.free, disk.free as f64 / disk.size.max(1) as f64));
    let size = snapshot.sizes.map(|sizes| bytes(sizes.bytes.unsigned_abs()));
    Tile {
        name: "Database",
        value: size.unwrap_or_else(|| "–".to_owned()),
        note: free.map_or_else(
            || "free space is not known".to_owned(),
            |(free, share)| format!("{} free on its disk ({})", bytes(free), percent(share)),
        ),
    }
}

fn of_memory(memory: MemoryUse) -> Tile {
    Tile {
        name: "Memory in use",
        value: percent(memory.reserved as f64 / memory.limit.max(1) as f64),
        note: format!("{} of {}", bytes(memory.reserved), bytes(memory.limit)),
    }
}

/// How many feeds are in each state that there is, those in trouble first.
pub(crate) fn state_counts(counts: &[(String, i64)]) -> Vec<StateCount> {
    let of = |state: &'static str| {
        let (_, feeds) = counts.iter().find(|(known, _)| known == state)?;
        Some(StateCount { state, class: states::class(state), feeds: count(*feeds) })
    };
    states::ALL.into_iter().filter_map(of).collect()
}

/// All feeds, a cell each.
pub(crate) fn feeds(cells: &[FeedCell]) -> Drawing {
    let drawn: Vec<Cell> = cells
        .iter()
        .map(|cell| Cell { class: states::class(&cell.state), is_late: cell.is_late })
        .collect();
    let rows = states::ALL.into_iter().filter_map(|state| {
        let feeds = cells.iter().filter(|cell| cell.state == state).count();
        let row =
            || vec![state.to_owned(), count(feeds as i64), states::explained(state).to_owned()];
        (feeds > 0).then(row)
    });
    strip("The feeds by state, those in trouble first", &drawn, rows.collect())
}

/// What became of entries, hour by hour.
pub(crate) fn entries(rows: &[OutcomeHour], now: DateTime<Utc>) -> Drawing {
    bars(rows, now, HOURS).with_axis(axis(now))
}

/// The hours under the bars: the first, the middle and the last.
fn axis(now: DateTime<Utc>) -> Vec<String> {
    let hours = outcomes::hours_until(now, HOURS);
    let places = [0, hours.len() / 4, hours.len() / 2, hours.len() * 3 / 4];
    let labels = places.iter().filter_map(|place| hours.get(*place));
    labels.map(|hour| hour.format("%a %H:%M").to_string()).chain(["now".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FaultyFeed, Gauges};

    #[test]
    fn a_notice_and_a_feed_of_the_same_fault_are_told_once() {
        let feed = |id| FaultyFeed {
            id,
            url: format!("https://paper.example/{id}"),
            state: "silent".into(),
            last_error: None,
            last_entry_at: None,
        };
        let gauges = Gauges { faulty: vec![feed(1), feed(2)], ..Gauges::default() };
        let snapshot = Snapshot { gauges: Some(gauges), ..Snapshot::default() };
        let now = DateTime::UNIX_EPOCH;
        let open = serde_json::json!({ "text": "quiet", "since": now });
        let open = [("feed:1".to_owned(), serde_json::from_value(open).unwrap())].into();
        let states = [("active".to_owned(), 9), ("blocked".to_owned(), 1)];
        let told = attention(&open, &snapshot, &states, now);
        let places: Vec<&str> = told.iter().filter_map(|one| one.href.as_deref()).collect();
        assert_eq!(places, ["/feeds/1", "/feeds/2", "/feeds?state=blocked"]);
    }

    #[test]
    fn unknown_figures_are_not_told_as_zero() {
        let memory = MemoryUse { reserved: 0, limit: 0 };
        let tiles = tiles(&[], None, &Snapshot::default(), memory, DateTime::UNIX_EPOCH);
        let values: Vec<&str> = tiles.iter().map(|tile| tile.value.as_str()).collect();
        assert_eq!(values, ["0", "–", "–", "–", "0%"]);
    }
}
