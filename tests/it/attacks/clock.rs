//! A clock that jumps ahead and back costs at most one pause, and no site or queue.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use wiresift::clock::Clock as _;
use wiresift::polling::failure::Cause;
use wiresift::polling::poll::{Poll, PollOutcome};
use wiresift::polling::schedule::{self, FeedHistory, PollSettings};
use wiresift::store::Assigned;
use wiresift_text::limits;

use crate::harness::newsroom::{Newsroom, prose, rss};
use crate::harness::stub::Reply;

const WINDOW: TimeDelta = TimeDelta::days(7);
const HOUR: Duration = Duration::from_hours(1);

async fn all_steps(room: &Newsroom) {
    room.run_until_idle().await;
    let now = || room.clock.now();
    while room.store.assign_stories(now(), WINDOW).await.unwrap() != Assigned::Nothing {}
}

fn publishes(room: &Newsroom, feed: &str, paths: &[&str]) {
    for (seed, path) in (0..).zip(paths) {
        let seed = seed + path.bytes().map(u32::from).sum::<u32>() * 3;
        room.serves_page(path, &format!("The story of {path}"), &prose(seed));
    }
    let items: Vec<(&str, &str)> = paths.iter().map(|path| (*path, *path)).collect();
    room.stub.serves(feed, Reply::ok(rss(&room.stub.url(""), &items)));
}

async fn filed(room: &Newsroom) -> i64 {
    room.count("SELECT count(*) FROM wiresift.articles").await
}

/// Everything runs, the clock jumps ahead, everything runs, the clock jumps back, and news comes in
/// from the known feed and from a new one of the same site.
async fn survives_a_jump_of(by: TimeDelta) {
    let room = Newsroom::new().await;
    publishes(&room, "/feed.xml", &["/a"]);
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    all_steps(&room).await;
    let before = room.clock.now();

    room.clock.set(before + by);
    publishes(&room, "/feed.xml", &["/b", "/a"]);
    room.clock.advance(HOUR * 25);
    all_steps(&room).await;
    assert_eq!(filed(&room).await, 2, "{by}: while the clock is ahead");

    room.clock.set(before + TimeDelta::minutes(1));
    publishes(&room, "/feed.xml", &["/c", "/b", "/a"]);
    publishes(&room, "/new.xml", &["/d"]);
    room.lists(&[&room.stub.url("/feed.xml"), &room.stub.url("/new.xml")]).await;
    // At most the jump of a day, and then the longest interval of the settings.
    let end = room.clock.now() + TimeDelta::hours(25 + 25 + 24);
    while room.clock.now() < end && filed(&room).await < 4 {
        all_steps(&room).await;
        room.clock.advance(HOUR * 5);
    }
    assert_eq!(filed(&room).await, 4, "{by}: after it was set right");
    all_steps(&room).await;
    assert_eq!(room.store.unassigned().await.unwrap(), 0, "{by}");
    assert_eq!(room.count("SELECT count(*) FROM wiresift.feeds WHERE state <> 'active'").await, 0);
    let last: DateTime<Utc> = sqlx::query_scalar("SELECT max(next_poll_at) FROM wiresift.feeds")
        .fetch_one(&room.pool)
        .await
        .unwrap();
    assert!(last <= limits::far(room.clock.now()), "{by}: {last}");
    room.reconciled().await;
}

#[tokio::test]
async fn a_clock_that_jumps_by_a_minute_and_back() {
    survives_a_jump_of(TimeDelta::minutes(1)).await;
}

#[tokio::test]
async fn a_clock_that_jumps_by_a_day_and_back() {
    survives_a_jump_of(TimeDelta::days(1)).await;
}

#[tokio::test]
async fn a_clock_that_jumps_by_twelve_years_and_back() {
    survives_a_jump_of(TimeDelta::days(4400)).await;
}

#[tokio::test]
async fn due_times_far_ahead_are_brought_back_while_the_daemon_runs() {
    let room = Newsroom::new().await;
    publishes(&room, "/feed.xml", &["/a"]);
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    sqlx::raw_sql(
        "UPDATE wiresift.feeds SET next_poll_at = now() + interval '90 years';
         UPDATE wiresift.sites SET poll_at = now() + interval '90 years', read_at = poll_at,
             next_request_at = now() + interval '90 years', hold_reason = 'a clock was ahead',
             slots = ARRAY[now() + interval '90 years'];",
    )
    .execute(&room.pool)
    .await
    .unwrap();
    publishes(&room, "/feed.xml", &["/b", "/a"]);
    room.clock.advance(Duration::from_mins(2));
    assert_eq!(room.poll_due().await, 1);
    room.run_until_idle().await;
    assert_eq!(filed(&room).await, 2);
}

#[tokio::test]
async fn a_clock_far_ahead_drops_one_day_of_what_is_kept_for_some_days() {
    let room = Newsroom::new().await;
    let open = "SELECT wiresift.open_partition('fingerprints', $1, 14, 5)";
    for day in [20_000, 20_005, 20_010, 20_015, 24_400, 20_016, 20_020, 20_025] {
        sqlx::query(open).bind(day).execute(&room.pool).await.unwrap();
        sqlx::query(
            "INSERT INTO wiresift.fingerprints (article_id, seen_at, day, fingerprint)
             VALUES ($1, now(), $1, ''), (1, now(), $1, '') ON CONFLICT DO NOTHING",
        )
        .bind(day)
        .execute(&room.pool)
        .await
        .unwrap();
    }
    let days: Vec<i32> = sqlx::query_scalar(
        "SELECT day FROM wiresift.fingerprints WHERE article_id = 1 ORDER BY day",
    )
    .fetch_all(&room.pool)
    .await
    .unwrap();
    assert_eq!(days, [20_010, 20_015, 20_016, 20_020, 20_025]);
    let moved: i32 =
        sqlx::query_scalar("SELECT day FROM wiresift.fingerprints WHERE article_id = 24400")
            .fetch_one(&room.pool)
            .await
            .unwrap();
    assert_eq!(moved, 20_020, "what was written while the clock was ahead is not lost");
}

/// Instants that something waits for. All are brought back when they lie too far ahead.
const DUE: [&str; 12] = [
    "entries.lease_expires_at",
    "entries.next_try_at",
    "feed_discoveries.lease_expires_at",
    "feed_discoveries.next_action_at",
    "feeds.lease_expires_at",
    "feeds.next_poll_at",
    "sites.next_request_at",
    "sites.poll_at",
    "sites.read_at",
    "sites.slots",
    "subscriptions.lease_expires_at",
    "subscriptions.next_action_at",
];

/// Instants that record what happened. Their readers allow for some in the future.
const RECORDED: [&str; 50] = [
    "articles.first_seen_at",
    "articles.modified_at",
    "articles.published_at",
    "articles.retracted_at",
    "articles.updated_at",
    "changes.at",
    "cluster_splits.split_at",
    "consumers.at",
    "copy_edges.joined_at",
    "entries.ended_at",
    "entries.first_seen_at",
    "entries.last_seen_at",
    "entries.left_at",
    "entries.published_at",
    "entries.updated_at",
    "events.at",
    "feed_discoveries.finished_at",
    "feed_hours.hour",
    "feeds.first_seen_at",
    "feeds.last_poll_at",
    "feeds.last_sighting_at",
    "feeds.last_success_at",
    "fingerprints.seen_at",
    "outcome_hours.hour",
    "page_dictionaries.made_at",
    "pages.fetched_at",
    "revisions.seen_at",
    "site_exceptions.added_at",
    "site_health.changed_at",
    "site_health.judged_at",
    "site_memories.made_at",
    "site_traces.seen_at",
    "sites.asked_at",
    "sites.first_seen_at",
    "sites.ok_at",
    "sites.robots_fetched_at",
    "sites.robots_retry_at",
    "sites.throttled_at",
    "stories.created_at",
    "stories.updated_at",
    "story_links.linked_at",
    "story_fingerprints.dated_at",
    "story_pair_scores.judged_at",
    "subscriptions.created_at",
    "subscriptions.in_progress_at",
    "subscriptions.last_delivery_at",
    "subscriptions.lease_ends_at",
    "subscriptions.requested_at",
    "subscriptions.trust_at",
    "subscriptions.watched_since",
];

#[tokio::test]
async fn every_stored_instant_is_known_as_due_or_as_recorded() {
    let room = Newsroom::new().await;
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname || '.' || a.attname FROM pg_attribute a
         JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = 'wiresift'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT c.relispartition AND c.relname <> '_sqlx_migrations' AND a.attnum > 0
           AND a.atttypid IN ('timestamptz'::regtype, 'timestamptz[]'::regtype)",
    )
    .fetch_all(&room.pool)
    .await
    .unwrap();
    let known: BTreeSet<&str> = DUE.iter().chain(&RECORDED).copied().collect();
    let stored: BTreeSet<&str> = columns.iter().map(String::as_str).collect();
    assert_eq!(stored, known);
}

#[tokio::test]
async fn the_indexes_answer_which_due_times_lie_too_far_ahead() {
    let room = Newsroom::new().await;
    for table in ["feeds", "entries"] {
        let plan: Vec<String> = sqlx::query_scalar(match table {
            "feeds" => {
                "EXPLAIN UPDATE wiresift.feeds SET next_poll_at = now()
                 WHERE state <> 'paused' AND next_poll_at > now() + interval '32 days'"
            }
            _ => {
                "EXPLAIN UPDATE wiresift.entries SET next_try_at = now()
                 WHERE state = 'pending' AND next_try_at > now() + interval '32 days'"
            }
        })
        .fetch_all(&mut *no_seqscan(&room).await)
        .await
        .unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains("Index") && !plan.contains("Seq Scan"), "{plan}");
    }
}

async fn no_seqscan(room: &Newsroom) -> sqlx::pool::PoolConnection<sqlx::Postgres> {
    let mut connection = room.pool.acquire().await.unwrap();
    sqlx::raw_sql("SET enable_seqscan = off").execute(&mut *connection).await.unwrap();
    connection
}

mod jumps {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Whatever the clock says at each poll, the next one is within the bounds.
        #[test]
        fn a_pause_is_lawful_whatever_the_clock_says(
            seconds in prop::collection::vec(-200_000_000_000_i64..200_000_000_000, 1..12),
            fails in prop::collection::vec(any::<bool>(), 12),
            chance in 0.0..1.0_f64,
        ) {
            let settings = PollSettings::default();
            let mut history = FeedHistory::of_new("https://paper.example/feed");
            for (second, fails) in seconds.into_iter().zip(fails) {
                let at = DateTime::from_timestamp(second, 0).unwrap();
                let outcome = if fails {
                    PollOutcome::Failed { cause: Cause::Timeout, error: String::new() }
                } else {
                    PollOutcome::Unchanged { validators: wiresift_feed::Validators::default() }
                };
                let poll = Poll::new(at, None, outcome);
                let plan = schedule::after(&history, &poll, &settings, chance);
                prop_assert!(plan.pause <= settings.max_every, "{:?}", plan.pause);
                let due = limits::later(at, plan.pause);
                prop_assert!(!limits::is_due(due, at) || plan.pause.is_zero());
                let _ = history.habits.trust.sends_validators(at);
                history.habits = plan.habits;
                history.failures = plan.failures;
            }
        }
    }
}
