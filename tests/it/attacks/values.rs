//! Values from outside that are longer or stranger than anybody expects cost themselves alone.

use std::collections::BTreeMap;

use sqlx::PgPool;
use wiresift_text::limits;

use crate::harness::newsroom::{Newsroom, prose, rss};
use crate::harness::stub::Reply;

/// The limits of the texts that are stored. The schema has the same.
const LENGTHS: [(&str, usize); 62] = [
    ("sites.host", limits::SITE_BYTES),
    ("sites.domain", limits::HOST_BYTES),
    ("sites.hold_reason", limits::ERROR_BYTES),
    ("sites.robots_moved_to", limits::URL_BYTES),
    ("feeds.url", limits::FEED_URL_BYTES),
    ("feeds.host", limits::SITE_BYTES),
    ("feeds.fetch_url", limits::URL_BYTES),
    ("feeds.hop_cookies", limits::COOKIES_BYTES),
    ("feeds.moved_to", limits::URL_BYTES),
    ("feeds.home_url", limits::URL_BYTES),
    ("feeds.name", limits::NAME_BYTES),
    ("feeds.title", limits::TITLE_BYTES),
    ("feeds.language", limits::LANGUAGE_BYTES),
    ("feeds.etag", limits::VALIDATOR_BYTES),
    ("feeds.last_modified", limits::VALIDATOR_BYTES),
    ("feeds.last_error", limits::ERROR_BYTES),
    ("entries.key", limits::KEY_BYTES),
    ("entries.identity", limits::KEY_BYTES),
    ("entries.guid", limits::GUID_BYTES),
    ("entries.url", limits::URL_BYTES),
    ("entries.fetch_url", limits::URL_BYTES),
    ("entries.hop_cookies", limits::COOKIES_BYTES),
    ("entries.host", limits::SITE_BYTES),
    ("entries.title", limits::TITLE_BYTES),
    ("entries.summary", limits::SUMMARY_BYTES),
    ("entries.language", limits::LANGUAGE_BYTES),
    ("entries.page_etag", limits::VALIDATOR_BYTES),
    ("entries.page_last_modified", limits::VALIDATOR_BYTES),
    ("articles.url", limits::URL_BYTES),
    ("articles.host", limits::SITE_BYTES),
    ("articles.title", limits::TITLE_BYTES),
    ("articles.summary", limits::SUMMARY_BYTES),
    ("articles.language", limits::LANGUAGE_BYTES),
    ("articles.declared_language", limits::LANGUAGE_BYTES),
    ("articles.image_url", limits::URL_BYTES),
    ("articles.site_name", limits::NAME_BYTES),
    ("articles.section", limits::NAME_BYTES),
    ("article_keys.key", limits::KEY_BYTES),
    ("parameter_evidence.site", limits::KEY_BYTES),
    ("parameter_evidence.name", limits::KEY_BYTES),
    ("parameter_observations.rest", limits::KEY_BYTES),
    ("parameter_observations.name", limits::KEY_BYTES),
    ("parameter_observations.site", limits::KEY_BYTES),
    ("parameter_observations.key", limits::KEY_BYTES),
    ("pages.url", limits::URL_BYTES),
    ("pages.content_type", limits::MEDIA_TYPE_BYTES),
    ("events.host", limits::SITE_BYTES),
    ("stories.language", limits::LANGUAGE_BYTES),
    ("story_words.language", limits::LANGUAGE_BYTES),
    ("page_dictionaries.source", limits::SITE_BYTES),
    ("site_memories.source", limits::SITE_BYTES),
    ("site_traces.source", limits::SITE_BYTES),
    ("site_health.source", limits::SITE_BYTES),
    ("articles.doubt", limits::DOUBT_BYTES),
    ("site_exceptions.source", limits::SITE_BYTES),
    ("feed_discoveries.host", limits::SITE_BYTES),
    ("subscriptions.hub", limits::FEED_URL_BYTES),
    ("subscriptions.topic", limits::FEED_URL_BYTES),
    ("subscriptions.endpoint", limits::URL_BYTES),
    ("subscriptions.host", limits::SITE_BYTES),
    ("subscriptions.missed_key", limits::KEY_BYTES),
    ("subscriptions.last_error", limits::ERROR_BYTES),
];

/// All constraints on lengths: column to bytes.
async fn constraints(pool: &PgPool) -> BTreeMap<String, usize> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
         JOIN pg_class t ON t.oid = c.conrelid
         WHERE t.relnamespace = 'wiresift'::regnamespace AND c.contype = 'c'
           AND pg_get_constraintdef(c.oid) LIKE '%octet_length%'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(table, check)| {
            let (_, rest) = check.split_once("octet_length(").unwrap();
            let (column, rest) = rest.split_once(')').unwrap();
            let bytes = rest.trim_start_matches([' ', '<', '=']).trim_end_matches(')');
            let table = table.trim_start_matches("wiresift.");
            (format!("{table}.{column}"), bytes.parse().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn the_schema_has_the_limits_of_the_code() {
    let room = Newsroom::new().await;
    let ours: BTreeMap<String, usize> =
        LENGTHS.iter().map(|(column, bytes)| ((*column).to_owned(), *bytes)).collect();
    assert_eq!(constraints(&room.pool).await, ours);
    let offset: String = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint
         WHERE conname = 'articles_published_offset_check'",
    )
    .fetch_one(&room.pool)
    .await
    .unwrap();
    let bound = limits::MAX_OFFSET_MINUTES.to_string();
    assert_eq!(offset.matches(&bound).count(), 2, "{offset}");
}

#[tokio::test]
async fn every_text_in_an_index_has_a_limit_that_an_index_can_hold() {
    let room = Newsroom::new().await;
    let known = constraints(&room.pool).await;
    let indexed: Vec<(String, i64)> = sqlx::query_as(
        "SELECT t.relname || '.' || a.attname, i.indexrelid::bigint FROM pg_index i
         JOIN pg_class t ON t.oid = i.indrelid
         JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey)
         WHERE t.relnamespace = 'wiresift'::regnamespace AND t.relkind = 'r'
           AND NOT t.relispartition AND m.amname = 'btree' AND a.atttypid = 'text'::regtype",
    )
    .fetch_all(&room.pool)
    .await
    .unwrap();
    let mut rows: BTreeMap<i64, usize> = BTreeMap::new();
    for (column, index) in indexed {
        // Written by the program itself, and short.
        let ours =
            ["subscriptions.token", "locks.name", "outcome_hours.outcome", "outcome_hours.cause"];
        if ours.contains(&column.as_str()) {
            continue;
        }
        let bytes = known.get(&column).unwrap_or_else(|| panic!("{column} has no limit"));
        *rows.entry(index).or_default() += bytes;
    }
    assert!(rows.values().all(|bytes| *bytes <= 2_600), "{rows:?}");
}

#[tokio::test]
async fn an_entry_with_an_overlong_host_costs_itself() {
    let room = Newsroom::new().await;
    let base = room.stub.url("");
    let long = "a".repeat(3_000);
    let items = format!(
        "<item><guid>1</guid><title>Long</title><link>http://{long}.example/x</link></item>\
         <item><guid>2</guid><title>Labels</title><link>http://{}/x</link></item>\
         <item><guid>3</guid><title>Whole</title><link>{base}/a</link></item>",
        vec!["abc"; 900].join(".")
    );
    let document = rss(&base, &[]).replace("</channel>", &format!("{items}</channel>"));
    room.stub.serves("/feed.xml", Reply::ok(document));
    room.serves_page("/a", "The story", &prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.count("SELECT count(*) FROM wiresift.articles").await, 1);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.sites").await, 1);
    let skipped = "SELECT count(*) FROM wiresift.entries WHERE cause = 'no-link'";
    assert_eq!(room.count(skipped).await, 2);
}

#[tokio::test]
async fn a_redirect_to_an_overlong_host_keeps_no_slot() {
    let room = Newsroom::new().await;
    let target = format!("http://{}.example/feed", "a".repeat(3_000));
    room.stub.serves("/feed.xml", Reply::redirect(302, &target));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    assert_eq!(room.poll_due().await, 1);
    let free = "SELECT count(*) FROM wiresift.sites WHERE slots = '{}'";
    assert_eq!(room.count(free).await, 1);
    let waits = "SELECT count(*) FROM wiresift.feeds WHERE lease_token IS NULL AND hops = 0";
    assert_eq!(room.count(waits).await, 1);
}

#[tokio::test]
async fn values_of_any_length_are_recorded_and_filed() {
    let room = Newsroom::new().await;
    let (base, long) = (room.stub.url(""), "lorem ".repeat(20_000));
    let word = "x".repeat(9_000);
    let item = format!(
        "<item><guid>{word}</guid><title>{long}</title><link>{base}/a</link>\
         <description>{long}{long}</description><author>{long}</author>\
         <category>{long}</category></item>"
    );
    let document = rss(&base, &[("/b", "Neighbour")])
        .replace(
            "<title>Stub</title>",
            &format!("<title>{long}</title><language>{word}</language>"),
        )
        .replace("</channel>", &format!("{item}</channel>"));
    room.stub.serves("/feed.xml", Reply::ok(document).header("ETag", &format!("\"{word}\"")));
    let head = format!(
        "<meta property=og:site_name content='{long}'><meta property=article:section \
         content='{long}'><meta name=author content='{long}'><meta property=article:tag \
         content='{long}'><meta property=og:description content='{long}'>\
         <meta property=og:image content='{base}/{word}.jpg'><link rel=license href='{long}'>"
    );
    for (path, seed) in [("/a", 1), ("/b", 2)] {
        let page = crate::harness::newsroom::page(&format!("The story of {path}"), &prose(seed));
        let page = page.replace("<head>", &format!("<head>{head}"));
        let reply = Reply::ok(page).header("Content-Type", &format!("text/html; x={word}"));
        room.stub.serves(path, reply.header("ETag", &format!("\"{word}\"")));
    }
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.count("SELECT count(*) FROM wiresift.articles").await, 2);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.events").await, 0);
}

#[tokio::test]
async fn an_offset_that_no_clock_has_costs_the_offset() {
    let room = Newsroom::new().await;
    let stamps = ["+18:00", "-15:30", "+99:99", "+14:00", "-12:00", "+05:45"];
    let paths: Vec<String> = (0..stamps.len()).map(|n| format!("/{n}")).collect();
    let items: Vec<(&str, &str)> =
        paths.iter().map(|path| (path.as_str(), path.as_str())).collect();
    room.serves_feed(&items);
    for (seed, (path, stamp)) in (1..).zip(paths.iter().zip(stamps)) {
        let meta = format!(
            "<meta property=article:published_time content='2026-11-01T10:00:00{stamp}'>\
             <script type=application/ld+json>{{\"@type\":\"NewsArticle\",\
             \"datePublished\":\"2026-11-01T10:00:00{stamp}\"}}</script>"
        );
        let page = crate::harness::newsroom::page(&format!("The story {seed}"), &prose(seed));
        let page = page.replace("<head>", &format!("<head>{meta}"));
        room.stub.serves(path, Reply::ok(page).header("Content-Type", "text/html"));
    }
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.count("SELECT count(*) FROM wiresift.articles").await, 6);
    let dated = "SELECT count(*) FROM wiresift.articles WHERE published_at::date = '2026-11-01'";
    assert!(room.count(dated).await >= 5);
    let lawful =
        "SELECT count(*) FROM wiresift.articles WHERE published_offset IN (840, -720, 345)";
    assert_eq!(room.count(lawful).await, 3);
}
