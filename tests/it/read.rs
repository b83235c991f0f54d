//! Pages: what is read, filed, recognised, refused, and asked of the site meanwhile.

use std::time::Duration;

use wiresift::store::{Keep, KeepSettings};

use crate::harness::newsroom::{Newsroom, prose, rss};
use crate::harness::stub::Reply;

#[tokio::test]
async fn an_entry_becomes_a_clean_article() {
    let room = Newsroom::new().await;
    let paragraphs = prose(1);
    room.serves_feed(&[("/a", "The harbour opens")]);
    room.serves_page("/a", "The harbour opens", &paragraphs);
    room.lists(&[&room.stub.url("/feed.xml")]).await;

    room.run_until_idle().await;

    let (title, body, revision): (String, String, i32) =
        sqlx::query_as("SELECT title, body, revision FROM news.articles")
            .fetch_one(&room.pool)
            .await
            .unwrap();
    assert_eq!((title.as_str(), revision), ("The harbour opens", 1));
    assert_eq!(body, paragraphs.join("\n\n"));
    assert_eq!(room.accounting().await, [("filed".into(), "new-from-page".into(), 1)]);
    assert!(
        room.count("SELECT count(*) FROM news.removed WHERE text LIKE '%Popular Articles%'").await
            >= 1
    );
    assert_eq!(room.count("SELECT count(*) FROM news.changes(0)").await, 1);
    room.reconciled().await;
}

#[tokio::test]
async fn removed_blocks_are_left_out_by_choice() {
    let keep = KeepSettings { removed: Keep::For(Duration::ZERO), ..KeepSettings::default() };
    let room = Newsroom::keeping(keep).await;
    room.serves_feed(&[("/a", "The harbour opens")]);
    room.serves_page("/a", "The harbour opens", &prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;

    room.run_until_idle().await;

    assert_eq!(room.count("SELECT count(*) FROM news.articles").await, 1);
    assert_eq!(room.count("SELECT count(*) FROM news.removed").await, 0);
    room.reconciled().await;
}

#[tokio::test]
async fn robots_txt_is_asked_first_and_obeyed() {
    let room = Newsroom::new().await;
    room.stub.serves(
        "/robots.txt",
        Reply::ok("User-agent: wiresift\nDisallow: /private/\nCrawl-delay: 7\n"),
    );
    room.serves_feed(&[("/a", "Open"), ("/private/b", "Closed")]);
    room.serves_page("/a", "Open", &prose(1));
    room.serves_page("/private/b", "Closed", &prose(2));
    room.lists(&[&room.stub.url("/feed.xml")]).await;

    room.run_until_idle().await;

    let paths: Vec<String> = room.stub.requests().iter().map(|seen| seen.target.clone()).collect();
    assert_eq!(paths, ["/feed.xml", "/robots.txt", "/a"]);
    assert_eq!(
        room.accounting().await,
        [("filed".into(), "new-from-page".into(), 1), ("skipped".into(), "robots".into(), 1)]
    );
    assert_eq!(room.count("SELECT crawl_delay_ms::bigint FROM wiresift.sites").await, 7000);
    room.reconciled().await;
}

#[tokio::test]
async fn an_unreachable_robots_txt_means_nothing_is_read_until_it_answers() {
    let room = Newsroom::new().await;
    room.stub.script("/robots.txt", [Reply::status(503), Reply::status(404)]);
    room.serves_feed(&[("/a", "One")]);
    room.serves_page("/a", "One", &prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.stub.requests_to("/a").len(), 0);
    assert_eq!(
        room.count("SELECT count(*) FROM wiresift.entries WHERE state = 'pending'").await,
        1
    );

    room.clock.advance(Duration::from_hours(1));
    room.run_until_idle().await;
    assert_eq!(room.stub.requests_to("/robots.txt").len(), 2);
    assert_eq!(room.count("SELECT count(*) FROM news.articles").await, 1);
}

#[tokio::test]
async fn robots_txt_that_moved_is_followed() {
    let room = Newsroom::new().await;
    let (site, other) = (room.stub.site("site"), room.stub.site("rules"));
    site.serves("/robots.txt", Reply::redirect(301, &other.url("/robots.txt")));
    other.serves("/robots.txt", Reply::ok("User-agent: *\nDisallow: /\n"));
    site.serves(
        "/feed.xml",
        Reply::ok(crate::harness::newsroom::rss(&site.url(""), &[("/a", "One")])),
    );
    room.lists(&[&site.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.accounting().await, [("skipped".into(), "robots".into(), 1)]);
}

#[tokio::test]
async fn a_page_that_is_gone_is_filed_from_the_feed_that_carries_it() {
    let room = Newsroom::new().await;
    let text: String = prose(3).iter().map(|paragraph| format!("<p>{paragraph}</p>")).collect();
    let base = room.stub.url("");
    let feed = format!(
        r#"<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>S</title>
           <item><title>Full text</title><link>{base}/gone</link><content:encoded><![CDATA[{text}]]></content:encoded></item>
           <item><title>Teaser only</title><link>{base}/gone-too</link><description>Short.</description></item>
           </channel></rss>"#
    );
    room.stub.serves("/feed.xml", Reply::ok(feed));
    room.stub.serves("/gone", Reply::status(410));
    room.stub.serves("/gone-too", Reply::status(410));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;

    assert_eq!(
        room.accounting().await,
        [("abandoned".into(), "gone".into(), 1), ("filed".into(), "new-from-feed".into(), 1)]
    );
    let (title, body): (String, String) = sqlx::query_as("SELECT title, body FROM news.articles")
        .fetch_one(&room.pool)
        .await
        .unwrap();
    assert_eq!((title.as_str(), body), ("Full text", prose(3).join("\n\n")));
    room.reconciled().await;
}

#[tokio::test]
async fn a_site_in_trouble_is_tried_again_later_and_given_up_in_the_end() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One"), ("/b", "Two")]);
    room.stub.script(
        "/a",
        [
            Reply::status(503).header("Retry-After", "30"),
            Reply::ok(crate::harness::newsroom::page("One", &prose(1)))
                .header("Content-Type", "text/html"),
        ],
    );
    room.stub.serves("/b", Reply::status(500));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.stub.requests_to("/a").len(), 2);

    for _ in 0..4 {
        room.clock.advance(Duration::from_hours(2));
        while !room.read_due().await.is_empty() {}
    }
    assert_eq!(room.stub.requests_to("/b").len(), 4);
    assert_eq!(
        room.accounting().await,
        [
            ("abandoned".into(), "unavailable".into(), 1),
            ("filed".into(), "new-from-page".into(), 1)
        ]
    );
    room.reconciled().await;
}

#[tokio::test]
async fn one_article_under_many_addresses_is_one_article() {
    let room = Newsroom::new().await;
    let base = room.stub.url("");
    let paragraphs = prose(4);
    for path in ["/story", "/story?utm_source=rss&utm_medium=feed", "/short/1", "/amp/story"] {
        room.serves_page(path, "Once", &paragraphs);
    }
    room.stub.serves("/go/1", Reply::redirect(302, &format!("{base}/story")));
    room.stub.serves(
        "/one.xml",
        Reply::ok(rss(&base, &[("/story?utm_source=rss&amp;utm_medium=feed", "Once")])),
    );
    room.stub.serves(
        "/two.xml",
        Reply::ok(rss(&base, &[("/go/1", "Once"), ("/story#top", "Once"), ("/short/1", "Once")])),
    );
    room.lists(&[&room.stub.url("/one.xml"), &room.stub.url("/two.xml")]).await;
    room.run_until_idle().await;

    assert_eq!(room.count("SELECT count(*) FROM news.all_articles").await, 1);
    assert_eq!(room.count("SELECT count(*) FROM news.sightings").await, 4);
    assert_eq!(room.store.head().await.unwrap().seq, 1);
    room.reconciled().await;
}

#[tokio::test]
async fn the_same_text_on_another_site_is_a_copy() {
    let room = Newsroom::new().await;
    let (one, two) = (room.stub.site("one"), room.stub.site("two"));
    let paragraphs = prose(5);
    for site in [&one, &two] {
        site.serves("/feed.xml", Reply::ok(rss(&site.url(""), &[("/wire", "Wire")])));
        let page = crate::harness::newsroom::page("Wire", &paragraphs);
        site.serves("/wire", Reply::ok(page).header("Content-Type", "text/html"));
    }
    room.lists(&[&one.url("/feed.xml"), &two.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.count("SELECT count(*) FROM news.articles").await, 1);
    assert_eq!(room.count("SELECT copies::bigint FROM news.articles").await, 1);
    assert_eq!(
        room.count("SELECT count(*) FROM news.all_articles WHERE copy_of IS NOT NULL").await,
        1
    );
    let kinds: Vec<String> =
        sqlx::query_scalar("SELECT kind FROM news.changes(0)").fetch_all(&room.pool).await.unwrap();
    assert_eq!(kinds, ["new", "copy"]);
    room.reconciled().await;
}

#[tokio::test]
async fn an_updated_entry_is_read_again_and_a_correction_is_a_revision() {
    let room = Newsroom::new().await;
    let base = room.stub.url("");
    let atom = |updated: &str| {
        format!(
            r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>S</title><id>s</id><updated>{updated}</updated>
               <entry><title>Bridge</title><id>1</id><link href="{base}/bridge"/><updated>{updated}</updated></entry></feed>"#
        )
    };
    room.stub.script(
        "/feed.xml",
        [Reply::ok(atom("2026-11-02T08:00:00Z")), Reply::ok(atom("2026-11-02T12:10:00Z"))],
    );
    let before = prose(6);
    room.serves_page("/bridge", "Bridge", &before);
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;

    let mut after = before.clone();
    after[1] = after[1].replace("before the autumn", "before the next summer");
    room.serves_page("/bridge", "Bridge", &after);
    room.clock.advance(Duration::from_mins(20));
    room.run_until_idle().await;

    let revisions: Vec<(i32, String)> =
        sqlx::query_as("SELECT revision, kind FROM news.revisions ORDER BY revision")
            .fetch_all(&room.pool)
            .await
            .unwrap();
    assert_eq!(revisions, [(1, "first".into()), (2, "correction".into())]);
    assert_eq!(room.accounting().await, [("revision".into(), "correction".into(), 1)]);
    assert_eq!(room.count("SELECT count(*) FROM news.changes(0) WHERE kind = 'revised'").await, 1);
    room.reconciled().await;
}

#[tokio::test]
async fn raw_pages_are_kept_and_purged_by_age() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One")]);
    room.serves_page("/a", "One", &prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let packed: Vec<u8> =
        sqlx::query_scalar("SELECT body FROM wiresift.pages").fetch_one(&room.pool).await.unwrap();
    let page = zstd::decode_all(packed.as_slice()).unwrap();
    assert_eq!(String::from_utf8(page).unwrap(), crate::harness::newsroom::page("One", &prose(1)));
    let later = wiresift::clock::Clock::now(&room.clock) + chrono::TimeDelta::days(15);
    assert_eq!(room.store.purge_pages(later - chrono::TimeDelta::days(14)).await.unwrap(), 1);
    assert_eq!(room.store.purge_pages(later).await.unwrap(), 0);
}

#[tokio::test]
async fn the_last_known_rules_hold_while_robots_txt_cannot_be_had() {
    let room = Newsroom::new().await;
    let rules = Reply::ok("User-agent: *\nDisallow: /private/\n");
    room.stub.script("/robots.txt", [rules, Reply::status(503)]);
    for path in ["/a", "/b", "/private/c"] {
        room.serves_page(path, "A headline", &prose(1));
    }
    room.serves_feed(&[("/a", "One")]);
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    room.clock.advance(Duration::from_hours(25));
    room.serves_feed(&[("/a", "One"), ("/b", "Two"), ("/private/c", "Three")]);
    room.run_until_idle().await;
    assert_eq!(room.stub.requests_to("/robots.txt").len(), 2);
    assert_eq!(
        (room.stub.requests_to("/b").len(), room.stub.requests_to("/private/c").len()),
        (1, 0)
    );
    room.reconciled().await;
}
