//! `wiresift reload` reaches the right daemon, waits, and tells what came of it.

use std::os::unix::net::UnixDatagram;

use nix::sys::signal::Signal;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_daemon_answers_for_its_own_lists() {
    let stub = Stub::start().await;
    let (one, other) = (Home::new(""), Home::new(""));
    one.lists(&[feed(&stub, "a"), feed(&stub, "b")]);
    other.lists(&[feed(&stub, "c")]);
    let notify = tempfile::tempdir().unwrap();
    let notify = notify.path().join("notify");
    let heard = UnixDatagram::bind(&notify).unwrap();
    heard.set_nonblocking(true).unwrap();
    let mut first = one.start(&["run"], &[("NOTIFY_SOCKET", notify.to_str().unwrap())]);
    let mut second = other.start(&["run"], &[]);
    first.says("applied the feed list", 1).await;
    second.says("applied the feed list", 1).await;
    while heard.recv(&mut [0; 4096]).is_ok() {}

    one.lists(&[feed(&stub, "b"), feed(&stub, "d"), feed(&stub, "e")]);
    let (code, said) = reload(&one, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("3 feeds (2 added, 0 changed, 1 paused)"), "{said}");
    let mut buffer = [0; 4096];
    let messages: Vec<String> = std::iter::from_fn(|| {
        let length = heard.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
    })
    .filter(|message| !message.starts_with("STATUS=") && !message.starts_with("WATCHDOG="))
    .collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].starts_with("RELOADING=1\nMONOTONIC_USEC="), "{messages:?}");
    assert!(messages[1].starts_with("READY=1\n"), "{messages:?}");

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
