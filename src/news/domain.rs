//! The registrable domain of a host: `example.co.uk` of `feeds.example.co.uk`, by the public suffix list.

/// The domain that somebody registered; `None` for an address by number and for a public suffix itself.
///
/// ```
/// use wiresift::news::domain::registrable;
/// assert_eq!(registrable("feeds.example.co.uk"), Some("example.co.uk"));
/// assert_eq!(registrable("co.uk"), None);
/// assert_eq!(registrable("192.0.2.1"), None);
/// ```
#[must_use]
pub fn registrable(host: &str) -> Option<&str> {
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        return None;
    }
    let domain = psl::domain_str(host)?;
    // A name below no known suffix, such as a machine on an intranet, is its own.
    Some(domain)
}

#[cfg(test)]
mod tests {
    use super::registrable;

    #[test]
    fn the_public_suffix_list_is_followed() {
        for (host, domain) in [
            ("www.example.com", Some("example.com")),
            ("example.com", Some("example.com")),
            ("blog.someone.github.io", Some("someone.github.io")),
            ("a.b.example.org.uk", Some("example.org.uk")),
            ("com", None),
            ("127.0.0.1", None),
            ("[::1]", None),
            ("", None),
        ] {
            assert_eq!(registrable(host), domain, "{host}");
        }
    }
}
