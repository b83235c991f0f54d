//! What polls write into the rows of their feeds. One statement writes those of one poll or of many.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use url::Url;

use crate::lease::Lease;
use crate::polling::schedule::{AddressChange, Backfill, Habits, Health, Window};
use crate::store::feeds::DueFeed;
use crate::store::lease::lease_released;
use crate::store::polls::{FeedChange, Recording};
use crate::store::{StoreError, clean};
use wiresift_text::limits;

/// The change of a feed's row. Fields without a value leave their column as it is, unless they say
/// otherwise.
#[derive(Debug, Serialize)]
pub(super) struct FeedUpdate<'a> {
    id: i64,
    /// The token of the lease. A feed that somebody else holds is not changed.
    token: String,
    fetch_url: String,
    host: &'a str,
    hops: i32,
    next_poll_at: DateTime<Utc>,
    health: Option<&'static str>,
    failures: i32,
    /// What it adds to the polls of the hour, and to those that failed. A redirect is a part of the
    /// poll that it leads to.
    polls: i32,
    failed_polls: i32,
    at: DateTime<Utc>,
    /// `None`: there was no answer.
    status: Option<i32>,
    keeps_error: bool,
    /// `None`: none, unless the error is kept.
    error: Option<String>,
    is_success: bool,
    etag: Option<String>,
    last_modified: Option<String>,
    digest: Option<String>,
    title: Option<String>,
    home_url: Option<String>,
    language: Option<String>,
    new_entries: i64,
    habits: &'a Habits,
    window: Option<Vec<i64>>,
    /// `None`: the address in the feed list.
    moved_to: Option<String>,
    /// `None`: no backfill.
    backfill: Option<&'a Backfill>,
    cookies: Option<&'a str>,
    defects: Option<Vec<&'static str>>,
}

impl<'a> FeedUpdate<'a> {
    /// The update of a poll that brought so many new entries.
    pub(super) fn of(
        lease: &'a Lease<DueFeed>,
        recording: &'a Recording<'_>,
        new_entries: u64,
    ) -> Self {
        let feed = &lease.item;
        let (plan, next) = (recording.plan, &recording.next);
        let (parsed, validators, digest) = match &recording.change {
            FeedChange::Parsed { feed, validators, digest } => {
                (Some(*feed), Some(*validators), Some(*digest))
            }
            FeedChange::Unchanged { validators } => (None, Some(*validators), None),
            FeedChange::Page { .. } | FeedChange::Pending | FeedChange::Failed { .. } => {
                (None, None, None)
            }
        };
        let error = match &recording.change {
            FeedChange::Failed { error } => Some(clean::cut(error, limits::ERROR_BYTES)),
            _ => None,
        };
        let header = |value: Option<&Option<String>>| clean::validator(value?.as_deref());
        Self {
            id: feed.id,
            token: lease.token.to_string(),
            fetch_url: clean::text(&next.url),
            host: &next.host,
            hops: next.hops,
            next_poll_at: next.at,
            health: plan.health.map(Health::as_str),
            failures: i32::try_from(plan.failures).unwrap_or(i32::MAX),
            polls: i32::from(!matches!(recording.change, FeedChange::Pending)),
            failed_polls: i32::from(matches!(recording.change, FeedChange::Failed { .. })),
            at: recording.at,
            status: recording.status.map(i32::from),
            keeps_error: matches!(recording.change, FeedChange::Pending | FeedChange::Page { .. }),
            error,
            is_success: validators.is_some(),
            etag: header(validators.map(|validators| &validators.etag)),
            last_modified: header(validators.map(|validators| &validators.last_modified)),
            digest: digest.map(clean::hex),
            title: parsed
                .and_then(|feed| clean::cut_optional(feed.title.as_deref(), limits::TITLE_BYTES)),
            home_url: parsed.and_then(|feed| clean::address(feed.home.as_ref().map(Url::as_str))),
            language: parsed.and_then(|feed| {
                clean::cut_optional(feed.language.as_deref(), limits::LANGUAGE_BYTES)
            }),
            new_entries: i64::try_from(new_entries).unwrap_or(i64::MAX),
            habits: &plan.habits,
            window: plan.window.as_ref().map(Window::to_stored),
            moved_to: match &plan.address {
                AddressChange::None => feed.history.adopted.as_deref().map(str::to_owned),
                AddressChange::Adopt(to) => clean::address(Some(to)),
                AddressChange::Return => None,
            },
            backfill: plan.backfill.as_ref(),
            cookies: next.cookies.as_deref(),
            defects: parsed.map(|feed| feed.defects.iter().map(|defect| defect.as_str()).collect()),
        }
    }
}

/// Writes polls, each a [`FeedUpdate`] or its JSON, into the rows of their feeds, and counts them.
/// Returns the feeds whose leases are still held. The others are not changed.
pub(super) async fn update_feeds(
    connection: &mut PgConnection,
    updates: &[impl Serialize],
) -> Result<Vec<i64>, StoreError> {
    let held = sqlx::query_scalar(concat!(
        "/* update_feeds */ WITH updated AS (UPDATE feeds AS f SET ",
        lease_released!(),
        ",
             fetch_url = r.fetch_url, host = r.host, hops = r.hops, next_poll_at = r.next_poll_at,
             state = CASE WHEN f.state = 'paused' THEN f.state
                          ELSE coalesce(r.health::feed_state, f.state) END,
             failures = r.failures, last_poll_at = r.at, last_status = r.status,
             last_error = CASE WHEN r.keeps_error THEN f.last_error ELSE r.error END,
             last_success_at = CASE WHEN r.is_success THEN r.at ELSE f.last_success_at END,
             etag = CASE WHEN r.is_success THEN r.etag ELSE f.etag END,
             last_modified = CASE WHEN r.is_success THEN r.last_modified ELSE f.last_modified END,
             entries_digest = coalesce(r.digest, f.entries_digest),
             title = coalesce(r.title, f.title), home_url = coalesce(r.home_url, f.home_url),
             language = coalesce(r.language, f.language),
             entries_seen = f.entries_seen + r.new_entries,
             habits = r.habits, window_keys = coalesce(r.\"window\", f.window_keys),
             moved_to = r.moved_to, backfill = r.backfill, hop_cookies = r.cookies,
             defects = coalesce(r.defects, f.defects)
         FROM jsonb_to_recordset($1) AS r (
             id bigint, token uuid, fetch_url text, host text, hops integer,
             next_poll_at timestamptz, health text, failures integer, polls integer,
             failed_polls integer, at timestamptz,
             status integer, keeps_error boolean, error text, is_success boolean, etag text,
             last_modified text, digest bytea, title text, home_url text, language text,
             new_entries bigint, habits jsonb, \"window\" bigint[], moved_to text, backfill jsonb,
             cookies text, defects text[])
         WHERE f.id = r.id AND f.lease_token = r.token
         RETURNING f.id, r.at, r.polls, r.failed_polls
         ), counted AS (
             INSERT INTO feed_hours AS h (feed_id, hour, polls, failures)
             SELECT id, date_trunc('hour', at), polls, failed_polls FROM updated
             ORDER BY id
             ON CONFLICT (feed_id, hour) DO UPDATE SET
                 polls = h.polls + excluded.polls, failures = h.failures + excluded.failures)
         SELECT id FROM updated",
    ))
    .bind(Json(updates))
    .fetch_all(connection)
    .await?;
    Ok(held)
}
