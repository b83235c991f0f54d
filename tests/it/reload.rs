//! `wiresift reload` reaches the right daemon, waits, and tells what came of it.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::harness::process::{Home, Process};
use crate::harness::stub::Stub;

/// A feed of a site that answers nothing of use. Reloads do not care.
fn feed(stub: &Stub, name: &str) -> String {
    stub.url(&format!("/{name}.xml"))
}

async fn reload(home: &Home, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let (status, said) = home.start(&["reload"], environment).ended().await;
    (status.code(), said)
}

async fn stop(daemon: Process) {
    daemon.signal(Signal::SIGTERM);
    let (status, said) = daemon.ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
}

/// A socket in place of systemd's, and its path.
struct Systemd {
    _dir: TempDir,
    path: PathBuf,
    socket: UnixDatagram,
}

impl Systemd {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        Self { _dir: dir, path, socket }
    }

    /// Waits until the daemon says something that begins like this.
    fn hears(&self, beginning: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let length = self.socket.recv(&mut buffer).expect(beginning);
            let message = String::from_utf8(buffer[..length].to_vec()).unwrap();
            if message.starts_with(beginning) {
                return message;
            }
        }
    }

    fn environment(&self) -> [(&str, &str); 1] {
        [("NOTIFY_SOCKET", self.path.to_str().unwrap())]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ready_means_that_the_database_can_be_used() {
    let (home, systemd) = (Home::new(""), Systemd::new());
    let daemon = home.start(&["run"], &systemd.environment());
    assert_eq!(systemd.hears("READY=1"), "READY=1\nSTATUS=running");
    let (status, said) = home.start(&["status"], &[]).ended().await;
    assert_eq!(status.code(), Some(0), "{said}");
    stop(daemon).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_of_open_files_is_raised() {
    let (home, systemd) = (Home::new(""), Systemd::new());
    let daemon = home.start_with_files(200, &["run"], &systemd.environment());
    assert_eq!(systemd.hears("READY=1"), "READY=1\nSTATUS=running");
    let (soft, hard) = daemon.files();
    assert!(soft == hard.min(65_536) && soft > 200, "{soft} of {hard}");
    stop(daemon).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_database_does_not_keep_the_service_from_starting() {
    let (home, systemd) = (Home::new(""), Systemd::new());
    let url = ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    let daemon = home.start(&["run"], &[systemd.environment()[0], url]);
    assert_eq!(systemd.hears("READY=1"), "READY=1\nSTATUS=waiting for the database");
    stop(daemon).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_daemon_answers_for_its_own_lists() {
    let stub = Stub::start().await;
    let (one, other) = (Home::new(""), Home::new(""));
    one.lists(&[feed(&stub, "a"), feed(&stub, "b")]);
    other.lists(&[feed(&stub, "c")]);
    let systemd = Systemd::new();
    let mut first = one.start(&["run"], &systemd.environment());
    let mut second = other.start(&["run"], &[]);
    first.says("applied the feed list", 1).await;
    second.says("applied the feed list", 1).await;
    systemd.hears("READY=1");

    one.lists(&[feed(&stub, "b"), feed(&stub, "d"), feed(&stub, "e")]);
    let (code, said) = reload(&one, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("3 feeds (2 added, 0 changed, 1 paused)"), "{said}");
    systemd.hears("RELOADING=1\nMONOTONIC_USEC=");
    systemd.hears("READY=1\n");

    one.lists_text(&format!("{}\nnot an address\n", feed(&stub, "b")));
    let (code, said) = reload(&one, &[]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("reload refused") && said.contains("feeds.txt:2: "), "{said}");
    first.says("reload rejected", 1).await;

    assert_eq!(second.said().matches("applied the feed list").count(), 1, "{}", second.said());
    let (code, said) = reload(&other, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 feed (0 added, 0 changed, 0 paused)"), "{said}");

    stop(first).await;
    let (code, said) = reload(&one, &[]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no daemon listens at") && said.contains("storage.dir"), "{said}");

    // A daemon that was killed leaves its socket, and the next one takes its place.
    assert!(second.kill_9());
    assert_eq!(reload(&other, &[]).await.0, Some(1));
    let mut second = other.start(&["run"], &[]);
    second.says("applied the feed list", 1).await;
    assert_eq!(reload(&other, &[]).await.0, Some(0));
    stop(second).await;
}

#[tokio::test]
async fn a_daemon_that_waits_for_its_database_checks_the_lists_at_once() {
    let home = Home::new("");
    let url = [("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")];
    let mut daemon = home.start(&["run"], &url);
    daemon.says("waiting for the database", 1).await;
    let (code, said) = reload(&home, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("as soon as its database is ready"), "{said}");
    home.lists_text("ftp://example.com/feed\n");
    let (code, said) = reload(&home, &[]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("feeds.txt:1: "), "{said}");
    stop(daemon).await;
}
