//! Pages: what is read, filed, recognised, refused, and asked of the site meanwhile.

use std::time::Duration;

use crate::harness::newsroom::{Newsroom, prose};
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
    assert!(room.count("SELECT count(*) FROM news.removed WHERE text LIKE '%Popular Articles%'").await >= 1);
    assert_eq!(room.count("SELECT count(*) FROM news.changes(0)").await, 1);
    room.reconciled().await;
}
