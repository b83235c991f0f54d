//! Near-duplicates: recognised in any order and by any number of instances, told to consumers, judged again when a
//! text changes, and parted by hand for good.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use tokio::sync::Barrier;
use wiresift::store::{Filing, Outcome, Recorded, Store};
use wiresift_extract::article::{DateSource, Dated};

use crate::harness::desk::{Desk, WIDE, article, id, verdict};
use crate::harness::newsroom::prose;

/// A text, and a version of it that was cut and touched up.
fn edited(seed: u32) -> Vec<String> {
    let mut paragraphs = prose(seed);
    paragraphs.pop();
    paragraphs.insert(1, format!("Desk {seed} adds a sentence of its own here, and one more."));
    paragraphs
}

async fn place(desk: &Desk, article: i64) -> (Option<i64>, Option<f32>, Option<f32>, Option<f32>) {
    sqlx::query_as("SELECT copy_of, similarity, kept, added FROM wiresift.articles WHERE id = $1")
        .bind(article)
        .fetch_one(&desk.pool)
        .await
        .unwrap()
}

async fn log(desk: &Desk) -> Vec<(String, i64, Option<i64>)> {
    sqlx::query_as("SELECT kind, article_id, other_id FROM news.changes(0)")
        .fetch_all(&desk.pool)
        .await
        .unwrap()
}

fn told(rows: &[(&str, i64, Option<i64>)]) -> Vec<(String, i64, Option<i64>)> {
    rows.iter().map(|(kind, article, other)| ((*kind).to_owned(), *article, *other)).collect()
}

#[tokio::test]
async fn an_edited_copy_points_to_its_original() {
    let desk = Desk::new().await;
    let original = id(&desk.reads("http://a.example/1", "Harbour wall", &prose(1)).await);
    let copy = desk.reads("http://b.example/1", "A wall for the harbour", &edited(1)).await;
    assert_eq!(verdict(&copy), "copy");
    let (copy_of, similarity, kept, added) = place(&desk, id(&copy)).await;
    assert_eq!(copy_of, Some(original));
    let (similarity, kept, added) = (similarity.unwrap(), kept.unwrap(), added.unwrap());
    assert!((0.4..1.0).contains(&similarity), "{similarity}");
    assert!(kept > similarity && kept < 1.0 && added > 0.0, "{kept} {added}");
    assert_eq!(verdict(&desk.reads("http://c.example/1", "Snow", &prose(2)).await), "new");
    assert_eq!(desk.count("SELECT copies::bigint FROM news.articles ORDER BY id LIMIT 1").await, 1);
    let lineage: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT position, article_id, joined_to FROM news.lineage ORDER BY position",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert_eq!(lineage, [(1, original, None), (2, id(&copy), Some(original))]);
    let states = desk.states().await;
    assert!(states.contains(&("copy".into(), "similar-text".into(), 1)), "{states:?}");
}

#[tokio::test]
async fn copies_within_a_batch_are_recognised() {
    let desk = Desk::new().await;
    let leases =
        desk.leased(&["http://a.example/1", "http://b.example/1", "http://c.example/1"]).await;
    let batch = [
        desk.article(&leases[0], "Harbour wall", &prose(1)),
        desk.article(&leases[1], "Snow", &prose(2)),
        desk.article(&leases[2], "A wall", &edited(1)),
    ];
    let recorded = desk.file(&batch).await;
    assert_eq!(recorded.iter().map(verdict).collect::<Vec<_>>(), ["new", "new", "copy"]);
    assert_eq!(place(&desk, id(&recorded[2])).await.0, Some(id(&recorded[0])));
    desk.states().await;
}

/// Versions of one text that differ, at one moment, by as many instances.
#[tokio::test]
async fn instances_at_one_moment_end_with_one_original() {
    let desk = Desk::new().await;
    let links: Vec<String> = (0..8).map(|n| format!("http://s{n}.example/story")).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let barrier = Arc::new(Barrier::new(leases.len()));
    let writers = leases.iter().zip(0..).map(|(lease, n)| {
        let store = Store::new(desk.options.clone(), 1);
        let barrier = Arc::clone(&barrier);
        let mut text = prose(3);
        text.insert(n % 3, format!("Outlet number {n} says so in its own words."));
        let filing = desk.article(lease, "Everybody's", &text);
        tokio::spawn(async move {
            store.ping().await.unwrap();
            barrier.wait().await;
            loop {
                match store.file(std::slice::from_ref(&filing), &WIDE).await {
                    Ok(mut recorded) => return recorded.remove(0),
                    Err(error) => assert!(error.is_passing(), "{error}"),
                }
            }
        })
    });
    let recorded: Vec<Recorded> = join_all(writers).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(recorded.iter().filter(|one| verdict(one) == "new").count(), 1);
    assert_eq!(desk.count("SELECT count(*) FROM news.articles").await, 1);
    assert_eq!(desk.count("SELECT copies::bigint FROM news.articles").await, 7);
    desk.states().await;
}

fn published(mut filing: Filing, minutes_ago: i64) -> Filing {
    let at = filing.at - TimeDelta::minutes(minutes_ago);
    if let Outcome::Article(filed) = &mut filing.outcome {
        filed.article.published = Some(Dated { at, zone: None, source: DateSource::Meta });
    }
    filing
}

/// Read within the same minute, so that the order of our polls says nothing.
#[tokio::test]
async fn the_earlier_publication_becomes_the_original() {
    for text in [prose(1), edited(1)] {
        let desk = Desk::new().await;
        let leases =
            desk.leased(&["http://a.example/1", "http://b.example/1", "http://c.example/1"]).await;
        let late = published(desk.article(&leases[0], "Harbour wall", &prose(1)), 30);
        let copy = published(desk.article(&leases[1], "Harbour wall", &prose(1)), 20);
        let early = published(desk.article(&leases[2], "Harbour wall", &text), 90);
        let recorded = desk.file(&[late, copy, early]).await;
        let [late, copy, early] = [0, 1, 2].map(|n| id(&recorded[n]));
        assert_eq!(recorded.iter().map(verdict).collect::<Vec<_>>(), ["new", "copy", "new"]);
        assert_eq!(place(&desk, early).await.0, None);
        assert_eq!(place(&desk, late).await.0, Some(early));
        assert_eq!(place(&desk, copy).await.0, Some(early));
        assert_eq!(
            log(&desk).await,
            told(&[
                ("new", late, None),
                ("copy", copy, Some(late)),
                ("new", early, None),
                ("copy", late, Some(early)),
                ("merged", copy, Some(early)),
            ])
        );
        desk.states().await;
    }
}

/// A text that holds most of two others, which nothing joined before.
#[tokio::test]
async fn a_version_between_two_clusters_merges_them_and_consumers_are_told() {
    let desk = Desk::new().await;
    let (one, two) = (prose(1), prose(2));
    let first = id(&desk.reads("http://a.example/1", "Harbour wall", &one).await);
    let second = id(&desk.reads("http://b.example/1", "Harbour wall", &two).await);
    let third = id(&desk.reads("http://c.example/1", "Harbour wall", &two).await);
    let both: Vec<String> = one.iter().chain(&two).cloned().collect();
    let bridge = id(&desk.reads("http://d.example/1", "Harbour wall", &both).await);
    assert_eq!(
        [place(&desk, second).await.0, place(&desk, third).await.0, place(&desk, bridge).await.0],
        [Some(first); 3]
    );
    let log = log(&desk).await;
    let moved = told(&[
        ("copy", bridge, Some(first)),
        ("copy", second, Some(first)),
        ("merged", third, Some(first)),
    ]);
    assert_eq!(log[log.len() - 3..], moved);
    assert_eq!(desk.count("SELECT copies::bigint FROM news.articles").await, 3);
    desk.states().await;

    // Wrong, says the curator: the second is parted from the first, and takes along what came through it.
    let parted = desk.store.split_copies(second, first, desk.now()).await.unwrap().unwrap();
    assert_eq!(parted.original, second);
    assert!(parted.moved.contains(&third), "{parted:?}");
    assert_eq!([place(&desk, second).await.0, place(&desk, third).await.0], [None, Some(second)]);
    desk.states().await;
    // It stays so, whatever else resembles both.
    let later = id(&desk.reads("http://e.example/1", "Harbour wall", &both).await);
    desk.states().await;
    assert_eq!(place(&desk, second).await.0, None);
    assert!(place(&desk, later).await.0.is_some());
    assert_eq!(desk.count("SELECT count(*) FROM news.articles").await, 2);
}

/// Reads an address that is on file, by way of one that is not.
async fn reads_again(desk: &Desk, url: &str, title: &str, text: &[String]) -> Recorded {
    let count = desk.count("SELECT count(*) FROM wiresift.entries").await;
    let lease = desk.leased(&[&format!("http://detour.example/{count}")]).await.remove(0);
    let mut filed = article(&lease, title, text);
    filed.fetched_url = Some(url.parse().unwrap());
    desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await.remove(0)
}

#[tokio::test]
async fn a_revision_is_judged_again() {
    let desk = Desk::new().await;
    let a = id(&desk.reads("http://a.example/1", "Harbour wall", &prose(1)).await);
    let b = id(&desk.reads("http://b.example/1", "Snow", &prose(2)).await);
    // b takes most of a's text: its copy from now on.
    let recorded = reads_again(&desk, "http://b.example/1", "Harbour wall", &edited(1)).await;
    assert_eq!((verdict(&recorded).as_str(), id(&recorded)), ("revision", b));
    assert_eq!(place(&desk, b).await.0, Some(a));
    desk.states().await;
    // And then writes something of its own: an original again.
    reads_again(&desk, "http://b.example/1", "Ferries", &prose(4)).await;
    assert_eq!(place(&desk, b).await, (None, None, None, None));
    assert_eq!(
        log(&desk).await,
        told(&[
            ("new", a, None),
            ("new", b, None),
            ("revised", b, None),
            ("copy", b, Some(a)),
            ("revised", b, None),
            ("new", b, None),
        ])
    );
    desk.states().await;
}

#[tokio::test]
async fn a_key_on_half_of_all_pages_is_learned_and_leads_nowhere() {
    let desk = Desk::new().await;
    let pitch = "Sign up for our morning letter and never miss what happens in the harbour towns of the coast again: \
                 every day before six we send you the weather, the tides, the ferries and what the councils are up to.";
    let own = |n| vec![pitch.to_owned(), format!("{} {}", unlike(n, 60), unlike(n + 1000, 20))];
    // In one batch, so that the key grows hot within it.
    let links: Vec<String> = (0..=160).map(|n| format!("http://s{n}.example/1")).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let filing = |n: u32, lease| desk.article(lease, &unlike(n + 2000, 4), &own(n));
    let batch: Vec<Filing> = (0..).zip(&leases[..160]).map(|(n, lease)| filing(n, lease)).collect();
    desk.file(&batch).await;
    assert_eq!(desk.count("SELECT count(*) FROM news.articles").await, 160, "no two are copies");
    let fullest = "SELECT max(n) FROM (SELECT count(*) AS n FROM wiresift.fingerprint_keys GROUP BY key) AS counts";
    assert_eq!(desk.count(fullest).await, 32);
    assert!(desk.count("SELECT count(*) FROM wiresift.stop_keys").await > 0);
    // What they have of their own is still found.
    let mut copy = own(59);
    copy.push(unlike(5000, 9));
    let copy = desk.file(&[desk.article(&leases[160], &unlike(2059, 4), &copy)]).await.remove(0);
    assert_eq!(verdict(&copy), "copy");
    desk.states().await;
}

/// Words that no other seed has.
fn unlike(seed: u32, words: u32) -> String {
    (0..words).map(|n| format!("w{seed}x{n}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn days_that_left_the_window_are_dropped() {
    let desk = Desk::new().await;
    let leases =
        desk.leased(&["http://a.example/1", "http://b.example/1", "http://c.example/1"]).await;
    let filing = |n: usize, days: i64, text: &[String]| Filing {
        at: desk.now() + TimeDelta::days(days),
        ..desk.article(&leases[n], "Harbour wall", text)
    };
    let recorded = desk.file(&[filing(0, 0, &prose(1))]).await;
    desk.file(&[filing(1, 40, &prose(2))]).await;
    let days =
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'wiresift.fingerprint_keys'::regclass";
    assert_eq!(desk.count(days).await, 1);
    assert_eq!(desk.count("SELECT count(*) FROM wiresift.fingerprints").await, 1);
    // The digest is for ever.
    let revisit = desk.file(&[filing(2, 41, &prose(1))]).await;
    assert_eq!(verdict(&revisit[0]), "copy");
    assert_eq!(place(&desk, id(&revisit[0])).await.0, Some(id(&recorded[0])));
    desk.states().await;
}

/// A set of news through the real store, in batches, against the command that needs no database.
#[tokio::test]
#[ignore = "needs the corpora: set WIRESIFT_CORPORA"]
async fn the_store_judges_like_the_dedupe_command() {
    let corpora = std::env::var_os("WIRESIFT_CORPORA")
        .expect("WIRESIFT_CORPORA names the folder of the corpora, as an absolute path");
    let file = Path::new(&corpora).join("dedup/nd_wire_helsinki/articles.jsonl");
    let corpus = std::fs::read_to_string(&file)
        .expect("the set is in the folder that WIRESIFT_CORPORA names");
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_wiresift"))
        .arg("dedupe")
        .arg(&file)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let text = |value: &serde_json::Value, field: &str| {
        value[field].as_str().unwrap_or_default().to_owned()
    };
    let expected: BTreeMap<String, String> = String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .map(line)
        .map(|judged| (text(&judged, "id"), text(&judged, "cluster")))
        .collect();

    let desk = Desk::new().await;
    let articles: Vec<serde_json::Value> = corpus.lines().map(line).collect();
    let host =
        |article: &serde_json::Value| text(article, "host").split('/').next().unwrap().to_owned();
    let links: Vec<String> =
        articles.iter().map(|one| format!("http://{}/{}", host(one), text(one, "id"))).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut at = DateTime::<Utc>::UNIX_EPOCH;
    let mut filings = Vec::new();
    for (one, lease) in articles.iter().zip(&leases) {
        at = at.max(instant(&text(one, "published")));
        let body = [text(one, "text")];
        let filed = article(lease, &text(one, "title"), &body);
        filings.push(Filing { at, ..desk.filing(lease, Outcome::Article(Box::new(filed))) });
    }
    let mut found = BTreeMap::new();
    let mut first = BTreeMap::new();
    for (batch, ids) in filings.chunks(50).zip(articles.chunks(50)) {
        for (recorded, one) in desk.file(batch).await.iter().zip(ids) {
            first.entry(id(recorded)).or_insert(text(one, "id"));
            found.insert(text(one, "id"), id(recorded));
        }
    }
    desk.states().await;
    let originals: Vec<(i64, i64)> =
        sqlx::query_as("SELECT id, coalesce(copy_of, id) FROM wiresift.articles")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    let originals: BTreeMap<i64, i64> = originals.into_iter().collect();
    let found: BTreeMap<String, String> = found
        .into_iter()
        .map(|(line, article)| (line, first[&originals[&article]].clone()))
        .collect();
    assert_eq!(found.len(), expected.len());
    for (line, cluster) in &expected {
        assert_eq!(found.get(line), Some(cluster), "{line}");
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).map_or_else(
        |_| text.parse::<NaiveDateTime>().map_or(DateTime::UNIX_EPOCH, |at| at.and_utc()),
        |at| at.to_utc(),
    )
}
