//! Keeps feeds that were added together from being polled in step.
//!
//! A learned pause is jittered each time. A fixed pause keeps its length and drifts towards a phase
//! of its own, taken from a digest of the feed's address. A thousand feeds of "every 30m" end up
//! spread evenly over the half hour, and stay so across restarts.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// How far a pause is moved at most, as a share of it.
const MAX_SHIFT: f64 = 0.1;

/// A learned pause, moved by `chance`, which is uniform in 0..1.
pub(super) fn jittered(pause: Duration, chance: f64) -> Duration {
    let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.5 };
    let moved = pause.as_secs_f64() * (1.0 + MAX_SHIFT * (2.0 * chance - 1.0));
    Duration::try_from_secs_f64(moved).unwrap_or(pause)
}

/// A fixed pause from `now` on, moved towards `phase`.
pub(super) fn in_phase(pause: Duration, now: DateTime<Utc>, phase: i64) -> Duration {
    let Ok(length @ 1..) = i64::try_from(pause.as_millis()) else { return pause };
    let planned = now.timestamp_millis().saturating_add(length);
    let late = planned.wrapping_sub(phase).rem_euclid(length);
    // To the nearer of the two instants with this phase.
    let shift = if late > length / 2 { length - late } else { -late };
    let most = (length as f64 * MAX_SHIFT) as i64;
    Duration::from_millis(length.saturating_add(shift.clamp(-most, most)).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn feeds_that_start_together_spread_evenly() {
        let pause = Duration::from_mins(30);
        let mut tenths = [0u32; 10];
        for feed in 0..1000 {
            let phase = crate::polling::schedule::window::short_digest(&format!(
                "https://a.example/{feed}"
            ));
            let mut now = DateTime::UNIX_EPOCH;
            for _ in 0..20 {
                now += in_phase(pause, now, phase);
            }
            tenths[(now.timestamp() % 1800 / 180) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (60..140).contains(count)), "{tenths:?}");
    }

    proptest! {
        #[test]
        fn a_pause_is_moved_by_a_tenth_at_most(
            seconds in 0u64..10_000_000, phase: i64, minute in 0i64..100_000_000, chance: f64,
        ) {
            let pause = Duration::from_secs(seconds);
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
            for moved in [in_phase(pause, now, phase), jittered(pause, chance)] {
                prop_assert!(moved >= pause.mul_f64(0.899) && moved <= pause.mul_f64(1.101));
            }
        }
    }
}
