//! The whole program under fire: killed, robbed of its database, told to reload and to stop. Nothing is lost,
//! nothing comes twice, and a consumer that followed all the while has all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::store::Store;
use wiresift::store::embedded::{Cluster, ClusterSettings, attach};
use wiresift_demo_world::{World, WorldServer};
use wiresift_extract::memory::SiteMemory;

use crate::harness::newsroom::{page, prose, rss};
use crate::harness::process::Home;
use crate::harness::seed;
use crate::harness::stub::{Gate, Reply, Stub};

const DATABASE: &str = "wiresift";

/// Deaths of the daemon in the great test.
const KILLS: usize = 24;

async fn world(sites: usize, entries: usize) -> WorldServer {
    WorldServer::start(World::scaled(SystemClock.now(), sites, entries)).await.unwrap()
}

fn feeds(world: &WorldServer) -> Vec<String> {
    world.feeds().into_iter().map(|feed| feed.url).collect()
}

async fn cluster(home: &Home) -> Cluster {
    let settings = ClusterSettings::private(home.cluster(), true);
    Cluster::start(settings).await.unwrap_or_else(|error| panic!("{error}"))
}

/// How to reach the daemon's own database at the moment, if it is up.
fn reach(home: &Home) -> Option<PgConnectOptions> {
    attach(&home.cluster()).ok().flatten().map(|attached| attached.connect_options(DATABASE))
}

async fn ask<T>(home: &Home, query: &'static str) -> Option<T>
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let mut connection = reach(home)?.connect().await.ok()?;
    sqlx::query_scalar::<_, Option<T>>(query).fetch_one(&mut connection).await.ok().flatten()
}

/// A consumer of the contract: keeps its cursor, connects again when it has to, and believes nothing.
#[derive(Default)]
struct Consumer {
    last: i64,
    /// Article to the number of times that it was announced as new or copy.
    announced: BTreeMap<i64, usize>,
    /// Article to its newest revision.
    revisions: BTreeMap<i64, i32>,
    outages: usize,
}

impl Consumer {
    /// Reads on; false when the database is away.
    async fn follow(&mut self, connection: &mut PgConnection) -> bool {
        let rows: Result<Vec<(i64, String, i64, i32)>, sqlx::Error> =
            sqlx::query_as("SELECT seq, kind, article_id, revision FROM news.changes($1, 50)")
                .bind(self.last)
                .fetch_all(connection)
                .await;
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => {
                let code =
                    error.as_database_error().and_then(DatabaseError::code).unwrap_or_default();
                assert!(!code.starts_with("WS"), "after {}: {error}", self.last);
                self.outages += 1;
                return false;
            }
        };
        for (seq, kind, article, revision) in rows {
            assert_eq!(seq, self.last + 1, "next = last + 1");
            self.last = seq;
            if ["new", "copy"].contains(&kind.as_str()) && revision == 1 {
                *self.announced.entry(article).or_default() += 1;
            }
            self.revisions.insert(article, revision);
        }
        true
    }

    /// Follows until told that there will be no more faults.
    async fn live(mut self, home: Arc<Home>, done: Arc<AtomicBool>) -> Self {
        let mut connection = None;
        while !done.load(Ordering::Relaxed) {
            if connection.is_none()
                && let Some(options) = reach(&home)
            {
                connection = options.connect().await.ok();
            }
            if let Some(open) = &mut connection
                && !self.follow(open).await
            {
                connection = None;
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        self
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_comes_twice() {
    let seed = seed();
    let world = world(10, 8).await;
    let home = Arc::new(Home::new(""));
    home.lists(&feeds(&world));
    let done = Arc::new(AtomicBool::new(false));
    let consumer = tokio::spawn(Consumer::default().live(Arc::clone(&home), Arc::clone(&done)));

    under_fire(&world, &home, &mut StdRng::seed_from_u64(seed)).await;
    let rarely = [("WIRESIFT__POLL__EVERY", "1h"), ("WIRESIFT__POLL__MAX_EVERY", "2h")];
    let (ended, said) = home.start(&["run", "--once"], &rarely).ended().await;
    assert_eq!(ended.code(), Some(0), "{said}");
    done.store(true, Ordering::Relaxed);
    let mut consumer = consumer.await.unwrap();
    println!("the consumer saw {} outages; edition {}", consumer.outages, world.edition());
    assert!(world.edition() > 0, "the world stood still");

    let cluster = cluster(&home).await;
    let store = Store::new(cluster.connect_options(DATABASE), 2);
    let sums = store.reconcile().await.unwrap();
    assert_eq!((sums.pending, sums.faults()), (0, Vec::new()));
    store.close().await;
    let mut connection = cluster.connect_options(DATABASE).connect().await.unwrap();
    while consumer.last < sums.head {
        assert!(consumer.follow(&mut connection).await);
    }
    compare(&world, &consumer, &mut connection).await;
    drop(connection);
    cluster.stop().await.unwrap();
}

/// Kills the daemon so many times, and its database in between, while the world goes on.
async fn under_fire(world: &WorldServer, home: &Home, chance: &mut StdRng) {
    let (mut kills, mut robberies, mut tries) = (0, 0, 0);
    let mut advanced_at = SystemClock.now();
    // On a slow machine a daemon that is killed so soon gets nowhere, so each lives longer until the
    // world has moved.
    while kills < KILLS || (world.edition() == 0 && kills < 2 * KILLS) {
        tries += 1;
        assert!(tries < 4 * KILLS, "the daemon keeps ending by itself");
        let lives = if world.edition() == 0 { 900 + 100 * kills as u64 } else { 900 };
        let mut daemon = home.start(&["run"], &[]);
        // At times it is struck while it starts, mostly while it polls and reads.
        let robbed = kills % 4 == 1;
        if robbed || chance.random_bool(0.75) {
            while daemon.runs() && !daemon.said().contains("applied the feed list") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let strike = Instant::now() + Duration::from_millis(chance.random_range(10..lives));
        while Instant::now() < strike && daemon.runs() {
            tokio::time::sleep(Duration::from_millis(40)).await;
            // The next edition comes when every feed has been polled since the last one began.
            let polled: Option<DateTime<Utc>> =
                ask(home, "SELECT min(coalesce(last_success_at, '-infinity')) FROM news.feeds HAVING bool_and(last_success_at IS NOT NULL)").await;
            if polled.is_some_and(|at| at > advanced_at) && world.edition() < 6 {
                world.advance();
                advanced_at = SystemClock.now();
            }
        }
        if robbed && let Ok(Some(server)) = attach(&home.cluster()) {
            // Killed, or stopped in order; the daemon starts it again and goes on, and is killed a little later.
            let signal = if chance.random() { Signal::SIGKILL } else { Signal::SIGINT };
            robberies += usize::from(kill(Pid::from_raw(server.pid()), signal).is_ok());
            tokio::time::sleep(Duration::from_millis(chance.random_range(0..1_200))).await;
        }
        let said = daemon.said();
        if daemon.kill_9() {
            kills += 1;
        } else {
            println!("it had ended before it was killed:\n{said}");
        }
    }
    println!("{kills} kills, {robberies} of the database");
    assert!(robberies > 0);
}

/// What is on file, and what the consumer was told, are the articles of the world, each once and whole.
async fn compare(world: &WorldServer, consumer: &Consumer, connection: &mut PgConnection) {
    let truth = world.truth();
    // Every entry has ended, and the ways in which they ended add up.
    let states: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT * FROM news.accounting").fetch_all(&mut *connection).await.unwrap();
    assert!(states.iter().all(|(state, ..)| state == "filed"), "{states:?}");
    assert_eq!(states.iter().map(|(_, _, count)| *count).sum::<i64>(), truth.len() as i64);
    let articles: Vec<(i64, String, String, i32)> =
        sqlx::query_as("SELECT id, url, body, revision FROM news.all_articles")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    let bodies: BTreeMap<&str, &str> =
        articles.iter().map(|(_, url, body, _)| (url.as_str(), body.as_str())).collect();
    assert_eq!(bodies.len(), articles.len(), "an article twice");
    let want: BTreeSet<&str> = truth.iter().map(|article| article.url.as_str()).collect();
    assert_eq!(bodies.keys().copied().collect::<BTreeSet<_>>(), want);
    let mut exact = 0;
    for article in &truth {
        let body = bodies[article.url.as_str()];
        exact += usize::from(body == article.paragraphs.join("\n\n"));
        for paragraph in &article.paragraphs {
            assert!(body.contains(paragraph.as_str()), "{}: {paragraph}", article.url);
        }
    }
    println!("{exact} of {} bodies are the world's to the letter", truth.len());
    assert!(exact * 2 >= truth.len(), "most bodies are exact");
    the_bytes_give_the_bodies(connection, articles.len()).await;
    // The consumer has been told of each of them once, and of nothing else.
    let told: BTreeSet<i64> = consumer.announced.keys().copied().collect();
    assert_eq!(told, articles.iter().map(|(id, ..)| *id).collect());
    assert!(consumer.announced.values().all(|times| *times == 1));
    assert!(articles.iter().all(|(id, _, _, revision)| consumer.revisions[id] == *revision));
}

/// A row of what was stored of a page, and what its feed said.
#[derive(sqlx::FromRow)]
struct Stored {
    url: String,
    body: String,
    bytes: Vec<u8>,
    dictionary: Option<Vec<u8>>,
    memory: Option<Vec<u8>>,
    content_type: Option<String>,
    fetched_at: DateTime<Utc>,
    title: Option<String>,
    summary: Option<String>,
    published_at: Option<DateTime<Utc>>,
    language: Option<String>,
}

/// Extraction is a function of the page, the hints and the site memory, so the stored bytes must give
/// the stored bodies: both are whole.
async fn the_bytes_give_the_bodies(connection: &mut PgConnection, count: usize) {
    let rows: Vec<Stored> = sqlx::query_as(
        "SELECT p.url, coalesce(r.body, a.body) AS body, p.body AS bytes, d.body AS dictionary, m.memory,
                p.content_type, p.fetched_at, e.title, e.summary, e.published_at, e.language
         FROM wiresift.revisions r JOIN wiresift.articles a ON a.id = r.article_id JOIN wiresift.pages p ON p.id = r.page_id JOIN wiresift.entries e ON e.id = p.entry_id
         LEFT JOIN wiresift.page_dictionaries d ON d.id = p.dictionary_id
         LEFT JOIN wiresift.site_memories m ON m.id = r.memory_id",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    assert_eq!(rows.len(), count);
    for row in rows {
        let dictionary = row.dictionary.map(|packed| zstd::decode_all(packed.as_slice()).unwrap());
        let mut bytes = Vec::new();
        zstd::Decoder::with_dictionary(row.bytes.as_slice(), &dictionary.unwrap_or_default())
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        let url = row.url.parse().unwrap();
        let page = wiresift_extract::Page {
            bytes: &bytes,
            url: Some(&url),
            content_type: row.content_type.as_deref(),
        };
        let hints = wiresift_extract::Hints {
            embeds: wiresift_extract::Embeds::Drop,
            title: row.title,
            summary: row.summary,
            published: row.published_at,
            language: row.language,
            rule: None,
            memory: row.memory.map(|bytes| Arc::new(SiteMemory::from_bytes(&bytes).unwrap())),
        };
        let model = wiresift_extract::Model::embedded().unwrap();
        let revisit = wiresift_extract::extract(
            model,
            &page,
            &hints,
            row.fetched_at,
            &wiresift_extract::Limits::default(),
        );
        assert_eq!(revisit.article.text(), row.body, "{}", row.url);
    }
}

/// The database is not there when the daemon starts, comes, is killed, stops and comes back: the daemon stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_comes_and_goes_is_waited_for() {
    let world = world(3, 4).await;
    let home = Home::new("");
    home.lists(&feeds(&world));
    let server = cluster(&home).await;
    server.ensure_database(DATABASE).await.unwrap();
    let (url, options) = (server.url(DATABASE), server.connect_options(DATABASE));
    server.stop().await.unwrap();

    let mut daemon = home.start(&["run"], &[("DATABASE_URL", &url), EACH_TRY]);
    let pid = daemon.pid();
    daemon.says("waiting for the database", 2).await;
    let server = cluster(&home).await;
    daemon.says("applied the feed list", 1).await;
    articles(&options, world.truth().len()).await;

    // Killed in the middle of things: its keeper starts it again.
    world.advance();
    kill(Pid::from_raw(server.pid().unwrap()), Signal::SIGKILL).unwrap();
    articles(&options, world.truth().len()).await;

    // Stopped for a while.
    server.stop().await.unwrap();
    world.advance();
    daemon.says("the database cannot be reached; waiting", 1).await;
    let server = cluster(&home).await;
    articles(&options, world.truth().len()).await;
    assert!(daemon.runs());
    assert_eq!(daemon.pid(), pid);

    daemon.signal(Signal::SIGTERM);
    let (status, said) = daemon.ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
    let store = Store::new(options, 1);
    assert_eq!(store.reconcile().await.unwrap().faults(), Vec::<String>::new());
    store.close().await;
    server.stop().await.unwrap();
}

/// Waits until so many articles are on file.
async fn articles(options: &PgConnectOptions, count: usize) {
    let deadline = Instant::now() + Duration::from_mins(3);
    loop {
        if let Ok(mut connection) = options.connect().await {
            let on_file: Result<i64, _> = sqlx::query_scalar("SELECT count(*) FROM news.articles")
                .fetch_one(&mut connection)
                .await;
            if on_file.as_ref().is_ok_and(|on_file| *on_file == count as i64) {
                return;
            }
            assert!(Instant::now() < deadline, "{on_file:?} of {count} articles");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// SIGTERM: what is in hand is finished, nothing new is begun.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_is_in_hand() {
    let stub = Stub::start().await;
    let gate = Gate::new();
    stub.serves(
        "/feed.xml",
        Reply::ok(rss(&stub.url(""), &[("/slow", "A slow page"), ("/next", "Another")])),
    );
    stub.serves(
        "/slow",
        Reply::ok(page("A slow page", &prose(1))).header("Content-Type", "text/html").behind(&gate),
    );
    stub.serves("/next", Reply::ok(page("Another", &prose(2))).header("Content-Type", "text/html"));
    let home = Home::new("");
    home.lists(&[stub.url("/feed.xml")]);
    let mut daemon = home.start(&["run"], &[]);
    while stub.requests_to("/slow").is_empty() {
        assert!(daemon.runs(), "{}", daemon.said());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    daemon.signal(Signal::SIGTERM);
    daemon.says("stopping: finishing the work in progress", 1).await;
    assert!(daemon.runs());
    gate.open();
    let (status, said) = daemon.ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("halting"), "{said}");
    assert!(stub.requests_to("/next").is_empty(), "begun after the stop");

    let cluster = cluster(&home).await;
    let store = Store::new(cluster.connect_options(DATABASE), 1);
    let sums = store.reconcile().await.unwrap();
    assert_eq!((sums.articles, sums.pending, sums.faults()), (1, 1, Vec::new()));
    store.close().await;
    cluster.stop().await.unwrap();
}

/// SIGHUP applies the difference, all or nothing; another daemon on the same directory is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_is_applied_or_rejected_whole() {
    let world = world(3, 2).await;
    let home = Home::new("");
    let all = feeds(&world);
    home.lists(&all[..2]);
    let mut daemon = home.start(&["run"], &[]);
    daemon.says("applied the feed list", 1).await;

    let (status, said) = home.start(&["run"], &[]).ended().await;
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("is in use by another wiresift (process {})", daemon.pid())),
        "{said}"
    );
    assert!(said.contains("storage.dir"), "{said}");

    home.lists(&all[1..]);
    daemon.signal(Signal::SIGHUP);
    daemon.says("applied the feed list", 2).await;
    let listed = "SELECT string_agg(state, ',' ORDER BY url) FROM news.feeds";
    let mut expected = BTreeMap::from([
        (all[0].clone(), "paused"),
        (all[1].clone(), "active"),
        (all[2].clone(), "active"),
    ]);
    let text = |expected: &BTreeMap<String, &str>| {
        expected.values().copied().collect::<Vec<_>>().join(",")
    };
    assert_eq!(ask::<String>(&home, listed).await, Some(text(&expected)));

    // One bad line, and nothing of the file counts.
    home.lists_text(&format!("{}\nnot an address\n", all[0]));
    daemon.signal(Signal::SIGHUP);
    daemon.says("reload rejected", 1).await;
    assert!(daemon.said().contains("feeds.txt:2"), "{}", daemon.said());
    assert_eq!(ask::<String>(&home, listed).await, Some(text(&expected)));

    // It still listens.
    home.lists(&all);
    daemon.signal(Signal::SIGHUP);
    daemon.says("applied the feed list", 3).await;
    expected.insert(all[0].clone(), "active");
    assert_eq!(ask::<String>(&home, listed).await, Some(text(&expected)));
    daemon.signal(Signal::SIGTERM);
    let (status, said) = daemon.ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
}

/// A database that cannot start is told as that, with the cause, not as one that is in use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_say_why_the_database_does_not_start() {
    let home = Home::new("");
    let mut daemon = home.start(&["run"], &[]);
    daemon.says("applied the feed list", 1).await;
    let tuning = home.cluster().join("tuning.conf");
    fs::write(&tuning, "shared_bufers = 1GB\n").unwrap();
    fs::set_permissions(&tuning, fs::Permissions::from_mode(0o644)).unwrap();
    let server = attach(&home.cluster()).unwrap().unwrap();
    kill(Pid::from_raw(server.pid()), Signal::SIGKILL).unwrap();
    daemon.says("restarting the embedded database failed", 1).await;

    for command in [&["status"][..], &["feeds", "list"], &["backup", "-"], &["psql"]] {
        let (status, said) = home.start(command, &[]).ended().await;
        assert_eq!(status.code(), Some(1), "{command:?}: {said}");
        let holder = format!("wiresift (process {}) cannot start it", daemon.pid());
        for words in [holder.as_str(), "shared_bufers", "tuning.conf", "server.log"] {
            assert!(said.contains(words), "{command:?}: {said}");
        }
        assert!(!said.contains("in use by another"), "{command:?}: {said}");
    }

    fs::write(&tuning, "").unwrap();
    daemon.says("the embedded database runs again", 1).await;
    let (status, said) = home.start(&["status"], &[]).ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
}

/// A schema that a newer program wrote is left alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_is_refused() {
    let home = Home::new("");
    let (status, said) = home.start(&["run", "--once"], &[]).ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
    let server = cluster(&home).await;
    let mut connection = server.connect_options(DATABASE).connect().await.unwrap();
    sqlx::query("INSERT INTO wiresift._sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'from the future', true, '', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    drop(connection);
    server.stop().await.unwrap();
    let (status, said) = home.start(&["run"], &[]).ended().await;
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("migration 9999") && said.contains("newer wiresift"), "{said}");
}

/// Logs each try to reach the database.
const EACH_TRY: (&str, &str) = ("WIRESIFT__LOG__LEVEL", "info,wiresift::daemon=debug");

/// A reload that is asked for before the daemon is ready is no reason to end.
#[tokio::test]
async fn a_reload_while_it_starts_ends_nothing() {
    let home = Home::new("");
    let url = "postgres://nobody@127.0.0.1:1/none";
    let mut daemon = home.start(&["run"], &[("DATABASE_URL", url), EACH_TRY]);
    daemon.says("waiting for the database", 1).await;
    daemon.signal(Signal::SIGHUP);
    daemon.says("waiting for the database", 3).await;
    daemon.signal(Signal::SIGTERM);
    let (status, said) = daemon.ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
}
