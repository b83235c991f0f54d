//! A database of its own for each test: real Postgres, nothing to install a service for.
//!
//! One cluster per test process (several processes on one cluster end it under each other), started by the first
//! test that asks, with no flush to disk. A database is a copy of a template, made in some ten milliseconds, and
//! never dropped, which would take ten times as long: the cluster's directory goes as a whole when the process ends.

use std::env;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::statvfs::statvfs;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::OnceCell;
use wiresift::store::Store;
use wiresift::store::embedded::{self, Cluster, ClusterSettings};

const TEMPLATE: &str = "template_for_tests";

static ARENA: OnceCell<Arena> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A fresh database with the schema applied.
pub(crate) struct TestDb {
    /// Connections to it; belongs to the runtime of the test.
    pub(crate) pool: PgPool,
    /// How to connect to it.
    pub(crate) options: PgConnectOptions,
    /// The same for another process.
    pub(crate) url: String,
}

impl TestDb {
    /// Makes one.
    pub(crate) async fn new() -> Self {
        let arena = ARENA.get_or_init(Arena::open).await;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        arena.copy_template(&name).await;
        let options = arena.cluster.connect_options(&name);
        let pool =
            PgPoolOptions::new().max_connections(8).connect_with(options.clone()).await.unwrap();
        Self { pool, options, url: arena.cluster.url(&name) }
    }
}

/// The cluster of this process.
struct Arena {
    cluster: Cluster,
    _broom: Child,
}

impl Arena {
    async fn open() -> Self {
        let parent = parent_dir();
        fs::create_dir_all(&parent).unwrap();
        sweep(&parent);
        let dir = parent.join(std::process::id().to_string());
        let broom = broom(&dir).unwrap();
        let settings = ClusterSettings::private(dir, false);
        let cluster = Cluster::start(settings).await.unwrap_or_else(|error| panic!("{error}"));
        cluster.ensure_database(TEMPLATE).await.unwrap();
        let store = Store::new(cluster.connect_options(TEMPLATE), 1);
        store.migrate().await.unwrap_or_else(|error| panic!("{error}"));
        // A template that somebody is connected to can not be copied.
        store.close().await;
        Self { cluster, _broom: broom }
    }

    async fn copy_template(&self, name: &str) {
        let strategy = if self.cluster.major() >= 15 { "strategy file_copy" } else { "" };
        let mut admin = self.cluster.connect_options("postgres").connect().await.unwrap();
        let statement = format!("create database {name} template {TEMPLATE} {strategy}");
        sqlx::query(AssertSqlSafe(statement)).execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
    }
}

/// Memory, if there is room for a few hundred databases of 10 MB; containers often have 64 MB there.
fn parent_dir() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let free = statvfs(memory).map_or(0, |fs| fs.blocks_available() * fs.fragment_size());
    let parent = if free >= 4 << 30 { memory.to_path_buf() } else { env::temp_dir() };
    parent.join(format!("wiresift-tests-{}", nix::unistd::geteuid()))
}

/// Removes what processes that are dead left behind, if their broom died too. A live one holds its lock.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).unwrap().flatten() {
        let live =
            entry.file_name().to_str().is_some_and(|pid| Path::new("/proc").join(pid).exists());
        if !live {
            let _ = embedded::discard(&entry.path());
        }
    }
}

/// A process that waits for the end of this one, however it comes, and for that of the server, and tidies up.
fn broom(dir: &Path) -> io::Result<Child> {
    const SCRIPT: &str = r#"
        cat >/dev/null
        tries=0
        while [ -e "$0/data/postmaster.pid" ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
        rm -rf "$0""#;
    Command::new("sh")
        .args(["-c", SCRIPT])
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
