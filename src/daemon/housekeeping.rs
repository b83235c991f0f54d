//! Periodic chores: delete old pages, start discovery for dead feeds, report the status to systemd.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use wiresift_text::limits;

use crate::daemon::retention;
use crate::daemon::systemd::Notifier;
use crate::pipeline::{Metrics, Pipeline};
use crate::store::{CHORE_LIMIT, Store, StoreError, answer_within};

const HOUSEKEEPING_INTERVAL: Duration = Duration::from_hours(1);

const STATUS_INTERVAL: Duration = Duration::from_secs(30);

/// Keeps house until drained.
pub(super) async fn run(pipeline: Arc<Pipeline>, drain: CancellationToken, heartbeat: impl Fn()) {
    while !drain.is_cancelled() {
        purge_pages(&pipeline, &heartbeat).await;
        purge_site_memories(&pipeline, &heartbeat).await;
        let now = pipeline.clock.now();
        Box::pin(retention::run(&pipeline.store, &pipeline.keep, now, &heartbeat)).await;
        begin_discoveries(&pipeline, &heartbeat).await;
        let end = Instant::now() + HOUSEKEEPING_INTERVAL;
        while !drain.is_cancelled() && Instant::now() < end {
            analyze(&pipeline, &heartbeat).await;
            pause(&drain, TURN, &heartbeat).await;
        }
    }
}

/// Waits for a chore of the database, which may take long, and turns meanwhile: waiting is not
/// hanging.
pub(super) async fn chore<T>(
    heartbeat: &impl Fn(),
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut answer = std::pin::pin!(answer_within(CHORE_LIMIT, call));
    loop {
        heartbeat();
        if let Ok(answer) = tokio::time::timeout(TURN, &mut answer).await {
            return answer;
        }
    }
}

async fn analyze(pipeline: &Pipeline, heartbeat: &impl Fn()) {
    match chore(heartbeat, pipeline.store.analyze_grown_tables()).await {
        Ok(tables) if tables.is_empty() => {}
        Ok(tables) => tracing::debug!(?tables, "analysed tables that have grown"),
        Err(error) => tracing::debug!(%error, "cannot analyse tables that have grown"),
    }
}

/// Updates the line that `systemctl status` shows, until drained.
pub(super) async fn report_status(
    notifier: Arc<Notifier>,
    pipeline: Arc<Pipeline>,
    drain: CancellationToken,
    heartbeat: impl Fn(),
) {
    while !drain.is_cancelled() {
        notifier.status(&format!("running: {}", pipeline.metrics.summary()));
        pause(&drain, STATUS_INTERVAL, &heartbeat).await;
    }
}

/// How often a loop turns while it pauses.
const TURN: Duration = Duration::from_secs(10);

async fn pause(drain: &CancellationToken, pause: Duration, heartbeat: &impl Fn()) {
    let end = Instant::now() + pause;
    while !drain.is_cancelled() && Instant::now() < end {
        heartbeat();
        tokio::select! {
            () = drain.cancelled() => {}
            () = tokio::time::sleep(TURN.min(pause)) => {}
        }
    }
}

/// Queues each dead feed for discovery: the search for a replacement feed on its home page.
async fn begin_discoveries(pipeline: &Pipeline, heartbeat: &impl Fn()) {
    let now = pipeline.clock.now();
    match chore(heartbeat, pipeline.store.set_discoveries_aside(now)).await {
        Ok(ended) => {
            for _ in 0..ended {
                Metrics::count(&pipeline.metrics.set_aside, "discovery");
            }
        }
        Err(error) => {
            tracing::warn!(%error, "cannot end discoveries that failed; trying again in an hour");
        }
    }
    match chore(heartbeat, pipeline.store.begin_discoveries(now)).await {
        Ok(0) => {}
        Ok(feeds) => {
            tracing::info!(feeds, "looking for replacements of dead feeds on their home pages");
        }
        Err(error) => {
            tracing::warn!(%error, "cannot look for dead feeds now; trying again in an hour");
        }
    }
}

/// Deletes site memories that went out of use before the pages that were extracted with them go, and
/// dictionaries that no page is compressed with any more.
async fn purge_site_memories(pipeline: &Pipeline, heartbeat: &impl Fn()) {
    let now = pipeline.clock.now();
    let limit = limits::earlier(now, pipeline.raw.keep.max(LEAST_MEMORIES));
    // A page that is being read may still be compressed with the one before.
    let replaced = limits::earlier(now, HOUSEKEEPING_INTERVAL);
    loop {
        match chore(heartbeat, purged(&pipeline.store, limit, replaced)).await {
            Ok(0) => return,
            Ok(rows) => tracing::debug!(rows, "deleted site memories that are not in use"),
            Err(error) => {
                tracing::warn!(%error, "cannot delete old site memories now; trying again in an hour");
                return;
            }
        }
    }
}

async fn purged(
    store: &Store,
    limit: DateTime<Utc>,
    replaced: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let memories = store.purge_site_memories(limit).await?;
    Ok(memories + store.purge_page_dictionaries(replaced).await?)
}

/// How long site memories are kept at the least after they went out of use.
const LEAST_MEMORIES: Duration = Duration::from_hours(30 * 24);

/// Deletes stored pages older than `raw.keep`, batch by batch, and no more than those of the oldest
/// day. So a clock that is years ahead for an hour does not delete all pages.
async fn purge_pages(pipeline: &Pipeline, heartbeat: &impl Fn()) {
    let limit = limits::earlier(pipeline.clock.now(), pipeline.raw.keep);
    let limit = match chore(heartbeat, pipeline.store.first_day_of_pages()).await {
        Ok(Some(day)) => limit.min(day),
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(%error, "cannot look for old pages now; trying again in an hour");
            return;
        }
    };
    loop {
        match chore(heartbeat, pipeline.store.purge_pages(limit)).await {
            Ok(0) => return,
            Ok(pages) => tracing::debug!(pages, "deleted stored pages older than raw.keep"),
            Err(error) => {
                tracing::warn!(%error, "cannot delete old pages now; trying again in an hour");
                return;
            }
        }
    }
}
