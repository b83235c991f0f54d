//! Serves a world on loopback.
//!
//! One listener plays every host and distinguishes requests by their `Host` header. A client must
//! resolve `*.localhost` to 127.0.0.1 (RFC 6761, section 6.3) and send the name. The server records
//! its requests, so that a test can check spacing, validators and user agent.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{HOST, IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT};
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::World;
use super::internet::{self, RequestParts};
use super::reply::Reply;
use super::truth::{self, FeedOfWorld, TruthArticle};

/// How many requests are recorded; the oldest are dropped first.
const RECORDED_REQUESTS: usize = 200_000;

/// A recorded request.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When it arrived.
    pub at: Instant,
    /// The host without the port.
    pub host: String,
    /// Path and query.
    pub path: String,
    /// The `If-None-Match` header.
    pub if_none_match: Option<String>,
    /// The `If-Modified-Since` header.
    pub if_modified_since: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The status of the response.
    pub status: u16,
}

/// A world on a port of its own. Dropping it closes the listener as [`WorldServer::stop`] does, but
/// does not wait for it.
#[derive(Debug)]
pub struct WorldServer {
    shared: Arc<Shared>,
    close: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

#[derive(Debug)]
struct Shared {
    world: World,
    port: u16,
    edition: AtomicU32,
    seen: Mutex<VecDeque<Seen>>,
    visited: Mutex<HashSet<String>>,
}

impl WorldServer {
    /// Starts serving edition 0 on a free port of 127.0.0.1.
    pub async fn start(world: World) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let shared = Arc::new(Shared {
            world,
            port: listener.local_addr()?.port(),
            edition: AtomicU32::new(0),
            seen: Mutex::default(),
            visited: Mutex::default(),
        });
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        let (close, closed) = oneshot::channel();
        let task = tokio::spawn(async move {
            // A dropped sender means the same as a sent message.
            axum::serve(listener, router).with_graceful_shutdown(async { drop(closed.await) }).await
        });
        Ok(Self { shared, close, task })
    }

    /// The port that stands for port 80.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.shared.port
    }

    /// All feeds at their first addresses.
    #[must_use]
    pub fn feeds(&self) -> Vec<FeedOfWorld> {
        truth::feeds(&self.shared.world, self.shared.port)
    }

    /// Starts the next edition.
    pub fn advance(&self) {
        self.shared.edition.fetch_add(1, Ordering::SeqCst);
    }

    /// The current edition, counted from 0.
    #[must_use]
    pub fn edition(&self) -> u32 {
        self.shared.edition.load(Ordering::SeqCst)
    }

    /// The recorded requests, oldest first, at most the last 200,000.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.seen).iter().cloned().collect()
    }

    /// What a correct reader finds at the current edition, outlet by outlet, newest first.
    #[must_use]
    pub fn truth(&self) -> Vec<TruthArticle> {
        self.shared.world.hosts().iter().flat_map(|host| self.truth_of(host)).collect()
    }

    /// The same for one host; cheaper in a large world.
    #[must_use]
    pub fn truth_of(&self, host: &str) -> Vec<TruthArticle> {
        truth::articles_of(&self.shared.world, host, self.edition(), self.shared.port)
    }

    /// Closes the listener and waits for open responses.
    pub async fn stop(self) {
        drop(self.close);
        drop(self.task.await);
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let seen = seen(&request);
    let parts = RequestParts {
        host: &seen.host,
        target: &seen.path,
        if_none_match: seen.if_none_match.as_deref(),
        if_modified_since: seen.if_modified_since.as_deref(),
    };
    let edition = shared.edition.load(Ordering::SeqCst);
    let first_visit = |url: &str| lock(&shared.visited).insert(url.to_owned());
    let reply = internet::answer(&shared.world, parts, edition, shared.port, &first_visit);
    let mut log = lock(&shared.seen);
    if log.len() == RECORDED_REQUESTS {
        log.pop_front();
    }
    log.push_back(Seen { status: reply.status, ..seen });
    drop(log);
    response(reply)
}

fn seen(request: &Request) -> Seen {
    let header = |name| text(request.headers(), name);
    let host = header(HOST).unwrap_or_default();
    Seen {
        at: Instant::now(),
        host: host.split(':').next().unwrap_or_default().to_lowercase(),
        path: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        if_none_match: header(IF_NONE_MATCH),
        if_modified_since: header(IF_MODIFIED_SINCE),
        user_agent: header(USER_AGENT),
        status: 0,
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(ToOwned::to_owned)
}

fn response(reply: Reply) -> Response {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
