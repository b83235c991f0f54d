//! What a curator does from the pages of the console: each action has its whole effect, and only that.

use nix::sys::signal::Signal;

use crate::console::Stage;
use crate::console_articles::{article, encoded, staged};
use crate::harness::newsroom::{page, prose};
use crate::harness::stub::{Reply, Stub};

/// A rule that removes the last paragraph of the articles.
const RULE: &str = "[[site]]\nhost = \"127.0.0.1\"\nremove = \"article p:last-of-type\"\n";

async fn number(stage: &Stage, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&stage.pool).await.unwrap()
}

async fn body(stage: &Stage, id: i64) -> String {
    let body = sqlx::query_scalar("SELECT body FROM wiresift.articles WHERE id = $1");
    body.bind(id).fetch_one(&stage.pool).await.unwrap()
}

#[tokio::test]
async fn a_copy_is_split_from_the_page_of_its_cluster() {
    let stage = staged(true).await;
    let (original, _) = article(&stage, "/1").await;
    // Another outlet has the text of the first, cut and with a sentence of its own.
    let outlet = Stub::start().await;
    let mut text = prose(1);
    text.pop();
    text.insert(1, "The desk of the other outlet adds a sentence of its own here.".to_owned());
    let html = page("The same with other words", &text);
    outlet.serves("/copy", Reply::ok(html).header("Content-Type", "text/html"));
    let link = outlet.url("/copy");
    let rss = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>More</title><item>\
         <title>The same</title><link>{link}</link><guid>c</guid></item></channel></rss>"
    );
    stage.stub.serves("/feed.xml", Reply::ok(rss));
    assert_eq!(stage.post("/feeds/1/poll", "").await.status, 303);
    stage.until(&format!("/copies/{original}"), "the original").await;
    let (copy, _) = article(&stage, "/copy").await;
    let shown = stage.get(&format!("/copies/{copy}")).await.body;
    assert!(shown.contains(&format!("Split from {original}")), "{shown}");
    assert_eq!(number(&stage, "SELECT count(*) FROM news.lineage").await, 2);
    let told = "SELECT count(*) FROM news.changes(0)";
    let before = number(&stage, told).await;

    let split = stage.post(&format!("/copies/{copy}/split"), &format!("from={original}")).await;
    assert!(split.status == 303 && split.head.contains("done=split"), "{}", split.head);
    let after = stage.get(&format!("/copies/{original}?done=split")).await.body;
    assert!(after.contains("They are apart now") && after.contains("is no copy"), "{after}");
    assert_eq!(number(&stage, "SELECT count(*) FROM news.lineage").await, 0);
    assert_eq!(number(&stage, "SELECT count(*) FROM news.articles").await, 3);
    let stored = "SELECT count(*) FROM wiresift.cluster_splits";
    assert_eq!(number(&stage, stored).await, 1);
    assert!(number(&stage, told).await > before, "readers of the change log are told");
    // Twice does nothing.
    let again = stage.post(&format!("/copies/{copy}/split"), &format!("from={original}")).await;
    assert!(again.head.contains("done=whole"), "{}", again.head);
    assert_eq!(number(&stage, stored).await, 1);
}

#[tokio::test]
async fn pages_are_tried_again_and_then_filed() {
    let mut stage = staged(true).await;
    let (id, host) = article(&stage, "/1").await;
    let site = format!("/sites/{}", encoded(&host));
    let gone = prose(1).pop().unwrap();
    let same = stage.post(&format!("{site}/preview"), "").await.body;
    assert!(same.contains("0 would have another text, 2 the same"), "{same}");
    assert!(!same.contains("File these texts"), "{same}");

    stage.home.write("rules.toml", RULE);
    stage.daemon.signal(Signal::SIGHUP);
    stage.daemon.says("applied the feed list", 2).await;
    let tried = stage.post(&format!("{site}/preview"), "").await.body;
    assert!(tried.contains("2 would have another text, 0 the same"), "{tried}");
    assert!(tried.contains("Nothing was filed") && tried.contains("File these texts"), "{tried}");
    assert!(tried.contains("<del>"), "{tried}");
    assert!(body(&stage, id).await.contains(&gone), "a dry run files nothing");
    let leased = "SELECT count(*) FROM wiresift.entries
                  WHERE state <> 'pending' AND lease_token IS NOT NULL";
    assert_eq!(number(&stage, leased).await, 0, "an entry that was tried is free again");

    let filed = stage.post(&format!("{site}/reprocess"), "").await.body;
    assert!(filed.contains("2 have another text now, as a revision; 0 the same"), "{filed}");
    assert!(!body(&stage, id).await.contains(&gone));
    let revised = "SELECT count(*) FROM news.revisions WHERE revision = 2 AND reason = 'rules'";
    assert_eq!(number(&stage, revised).await, 2);
    let shown = stage.get(&format!("/articles/{id}")).await.body;
    assert!(shown.contains("What revision 2 changed"), "{shown}");
    assert_eq!(stage.stub.requests_to("/1").len(), 1, "no page is requested again");
    assert_eq!(number(&stage, leased).await, 0);
}

#[tokio::test]
async fn filing_again_needs_the_setting() {
    let stage = staged(false).await;
    let (_, host) = article(&stage, "/1").await;
    let refused = stage.post(&format!("/sites/{}/reprocess", encoded(&host)), "").await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_rule_is_tried_and_shows_what_it_takes() {
    let stage = staged(false).await;
    let (id, _) = article(&stage, "/1").await;
    let trial = format!("/articles/{id}?remove={}", encoded("article p:last-of-type"));
    let tried = stage.get(&trial).await.body;
    assert!(tried.contains("remove = &#34;article p:last-of-type&#34;"), "{tried}");
    assert!(tried.contains("On 1 other page"), "{tried}");
    assert!(tried.contains(" letters before, "), "{tried}");
    let none = stage.get(&format!("/articles/{id}?remove=nav")).await.body;
    assert!(none.contains("the same text") && !none.contains(" letters before, "), "{none}");
    assert_eq!(number(&stage, "SELECT max(revision)::bigint FROM wiresift.articles").await, 1);
}

#[tokio::test]
async fn the_way_of_an_address_leads_to_its_article() {
    let stage = staged(false).await;
    let (id, _) = article(&stage, "/1").await;
    let known = stage.get(&format!("/explain?url={}", encoded(&stage.stub.url("/1")))).await.body;
    assert!(known.contains(&format!("<h3><a href=\"/articles/{id}\">")), "{known}");
    let missing = encoded(&stage.stub.url("/missing"));
    let stopped = stage.get(&format!("/explain?url={missing}")).await.body;
    assert!(!stopped.contains("href=\"/articles/"), "{stopped}");
}
