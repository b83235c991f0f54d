//! The registrable domain of a host, by the public suffix list (publicsuffix.org).

/// The domain that was registered, such as `example.co.uk` for `feeds.example.co.uk`.
///
/// A port is ignored. `None` for an IP address and for a public suffix itself.
///
/// ```
/// use wiresift_feed::domain::registrable;
/// assert_eq!(registrable("feeds.example.co.uk"), Some("example.co.uk"));
/// assert_eq!(registrable("co.uk"), None);
/// assert_eq!(registrable("192.0.2.1"), None);
/// ```
#[must_use]
pub fn registrable(host: &str) -> Option<&str> {
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => bare,
        _ => host,
    };
    if bare.starts_with('[') || bare.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    psl::domain_str(bare)
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
            ("feeds.example.co.uk:8080", Some("example.co.uk")),
            ("com", None),
            ("127.0.0.1:8080", None),
            ("[::1]:8080", None),
            ("127.0.0.1", None),
            ("[::1]", None),
            ("", None),
        ] {
            assert_eq!(registrable(host), domain, "{host}");
        }
    }
}
