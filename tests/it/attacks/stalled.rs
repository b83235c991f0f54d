//! A daemon whose work does not move says so.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::database::TestDb;
use crate::harness::newsroom::{page, prose, rss};
use crate::harness::process::Home;
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
    let environment = [("DATABASE_URL", db.url.as_str()), ("WIRESIFT__CONSOLE__LISTEN", &listen)];
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
