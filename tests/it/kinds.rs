//! What becomes of pages that are no articles, or not all of one.

use std::path::Path;

use wiresift::feed_list::parse_sites;
use wiresift::pipeline::Ending;

use crate::harness::newsroom::{Newsroom, page, prose, rss};
use crate::harness::stub::Reply;

/// A specimen of the fixtures of `wiresift-extract`.
fn specimen(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/extract/tests/fixtures/kinds");
    std::fs::read_to_string(root.join(name).with_extension("html")).unwrap()
}

fn html(text: impl Into<String>) -> Reply {
    Reply::ok(text.into()).header("Content-Type", "text/html; charset=utf-8")
}

/// A feed with one entry, whose page is this; what became of it.
async fn read(title: &str, page: String) -> (Newsroom, Vec<(String, String, i64)>) {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", title)]);
    room.stub.serves("/a", html(page));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let accounting = room.accounting().await;
    room.reconciled().await;
    (room, accounting)
}

fn one(state: &str, cause: &str) -> Vec<(String, String, i64)> {
    vec![(state.to_owned(), cause.to_owned(), 1)]
}

#[tokio::test]
async fn an_index_is_given_up_and_never_an_article() {
    let (room, accounting) = read("Night ferry stays", specimen("index/cards_en")).await;
    assert_eq!(accounting, one("abandoned", "index"));
    assert_eq!(room.count("SELECT count(*) FROM news.all_articles").await, 0);
}

#[tokio::test]
async fn a_soft_404_is_tried_again_as_a_hard_one_is() {
    let (room, accounting) = read("Night ferry stays", specimen("soft-404/english")).await;
    assert_eq!(accounting[0].0, "pending");
    assert_eq!(room.stub.requests_to("/a").len(), 1, "not within the minute");
    assert_eq!(room.count("SELECT failures::bigint FROM wiresift.entries").await, 1);
    // The page comes back.
    room.serves_page("/a", "Night ferry stays", &prose(3));
    room.clock.advance(std::time::Duration::from_hours(24));
    room.run_until_idle().await;
    assert_eq!(room.accounting().await, one("filed", "new-from-page"));
}

#[tokio::test]
async fn what_a_paywall_leaves_is_filed_and_flagged() {
    let (room, accounting) =
        read("Night ferry stays", specimen("paywall-stub/locked_by_statement")).await;
    assert_eq!(accounting, one("filed", "new-from-page"));
    let flagged = "SELECT count(*) FROM news.articles WHERE rights @> '{\"paywalled\": true, \"excerpt\": true}'";
    assert_eq!(room.count(flagged).await, 1);
}

#[tokio::test]
async fn a_live_blog_is_filed() {
    let (_, accounting) =
        read("Storm on the coast: live", specimen("live-blog/stated_json_ld")).await;
    assert_eq!(accounting, one("filed", "new-from-page"));
}

#[tokio::test]
async fn a_page_of_scripts_is_read_in_the_form_that_it_names() {
    let room = Newsroom::new().await;
    let shell = "<html><head><title>Ferry</title><link rel=amphtml href=/amp/a></head>\
                 <body><div id=app></div><script src=/app.js></script></body></html>";
    room.serves_feed(&[("/a", "Ferry")]);
    room.stub.serves("/a", html(shell));
    room.stub.serves(
        "/amp/a",
        html(page("Ferry", &prose(2)).replace("<head>", "<head><link rel=canonical href=/a>")),
    );
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.accounting().await, one("filed", "new-from-page"));
    let url: String =
        sqlx::query_scalar("SELECT url FROM news.articles").fetch_one(&room.pool).await.unwrap();
    assert_eq!(url, room.stub.url("/a"));
    room.reconciled().await;
}

#[tokio::test]
async fn forms_that_name_each_other_and_have_no_text_are_given_up() {
    let room = Newsroom::new().await;
    let shell = |other: &str| format!("<link rel=amphtml href={other}><div id=app></div>");
    room.serves_feed(&[("/a", "Ferry")]);
    room.stub.serves("/a", html(shell("/b")));
    room.stub.serves("/b", html(shell("/a")));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.accounting().await, one("abandoned", "no-text"));
    assert!(room.stub.requests().len() < 20);
    room.reconciled().await;
}

#[tokio::test]
async fn an_article_in_the_page_s_state_is_filed_from_there() {
    let room = Newsroom::new().await;
    let body: String = prose(4).iter().map(|text| format!("<p>{text}</p>")).collect();
    let state = serde_json::json!({"page": {"title": "The harbour opens", "body": body}});
    let state = state.to_string().replace('<', "\\u003c");
    let shell = format!(
        "<title>The harbour opens</title><div id=app></div><script>window.S={state};</script>"
    );
    room.serves_feed(&[("/a", "The harbour opens")]);
    room.stub.serves("/a", html(shell));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let (body, source): (String, String) = sqlx::query_as(
        "SELECT r.body, a.body_source FROM news.articles r JOIN wiresift.articles a ON a.id = r.id",
    )
    .fetch_one(&room.pool)
    .await
    .unwrap();
    assert_eq!((body, source), (prose(4).join("\n\n"), "page-state".to_owned()));
}

#[tokio::test]
async fn a_site_rule_is_followed_until_it_finds_nothing() {
    let room = Newsroom::new().await;
    let paragraphs = prose(1);
    let feed = [("/a", "The harbour opens"), ("/b", "The harbour closes")];
    room.stub.serves("/feed.xml", Reply::ok(rss(&room.stub.url(""), &feed)));
    let ours = page("The harbour opens", &paragraphs).replacen("<p>", "<p class=promo>", 1);
    room.stub.serves("/a", html(ours));
    room.serves_page("/b", "The harbour closes", &prose(2));
    let rule = "[[site]]\nhost = \"127.0.0.1\"\nremove = \"p.promo\"";
    let rules =
        wiresift::feed_list::compile_sites(&parse_sites("feeds.toml", rule).unwrap()).unwrap();
    room.ingest.follow_sites(rules);
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;

    let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM news.articles ORDER BY url")
        .fetch_all(&room.pool)
        .await
        .unwrap();
    assert_eq!(bodies, [paragraphs[1..].join("\n\n"), prose(2).join("\n\n")]);
    let removed = "SELECT count(*) FROM news.removed WHERE reason = 'site rule: removed'";
    assert_eq!(room.count(removed).await, 1);
    let counted = |outcome| room.ingest.metrics.site_rules.get_or_create(&Ending { outcome }).get();
    assert_eq!((counted("followed"), counted("missed")), (1, 1));
}
