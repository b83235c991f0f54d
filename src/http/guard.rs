//! Which addresses may be connected to.
//!
//! A feed is written by strangers, and so is every link in it. Without this guard one of them could have us ask the
//! machine's own services, the neighbours in its network or the cloud's metadata address, and publish the answer.
//! Three doors lead out, and each is watched:
//!
//! * a *name* passes through [`Resolver`], which drops every answer that is not public. The connection is made to
//!   the very addresses that were checked, so a name that answers differently the second time gains nothing;
//! * an address *literal* never reaches a resolver, so [`check_url`] judges it before each request, redirects
//!   included. The `url` crate has already turned `0x7f.1`, `2130706433` and `①②⑦.0.0.1` into what they mean;
//! * a *proxy* would resolve names in our stead, so the environment's proxy variables are ignored, and one that is
//!   configured has to keep its own guard.
//!
//! The lists are those of the IANA special-purpose registries (RFC 6890 and its updates, as of 2026): what is not
//! "globally reachable" there is refused. IPv6 is the other way round: only `2000::/3` is public at all.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use url::{Host, Url};

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
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, ORCHID, benchmarking (RFC 2928)
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation (RFC 3849)
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation (RFC 9637)
];

/// Whether `ip` may be connected to: it is public, or in one of the networks that the configuration lets through.
#[must_use]
pub fn permitted(ip: IpAddr, allow: &[IpNet]) -> bool {
    // An IPv4-mapped address is the IPv4 address as far as the kernel is concerned.
    let ip = ip.to_canonical();
    if allow.iter().any(|network| network.contains(&ip)) {
        return true;
    }
    match ip {
        IpAddr::V4(ip) => !SPECIAL_V4.iter().any(|(base, bits)| shares_bits_v4(ip, *base, *bits)),
        IpAddr::V6(ip) => match embedded(ip) {
            // A translator or tunnel will go on to these addresses, so they are the ones that count.
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
        // NAT64 (RFC 6052): how an IPv6-only network reaches the rest of the world.
        // 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(vec![v4(high, low)])
        }
        // Teredo (RFC 4380): the server, and the client with its bits turned over.
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

/// Hosts need not take more than 8000 (RFC 9110, 4.1), and a redirect that grows with every turn has to end.
const MAX_URL_BYTES: usize = 8_000;

/// What can be said against an address before any name is looked up.
pub(crate) fn check_url(url: &Url, allow: &[IpNet]) -> Result<(), FetchErrorKind> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchErrorKind::Scheme);
    }
    if url.as_str().len() > MAX_URL_BYTES {
        return Err(FetchErrorKind::UrlTooLong { limit: MAX_URL_BYTES });
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

/// Names that mean this machine and are never asked of DNS (RFC 6761, 6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}

/// Why a name led nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("every address of {0} is private or special")]
    NotPublic(String),
    #[error("{0} has no address")]
    Empty(String),
    #[error("{0} cannot be resolved")]
    Failed(String, #[source] io::Error),
}

/// How long an answer is kept. The system's resolver does not tell a record's own time to live.
const KEEP: Duration = Duration::from_mins(1);

/// Names whose answers are kept at once; with more, the old ones go.
const MOST_NAMES: usize = 20_000;

/// The system's resolver blocks a thread for each question, so only so many are asked at once.
const MOST_QUESTIONS: usize = 64;

/// Looks names up and lets only permitted addresses through.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Inner>);

struct Inner {
    allow: Vec<IpNet>,
    /// The host of a configured proxy: a person chose it, so it may be anywhere.
    proxy_host: Option<String>,
    /// Answers that have passed, and until when they are good.
    answers: Mutex<HashMap<String, (Instant, Vec<IpAddr>)>>,
    questions: Semaphore,
}

impl Resolver {
    pub(crate) fn new(allow: Vec<IpNet>, proxy_host: Option<String>) -> Self {
        let questions = Semaphore::new(MOST_QUESTIONS);
        Self(Arc::new(Inner { allow, proxy_host, answers: Mutex::default(), questions }))
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = inner.addresses(name.as_str()).await?;
            // Port 0 stands for the URL's own.
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
            self.questions.acquire().await.map_err(|closed| failed(io::Error::other(closed)))?;
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
        if answers.len() >= MOST_NAMES {
            answers.retain(|_, (until, _)| *until > now);
        }
        if answers.len() < MOST_NAMES {
            answers.insert(name.to_owned(), (now + KEEP, addresses.to_vec()));
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
