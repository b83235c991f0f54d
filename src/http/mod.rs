//! The only HTTP client.
//!
//! [`HttpClient::get`] makes one request and no more. A redirect is returned as
//! [`FetchOutcome::Redirect`], because its target may be another site, and the caller must first
//! respect that site's limits and robots rules.
//!
//! Every response is bounded: in time (the whole request, and each silence within it), in bytes on
//! the wire, in bytes after decompression, and in the ratio of the two ([`decode`]). Every address
//! is checked before a connection is made ([`guard`]). All errors are one [`FetchError`], which
//! maps to a [`Cause`] in one place.
//!
//! Connections are kept for a minute, at most two a host, because a poll is mostly one request to
//! one host. HTTP/2 is used where the host offers it. Cookies live as long as a chain of redirects
//! ([`cookies`]), and no referrer is sent.

pub mod access;
mod body;
pub mod cookies;
mod decode;
pub mod error;
mod form;
pub mod guard;
pub mod headers;
pub mod settings;
pub mod traffic;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::budget::Reservation;
use crate::http::access::Access;
pub use crate::http::access::Accesses;
pub use crate::http::cookies::ChainCookies;
pub use crate::http::error::{FetchError, FetchErrorKind, HttpClientError};
pub use crate::http::headers::{RetryAfter, retry_after};
pub use crate::http::settings::HttpSettings;
pub use crate::http::traffic::Traffic;
use crate::polling::failure::{Cause, FailureClass};
use wiresift_feed::address::without_user;

/// The only HTTP client. The process shares one instance behind an `Arc`.
#[derive(Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    settings: HttpSettings,
    routes: RwLock<Arc<Routes>>,
    traffic: Traffic,
}

/// The accesses and their clients. A reload replaces them.
#[derive(Debug, Default)]
struct Routes {
    accesses: Accesses,
    /// A client for each of their proxies.
    proxied: HashMap<Url, reqwest::Client>,
}

#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The URL.
    pub url: &'a Url,
    /// The stored validators, so that the host may answer "not modified".
    pub conditional: Conditional<'a>,
    /// The kind of response that is expected.
    pub accept: Accept,
    /// The cookies that the hops before have set.
    pub cookies: Option<&'a ChainCookies>,
    /// The memory for the body.
    pub memory: &'a Arc<Reservation>,
}

/// The validators of the stored response, exactly as the host sent them (RFC 9110, 13.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conditional<'a> {
    /// Sent as `If-None-Match`.
    pub etag: Option<&'a str>,
    /// Sent as `If-Modified-Since`.
    pub last_modified: Option<&'a str>,
}

/// The kind of response that is expected, and the treatment of one that is truncated or too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// A feed or sitemap. A truncated one still has entries: it is returned with `complete: false`.
    Feed,
    /// A page with an article. A truncated one is an error, since its article would be incomplete.
    Page,
    /// A robots.txt. The first 500 KiB are read and the rest is cut off (RFC 9309, 2.5).
    Text,
}

/// A response.
#[derive(Debug)]
pub struct Response {
    /// The requested URL.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// The body, or what came instead.
    pub outcome: FetchOutcome,
    /// `ETag`, opaque.
    pub etag: Option<String>,
    /// `Last-Modified`, opaque.
    pub last_modified: Option<String>,
    /// `Content-Type` with its parameters.
    pub content_type: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<RetryAfter>,
    /// `Cache-Control`; [`headers::fresh_for`] reads it.
    pub cache_control: Option<String>,
    /// `Expires`; [`headers::fresh_for`] reads it.
    pub expires: Option<String>,
    /// The cookies of the chain so far, for the next hop.
    pub cookies: ChainCookies,
    /// Each `Link` (RFC 8288), unparsed.
    pub links: Vec<String>,
    /// Rights that the host reserves.
    pub rights: Rights,
    /// The response declares itself a bot challenge (`cf-mitigated`, `x-amzn-waf-action`).
    pub challenged: bool,
    /// When the host made the answer by its own clock, and how long a cache has kept it.
    pub made: Option<(DateTime<Utc>, Duration)>,
    /// Time from the first byte sent to the last received.
    pub elapsed: Duration,
}

/// Rights that the headers reserve.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rights {
    /// Each `X-Robots-Tag`: "noai", "noarchive", "otherbot: noindex".
    pub robots_tags: Vec<String>,
    /// `TDM-Reservation`: "1" reserves text and data mining (TDM Reservation Protocol, W3C
    /// community group, 2024).
    pub tdm_reservation: Option<String>,
    /// `TDM-Policy`: the address of the terms.
    pub tdm_policy: Option<String>,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchOutcome {
    /// The decompressed body.
    Body {
        /// Its bytes, in their own charset.
        bytes: Vec<u8>,
        /// Whether it is complete: no early end, no damaged compression, no limit reached.
        complete: bool,
    },
    /// 304: the stored response is current.
    NotModified,
    /// 301, 302, 303, 307 or 308 with a target.
    Redirect {
        /// The target, checked like any URL.
        to: Url,
        /// Whether the status was 301 or 308.
        permanent: bool,
        /// Whether it leads from https to http.
        downgrade: bool,
    },
    /// Any other status. The body was discarded.
    Refused(u16),
}

impl Response {
    /// The cause of a refusal; `None` for a usable response.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self.outcome {
            FetchOutcome::Refused(status) => {
                Some(Cause::of_status(status, self.retry_after.is_some()))
            }
            FetchOutcome::Body { .. }
            | FetchOutcome::NotModified
            | FetchOutcome::Redirect { .. } => None,
        }
    }

    /// Whether another try makes sense after a refusal; `None` for a usable response.
    #[must_use]
    pub fn failure(&self, now: DateTime<Utc>) -> Option<FailureClass> {
        let cause = self.cause()?;
        Some(cause.failure(self.retry_after.map(|asked| asked.wait(now))))
    }
}

impl HttpClient {
    /// Builds the client.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpClientError> {
        settings.validate()?;
        // The process has one provider of cryptography. An error means that it is already set.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client(settings, settings.proxy.as_ref())?;
        let traffic = Traffic::default();
        Ok(Self { client, settings: settings.clone(), routes: RwLock::default(), traffic })
    }

    /// Uses these accesses from now on.
    pub fn set_accesses(&self, accesses: Accesses) -> Result<(), HttpClientError> {
        let proxies = accesses
            .proxies()
            .map(|proxy| Ok((proxy.clone(), client(&self.settings, Some(proxy))?)));
        let routes = Routes { proxied: proxies.collect::<Result<_, HttpClientError>>()?, accesses };
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
        Ok(())
    }

    /// The product name for robots.txt rules.
    #[must_use]
    pub fn product(&self) -> &str {
        self.settings.product()
    }

    /// What the requests so far tell about this process.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Sends one request. Redirects are not followed.
    pub async fn get(&self, request: &Request<'_>) -> Result<Response, FetchError> {
        let started = Instant::now();
        let answer = self.get_in_time(request).await;
        self.traffic.seconds.observe(started.elapsed().as_secs_f64());
        answer
    }

    async fn get_in_time(&self, request: &Request<'_>) -> Result<Response, FetchError> {
        let url = request.url;
        self.check(url).map_err(|kind| FetchError::new(url, kind))?;
        let limit = self.settings.timeout;
        let mut exchange = std::pin::pin!(self.exchange(request));
        let (mut left, mut waited) = (limit, request.memory.waited());
        loop {
            if let Ok(answer) = tokio::time::timeout(left, &mut exchange).await {
                return answer;
            }
            // The wait for our own memory is not the host's fault.
            left = request.memory.waited().saturating_sub(waited);
            waited = request.memory.waited();
            if left.is_zero() {
                return Err(FetchError::new(url, FetchErrorKind::Timeout(limit)));
            }
        }
    }

    fn check(&self, url: &Url) -> Result<(), FetchErrorKind> {
        guard::check_url(url, &self.settings.allow_networks)
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<Response, FetchError> {
        let started = Instant::now();
        let url = request.url;
        let routes = Arc::clone(&self.routes.read().unwrap_or_else(PoisonError::into_inner));
        let access = routes.accesses.of(url);
        let client = access
            .and_then(|access| routes.proxied.get(access.proxy.as_ref()?))
            .unwrap_or(&self.client);
        let sent = client.get(url.clone()).headers(request_headers(request, access)).send().await;
        let mut answer = sent.map_err(|error| FetchError::of_client(url, error))?;
        let headers = std::mem::take(answer.headers_mut());
        let outcome = self.outcome(request, &headers, &mut answer).await?;
        if !matches!(outcome, FetchOutcome::Body { .. }) {
            body::drain(&mut answer).await;
        }
        let mut cookies = request.cookies.cloned().unwrap_or_default();
        let new = headers::all(&headers, &header::SET_COOKIE);
        cookies.add(url, new.iter().map(String::as_str));
        let status = answer.status().as_u16();
        Ok(Response { cookies, ..response(url, status, outcome, &headers, started.elapsed()) })
    }

    async fn outcome(
        &self,
        request: &Request<'_>,
        headers: &HeaderMap,
        answer: &mut reqwest::Response,
    ) -> Result<FetchOutcome, FetchError> {
        let fail = |kind| FetchError::new(request.url, kind);
        let asked_conditionally = request.conditional != Conditional::default();
        match answer.status().as_u16() {
            // 204 and 205 have no body, and 206 is a part that was not requested.
            200..=203 | 207..=299 => body::read(&self.settings, request, headers, answer).await,
            304 if asked_conditionally => Ok(FetchOutcome::NotModified),
            status @ (301 | 302 | 303 | 307 | 308) => match headers.get(header::LOCATION) {
                Some(location) => self.redirect(request.url, status, location).map_err(fail),
                None => Ok(FetchOutcome::Refused(status)),
            },
            status => Ok(FetchOutcome::Refused(status)),
        }
    }

    fn redirect(
        &self,
        from: &Url,
        status: u16,
        location: &HeaderValue,
    ) -> Result<FetchOutcome, FetchErrorKind> {
        let to = from.join(&location_text(location)).map_err(|_| FetchErrorKind::Location)?;
        // A user that the host names is neither stored nor sent.
        let to = without_user(to);
        self.check(&to)?;
        let downgrade = from.scheme() == "https" && to.scheme() == "http";
        Ok(FetchOutcome::Redirect { to, permanent: matches!(status, 301 | 308), downgrade })
    }
}

/// The text of a `Location`. It should be ASCII; some hosts send raw bytes, which are escaped one
/// by one.
fn location_text(location: &HeaderValue) -> String {
    let mut text = String::with_capacity(location.len());
    for byte in location.as_bytes() {
        match byte {
            0..=0x7f => text.push(char::from(*byte)),
            _ => text.extend(format!("%{byte:02X}").chars()),
        }
    }
    text
}

/// A client that uses `proxy`, if there is one.
fn client(
    settings: &HttpSettings,
    proxy: Option<&Url>,
) -> Result<reqwest::Client, HttpClientError> {
    builder(settings, proxy)?.build().or_else(|error| {
        // A bare container has no certificates, and without any the client cannot be built, not
        // even for plain http.
        tracing::warn!(
            ?error,
            "found no system certificates; using the built-in root certificates"
        );
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        let roots = roots.filter_map(|root| reqwest::Certificate::from_der(root).ok());
        builder(settings, proxy)?.tls_certs_only(roots).build().map_err(HttpClientError::Client)
    })
}

fn builder(
    settings: &HttpSettings,
    proxy: Option<&Url>,
) -> Result<reqwest::ClientBuilder, HttpClientError> {
    let proxy_host = proxy.and_then(Url::host_str).map(str::to_owned);
    let proxy = match proxy {
        Some(proxy) => Some(reqwest::Proxy::all(proxy.clone()).map_err(HttpClientError::Client)?),
        None => None,
    };
    let resolver = guard::Resolver::new(settings.allow_networks.clone(), proxy_host);
    // Without `no_proxy` the environment's proxy variables would bypass the guard.
    let builder = reqwest::Client::builder().no_proxy().dns_resolver(resolver);
    let builder = match proxy {
        Some(proxy) => builder.proxy(proxy),
        None => builder,
    };
    Ok(builder
        .user_agent(settings.sent_user_agent())
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.stall_timeout)
        .pool_max_idle_per_host(2)
        .pool_idle_timeout(Duration::from_mins(1))
        .http1_max_headers(256)
        .http2_max_header_list_size(256 * 1024)
        // Browsers accept all three, so servers send them unnoticed.
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true))
}

fn request_headers(request: &Request<'_>, access: Option<&Access>) -> HeaderMap {
    let accept = match request.accept {
        Accept::Feed => {
            "application/atom+xml, application/rss+xml, application/feed+json, \
             application/rdf+xml;q=0.9, \
             application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
        }
        Accept::Page => "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8",
        Accept::Text => "text/plain, */*;q=0.5",
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br, zstd, deflate"));
    for (name, value) in [
        (header::IF_NONE_MATCH, request.conditional.etag),
        (header::IF_MODIFIED_SINCE, request.conditional.last_modified),
    ] {
        // A validator that cannot be sent is left out; the response is then a full one.
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
        {
            headers.insert(name, value);
        }
    }
    if let Some(cookies) = request.cookies.and_then(|cookies| cookies.header(request.url)) {
        headers.insert(header::COOKIE, cookies);
    }
    if let Some(access) = access {
        access.add_to(&mut headers, request.url);
    }
    headers
}

fn response(
    url: &Url,
    status: u16,
    outcome: FetchOutcome,
    headers: &HeaderMap,
    elapsed: Duration,
) -> Response {
    let first = |name: &HeaderName| headers::first(headers, name);
    let named = |name: &'static str| headers::first(headers, &HeaderName::from_static(name));
    Response {
        url: url.clone(),
        status,
        outcome,
        etag: first(&header::ETAG),
        last_modified: first(&header::LAST_MODIFIED),
        content_type: first(&header::CONTENT_TYPE),
        content_language: first(&header::CONTENT_LANGUAGE),
        retry_after: first(&header::RETRY_AFTER).and_then(|value| RetryAfter::parse(&value)),
        cache_control: first(&header::CACHE_CONTROL),
        expires: first(&header::EXPIRES),
        cookies: ChainCookies::default(),
        links: headers::all(headers, &header::LINK),
        rights: Rights {
            robots_tags: headers::all(headers, &HeaderName::from_static("x-robots-tag")),
            tdm_reservation: named("tdm-reservation"),
            tdm_policy: named("tdm-policy"),
        },
        challenged: named("cf-mitigated").is_some() || named("x-amzn-waf-action").is_some(),
        made: headers::made(headers),
        elapsed,
    }
}
