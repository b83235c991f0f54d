//! What `news.changes` promises to consumers: no gap, no reorder, no silent truncation, whatever writers do.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::{PgConnectOptions, PgListener};
use sqlx::{Connection as _, PgConnection};
use url::Url;
use wiresift::store::{Outcome, Store};

use crate::harness::desk::{Desk, WIDE, article};
use crate::harness::newsroom::prose;

/// A scratch table with the cursor that everybody writes first: a serial number, filled in the very transactions
/// that file. Articles whose title says so stop between their insert and their commit while the test holds a lock.
const SCHEDULE: &str = "
    CREATE TABLE public.naive (id bigserial PRIMARY KEY, article_id bigint NOT NULL);
    CREATE FUNCTION public.schedule() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.naive (article_id) VALUES (NEW.id);
        IF NEW.title LIKE 'slow%' THEN PERFORM pg_advisory_xact_lock_shared(7); END IF;
        IF NEW.title LIKE 'refused%' THEN RAISE 'refused' USING ERRCODE = '22000'; END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER schedule AFTER INSERT ON wiresift.articles FOR EACH ROW EXECUTE FUNCTION public.schedule()";

/// Those who judge articles take turns at the bench, so no two of them overlap. The log keeps its promise without that,
/// too: the bench is taken away, once today is open, and who files texts that have nothing in common goes side by side.
async fn without_bench(desk: &Desk) {
    let today = i32::try_from(desk.now().timestamp().div_euclid(86_400)).unwrap();
    sqlx::query("SELECT wiresift.acquire_filing_lock(ARRAY[$1], 15)")
        .bind(today)
        .execute(&desk.pool)
        .await
        .unwrap();
    let nobody =
        "CREATE OR REPLACE FUNCTION wiresift.acquire_filing_lock(days integer[], keep integer) RETURNS void
                  LANGUAGE sql AS ''";
    sqlx::raw_sql(nobody).execute(&desk.pool).await.unwrap();
}

/// A consumer: its own connection, its own cursor.
struct Reader {
    connection: PgConnection,
    at_most: i32,
    last: i64,
    articles: Vec<i64>,
    naive_last: i64,
    naive: Vec<i64>,
}

impl Reader {
    async fn new(options: &PgConnectOptions, at_most: i32) -> Self {
        let connection = PgConnection::connect_with(options).await.unwrap();
        Self {
            connection,
            at_most,
            last: 0,
            articles: Vec::new(),
            naive_last: 0,
            naive: Vec::new(),
        }
    }

    /// Reads once by both cursors; true when there was anything.
    async fn reads(&mut self) -> bool {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("SELECT seq, article_id FROM news.changes($1, $2)")
                .bind(self.last)
                .bind(self.at_most)
                .fetch_all(&mut self.connection)
                .await
                .unwrap();
        assert!(rows.len() <= self.at_most as usize);
        for (seq, article) in &rows {
            assert_eq!(*seq, self.last + 1, "next = last + 1");
            self.last = *seq;
            self.articles.push(*article);
        }
        let naive: Vec<(i64, i64)> =
            sqlx::query_as("SELECT id, article_id FROM public.naive WHERE id > $1 ORDER BY id")
                .bind(self.naive_last)
                .fetch_all(&mut self.connection)
                .await
                .unwrap();
        for (id, article) in &naive {
            self.naive_last = *id;
            self.naive.push(*article);
        }
        !rows.is_empty()
    }
}

/// A text that shares no words with another.
fn unlike(seed: u32) -> Vec<String> {
    let word = |part: u32, at: u32| format!("w{seed}p{part}a{at}");
    (0..4)
        .map(|part| (0..20).map(|at| word(part, at)).collect::<Vec<_>>().join(" ") + ".")
        .collect()
}

async fn until(desk: &Desk, query: &'static str, expected: i64) {
    while desk.count(query).await < expected {
        tokio::task::yield_now().await;
    }
}

const BLOCKED: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_naive_cursor_loses_rows_and_the_log_loses_none() {
    const ROUNDS: usize = 8;
    const EACH: usize = 5;
    let desk = Desk::new().await;
    sqlx::raw_sql(SCHEDULE).execute(&desk.pool).await.unwrap();
    let links: Vec<String> = (0..ROUNDS * EACH).map(|n| format!("http://s{n}.example/1")).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    without_bench(&desk).await;

    // Fast readers with all sorts of appetite, all the time.
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = Vec::new();
    for at_most in [1, 3, 1000] {
        let mut reader = Reader::new(&desk.options, at_most).await;
        let done = Arc::clone(&done);
        readers.push(tokio::spawn(async move {
            loop {
                let finished = done.load(Ordering::Relaxed);
                if !reader.reads().await && finished {
                    return reader;
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    let mut witness = Reader::new(&desk.options, 1000).await;
    let mut holder = PgConnection::connect_with(&desk.options).await.unwrap();

    for (round, leases) in leases.chunks(EACH).enumerate() {
        let filing = |n: usize, title: &str| {
            [desk.article(&leases[n], title, &unlike((round * EACH + n) as u32))]
        };
        let store = || Store::new(desk.options.clone(), 1);
        sqlx::query("SELECT pg_advisory_lock(7)").execute(&mut holder).await.unwrap();
        // Two have their serial numbers and wait before their commit; one of them will be killed there.
        let (slow, killed) = (filing(0, "slow"), filing(1, "slow and killed"));
        let (writer, batch) = (store(), slow.clone());
        let slow = tokio::spawn(async move { writer.file(&batch, &WIDE).await });
        until(&desk, BLOCKED, 1).await;
        let victim: i32 = sqlx::query_scalar("SELECT coalesce(max(pid), 0) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").fetch_one(&desk.pool).await.unwrap();
        let (writer, batch) = (store(), killed.clone());
        let doomed = tokio::spawn(async move { writer.file(&batch, &WIDE).await });
        until(&desk, BLOCKED, 2).await;
        // Two overtake them; one is refused and rolls back.
        desk.file(&filing(2, "fast")).await;
        desk.file(&filing(3, "refused")).await;
        desk.file(&filing(4, "fast too")).await;
        witness.reads().await;
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid <> $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
            .bind(victim)
            .execute(&mut holder)
            .await
            .unwrap();
        assert!(doomed.await.unwrap().unwrap_err().is_passing());
        sqlx::query("SELECT pg_advisory_unlock(7)").execute(&mut holder).await.unwrap();
        slow.await.unwrap().unwrap();
        // The killed one's caller tries again.
        desk.file(&killed).await;
        witness.reads().await;
    }
    done.store(true, Ordering::Relaxed);

    let all: Vec<i64> = sqlx::query_scalar("SELECT article_id FROM wiresift.changes ORDER BY seq")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    assert_eq!(all.len(), ROUNDS * (EACH - 1));
    let on_file: BTreeSet<i64> = sqlx::query_scalar("SELECT id FROM news.all_articles")
        .fetch_all(&desk.pool)
        .await
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(all.iter().copied().collect::<BTreeSet<_>>(), on_file);
    for reader in readers {
        assert_eq!(reader.await.unwrap().articles, all);
    }
    assert_eq!(witness.articles, all);
    // The schedule is one that loses rows: each round's slow one came too late for the naive cursor.
    let naive: BTreeSet<i64> = witness.naive.iter().copied().collect();
    let lost = on_file.iter().filter(|id| !naive.contains(id)).count();
    assert_eq!(lost, ROUNDS, "the naive cursor was to lose the slow article of each round");
    desk.states().await;
}

/// A writer that dies with numbers in hand gives them back.
#[tokio::test]
async fn a_roll_back_leaves_no_hole() {
    let desk = Desk::new().await;
    let leases = desk.leased(&["http://a.example/1", "http://b.example/1"]).await;
    without_bench(&desk).await;
    sqlx::raw_sql(
        "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END $$;
         CREATE TRIGGER hold AFTER INSERT ON wiresift.changes FOR EACH ROW EXECUTE FUNCTION public.hold()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let mut holder = PgConnection::connect_with(&desk.options).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(7)").execute(&mut holder).await.unwrap();
    let spawn = |n: usize| {
        let (store, batch) = (
            Store::new(desk.options.clone(), 1),
            [desk.article(&leases[n], "T", &prose(n as u32))],
        );
        tokio::spawn(async move { store.file(&batch, &WIDE).await })
    };
    let first = spawn(0);
    until(&desk, BLOCKED, 1).await;
    let first_pid: i32 = sqlx::query_scalar("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").fetch_one(&desk.pool).await.unwrap();
    // The second waits for the first at the head of the log, so a reader cannot see it overtake.
    let second = spawn(1);
    until(&desk, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'transactionid'", 1).await;
    assert_eq!(desk.count("SELECT count(*) FROM news.changes(0)").await, 0);
    sqlx::query("SELECT pg_terminate_backend($1)")
        .bind(first_pid)
        .execute(&mut holder)
        .await
        .unwrap();
    assert!(first.await.unwrap().unwrap_err().is_passing());
    sqlx::query("SELECT pg_advisory_unlock(7)").execute(&mut holder).await.unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(desk.count("SELECT seq FROM news.changes(0)").await, 1);
    desk.file(&[desk.article(&leases[0], "T", &prose(0))]).await;
    assert_eq!(desk.count("SELECT max(seq) FROM news.changes(0)").await, 2);
    desk.states().await;
}

async fn some(desk: &Desk, count: usize) {
    let links: Vec<String> = (0..count).map(|n| format!("http://s{n}.example/1")).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let batch: Vec<_> =
        leases.iter().zip(0..).map(|(lease, n)| desk.article(lease, "T", &prose(n))).collect();
    desk.file(&batch).await;
}

#[tokio::test]
async fn at_most_is_respected() {
    let desk = Desk::new().await;
    some(&desk, 10).await;
    let seqs = async |call: &'static str| -> Vec<i64> {
        sqlx::query_scalar(call).fetch_all(&desk.pool).await.unwrap()
    };
    assert_eq!(seqs("SELECT seq FROM news.changes(0, 3)").await, [1, 2, 3]);
    assert_eq!(seqs("SELECT seq FROM news.changes(3, 3)").await, [4, 5, 6]);
    assert_eq!(seqs("SELECT seq FROM news.changes(9, 3)").await, [10]);
    assert!(seqs("SELECT seq FROM news.changes(10, 3)").await.is_empty());
    assert!(seqs("SELECT seq FROM news.changes(0, 0)").await.is_empty());
    // No limit is no limit, and not nothing, which would read as "you have it all".
    assert_eq!(seqs("SELECT seq FROM news.changes(0, NULL)").await.len(), 10);
    let refused = sqlx::query("SELECT * FROM news.changes(0, -1)").execute(&desk.pool).await;
    assert!(refused.is_err());
}

/// The SQLSTATE with which a call is refused.
async fn refusal(desk: &Desk, call: &'static str) -> (String, String) {
    let error = sqlx::query(call).fetch_all(&desk.pool).await.unwrap_err();
    let error = error.as_database_error().unwrap();
    (error.code().unwrap().into_owned(), error.message().to_owned())
}

#[tokio::test]
async fn a_cursor_out_of_range_is_refused_loudly() {
    let desk = Desk::new().await;
    some(&desk, 6).await;
    let (code, message) = refusal(&desk, "SELECT * FROM news.changes(7)").await;
    assert_eq!(code, "WS002");
    assert!(message.starts_with("cursor_ahead: "), "{message}");
    assert_eq!(refusal(&desk, "SELECT * FROM news.changes(NULL)").await.0, "WS001");
    assert_eq!(refusal(&desk, "SELECT * FROM news.changes(-1)").await.0, "WS001");

    sqlx::raw_sql(
        "UPDATE wiresift.change_head SET kept_from = 4, kept_token = (
             SELECT token FROM wiresift.changes WHERE seq = 3);
         DELETE FROM wiresift.changes WHERE seq < 4",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let (code, message) = refusal(&desk, "SELECT * FROM news.changes(2)").await;
    assert_eq!(code, "WS001");
    assert!(message.starts_with("cursor_too_old: "), "{message}");
    assert_eq!(desk.count("SELECT min(seq) FROM news.changes(3)").await, 4);
    desk.states().await;
}

#[tokio::test]
async fn another_history_is_another_generation() {
    let desk = Desk::new().await;
    assert!(!desk.store.check_generation().await.unwrap(), "an empty log has no origin yet");
    some(&desk, 1).await;
    assert!(!desk.store.check_generation().await.unwrap());
    assert_eq!(desk.count("SELECT news.generation()::bigint").await, 1);
    // As a restored dump looks like: the rows of another server. Consumers see it at once.
    let elsewhere = "UPDATE wiresift.change_head SET origin = '00000001/1/1'";
    sqlx::query(elsewhere).execute(&desk.pool).await.unwrap();
    assert_eq!(desk.count("SELECT news.generation()::bigint").await, 2);
    assert_eq!(desk.store.head().await.unwrap().generation, 2);
    assert!(desk.store.check_generation().await.unwrap());
    assert_eq!(desk.count("SELECT generation::bigint FROM news.head()").await, 2);
    assert!(!desk.store.check_generation().await.unwrap());
    // Under a running daemon the next append stores it.
    sqlx::query(elsewhere).execute(&desk.pool).await.unwrap();
    desk.reads("http://later.example/1", "T", &prose(99)).await;
    assert_eq!(desk.count("SELECT generation::bigint FROM wiresift.change_head").await, 3);
    assert!(!desk.store.check_generation().await.unwrap());
    // Another cluster that happens to give the same numbers to everything.
    let system = "UPDATE wiresift.change_head SET system = system - 1";
    sqlx::query(system).execute(&desk.pool).await.unwrap();
    assert_eq!(desk.count("SELECT news.generation()::bigint").await, 4);
}

#[tokio::test]
async fn a_token_names_one_history() {
    let desk = Desk::new().await;
    let start: String =
        sqlx::query_scalar("SELECT token FROM news.head()").fetch_one(&desk.pool).await.unwrap();
    some(&desk, 6).await;
    let after = async |seq: i64, token: &str| {
        let rows: Result<Vec<(i64, String)>, sqlx::Error> =
            sqlx::query_as("SELECT seq, token FROM news.changes(after => $1, after_token => $2)")
                .bind(seq)
                .bind(token)
                .fetch_all(&desk.pool)
                .await;
        rows.map_err(|error| error.as_database_error().unwrap().code().unwrap().into_owned())
    };
    let rows = after(0, &start).await.unwrap();
    assert_eq!(rows.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    for (seq, token) in &rows {
        assert_eq!(after(*seq, token).await.unwrap().len() as i64, 6 - seq);
    }
    // Whatever is no token of this place is refused, and nothing else happens.
    let third = &rows[2].1;
    let other = third.replace(['0', '1', '2', '3'], "4");
    let mut odd: Vec<String> =
        ["", "/", "//", "a/b/c", "a/1/c", "/6/", "\0x/6/x", "/99999999999999999999/", "'; --"]
            .map(|text| text.replace('\0', ""))
            .to_vec();
    odd.extend([other, start.replace("/0/", "/6/"), third.replace("/6/", "/7/")]);
    for token in odd {
        assert_eq!(after(3, &token).await, Err("WS003".to_owned()), "{token}");
    }
    assert_eq!(after(0, third).await, Err("WS003".to_owned()), "a token of another place");
    // The oldest place that is kept has a token, too.
    sqlx::raw_sql(
        "UPDATE wiresift.change_head SET kept_from = 4, kept_token = (
             SELECT token FROM wiresift.changes WHERE seq = 3);
         DELETE FROM wiresift.changes WHERE seq < 4",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    assert_eq!(after(3, third).await.unwrap().len(), 3);
    assert_eq!(after(2, &rows[1].1).await, Err("WS001".to_owned()));
}

/// An article that loses the address that it called canonical, because another one was read there.
#[tokio::test]
async fn a_changed_address_is_a_change() {
    let desk = Desk::new().await;
    let lease = desk.leased(&["http://news.a.example/feed-link"]).await.remove(0);
    let mut claims = article(&lease, "One", &unlike(1));
    claims.article.canonical = Some(Url::parse("http://a.example/story").unwrap());
    desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(claims)))]).await;
    desk.reads("http://a.example/story", "Another", &unlike(2)).await;
    let log: Vec<(String, i64, i32, String, String)> = sqlx::query_as(
        "SELECT c.kind, c.article_id, c.revision, a.url, a.host
         FROM news.changes(0) c JOIN news.articles a ON a.id = c.article_id ORDER BY c.seq",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    let row = |kind: &str, id: i64, url: &str, host: &str| {
        (kind.to_owned(), id, 1, url.to_owned(), host.to_owned())
    };
    assert_eq!(
        log,
        [
            row("new", 1, "http://news.a.example/feed-link", "news.a.example"),
            row("new", 2, "http://a.example/story", "a.example"),
            row("revised", 1, "http://news.a.example/feed-link", "news.a.example"),
        ]
    );
    desk.states().await;
}

#[tokio::test]
async fn a_notification_follows_the_commit() {
    let desk = Desk::new().await;
    let mut listener = PgListener::connect_with(&desk.pool).await.unwrap();
    listener.listen("news").await.unwrap();
    some(&desk, 3).await;
    let hint = listener.recv().await.unwrap();
    assert_eq!(hint.payload(), "1:3", "one for the batch: generation and newest number");
}

/// Head and articles of one snapshot, then the log from there: everything once.
#[tokio::test]
async fn a_bootstrap_misses_nothing_and_repeats_nothing() {
    let desk = Desk::new().await;
    some(&desk, 4).await;
    let mut consumer = PgConnection::connect_with(&desk.options).await.unwrap();
    let mut snapshot = consumer.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    let head: i64 =
        sqlx::query_scalar("SELECT seq FROM news.head()").fetch_one(&mut *snapshot).await.unwrap();
    // Between the two reads somebody files more.
    let leases = desk.leased(&["http://late.example/1", "http://late.example/2"]).await;
    desk.file(&[desk.article(&leases[0], "T", &prose(40))]).await;
    let mut have: Vec<i64> = sqlx::query_scalar("SELECT id FROM news.all_articles")
        .fetch_all(&mut *snapshot)
        .await
        .unwrap();
    snapshot.commit().await.unwrap();
    desk.file(&[desk.article(&leases[1], "T", &prose(41))]).await;
    assert_eq!((head, have.len()), (4, 4));
    have.extend(
        sqlx::query_scalar::<_, i64>("SELECT article_id FROM news.changes($1)")
            .bind(head)
            .fetch_all(&mut consumer)
            .await
            .unwrap(),
    );
    have.sort_unstable();
    let all: Vec<i64> = sqlx::query_scalar("SELECT id FROM news.all_articles ORDER BY id")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    assert_eq!(have, all);
}
