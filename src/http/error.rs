//! The errors of one request, each as a sentence for people, and their one mapping to [`Cause`].

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use url::Url;
use wiresift_feed::address::without_user;

use crate::budget::Shortage;
use crate::http::guard::ResolveError;
use crate::polling::failure::{Cause, FailureClass};

/// The client cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    /// An invalid setting.
    #[error("http.{key}: {problem}")]
    Setting {
        /// The key below `http`.
        key: &'static str,
        /// What is wrong with it, and what to write instead.
        problem: String,
    },
    /// The HTTP library reported an error.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
}

/// A request without a usable response.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {kind}")]
pub struct FetchError {
    /// The URL, without any password.
    pub url: Box<Url>,
    /// What went wrong.
    pub kind: FetchErrorKind,
    /// The library's own error.
    #[source]
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchErrorKind {
    /// Not an http or https URL.
    #[error("only http and https URLs with a host can be fetched")]
    Scheme,
    /// The URL is too long.
    #[error("the URL is longer than {limit} bytes")]
    UrlTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The host is missing or longer than a name can be.
    #[error("the host is missing, or longer than the DNS allows")]
    Host,
    /// The URL contains a user name or password.
    #[error("the URL contains a user name or password; use an `[[access]]` table in the feed list")]
    Credentials,
    /// The address is not public.
    #[error("the address is not on the public internet; http.allow_networks can allow it")]
    Address,
    /// The name did not resolve.
    #[error("the host name does not resolve")]
    Dns,
    /// No connection could be made.
    #[error("the host does not accept a connection")]
    Connect,
    /// The certificate or the TLS handshake failed.
    #[error("no secure connection: the host's certificate or TLS handshake is invalid")]
    Tls,
    /// The whole request took too long.
    #[error("the request did not finish within {0:?} (http.timeout)")]
    Timeout(Duration),
    /// The server sent nothing for too long.
    #[error(
        "the host took too long to connect or to send more \
         (http.connect_timeout, http.stall_timeout)"
    )]
    Stalled,
    /// The connection broke, or the response is not HTTP.
    #[error("the host closed the connection early, or does not speak HTTP")]
    Interrupted,
    /// The body exceeds `http.max_wire_bytes`.
    #[error("the body is larger than {limit} bytes on the wire (http.max_wire_bytes)")]
    WireTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The body exceeds `http.max_body_bytes`.
    #[error("the body is larger than {limit} bytes when decompressed (http.max_body_bytes)")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The body exceeds `http.max_ratio`.
    #[error(
        "the body decompresses to more than {ratio} times its size, like a decompression bomb \
         (http.max_ratio)"
    )]
    Bomb {
        /// Decompressed bytes for each byte on the wire.
        ratio: u64,
    },
    /// The body cannot be decompressed.
    #[error("the body cannot be decompressed")]
    Damaged,
    /// The body of a page ends too early.
    #[error("the body ends too early")]
    Truncated,
    /// The response is not text.
    #[error("the host sent {0}, which is not text")]
    MediaType(String),
    /// The daemon has no memory free for the body.
    #[error(transparent)]
    Memory(#[from] Shortage),
    /// The redirect has no usable target.
    #[error("the target of the redirect is not a URL")]
    Location,
}

impl FetchErrorKind {
    /// The cause. This is the one mapping from HTTP errors to causes.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            FetchErrorKind::Scheme
            | FetchErrorKind::Host
            | FetchErrorKind::UrlTooLong { .. }
            | FetchErrorKind::Credentials => Cause::Url,
            FetchErrorKind::Address => Cause::Address,
            // Nothing is wrong with the host. Steps put such work back into its queue.
            FetchErrorKind::Memory(_) => Cause::Unavailable,
            FetchErrorKind::Dns => Cause::Dns,
            FetchErrorKind::Connect => Cause::Connect,
            FetchErrorKind::Tls => Cause::Tls,
            FetchErrorKind::Timeout(_) | FetchErrorKind::Stalled => Cause::Timeout,
            FetchErrorKind::Interrupted | FetchErrorKind::Truncated => Cause::Interrupted,
            FetchErrorKind::WireTooLarge { .. }
            | FetchErrorKind::BodyTooLarge { .. }
            | FetchErrorKind::Bomb { .. } => Cause::TooLarge,
            FetchErrorKind::Damaged => Cause::Damaged,
            FetchErrorKind::MediaType(_) => Cause::MediaType,
            FetchErrorKind::Location => Cause::Redirect,
        }
    }
}

impl FetchError {
    pub(crate) fn new(url: &Url, kind: FetchErrorKind) -> Self {
        Self { url: Box::new(without_user(url.clone())), kind, source: None }
    }

    /// Classifies an error of the HTTP library.
    pub(crate) fn of_client(url: &Url, error: reqwest::Error) -> Self {
        let kind = kind_of(&error);
        Self { source: Some(error.without_url().into()), ..Self::new(url, kind) }
    }

    /// The cause.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.kind.cause()
    }

    /// Whether the body was given up because the daemon had no memory for it.
    #[must_use]
    pub fn is_shortage(&self) -> bool {
        matches!(self.kind, FetchErrorKind::Memory(_))
    }

    /// Whether another try makes sense.
    #[must_use]
    pub fn failure(&self) -> FailureClass {
        self.cause().failure(None)
    }
}

fn kind_of(error: &reqwest::Error) -> FetchErrorKind {
    if let Some(kind) = chain(error).find_map(known_cause) {
        return kind;
    }
    if error.is_timeout() {
        FetchErrorKind::Stalled
    } else if error.is_connect() {
        FetchErrorKind::Connect
    } else {
        FetchErrorKind::Interrupted
    }
}

fn known_cause(error: &(dyn StdError + 'static)) -> Option<FetchErrorKind> {
    match error.downcast_ref::<ResolveError>() {
        Some(ResolveError::NotPublic(_)) => return Some(FetchErrorKind::Address),
        Some(ResolveError::Empty(_) | ResolveError::Failed(..)) => {
            return Some(FetchErrorKind::Dns);
        }
        None => {}
    }
    error.is::<rustls::Error>().then_some(FetchErrorKind::Tls)
}

/// The error and all of its causes.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| next_cause(*error))
}

/// The direct cause. `io::Error::source` skips the wrapped error, so that one is read separately.
fn next_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
