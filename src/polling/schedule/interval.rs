//! The regular pause of a feed that answers. `docs/polling.md` explains it for operators.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::polling::schedule::feed_history::FeedHistory;
use crate::polling::schedule::habits::Habits;
use crate::polling::schedule::settings::{Bounds, PollSettings};
use crate::polling::schedule::spread::{in_phase, jittered};

/// A pause, before and after jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    /// Before jitter.
    pub(super) regular: Duration,
    /// After jitter, which keeps feeds from being polled in step.
    pub(super) drawn: Duration,
}

/// The pause from `now` on. `fresh_for` is the freshness lifetime from the response headers.
pub(super) fn interval(
    history: &FeedHistory,
    habits: &Habits,
    settings: &PollSettings,
    fresh_for: Option<Duration>,
    now: DateTime<Utc>,
    chance: f64,
) -> Interval {
    let bounds = Bounds::of(&history.intervals, settings);
    if let Some(every) = history.intervals.every {
        let regular = bounds.clamp(every);
        return Interval {
            regular,
            drawn: in_phase(regular, now, history.phase).max(bounds.shortest),
        };
    }
    let regular = learned(habits, settings, &bounds, fresh_for, now);
    let drawn = bounds.clamp(jittered(regular, chance));
    Interval { regular, drawn }
}

fn learned(
    habits: &Habits,
    settings: &PollSettings,
    bounds: &Bounds,
    fresh_for: Option<Duration>,
    now: DateTime<Utc>,
) -> Duration {
    let every = settings.every.as_secs_f64() / 3600.0;
    // With one entry an hour and a pause of `every`, an entry waits for half the pause on average.
    let waiting_limit = every * every / 2.0;
    let longest = bounds.longest.as_secs_f64() / 3600.0;
    let (rhythm, max_new) = (&habits.rhythm, habits.continuity.max_new());
    let safe_pause = habits.continuity.safe_pause.unwrap_or(longest);
    let own =
        bounds.clamp(of_hours(rhythm.pause(now, waiting_limit, max_new, longest).min(safe_pause)));
    let most =
        bounds.clamp(of_hours(rhythm.pause(now, f64::INFINITY, max_new, longest).min(safe_pause)));
    habits.hints.lengthened(own, most, fresh_for, now)
}

fn of_hours(hours: f64) -> Duration {
    Duration::try_from_secs_f64(hours * 3600.0).unwrap_or(Duration::MAX)
}
