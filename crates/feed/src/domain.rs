//! The registrable domain of a host, by the public suffix list (publicsuffix.org), and which hosts
//! are one site.

use url::Url;

use crate::address::Host;

/// Labels of editions of a site for another screen.
const EDITIONS: &[&str] = &["www.", "m.", "amp.", "mobile."];

/// Labels below which names are registered under many country codes. They count as such under a
/// suffix that is not on the list, too.
const CATEGORIES: &[&str] = &["com", "edu", "gov", "net", "org"];

/// The domain that was registered, such as `example.co.uk` for `feeds.example.co.uk`.
///
/// A port is ignored. `None` for an IP address and for a public suffix itself. The list has all
/// suffixes of the public DNS. Under another one, such as `localhost` or that of a company's own
/// network, the suffix is its last label, with a label of two letters or a category such as `com`
/// before it.
///
/// ```
/// use wiresift_feed::domain::registrable;
/// assert_eq!(registrable("feeds.example.co.uk"), Some("example.co.uk"));
/// assert_eq!(registrable("co.uk"), None);
/// assert_eq!(registrable("192.0.2.1"), None);
/// ```
#[must_use]
pub fn registrable(host: &str) -> Option<&str> {
    let bare = without_port(host).trim_end_matches('.');
    if bare.starts_with('[') || bare.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let domain = psl::domain(bare.as_bytes())?;
    if domain.suffix().is_known() {
        return bare.get(bare.len().checked_sub(domain.as_bytes().len())?..);
    }
    let mut labels = bare.rsplit('.');
    let (last, second) = (labels.next()?, labels.next()?);
    let is_part_of_suffix = second.len() == 2 || CATEGORIES.contains(&second);
    let third = if is_part_of_suffix { labels.next()?.len() + 1 } else { 0 };
    bare.get(bare.len().checked_sub(third + second.len() + 1 + last.len())?..)
}

/// Whether two hosts, with their ports, are one site: they have the same registrable domain and the
/// same port. Hosts without a registrable domain, such as IP addresses, are only equal to
/// themselves.
///
/// ```
/// use wiresift_feed::domain::same_site;
/// assert!(same_site("feeds.example.co.uk", "www.example.co.uk"));
/// assert!(!same_site("evil.co.uk", "example.co.uk"));
/// assert!(!same_site("one.github.io", "other.github.io"));
/// assert!(!same_site("example.com", "example.com:8080"));
/// ```
#[must_use]
pub fn same_site(one: &str, other: &str) -> bool {
    let port = |host: &str| host.get(without_port(host).len()..).unwrap_or_default().to_owned();
    match (registrable(one), registrable(other)) {
        (Some(domain), Some(same)) => domain == same && port(one) == port(other),
        _ => !one.is_empty() && one == other,
    }
}

/// Whether two addresses are on one site.
#[must_use]
pub fn are_of_one_site(one: &Url, other: &Url) -> bool {
    let hosts = Host::of(one).zip(Host::of(other));
    hosts.is_some_and(|(one, other)| same_site(one.as_str(), other.as_str()))
}

/// The host without the labels of editions: `example.com` for `www.example.com`. A label that was
/// registered itself stays, as in `m.co.uk` and `www.github.io`.
#[must_use]
pub fn without_edition(host: &str) -> &str {
    let mut name = host;
    while let Some(rest) = EDITIONS
        .iter()
        .find_map(|label| name.strip_prefix(label))
        .filter(|rest| registrable(rest).is_some())
    {
        name = rest;
    }
    name
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => bare,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_suffix_list_is_followed() {
        for (host, domain) in [
            ("www.example.com", Some("example.com")),
            ("example.com", Some("example.com")),
            ("blog.someone.github.io", Some("someone.github.io")),
            ("a.b.example.org.uk", Some("example.org.uk")),
            ("feeds.example.co.uk:8080", Some("example.co.uk")),
            ("feeds.example.co.uk.", Some("example.co.uk")),
            ("com", None),
            ("github.io", None),
            ("127.0.0.1:8080", None),
            ("[::1]:8080", None),
            ("127.0.0.1", None),
            ("[::1]", None),
            ("", None),
        ] {
            assert_eq!(registrable(host), domain, "{host}");
        }
    }

    #[test]
    fn a_suffix_that_is_not_on_the_list_is_one_label_or_two() {
        for (host, domain) in [
            ("localhost", None),
            ("localhost:8080", None),
            ("co.localhost", None),
            ("paper.localhost:8080", Some("paper.localhost")),
            ("www.paper.localhost", Some("paper.localhost")),
            ("evil.co.localhost", Some("evil.co.localhost")),
            ("news.bbc.co.localhost", Some("bbc.co.localhost")),
            ("a.paper.com.internal", Some("paper.com.internal")),
            ("m.one.example", Some("one.example")),
        ] {
            assert_eq!(registrable(host), domain, "{host}");
        }
    }

    #[test]
    fn hosts_are_one_site_if_one_name_was_registered() {
        for (one, other, same) in [
            ("www.example.co.uk", "amp.example.co.uk", true),
            ("evil.co.uk", "bbc.co.uk", false),
            ("evil.com.au", "abc.net.au", false),
            ("a.github.io", "b.github.io", false),
            ("a.github.io", "www.a.github.io", true),
            ("a.blogspot.com", "b.blogspot.com", false),
            ("evil.co.localhost", "news.bbc.co.localhost", false),
            ("paper.localhost:81", "www.paper.localhost:81", true),
            ("paper.localhost:81", "paper.localhost:82", false),
            ("localhost", "localhost", true),
            ("localhost", "paper.localhost", false),
            ("127.0.0.1:81", "127.0.0.1:81", true),
            ("127.0.0.1:81", "127.0.0.1:82", false),
            ("1.2.3.4", "9.9.3.4", false),
            ("com", "com", true),
            ("", "", false),
        ] {
            assert_eq!(same_site(one, other), same, "{one} {other}");
            assert_eq!(same_site(other, one), same, "{other} {one}");
        }
    }

    #[test]
    fn an_edition_is_of_its_own_domain() {
        for (host, plain) in [
            ("www.example.com", "example.com"),
            ("m.www.example.com:81", "example.com:81"),
            ("m.com", "m.com"),
            ("www.co.uk", "www.co.uk"),
            ("m.github.io", "m.github.io"),
            ("amp.github.io", "amp.github.io"),
            ("www.m.github.io", "m.github.io"),
            ("www.localhost", "www.localhost"),
            ("www.127.0.0.1", "www.127.0.0.1"),
        ] {
            assert_eq!(without_edition(host), plain, "{host}");
        }
    }
}
