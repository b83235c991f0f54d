//! Restores in earnest, with PostgreSQL's own programs. A consumer who reads on afterwards is warned, although the log
//! has as many rows again as it has read.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tempfile::TempDir;
use wiresift::store::Store;
use wiresift::store::embedded::{Cluster, ClusterSettings};

use crate::harness::desk::Desk;

const DATABASE: &str = "news";

/// A server of its own whose files the test may copy.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = TempDir::with_prefix("wiresift-rewind-").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
        Self { dir }
    }

    /// The cluster, or a copy of it.
    fn cluster(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn start(&self, name: &str) -> Cluster {
        let settings = ClusterSettings::private(self.cluster(name), false);
        let cluster = Cluster::start(settings).await.unwrap_or_else(|error| panic!("{error}"));
        cluster.ensure_database(DATABASE).await.unwrap();
        cluster
    }

    fn copy(&self, from: &str, to: &str) {
        run(Command::new("cp").arg("-a").args([self.cluster(from), self.cluster(to)]));
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

static DAEMONS: AtomicU32 = AtomicU32::new(1);

/// The daemon's side of a running cluster. Each starts later than those before it.
async fn daemon(cluster: &Cluster) -> Desk {
    daemon_of(cluster.connect_options(DATABASE)).await
}

/// The same for a database by another name.
pub(crate) async fn daemon_of(options: PgConnectOptions) -> Desk {
    Store::new(options.clone(), 1).migrate().await.unwrap();
    let pool = PgPoolOptions::new().connect_with(options.clone()).await.unwrap();
    let desk = Desk::over(pool, options);
    let number = DAEMONS.fetch_add(1, Ordering::Relaxed);
    desk.advance(Duration::from_hours(1000 * u64::from(number)));
    desk
}

/// Files articles that were not there before, one transaction each.
pub(crate) async fn files(desk: &Desk, numbers: std::ops::Range<u32>) {
    for n in numbers {
        let words = (0..40).map(|at| format!("w{n}a{at}")).collect::<Vec<_>>().join(" ");
        desk.reads(&format!("http://s{n}.example/1"), &format!("Title {n}"), &[words + "."]).await;
    }
}

/// What a consumer stores.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Position {
    pub(crate) generation: i32,
    pub(crate) seq: i64,
    token: String,
}

pub(crate) async fn position(pool: &PgPool) -> Position {
    let (generation, seq, token) = sqlx::query_as("SELECT generation, seq, token FROM news.head()")
        .fetch_one(pool)
        .await
        .unwrap();
    Position { generation, seq, token }
}

/// The changes after a position, or the SQLSTATE.
pub(crate) async fn after(pool: &PgPool, position: &Position) -> Result<Vec<i64>, String> {
    let rows = sqlx::query_scalar("SELECT seq FROM news.changes($1, after_token => $2)")
        .bind(position.seq)
        .bind(&position.token)
        .fetch_all(pool)
        .await;
    rows.map_err(|error| error.as_database_error().unwrap().code().unwrap().into_owned())
}

pub(crate) async fn generation(pool: &PgPool) -> i32 {
    sqlx::query_scalar("SELECT news.generation()").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_dump_that_is_restored_in_place_is_noticed() {
    let place = Place::new();
    let cluster = place.start("one").await;
    let desk = daemon(&cluster).await;
    files(&desk, 0..5).await;
    let early = position(&desk.pool).await;
    let dump = place.dir.path().join("dump");
    let url = cluster.url(DATABASE);
    let mut pg_dump = Command::new(cluster.bin_dir().join("pg_dump"));
    run(pg_dump.args(["-Fc", "-d", &url, "-f"]).arg(&dump));
    files(&desk, 5..8).await;
    let late = position(&desk.pool).await;
    assert_eq!((late.seq, after(&desk.pool, &early).await.unwrap().len()), (8, 3));
    let mut pg_restore = Command::new(cluster.bin_dir().join("pg_restore"));
    // It complains about partitions, whose constraints it cannot drop alone, and goes on.
    pg_restore.args(["--clean", "--if-exists", "-d", &url]).arg(&dump).output().unwrap();

    // At once, before anybody writes.
    assert_eq!(after(&desk.pool, &late).await, Err("WS002".to_owned()));
    assert_eq!(generation(&desk.pool).await, 2);
    files(&desk, 10..13).await;
    assert_eq!(after(&desk.pool, &late).await, Err("WS003".to_owned()));
    let now = position(&desk.pool).await;
    assert_eq!(
        (now.generation, now.seq),
        (2, 8),
        "also for a consumer without tokens, and for good"
    );
    // One that has read no further than the dump is not affected: it goes on with the same changes as others.
    assert_eq!(after(&desk.pool, &early).await, Ok(vec![6, 7, 8]));
    // The views and functions are all there again, with their rights.
    for call in ["SELECT * FROM news.search('w11a1')", "SELECT * FROM news.articles"] {
        let statement = format!("SET ROLE news_reader; {call}; RESET ROLE");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&desk.pool).await.unwrap();
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_copy_of_the_files_that_is_put_back_is_noticed() {
    let place = Place::new();
    let cluster = place.start("one").await;
    let desk = daemon(&cluster).await;
    files(&desk, 0..5).await;
    let early = position(&desk.pool).await;
    desk.pool.close().await;
    desk.store.close().await;
    cluster.stop().await.unwrap();
    place.copy("one", "backup");
    let cluster = place.start("one").await;
    let desk = daemon(&cluster).await;
    files(&desk, 5..8).await;
    let late = position(&desk.pool).await;
    // The articles that came with this row may be newer than the row.
    let (seq, token) = sqlx::query_as("SELECT seq, token FROM news.changes(4, 1)")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    let behind = Position { generation: late.generation, seq, token };
    desk.pool.close().await;
    desk.store.close().await;
    cluster.stop().await.unwrap();
    fs::rename(place.cluster("one"), place.cluster("gone")).unwrap();
    fs::rename(place.cluster("backup"), place.cluster("one")).unwrap();

    let cluster = place.start("one").await;
    let desk = daemon(&cluster).await;
    assert_eq!(after(&desk.pool, &late).await, Err("WS002".to_owned()));
    files(&desk, 10..13).await;
    assert_eq!(position(&desk.pool).await.seq, late.seq);
    assert_eq!(after(&desk.pool, &late).await, Err("WS003".to_owned()));
    assert_eq!(after(&desk.pool, &behind).await, Err("WS003".to_owned()));
    assert_eq!(after(&desk.pool, &early).await, Ok(vec![6, 7, 8]));
    cluster.stop().await.unwrap();
}

/// The same daemon, whose connections break and come back.
#[tokio::test]
async fn a_promotion_under_a_running_daemon_is_noticed() {
    let place = Place::new();
    // Recovery needs more in its log than the settings of the tests write.
    place.start("one").await.stop().await.unwrap();
    fs::write(
        place.cluster("one").join("tuning.conf"),
        "wal_level = replica\nrestore_command = 'false'\nmax_wal_senders = 2\n",
    )
    .unwrap();
    let cluster = place.start("one").await;
    let desk = daemon(&cluster).await;
    files(&desk, 0..5).await;
    cluster.stop().await.unwrap();
    place.copy("one", "backup");
    let cluster = place.start("one").await;
    files(&desk, 5..8).await;
    let late = position(&desk.pool).await;
    cluster.stop().await.unwrap();
    fs::rename(place.cluster("one"), place.cluster("gone")).unwrap();
    fs::rename(place.cluster("backup"), place.cluster("one")).unwrap();
    let data = place.cluster("one").join("data");
    run(Command::new("cp").arg("-a").args([data.join("PG_VERSION"), data.join("recovery.signal")]));

    let cluster = place.start("one").await;
    // It can be read before it is promoted.
    while sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&desk.pool).await.unwrap() {
        tokio::task::yield_now().await;
    }
    assert_eq!(generation(&desk.pool).await, 2, "before anybody writes");
    files(&desk, 10..13).await;
    let now = position(&desk.pool).await;
    assert_eq!((now.generation, now.seq), (2, 8));
    assert_eq!(after(&desk.pool, &late).await, Err("WS003".to_owned()));
    let stored: i32 = sqlx::query_scalar("SELECT generation FROM wiresift.change_head")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    assert_eq!(stored, 2, "the write has stored it");
    cluster.stop().await.unwrap();
}

/// Two servers from one copy, each with a daemon that writes. A consumer that changes from one to the other is warned.
#[tokio::test]
async fn a_clone_with_a_writer_of_its_own_is_noticed() {
    let place = Place::new();
    let cluster = place.start("one").await;
    let desk = daemon(&cluster).await;
    files(&desk, 0..5).await;
    let early = position(&desk.pool).await;
    desk.pool.close().await;
    desk.store.close().await;
    cluster.stop().await.unwrap();
    place.copy("one", "two");
    let (one, two) = (place.start("one").await, place.start("two").await);
    let (left, right) = (daemon(&one).await, daemon(&two).await);
    files(&left, 5..8).await;
    files(&right, 10..13).await;
    let (at_left, at_right) = (position(&left.pool).await, position(&right.pool).await);
    assert_eq!((at_left.generation, at_left.seq), (at_right.generation, at_right.seq));
    assert_eq!(after(&right.pool, &at_left).await, Err("WS003".to_owned()));
    assert_eq!(after(&left.pool, &at_right).await, Err("WS003".to_owned()));
    for (pool, own) in [(&left.pool, &at_left), (&right.pool, &at_right)] {
        assert_eq!(after(pool, own).await, Ok(vec![]));
        assert_eq!(after(pool, &early).await, Ok(vec![6, 7, 8]));
    }
    one.stop().await.unwrap();
    two.stop().await.unwrap();
}

/// A dump that goes into another cluster, where everything may have the same numbers.
#[tokio::test]
async fn a_dump_that_is_restored_elsewhere_is_noticed() {
    let place = Place::new();
    let (one, two) = (place.start("one").await, place.start("two").await);
    let desk = daemon(&one).await;
    files(&desk, 0..3).await;
    let before = position(&desk.pool).await;
    let dump = place.dir.path().join("dump");
    run(Command::new(one.bin_dir().join("pg_dump"))
        .args(["-Fc", "-d", &one.url(DATABASE), "-f"])
        .arg(&dump));
    role(&two).await;
    run(Command::new(two.bin_dir().join("pg_restore")).args(["-d", &two.url(DATABASE)]).arg(&dump));
    let there = daemon(&two).await;
    assert_eq!(generation(&there.pool).await, before.generation + 1);
    files(&desk, 3..4).await;
    files(&there, 4..5).await;
    assert_eq!(after(&there.pool, &position(&desk.pool).await).await, Err("WS003".to_owned()));
    one.stop().await.unwrap();
    two.stop().await.unwrap();
}

/// A role belongs to a cluster, and a dump of a database does not have it.
async fn role(cluster: &Cluster) {
    let pool = PgPoolOptions::new().connect_with(cluster.connect_options(DATABASE)).await.unwrap();
    sqlx::query("CREATE ROLE news_reader NOLOGIN").execute(&pool).await.unwrap();
    pool.close().await;
}
