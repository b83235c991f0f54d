//! Copies whose text changes: they stay, leave or move on, and what joined them says why.

use wiresift::store::{Filing, Lease, Outcome, PendingEntry, Recorded};

use crate::harness::desk::{Desk, article, id, verdict};
use crate::harness::newsroom::prose;

fn both(one: u32, other: u32) -> Vec<String> {
    prose(one).into_iter().chain(prose(other)).collect()
}

/// What an address that is on file says by now, read by way of an entry that led elsewhere.
fn says(desk: &Desk, lease: &Lease<PendingEntry>, url: &str, text: &[String]) -> Filing {
    let mut filed = article(lease, "Harbour wall", text);
    filed.fetched_url = Some(url.parse().unwrap());
    desk.filing(lease, Outcome::Article(Box::new(filed)))
}

async fn reads_again(desk: &Desk, url: &str, text: &[String]) -> Recorded {
    let count = desk.count("SELECT count(*) FROM wiresift.entries").await;
    let lease = desk.leased(&[&format!("http://detour.example/{count}")]).await.remove(0);
    desk.file(&[says(desk, &lease, url, text)]).await.remove(0)
}

async fn original_of(desk: &Desk, article: i64) -> Option<i64> {
    sqlx::query_scalar("SELECT copy_of FROM wiresift.articles WHERE id = $1")
        .bind(article)
        .fetch_one(&desk.pool)
        .await
        .unwrap()
}

/// Two clusters that a third text joined would fall apart if it left.
#[tokio::test]
async fn a_copy_that_holds_others_together_stays() {
    let desk = Desk::new().await;
    let a = id(&desk.reads("http://a.example/1", "Harbour wall", &prose(1)).await);
    let b = id(&desk.reads("http://b.example/1", "Harbour wall", &prose(2)).await);
    let bridge = id(&desk.reads("http://x.example/1", "Harbour wall", &both(1, 2)).await);
    assert_eq!([original_of(&desk, b).await, original_of(&desk, bridge).await], [Some(a); 2]);
    let recorded = reads_again(&desk, "http://x.example/1", &prose(4)).await;
    assert_eq!((verdict(&recorded).as_str(), id(&recorded)), ("revision", bridge));
    assert_eq!([original_of(&desk, b).await, original_of(&desk, bridge).await], [Some(a); 2]);
    desk.states().await;
}

/// From one cluster to another, to the last word.
#[tokio::test]
async fn a_copy_that_takes_a_strangers_text_moves_on_to_it() {
    let desk = Desk::new().await;
    let a = id(&desk.reads("http://a.example/1", "Harbour wall", &prose(1)).await);
    let x = id(&desk.reads("http://x.example/1", "Harbour wall", &prose(1)).await);
    let z = id(&desk.reads("http://z.example/1", "Harbour wall", &prose(4)).await);
    assert_eq!(original_of(&desk, x).await, Some(a));
    reads_again(&desk, "http://x.example/1", &prose(4)).await;
    assert_eq!(original_of(&desk, x).await, Some(z), "whoever had the text first keeps it");
    assert_eq!(desk.count("SELECT sum(copies)::bigint FROM news.articles").await, 1);
    desk.states().await;
}

/// What a batch has only just joined to a copy holds that copy, too.
#[tokio::test]
async fn a_copy_does_not_leave_whom_its_own_batch_joined_to_it() {
    let desk = Desk::new().await;
    let a = id(&desk.reads("http://a.example/1", "Harbour wall", &prose(1)).await);
    let x = id(&desk.reads("http://x.example/1", "Harbour wall", &both(1, 2)).await);
    assert_eq!(original_of(&desk, x).await, Some(a));
    let leases = desk.leased(&["http://b.example/1", "http://detour.example/x"]).await;
    let batch = [
        desk.article(&leases[0], "Harbour wall", &prose(2)),
        says(&desk, &leases[1], "http://x.example/1", &prose(4)),
    ];
    let recorded = desk.file(&batch).await;
    assert_eq!(recorded.iter().map(verdict).collect::<Vec<_>>(), ["copy", "revision"]);
    assert_eq!(
        [original_of(&desk, x).await, original_of(&desk, id(&recorded[0])).await],
        [Some(a); 2]
    );
    desk.states().await;
}

/// Whoever comes with the words that a copy had before it left is none of its copies.
#[tokio::test]
async fn what_a_copy_said_before_it_left_does_not_bring_it_back() {
    let desk = Desk::new().await;
    let a = id(&desk.reads("http://a.example/1", "Harbour wall", &prose(1)).await);
    let x = id(&desk.reads("http://x.example/1", "Harbour wall", &both(1, 2)[..6]).await);
    assert_eq!(original_of(&desk, x).await, Some(a));
    reads_again(&desk, "http://x.example/1", &prose(4)).await;
    assert_eq!(original_of(&desk, x).await, None);
    let late = id(&desk.reads("http://c.example/1", "Harbour wall", &both(1, 2)[..6]).await);
    assert_eq!([original_of(&desk, late).await, original_of(&desk, x).await], [Some(a), None]);
    desk.states().await;
}

/// A text has one original, even where a curator parted two that have it now.
#[tokio::test]
async fn the_same_text_joins_what_was_parted() {
    let desk = Desk::new().await;
    let mut edited = prose(1);
    edited[3] = "The desk that cut it says this at its end.".to_owned();
    let a = id(&desk.reads("http://a.example/1", "Harbour wall", &prose(1)).await);
    let b = id(&desk.reads("http://b.example/1", "Harbour wall", &edited).await);
    assert_eq!(original_of(&desk, b).await, Some(a));
    desk.store.split_copies(b, a, desk.now()).await.unwrap().unwrap();
    assert_eq!(original_of(&desk, b).await, None);
    reads_again(&desk, "http://b.example/1", &prose(1)).await;
    assert_eq!(original_of(&desk, b).await, Some(a));
    desk.states().await;
}
