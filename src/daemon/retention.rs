//! Deletes what is older than the settings of `[keep]` allow, a batch at a time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::daemon::housekeeping::chore;
use crate::store::{Keep, KeepSettings, Store, StoreError, Timeline};

/// One pass over everything that may be too old.
pub async fn run(store: &Store, keep: &KeepSettings, now: DateTime<Utc>, heartbeat: &impl Fn()) {
    if let Err(error) = articles(store, keep, now, heartbeat).await {
        tracing::warn!(%error, "cannot delete old articles now (keep.articles); trying again in an hour");
    }
    if let Err(error) = others(store, keep, now, heartbeat).await {
        tracing::warn!(%error, "cannot delete what is old now ([keep]); trying again in an hour");
    }
}

/// Deletes old articles, in one pass no more than those of one day. So a clock that is years ahead
/// for an hour does not delete all of them.
async fn articles(
    store: &Store,
    keep: &KeepSettings,
    now: DateTime<Utc>,
    heartbeat: &impl Fn(),
) -> Result<(), StoreError> {
    let (mut place, mut until, mut deleted) = (None, None, 0);
    loop {
        let expired = chore(heartbeat, store.expire_articles(keep, now, place, until)).await?;
        deleted += expired.articles;
        until = until.or(expired.oldest.map(end_of_day));
        let Some(next) = expired.next else { break };
        place = Some(next);
    }
    if deleted > 0 {
        tracing::info!(articles = deleted, "deleted articles older than keep.articles");
    }
    Ok(())
}

fn end_of_day(begin: DateTime<Utc>) -> DateTime<Utc> {
    begin.checked_add_signed(TimeDelta::days(1)).unwrap_or(begin)
}

async fn others(
    store: &Store,
    keep: &KeepSettings,
    now: DateTime<Utc>,
    heartbeat: &impl Fn(),
) -> Result<(), StoreError> {
    let texts = keep.revisions.limit(now);
    let removed = limit(store, heartbeat, keep.removed, Timeline::Removed, now).await?;
    repeat(heartbeat, "earlier revisions", || store.empty_revisions(texts, removed)).await?;
    // The oldest entry may be one that its feed has shown for years, so there is no oldest day.
    if let Some(limit) = keep.entries.limit(now) {
        repeat(heartbeat, "entries", || store.forget_entries(limit)).await?;
    }
    if let Some(limit) = limit(store, heartbeat, keep.events, Timeline::Events, now).await? {
        repeat(heartbeat, "events", || store.forget_events(limit)).await?;
    }
    if let Some(limit) = limit(store, heartbeat, keep.changes, Timeline::Changes, now).await? {
        repeat(heartbeat, "changes", || store.forget_changes(limit)).await?;
    }
    repeat(heartbeat, "counters by the hour", || store.forget_hours(now)).await
}

/// What goes in this pass: what is too old, but no more than the oldest day, for the same reason.
async fn limit(
    store: &Store,
    heartbeat: &impl Fn(),
    keep: Keep,
    timeline: Timeline,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let Some(limit) = keep.limit(now) else { return Ok(None) };
    let first_day = chore(heartbeat, store.first_day(timeline)).await?;
    Ok(first_day.map(|first_day| limit.min(first_day)))
}

/// Repeats a batch until nothing is left.
async fn repeat<F: Future<Output = Result<u64, StoreError>>>(
    heartbeat: &impl Fn(),
    what: &str,
    batch: impl Fn() -> F,
) -> Result<(), StoreError> {
    let mut rows = 0;
    loop {
        match chore(heartbeat, batch()).await? {
            0 => break,
            done => rows += done,
        }
    }
    if rows > 0 {
        tracing::info!(rows, what, "deleted what is older than [keep] allows");
    }
    Ok(())
}
