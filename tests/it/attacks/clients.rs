//! Clients that are slow, silent or many, at the listeners of the daemon.

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::process::{Home, Process};

/// Half of a request.
const HALF: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ";

/// A daemon with a console, and the address of the console.
async fn daemon(home: &Home) -> (Process, String) {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let listen = free.to_string();
    let mut daemon = home.start(&["run"], &[("WIRESIFT__CONSOLE__LISTEN", &listen)]);
    daemon.says("applied the feed list", 1).await;
    (daemon, listen)
}

async fn sends(listen: &str, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(listen).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// What comes until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn open_connections_do_not_hold_up_a_stop() {
    let home = Home::new("");
    let (daemon, listen) = daemon(&home).await;
    let half = sends(&listen, HALF).await;
    let mut idle = sends(&listen, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut first = [0; 15];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    daemon.signal(Signal::SIGTERM);
    let (status, said) = daemon.ended().await;
    assert!(status.success(), "{said}");
    assert!(!said.contains("draining took too long"), "{said}");
    rest(half).await;
    rest(idle).await;
}

#[tokio::test]
async fn half_headers_lose_their_places() {
    let home = Home::new("");
    let (_daemon, listen) = daemon(&home).await;
    // More than the console has places.
    let mut halves = Vec::new();
    for _ in 0..40 {
        halves.push(sends(&listen, HALF).await);
    }
    let whole = sends(&listen, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answer = rest(whole.await).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    for half in halves {
        rest(half).await;
    }
}

#[tokio::test]
async fn a_header_has_a_size() {
    let home = Home::new("");
    let (_daemon, listen) = daemon(&home).await;
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let mut stream = TcpStream::connect(&listen).await.unwrap();
    // The server may close before it has read all of it.
    let _ = stream.write_all(long.as_bytes()).await;
    let answer = rest(stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}
