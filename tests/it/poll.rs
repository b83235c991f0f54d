//! Polling: what a feed's answers come to, and what the site is asked.

use std::time::Duration;

use crate::harness::newsroom::{Newsroom, listed, prose, rss};
use crate::harness::stub::Reply;

const QUARTER: Duration = Duration::from_mins(20);

async fn feed_row(room: &Newsroom) -> (String, Option<i32>, Option<String>) {
    sqlx::query_as("SELECT state, last_status, last_error FROM news.feeds")
        .fetch_one(&room.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn validators_are_sent_back_as_they_came_and_a_304_changes_nothing() {
    let room = Newsroom::new().await;
    let feed = rss(&room.stub.url(""), &[("/a", "One")]);
    let reply = Reply::ok(feed)
        .header("ETag", "W/\"odd, but ours\"")
        .header("Last-Modified", "yesterday-ish");
    room.stub.script("/feed.xml", [reply, Reply::status(304)]);
    room.lists(&[&room.stub.url("/feed.xml")]).await;

    room.poll_due().await;
    room.clock.advance(QUARTER);
    room.poll_due().await;

    let seen = room.stub.requests_to("/feed.xml");
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("if-none-match"), None);
    assert_eq!(seen[1].header("if-none-match"), Some("W/\"odd, but ours\""));
    assert_eq!(seen[1].header("if-modified-since"), Some("yesterday-ish"));
    assert!(seen[1].header("user-agent").unwrap().starts_with("wiresift/"));
    assert_eq!(feed_row(&room).await, ("active".into(), Some(304), None));
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 1);
    room.reconciled().await;
}

#[tokio::test]
async fn the_same_feed_again_writes_no_article_row() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One"), ("/b", "Two")]);
    room.serves_page("/a", "One", &prose(1));
    room.serves_page("/b", "Two", &prose(2));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let rows = "SELECT sum(revision)::bigint FROM wiresift.articles";
    let before = (room.count(rows).await, room.store.head().await.unwrap());

    for _ in 0..5 {
        room.clock.advance(QUARTER);
        // The same entries in other bytes.
        let items = [("/b", "Two"), ("/a", "One")];
        room.serves_feed(&items);
        room.run_until_idle().await;
    }

    assert_eq!((room.count(rows).await, room.store.head().await.unwrap()), before);
    assert_eq!(room.stub.requests_to("/a").len(), 1);
    room.reconciled().await;
}

#[tokio::test]
async fn failures_slow_a_feed_down_and_an_answer_heals_it() {
    let room = Newsroom::new().await;
    let feed = rss(&room.stub.url(""), &[]);
    room.stub.script(
        "/feed.xml",
        [Reply::status(500), Reply::ok("<html>no feed</html>"), Reply::ok(feed)],
    );
    room.lists(&[&room.stub.url("/feed.xml")]).await;

    room.poll_due().await;
    let (state, status, error) = feed_row(&room).await;
    assert_eq!((state.as_str(), status), ("failing", Some(500)));
    assert!(error.unwrap().contains("500"));
    assert_eq!(room.poll_due().await, 0);

    room.clock.advance(Duration::from_hours(2));
    room.poll_due().await;
    let (state, status, error) = feed_row(&room).await;
    assert_eq!((state.as_str(), status), ("failing", Some(200)));
    assert!(error.unwrap().contains("not a feed"));

    room.clock.advance(Duration::from_hours(4));
    room.poll_due().await;
    assert_eq!(feed_row(&room).await, ("active".into(), Some(200), None));
}

#[tokio::test]
async fn retry_after_closes_the_whole_site_and_is_nobodys_fault() {
    for (value, closed) in [("120", 119), ("Mon, 02 Nov 2026 12:10:00 GMT", 599)] {
        let room = Newsroom::new().await;
        room.stub.serves("/limited.xml", Reply::status(429).header("Retry-After", value));
        room.stub.serves("/other.xml", Reply::ok(rss(&room.stub.url(""), &[])));
        room.lists(&[&room.stub.url("/limited.xml")]).await;
        room.poll_due().await;
        let (state, status, _) = feed_row(&room).await;
        assert_eq!((state.as_str(), status), ("active", Some(429)), "{value}");

        let both = [listed(&room.stub.url("/limited.xml")), listed(&room.stub.url("/other.xml"))];
        room.store.sync_feeds(&both, wiresift::clock::Clock::now(&room.clock)).await.unwrap();
        room.clock.advance(Duration::from_secs(closed));
        assert_eq!(room.poll_due().await, 0, "{value}: asked within the window");
        room.clock.advance(Duration::from_secs(2));
        assert_eq!(room.poll_due().await, 1, "{value}");
        assert_eq!(room.stub.requests_to("/other.xml").len(), 1);
    }
}

#[tokio::test]
async fn gone_is_said_and_looked_at_rarely() {
    let room = Newsroom::new().await;
    room.stub.serves("/feed.xml", Reply::status(410));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.poll_due().await;
    assert_eq!(feed_row(&room).await.0, "gone");
    room.clock.advance(Duration::from_hours(696));
    assert_eq!(room.poll_due().await, 0);
    room.clock.advance(Duration::from_hours(48));
    assert_eq!(room.poll_due().await, 1);
}

#[tokio::test]
async fn a_redirect_waits_for_the_turn_of_the_site_that_it_leads_to() {
    let room = Newsroom::new().await;
    let old = room.stub.site("old");
    let new = room.stub.site("new");
    old.serves("/feed.xml", Reply::redirect(301, &new.url("/atom.xml")));
    new.serves("/atom.xml", Reply::ok(rss(&new.url(""), &[("/a", "One")])));
    room.lists(&[&old.url("/feed.xml")]).await;

    assert_eq!(room.poll_due().await, 1);
    assert_eq!(room.stub.requests().len(), 1);
    assert_eq!(room.poll_due().await, 1);
    assert_eq!(room.stub.requests().len(), 2);

    assert_eq!(feed_row(&room).await.0, "active");
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 1);
    assert_eq!(room.count("SELECT count(*) FROM news.events WHERE kind = 'moved'").await, 1);
    // The next poll starts at the listed address again, and the event is not repeated the same day.
    room.clock.advance(QUARTER);
    room.poll_due().await;
    room.poll_due().await;
    assert_eq!(room.stub.requests().len(), 4);
    assert_eq!(room.count("SELECT count(*) FROM news.events WHERE kind = 'moved'").await, 1);
}

#[tokio::test]
async fn a_redirect_loop_ends_and_is_a_failure() {
    let room = Newsroom::new().await;
    room.stub.serves("/feed.xml", Reply::redirect(302, &room.stub.url("/feed.xml")));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let (state, _, error) = feed_row(&room).await;
    assert_eq!(state, "failing");
    assert!(error.unwrap().contains("redirects"));
    assert_eq!(room.stub.requests().len(), 11);
}

#[tokio::test]
async fn a_cut_feed_gives_its_complete_entries() {
    let room = Newsroom::new().await;
    let feed = rss(&room.stub.url(""), &[("/a", "One"), ("/b", "Two"), ("/c", "Three")]);
    let cut = feed.find("<title>Three").unwrap() + 10;
    room.stub.serves("/feed.xml", Reply::ok(feed).truncated(cut));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.poll_due().await;
    assert_eq!(feed_row(&room).await.0, "active");
    assert!(room.count("SELECT count(*) FROM wiresift.entries").await >= 2);
}

#[tokio::test]
async fn feeds_of_one_site_are_a_second_apart_and_sites_do_not_wait_for_each_other() {
    let room = Newsroom::new().await;
    let (one, two) = (room.stub.site("one"), room.stub.site("two"));
    for path in ["/1.xml", "/2.xml", "/3.xml"] {
        one.serves(path, Reply::ok(rss(&one.url(""), &[])));
    }
    two.serves("/1.xml", Reply::ok(rss(&two.url(""), &[])));
    room.lists(&[&one.url("/1.xml"), &one.url("/2.xml"), &one.url("/3.xml"), &two.url("/1.xml")])
        .await;

    assert_eq!(room.poll_due().await, 2, "one of each site");
    assert_eq!(room.poll_due().await, 0, "within the spacing");
    room.clock.advance(Duration::from_secs(1));
    assert_eq!(room.poll_due().await, 1);
    room.clock.advance(Duration::from_secs(1));
    assert_eq!(room.poll_due().await, 1);
    assert!(room.stub.requests().iter().all(|seen| seen.in_flight_at_host <= 1));
}

#[tokio::test]
async fn a_feed_that_leaves_the_list_is_paused_and_comes_back() {
    let room = Newsroom::new().await;
    room.serves_feed(&[]);
    let url = room.stub.url("/feed.xml");
    room.lists(&[&url]).await;
    room.poll_due().await;
    room.lists(&[]).await;
    assert_eq!(feed_row(&room).await.0, "paused");
    room.clock.advance(QUARTER);
    assert_eq!(room.poll_due().await, 0);
    room.lists(&[&url]).await;
    assert_eq!(feed_row(&room).await.0, "active");
    assert_eq!(room.poll_due().await, 1);
}
