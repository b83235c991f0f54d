//! Several instances at one ledger: whatever meets whatever, the ledger stays consistent, and nobody who stalls stops
//! the others.

use futures_util::future::join_all;
use rand::Rng as _;
use rand::rngs::StdRng;
use sqlx::{Connection as _, PgConnection};
use url::Url;
use wiresift::store::{Filing, Lease, Outcome, PendingEntry, Store};
use wiresift_extract::article::{DateSource, Dated};

use crate::harness::desk::{Desk, WIDE, article, verdict};
use crate::harness::games;
use crate::harness::newsroom::prose;

const WRITERS: usize = 4;

/// What must be nought besides the sums.
const FAULTS: &[&str] = &[
    "SELECT count(*) FROM wiresift.entries WHERE state NOT IN ('filed', 'copy', 'revision')",
    "SELECT count(*) FROM wiresift.articles c JOIN wiresift.articles o ON o.id = c.copy_of WHERE o.copy_of IS NOT NULL",
    "SELECT count(*) FROM (SELECT FROM wiresift.articles WHERE copy_of IS NULL GROUP BY digest HAVING count(*) > 1) AS twice",
    // The newest revision is the one whose text is the article's, and none before it is.
    "SELECT count(*) FROM wiresift.articles a WHERE a.revision IS DISTINCT FROM (SELECT max(revision) FROM wiresift.revisions r WHERE r.article_id = a.id)",
    "SELECT count(*) FROM wiresift.revisions r JOIN wiresift.articles a ON a.id = r.article_id WHERE (r.body IS NULL) <> (r.revision = a.revision)",
    "SELECT count(*) FROM wiresift.revisions r WHERE NOT EXISTS (SELECT FROM wiresift.changes c WHERE c.article_id = r.article_id AND c.revision = r.revision)",
    // What the log says of copies last is what is so.
    "SELECT count(*) FROM wiresift.articles a WHERE a.copy_of IS DISTINCT FROM (
         SELECT c.other_id FROM wiresift.changes c WHERE c.article_id = a.id AND c.kind <> 'revised' ORDER BY seq DESC LIMIT 1)",
    // Every text of today is there to be found.
    "SELECT count(*) FROM wiresift.articles a WHERE NOT EXISTS (SELECT FROM wiresift.fingerprints p WHERE p.article_id = a.id)",
];

/// One of five texts, or a version of one, or most of two.
fn text(chance: &mut StdRng) -> Vec<String> {
    let seed = chance.random_range(0..5);
    let mut text = prose(seed);
    match chance.random_range(0..6) {
        0 | 1 => {
            text.remove(chance.random_range(0..4));
            text.push(format!("Desk {} adds a sentence of its own.", chance.random_range(0..3)));
        }
        2 => text.extend(prose((seed + chance.random_range(1..5)) % 5)),
        _ => {}
    }
    text
}

/// One of eight addresses at four sites, with one of those texts.
fn any_filing(desk: &Desk, lease: &Lease<PendingEntry>, chance: &mut StdRng) -> Filing {
    let place = chance.random_range(0..8);
    let mut filed = article(lease, "Headline", &text(chance));
    filed.fetched_url =
        Some(Url::parse(&format!("http://s{}.example/{place}", place % 4)).unwrap());
    if chance.random_bool(0.3) {
        let at = desk.now() - chrono::TimeDelta::minutes(chance.random_range(1..600));
        filed.article.published = Some(Dated { at, zone: None, source: DateSource::Meta });
    }
    desk.filing(lease, Outcome::Article(Box::new(filed)))
}

/// Files in batches, and again whatever an outage or another transaction was in the way of.
async fn files(store: Store, filings: Vec<Filing>, size: usize) {
    for batch in filings.chunks(size) {
        let mut tries = 0;
        loop {
            match store.file(batch, &WIDE).await {
                Ok(recorded) => break assert_eq!(recorded.len(), batch.len()),
                Err(error) => assert!(error.is_passing() && tries < 20, "{error}"),
            }
            tries += 1;
        }
    }
}

/// Few texts, few addresses, four writers, batches of any size. `WIRESIFT_TEST_SEED` plays one game again, and
/// `WIRESIFT_TEST_GAMES` plays more of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_at_random_keep_the_ledger_consistent() {
    for chance in games(2) {
        play(chance).await;
    }
}

async fn play(mut chance: StdRng) {
    let desk = Desk::new().await;
    for round in 0..4 {
        let links: Vec<String> =
            (0..40).map(|n| format!("http://wire.example/{round}/{n}")).collect();
        let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let mut writers: Vec<Vec<_>> = vec![Vec::new(); WRITERS];
        for lease in &leases {
            writers[chance.random_range(0..WRITERS)].push(any_filing(&desk, lease, &mut chance));
        }
        let size = chance.random_range(1..12);
        let tasks = writers
            .into_iter()
            .map(|filings| tokio::spawn(files(Store::new(desk.options.clone(), 1), filings, size)));
        join_all(tasks).await.into_iter().for_each(Result::unwrap);
        desk.states().await;
        for fault in FAULTS {
            assert_eq!(desk.count(fault).await, 0, "round {round}: {fault}");
        }
    }
}

/// An instance that was stopped in the middle of its transaction, as by a debugger or a host that sleeps.
#[tokio::test]
async fn an_instance_that_stalls_does_not_stop_the_others() {
    let desk = Desk::new().await;
    let lease = desk.leased(&["http://a.example/1"]).await.remove(0);
    let mut stalled = PgConnection::connect_with(&desk.options).await.unwrap();
    let mut transaction = stalled.begin().await.unwrap();
    sqlx::query("SELECT wiresift.acquire_filing_lock('{}', 15)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(verdict(&desk.file(&[desk.article(&lease, "T", &prose(1))]).await[0]), "new");
    desk.states().await;
}

/// A dump reads all tables in one transaction, for hours, and perhaps over midnight.
#[tokio::test]
async fn a_day_is_opened_while_somebody_reads() {
    let desk = Desk::new().await;
    desk.reads("http://a.example/1", "T", &prose(1)).await;
    let mut reader = PgConnection::connect_with(&desk.options).await.unwrap();
    let mut dump = reader.begin().await.unwrap();
    sqlx::query("SELECT FROM wiresift.fingerprint_keys, wiresift.fingerprints LIMIT 1")
        .execute(&mut *dump)
        .await
        .unwrap();
    desk.advance(std::time::Duration::from_hours(24 * 30));
    assert_eq!(verdict(&desk.reads("http://b.example/1", "T", &prose(2)).await), "new");
    let days =
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'wiresift.fingerprint_keys'::regclass";
    assert_eq!(desk.count(days).await, 2, "what is read cannot go");
    dump.commit().await.unwrap();
    desk.reads("http://c.example/1", "T", &prose(3)).await;
    assert_eq!(desk.count(days).await, 2, "and goes the next day");
    desk.states().await;
}
