//! A daemon whose work does not move says so.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::store::embedded::{Cluster, ClusterSettings, attach};
use wiresift::store::{Store, StoreError, answer_within};
use wiresift_demo_world::{World, WorldServer};

use crate::harness::database::TestDb;
use crate::harness::newsroom::{page, prose, rss};
use crate::harness::process::{EACH_PAGE, Home};
use crate::harness::stub::{Reply, Stub};

async fn asks(listen: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(listen).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn work_that_waits_for_a_lock_makes_the_daemon_unready() {
    let db = TestDb::new().await;
    let stub = Stub::start().await;
    stub.serves("/feed.xml", Reply::ok(rss(&stub.url(""), &[("/1", "First")])));
    stub.serves("/1", Reply::ok(page("First", &prose(1))));
    let home = Home::new("");
    let listen = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let listening = ("WIRESIFT__CONSOLE__LISTEN", listen.as_str());
    let environment = [("DATABASE_URL", db.url.as_str()), listening, EACH_PAGE];
    let mut daemon = home.start(&["run"], &environment);
    daemon.says("applied the feed list", 1).await;
    assert!(asks(&listen, "/readyz").await.starts_with("HTTP/1.1 200"));

    let mut holder = PgConnection::connect_with(&db.options).await.unwrap();
    let mut held = holder.begin().await.unwrap();
    sqlx::query("SELECT FROM wiresift.locks WHERE name = 'filing' FOR UPDATE")
        .execute(&mut *held)
        .await
        .unwrap();
    home.lists(&[stub.url("/feed.xml")]);
    daemon.signal(nix::sys::signal::Signal::SIGHUP);
    let mut answer = String::new();
    for _ in 0..900 {
        answer = asks(&listen, "/readyz").await;
        if answer.starts_with("HTTP/1.1 503") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(answer.contains("file: work waits"), "{answer}\n{}", daemon.said());
    held.rollback().await.unwrap();
    daemon.says(" filed", 1).await;
    assert!(asks(&listen, "/readyz").await.starts_with("HTTP/1.1 200"));
}

/// A process and its children.
fn family(pid: i32) -> Vec<Pid> {
    let parent = |pid: i32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        text.rsplit(')').next()?.split_whitespace().nth(1)?.parse::<i32>().ok()
    };
    let names = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = names.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|other| *other == pid || parent(*other) == Some(pid)).map(Pid::from_raw).collect()
}

/// A stopped server. It goes on when this is dropped, or it would outlive a test that fails.
struct Stopped(Vec<Pid>);

impl Stopped {
    /// Stops the postmaster first, so that it has no further children.
    fn new(postmaster: i32) -> Self {
        kill(Pid::from_raw(postmaster), Signal::SIGSTOP).unwrap();
        let family = family(postmaster);
        for pid in &family {
            kill(*pid, Signal::SIGSTOP).unwrap_or_default();
        }
        Self(family)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.iter().for_each(|pid| kill(*pid, Signal::SIGCONT).unwrap_or_default());
    }
}

/// Connections whose calls were given up are lent again when the server goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_costs_no_connection() {
    let home = Home::new("");
    let cluster = Cluster::start(ClusterSettings::private(home.cluster(), false)).await.unwrap();
    let store = Store::new(cluster.connect_options("postgres"), 2);
    store.ping().await.unwrap();
    for _ in 0..3 {
        let stopped = Stopped::new(cluster.pid().unwrap());
        let soon = Duration::from_millis(300);
        let calls = (0..4).map(|_| answer_within(soon, store.ping()));
        for answer in futures_util::future::join_all(calls).await {
            assert!(matches!(answer, Err(StoreError::NoAnswer { .. })), "{answer:?}");
        }
        drop(stopped);
        for answer in futures_util::future::join_all((0..4).map(|_| store.ping())).await {
            answer.unwrap();
        }
    }
    store.close().await;
    cluster.stop().await.unwrap();
}

/// A server that hangs for longer than any loop may take for a turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn a_database_that_hangs_is_waited_for() {
    let world = World::scaled(SystemClock.now(), 6, 6);
    let world = WorldServer::start(world).await.unwrap();
    let home = Home::new("");
    let urls: Vec<String> = world.feeds().into_iter().map(|feed| feed.url).collect();
    home.lists(&urls);
    let listen = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let mut daemon = home.start(&["run"], &[("WIRESIFT__CONSOLE__LISTEN", listen.as_str())]);
    daemon.says("applied the feed list", 1).await;
    while attach(&home.cluster()).unwrap().is_none() {}
    let server = attach(&home.cluster()).unwrap().unwrap();

    // In the midst of things.
    let stopped = Stopped::new(server.pid());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(160) {
        let health = asks(&listen, "/healthz").await;
        assert!(health.starts_with("HTTP/1.1 200"), "{health}\n{}", daemon.said());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(asks(&listen, "/readyz").await.contains("the database does not answer"));
    daemon.says("waiting for it", 1).await;
    daemon.says("the database does not answer: no answer within", 1).await;
    drop(stopped);

    daemon.says("the database is back", 1).await;
    let options = server.connect_options("wiresift");
    let filed = || async {
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM news.articles")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        count
    };
    let deadline = Instant::now() + Duration::from_mins(6);
    while filed().await < world.truth().len() as i64 {
        assert!(Instant::now() < deadline, "{} articles\n{}", filed().await, daemon.said());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // The all-clear comes when the database has answered for two minutes.
    let most = Duration::from_mins(5);
    daemon.says_within(most, "over: the database does not answer", 1).await;
    daemon.signal(Signal::SIGTERM);
    let (status, said) = daemon.ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
    let cluster = Cluster::start(ClusterSettings::private(home.cluster(), true)).await.unwrap();
    let store = Store::new(cluster.connect_options("wiresift"), 1);
    assert_eq!(store.reconcile().await.unwrap().faults(), Vec::<String>::new());
    store.close().await;
    cluster.stop().await.unwrap();
}
