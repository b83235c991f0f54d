//! HTTP out: the only client.
//!
//! [`Web::get`] makes one hop and no more. A redirect comes back as [`Outcome::Redirect`], because the next hop
//! may be another site, whose turn, spacing and robots rules are the caller's to observe first.
//!
//! Every answer is bounded: in time (the whole request, and each silence within it), in bytes on the wire, in bytes
//! after unpacking, and in the ratio of the two ([`decode`]). Every address is judged before it is connected to
//! ([`guard`]). What may go wrong is one [`FetchError`], and that maps to a [`Cause`] in one place.
//!
//! Connections are kept for a minute, two a host at most, because a poll is mostly one request to one host. HTTP/2 is
//! spoken where the host offers it. Cookies are not kept and no referrer is sent.

pub mod access;
mod body;
mod decode;
pub mod error;
mod form;
pub mod guard;
pub mod headers;
pub mod settings;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect;
use url::Url;

use crate::http::access::Access;
pub use crate::http::access::Accesses;
pub use crate::http::error::{FetchError, FetchErrorKind, WebError};
pub use crate::http::headers::{RetryAfter, retry_after};
pub use crate::http::settings::HttpSettings;
use crate::polling::failure::{Cause, Failure};

/// The only HTTP client. Cheap to share behind an `Arc`; one for the whole process.
#[derive(Debug)]
pub struct Web {
    client: reqwest::Client,
    settings: HttpSettings,
    ways: RwLock<Arc<Ways>>,
}

/// What single feeds and hosts want: a reload puts others in their place.
#[derive(Debug, Default)]
struct Ways {
    accesses: Accesses,
    /// A client for each proxy that they name.
    proxied: HashMap<Url, reqwest::Client>,
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Where to.
    pub url: &'a Url,
    /// What we have already, so that the host may answer "not modified".
    pub conditional: Conditional<'a>,
    /// What kind of answer is wanted.
    pub accept: Accept,
}

/// The validators of the answer we have, exactly as the host gave them (RFC 9110, 13.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conditional<'a> {
    /// Sent as `If-None-Match`.
    pub etag: Option<&'a str>,
    /// Sent as `If-Modified-Since`.
    pub last_modified: Option<&'a str>,
}

/// What kind of answer is wanted, and what is done with one that is cut short or too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// A feed or sitemap. Half a feed still has entries: it comes back with `complete: false`.
    Feed,
    /// A page to extract an article from. Half a page would be half an article: an error.
    Page,
    /// A robots.txt. The first 500 KiB are read and the rest is cut off (RFC 9309, 2.5).
    Text,
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// Where it came from.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// What it amounts to.
    pub outcome: Outcome,
    /// `ETag`, opaque.
    pub etag: Option<String>,
    /// `Last-Modified`, opaque.
    pub last_modified: Option<String>,
    /// `Content-Type` with its parameters.
    pub content_type: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// When the host wants to be asked again.
    pub retry_after: Option<RetryAfter>,
    /// `Cache-Control` and `Expires`; [`headers::fresh_for`] makes sense of them.
    pub cache_control: Option<String>,
    /// See `cache_control`.
    pub expires: Option<String>,
    /// Each `Link` (RFC 8288), unread.
    pub links: Vec<String>,
    /// What the host reserves.
    pub rights: Rights,
    /// A wall against robots stands in the way, and says so (`cf-mitigated: challenge`, `x-amzn-waf-action: challenge`).
    pub challenged: bool,
    /// From the first byte sent to the last received.
    pub elapsed: Duration,
}

/// What the headers say about rights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Each `X-Robots-Tag`: "noai", "noarchive", "otherbot: noindex".
    pub robots_tags: Vec<String>,
    /// `TDM-Reservation`: "1" reserves text and data mining (TDM Reservation Protocol, W3C community group, 2024).
    pub tdm_reservation: Option<String>,
    /// `TDM-Policy`: where the terms are.
    pub tdm_policy: Option<String>,
}

/// What an answer amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The unpacked body.
    Body {
        /// Its bytes, in whatever charset.
        bytes: Vec<u8>,
        /// Whether it is all there: no early end of the connection, no damaged packing, no cap.
        complete: bool,
    },
    /// 304: what we have is current.
    NotModified,
    /// 301, 302, 303, 307 or 308 with a place to go.
    Redirect {
        /// Where to, checked like any address.
        to: Url,
        /// 301 or 308.
        permanent: bool,
        /// From https to http.
        downgrade: bool,
    },
    /// Any other status. The body was thrown away.
    Refused(u16),
}

impl Response {
    /// The fixed word for a refusal; `None` if the answer is of use.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self.outcome {
            Outcome::Refused(status) => Some(Cause::of_status(status, self.retry_after.is_some())),
            Outcome::Body { .. } | Outcome::NotModified | Outcome::Redirect { .. } => None,
        }
    }

    /// What a refusal means for the next try; `None` if the answer is of use.
    #[must_use]
    pub fn failure(&self, now: DateTime<Utc>) -> Option<Failure> {
        let cause = self.cause()?;
        Some(cause.failure(self.retry_after.map(|asked| asked.wait(now))))
    }
}

impl Web {
    /// Builds the client.
    pub fn new(settings: &HttpSettings) -> Result<Self, WebError> {
        settings.validate()?;
        // The process has one provider of cryptography. An error means that it has been chosen before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client(settings, settings.proxy.as_ref())?;
        Ok(Self { client, settings: settings.clone(), ways: RwLock::default() })
    }

    /// Sends these along from now on.
    pub fn follow_accesses(&self, accesses: Accesses) -> Result<(), WebError> {
        let proxies = accesses
            .proxies()
            .map(|proxy| Ok((proxy.clone(), client(&self.settings, Some(proxy))?)));
        let ways = Ways { proxied: proxies.collect::<Result<_, WebError>>()?, accesses };
        *self.ways.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ways);
        Ok(())
    }

    /// The name that robots.txt rules are looked up by.
    #[must_use]
    pub fn product(&self) -> &str {
        self.settings.product()
    }

    /// Asks once. Redirects are not followed.
    pub async fn get(&self, request: &Request<'_>) -> Result<Response, FetchError> {
        let url = request.url;
        self.check(url).map_err(|kind| FetchError::new(url, kind))?;
        let limit = self.settings.timeout;
        match tokio::time::timeout(limit, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::new(url, FetchErrorKind::Timeout(limit))),
        }
    }

    fn check(&self, url: &Url) -> Result<(), FetchErrorKind> {
        guard::check_url(url, &self.settings.allow_networks)
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<Response, FetchError> {
        let started = Instant::now();
        let url = request.url;
        let ways = Arc::clone(&self.ways.read().unwrap_or_else(PoisonError::into_inner));
        let access = ways.accesses.of(url);
        let client = access
            .and_then(|access| ways.proxied.get(access.proxy.as_ref()?))
            .unwrap_or(&self.client);
        let sent = client.get(url.clone()).headers(request_headers(request, access)).send().await;
        let mut answer = sent.map_err(|error| FetchError::of_client(url, error))?;
        let headers = std::mem::take(answer.headers_mut());
        let outcome = self.outcome(request, &headers, &mut answer).await?;
        if !matches!(outcome, Outcome::Body { .. }) {
            body::drain(&mut answer).await;
        }
        Ok(response(request.url, answer.status().as_u16(), outcome, &headers, started.elapsed()))
    }

    async fn outcome(
        &self,
        request: &Request<'_>,
        headers: &HeaderMap,
        answer: &mut reqwest::Response,
    ) -> Result<Outcome, FetchError> {
        let fail = |kind| FetchError::new(request.url, kind);
        let asked_conditionally = request.conditional != Conditional::default();
        match answer.status().as_u16() {
            // 204 and 205 have no body, and 206 is a part that nobody asked for.
            200..=203 | 207..=299 => body::read(&self.settings, request, headers, answer).await,
            304 if asked_conditionally => Ok(Outcome::NotModified),
            status @ (301 | 302 | 303 | 307 | 308) => match headers.get(header::LOCATION) {
                Some(location) => self.redirect(request.url, status, location).map_err(fail),
                None => Ok(Outcome::Refused(status)),
            },
            status => Ok(Outcome::Refused(status)),
        }
    }

    fn redirect(
        &self,
        from: &Url,
        status: u16,
        location: &HeaderValue,
    ) -> Result<Outcome, FetchErrorKind> {
        let to = from.join(&location_text(location)).map_err(|_| FetchErrorKind::Location)?;
        self.check(&to)?;
        let downgrade = from.scheme() == "https" && to.scheme() == "http";
        Ok(Outcome::Redirect { to, permanent: matches!(status, 301 | 308), downgrade })
    }
}

/// A `Location` is meant to be ASCII; hosts that send raw bytes mean those bytes, so they are escaped one by one.
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

/// A client that goes through `proxy`, if there is one.
fn client(settings: &HttpSettings, proxy: Option<&Url>) -> Result<reqwest::Client, WebError> {
    builder(settings, proxy)?.build().or_else(|error| {
        // A bare container has no certificates of its own, and without any there is no client at all, not even for
        // plain http.
        tracing::warn!(
            ?error,
            "no system certificates: using the built-in list of root certificates"
        );
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        let roots = roots.filter_map(|root| reqwest::Certificate::from_der(root).ok());
        builder(settings, proxy)?.tls_certs_only(roots).build().map_err(WebError::Client)
    })
}

fn builder(
    settings: &HttpSettings,
    proxy: Option<&Url>,
) -> Result<reqwest::ClientBuilder, WebError> {
    let proxy_host = proxy.and_then(Url::host_str).map(str::to_owned);
    let proxy = match proxy {
        Some(proxy) => Some(reqwest::Proxy::all(proxy.clone()).map_err(WebError::Client)?),
        None => None,
    };
    let resolver = guard::Resolver::new(settings.allow_networks.clone(), proxy_host);
    // Without `no_proxy` the environment's proxy variables would lead around the guard.
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
        // Browsers put up with all three, so hosts never notice that they send them.
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true))
}

fn request_headers(request: &Request<'_>, access: Option<&Access>) -> HeaderMap {
    let accept = match request.accept {
        Accept::Feed => {
            "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
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
        // A validator that cannot be sent is left out; the answer is then merely a whole one.
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
        {
            headers.insert(name, value);
        }
    }
    if let Some(access) = access {
        access.add_to(&mut headers, request.url);
    }
    headers
}

fn response(
    url: &Url,
    status: u16,
    outcome: Outcome,
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
        links: headers::all(headers, &header::LINK),
        rights: Rights {
            robots_tags: headers::all(headers, &HeaderName::from_static("x-robots-tag")),
            tdm_reservation: named("tdm-reservation"),
            tdm_policy: named("tdm-policy"),
        },
        challenged: named("cf-mitigated").is_some() || named("x-amzn-waf-action").is_some(),
        elapsed,
    }
}
