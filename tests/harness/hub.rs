//! A hub on loopback, played by the test: the stub takes our requests, and the test calls back when it wants to.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use ring::hmac;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::{Url, form_urlencoded};
use wiresift::pipeline::subscribe::calls::HubCalls;
use wiresift::pipeline::{Place, Step as _};
use wiresift::polling::websub::WebsubSettings;
use wiresift::server::callback;

use crate::harness::newsroom::{Newsroom, rss, steps_with};
use crate::harness::steps::Steps;
use crate::harness::stub::{Reply, Seen};

/// A newsroom that listens for hubs, and a hub for it at the stub's `/hub`.
pub(crate) struct Pressroom {
    pub(crate) room: Newsroom,
    pub(crate) settings: WebsubSettings,
    /// Woken when a delivery brings something to read.
    pub(crate) entries: Arc<Notify>,
    listeners: JoinSet<()>,
}

/// A request to the hub, as it understands it.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) mode: String,
    pub(crate) topic: String,
    pub(crate) callback: String,
    pub(crate) secret: Option<String>,
    pub(crate) lease: Option<String>,
}

impl Ask {
    pub(crate) fn of(seen: &Seen) -> Self {
        assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
        let form: HashMap<String, String> =
            form_urlencoded::parse(&seen.body).into_owned().collect();
        let field = |name: &str| form.get(name).cloned();
        Self {
            mode: field("hub.mode").unwrap(),
            topic: field("hub.topic").unwrap(),
            callback: field("hub.callback").unwrap(),
            secret: field("hub.secret"),
            lease: field("hub.lease_seconds"),
        }
    }

    /// Asks back whether it was meant.
    pub(crate) async fn verify(&self, lease_seconds: u64) -> (u16, String) {
        let lease = lease_seconds.to_string();
        self.call(&[
            ("hub.mode", &self.mode),
            ("hub.topic", &self.topic),
            ("hub.challenge", "ch<all>enge"),
            ("hub.lease_seconds", &lease),
        ])
        .await
    }

    /// Calls with whatever parameters.
    pub(crate) async fn call(&self, parameters: &[(&str, &str)]) -> (u16, String) {
        let mut url = Url::parse(&self.callback).unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        http("GET", &url, &[], b"").await
    }

    /// Delivers a document, signed by a method or not.
    pub(crate) async fn push(&self, document: &str, method: &str) -> u16 {
        let signature = sign(self.secret.as_deref().unwrap(), method, document.as_bytes());
        self.push_signed(document, signature.as_deref()).await
    }

    pub(crate) async fn push_signed(&self, document: &str, signature: Option<&str>) -> u16 {
        let mut headers = vec![("Content-Type", "application/rss+xml")];
        headers.extend(signature.map(|signature| ("X-Hub-Signature", signature)));
        http("POST", &Url::parse(&self.callback).unwrap(), &headers, document.as_bytes()).await.0
    }
}

/// The header, or none for the method "none".
pub(crate) fn sign(secret: &str, method: &str, body: &[u8]) -> Option<String> {
    let algorithm = match method {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return None,
    };
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), body);
    let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{method}={tag}"))
}

/// One request, one connection: the status, and the body.
async fn http(method: &str, url: &Url, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(address).await.unwrap();
    let target = &url[url::Position::BeforePath..];
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A body that is refused may meet a closed door.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer
        .get(9..12)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("{answer}"));
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

impl Pressroom {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn with(set: impl FnOnce(&mut WebsubSettings)) -> Self {
        let mut room = Newsroom::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let mut settings = settings_at(listen);
        set(&mut settings);
        room.steps = steps_with(&room.store, &room.clock, settings.clone());
        room.stub.serves("/hub", Reply::status(202));
        let mut all = Self { room, settings, entries: Arc::default(), listeners: JoinSet::new() };
        all.listen(listener, &Arc::clone(&all.room.steps));
        all
    }

    fn listen(&mut self, listener: TcpListener, steps: &Steps) {
        let calls = HubCalls::new(&steps.pipeline);
        let serving =
            callback::serve(listener, calls, Arc::clone(&self.entries), CancellationToken::new());
        self.listeners.spawn(serving);
    }

    /// The daemon ends and starts anew, at the same address.
    pub(crate) async fn restarts(&mut self) {
        self.listeners.shutdown().await;
        self.room.steps = steps_with(&self.room.store, &self.room.clock, self.settings.clone());
        let listener = TcpListener::bind(self.settings.listen.unwrap()).await.unwrap();
        self.listen(listener, &Arc::clone(&self.room.steps));
    }

    pub(crate) fn feed_url(&self) -> String {
        self.room.stub.url("/feed.xml")
    }

    /// The hub, on a site of its own.
    pub(crate) fn hub_url(&self) -> String {
        self.room.stub.site("hub").url("/hub")
    }

    /// The feed with items of (path, title), as polls see it and hubs deliver it.
    pub(crate) fn document(&self, items: &[(&str, &str)]) -> String {
        let links = format!(
            "<channel><atom:link rel=\"hub\" href=\"{}\"/><atom:link rel=\"self\" href=\"{}\"/>",
            self.hub_url(),
            self.feed_url()
        );
        rss(&self.room.stub.url(""), items).replace("<channel>", &links)
    }

    /// Lets polls see these items.
    pub(crate) fn shows(&self, items: &[(&str, &str)]) {
        self.room.stub.serves("/feed.xml", Reply::ok(self.document(items)));
    }

    /// Asks all hubs that are to be asked now; the requests that they got.
    pub(crate) async fn ask_due(&self) -> Vec<Ask> {
        let before = self.asks().len();
        for lease in self.room.steps.subscribe.lease(10).await.unwrap() {
            let memory = wiresift::budget::Reservation::unbounded();
            self.room.steps.subscribe.run(lease, memory, Place::uncounted()).await;
        }
        self.asks().split_off(before)
    }

    /// All requests that hubs have got.
    pub(crate) fn asks(&self) -> Vec<Ask> {
        let seen = self.room.stub.requests();
        seen.iter().filter(|seen| seen.method == "POST").map(Ask::of).collect()
    }

    /// Lists the feed, polls it, asks its hub and lets that verify for ten days.
    pub(crate) async fn subscribes(&self, items: &[(&str, &str)]) -> Ask {
        self.shows(items);
        self.room.lists(&[&self.feed_url()]).await;
        self.room.poll_due().await;
        let ask = self.ask_due().await.remove(0);
        assert_eq!(ask.verify(864_000).await.0, 200);
        ask
    }

    /// State and trust of the subscriptions, oldest first.
    pub(crate) async fn standing(&self) -> Vec<(String, String)> {
        sqlx::query_as("SELECT state, trust FROM wiresift.subscriptions ORDER BY id")
            .fetch_all(&self.room.pool)
            .await
            .unwrap()
    }

    pub(crate) async fn events(&self, kind: &'static str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM news.events WHERE kind = $1")
            .bind(kind)
            .fetch_one(&self.room.pool)
            .await
            .unwrap()
    }
}

/// Subscribed, with the listener reached directly.
pub(crate) fn settings_at(listen: SocketAddr) -> WebsubSettings {
    let callback = Url::parse(&format!("http://{listen}/websub/")).unwrap();
    WebsubSettings { listen: Some(listen), callback: Some(callback), ..WebsubSettings::default() }
}
