//! Filing: a batch gives what its members give one by one, two writers at one moment end with one original, and
//! nothing that a page says can stop the queue. The sums reconcile after each.

use std::sync::Arc;

use futures_util::future::join_all;
use sqlx::Connection as _;
use tokio::sync::Barrier;
use url::Url;
use wiresift::store::{Outcome, RawPage, Recorded, Store};
use wiresift_extract::article::{DateSource, Dated, Removed};
use wiresift_extract::provenance::{Evidence, Source};

use crate::harness::desk::{Desk, WIDE, article, id, verdict};
use crate::harness::newsroom::prose;
use crate::harness::steps::permit;

fn states(expected: &[(&str, &str, i64)]) -> Vec<(String, String, i64)> {
    expected
        .iter()
        .map(|(state, cause, count)| ((*state).into(), (*cause).into(), *count))
        .collect()
}

fn verdicts(recorded: &[Recorded]) -> Vec<String> {
    recorded.iter().map(verdict).collect()
}

/// Metadata is filed with its evidence, and a revision that says less takes nothing away.
#[tokio::test]
async fn an_article_carries_its_metadata_and_where_it_was_read() {
    const ASKED: &str = "SELECT section, declared_language, published_offset::int, is_paywalled, no_ai, licence, \
                         (provenance #>> '{title,source}') || ' ' || (provenance #>> '{title,confidence}'), \
                         provenance #>> '{published,source}' FROM news.articles";
    type Row = (
        Option<String>,
        Option<String>,
        Option<i32>,
        bool,
        bool,
        Option<String>,
        String,
        Option<String>,
    );
    let desk = Desk::new().await;
    let lease = desk.leased(&["http://a.example/1"]).await.remove(0);
    let mut filed = article(&lease, "One text", &prose(1));
    let known = &mut filed.article;
    known.section = Some("Coast".to_owned());
    known.declared_language = Some("en-GB".to_owned());
    known.published = Some(Dated {
        at: desk.now() - chrono::TimeDelta::days(1),
        zone: chrono::FixedOffset::east_opt(-5 * 3_600),
        source: DateSource::JsonLd,
    });
    known.rights.add_robots("noai");
    known.rights.add_paywall("isAccessibleForFree: false".to_owned());
    known.rights.licence = Some("https://example.org/licence".to_owned());
    known.provenance.title = Some(Evidence::new(Source::Heading, 0.95));
    known.provenance.published = Some(Evidence::new(Source::JsonLd, 0.9));
    desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
    let row: Row = sqlx::query_as(ASKED).fetch_one(&desk.pool).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let licence = text("https://example.org/licence");
    assert_eq!(
        row,
        (
            text("Coast"),
            text("en-GB"),
            Some(-300),
            true,
            true,
            licence,
            "heading 0.95".into(),
            text("json-ld")
        )
    );
    // The page comes again with another text and says nothing of all that.
    desk.shows("http://feeds.example/later", &[("http://a.example/1?again", "T")]).await;
    let lease = desk.lease_all().await.remove("http://a.example/1?again").unwrap();
    let mut filed = article(&lease, "One text", &prose(9));
    filed.fetched_url = Url::parse("http://a.example/1").ok();
    filed.article.provenance.title = Some(Evidence::new(Source::OpenGraph, 0.5));
    let recorded = desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
    assert_eq!(verdicts(&recorded), ["revision"]);
    let row: Row = sqlx::query_as(ASKED).fetch_one(&desk.pool).await.unwrap();
    assert_eq!(
        row,
        (
            text("Coast"),
            text("en-GB"),
            Some(-300),
            false,
            false,
            None,
            "open-graph 0.5".into(),
            text("json-ld")
        )
    );
}

#[tokio::test]
async fn duplicates_within_a_batch_are_recognised() {
    let desk = Desk::new().await;
    let links =
        ["http://a.example/1", "http://b.example/1", "http://a.example/2", "http://c.example/1"];
    let leases = desk.leased(&links).await;
    let text = prose(1);
    let batch: Vec<_> = leases.iter().map(|lease| desk.article(lease, "One text", &text)).collect();
    let recorded = desk.file(&batch).await;
    assert_eq!(verdicts(&recorded), ["new", "copy", "same", "copy"]);
    assert_eq!(
        desk.states().await,
        states(&[
            ("copy", "same-text", 2),
            ("filed", "known-text", 1),
            ("filed", "new-from-page", 1)
        ])
    );
    assert_eq!(desk.count("SELECT copies::bigint FROM news.articles").await, 2);
    assert_eq!(desk.count("SELECT count(*) FROM news.all_articles").await, 3);
    // Each address leads to its article.
    assert_eq!(desk.count("SELECT count(*) FROM wiresift.article_keys").await, 4);
}

/// Two feeds show one address, the page changes between the two readings, and both outcomes gather in one batch.
#[tokio::test]
async fn a_revision_of_an_article_of_the_same_batch_is_not_lost() {
    let desk = Desk::new().await;
    desk.shows("http://feeds.example/one", &[("http://a.example/1", "T")]).await;
    desk.shows("http://feeds.example/two", &[("http://a.example/1", "T")]).await;
    let mut leases = Vec::new();
    loop {
        let more = desk.store.lease_entries(desk.now(), 100, permit(), &WIDE).await.unwrap();
        if more.is_empty() {
            break;
        }
        leases.extend(more);
    }
    assert_eq!(leases.len(), 2);
    let mut grown = prose(1);
    grown.extend(prose(2));
    let batch = [desk.article(&leases[0], "T", &prose(1)), desk.article(&leases[1], "T", &grown)];
    assert_eq!(verdicts(&desk.file(&batch).await), ["new", "revision"]);
    desk.states().await;
    let (revision, body): (i32, String) =
        sqlx::query_as("SELECT revision, body FROM news.articles")
            .fetch_one(&desk.pool)
            .await
            .unwrap();
    assert_eq!(revision, 2);
    assert_eq!(body, grown.join("\n\n"));
    let log: Vec<(String, i32)> = sqlx::query_as("SELECT kind, revision FROM news.changes(0)")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    assert_eq!(log, [("new".to_owned(), 1), ("revised".to_owned(), 2)]);
}

/// The order in which a batch writes must not show: revisions free and take digests that its other members want.
#[tokio::test]
async fn a_batch_gives_what_its_members_give_one_by_one() {
    let plays: [&[(&str, u32)]; 5] = [
        // x takes a new text, y brings x's old one.
        &[("http://x.example/1", 5), ("http://y.example/9", 1)],
        // y brings a text, then x takes it and becomes a copy of y's.
        &[("http://y.example/9", 5), ("http://x.example/1", 5)],
        // A copy of x, then x takes the text of z: the copy moves on with it.
        &[("http://y.example/9", 1), ("http://x.example/1", 2)],
        // x and z swap their texts.
        &[("http://x.example/1", 2), ("http://z.example/1", 1)],
        // x changes twice, and then the first form turns up elsewhere.
        &[
            ("http://x.example/1", 5),
            ("http://z.example/1", 6),
            ("http://x.example/1", 7),
            ("http://y.example/9", 5),
        ],
    ];
    for play in plays {
        let mut ends = Vec::new();
        for together in [true, false] {
            let desk = Desk::new().await;
            desk.reads("http://x.example/1", "Headline", &prose(1)).await;
            desk.reads("http://z.example/1", "Headline", &prose(2)).await;
            let mut leases = Vec::new();
            for (step, (link, _)) in play.iter().enumerate() {
                // A feed of its own for each, under another spelling, so that the address is not answered at once.
                desk.shows(
                    &format!("http://feeds.example/play{step}"),
                    &[(&format!("{link}?a={step}"), "T")],
                )
                .await;
            }
            let mut due = desk.lease_all().await;
            for (step, (link, _)) in play.iter().enumerate() {
                leases.push(due.remove(&format!("{link}?a={step}")).unwrap());
            }
            let batch: Vec<_> = play
                .iter()
                .zip(&leases)
                .map(|((link, seed), lease)| {
                    let mut filed = article(lease, "Headline", &prose(*seed));
                    filed.fetched_url = Some(Url::parse(link).unwrap());
                    desk.filing(lease, Outcome::Article(Box::new(filed)))
                })
                .collect();
            let size = if together { batch.len() } else { 1 };
            for part in batch.chunks(size) {
                desk.file(part).await;
            }
            desk.states().await;
            assert_eq!(desk.count("SELECT count(*) FROM wiresift.articles c JOIN wiresift.articles o ON o.id = c.copy_of WHERE o.copy_of IS NOT NULL").await, 0, "{play:?}");
            let end: Vec<(String, String, i32, Option<String>, i32)> = sqlx::query_as(
                "SELECT a.url, a.body, a.revision, o.url, a.copies FROM news.all_articles a
                 LEFT JOIN news.all_articles o ON o.id = a.copy_of ORDER BY a.id",
            )
            .fetch_all(&desk.pool)
            .await
            .unwrap();
            let log: Vec<(String, i32)> =
                sqlx::query_as("SELECT kind, revision FROM news.changes(0)")
                    .fetch_all(&desk.pool)
                    .await
                    .unwrap();
            ends.push((end, log));
        }
        assert_eq!(ends[0], ends[1], "{play:?}");
    }
}

#[tokio::test]
async fn two_writers_at_one_moment_end_with_one_original() {
    let desk = Desk::new().await;
    let links: Vec<String> = (0..8).map(|n| format!("http://s{n}.example/story")).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let barrier = Arc::new(Barrier::new(leases.len()));
    let text = prose(3);
    let writers = leases.iter().map(|lease| {
        let store = Store::new(desk.options.clone(), 1);
        let barrier = Arc::clone(&barrier);
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
    let mut kinds = verdicts(&recorded);
    kinds.sort();
    assert_eq!(kinds, ["copy", "copy", "copy", "copy", "copy", "copy", "copy", "new"]);
    assert_eq!(desk.count("SELECT count(*) FROM news.articles").await, 1);
    assert_eq!(desk.count("SELECT copies::bigint FROM news.articles").await, 7);
    desk.states().await;
}

/// Large batches that bring the same texts in opposite orders lock the same unique keys crosswise.
#[tokio::test]
async fn crosswise_batches_do_not_lose_each_other() {
    let desk = Desk::new().await;
    let links: Vec<String> = (0..40).map(|n| format!("http://s{n}.example/story")).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (one, other) = leases.split_at(20);
    let forth: Vec<_> =
        one.iter().zip(0..).map(|(lease, seed)| desk.article(lease, "T", &prose(seed))).collect();
    let back: Vec<_> = other
        .iter()
        .zip((0..20).rev())
        .map(|(lease, seed)| desk.article(lease, "T", &prose(seed)))
        .collect();
    let barrier = Arc::new(Barrier::new(2));
    let writers = [forth, back].into_iter().map(|batch| {
        let store = Store::new(desk.options.clone(), 1);
        let barrier = Arc::clone(&barrier);
        tokio::spawn(async move {
            store.ping().await.unwrap();
            barrier.wait().await;
            loop {
                match store.file(&batch, &WIDE).await {
                    Ok(recorded) => return recorded,
                    Err(error) => assert!(error.is_passing(), "{error}"),
                }
            }
        })
    });
    let recorded: Vec<Recorded> =
        join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
    let new = recorded.iter().filter(|one| verdict(one) == "new").count();
    let copies = recorded.iter().filter(|one| verdict(one) == "copy").count();
    assert_eq!((new, copies), (20, 20));
    desk.states().await;
}

/// A copy is filed while its original becomes somebody else's copy: no copy of a copy may remain.
#[tokio::test]
async fn a_copy_never_points_to_a_copy() {
    let desk = Desk::new().await;
    desk.reads("http://x.example/1", "Headline", &prose(1)).await;
    desk.reads("http://z.example/1", "Headline", &prose(2)).await;
    for round in 0..6 {
        let texts = if round % 2 == 0 { [1, 3] } else { [3, 1] };
        let from = texts[0];
        let links = [format!("http://x.example/1?r={round}"), format!("http://c{round}.example/1")];
        let leases = desk.leased(&[&links[0], &links[1]]).await;
        let mut revised =
            article(&leases[0], "Headline", &prose(if round == 3 { 2 } else { texts[1] }));
        revised.fetched_url = Some(Url::parse("http://x.example/1").unwrap());
        let revised = desk.filing(&leases[0], Outcome::Article(Box::new(revised)));
        let copy = desk.article(&leases[1], "Headline", &prose(from));
        let barrier = Arc::new(Barrier::new(2));
        let writers = [revised, copy].into_iter().map(|filing| {
            let store = Store::new(desk.options.clone(), 1);
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                store.ping().await.unwrap();
                barrier.wait().await;
                loop {
                    match store.file(std::slice::from_ref(&filing), &WIDE).await {
                        Ok(_) => return,
                        Err(error) => assert!(error.is_passing(), "{error}"),
                    }
                }
            })
        });
        join_all(writers).await.into_iter().for_each(|joined| joined.unwrap());
        desk.states().await;
        assert_eq!(
            desk.count("SELECT count(*) FROM wiresift.articles c JOIN wiresift.articles o ON o.id = c.copy_of WHERE o.copy_of IS NOT NULL").await,
            0,
            "round {round}"
        );
    }
}

/// The same, with the order held fast: the copy has been judged, and waits, while its original turns.
#[tokio::test]
async fn an_original_that_turns_under_a_copy_takes_it_along() {
    let desk = Desk::new().await;
    let x = id(&desk.reads("http://x.example/1", "Headline", &prose(1)).await);
    let z = id(&desk.reads("http://z.example/1", "Headline", &prose(2)).await);
    let leases = desk.leased(&["http://c.example/1", "http://x.example/1?r=1"]).await;
    let copy = desk.article(&leases[0], "Headline", &prose(1));
    let mut heartbeat = article(&leases[1], "Headline", &prose(2));
    heartbeat.fetched_url = Some(Url::parse("http://x.example/1").unwrap());
    let heartbeat = desk.filing(&leases[1], Outcome::Article(Box::new(heartbeat)));

    // The first to reach its inserts stops there until the test lets go.
    sqlx::raw_sql(
        "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
         CREATE TRIGGER hold BEFORE INSERT ON wiresift.articles FOR EACH ROW EXECUTE FUNCTION public.hold()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let mut holder = desk.pool.acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(7)").execute(&mut *holder).await.unwrap();
    let store = Store::new(desk.options.clone(), 1);
    let copying = tokio::spawn(async move { store.file(&[copy], &WIDE).await });
    waiters(&desk, "locktype = 'advisory' AND NOT granted", 1).await;
    let store = Store::new(desk.options.clone(), 1);
    let turned = tokio::spawn(async move { store.file(&[heartbeat], &WIDE).await });
    // Either it waits for the copy's transaction, or it is through already.
    loop {
        let blocked = desk
            .count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            .await;
        if blocked >= 2 || turned.is_finished() {
            break;
        }
        tokio::task::yield_now().await;
    }
    sqlx::query("SELECT pg_advisory_unlock(7)").execute(&mut *holder).await.unwrap();
    copying.await.unwrap().unwrap();
    turned.await.unwrap().unwrap();
    desk.states().await;
    let copies: Vec<(i64, Option<i64>)> =
        sqlx::query_as("SELECT id, copy_of FROM news.all_articles ORDER BY id")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert_eq!(copies[0], (x, Some(z)));
    assert_eq!(copies[1], (z, None));
    assert_eq!(copies[2].1, Some(z), "the copy of x is a copy of z now");
    // Whoever mirrors copies is told that the copy has moved.
    let told = desk.count("SELECT count(*) FROM news.changes(0) WHERE kind = 'merged'").await;
    assert_eq!(told, 1);
}

/// Waits until so many locks are in that state.
async fn waiters(desk: &Desk, condition: &str, count: i64) {
    let query = format!(
        "SELECT count(*) FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND {condition}"
    );
    loop {
        let waiting: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query.clone()))
            .fetch_one(&desk.pool)
            .await
            .unwrap();
        if waiting >= count {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn known_addresses_and_canonicals_are_further_sightings() {
    let desk = Desk::new().await;
    let first = desk.reads("http://a.example/story", "T", &prose(1)).await;
    assert_eq!(verdict(&first), "new");
    // The same address with tracking, another scheme, AMP: answered at the poll already.
    for (feed, link) in [
        ("http://f1.example/", "https://a.example/story?utm_source=x"),
        ("http://f2.example/", "https://www.a.example/story"),
    ] {
        let record = desk.shows(feed, &[(link, "T")]).await;
        assert_eq!(record.new_entries, 1);
    }
    assert!(desk.lease_all().await.is_empty());
    // A page that names the known one canonical, and says much the same: the same article.
    let lease = desk.leased(&["http://a.example/print?id=9"]).await.remove(0);
    let mut filed = article(&lease, "T", &prose(1));
    filed.article.canonical = Some(Url::parse("http://a.example/story").unwrap());
    let recorded = desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
    assert_eq!(id(&recorded[0]), id(&first));
    // One that names it canonical and says something else: an article of its own.
    let lease = desk.leased(&["http://a.example/other"]).await.remove(0);
    let words = vec!["Zebra quartz jumps vexing fjord nymphs beyond glyphs".to_owned(); 6];
    let mut filed = article(&lease, "Another", &words);
    filed.article.canonical = Some(Url::parse("http://a.example/story").unwrap());
    let recorded = desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
    assert_eq!(verdict(&recorded[0]), "new");
    // A canonical of another site is not believed.
    let lease = desk.leased(&["http://thief.example/x"]).await.remove(0);
    let mut grown = prose(1);
    grown.push("And one more line by the thief.".to_owned());
    let mut filed = article(&lease, "Stolen", &grown);
    filed.article.canonical = Some(Url::parse("http://a.example/story").unwrap());
    let recorded = desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
    assert_eq!(verdict(&recorded[0]), "new");
    assert_eq!(
        desk.states().await,
        states(&[
            ("filed", "known-address", 2),
            ("filed", "known-canonical", 1),
            ("filed", "new-from-page", 3)
        ])
    );
}

/// Entries that wait under an address are answered when it is filed, and lose nothing if they are leased meanwhile.
#[tokio::test]
async fn waiting_entries_are_answered() {
    let desk = Desk::new().await;
    desk.shows("http://f1.example/", &[("http://a.example/1", "T")]).await;
    desk.shows("http://f2.example/", &[("http://a.example/1", "T")]).await;
    desk.shows("http://f3.example/", &[("http://a.example/1", "T")]).await;
    let lease = desk.store.lease_entries(desk.now(), 1, permit(), &WIDE).await.unwrap().remove(0);
    let other = desk.store.lease_entries(desk.now(), 1, permit(), &WIDE).await.unwrap().remove(0);
    desk.file(&[desk.article(&lease, "T", &prose(1))]).await;
    let recorded = desk.file(&[desk.article(&other, "T", &prose(1))]).await;
    assert_eq!(verdict(&recorded[0]), "same");
    assert_eq!(
        desk.states().await,
        states(&[("filed", "known-address", 2), ("filed", "new-from-page", 1)])
    );
}

#[tokio::test]
async fn revisions_have_kinds_and_the_old_text_stays() {
    let desk = Desk::new().await;
    let link = "http://a.example/1";
    let text = prose(1);
    let mut grown = text.clone();
    grown.extend(prose(2));
    let mut corrected = grown.clone();
    corrected[0] = corrected[0].replace("council", "assembly");
    let dressed: Vec<String> =
        corrected.iter().map(|text| text.replace(", ", " , ").to_uppercase()).collect();
    let mut last = 0;
    for (n, (headline, paragraphs, expected)) in [
        ("Headline", &text, "new"),
        ("Headline", &text, "same"),
        ("Headline", &grown, "revision"),
        ("Headline", &corrected, "revision"),
        ("Headline", &dressed, "same"),
        ("HEADLINE", &dressed, "same"),
    ]
    .into_iter()
    .enumerate()
    {
        let lease = desk.leased(&[&format!("{link}?n={n}")]).await.remove(0);
        let mut filed = article(&lease, headline, paragraphs);
        filed.fetched_url = Some(Url::parse(link).unwrap());
        let recorded = desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
        assert_eq!(verdict(&recorded[0]), expected, "{n}");
        assert!(last == 0 || last == id(&recorded[0]));
        last = id(&recorded[0]);
    }
    let kinds: Vec<(i32, String, String)> =
        sqlx::query_as("SELECT revision, kind, body FROM news.revisions ORDER BY 1")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    let words: Vec<&str> = kinds.iter().map(|(_, kind, _)| kind.as_str()).collect();
    assert_eq!(words, ["first", "growth", "correction"]);
    assert_eq!(kinds[0].2, text.join("\n\n"));
    assert_eq!(kinds[1].2, grown.join("\n\n"));
    desk.states().await;
}

#[tokio::test]
async fn a_revision_into_the_text_of_another_becomes_its_copy() {
    let desk = Desk::new().await;
    let x = id(&desk.reads("http://x.example/1", "T", &prose(1)).await);
    let copy = id(&desk.reads("http://c.example/1", "T", &prose(1)).await);
    let z = id(&desk.reads("http://z.example/1", "T", &prose(2)).await);
    let lease = desk.leased(&["http://x.example/1?x=1"]).await.remove(0);
    let mut filed = article(&lease, "T", &prose(2));
    filed.fetched_url = Some(Url::parse("http://x.example/1").unwrap());
    desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
    desk.states().await;
    let rows: Vec<(i64, Option<i64>, i32)> =
        sqlx::query_as("SELECT id, copy_of, copies FROM news.all_articles ORDER BY id")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert_eq!(rows, [(x, Some(z), 0), (copy, Some(z), 0), (z, None, 2)]);
    let log: Vec<(String, i64, Option<i64>)> =
        sqlx::query_as("SELECT kind, article_id, other_id FROM news.changes(3)")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    let kind = |word: &str| word.to_owned();
    assert_eq!(
        log,
        [(kind("revised"), x, None), (kind("copy"), x, Some(z)), (kind("merged"), copy, Some(z))]
    );
}

#[tokio::test]
async fn hostile_text_is_stored() {
    let desk = Desk::new().await;
    let long = format!("http://a.example/{}?q={}", "p/".repeat(1500), "%00".repeat(900));
    let links = [
        "http://nul.example/1",
        "http://big.example/1",
        "http://tags.example/1",
        "http://words.example/1",
        "http://cjk.example/1",
        "http://dates.example/1",
        "http://urls.example/1",
        "http://empty.example/1",
    ];
    let leases = desk.leased(&links).await;
    let one = |lease, title: &str, text: Vec<String>| article(lease, title, &text);
    let mut nul =
        one(&leases[0], "N\0UL", vec!["a\0b \u{fffd} \u{202e}".to_owned(), "\0".to_owned()]);
    nul.article.byline = vec!["\0".to_owned()];
    nul.article.tags = vec!["t\0".to_owned()];
    nul.article.summary = Some("\0".to_owned());
    nul.article.site_name = Some("s\0".to_owned());
    nul.article.rights.licence = Some("l\0".to_owned());
    nul.article.language = Some("e\0n".to_owned());
    nul.article.quality = f32::NAN;
    nul.removed = vec![Removed { position: 1, text: "r\0".to_owned(), reason: "x\0".to_owned() }];
    nul.page = Some(RawPage {
        body: Some(vec![0, 1, 2]),
        dictionary: None,
        content_type: Some("text/\0html".to_owned()),
        context: vec![3],
    });
    let big = one(&leases[1], &"T".repeat(200_000), vec!["lorem ipsum dolor ".repeat(200_000)]);
    let mut tags = one(&leases[2], "Tags", prose(4));
    tags.article.tags = (0..5_000).map(|n| format!("tag {n}")).collect();
    // Every distinct word is long, and compounds and addresses are indexed whole and in parts.
    let mut words = "Donaudampfschiff".repeat(10_000);
    for n in 0..30_000 {
        let more = format!(" h{n}-é{n}-w{n} x{n}.example.com/p{n} {n}.{n}e{n}");
        words.push_str(&more);
    }
    let words = one(&leases[3], "Words", vec![words]);
    let cjk: String =
        ('\u{4e00}'..'\u{9fff}').flat_map(|c| [c, ' ', c, '\u{10400}', ' ']).collect();
    let cjk = one(&leases[4], "字", vec![cjk]);
    let mut dates = one(&leases[5], "Dates", prose(5));
    dates.article.published = Some(Dated {
        at: chrono::DateTime::<chrono::Utc>::MIN_UTC,
        zone: None,
        source: DateSource::Meta,
    });
    dates.article.modified = Some(Dated {
        at: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        zone: None,
        source: DateSource::Meta,
    });
    let mut urls = one(&leases[6], "Addresses", prose(6));
    urls.fetched_url = Some(Url::parse(&long).unwrap());
    urls.article.canonical = Some(Url::parse(&format!("{long}&canonical")).unwrap());
    urls.article.image = Some(Url::parse(&long).unwrap());
    let empty = one(&leases[7], "", Vec::new());
    let batch: Vec<_> = [nul, big, tags, words, cjk, dates, urls, empty]
        .into_iter()
        .zip(&leases)
        .map(|(filed, lease)| desk.filing(lease, Outcome::Article(Box::new(filed))))
        .collect();
    let recorded = desk.file(&batch).await;
    assert_eq!(verdicts(&recorded), ["new"; 8]);
    assert_eq!(desk.states().await, states(&[("filed", "new-from-page", 8)]));
    assert_eq!(
        desk.count("SELECT count(*) FROM news.articles WHERE published_at > now()").await,
        0
    );
    assert_eq!(
        desk.count("SELECT count(*) FROM news.articles WHERE length(body) > 3000000").await,
        1
    );
}

#[tokio::test]
async fn a_hostile_feed_is_recorded() {
    let desk = Desk::new().await;
    let host = ["x".repeat(60), "y".repeat(60)].join(".").repeat(40);
    let json = serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1", "title": "F\0", "language": "e\0n",
        "items": [
            { "id": "a\0", "url": "http://a.example/1", "title": "N\0", "content_text": "\0\0", "tags": ["\0"],
              "authors": [{ "name": "\0" }], "language": "de\0", "date_published": "-4713-01-01T00:00:00Z" },
            { "id": "b", "url": format!("http://a.example/{}", "u".repeat(9_000)), "title": "long address" },
            { "id": "c".repeat(9_000), "title": "long id", "content_html": "<p>x".repeat(1_000_000) },
            { "id": "d", "url": format!("http://{host}.example/1"), "title": "long host" },
            { "id": "e", "url": "http://a.example/2", "title": "tags",
              "tags": (0..5_000).map(|n| format!("t{n}")).collect::<Vec<_>>(),
              "date_published": "9999-12-31T23:59:59Z", "date_modified": "+99999-12-31T23:59:59Z" },
        ]
    });
    let record = desk.shows_document("http://f.example/", json.to_string().as_bytes()).await;
    assert!(record.new_entries >= 4, "{record:?}");
    let leases = desk.lease_all().await;
    assert!(leases.len() >= 3);
    desk.states().await;
}

/// A hostname that no index takes must not stop its feed from being recorded.
#[tokio::test]
async fn a_host_beyond_all_limits_is_an_entry_that_leads_nowhere() {
    let desk = Desk::new().await;
    let label = |n: usize| {
        use sha2::Digest as _;
        format!("{:x}", sha2::Sha256::digest(n.to_string()))[..60].to_owned()
    };
    let host = (0..200).map(label).collect::<Vec<_>>().join(".");
    let record = desk
        .shows(
            "http://f.example/",
            &[(&format!("http://{host}/1"), "Far"), ("http://a.example/1", "Near")],
        )
        .await;
    assert_eq!(record.new_entries, 2);
    assert!(desk.lease_all().await.contains_key("http://a.example/1"));
    // A redirect to such a host ends the entry, too.
    let lease = desk.leased(&["http://a.example/moves"]).await.remove(0);
    let moved = Outcome::Moved { to: format!("http://{host}/2"), host, cookies: None };
    let recorded = desk.file(&[desk.filing(&lease, moved)]).await;
    assert!(matches!(recorded[0], Recorded::Refused(_)), "{recorded:?}");
    desk.states().await;
}

#[tokio::test]
async fn a_poisoned_member_does_not_stop_the_batch() {
    let desk = Desk::new().await;
    // Stands for whatever a page may contain that a column refuses.
    sqlx::raw_sql("ALTER TABLE wiresift.articles ADD CONSTRAINT poison CHECK (title <> 'Poison')")
        .execute(&desk.pool)
        .await
        .unwrap();
    let links: Vec<String> = (0..10).map(|n| format!("http://s{n}.example/1")).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let batch: Vec<_> = leases
        .iter()
        .zip(0..)
        .map(|(lease, n)| desk.article(lease, if n == 4 { "Poison" } else { "Good" }, &prose(n)))
        .collect();
    let recorded = desk.file(&batch).await;
    for (n, one) in recorded.iter().enumerate() {
        if n == 4 {
            assert!(matches!(one, Recorded::Refused(why) if why.contains("poison")), "{one:?}");
        } else {
            assert_eq!(verdict(one), "new");
        }
    }
    assert_eq!(
        desk.states().await,
        states(&[("abandoned", "unstorable", 1), ("filed", "new-from-page", 9)])
    );
}

/// An entry that the database refuses is left out with an event, and costs its neighbours nothing.
#[tokio::test]
async fn a_poisoned_entry_costs_no_other() {
    let desk = Desk::new().await;
    sqlx::raw_sql("ALTER TABLE wiresift.entries ADD CONSTRAINT poison CHECK (title <> 'Poison')")
        .execute(&desk.pool)
        .await
        .unwrap();
    let record = desk
        .shows(
            "http://f.example/",
            &[("http://a.example/1", "Poison"), ("http://a.example/2", "T")],
        )
        .await;
    assert_eq!((record.new_entries, record.set_aside), (1, 1));
    let (state, failures, error): (String, i32, String) = sqlx::query_as(
        "SELECT state::text, failures, e.detail ->> 'error' FROM wiresift.feeds f
         JOIN wiresift.events e ON e.feed_id = f.id AND e.kind = 'set-aside'",
    )
    .fetch_one(&desk.pool)
    .await
    .unwrap();
    assert_eq!((state.as_str(), failures), ("active", 0));
    assert!(error.contains("poison"), "{error}");
}

/// What is wrong with the database is no reason to give an entry up.
#[tokio::test]
async fn a_fault_of_the_database_costs_no_entry() {
    let desk = Desk::new().await;
    let leases = desk.leased(&["http://a.example/1", "http://b.example/1"]).await;
    let batch: Vec<_> = leases.iter().map(|lease| desk.article(lease, "T", &prose(1))).collect();
    for (breakage, repair) in [
        ("ALTER TABLE wiresift.revisions RENAME TO gone", "ALTER TABLE wiresift.gone RENAME TO revisions"),
        (
            "CREATE FUNCTION public.hurt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'cancelled' USING ERRCODE = '57014'; END $$;
             CREATE TRIGGER hurt BEFORE INSERT ON wiresift.articles EXECUTE FUNCTION public.hurt()",
            "DROP TRIGGER hurt ON wiresift.articles",
        ),
    ] {
        sqlx::raw_sql(breakage).execute(&desk.pool).await.unwrap();
        assert!(desk.store.file(&batch, &WIDE).await.is_err(), "{breakage}");
        sqlx::raw_sql(repair).execute(&desk.pool).await.unwrap();
        assert_eq!(desk.states().await, states(&[("pending", "waiting", 2)]), "{breakage}");
    }
    let recorded = desk.file(&batch).await;
    assert_eq!(verdicts(&recorded), ["new", "copy"]);
    desk.states().await;
}

/// A killed connection at any point of the transaction loses nothing; the caller tries again.
#[tokio::test]
async fn a_killed_connection_is_an_outage() {
    let desk = Desk::new().await;
    let lease = desk.leased(&["http://a.example/1"]).await.remove(0);
    let filing = desk.article(&lease, "T", &prose(1));
    sqlx::raw_sql(
        "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END $$;
         CREATE TRIGGER hold AFTER INSERT ON wiresift.changes FOR EACH ROW EXECUTE FUNCTION public.hold()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let mut holder = sqlx::PgConnection::connect_with(&desk.options).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(7)").execute(&mut holder).await.unwrap();
    let (store, revisit) = (Store::new(desk.options.clone(), 1), filing.clone());
    let writing = tokio::spawn(async move { store.file(&[revisit], &WIDE).await });
    waiters(&desk, "locktype = 'advisory' AND NOT granted", 1).await;
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        .execute(&mut holder)
        .await
        .unwrap();
    let error = writing.await.unwrap().unwrap_err();
    assert!(error.is_passing(), "{error}");
    sqlx::query("SELECT pg_advisory_unlock(7)").execute(&mut holder).await.unwrap();
    assert_eq!(verdict(&desk.file(&[filing]).await[0]), "new");
    desk.states().await;
    assert_eq!(desk.count("SELECT seq FROM news.head()").await, 1);
}

#[tokio::test]
async fn a_lost_lease_is_dropped_without_harm() {
    let desk = Desk::new().await;
    let leases = desk.leased(&["http://a.example/1", "http://b.example/1"]).await;
    desk.advance(WIDE.lease * 2);
    let revisit = desk.lease_all().await;
    assert_eq!(revisit.len(), 2);
    let late = desk.article(&leases[0], "Late", &prose(1));
    let fresh = desk.article(&revisit["http://a.example/1"], "Fresh", &prose(2));
    let other = desk.article(&revisit["http://b.example/1"], "Other", &prose(3));
    // Whatever the order in which both readers of one entry arrive.
    let recorded = desk.file(&[late.clone(), fresh, late, other]).await;
    assert_eq!(recorded[0], Recorded::LeaseLost);
    assert_eq!(verdict(&recorded[1]), "new");
    assert_eq!(recorded[2], Recorded::LeaseLost);
    assert_eq!(verdict(&recorded[3]), "new");
    assert_eq!(desk.states().await, states(&[("filed", "new-from-page", 2)]));
    assert_eq!(desk.count("SELECT count(*) FROM news.articles WHERE title = 'Late'").await, 0);
}

/// However many articles there are, what a batch may be is found by indexes alone.
#[tokio::test]
async fn a_batch_is_looked_up_by_indexes() {
    let desk = Desk::new().await;
    sqlx::raw_sql(
        "INSERT INTO wiresift.articles (url, host, title, body, first_seen_at, updated_at, word_count, digest, quality, body_source)
         SELECT 'http://x/' || n, 'x', 't', 'b', now(), now(), 1, sha256(n::text::bytea), 1, 'page' FROM generate_series(1, 2000) n;
         INSERT INTO wiresift.article_keys (key, article_id) SELECT 'k' || id, id FROM wiresift.articles; ANALYZE",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let lease = desk.leased(&["http://a.example/1"]).await.remove(0);
    // What the transaction itself has scanned by the time that it is about to end.
    sqlx::raw_sql(
        "CREATE TABLE public.scans AS SELECT relname::text, seq_scan FROM pg_stat_xact_user_tables LIMIT 0;
         CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO public.scans SELECT relname::text, seq_scan FROM pg_stat_xact_user_tables; RETURN NULL; END $$;
         CREATE TRIGGER note AFTER INSERT ON wiresift.changes EXECUTE FUNCTION public.note()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let store = Store::new(desk.options.clone(), 1);
    store.file(&[desk.article(&lease, "T", &prose(1))], &WIDE).await.unwrap();
    let scanned: Vec<(String, i64)> = sqlx::query_as(
        "SELECT relname, seq_scan FROM public.scans WHERE relname IN ('articles', 'article_keys') ORDER BY relname",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert_eq!(scanned, [("article_keys".to_owned(), 0), ("articles".to_owned(), 0)]);
}

/// What waits elsewhere is not read, even if the planner takes it for little.
#[tokio::test]
async fn a_batch_does_not_read_the_backlog() {
    let desk = Desk::new().await;
    let addresses: Vec<String> = (0..40).map(|n| format!("http://a{n}.example/1")).collect();
    let leases = desk.leased(&addresses.iter().map(String::as_str).collect::<Vec<_>>()).await;
    sqlx::raw_sql(
        "CREATE FUNCTION public.add(state wiresift.entry_state, host text) RETURNS void LANGUAGE sql AS $$
             INSERT INTO wiresift.entries (feed_id, key, url, identity, host, state, cause, next_try_at,
                                           first_seen_at, last_seen_at)
             SELECT e.feed_id, add.host || n, 'http://x/' || n, 'http://x/' || n, add.host, add.state, e.cause,
                    e.next_try_at, e.first_seen_at, e.last_seen_at
             FROM (SELECT * FROM wiresift.entries LIMIT 1) AS e, generate_series(1, 3000) n
         $$;
         SELECT public.add('skipped', 'b.example');
         ANALYZE wiresift.entries;
         SELECT public.add('pending', 'c.example');
         CREATE TABLE public.reads (entries bigint);
         CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             INSERT INTO public.reads SELECT seq_tup_read + idx_tup_fetch
             FROM pg_stat_xact_user_tables WHERE relname = 'entries';
             RETURN NULL;
         END $$;
         CREATE TRIGGER note AFTER INSERT ON wiresift.changes EXECUTE FUNCTION public.note()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let store = Store::new(desk.options.clone(), 1);
    let batch: Vec<_> = (1..)
        .zip(&leases)
        .map(|(n, lease)| desk.article(lease, &format!("T {n}"), &prose(n)))
        .collect();
    store.file(&batch, &WIDE).await.unwrap();
    let read: i64 =
        sqlx::query_scalar("SELECT entries FROM public.reads").fetch_one(&desk.pool).await.unwrap();
    assert!((1..1_000).contains(&read), "{read} entries were read");
}

/// To compile a plan takes longer than our statements do.
#[tokio::test]
async fn plans_are_not_compiled() {
    let desk = Desk::new().await;
    sqlx::raw_sql("ALTER ROLE CURRENT_USER SET jit = on").execute(&desk.pool).await.unwrap();
    let store = Store::new(desk.options.clone(), 1);
    let jit: String = sqlx::query_scalar("SHOW jit").fetch_one(store.pool()).await.unwrap();
    assert_eq!(jit, "off");
}

/// The plans of a young database are not those of an empty one.
#[tokio::test]
async fn tables_that_have_grown_are_analysed_once() {
    let desk = Desk::new().await;
    sqlx::raw_sql(
        "INSERT INTO wiresift.stop_keys SELECT n, 1 FROM generate_series(1, 300) n;
         SELECT pg_stat_force_next_flush()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    assert_eq!(desk.store.analyze_grown_tables().await.unwrap(), ["wiresift.stop_keys"]);
    assert_eq!(desk.store.analyze_grown_tables().await.unwrap(), [""; 0]);
}
