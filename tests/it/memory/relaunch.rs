//! A site whose pages have no article any more.

use tokio_util::sync::CancellationToken;

use super::{next_day, page, publishes, with_appeal};
use crate::harness::newsroom::Newsroom;

/// What is at every address after a relaunch that forgot the articles: the list of the newest ones.
fn list_page(_: &str, seed: u32) -> String {
    let teasers = [
        (
            "Choir of the valley wins a prize",
            "The choir of the valley came second of thirty at the weekend.",
        ),
        (
            "School roof leaks again after rain",
            "Buckets are back in two classrooms, and nobody has the key.",
        ),
        (
            "Pilot retires after forty long years",
            "He guided many ships and lost none, he says, though one was late.",
        ),
        (
            "Bakery moves to the old customs house",
            "The ovens were lifted in by crane on Saturday, before a crowd.",
        ),
        (
            "Storm warning for the outer islands",
            "Gusts of up to thirty metres are expected on Friday night.",
        ),
        ("Council looks for a harbour master", "Applications are open until the end of the month."),
        (
            "Lighthouse lamp is to be electric",
            "The last lamp of the coast goes to the museum in May.",
        ),
    ];
    let teasers: String = teasers
        .iter()
        .enumerate()
        .map(|(n, (title, text))| {
            format!("<li><h3><a href=/t{seed}{n}>{title}</a></h3><p>{text}</p></li>")
        })
        .collect();
    format!(
        "<!doctype html><html lang=en><head><title>News | The Paper</title></head><body>\
         <main><h1>News</h1><ul>{teasers}</ul></main></body></html>"
    )
}

/// A page that a script fills.
fn bare_page(_: &str, _: u32) -> String {
    "<!doctype html><html><head><title></title></head><body><script>start()</script>\
     <div id=app></div></body></html>"
        .to_owned()
}

/// A newsroom that has read four articles a day for four days.
async fn newsroom() -> Newsroom {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    for day in 0..4 {
        publishes(&room, day, 4, page).await;
        ends_day(&room).await;
    }
    assert_eq!(changes(&room).await, 0);
    room
}

async fn ends_day(room: &Newsroom) {
    room.steps.learn.turn(&CancellationToken::new(), &|| ()).await.unwrap();
    next_day(room);
}

async fn changes(room: &Newsroom) -> i64 {
    room.count("SELECT count(*) FROM news.events WHERE kind = 'site-changed'").await
}

#[tokio::test]
async fn a_relaunch_that_leaves_no_article_is_noticed() {
    let pages: [fn(&str, u32) -> String; 2] = [list_page, bare_page];
    for page in pages {
        let room = newsroom().await;
        publishes(&room, 4, 4, page).await;
        assert_eq!(room.count("SELECT count(*) FROM news.all_articles").await, 16);
        ends_day(&room).await;
        assert_eq!(changes(&room).await, 1);
        let (what, last): (String, String) = sqlx::query_as(
            "SELECT detail ->> 'what', detail ->> 'last' FROM news.events
             WHERE kind = 'site-changed'",
        )
        .fetch_one(&room.pool)
        .await
        .unwrap();
        assert_eq!(what, "content");
        // The memory in use is that of the second day.
        assert_eq!(last, "the page has no article, but 8 of 8 pages have one");
        let health = "SELECT doubtful::bigint FROM news.sites WHERE articles = 16";
        assert_eq!(room.count(health).await, 4);
        room.reconciled().await;
    }
}

#[tokio::test]
async fn what_was_learned_outlives_a_broken_site() {
    let room = newsroom().await;
    for day in 4..14 {
        publishes(&room, day, 4, list_page).await;
        ends_day(&room).await;
    }
    // Those without an article are bounded on their own.
    let bare = room.count("SELECT count(*) FROM wiresift.site_traces WHERE NOT article").await;
    assert!((32..40).contains(&bare), "{bare}");
    publishes(&room, 14, 1, page).await;
    assert_eq!(room.count("SELECT count(*) FROM news.all_articles").await, 17);
    assert_eq!(with_appeal(&room).await, 0);
    room.reconciled().await;
}

#[tokio::test]
async fn a_feed_that_announces_lists_as_well_is_no_change() {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    let mixed = |title: &str, seed: u32| {
        if seed.is_multiple_of(2) { list_page(title, seed) } else { page(title, seed) }
    };
    for day in 0..6 {
        publishes(&room, day, 4, mixed).await;
        ends_day(&room).await;
    }
    publishes(&room, 6, 4, list_page).await;
    ends_day(&room).await;
    assert_eq!(room.count("SELECT count(*) FROM news.all_articles").await, 12);
    assert_eq!(changes(&room).await, 0);
}
