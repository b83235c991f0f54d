//! Whether work moves, for `/readyz`: a step that has work and gets nothing done for a while is
//! stalled, whatever the reason.
//!
//! A heartbeat says that a loop turns. A loop that fails at each turn, or waits for a lock that
//! another session holds, turns too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long work may wait without any of it getting done.
const STALLED_AFTER: Duration = Duration::from_secs(45);

/// The steps that report their progress. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<Vec<Entry>>>);

#[derive(Debug)]
struct Entry {
    step: &'static str,
    /// Since when there is work of which nothing got done.
    waits_since: Instant,
    /// The last error.
    reason: Option<String>,
}

impl Progress {
    /// There is work. Counts from the first call since the last [`Progress::moved`].
    pub(super) fn waits(&self, step: &'static str, now: Instant) {
        let mut entries = self.lock();
        if !entries.iter().any(|entry| entry.step == step) {
            entries.push(Entry { step, waits_since: now, reason: None });
        }
    }

    /// An attempt failed.
    pub(super) fn failed(&self, step: &'static str, now: Instant, reason: String) {
        self.waits(step, now);
        if let Some(entry) = self.lock().iter_mut().find(|entry| entry.step == step) {
            entry.reason = Some(reason);
        }
    }

    /// Something got done, or there is no work.
    pub(super) fn moved(&self, step: &'static str) {
        self.lock().retain(|entry| entry.step != step);
    }

    /// A sentence for each step that is stalled.
    #[must_use]
    pub fn stalled(&self, now: Instant) -> Vec<String> {
        let entries = self.lock();
        let waited = |entry: &Entry| now.saturating_duration_since(entry.waits_since);
        let stalled = entries.iter().filter(|entry| waited(entry) > STALLED_AFTER);
        stalled
            .map(|entry| {
                let (step, seconds) = (entry.step, waited(entry).as_secs());
                let reason = entry.reason.as_deref().unwrap_or("no answer from the database yet");
                format!("{step}: work waits, and none was done for {seconds} s ({reason})")
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_stalled_if_its_work_waits_and_nothing_moves() {
        let (progress, start) = (Progress::default(), Instant::now());
        let late = start + STALLED_AFTER + Duration::from_secs(1);
        progress.waits("file", start);
        progress.failed("file", start + STALLED_AFTER, "lock timeout".to_owned());
        assert!(progress.stalled(start + STALLED_AFTER).is_empty());
        let said = progress.stalled(late);
        assert_eq!(said, ["file: work waits, and none was done for 46 s (lock timeout)"]);
        progress.moved("file");
        assert!(progress.stalled(late).is_empty());
    }
}
