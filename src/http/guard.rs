//! Decides which addresses may be connected to.
//!
//! Strangers write the feeds and every link in them. Without this guard one of them could make us
//! request this machine's own services, hosts in its network or the cloud's metadata address, and
//! publish the response. There are three ways out, and each is guarded:
//!
//! * A *name* is resolved by [`Resolver`], which drops every address that is not public. The
//!   connection uses the very addresses that were checked, so a name that resolves differently a
//!   second time gains nothing.
//! * An IP *literal* never reaches a resolver, so [`check_url`] checks it before each request,
//!   redirects included. The `url` crate has already normalised `0x7f.1`, `2130706433` and
//!   `①②⑦.0.0.1`.
//! * A *proxy* resolves names itself. So the environment's proxy variables are ignored, and a
//!   configured proxy needs a guard of its own.
//!
//! The lists follow the IANA special-purpose registries (RFC 6890 and its updates, as of 2026):
//! what is not "globally reachable" there is refused. For IPv6 only `2000::/3` is public at all.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use url::{Host, Url};
use wiresift_text::limits;

use crate::http::error::FetchErrorKind;

/// IPv4 blocks that are not globally reachable.
const SPECIAL_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),           // this network (RFC 791)
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private (RFC 1918)
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // carriers' shared space (RFC 6598)
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback (RFC 1122)
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link local, cloud metadata (RFC 3927)
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments (RFC 6890)
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation (RFC 5737)
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays, withdrawn (RFC 7526)
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarking (RFC 2544)
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast (RFC 5771)
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, and broadcast (RFC 1112)
];

/// Blocks within `2000::/3` that are not globally reachable.
const SPECIAL_V6: [(Ipv6Addr, u32); 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments (RFC 2928)
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation (RFC 3849)
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation (RFC 9637)
];

/// Whether `ip` may be connected to: it is public, or in a network that the settings allow.
#[must_use]
pub fn permitted(ip: IpAddr, allow: &[IpNet]) -> bool {
    // The kernel treats an IPv4-mapped address as the IPv4 address.
    let ip = ip.to_canonical();
    if allow.iter().any(|network| network.contains(&ip)) {
        return true;
    }
    match ip {
        IpAddr::V4(ip) => !SPECIAL_V4.iter().any(|(base, bits)| shares_bits_v4(ip, *base, *bits)),
        IpAddr::V6(ip) => match embedded(ip) {
            // A translator or tunnel goes on to these addresses, so they are checked.
            Some(inner) => inner.iter().all(|ip| permitted(IpAddr::V4(*ip), allow)),
            None => {
                shares_bits_v6(ip, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
                    && !SPECIAL_V6.iter().any(|(base, bits)| shares_bits_v6(ip, *base, *bits))
            }
        },
    }
}

/// The IPv4 addresses inside an IPv6 address that stands for them.
fn embedded(ip: Ipv6Addr) -> Option<Vec<Ipv4Addr>> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        // NAT64 (RFC 6052), by which an IPv6-only network reaches IPv4 hosts; and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(vec![v4(high, low)])
        }
        // Teredo (RFC 4380): the server, and the client with its bits inverted.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            Some(vec![v4(server_high, server_low), v4(!high, !low)])
        }
        _ => None,
    }
}

fn shares_bits_v4(ip: Ipv4Addr, base: Ipv4Addr, bits: u32) -> bool {
    (u32::from(ip) ^ u32::from(base)).leading_zeros() >= bits
}

fn shares_bits_v6(ip: Ipv6Addr, base: Ipv6Addr, bits: u32) -> bool {
    (u128::from(ip) ^ u128::from(base)).leading_zeros() >= bits
}

/// Checks a URL before any name is resolved.
pub(crate) fn check_url(url: &Url, allow: &[IpNet]) -> Result<(), FetchErrorKind> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchErrorKind::Scheme);
    }
    // The limit also ends redirects that grow with every hop.
    if url.as_str().len() > limits::URL_BYTES {
        return Err(FetchErrorKind::UrlTooLong { limit: limits::URL_BYTES });
    }
    if !url.host_str().is_some_and(limits::is_host) {
        return Err(FetchErrorKind::Host);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchErrorKind::Credentials);
    }
    let permitted = match url.host() {
        None => return Err(FetchErrorKind::Scheme),
        Some(Host::Ipv4(ip)) => permitted(IpAddr::V4(ip), allow),
        Some(Host::Ipv6(ip)) => permitted(IpAddr::V6(ip), allow),
        Some(Host::Domain(name)) => {
            !is_localhost(name) || LOOPBACK.iter().any(|ip| permitted(*ip, allow))
        }
    };
    if permitted { Ok(()) } else { Err(FetchErrorKind::Address) }
}

const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Names of this machine, which are never sent to DNS (RFC 6761, 6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}

/// Why a name has no usable address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("every address of {0} is private or reserved")]
    NotPublic(String),
    #[error("{0} has no address")]
    Empty(String),
    #[error("{0} does not resolve")]
    Failed(String, #[source] io::Error),
}

/// How long an answer is cached. The system resolver does not report a record's time to live.
const ANSWER_LIFETIME: Duration = Duration::from_mins(1);

/// Names that are cached at once. Beyond this, expired ones are removed.
const MAX_NAMES: usize = 20_000;

/// Lookups that run at once, since the system resolver blocks a thread for each.
const MAX_LOOKUPS: usize = 64;

/// Resolves names to permitted addresses only.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Inner>);

struct Inner {
    allow: Vec<IpNet>,
    /// The host of a configured proxy. The operator chose it, so it may be anywhere.
    proxy_host: Option<String>,
    /// Permitted addresses, and until when they are valid.
    answers: Mutex<HashMap<String, (Instant, Vec<IpAddr>)>>,
    lookups: Semaphore,
}

impl Resolver {
    pub(crate) fn new(allow: Vec<IpNet>, proxy_host: Option<String>) -> Self {
        let lookups = Semaphore::new(MAX_LOOKUPS);
        Self(Arc::new(Inner { allow, proxy_host, answers: Mutex::default(), lookups }))
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = inner.addresses(name.as_str()).await?;
            // Port 0 stands for the port of the URL.
            Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

impl Inner {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        if let Some(known) = self.remembered(name, Instant::now()) {
            return Ok(known);
        }
        let answers = if is_localhost(name) { LOOPBACK.to_vec() } else { self.ask(name).await? };
        if self.proxy_host.as_deref() == Some(name) {
            return Ok(answers);
        }
        let addresses = only_permitted(name, answers, &self.allow)?;
        self.remember(name, &addresses, Instant::now());
        Ok(addresses)
    }

    async fn ask(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let failed = |error| ResolveError::Failed(name.to_owned(), error);
        let _permit =
            self.lookups.acquire().await.map_err(|closed| failed(io::Error::other(closed)))?;
        let answers = tokio::net::lookup_host((name, 0)).await.map_err(failed)?;
        Ok(answers.map(|address| address.ip()).collect())
    }

    fn remembered(&self, name: &str, now: Instant) -> Option<Vec<IpAddr>> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, addresses) = answers.get(name)?;
        (*until > now).then(|| addresses.clone())
    }

    fn remember(&self, name: &str, addresses: &[IpAddr], now: Instant) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX_NAMES {
            answers.retain(|_, (until, _)| *until > now);
        }
        if answers.len() < MAX_NAMES {
            answers.insert(name.to_owned(), (now + ANSWER_LIFETIME, addresses.to_vec()));
        }
    }
}

fn only_permitted(
    name: &str,
    answers: Vec<IpAddr>,
    allow: &[IpNet],
) -> Result<Vec<IpAddr>, ResolveError> {
    if answers.is_empty() {
        return Err(ResolveError::Empty(name.to_owned()));
    }
    let addresses: Vec<IpAddr> = answers.into_iter().filter(|ip| permitted(*ip, allow)).collect();
    if addresses.is_empty() { Err(ResolveError::NotPublic(name.to_owned())) } else { Ok(addresses) }
}

#[cfg(test)]
mod tests;
