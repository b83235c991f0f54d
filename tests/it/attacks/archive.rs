//! A long feed that names everything anew makes no new entries.

use wiresift::store::PollRecord;

use crate::harness::desk::Desk;

const COUNT: usize = 6_000;

fn document(generation: u32, host: &str) -> String {
    let item = |number: usize| {
        format!(
            "<item><guid isPermaLink=\"false\">{generation}-{number}</guid>\
             <link>http://{host}/news/{number}</link>\
             <title>Harbour board opens hall number {number}</title></item>"
        )
    };
    let items: String = (0..COUNT).map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>Archive</title>{items}</channel></rss>")
}

async fn new_entries(desk: &Desk, generation: u32, host: &str) -> u64 {
    let document = document(generation, host);
    let PollRecord { new_entries, .. } =
        desk.shows_document("http://paper.example/feed", document.as_bytes()).await;
    new_entries
}

#[tokio::test]
async fn other_ids_under_the_same_links() {
    let desk = Desk::new().await;
    assert_eq!(new_entries(&desk, 1, "paper.example").await, COUNT as u64);
    assert_eq!(new_entries(&desk, 2, "paper.example").await, 0);
    assert_eq!(new_entries(&desk, 3, "paper.example").await, 0);
}

#[tokio::test]
async fn other_ids_on_another_host() {
    let desk = Desk::new().await;
    assert_eq!(new_entries(&desk, 1, "paper.example").await, COUNT as u64);
    assert_eq!(new_entries(&desk, 2, "news.paper.example").await, 0);
}
