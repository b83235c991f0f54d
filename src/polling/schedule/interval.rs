//! The regular pause of a feed that answers: see `docs/polling.md` for the same in an operator's words.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::polling::schedule::habits::Habits;
use crate::polling::schedule::history::History;
use crate::polling::schedule::settings::{Bounds, PollSettings};
use crate::polling::schedule::spread::{in_phase, jittered};

/// A pause, and the same as it was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    /// As the feed has it.
    pub(super) regular: Duration,
    /// So that feeds do not stay together.
    pub(super) drawn: Duration,
}

/// The pause from `now` on. `fresh_for` is what the answer's headers say about it.
pub(super) fn interval(
    history: &History,
    habits: &Habits,
    settings: &PollSettings,
    fresh_for: Option<Duration>,
    now: DateTime<Utc>,
    chance: f64,
) -> Interval {
    let bounds = Bounds::of(&history.terms, settings);
    if let Some(every) = history.terms.every {
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
    // One entry an hour, in a pause of `every`, waits for half of it on average.
    let debt = every * every / 2.0;
    let longest = bounds.longest.as_secs_f64() / 3600.0;
    let (rhythm, room) = (&habits.rhythm, habits.continuity.room());
    let reach = habits.continuity.reach.unwrap_or(longest);
    let own = bounds.clamp(of_hours(rhythm.pause(now, debt, room, longest).min(reach)));
    let most = bounds.clamp(of_hours(rhythm.pause(now, f64::INFINITY, room, longest).min(reach)));
    habits.hints.lengthened(own, most, fresh_for, now)
}

fn of_hours(hours: f64) -> Duration {
    Duration::try_from_secs_f64(hours * 3600.0).unwrap_or(Duration::MAX)
}
