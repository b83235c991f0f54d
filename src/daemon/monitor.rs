//! The loop that watches the daemon for its operator: it looks at the figures, keeps the state of
//! the watch, delivers notices, and tells once an hour what was done.
//!
//! The state is saved before a notice is delivered and again after that. So a notice is not lost,
//! and a crash in between delivers it once more with the same id.

mod deliver;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::daemon::monitor::deliver::Deliverer;
use crate::notices::watch::Event;
use crate::notices::{Notice, NotifySettings, Observed, Watch, file};
use crate::pipeline::{Ending, Pipeline};
use crate::server::figures::{Figures, Snapshot};
use crate::store::{FaultyFeed, Gauges};
use crate::units::span;

/// How often the figures are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// How often the log tells what was done.
const SUMMARY_EVERY: Duration = Duration::from_hours(1);

/// Pause after a delivery that failed.
const RETRY_PAUSE: Duration = Duration::from_mins(1);

/// The watch with its state. [`Monitor::turn`] is one turn of the loop.
pub struct Monitor {
    pipeline: Arc<Pipeline>,
    figures: Figures,
    deliverer: Deliverer,
    path: PathBuf,
    watch: Watch,
    /// The sums at the last look, and at the last summary.
    shortages: u64,
    told: Sums,
    told_at: DateTime<Utc>,
    /// Whether the log has told of a missing network instead of the open notice of polls.
    told_network: bool,
    /// Whether the last save failed, which is logged once.
    cannot_save: bool,
    /// When the last delivery failed.
    failed_at: Option<DateTime<Utc>>,
}

/// Sums since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    articles: u64,
    revisions: u64,
    copies: u64,
    entries: u64,
}

impl Monitor {
    /// Goes on with the state that is recorded in `storage`.
    #[must_use]
    pub fn new(
        pipeline: Arc<Pipeline>,
        figures: Figures,
        settings: NotifySettings,
        storage: &Path,
    ) -> Self {
        let path = file::path(storage);
        let watch = file::load(&path).unwrap_or_else(|error| {
            let path = path.display();
            tracing::warn!(%path, %error, "cannot read which notices are open; starting anew");
            Watch::default()
        });
        let deliverer = Deliverer::new(Arc::clone(&pipeline.web), settings);
        let shortages = pipeline.metrics.shortages.get();
        let told_at = pipeline.clock.now();
        Self {
            pipeline,
            figures,
            deliverer,
            path,
            watch,
            shortages,
            told: Sums::default(),
            told_at,
            told_network: false,
            cannot_save: false,
            failed_at: None,
        }
    }

    /// Runs until drained.
    pub(super) async fn run(mut self, drain: CancellationToken, heartbeat: impl Fn()) {
        while !drain.is_cancelled() {
            self.turn(&heartbeat).await;
            tokio::select! {
                () = drain.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Looks once, and delivers what there is to tell. `heartbeat` is called now and then.
    pub async fn turn(&mut self, heartbeat: &impl Fn()) {
        heartbeat();
        self.pipeline.network.tell_overdue(Instant::now());
        self.look().await;
        self.deliver(heartbeat).await;
        let now = self.pipeline.clock.now();
        if since(self.told_at, now) >= SUMMARY_EVERY {
            self.told_at = now;
            self.summarise();
        }
    }

    async fn look(&mut self) {
        let snapshot = self.figures.refreshed().await;
        let seen = self.observed(&snapshot);
        let notices = self.watch.look(&seen, snapshot.at);
        for notice in &notices {
            self.log(notice);
        }
        if !self.deliverer.has_receiver() {
            self.watch.waiting.clear();
        }
        if !notices.is_empty() {
            self.save();
        }
    }

    fn observed(&mut self, snapshot: &Snapshot) -> Observed {
        let (metrics, now) = (&self.pipeline.metrics, snapshot.at);
        let shortages = metrics.shortages.get();
        let short = shortages > self.shortages || self.pipeline.memory.budget.waiting() > 0;
        self.shortages = shortages;
        let (streak, gauges) = (metrics.streak.now(), snapshot.gauges.as_ref());
        let assigned = unix(metrics.last_success("stories")).max(self.figures.started_at());
        let since_stories = since(assigned, now);
        Observed {
            outage: snapshot.outage.clone(),
            disk: snapshot.disk.map(|disk| (disk.free, disk.size)),
            failed_polls: (streak.failures, streak.dns, streak.since),
            queue: gauges.map(|gauges| queue(gauges, now)),
            stories: gauges.map(|gauges| (gauges.story_queue.unsigned_abs(), since_stories)),
            clock_ahead: self.pipeline.web.traffic().clock_offset().ahead,
            short_of_memory: short,
            feeds: gauges.map(|gauges| {
                gauges.faulty.iter().map(|feed| (feed.id, sentence(feed, now))).collect()
            }),
            consumers: gauges.map(|gauges| {
                let behind =
                    |at: Option<DateTime<Utc>>| at.map_or(Duration::ZERO, |at| since(at, now));
                let all = gauges.consumers.iter();
                all.map(|one| (one.name.clone(), behind(one.behind_since))).collect()
            }),
        }
    }

    /// Delivers what waits, oldest first. After a failure the rest waits for a while.
    async fn deliver(&mut self, heartbeat: &impl Fn()) {
        let now = self.pipeline.clock.now();
        if self.failed_at.is_some_and(|at| since(at, now) < RETRY_PAUSE) {
            return;
        }
        while let Some(notice) = self.watch.waiting.first() {
            heartbeat();
            if let Err(error) = self.deliverer.deliver(notice).await {
                if self.failed_at.is_none() {
                    tracing::warn!(key = notice.key, "a notice cannot be delivered yet: {error}");
                }
                self.failed_at = Some(now);
                return;
            }
            self.failed_at = None;
            self.watch.waiting.remove(0);
            self.save();
        }
    }

    /// Logs a notice, unless the log has a line of the network already, which says the same sooner.
    fn log(&mut self, notice: &Notice) {
        if notice.key == "polls" {
            let was_told = match notice.event {
                Event::Fault => {
                    self.told_network = self.pipeline.network.is_away();
                    self.told_network
                }
                Event::Clear => std::mem::take(&mut self.told_network),
            };
            if was_told {
                tracing::debug!(event = ?notice.event, "{}", notice.text);
                return;
            }
        }
        log(notice);
    }

    fn save(&mut self) {
        let saved = file::save(&self.path, &self.watch);
        if let Err(error) = &saved
            && !self.cannot_save
        {
            let path = self.path.display();
            tracing::warn!(
                %path,
                %error,
                "cannot record which notices are open (storage.dir); a restart will repeat them"
            );
        }
        self.cannot_save = saved.is_err();
    }

    /// One line an hour in which anything was done.
    fn summarise(&mut self) {
        let metrics = &self.pipeline.metrics;
        let judged = |outcome| metrics.judged.get_or_create(&Ending { outcome }).get();
        let now = Sums {
            articles: judged("new"),
            revisions: judged("revision"),
            copies: judged("copy"),
            entries: metrics.entries.get(),
        };
        if now != self.told {
            tracing::info!(
                entries = now.entries - self.told.entries,
                articles = now.articles - self.told.articles,
                revisions = now.revisions - self.told.revisions,
                copies = now.copies - self.told.copies,
                "new in the last hour"
            );
        }
        self.told = now;
    }
}

fn log(notice: &Notice) {
    match notice.event {
        Event::Fault => tracing::error!(key = notice.key, "{}. {}", notice.text, notice.advice),
        Event::Clear => tracing::info!(key = notice.key, "over: {}", notice.text),
    }
}

fn queue(gauges: &Gauges, now: DateTime<Utc>) -> (u64, Duration) {
    let age = gauges.oldest_pending.map_or(Duration::ZERO, |at| since(at, now));
    (gauges.pending_entries.unsigned_abs(), age)
}

fn since(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - at).to_std().unwrap_or_default()
}

fn unix(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

fn sentence(feed: &FaultyFeed, now: DateTime<Utc>) -> String {
    let url = &feed.url;
    let since = feed.last_entry_at.map_or_else(String::new, |at| {
        format!("; its last entry was seen {} ago", span(since(at, now)))
    });
    let error = feed.last_error.as_deref().unwrap_or("no error on record");
    match feed.state.as_str() {
        "silent" => format!("the busy feed {url} is silent{since}"),
        "blocked" => format!("the site blocks the busy feed {url} ({error}){since}"),
        "gone" => format!("the busy feed {url} is gone{since}"),
        _ => format!("the busy feed {url} fails ({error}){since}"),
    }
}
