//! A web server that does what it is told, lies included, and remembers what it was asked.
//!
//! It speaks HTTP/1.1 over a bare socket, because a proper server library would refuse most of what hostile and
//! broken hosts do. It listens on 127.0.0.1 and answers to any name that ends in `.localhost`, so one stub plays
//! many sites:
//!
//! ```ignore
//! let stub = Stub::start().await;
//! stub.serves("/feed.xml", Reply::ok("<rss/>").header("ETag", "\"a\"").conditional());
//! stub.script("/x", [Reply::status(503).header("Retry-After", "120"), Reply::ok("better")]);
//! stub.site("paper").serves("/story", Reply::ok("<p>news"));     // http://paper.localhost:PORT/story
//! // ... let the code under test fetch stub.url("/feed.xml") ...
//! assert_eq!(stub.requests_to("/feed.xml")[1].header("if-none-match"), Some("\"a\""));
//! ```
//!
//! It stops when it is dropped.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

/// The server.
pub(crate) struct Stub {
    address: SocketAddr,
    state: Arc<State>,
    /// Dropping the set ends the server and all its connections.
    tasks: JoinSet<()>,
}

/// One of the names that a stub answers to.
pub(crate) struct Site<'a> {
    stub: &'a Stub,
    name: String,
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// When its head had been read.
    pub(crate) at: Instant,
    pub(crate) method: String,
    /// The path with its query, or the whole address if the client took us for a proxy.
    pub(crate) target: String,
    /// The `Host` header without its port.
    pub(crate) host: String,
    pub(crate) headers: Vec<(String, String)>,
    /// What was sent along, where its length was told.
    pub(crate) body: Vec<u8>,
    /// Requests being answered at that moment, this one included.
    pub(crate) in_flight: usize,
    /// The same for its host alone.
    pub(crate) in_flight_at_host: usize,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    conditional: bool,
    gate: Option<Gate>,
    delivery: Delivery,
}

/// How an answer is delivered. Everything but `Whole` and `Chunked` ends the connection.
#[derive(Debug, Clone)]
enum Delivery {
    Whole,
    /// With chunked coding, in pieces of this size.
    Chunked(usize),
    /// The head promises the whole body, and so many bytes of it come.
    Truncated(usize),
    /// One byte, a pause, the next byte.
    Drip(Duration),
    /// The body over and over, until the client has had enough.
    Endless,
    /// Head and so many bytes of the body, then a TCP reset.
    Reset(usize),
    /// The body alone, written as it is.
    Raw,
    /// Nothing at all, for as long as the client waits.
    Silence,
}

/// Holds replies back until it is opened.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

/// Asked before the routes are.
pub(crate) type Answers = Box<dyn Fn(&Seen) -> Option<Reply> + Send + Sync>;

/// The site, if the route is for one alone, and the path.
type Route = (Option<String>, String);

#[derive(Default)]
struct State {
    answers: Option<Answers>,
    routes: Mutex<HashMap<Route, VecDeque<Reply>>>,
    seen: Mutex<Vec<Seen>>,
    in_flight: Mutex<Vec<String>>,
    arrived: Notify,
}

impl Stub {
    /// Starts on a free port.
    pub(crate) async fn start() -> Self {
        Self::start_with(State::default()).await
    }

    /// Starts on a free port; what is asked of it is answered by `answers` alone.
    pub(crate) async fn answering(answers: Answers) -> Self {
        Self::start_with(State { answers: Some(answers), ..State::default() }).await
    }

    async fn start_with(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(state);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, tasks }
    }

    /// Listens at another address of this machine too, on the same port.
    pub(crate) async fn listens_at(&mut self, ip: IpAddr) -> std::io::Result<()> {
        let listener = TcpListener::bind((ip, self.port())).await?;
        self.tasks.spawn(accept(listener, Arc::clone(&self.state)));
        Ok(())
    }

    /// Listens no more, so that connections are refused, until [`Self::comes_back`].
    pub(crate) async fn goes_away(&mut self) {
        self.tasks.shutdown().await;
    }

    pub(crate) async fn comes_back(&mut self) {
        self.listens_at(self.address.ip()).await.unwrap();
    }

    /// The address of a path, by number: `http://127.0.0.1:PORT/path`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The same server under the name `NAME.localhost`.
    pub(crate) fn site(&self, name: &str) -> Site<'_> {
        Site { stub: self, name: format!("{name}.localhost") }
    }

    /// Answers a path in one way, whatever the site.
    pub(crate) fn serves(&self, path: &str, reply: Reply) {
        self.script(path, [reply]);
    }

    /// Answers a path in one way after the other; the last one stays.
    pub(crate) fn script(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.route(None, path, replies);
    }

    fn route(&self, site: Option<String>, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let replies = replies.into_iter().collect();
        self.state.routes.lock().unwrap().insert((site, path.to_owned()), replies);
    }

    /// All requests so far, in order.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The requests for one path (with its query, if it has one), in order.
    pub(crate) fn requests_to(&self, path: &str) -> Vec<Seen> {
        self.requests().into_iter().filter(|seen| seen.target == path).collect()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn has_seen(&self, count: usize) {
        loop {
            let arrived = self.state.arrived.notified();
            if self.state.seen.lock().unwrap().len() >= count {
                return;
            }
            arrived.await;
        }
    }
}

impl Site<'_> {
    /// `http://NAME.localhost:PORT/path`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}:{}{path}", self.name, self.stub.port())
    }

    /// Answers a path of this site in one way.
    pub(crate) fn serves(&self, path: &str, reply: Reply) {
        self.script(path, [reply]);
    }

    /// Answers a path of this site in one way after the other; the last one stays.
    pub(crate) fn script(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.stub.route(Some(self.name.clone()), path, replies);
    }
}

impl Seen {
    /// The first value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Gate {
    /// A closed gate.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets everything pass from now on.
    pub(crate) fn open(&self) {
        self.0.close();
    }

    /// A closed semaphore is an open gate.
    async fn pass(&self) {
        let _ = self.0.acquire().await;
    }
}

impl Reply {
    /// 200 with a body.
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::status(200) }
    }

    /// A status with an empty body.
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            conditional: false,
            gate: None,
            delivery: Delivery::Whole,
        }
    }

    /// A redirect.
    pub(crate) fn redirect(status: u16, to: &str) -> Self {
        Self::status(status).header("Location", to)
    }

    /// Bytes that need not be HTTP; then the connection ends.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { delivery: Delivery::Raw, ..Self::ok(bytes) }
    }

    /// No answer, ever.
    pub(crate) fn silence() -> Self {
        Self { delivery: Delivery::Silence, ..Self::status(200) }
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a header. A `Content-Length` replaces the true one.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Packs the body, and says so.
    pub(crate) fn gzip(mut self) -> Self {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&self.body).unwrap();
        self.body = encoder.finish().unwrap();
        self.header("Content-Encoding", "gzip")
    }

    /// Answers 304 to a request that names the reply's own `ETag` or `Last-Modified`.
    pub(crate) fn conditional(mut self) -> Self {
        self.conditional = true;
        self
    }

    /// Is held back until the gate opens.
    pub(crate) fn behind(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// Comes in chunks of so many bytes.
    pub(crate) fn chunked(self, size: usize) -> Self {
        Self { delivery: Delivery::Chunked(size), ..self }
    }

    /// Ends after so many bytes of the body, whatever was promised.
    pub(crate) fn truncated(self, after: usize) -> Self {
        Self { delivery: Delivery::Truncated(after), ..self }
    }

    /// Comes one byte at a time.
    pub(crate) fn drip(self, pause: Duration) -> Self {
        Self { delivery: Delivery::Drip(pause), ..self }
    }

    /// Repeats the body without end, and promises no length.
    pub(crate) fn endless(self) -> Self {
        Self { delivery: Delivery::Endless, ..self }
    }

    /// Breaks the connection after so many bytes of the body.
    pub(crate) fn reset(self, after: usize) -> Self {
        Self { delivery: Delivery::Reset(after), ..self }
    }

    /// Whether nobody waits for its end: the one who asked hangs up, and the server hears of that later.
    pub(crate) fn is_left(&self) -> bool {
        matches!(self.delivery, Delivery::Endless | Delivery::Drip(_) | Delivery::Silence)
    }

    /// Bytes of the body.
    pub(crate) fn length(&self) -> usize {
        self.body.len()
    }

    fn names(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    fn is_current(&self, seen: &Seen) -> bool {
        let same = |sent: &str, own: &str| {
            seen.header(sent).is_some() && seen.header(sent) == self.names(own)
        };
        self.conditional
            && (same("if-none-match", "ETag") || same("if-modified-since", "Last-Modified"))
    }

    fn head(&self, status: u16) -> Vec<u8> {
        let mut lines = vec![format!("HTTP/1.1 {status} Stub")];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let has_length = self.names("Content-Length").is_some();
        match self.delivery {
            Delivery::Chunked(_) => lines.push("Transfer-Encoding: chunked".to_owned()),
            Delivery::Endless => lines.push("Connection: close".to_owned()),
            _ if status == 304 || has_length => {}
            _ => lines.push(format!("Content-Length: {}", self.body.len())),
        }
        (lines.join("\r\n") + "\r\n\r\n").into_bytes()
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let state = Arc::clone(&state);
        connections.spawn(async move {
            // A client that goes away is none of our business.
            let _ = serve(stream, &state).await;
        });
    }
}

/// Answers the requests of one connection.
async fn serve(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    while let Some(head) = next_head(&mut stream, &mut read).await? {
        let body = next_body(&mut stream, &mut read, &head).await?;
        let (seen, _flight) = state.arrive(&head, body);
        let reply = state.reply_to(&seen);
        if let Some(gate) = &reply.gate {
            gate.pass().await;
        }
        if !deliver(&mut stream, &reply, &seen).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// The next request's head, and `None` when the client is done.
async fn next_head(stream: &mut TcpStream, read: &mut Vec<u8>) -> std::io::Result<Option<String>> {
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head: Vec<u8> = read.drain(..end + 4).collect();
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
        // A client that begins with a TLS handshake gets what a server without TLS says to that.
        if read.first() == Some(&0x16) {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
            return Ok(None);
        }
    }
}

/// The body of a request that tells its length.
async fn next_body(
    stream: &mut TcpStream,
    read: &mut Vec<u8>,
    head: &str,
) -> std::io::Result<Vec<u8>> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
    while read.len() < length && stream.read_buf(read).await? > 0 {}
    Ok(read.drain(..length.min(read.len())).collect())
}

/// Says whether the connection can be used again.
async fn deliver(stream: &mut TcpStream, reply: &Reply, seen: &Seen) -> std::io::Result<bool> {
    if reply.is_current(seen) {
        stream.write_all(&reply.head(304)).await?;
        return Ok(true);
    }
    let body = &reply.body;
    match reply.delivery {
        // Until the client has had enough.
        Delivery::Silence => {
            while stream.read(&mut [0; 64]).await? > 0 {}
            return Ok(false);
        }
        Delivery::Raw => {}
        _ => stream.write_all(&reply.head(reply.status)).await?,
    }
    match reply.delivery {
        Delivery::Whole => {
            stream.write_all(body).await?;
            return Ok(true);
        }
        Delivery::Chunked(size) => {
            for chunk in body.chunks(size) {
                stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
                stream.write_all(&[chunk, b"\r\n"].concat()).await?;
            }
            stream.write_all(b"0\r\n\r\n").await?;
            return Ok(true);
        }
        Delivery::Raw => stream.write_all(body).await?,
        Delivery::Truncated(after) => stream.write_all(&body[..after]).await?,
        Delivery::Reset(after) => {
            stream.write_all(&body[..after]).await?;
            stream.flush().await?;
            stream.set_zero_linger()?;
        }
        Delivery::Drip(pause) => {
            for byte in body {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(pause).await;
            }
        }
        Delivery::Endless => loop {
            stream.write_all(body).await?;
        },
        Delivery::Silence => {}
    }
    Ok(false)
}

/// A request that is being answered; ends when it is dropped.
struct Flight<'a> {
    state: &'a State,
    host: String,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = self.state.in_flight.lock().unwrap();
        let own = flights.iter().position(|host| *host == self.host).unwrap();
        flights.swap_remove(own);
    }
}

impl State {
    fn arrive(&self, head: &str, body: Vec<u8>) -> (Seen, Flight<'_>) {
        let mut lines = head.lines();
        let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let host = headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.clone());
        let host = host.unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
        let mut flights = self.in_flight.lock().unwrap();
        flights.push(host.clone());
        let seen = Seen {
            at: Instant::now(),
            method: first.next().unwrap_or_default(),
            target: first.next().unwrap_or_default(),
            in_flight: flights.len(),
            in_flight_at_host: flights.iter().filter(|other| **other == host).count(),
            host: host.clone(),
            headers,
            body,
        };
        self.seen.lock().unwrap().push(seen.clone());
        self.arrived.notify_waiters();
        (seen, Flight { state: self, host })
    }

    /// A route of the site comes before one of any site, and a path with its query before the path alone.
    fn reply_to(&self, seen: &Seen) -> Reply {
        if let Some(answers) = &self.answers {
            return answers(seen).unwrap_or_else(|| Reply::status(404));
        }
        let path = seen.target.split('?').next().unwrap_or_default();
        let mut routes = self.routes.lock().unwrap();
        for key in [
            (Some(seen.host.clone()), seen.target.clone()),
            (Some(seen.host.clone()), path.to_owned()),
            (None, seen.target.clone()),
            (None, path.to_owned()),
        ] {
            if let Some(script) = routes.get_mut(&key) {
                let next =
                    if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
                return next.unwrap_or_else(|| Reply::status(404));
            }
        }
        Reply::status(404)
    }
}
