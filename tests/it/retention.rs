//! What is too old goes: consumers are told, and no feed brings it back.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;
use wiresift::store::{Keep, KeepSettings, Timeline};

use crate::harness::desk::Desk;
use crate::harness::newsroom::prose;

const FEED: &str = "http://paper.example/feed.xml";
pub(crate) const DAY: Duration = Duration::from_hours(24);

pub(crate) fn days(days: u32) -> Keep {
    Keep::For(DAY * days)
}

pub(crate) fn keep_articles(articles: Keep) -> KeepSettings {
    KeepSettings { articles, ..KeepSettings::default() }
}

/// Deletes what is due, as the daemon does.
pub(crate) async fn expire(desk: &Desk, keep: &KeepSettings) -> u64 {
    let (mut place, mut articles) = (None, 0);
    loop {
        let expired = desk.store.expire_articles(keep, desk.now(), place, None).await.unwrap();
        articles += expired.articles;
        let Some(next) = expired.next else { return articles };
        place = Some(next);
    }
}

async fn reconciled(desk: &Desk) {
    let faults = desk.store.reconcile().await.unwrap().faults();
    assert_eq!(faults, Vec::<String>::new());
}

/// Lets the feed show both items, and reads the first ones of them.
async fn shows_and_reads(desk: &Desk, read: usize) {
    desk.shows(FEED, &ITEMS).await;
    let leases = desk.lease_all().await;
    for (n, (link, title)) in ITEMS.iter().enumerate().take(read) {
        let article = desk.article(&leases[*link], title, &prose(n as u32 + 1));
        desk.file(&[article]).await;
    }
}

const ITEMS: [(&str, &str); 2] =
    [("http://paper.example/1", "Harbour hall"), ("http://paper.example/2", "Bus drivers")];

#[tokio::test]
async fn an_article_goes_with_all_that_belongs_to_it_and_is_told_as_deleted() {
    let desk = Desk::new().await;
    shows_and_reads(&desk, 2).await;
    assert_eq!(expire(&desk, &keep_articles(days(20))).await, 0);
    desk.advance(DAY * 21);
    assert_eq!(expire(&desk, &keep_articles(Keep::Forever)).await, 0);
    assert_eq!(expire(&desk, &keep_articles(days(20))).await, 2);
    for table in ["articles", "revisions", "article_keys", "copy_edges"] {
        let query = match table {
            "articles" => "SELECT count(*) FROM wiresift.articles",
            "revisions" => "SELECT count(*) FROM wiresift.revisions",
            "article_keys" => "SELECT count(*) FROM wiresift.article_keys",
            _ => "SELECT count(*) FROM wiresift.copy_edges",
        };
        assert_eq!(desk.count(query).await, 0, "{table}");
    }
    let told: Vec<(String, i64)> = sqlx::query_as(
        "SELECT kind, article_id FROM news.changes(0) WHERE kind = 'deleted' ORDER BY seq",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert_eq!(told.len(), 2);
    reconciled(&desk).await;
}

#[tokio::test]
async fn an_entry_that_is_shown_still_brings_nothing_back() {
    let desk = Desk::new().await;
    shows_and_reads(&desk, 2).await;
    desk.advance(DAY * 21);
    expire(&desk, &keep_articles(days(20))).await;
    assert_eq!(desk.shows(FEED, &ITEMS).await.new_entries, 0);
    // Another feed shows one of the addresses.
    desk.shows("http://planet.example/feed.xml", &ITEMS[..1]).await;
    assert!(desk.lease_all().await.is_empty(), "nothing is to be read");
    let expired = "SELECT entries FROM news.accounting WHERE state = 'expired'";
    assert_eq!(desk.count(expired).await, 3);
    // The feed gives one of them a date after that: it is another article at that address.
    let later = (desk.now() + DAY / 2).to_rfc2822();
    let document = format!(
        "<rss version=\"2.0\"><channel><title>Paper</title><item><title>{}</title><link>{}</link>\
         <guid>{}</guid><pubDate>{later}</pubDate></item></channel></rss>",
        ITEMS[0].1, ITEMS[0].0, ITEMS[0].0
    );
    desk.shows_document(FEED, document.as_bytes()).await;
    assert_eq!(desk.lease_all().await.len(), 1);
    reconciled(&desk).await;
}

#[tokio::test]
async fn a_cluster_goes_when_its_last_copy_is_old_and_a_tag_keeps_its_articles() {
    let desk = Desk::new().await;
    desk.reads("http://a.example/1", "Harbour hall", &prose(1)).await;
    desk.advance(DAY * 2);
    desk.reads("http://b.example/1", "Harbour hall", &prose(1)).await;
    let copies = "SELECT count(*) FROM news.all_articles WHERE copy_of IS NOT NULL";
    assert_eq!(desk.count(copies).await, 1);
    desk.advance(DAY * 19);
    assert_eq!(expire(&desk, &keep_articles(days(20))).await, 0, "the copy is 19 days old");
    desk.advance(DAY * 2);
    sqlx::query("UPDATE wiresift.feeds SET tags = '{local}'").execute(&desk.pool).await.unwrap();
    let local = |keep| KeepSettings {
        tags: BTreeMap::from([("local".to_owned(), keep)]),
        ..keep_articles(days(20))
    };
    assert_eq!(expire(&desk, &local(Keep::Forever)).await, 0);
    assert_eq!(expire(&desk, &local(days(60))).await, 0);
    // A feed's own time goes before that of its tags.
    let own =
        |feed: Url, keep| KeepSettings { feeds: BTreeMap::from([(feed, keep)]), ..local(days(15)) };
    let listed: Vec<String> = sqlx::query_scalar("SELECT url FROM news.feeds ORDER BY url")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    let listed: Vec<Url> = listed.iter().map(|url| url.parse().unwrap()).collect();
    for feed in &listed {
        assert_eq!(expire(&desk, &own(feed.clone(), Keep::Forever)).await, 0, "{feed}");
    }
    assert_eq!(expire(&desk, &local(days(15))).await, 2);
    reconciled(&desk).await;
}

#[tokio::test]
async fn entries_events_and_changes_go_and_consumers_hear_of_it() {
    let desk = Desk::new().await;
    shows_and_reads(&desk, 1).await;
    desk.advance(DAY * 40);
    expire(&desk, &keep_articles(days(20))).await;
    let limit = desk.now() - DAY * 10;
    assert_eq!(desk.store.forget_entries(limit).await.unwrap(), 0, "the feed shows it still");
    desk.shows(FEED, &ITEMS[1..]).await;
    assert_eq!(desk.store.forget_entries(limit).await.unwrap(), 1);
    let forgotten = "SELECT entries FROM news.accounting WHERE state = 'forgotten'";
    assert_eq!(desk.count(forgotten).await, 1);
    reconciled(&desk).await;

    assert!(desk.store.first_day(Timeline::Changes).await.unwrap().unwrap() < limit);
    let head = desk.store.head().await.unwrap().seq;
    assert_eq!(desk.store.forget_changes(limit).await.unwrap(), 1, "the first of {head}");
    let refused = sqlx::query("SELECT * FROM news.changes(0)").fetch_all(&desk.pool).await;
    let code = refused.unwrap_err().into_database_error().unwrap().code().unwrap().into_owned();
    assert_eq!(code, "WS001");
    assert_eq!(desk.count("SELECT count(*) FROM news.changes(1)").await, head - 1);
    assert_eq!(desk.store.forget_changes(desk.now() + DAY).await.unwrap() as i64, head - 1);
    // The end of the log is a place to go on from, although no change is left.
    let end = "SELECT count(*) FROM news.head() h, news.changes(h.seq, after_token => h.token)";
    assert_eq!(desk.count(end).await, 0);
    reconciled(&desk).await;
}
