//! Figures of the moment, for `/metrics` and for notices to the operator: queues, feeds, the
//! database, memory, the disk, the clock.
//!
//! The database is asked at most once in a few seconds, however many clients scrape, and for its
//! size once in ten minutes, since that looks at every file. While it is away its figures are left
//! out rather than repeated: `wiresift_database_up` says so.

mod encode;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use nix::sys::statvfs::statvfs;

use crate::pipeline::Pipeline;
use crate::store::{DatabaseSizes, Gauges};

/// How old figures may be.
const FRESH: Duration = Duration::from_secs(5);

/// How old the size of the database may be.
const SIZES_FRESH: Duration = Duration::from_mins(10);

/// A database that takes longer to answer counts as away.
const PATIENCE: Duration = Duration::from_secs(8);

/// The figures, and where they come from. Clones share them.
#[derive(Clone)]
pub struct Figures {
    pipeline: Arc<Pipeline>,
    storage: PathBuf,
    started_at: DateTime<Utc>,
    /// Held while the database is asked, so that scrapes wait for one answer.
    turn: Arc<tokio::sync::Mutex<()>>,
    last: Arc<Mutex<Cached>>,
}

#[derive(Debug, Default)]
struct Cached {
    sizes_at: Option<DateTime<Utc>>,
    snapshot: Snapshot,
}

/// The figures of one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// When they were asked for.
    pub at: DateTime<Utc>,
    /// `None` while the database is away.
    pub gauges: Option<Gauges>,
    /// The error of the database while it is away.
    pub outage: Option<String>,
    pub sizes: Option<DatabaseSizes>,
    /// The file system of `storage.dir`.
    pub disk: Option<Disk>,
}

/// Space on a file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    pub free: u64,
    pub size: u64,
}

impl std::fmt::Debug for Figures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Figures").field("storage", &self.storage).finish_non_exhaustive()
    }
}

impl Figures {
    /// `storage` is the directory of the embedded database.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>, storage: PathBuf) -> Self {
        let started_at = pipeline.clock.now();
        Self { pipeline, storage, started_at, turn: Arc::default(), last: Arc::default() }
    }

    /// When the daemon started.
    #[must_use]
    pub fn started_at(&self) -> DateTime<Utc> {
        self.started_at
    }

    /// The figures, asked for anew unless they are fresh.
    pub async fn refreshed(&self) -> Snapshot {
        let _turn = self.turn.lock().await;
        let now = self.pipeline.clock.now();
        let last = self.lock().snapshot.at;
        if !is_fresh(last, now, FRESH) {
            self.refresh(now).await;
        }
        self.lock().snapshot.clone()
    }

    async fn refresh(&self, now: DateTime<Utc>) {
        let store = &self.pipeline.store;
        let gauges = match tokio::time::timeout(PATIENCE, store.gauges(now)).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        let is_old = self.lock().sizes_at.is_none_or(|at| !is_fresh(at, now, SIZES_FRESH));
        let sizes = match gauges {
            Ok(_) if is_old => tokio::time::timeout(PATIENCE, store.database_sizes())
                .await
                .ok()
                .and_then(Result::ok),
            _ => None,
        };
        let disk = disk(&self.storage);
        let mut cached = self.lock();
        if sizes.is_some() {
            cached.sizes_at = Some(now);
        }
        let sizes = sizes.or(cached.snapshot.sizes);
        let (gauges, outage) = match gauges {
            Ok(gauges) => (Some(gauges), None),
            Err(error) => (None, Some(error)),
        };
        cached.snapshot = Snapshot { at: now, gauges, outage, sizes, disk };
    }

    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether figures of `at` are younger than `age`. If the clock has gone back, they are not.
fn is_fresh(at: DateTime<Utc>, now: DateTime<Utc>, age: Duration) -> bool {
    (now - at).to_std().is_ok_and(|passed| passed < age)
}

/// The file system of a directory, or of the nearest one above it that exists.
fn disk(dir: &Path) -> Option<Disk> {
    let dir = dir.ancestors().find(|dir| dir.exists())?;
    let stat = statvfs(dir).ok()?;
    let block = stat.fragment_size();
    Some(Disk {
        // What is left for a user without privileges.
        free: stat.blocks_available().saturating_mul(block),
        size: stat.blocks().saturating_mul(block),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_of_a_directory_that_is_yet_to_be_made_is_known() {
        let there = disk(Path::new("/tmp")).expect("a file system");
        assert!(there.size > 0 && there.free <= there.size);
        let absent = disk(Path::new("/tmp/no/such/directory")).expect("that of /tmp");
        assert_eq!(absent.size, there.size);
    }
}
