//! Serves HTTP/1.1 to clients that may be slow, silent or many.
//!
//! A connection costs a place, of which there are few, and memory for a header. So each has limits:
//! a time to send its header, a time for everything, and a size of its header. When all places are
//! taken, further clients wait in the queue of the kernel. A stop closes idle connections at once
//! and all others soon, whatever their clients do.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// For the header of a request, and for an idle connection to send the next one.
    pub header: Duration,
    /// For a connection with all its requests.
    pub total: Duration,
}

/// Largest header of a request, in bytes.
const MAX_HEADER: usize = 16 * 1024;

/// How long requests in progress may take once the daemon stops.
const STOP_GRACE: Duration = Duration::from_secs(3);

/// Pause after the kernel refused a connection, such as for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until drained, and then ends within [`STOP_GRACE`].
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    drain: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let (stream, place) = tokio::select! {
            () = drain.cancelled() => break,
            accepted = accept(&listener, &places) => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
        };
        while connections.try_join_next().is_some() {}
        let (router, drain) = (router.clone(), drain.clone());
        connections.spawn(async move {
            connection(stream, router, limits, drain).await;
            drop(place);
        });
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_GRACE, ended).await.is_err() {
        tracing::info!("closed connections of clients that did not finish their requests");
        connections.shutdown().await;
    }
}

/// Waits for a place, and for a client. `None`: there are no places any more.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, place)),
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, limits: Limits, drain: CancellationToken) {
    let service = TowerToHyperService::new(router);
    let mut protocol = hyper::server::conn::http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.header).max_buf_size(MAX_HEADER);
    let served = protocol.serve_connection(TokioIo::new(stream), service);
    let mut served = std::pin::pin!(served);
    let until_drained = async {
        tokio::select! {
            ended = served.as_mut() => return ended,
            () = drain.cancelled() => served.as_mut().graceful_shutdown(),
        }
        served.as_mut().await
    };
    match tokio::time::timeout(limits.total, until_drained).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection failed"),
        Err(_) => tracing::debug!("a connection took too long"),
    }
}
