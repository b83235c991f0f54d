//! `wiresift reprocess` and `wiresift site`: stored pages are extracted again by a person's wish.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::cli::Desk;
use crate::harness::newsroom::{Newsroom, prose};
use crate::harness::stub::Reply;

const NOTE: &str = "This report was made with the help of the readers of the valley, who pay for the \
    paper, for the printer and for the ink. The next one will be made with their help as well.";

/// Three articles that end with a paragraph of the site.
async fn shows(room: &Newsroom, day: u32) {
    let paths: Vec<String> = (0..3).map(|n| format!("/{}", 10 * day + n)).collect();
    let title = |path: &str| format!("Report {}", letters(path));
    for (n, path) in paths.iter().enumerate() {
        let body: String =
            prose(10 * day + n as u32).iter().map(|text| format!("<p>{text}</p>\n")).collect();
        let page = format!(
            "<!doctype html><html lang=en><head><title>{}</title></head><body><div><h1>{0}</h1>{body}\
             <p class=note>{NOTE}</p></div></body></html>",
            title(path)
        );
        room.stub.serves(path, Reply::ok(page).header("Content-Type", "text/html"));
    }
    let items: Vec<(String, String)> =
        paths.iter().map(|path| (path.clone(), title(path))).collect();
    let items: Vec<(&str, &str)> =
        items.iter().map(|(path, title)| (path.as_str(), title.as_str())).collect();
    room.serves_feed(&items);
    room.run_until_idle().await;
}

fn letters(path: &str) -> String {
    path.bytes().skip(1).map(|digit| char::from(b'a' + digit - b'0')).collect()
}

async fn newsroom() -> (Newsroom, String) {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    shows(&room, 0).await;
    let host = sqlx::query_scalar("SELECT DISTINCT host FROM news.articles");
    let host = host.fetch_one(&room.pool).await.unwrap();
    (room, host)
}

async fn noted(room: &Newsroom) -> i64 {
    room.count("SELECT count(*) FROM news.articles WHERE body LIKE '%made with the help%'").await
}

#[tokio::test]
async fn a_new_rule_is_tried_and_then_applied_to_stored_pages() {
    let (room, host) = newsroom().await;
    let desk = Desk::at(&room);
    desk.write("feeds.toml", "[[site]]\nhost = \"127.0.0.1\"\nremove = \".note\"\n");
    desk.write(
        "wiresift.toml",
        "[feeds]\nfiles = [\"feeds.toml\"]\n[http]\nallow_networks = [\"127.0.0.0/8\"]\n",
    );
    let before = room.count("SELECT count(*) FROM news.changes(0)").await;

    let tried = desk.says(&["reprocess", "--site", &host, "--dry-run"]);
    assert!(tried.contains("  - This report was made with the help"), "{tried}");
    assert!(
        tried.ends_with("3 pages: 3 would have another text (paragraphs: -3 +0), 0 the same\n"),
        "{tried}"
    );
    assert_eq!(noted(&room).await, 3, "a dry run files nothing");
    assert_eq!(room.count("SELECT count(*) FROM news.changes(0)").await, before);
    let leased = "SELECT count(*) FROM wiresift.entries WHERE lease_token IS NOT NULL";
    assert_eq!(room.count(leased).await, 0);

    let done = desk.says(&["reprocess", "--site", &host]);
    assert!(done.contains("3 pages: 3 have another text now"), "{done}");
    assert_eq!(noted(&room).await, 0);
    let revised = "SELECT count(*) FROM news.revisions WHERE revision = 2 AND reason = 'rules'";
    assert_eq!(room.count(revised).await, 3);
    assert_eq!(room.count("SELECT count(*) FROM news.changes(0)").await, before + 3);
    let again = desk.says(&["reprocess", "--all", "--since", "2026-01-01"]);
    assert_eq!(
        again, "3 pages: 0 have another text now (paragraphs: -0 +0), 3 the same\n",
        "nothing changes twice"
    );
    let none = desk.says(&["reprocess", "--site", "other.example"]);
    assert!(none.starts_with("0 pages"), "{none}");
    assert!(room.stub.requests_to("/0").len() == 1, "no page is requested again");
    room.reconciled().await;
}

#[tokio::test]
async fn without_stored_pages_there_is_nothing_to_extract() {
    let (room, host) = newsroom().await;
    let desk = Desk::at(&room);
    desk.write("wiresift.toml", "[raw]\nkeep = \"0s\"\n");
    let said = desk.run(&["reprocess", "--site", &host]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("raw.keep is \"0s\""), "{}", said.err);
    assert_eq!(desk.run(&["reprocess"]).code, Some(2), "a site, or all of them");
}

#[tokio::test]
async fn what_a_site_taught_is_shown_kept_and_forgotten() {
    let (room, host) = newsroom().await;
    let desk = Desk::at(&room);
    assert!(desk.says(&["site", "list"]).starts_with("Nothing was learned yet."));
    let unknown = desk.run(&["site", "show", "other.example"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("nothing was learned about other.example"), "{}", unknown.err);

    room.clock.advance(Duration::from_hours(24));
    shows(&room, 1).await;
    room.steps.learn.turn(&CancellationToken::new(), &|| ()).await.unwrap();
    assert_eq!(noted(&room).await, 0);
    assert!(desk.says(&["site", "list"]).starts_with(&format!("{host}: ")));
    let shown = desk.says(&["site", "show", &host]);
    assert!(shown.contains("6 articles (memory: seen on 6 of 6 articles over 2 days)"), "{shown}");
    assert!(shown.contains("This report was made"), "{shown}");
    let explained = desk.says(&["explain", &room.stub.url("/0")]);
    assert!(explained.contains("(the same page, without what its site repeats)"), "{explained}");
    assert!(explained.contains("memory: seen on 6 of 6 articles over 2 days"), "{explained}");

    desk.write("feeds.toml", "");
    let kept = desk.says(&["site", "keep", &host, NOTE]);
    assert!(kept.ends_with("; 6 articles restored from stored pages\n"), "{kept}");
    assert_eq!(noted(&room).await, 6);
    assert!(desk.says(&["site", "show", &host]).contains("Kept by `wiresift site keep`"));
    assert_eq!(desk.run(&["site", "keep", &host, "..."]).code, Some(1));
    let forgotten = desk.says(&["site", "forget", &host]);
    assert!(forgotten.ends_with("; 0 articles restored from stored pages\n"), "{forgotten}");
}
