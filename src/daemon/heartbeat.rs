//! Heartbeats: which loops still turn, and the loop that feeds systemd's watchdog as long as all of
//! them do.
//!
//! A turn that failed because the database is away counts as a turn. Otherwise an outage of the
//! database would make systemd restart the daemon again and again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::daemon::systemd::Notifier;

/// The loops of the daemon, and when each turned last. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct Heartbeats(Arc<Mutex<Vec<Entry>>>);

#[derive(Debug)]
struct Entry {
    id: u64,
    name: &'static str,
    limit: Duration,
    last: Instant,
}

impl Heartbeats {
    /// Adds a loop that must turn at least once every `limit`, counted from `now`. Dropping the
    /// returned value removes it: a loop that ended is not late, and the supervisor notices its
    /// end.
    #[must_use]
    pub fn register(&self, name: &'static str, limit: Duration, now: Instant) -> Heartbeat {
        let mut entries = self.lock();
        let id = entries.last().map_or(0, |entry| entry.id + 1);
        entries.push(Entry { id, name, limit, last: now });
        Heartbeat { heartbeats: self.clone(), id }
    }

    /// Names of the loops that have not turned within their limit, in the order of registration.
    #[must_use]
    pub fn late(&self, now: Instant) -> Vec<&'static str> {
        let entries = self.lock();
        let late =
            entries.iter().filter(|entry| now.saturating_duration_since(entry.last) > entry.limit);
        late.map(|entry| entry.name).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entry of one loop in [`Heartbeats`].
#[derive(Debug)]
pub struct Heartbeat {
    heartbeats: Heartbeats,
    id: u64,
}

impl Heartbeat {
    /// Records a turn. An instant from before the last turn changes nothing.
    pub fn mark(&self, now: Instant) {
        if let Some(entry) = self.heartbeats.lock().iter_mut().find(|entry| entry.id == self.id) {
            entry.last = entry.last.max(now);
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.heartbeats.lock().retain(|entry| entry.id != self.id);
    }
}

/// Feeds systemd's watchdog every `interval` until the halt, as long as no loop is late.
pub(super) async fn feed_watchdog(
    notifier: Arc<Notifier>,
    heartbeats: Heartbeats,
    interval: Duration,
    halt: CancellationToken,
) {
    loop {
        for name in notifier.feed_watchdog(&heartbeats, Instant::now()) {
            tracing::error!(name, "this loop hangs, so the watchdog is not fed");
        }
        tokio::select! {
            () = halt.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn one_late_loop_is_enough_and_it_is_named() {
        let start = Instant::now();
        let heartbeats = Heartbeats::default();
        let poll = heartbeats.register("poll", 10 * SECOND, start);
        let read = heartbeats.register("read", 20 * SECOND, start);
        assert!(heartbeats.late(start + 10 * SECOND).is_empty());
        assert_eq!(heartbeats.late(start + 11 * SECOND), ["poll"]);
        poll.mark(start + 11 * SECOND);
        assert!(heartbeats.late(start + 20 * SECOND).is_empty());
        assert_eq!(heartbeats.late(start + 30 * SECOND), ["poll", "read"]);
        // Another core may have read the clock earlier and record its turn later.
        poll.mark(start);
        assert!(heartbeats.late(start + 20 * SECOND).is_empty());
        drop(read);
        assert!(heartbeats.late(start + 21 * SECOND).is_empty());
        let revisit = heartbeats.register("read", SECOND, start);
        drop(poll);
        assert_eq!(heartbeats.late(start + 60 * SECOND), ["read"]);
        drop(revisit);
        assert!(heartbeats.late(start + 60 * SECOND).is_empty());
    }
}
