//! Something that a step cannot digest costs itself, and none of its neighbours.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use wiresift::clock::Clock as _;
use wiresift::store::Assigned;

use crate::harness::newsroom::{Newsroom, prose};

/// Lets the database refuse rows of a table, as it does with values out of range.
async fn refuses(room: &Newsroom, table: &str, when: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "CREATE FUNCTION wiresift.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE EXCEPTION 'out of range' USING ERRCODE = '22003'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON wiresift.{table}
         FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION wiresift.refuse()"
    )))
    .execute(&room.pool)
    .await
    .unwrap();
}

async fn set_aside(room: &Newsroom) -> Vec<Value> {
    sqlx::query_scalar("SELECT detail FROM wiresift.events WHERE kind = 'set-aside' ORDER BY id")
        .fetch_all(&room.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_article_without_a_story_holds_up_no_other() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "A"), ("/b", "B"), ("/c", "C")]);
    for (seed, path) in [(1, "/a"), (2, "/b"), (3, "/c")] {
        room.serves_page(path, &format!("The story of {path}"), &prose(seed));
    }
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let bad = room.count("SELECT min(id) FROM wiresift.articles").await;
    // An insert through the parent fires the trigger of the partition, which is a clone of this.
    refuses(&room, "story_fingerprints", &format!("NEW.article_id = {bad}")).await;
    let mut calls = Vec::new();
    loop {
        let window = TimeDelta::days(7);
        match room.store.assign_stories(room.clock.now(), window).await.unwrap() {
            Assigned::Nothing => break,
            assigned => calls.push(assigned),
        }
        assert!(calls.len() < 20, "{calls:?}");
    }
    assert_eq!(room.store.unassigned().await.unwrap(), 0);
    assert_eq!(calls.iter().filter(|call| **call == Assigned::SetAside).count(), 1, "{calls:?}");
    let with = "SELECT count(*) FROM wiresift.story_fingerprints";
    assert_eq!(room.count(with).await, 2);
    let events = set_aside(&room).await;
    assert_eq!((events.len(), &events[0]["article"]), (1, &Value::from(bad)));
}

#[tokio::test]
async fn an_article_that_kills_the_process_is_set_aside() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "A")]);
    room.serves_page("/a", "The story", &prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    // What is left in the queue by processes that died.
    sqlx::query("UPDATE wiresift.story_queue SET attempts = 4").execute(&room.pool).await.unwrap();
    let window = TimeDelta::days(7);
    let assigned = room.store.assign_stories(room.clock.now(), window).await.unwrap();
    assert_eq!(assigned, Assigned::Nothing);
    assert_eq!((room.store.unassigned().await.unwrap(), set_aside(&room).await.len()), (0, 1));
}

#[tokio::test]
async fn an_entry_that_the_database_refuses_costs_itself() {
    let room = Newsroom::new().await;
    refuses(&room, "entries", "NEW.title = 'Bad'").await;
    room.serves_feed(&[("/a", "A"), ("/b", "Bad"), ("/c", "C"), ("/d", "D")]);
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    assert_eq!(room.poll_due().await, 1);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 3);
    let state =
        "SELECT count(*) FROM wiresift.feeds WHERE state = 'active' AND lease_token IS NULL";
    assert_eq!(room.count(state).await, 1);
    let events = set_aside(&room).await;
    assert_eq!((events.len(), &events[0]["entries"]), (1, &Value::from(1)));
}

#[tokio::test]
async fn a_poll_that_cannot_be_recorded_frees_its_site() {
    let room = Newsroom::new().await;
    refuses(&room, "feeds", "NEW.fetch_url LIKE '%/elsewhere%'").await;
    let target = room.stub.url("/elsewhere");
    room.stub.serves("/feed.xml", crate::harness::stub::Reply::redirect(302, &target));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    assert_eq!(room.poll_due().await, 1);
    let free = "SELECT count(*) FROM wiresift.sites WHERE slots = '{}'
                AND next_request_at < now() + interval '1 year'";
    assert_eq!(room.count(free).await, 1);
    let waits = "SELECT count(*) FROM wiresift.feeds WHERE lease_token IS NULL AND failures = 1
                 AND fetch_url = url AND hops = 0";
    assert_eq!(room.count(waits).await, 1);
    room.clock.advance(Duration::from_hours(2));
    assert_eq!(room.poll_due().await, 1, "it is polled again");
}

#[tokio::test]
async fn a_discovery_that_kills_the_process_ends() {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    sqlx::raw_sql(
        "INSERT INTO wiresift.feed_discoveries (feed_id, discovery, host, next_action_at,
                                                lease_attempts)
         SELECT id, '{}', host, '2026-01-01', 4 FROM wiresift.feeds",
    )
    .execute(&room.pool)
    .await
    .unwrap();
    assert_eq!(room.store.set_discoveries_aside(room.clock.now()).await.unwrap(), 1);
    let ended = "SELECT count(*) FROM wiresift.feed_discoveries WHERE discovery IS NULL";
    assert_eq!(room.count(ended).await, 1);
    assert_eq!(
        room.count("SELECT count(*) FROM wiresift.events WHERE kind = 'quarantined'").await,
        1
    );
}
