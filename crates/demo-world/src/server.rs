//! Serves a world on loopback.
//!
//! One listener plays every host: requests are told apart by their `Host` header, so a client must resolve
//! `*.localhost` to 127.0.0.1 (RFC 6761, section 6.3) and send the name. The server remembers what it was asked, so
//! that a test can look at manners: spacing, validators, user agent.

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
use super::internet::{self, Ask};
use super::reply::Reply;
use super::truth::{self, FeedOfWorld, TruthArticle};

/// How many requests are remembered; older ones are forgotten first.
const REMEMBERED_REQUESTS: usize = 200_000;

/// A request that the world saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When it came in.
    pub at: Instant,
    /// The host asked for, without the port.
    pub host: String,
    /// Path and query.
    pub path: String,
    /// The validators that it carried.
    pub if_none_match: Option<String>,
    /// See above.
    pub if_modified_since: Option<String>,
    /// Who said they were asking.
    pub user_agent: Option<String>,
    /// What they got.
    pub status: u16,
}

/// A world on a port of its own. Dropping it closes the listener as well as [`WorldServer::stop`] does, but does not
/// wait for it.
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

    /// The port that plays port 80.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.shared.port
    }

    /// All feeds at their first addresses.
    #[must_use]
    pub fn feeds(&self) -> Vec<FeedOfWorld> {
        truth::feeds(&self.shared.world, self.shared.port)
    }

    /// Lets the next edition begin.
    pub fn advance(&self) {
        self.shared.edition.fetch_add(1, Ordering::SeqCst);
    }

    /// The present edition, counted from 0.
    #[must_use]
    pub fn edition(&self) -> u32 {
        self.shared.edition.load(Ordering::SeqCst)
    }

    /// What the world was asked, oldest first, at most the last 200,000 requests.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.seen).iter().cloned().collect()
    }

    /// What a clean reading must find at the present edition, outlet by outlet, newest first.
    #[must_use]
    pub fn truth(&self) -> Vec<TruthArticle> {
        self.shared.world.hosts().iter().flat_map(|host| self.truth_of(host)).collect()
    }

    /// The same for one host; a large world is better asked this way.
    #[must_use]
    pub fn truth_of(&self, host: &str) -> Vec<TruthArticle> {
        truth::articles_of(&self.shared.world, host, self.edition(), self.shared.port)
    }

    /// Closes the listener, lets answers in flight finish and waits for that.
    pub async fn stop(self) {
        drop(self.close);
        drop(self.task.await);
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let seen = seen(&request);
    let ask = Ask {
        host: &seen.host,
        target: &seen.path,
        if_none_match: seen.if_none_match.as_deref(),
        if_modified_since: seen.if_modified_since.as_deref(),
    };
    let edition = shared.edition.load(Ordering::SeqCst);
    let first_visit = |url: &str| lock(&shared.visited).insert(url.to_owned());
    let reply = internet::answer(&shared.world, ask, edition, shared.port, &first_visit);
    let mut log = lock(&shared.seen);
    if log.len() == REMEMBERED_REQUESTS {
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
