//! The embedded database holds its promises: private, one owner, and whole after any kill of either side.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid, getpgid, getpgrp};
use sqlx::postgres::PgPoolOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;
use wiresift::store::embedded::{
    Cluster, ClusterError, ClusterSettings, attach, discard, reachable_dir,
};

use crate::harness::database::TestDb;

/// A directory that the server's user can reach too.
fn place() -> TempDir {
    let dir = TempDir::with_prefix("wiresift-cluster-").unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
    dir
}

fn settings(dir: &Path) -> ClusterSettings {
    ClusterSettings::private(dir.into(), false)
}

async fn start(dir: &Path) -> Cluster {
    Cluster::start(settings(dir)).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn refusal(dir: &Path) -> String {
    Cluster::start(settings(dir)).await.unwrap_err().to_string()
}

async fn connect(cluster: &Cluster) -> PgConnection {
    cluster.connect_options("postgres").connect().await.unwrap()
}

async fn rows(cluster: &Cluster) -> i64 {
    sqlx::query_scalar("select count(*) from kept")
        .fetch_one(&mut connect(cluster).await)
        .await
        .unwrap()
}

async fn put_rows(cluster: &Cluster) {
    let mut connection = connect(cluster).await;
    sqlx::query("create table kept as select generate_series(1, 1000) n")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// Waits for something that another process does; the limit only tells "never" from "not yet".
fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !done() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs; one that has ended and is not reaped yet does not.
fn runs(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

fn kill_9(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

/// The program, with the cluster in `home/postgres`.
fn wiresift(mut command: Command, home: &Path) -> Command {
    let config = home.join("wiresift.toml");
    fs::write(&config, format!("[storage]\ndir = \"{}\"\n", home.display())).unwrap();
    fs::create_dir_all(home.join("postgres")).unwrap();
    for name in ["DATABASE_URL", "RUST_LOG", "WIRESIFT_LOG", "WIRESIFT_CONFIG"] {
        command.env_remove(name);
    }
    command.arg("--config").arg(config);
    command
}

/// Another process that has a cluster with a thousand rows, and does nothing else: `wiresift psql`, whose input stays
/// open.
struct Holder {
    process: Child,
    postmaster: i32,
}

impl Holder {
    fn start(home: &Path) -> Self {
        let mut command = wiresift(Command::new(env!("CARGO_BIN_EXE_wiresift")), home);
        command.args(["psql", "-XAtq"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut script = process.stdin.as_ref().unwrap();
        let table = "create table kept as select generate_series(1, 1000) n;";
        writeln!(script, "\\c postgres\n{table}\nselect count(*) from kept;").unwrap();
        let mut lines =
            BufReader::new(process.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
        assert_eq!(lines.next().as_deref(), Some("1000"), "the holder has made its table");
        let lock = fs::read_to_string(home.join("postgres/data/postmaster.pid")).unwrap();
        Self { process, postmaster: lock.lines().next().unwrap().parse().unwrap() }
    }

    fn kill_9(mut self) -> i32 {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.postmaster
    }
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, two) = (TestDb::new().await, TestDb::new().await);
    sqlx::query("create table only_here (x int)").execute(&one.pool).await.unwrap();
    let seen: bool = sqlx::query_scalar("select to_regclass('only_here') is not null")
        .fetch_one(&two.pool)
        .await
        .unwrap();
    assert!(!seen);
}

#[tokio::test]
async fn the_server_is_private_and_speaks_unicode() {
    let dir = place();
    let root = dir.path().join("db");
    let cluster = start(&root).await;
    let mut connection = connect(&cluster).await;
    for (setting, value) in [
        ("listen_addresses", ""),
        ("jit", "off"),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
        ("dynamic_shared_memory_type", "mmap"),
        ("unix_socket_permissions", "0700"),
    ] {
        let is: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(is, value, "{setting}");
    }
    // Newer servers have no such setting.
    let collation: String = sqlx::query_scalar(
        "select datcollate::text from pg_database where datname = current_database()",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(collation, "C");
    let upper: String =
        sqlx::query_scalar("select upper('écran')").fetch_one(&mut connection).await.unwrap();
    assert_eq!(upper, "ÉCRAN");
    for closed in ["data", "run"] {
        assert_eq!(
            fs::metadata(root.join(closed)).unwrap().permissions().mode() & 0o777,
            0o700,
            "{closed}"
        );
    }
    // Nobody of fewer rights may put a link where we write.
    let (dir, own) = (fs::metadata(&root).unwrap(), geteuid().as_raw());
    assert_eq!((dir.uid(), dir.permissions().mode() & 0o066), (own, 0));
    // Ctrl-C in a terminal goes to the daemon's group, and the daemon still has to drain.
    assert_ne!(getpgid(cluster.pid().map(Pid::from_raw)).unwrap(), getpgrp());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn rows_outlive_a_stop_and_the_directory_is_free_at_once() {
    let dir = place();
    let cluster = start(dir.path()).await;
    put_rows(&cluster).await;
    cluster.stop().await.unwrap();
    let cluster = start(dir.path()).await;
    assert_eq!(rows(&cluster).await, 1000);
    cluster.ensure_database("odd \"name\"").await.unwrap();
    cluster.ensure_database("odd \"name\"").await.unwrap();
    assert!(cluster.connect_options("odd \"name\"").connect().await.is_ok());
}

#[tokio::test]
async fn a_second_daemon_is_refused_by_name() {
    let home = place();
    let dir = home.path().join("postgres");
    let holder = Holder::start(home.path());
    let text = refusal(&dir).await;
    assert!(text.contains(&format!("process {}", holder.process.id())), "{text}");
    assert!(text.contains(dir.to_str().unwrap()), "{text}");
    assert!(matches!(discard(&dir), Err(ClusterError::InUse { .. })));
    assert!(runs(holder.postmaster));
    holder.kill_9();
}

/// The server's keeper is `setpriv`, which every Debian, Ubuntu and Fedora has.
#[tokio::test]
async fn killing_the_daemon_ends_its_server_in_order() {
    let home = place();
    let dir = home.path().join("postgres");
    let postmaster = Holder::start(home.path()).kill_9();
    eventually("the server ends with its daemon", || !runs(postmaster));
    let log = fs::read_to_string(dir.join("server.log")).unwrap();
    assert!(log.contains("received fast shutdown request"), "{log}");
    assert!(log.contains("database system is shut down"), "{log}");
    assert_eq!(rows(&start(&dir).await).await, 1000);
}

#[tokio::test]
async fn killing_daemon_and_server_together_loses_nothing() {
    let home = place();
    let holder = Holder::start(home.path());
    let postmaster = holder.postmaster;
    kill_9(postmaster);
    holder.kill_9();
    let cluster = start(&home.path().join("postgres")).await;
    assert_ne!(cluster.pid(), Some(postmaster));
    assert_eq!(rows(&cluster).await, 1000);
}

/// As in most containers: /proc/PID/cwd of other users is closed even to root.
#[tokio::test]
#[ignore = "needs root"]
async fn root_without_ptrace_still_tells_its_own_servers() {
    assert!(geteuid().is_root(), "needs root");
    let home = place();
    let orphan = orphan(&home.path().join("postgres")).await;
    let mut confined = Command::new("/usr/bin/setpriv");
    confined.args(["--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", "--"]);
    confined.arg(env!("CARGO_BIN_EXE_wiresift"));
    let mut command = wiresift(confined, home.path());
    // No feeds: it starts the database, and ends.
    command.args(["run", "--once"]).env("WIRESIFT__FEEDS__FILES", "none.d/*");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!runs(orphan.id() as i32));
    let cluster = start(&home.path().join("postgres")).await;
    assert_eq!(rows(&cluster).await, 1000);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_dies_is_started_again_under_the_same_daemon() {
    let dir = place();
    let cluster = start(dir.path()).await;
    put_rows(&cluster).await;
    let pool =
        PgPoolOptions::new().connect_with(cluster.connect_options("postgres")).await.unwrap();
    let busy = pool.clone();
    // A backend in the middle of a query does not notice at once that its postmaster is gone.
    let query =
        tokio::spawn(async move { sqlx::query("select pg_sleep(600)").execute(&busy).await });
    let sleeping = "select exists (select from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active')";
    let mut watch = connect(&cluster).await;
    while !sqlx::query_scalar::<_, bool>(sleeping).fetch_one(&mut watch).await.unwrap() {}
    for round in 1..=2 {
        kill_9(cluster.pid().unwrap());
        eventually("the server is back", || cluster.restarts() == round && cluster.pid().is_some());
        let count: i64 =
            sqlx::query_scalar("select count(*) from kept").fetch_one(&pool).await.unwrap();
        assert_eq!(count, 1000);
    }
    assert!(query.await.unwrap().is_err());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_dropped_cluster_ends_and_gives_its_directory_back() {
    let dir = place();
    let cluster = start(dir.path()).await;
    let pid = cluster.pid().unwrap();
    drop(cluster);
    eventually("the server ends", || !runs(pid));
    let begun = Cluster::start(settings(dir.path()));
    // Nobody waits for this one either.
    drop(tokio::time::timeout(Duration::from_millis(1), begun).await);
    eventually("the directory can be deleted", || discard(dir.path()).is_ok());
    assert!(!dir.path().exists());
}

/// A server on the directory's data that no daemon stands behind.
async fn orphan(dir: &Path) -> Child {
    let cluster = start(dir).await;
    put_rows(&cluster).await;
    let postgres = cluster.bin_dir().join("postgres");
    cluster.stop().await.unwrap();
    let config = format!("config_file={}", dir.join("postgresql.conf").display());
    let mut command = as_server_user(&postgres);
    command.arg("-D").arg(dir.join("data")).args(["-c", &config]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the orphan is ready", || attach(dir).unwrap().is_some());
    child
}

fn as_server_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if geteuid().is_root() {
        let user = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).unwrap())
            .unwrap();
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

#[tokio::test]
async fn an_orphaned_server_is_ended_and_replaced() {
    let dir = place();
    // Nobody reaps it: what is left is a zombie with the id that postmaster.pid has.
    let orphan = orphan(dir.path()).await;
    let cluster = start(dir.path()).await;
    assert!(!runs(orphan.id() as i32));
    assert_eq!(rows(&cluster).await, 1000);
}

#[tokio::test]
async fn a_stale_pid_that_now_belongs_to_another_program_is_no_obstacle() {
    let dir = place();
    start(dir.path()).await.stop().await.unwrap();
    let mut stranger = as_server_user(Path::new("/bin/sleep")).arg("600").spawn().unwrap();
    let text = format!(
        "{}\n{}/data\n1\n5432\n{0}\n\n0 0\nready   \n",
        stranger.id(),
        dir.path().display()
    );
    for name in ["data/postmaster.pid", "run/.s.PGSQL.5432.lock"] {
        fs::write(dir.path().join(name), &text).unwrap();
    }
    assert!(attach(dir.path()).unwrap().is_none());
    let cluster = start(dir.path()).await;
    assert!(runs(stranger.id() as i32), "it was not ours to end");
    cluster.stop().await.unwrap();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn half_an_initdb_is_done_again() {
    let dir = place();
    start(dir.path()).await.stop().await.unwrap();
    fs::rename(dir.path().join("data"), dir.path().join("data.new")).unwrap();
    fs::remove_file(dir.path().join("data.new/PG_VERSION")).unwrap();
    start(dir.path()).await.stop().await.unwrap();
    assert!(!dir.path().join("data.new").exists());
}

#[tokio::test]
async fn long_and_odd_paths_work() {
    let dir = place();
    for name in ["x".repeat(150), "my \"news\", it's\\ 100% ünïcode".into()] {
        let root = dir.path().join(name);
        let cluster = start(&root).await;
        put_rows(&cluster).await;
        assert_eq!(attach(&root).unwrap().unwrap().pid(), cluster.pid().unwrap());
        kill_9(cluster.pid().unwrap());
        eventually("the server is back", || cluster.restarts() == 1 && cluster.pid().is_some());
        assert_eq!(rows(&cluster).await, 1000);
        cluster.stop().await.unwrap();
    }
}

#[tokio::test]
async fn others_may_attach_while_it_runs() {
    let dir = place();
    let root = dir.path().join("db");
    assert!(attach(&root).unwrap().is_none());
    let cluster = start(&root).await;
    put_rows(&cluster).await;
    let attached = attach(&root).unwrap().expect("it runs");
    assert!(attached.connect_options("postgres").connect().await.is_ok());
    for url in [attached.url("postgres"), cluster.url("postgres")] {
        let mut psql = Command::new(attached.bin_dir().join("psql"));
        let output = psql.args(["-XAtc", "select max(n) from kept"]).arg(url).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "1000\n", "{output:?}");
    }
    cluster.stop().await.unwrap();
    assert!(attach(&root).unwrap().is_none());
}

#[tokio::test]
async fn a_directory_that_is_not_ours_is_refused() {
    let dir = place();
    fs::write(dir.path().join("letter.txt"), "dear").unwrap();
    let text = refusal(dir.path()).await;
    assert!(
        text.contains("not a wiresift database") && text.contains(dir.path().to_str().unwrap()),
        "{text}"
    );
    assert!(matches!(discard(dir.path()), Err(ClusterError::NotOurs { .. })));
    assert!(dir.path().join("letter.txt").exists());
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_closed_parent_is_named_with_the_user_who_stands_outside() {
    assert!(geteuid().is_root(), "needs root");
    let dir = place();
    let closed = dir.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let text = refusal(&closed.join("a/b/db")).await;
    assert!(text.contains(&format!("cannot enter {}:", closed.display())), "{text}");
    assert!(text.contains("storage.dir"), "{text}");
    let elsewhere = reachable_dir(&closed.join("db")).unwrap();
    assert!(elsewhere.starts_with("/var/lib/wiresift-local"), "{}", elsewhere.display());
    assert_eq!(reachable_dir(&closed.join("db")).unwrap(), elsewhere);
    assert_eq!(reachable_dir(&dir.path().join("db")).unwrap(), dir.path().join("db"));
}

#[tokio::test]
async fn data_of_another_major_version_is_refused_with_a_way_out() {
    let dir = place();
    start(dir.path()).await.stop().await.unwrap();
    fs::write(dir.path().join("data/PG_VERSION"), "99\n").unwrap();
    let text = refusal(dir.path()).await;
    assert!(
        text.contains("PostgreSQL 99") && text.contains("`wiresift upgrade-database`"),
        "{text}"
    );
}

/// A directory of server programs that are shell scripts.
fn fake_programs(dir: &Path, initdb: &str) -> PathBuf {
    let bin = dir.join("bin");
    fs::create_dir(&bin).unwrap();
    fs::set_permissions(&bin, Permissions::from_mode(0o755)).unwrap();
    for (name, body) in [("postgres", "echo 'postgres (PostgreSQL) 16.3'"), ("initdb", initdb)] {
        fs::write(bin.join(name), format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

#[tokio::test]
async fn what_initdb_says_is_passed_on_and_leaves_nothing_half_done() {
    let dir = place();
    let bin = fake_programs(
        dir.path(),
        "mkdir data.new; echo 'initdb: error: No space left on device' >&2; exit 1",
    );
    let root = dir.path().join("db");
    let error = Cluster::start(ClusterSettings { bin_dir: Some(bin), ..settings(&root) })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("No space left on device"), "{error}");
    start(&root).await.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    let dir = place();
    start(dir.path()).await.stop().await.unwrap();
    let tuning = dir.path().join("tuning.conf");
    fs::write(&tuning, "shared_bufers = 1GB\n").unwrap();
    fs::set_permissions(&tuning, Permissions::from_mode(0o644)).unwrap();
    let text = refusal(dir.path()).await;
    assert!(text.contains("shared_bufers") && text.contains("tuning.conf"), "{text}");
}

#[tokio::test]
async fn a_named_directory_without_a_server_is_refused() {
    let dir = place();
    let bin_dir = Some(dir.path().to_path_buf());
    let error = Cluster::start(ClusterSettings { bin_dir, ..settings(&dir.path().join("db")) })
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("no initdb") && error.to_string().contains("PG_BIN"),
        "{error}"
    );
}
