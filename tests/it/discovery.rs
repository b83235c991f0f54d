//! A dead feed's home page is searched, and what it names is proposed: an event, and nothing more.

use std::time::Duration;

use serde_json::Value;
use wiresift::pipeline::{Place, Step as _};

use crate::harness::newsroom::{Newsroom, rss};
use crate::harness::stub::Reply;

const DAY: Duration = Duration::from_hours(24);

/// Makes all requests of all searches.
async fn search(room: &Newsroom) {
    let mut idle = 0;
    while idle < 10 {
        let leases = room.steps.discover.lease(10).await.unwrap();
        idle = if leases.is_empty() { idle + 1 } else { 0 };
        for lease in leases {
            let memory = wiresift::budget::Reservation::unbounded();
            room.steps.discover.run(lease, memory, Place::uncounted()).await;
        }
        room.clock.advance(Duration::from_secs(1));
    }
}

async fn begun(room: &Newsroom) -> usize {
    room.store.begin_discoveries(room.steps.pipeline.clock.now()).await.unwrap()
}

async fn proposals(room: &Newsroom) -> Vec<Value> {
    sqlx::query_scalar(
        "SELECT detail FROM news.events WHERE kind = 'replacement-found' ORDER BY at",
    )
    .fetch_all(&room.pool)
    .await
    .unwrap()
}

/// Paths that were asked for since, without the feed's own.
fn asked(room: &Newsroom, since: usize) -> Vec<String> {
    let seen = room.stub.requests();
    seen.iter()
        .skip(since)
        .map(|seen| seen.target.clone())
        .filter(|path| path != "/feed.xml")
        .collect()
}

fn home(room: &Newsroom, head: &str) {
    let page = format!(
        "<!doctype html><html><head><title>Paper</title>{head}</head><body>News</body></html>"
    );
    room.stub.serves("/", Reply::ok(page).header("Content-Type", "text/html"));
}

/// A feed that was fine once, and is gone.
async fn gone() -> Newsroom {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One")]);
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    assert_eq!(room.poll_due().await, 1);
    room.stub.serves("/feed.xml", Reply::status(410));
    room.clock.advance(DAY);
    assert_eq!(room.poll_due().await, 1);
    assert_eq!(room.count("SELECT count(*) FROM news.feeds WHERE state = 'gone'").await, 1);
    room
}

#[tokio::test]
async fn a_feed_that_is_gone_is_searched_for_once_a_month() {
    let room = gone().await;
    home(
        &room,
        "<link rel=alternate type=application/rss+xml href=/feed.xml>\
         <link rel=alternate type=application/rss+xml href=/empty.xml>\
         <link rel=alternate type=application/rss+xml href=/moved.xml>",
    );
    room.stub.serves("/empty.xml", Reply::ok(rss("", &[])));
    room.stub.serves("/moved.xml", Reply::redirect(301, "/new.xml"));
    room.stub
        .serves("/new.xml", Reply::ok(rss(&room.stub.url(""), &[("/a", "One"), ("/b", "Two")])));
    let before = room.stub.requests().len();
    assert_eq!(begun(&room).await, 1);
    assert_eq!(begun(&room).await, 0, "under way");
    search(&room).await;
    assert_eq!(asked(&room, before), ["/robots.txt", "/", "/empty.xml", "/moved.xml", "/new.xml"]);
    let proposed = proposals(&room).await.remove(0);
    assert_eq!(proposed["home"], room.stub.url("/"));
    assert_eq!(proposed["feeds"].as_array().unwrap().len(), 1);
    assert_eq!(proposed["feeds"][0]["url"], room.stub.url("/new.xml"));
    assert_eq!(
        (&proposed["feeds"][0]["title"], &proposed["feeds"][0]["entries"]),
        (&"Stub".into(), &2.into())
    );
    // The list is the curator's.
    assert_eq!(room.count("SELECT count(*) FROM news.feeds").await, 1);

    room.clock.advance(DAY * 29);
    assert_eq!(begun(&room).await, 0);
    room.clock.advance(DAY * 2);
    assert_eq!(begun(&room).await, 1, "still gone");
}

#[tokio::test]
async fn a_feed_that_fails_is_searched_for_after_a_week_and_what_is_listed_is_no_news() {
    let room = Newsroom::new().await;
    room.stub.serves("/feed.xml", Reply::status(404));
    room.stub.serves("/known.xml", Reply::ok(rss(&room.stub.url(""), &[("/a", "One")])));
    room.lists(&[&room.stub.url("/feed.xml"), &room.stub.url("/known.xml")]).await;
    home(&room, "<link rel=alternate type=application/rss+xml href=/known.xml>");
    for _ in 0..6 {
        room.clock.advance(DAY);
        room.run_until_idle().await;
    }
    assert_eq!(begun(&room).await, 0);
    room.clock.advance(DAY);
    assert_eq!(begun(&room).await, 1);
    search(&room).await;
    assert_eq!(room.stub.requests_to("/").len(), 1);
    assert_eq!(proposals(&room).await, Vec::<Value>::new());
}

#[tokio::test]
async fn usual_places_are_tried_where_the_page_names_none_and_robots_may() {
    let room = gone().await;
    room.stub
        .serves("/robots.txt", Reply::ok("User-agent: *\nDisallow: /feed$\nDisallow: /rss$\n"));
    home(&room, "");
    let atom = rss(&room.stub.url(""), &[("/a", "One")]);
    room.stub.serves("/feed", Reply::ok(atom.clone()));
    room.stub.serves("/rss.xml", Reply::ok(atom));
    let before = room.stub.requests().len();
    assert_eq!(begun(&room).await, 1);
    search(&room).await;
    let asked = asked(&room, before);
    assert!(!asked.iter().any(|path| path == "/feed" || path == "/rss"), "{asked:?}");
    assert_eq!(proposals(&room).await[0]["feeds"][0]["url"], room.stub.url("/rss.xml"));
}

#[tokio::test]
async fn a_home_page_that_is_away_ends_the_search() {
    let room = gone().await;
    room.stub.serves("/", Reply::status(503).header("Retry-After", "3600"));
    let before = room.stub.requests().len();
    assert_eq!(begun(&room).await, 1);
    search(&room).await;
    assert_eq!(asked(&room, before), ["/robots.txt", "/"]);
    assert_eq!(
        room.count("SELECT count(*) FROM wiresift.feed_discoveries WHERE discovery IS NULL").await,
        1
    );
    assert_eq!(proposals(&room).await, Vec::<Value>::new());
}
