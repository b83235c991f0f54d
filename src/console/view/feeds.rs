//! The table of feeds: a row each, with its last day and its last week.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::console::view::format::{LINE, When, count, foreign, percent};
use crate::console::view::outcomes::hours_until;
use crate::console::view::states;
use crate::console::view::svg::{HeatCell, heat_row, sparkline};
use crate::store::{FeedHour, FeedRow};

/// Hours of the row of cells.
pub(crate) const HOURS: i64 = 24;

/// Hours of the line.
pub(crate) const WEEK: i64 = 168;

/// Hours that one point of the line sums.
pub(crate) const STEP: i64 = 6;

/// A feed in the table.
#[derive(Debug, Clone)]
pub(crate) struct FeedLineView {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) state: String,
    pub(crate) class: &'static str,
    pub(crate) status: String,
    pub(crate) error: Option<String>,
    pub(crate) failures: i32,
    pub(crate) entries: String,
    pub(crate) week: String,
    pub(crate) gaps: i32,
    pub(crate) coverage: Option<String>,
    pub(crate) last_entry: Option<When>,
    pub(crate) polled: Option<When>,
    pub(crate) next: When,
    /// Entries of each of the last hours, drawn.
    pub(crate) day: String,
    pub(crate) line: String,
    /// The same numbers, for the tables.
    pub(crate) hours: Vec<String>,
    pub(crate) points: Vec<String>,
}

/// Hours of feeds by feed and hour.
pub(crate) struct Hours(HashMap<(i64, DateTime<Utc>), FeedHour>);

impl Hours {
    pub(crate) fn new(hours: Vec<FeedHour>) -> Self {
        Self(hours.into_iter().map(|hour| ((hour.feed_id, hour.hour), hour)).collect())
    }

    /// The cell of an hour: empty if the feed was not polled in it.
    pub(crate) fn cell(&self, feed: i64, hour: DateTime<Utc>) -> HeatCell {
        self.0.get(&(feed, hour)).map_or_else(HeatCell::default, |known| HeatCell {
            value: Some(i64::from(known.entries)),
            failed: known.failures > 0,
        })
    }

    /// The most entries of a feed in one of the last hours.
    fn most(&self, now: DateTime<Utc>) -> i64 {
        let since = now - TimeDelta::hours(HOURS);
        let recent = self.0.values().filter(|hour| hour.hour > since);
        recent.map(|hour| i64::from(hour.entries)).max().unwrap_or(0)
    }
}

/// Entries of the last week by feed, in points of some hours, oldest first.
pub(crate) struct Weeks(HashMap<i64, Vec<i64>>);

impl Weeks {
    /// `stretches` are feed, number of the point, and entries.
    pub(crate) fn new(stretches: &[(i64, i32, i64)]) -> Self {
        let mut weeks: HashMap<i64, Vec<i64>> = HashMap::new();
        for (feed, stretch, entries) in stretches {
            let points = weeks.entry(*feed).or_insert_with(Self::nothing);
            let point = usize::try_from(*stretch).ok().and_then(|stretch| points.get_mut(stretch));
            if let Some(point) = point {
                *point += entries;
            }
        }
        Self(weeks)
    }

    /// When the week begins.
    pub(crate) fn since(now: DateTime<Utc>) -> DateTime<Utc> {
        hours_until(now, WEEK).first().copied().unwrap_or(now)
    }

    fn nothing() -> Vec<i64> {
        vec![0; (WEEK / STEP) as usize]
    }

    fn of(&self, feed: i64) -> Vec<i64> {
        self.0.get(&feed).cloned().unwrap_or_else(Self::nothing)
    }
}

/// The rows of the table. All are painted on one scale, so that busy feeds stand out.
pub(crate) fn rows(
    feeds: &[FeedRow],
    hours: &Hours,
    weeks: &Weeks,
    now: DateTime<Utc>,
) -> Vec<FeedLineView> {
    let most = hours.most(now);
    feeds.iter().map(|feed| row(feed, hours, &weeks.of(feed.id), most, now)).collect()
}

fn row(
    feed: &FeedRow,
    hours: &Hours,
    points: &[i64],
    most: i64,
    now: DateTime<Utc>,
) -> FeedLineView {
    let cells: Vec<HeatCell> =
        hours_until(now, HOURS).into_iter().map(|hour| hours.cell(feed.id, hour)).collect();
    let day: i64 = cells.iter().filter_map(|cell| cell.value).sum();
    let failed = cells.iter().filter(|cell| cell.failed).count();
    let week: i64 = points.iter().sum();
    let title = format!("{} new entries in 24 hours; polls failed in {failed} of them", count(day));
    FeedLineView {
        id: feed.id,
        name: foreign(feed.name.as_deref().unwrap_or(&feed.url), 80),
        url: foreign(&feed.url, 120),
        state: foreign(&feed.state, 20),
        class: states::class(&feed.state),
        status: feed.last_status.map_or_else(|| "–".to_owned(), |status| status.to_string()),
        error: feed.last_error.as_deref().map(|error| foreign(error, LINE)),
        failures: feed.failures,
        entries: count(feed.entries),
        week: count(week),
        gaps: feed.gaps,
        coverage: feed.coverage.map(|share| percent(f64::from(share))),
        last_entry: feed.last_entry_at.map(|at| When::of(at, now)),
        polled: feed.last_poll_at.map(|at| When::of(at, now)),
        next: When::of(feed.next_poll_at, now),
        day: heat_row(&title, &cells, most),
        line: sparkline(&format!("{} new entries in 7 days", count(week)), points),
        hours: cells.iter().map(HeatCell::words).collect(),
        points: points.iter().map(|entries| count(*entries)).collect(),
    }
}

/// The hours of the cells, and the times at which the points of the line begin, oldest first.
pub(crate) fn columns(now: DateTime<Utc>) -> [Vec<String>; 2] {
    let label = |hour: &DateTime<Utc>| hour.format("%a %H:%M").to_string();
    let points = hours_until(now, WEEK);
    [
        hours_until(now, HOURS).iter().map(label).collect(),
        points.iter().step_by(STEP as usize).map(label).collect(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn hour(back: i64, entries: i32) -> FeedHour {
        let hour = NOW - TimeDelta::hours(back);
        FeedHour { feed_id: 1, hour, polls: 2, failures: 0, entries }
    }

    #[test]
    fn a_week_has_all_its_points_and_no_other() {
        let weeks = Weeks::new(&[(1, 0, 8), (1, 27, 3), (1, 28, 16), (1, -1, 32)]);
        let points = weeks.of(1);
        assert_eq!((points.len(), points.iter().sum::<i64>()), (28, 11));
        assert_eq!((points[0], points[27]), (8, 3));
        assert_eq!(weeks.of(2), [0; 28]);
        assert_eq!(NOW - Weeks::since(NOW), TimeDelta::hours(WEEK - 1));
    }

    #[test]
    fn the_tables_have_a_column_for_each_cell_and_point() {
        let [hours, points] = columns(NOW);
        assert_eq!((hours.len(), points.len()), (24, Weeks::nothing().len()));
        assert_eq!((hours[23].as_str(), points[0].as_str()), ("Thu 00:00", "Thu 01:00"));
    }

    #[test]
    fn an_hour_without_a_poll_is_unknown_and_not_empty() {
        let hours = Hours::new(vec![hour(1, 0)]);
        assert_eq!(hours.cell(1, NOW).value, None);
        assert_eq!(hours.cell(1, NOW - TimeDelta::hours(1)).value, Some(0));
    }
}
