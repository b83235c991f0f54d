//! What the requests of the process tell about it: how long they take, and how far its clock is
//! from those of the hosts.
//!
//! One host proves nothing about our clock, since its own may be wrong. So the offset is the median
//! over the last answers of different hosts, and it is not known until a few of them have answered.
//! A cached answer states when it was made, and its `Age` how long ago that was (RFC 9111, 4.2.3).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::metrics::histogram::Histogram;

use crate::http::Response;

/// Hosts whose last answers are kept.
const HOSTS: usize = 64;

/// Fewer hosts say nothing.
const MIN_HOSTS: usize = 5;

/// Upper bounds of the time of one request, in seconds.
const BOUNDS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Times and clock offsets of requests. Clones share them.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// Seconds of each request, from the first byte sent to the last received.
    pub seconds: Histogram,
    offsets: Arc<Mutex<Offsets>>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { seconds: Histogram::new(BOUNDS), offsets: Arc::default() }
    }
}

/// The clock of this machine against those of the hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockOffset {
    /// Seconds by which this machine's clock is ahead; `None` as long as too few hosts answered.
    pub ahead: Option<i64>,
    /// Hosts that were compared.
    pub hosts: usize,
}

impl Traffic {
    /// Compares the host's clock in an answer that came just now with ours.
    pub fn compare(&self, response: &Response, now: DateTime<Utc>) {
        if let (Some(made), Some(host)) = (response.made, response.url.host_str()) {
            self.lock().add(host, ahead(made, now));
        }
    }

    /// The offset by the last answers.
    #[must_use]
    pub fn clock_offset(&self) -> ClockOffset {
        self.lock().median()
    }

    fn lock(&self) -> MutexGuard<'_, Offsets> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Seconds by which `now` is ahead of a host that made an answer at `date`, which a cache has kept
/// for `age`.
fn ahead((date, age): (DateTime<Utc>, Duration), now: DateTime<Utc>) -> i64 {
    let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
    (now - date).num_seconds().saturating_sub(age)
}

/// The last answer of each host, oldest first.
#[derive(Debug, Default)]
struct Offsets(VecDeque<(String, i64)>);

impl Offsets {
    fn add(&mut self, host: &str, ahead: i64) {
        self.0.retain(|(known, _)| known != host);
        if self.0.len() >= HOSTS {
            self.0.pop_front();
        }
        self.0.push_back((host.to_owned(), ahead));
    }

    fn median(&self) -> ClockOffset {
        let mut sorted: Vec<i64> = self.0.iter().map(|(_, ahead)| *ahead).collect();
        sorted.sort_unstable();
        let hosts = sorted.len();
        let middle = sorted.get(hosts / 2).copied();
        ClockOffset { ahead: middle.filter(|_| hosts >= MIN_HOSTS), hosts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_the_median_over_hosts() {
        let mut offsets = Offsets::default();
        for _ in 0..100 {
            offsets.add("busy.example", 9_000);
        }
        assert_eq!(offsets.median(), ClockOffset { ahead: None, hosts: 1 });
        for number in 0..4 {
            offsets.add(&format!("{number}.example"), number);
        }
        assert_eq!(offsets.median(), ClockOffset { ahead: Some(2), hosts: 5 });
    }

    #[test]
    fn a_cached_answer_is_as_old_as_its_age_says() {
        let now = DateTime::UNIX_EPOCH + Duration::from_hours(9);
        let made = (now - Duration::from_secs(700), Duration::from_mins(10));
        assert_eq!(ahead(made, now), 100);
        assert_eq!(ahead((now + Duration::from_secs(40), Duration::ZERO), now), -40);
    }

    #[test]
    fn only_the_last_hosts_are_kept() {
        let mut offsets = Offsets::default();
        for number in 0..10 * HOSTS {
            offsets.add(&format!("{number}.example"), 0);
        }
        assert_eq!(offsets.median().hosts, HOSTS);
    }
}
