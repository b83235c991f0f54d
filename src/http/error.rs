//! What can go wrong with one request, in a sentence for people, and its one mapping to [`Cause`] and [`Failure`].

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use url::Url;

use crate::http::guard::ResolveError;
use crate::polling::failure::{Cause, Failure};

/// The client cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// A setting makes no sense; says which, and what to write instead.
    #[error("http.{key}: {problem}")]
    Setting {
        /// The key below `http`.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The HTTP client refuses.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
}

/// A request that brought no answer that could be used.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {kind}")]
pub struct FetchError {
    /// The address, without any password.
    pub url: Box<Url>,
    /// What went wrong.
    pub kind: FetchErrorKind,
    /// The library's own account of it.
    #[source]
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchErrorKind {
    /// Not an address that is fetched.
    #[error("only http and https addresses with a host are fetched")]
    Scheme,
    /// Too long to be sent.
    #[error("the address is longer than {limit} bytes")]
    UrlTooLong {
        /// Bytes.
        limit: usize,
    },
    /// A name or password in the address.
    #[error("the address carries a user name or password, which is refused")]
    Credentials,
    /// The guard refused.
    #[error(
        "the address is not on the public internet (http.allow_networks lets private networks through)"
    )]
    Address,
    /// The name was not found.
    #[error("the host name cannot be resolved")]
    Dns,
    /// Nobody is there.
    #[error("no connection to the host")]
    Connect,
    /// Certificate or handshake.
    #[error("no secure connection: the host's certificate or TLS handshake is bad")]
    Tls,
    /// The whole request took too long.
    #[error("not finished after {0:?}")]
    Timeout(Duration),
    /// Nothing came for too long.
    #[error("connecting or waiting for the next bytes took too long")]
    Stalled,
    /// The connection broke, or what came was no HTTP.
    #[error("the host broke off, or does not speak HTTP")]
    Interrupted,
    /// More on the wire than is taken.
    #[error("the body is larger than {limit} bytes on the wire")]
    WireTooLarge {
        /// Bytes.
        limit: u64,
    },
    /// More after unpacking than is taken.
    #[error("the body is larger than {limit} bytes when unpacked")]
    BodyTooLarge {
        /// Bytes.
        limit: u64,
    },
    /// A bomb.
    #[error(
        "the body unpacks to more than {ratio} times its size: it is taken for a decompression bomb"
    )]
    Bomb {
        /// Unpacked bytes for each byte on the wire.
        ratio: u64,
    },
    /// The coding makes no sense.
    #[error("the body cannot be unpacked")]
    Damaged,
    /// A page that ends too early.
    #[error("the body ends too early")]
    Truncated,
    /// Not a text.
    #[error("the host sends {0}, which is no text")]
    MediaType(String),
    /// A redirect to nowhere.
    #[error("the redirect's target is no address")]
    Location,
}

impl FetchErrorKind {
    /// The fixed word for it. This is the one mapping from the adapter to the core.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            FetchErrorKind::Scheme
            | FetchErrorKind::UrlTooLong { .. }
            | FetchErrorKind::Credentials => Cause::Url,
            FetchErrorKind::Address => Cause::Address,
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
        let mut url = Box::new(url.clone());
        // These fail only for addresses that cannot carry a password anyway.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Self { url, kind, source: None }
    }

    /// Finds out what the client stumbled over.
    pub(crate) fn of_client(url: &Url, error: reqwest::Error) -> Self {
        let kind = kind_of(&error);
        Self { source: Some(error.without_url().into()), ..Self::new(url, kind) }
    }

    /// The fixed word for it.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.kind.cause()
    }

    /// What it means for the next try.
    #[must_use]
    pub fn failure(&self) -> Failure {
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

/// The error and all that it was caused by.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| next_cause(*error))
}

/// An `io::Error` hides the error it wraps from `source`, so that one is asked for separately.
fn next_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
