//! Site memory: what the articles of a site have in common is learned over days, left out with a
//! reason, and can be taken back.

mod relaunch;

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use url::Url;
use wiresift::pipeline::learn::Learned;
use wiresift_feed::address::Host;

use crate::harness::newsroom::{Newsroom, prose};
use crate::harness::stub::Reply;

/// It reads like a paragraph, so no single page shows that it is none.
const APPEAL: &str = "Local reporting takes time and patience, and the people of the valley have paid \
    for ours since the first edition. If this text was of use to you, help us to write the next one.";

fn host(room: &Newsroom) -> String {
    Host::of(&Url::parse(&room.stub.url("/")).unwrap()).unwrap().to_string()
}

/// An article with a paragraph of the site at its end.
fn page(title: &str, seed: u32) -> String {
    let body: String = prose(seed).iter().map(|text| format!("<p>{text}</p>\n")).collect();
    format!(
        "<!doctype html><html lang=en><head><title>{title}</title></head><body>\
         <div><h1>{title}</h1>{body}<p>{APPEAL}</p></div></body></html>"
    )
}

/// Announces `count` new articles that end with the paragraph of the site, and reads them.
async fn shows(room: &Newsroom, day: u32, count: u32) {
    publishes(room, day, count, page).await;
}

/// A number in letters, since numbers vary in what counts as the same block.
fn word(number: u32) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

fn next_day(room: &Newsroom) {
    room.clock.advance(Duration::from_hours(24));
}

async fn learn(room: &Newsroom) -> Learned {
    room.steps.learn.learn(&host(room), &|| ()).await.unwrap()
}

/// A newsroom that has read three articles a day for `days` days, and learned from them.
async fn newsroom(days: u32) -> Newsroom {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    for day in 0..days {
        shows(&room, day, 3).await;
        room.steps.learn.turn(&CancellationToken::new(), &|| ()).await.unwrap();
        next_day(&room);
    }
    room
}

async fn with_appeal(room: &Newsroom) -> i64 {
    room.count("SELECT count(*) FROM news.articles WHERE body LIKE '%help us to write%'").await
}

#[tokio::test]
async fn one_day_teaches_nothing_and_the_second_cleans_the_first_articles_too() {
    let room = newsroom(1).await;
    assert_eq!(with_appeal(&room).await, 3, "a single page cannot tell");
    assert_eq!(learn(&room).await, Learned { changed: false, revised: 0 });
    shows(&room, 1, 3).await;
    assert_eq!(with_appeal(&room).await, 6);
    assert_eq!(learn(&room).await, Learned { changed: true, revised: 6 });
    assert_eq!(with_appeal(&room).await, 0);

    let revisions = "SELECT count(*) FROM news.revisions WHERE revision = 2 AND reason = 'memory'";
    assert_eq!(room.count(revisions).await, 6);
    let reason: String = sqlx::query_scalar(
        "SELECT DISTINCT reason FROM news.removed WHERE text LIKE 'Local reporting%'",
    )
    .fetch_one(&room.pool)
    .await
    .unwrap();
    assert_eq!(reason, "memory: seen on 6 of 6 articles over 2 days");
    assert_eq!(room.count("SELECT count(*) FROM news.changes(0) WHERE kind = 'revised'").await, 6);
    // The state of the entries, and the page that was stored, are what they were.
    assert_eq!(room.accounting().await, [("filed".into(), "new-from-page".into(), 6)]);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.pages").await, 6);
    assert_eq!(
        room.count("SELECT count(*) FROM wiresift.entries WHERE lease_token IS NOT NULL").await,
        0
    );

    // A new article is read with the memory at once, and nothing is extracted twice.
    next_day(&room);
    shows(&room, 2, 1).await;
    assert_eq!(with_appeal(&room).await, 0);
    assert_eq!(learn(&room).await, Learned { changed: false, revised: 0 });
    let first =
        "SELECT count(*) FROM wiresift.revisions WHERE revision = 1 AND memory_id IS NOT NULL";
    assert_eq!(room.count(first).await, 1);
    room.reconciled().await;
}

#[tokio::test]
async fn what_was_learned_can_be_forgotten() {
    let room = newsroom(2).await;
    assert_eq!(with_appeal(&room).await, 0);
    assert_eq!(room.steps.learn.forget(&host(&room)).await.unwrap(), 6);
    assert_eq!(with_appeal(&room).await, 6);
    shows(&room, 2, 3).await;
    assert_eq!(with_appeal(&room).await, 9, "it has to be learned anew");
    next_day(&room);
    shows(&room, 3, 3).await;
    assert!(learn(&room).await.changed);
    assert_eq!(with_appeal(&room).await, 6, "only the newest articles are known");
}

#[tokio::test]
async fn a_text_can_be_kept_for_good() {
    let room = newsroom(2).await;
    assert_eq!(room.steps.learn.keep(&host(&room), APPEAL).await.unwrap(), 6);
    assert_eq!(with_appeal(&room).await, 6);
    for day in 2..4 {
        shows(&room, day, 3).await;
        learn(&room).await;
        next_day(&room);
    }
    assert_eq!(with_appeal(&room).await, 12);
    room.reconciled().await;
}

#[tokio::test]
async fn learning_that_was_interrupted_is_repeated() {
    let room = newsroom(1).await;
    shows(&room, 1, 3).await;
    // Somebody reads the pages on the web at this moment, so they are left out.
    let lease =
        "UPDATE wiresift.entries SET lease_token = gen_random_uuid(), lease_expires_at = $1";
    let now = wiresift::clock::Clock::now(&room.clock);
    sqlx::query(lease).bind(now + Duration::from_mins(5)).execute(&room.pool).await.unwrap();
    assert_eq!(learn(&room).await, Learned { changed: true, revised: 0 });
    let free = "UPDATE wiresift.entries SET lease_token = NULL, lease_expires_at = NULL";
    sqlx::query(free).execute(&room.pool).await.unwrap();
    // The process died before it had noted anything.
    let undo = "UPDATE wiresift.site_traces SET learned = false, memory_id = NULL, rereads = 0";
    sqlx::query(undo).execute(&room.pool).await.unwrap();
    assert_eq!(learn(&room).await, Learned { changed: false, revised: 6 });
    assert_eq!(with_appeal(&room).await, 0);
}

#[tokio::test]
async fn traces_are_bounded() {
    let room = newsroom(14).await;
    let most = i64::try_from(wiresift_extract::memory::WINDOW).unwrap();
    let traces = room.count("SELECT count(*) FROM wiresift.site_traces").await;
    // Those that are not learned yet come on top.
    assert!((most..most + most / 4).contains(&traces), "{traces}");
    assert_eq!(with_appeal(&room).await, 0);
    let bytes = "SELECT sum(pg_column_size(t.*))::bigint FROM wiresift.site_traces t";
    assert!(room.count(bytes).await < 100_000);
}

#[tokio::test]
async fn stored_pages_are_compressed_with_an_earlier_page_and_can_be_read_again() {
    let room = newsroom(3).await;
    assert_eq!(room.count("SELECT count(*) FROM wiresift.page_dictionaries").await, 1);
    let (with, without) = (
        "SELECT max(length(body))::bigint FROM wiresift.pages WHERE dictionary_id IS NOT NULL",
        "SELECT min(length(body))::bigint FROM wiresift.pages WHERE dictionary_id IS NULL",
    );
    assert!(room.count(with).await < room.count(without).await);
    // Those of the third day were read with the memory, and are restored from the compressed pages.
    assert_eq!(room.steps.learn.forget(&host(&room)).await.unwrap(), 9);
    assert_eq!(with_appeal(&room).await, 9);
    let later = wiresift::clock::Clock::now(&room.clock) + Duration::from_hours(24 * 60);
    assert_eq!(room.store.purge_page_dictionaries(later).await.unwrap(), 0, "it is in use");
}

/// A feed whose summaries are the beginnings of the articles.
fn announces(room: &Newsroom, articles: &[(String, String, u32)]) {
    let base = room.stub.url("");
    let items: String = articles
        .iter()
        .map(|(path, title, seed)| {
            format!(
                "<item><title>{title}</title><link>{base}{path}</link><guid>{base}{path}</guid>\
                 <description>{}</description></item>",
                prose(*seed)[0]
            )
        })
        .collect();
    let feed = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Stub</title><link>{base}/</link>{items}\
         </channel></rss>"
    );
    room.stub.serves("/feed.xml", Reply::ok(feed));
}

/// Announces `count` new articles with these pages, and reads them.
async fn publishes(room: &Newsroom, day: u32, count: u32, page: impl Fn(&str, u32) -> String) {
    let articles: Vec<(String, String, u32)> = (0..count)
        .map(|n| {
            let seed = 10 * day + n;
            (format!("/{seed}"), format!("Report {}", word(seed)), seed)
        })
        .collect();
    for (path, title, seed) in &articles {
        let reply = Reply::ok(page(title, *seed)).header("Content-Type", "text/html");
        room.stub.serves(path, reply);
    }
    announces(room, &articles);
    room.run_until_idle().await;
}

/// A relaunch after which a script loads the text: only what stands around it is on the page.
fn empty_page(title: &str, seed: u32) -> String {
    let about: String = [
        "Our readers find the news of the valley here, from early in the morning until late at night.",
        "We write about schools, roads and taxes, and our reporters are glad to hear from those who know more.",
        "The paper was founded by two printers, and has been owned by those who write for it since the flood.",
    ]
    .iter()
    .map(|text| format!("<p>{text}</p>"))
    .collect();
    format!(
        "<!doctype html><html lang=en><head><title>The Paper</title></head><body><div id=root>\
         <div class=shell><h2>{title}</h2><div class=slot id=s{seed}></div><div class=panel>{about}</div></div></div>\
         </body></html>"
    )
}

#[tokio::test]
async fn a_relaunch_that_hides_the_text_is_noticed_and_its_menus_are_held_back() {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    let turn = async || {
        room.steps.learn.turn(&CancellationToken::new(), &|| ()).await.unwrap();
    };
    for day in 0..4 {
        publishes(&room, day, 4, page).await;
        turn().await;
        next_day(&room);
    }
    assert_eq!(room.count("SELECT count(*) FROM news.all_articles").await, 16);
    assert_eq!(room.count("SELECT count(*) FROM news.events WHERE kind = 'site-changed'").await, 0);
    let agreement: f32 =
        sqlx::query_scalar("SELECT agreement FROM news.sites").fetch_one(&room.pool).await.unwrap();
    assert!(agreement > 0.9, "{agreement}");

    publishes(&room, 4, 4, empty_page).await;
    assert_eq!(room.count("SELECT count(*) FROM news.all_articles").await, 16, "nothing is filed");
    assert!(room.accounting().await.contains(&("pending".into(), "doubtful".into(), 4)));
    turn().await;
    let (what, last): (String, String) = sqlx::query_as(
        "SELECT detail ->> 'what', detail ->> 'last' FROM news.events WHERE kind = 'site-changed'",
    )
    .fetch_one(&room.pool)
    .await
    .unwrap();
    assert_eq!(what, "content");
    assert!(last.contains("of the feed's summary is in the text, usually"), "{last}");
    assert_eq!(room.count("SELECT doubtful::bigint FROM news.sites").await, 4);

    // The publisher repairs the pages of two articles within the hour.
    for n in 0..2 {
        let (seed, title) = (40 + n, format!("Report {}", word(40 + n)));
        let reply = Reply::ok(page(&title, seed)).header("Content-Type", "text/html");
        room.stub.serves(&format!("/{seed}"), reply);
    }
    room.clock.advance(Duration::from_hours(2));
    room.run_until_idle().await;
    let good = "SELECT count(*) FROM news.all_articles WHERE doubt IS NULL";
    assert_eq!(room.count(good).await, 18);
    // The text of the others is filed in the end, with what speaks against it.
    for _ in 0..4 {
        room.clock.advance(Duration::from_hours(2));
        room.run_until_idle().await;
        turn().await;
    }
    let doubtful =
        "SELECT count(*) FROM news.all_articles WHERE doubt IS NOT NULL AND quality < 0.11";
    assert_eq!(room.count(doubtful).await, 1, "two pages with one text");
    assert_eq!(room.count(good).await, 18);
    room.reconciled().await;
}

#[tokio::test]
async fn a_page_that_was_read_before_keeps_its_text_when_its_site_breaks() {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    for day in 0..4 {
        publishes(&room, day, 4, page).await;
        room.steps.learn.turn(&CancellationToken::new(), &|| ()).await.unwrap();
        next_day(&room);
    }
    let path = "/30";
    let title = format!("Report {}", word(30));
    let broken = Reply::ok(empty_page(&title, 30)).header("Content-Type", "text/html");
    room.stub.serves(path, broken);
    let due = "UPDATE wiresift.entries SET next_try_at = $1 WHERE url LIKE '%/30'";
    let now = wiresift::clock::Clock::now(&room.clock);
    sqlx::query(due).bind(now).execute(&room.pool).await.unwrap();
    sqlx::query("UPDATE wiresift.sites SET read_at = $1")
        .bind(now)
        .execute(&room.pool)
        .await
        .unwrap();
    room.run_until_idle().await;
    assert_eq!(room.stub.requests_to(path).len(), 2);
    let kept = "SELECT count(*) FROM news.all_articles WHERE url LIKE '%/30' AND doubt IS NULL
                AND body LIKE '%a spokeswoman said%'";
    assert_eq!(room.count(kept).await, 1);
}

/// A relaunch that is read as well as the old pages.
fn moved_page(title: &str, seed: u32) -> String {
    let body: String = prose(seed).iter().map(|text| format!("<p>{text}</p>\n")).collect();
    format!(
        "<!doctype html><html lang=en><head><title>{title}</title></head><body><main class=grid>\
         <article class=view><h1>{title}</h1><section class=copy>{body}</section></article></main></body></html>"
    )
}

#[tokio::test]
async fn a_new_layout_is_noticed_within_five_articles_and_holds_nothing_back() {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    for day in 0..4 {
        publishes(&room, day, 4, page).await;
        room.steps.learn.turn(&CancellationToken::new(), &|| ()).await.unwrap();
        next_day(&room);
    }
    for day in 4..9 {
        publishes(&room, day, 1, moved_page).await;
        room.steps.learn.turn(&CancellationToken::new(), &|| ()).await.unwrap();
        next_day(&room);
    }
    assert_eq!(room.count("SELECT count(*) FROM news.articles WHERE doubt IS NULL").await, 21);
    let event = "SELECT detail ->> 'what' FROM news.events WHERE kind = 'site-changed'";
    let events: Vec<String> = sqlx::query_scalar(event).fetch_all(&room.pool).await.unwrap();
    assert_eq!(events, ["layout"], "told once");
}
