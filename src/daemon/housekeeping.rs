//! Periodic chores: delete old pages, start discovery for dead feeds, report the status to systemd.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::daemon::systemd::Notifier;
use crate::pipeline::Ingest;

const HOUSEKEEPING_INTERVAL: Duration = Duration::from_hours(1);

const STATUS_INTERVAL: Duration = Duration::from_secs(30);

/// Keeps house until drained.
pub(super) async fn run(ingest: Arc<Ingest>, drain: CancellationToken) {
    while !drain.is_cancelled() {
        purge_pages(&ingest).await;
        begin_discoveries(&ingest).await;
        pause(&drain, HOUSEKEEPING_INTERVAL).await;
    }
}

/// Updates the line that `systemctl status` shows, until drained.
pub(super) async fn report_status(
    notifier: Arc<Notifier>,
    ingest: Arc<Ingest>,
    drain: CancellationToken,
) {
    while !drain.is_cancelled() {
        notifier.status(&format!("running: {}", ingest.metrics.summary()));
        pause(&drain, STATUS_INTERVAL).await;
    }
}

async fn pause(drain: &CancellationToken, pause: Duration) {
    tokio::select! {
        () = drain.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}

/// Queues each dead feed for discovery: the search for a replacement feed on its home page.
async fn begin_discoveries(ingest: &Ingest) {
    match ingest.store.begin_discoveries(ingest.clock.now()).await {
        Ok(0) => {}
        Ok(feeds) => {
            tracing::info!(feeds, "looking for replacements of dead feeds on their home pages");
        }
        Err(error) => {
            tracing::warn!(%error, "cannot look for dead feeds now; trying again in an hour");
        }
    }
}

/// Deletes stored pages older than `raw.keep`, batch by batch.
async fn purge_pages(ingest: &Ingest) {
    let limit =
        ingest.clock.now() - chrono::TimeDelta::from_std(ingest.raw.keep).unwrap_or_default();
    loop {
        match ingest.store.purge_pages(limit).await {
            Ok(0) => return,
            Ok(pages) => tracing::info!(pages, "deleted stored pages older than raw.keep"),
            Err(error) => {
                tracing::warn!(%error, "cannot delete old pages now; trying again in an hour");
                return;
            }
        }
    }
}
