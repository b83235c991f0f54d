//! The cookies of one chain of redirects (RFC 6265).
//!
//! Some sites set a cookie, redirect to the page that was asked for, and redirect again and again
//! if the cookie does not come back. So cookies are sent along one chain of redirects, to the hosts
//! that they were set for. They are forgotten at its end: nobody is to be recognised at the next
//! request. Each hop may be a process of its own, so the cookies are stored with the address of the
//! next hop.

use cookie_store::{CookieStore, RawCookie};
use reqwest::header::HeaderValue;
use url::Url;
use wiresift_feed::domain::registrable;
use wiresift_text::limits;

/// Longest cookie that is kept, in bytes (RFC 6265, 6.1).
const COOKIE_BYTES: usize = 4_096;

/// Most cookies of one chain (RFC 6265, 6.1, for a host).
const COOKIES: usize = 50;

/// The cookies that the hosts of a chain have set so far.
#[derive(Debug, Clone, Default)]
pub struct ChainCookies(CookieStore);

impl ChainCookies {
    /// Reads what [`Self::to_stored`] wrote; anything else is an empty chain.
    #[must_use]
    pub fn of_stored(stored: Option<&str>) -> Self {
        let stored = stored.filter(|stored| stored.len() <= limits::COOKIES_BYTES);
        let read =
            stored.and_then(|text| cookie_store::serde::json::load_all(text.as_bytes()).ok());
        Self(read.unwrap_or_default())
    }

    /// The cookies as text for the next hop. `None` if there are none, or too many to be stored.
    #[must_use]
    pub fn to_stored(&self) -> Option<String> {
        self.0.iter_any().next()?;
        let mut text = Vec::new();
        let save = cookie_store::serde::json::save_incl_expired_and_nonpersistent;
        save(&self.0, &mut text).ok()?;
        String::from_utf8(text).ok().filter(|text| text.len() <= limits::COOKIES_BYTES)
    }

    /// Adds what a response from `url` sets (`Set-Cookie`).
    pub(super) fn add<'a>(&mut self, url: &Url, set: impl Iterator<Item = &'a str>) {
        let room = COOKIES.saturating_sub(self.0.iter_any().count());
        let cookies = set
            .filter(|cookie| cookie.len() <= COOKIE_BYTES)
            .filter_map(|cookie| RawCookie::parse(cookie.to_owned()).ok())
            .filter(|cookie| cookie.domain().is_none_or(|domain| !is_public_suffix(domain)))
            .take(room);
        self.0.store_response_cookies(cookies, url);
    }

    /// The header `Cookie` of a request to `url`.
    pub(super) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let pairs = self.0.get_request_values(url).map(|(name, value)| format!("{name}={value}"));
        let text = pairs.collect::<Vec<_>>().join("; ");
        HeaderValue::from_str(&text).ok().filter(|value| !value.is_empty())
    }
}

/// Whether a cookie for this domain would go to the sites of others, as one for `co.uk` would.
fn is_public_suffix(domain: &str) -> bool {
    registrable(domain.trim_start_matches('.')).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn chain(at: &str, set: &[&str]) -> ChainCookies {
        let mut chain = ChainCookies::default();
        chain.add(&url(at), set.iter().copied());
        chain
    }

    fn sent(chain: &ChainCookies, to: &str) -> Option<String> {
        chain.header(&url(to)).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn cookies_go_back_to_their_host_only() {
        let chain = chain("https://a.example.com/x", &["seen=1; Path=/", "no"]);
        assert_eq!(sent(&chain, "https://a.example.com/y"), Some("seen=1".to_owned()));
        assert_eq!(sent(&chain, "https://b.example.com/"), None);
    }

    #[test]
    fn a_domain_is_the_own_one_and_never_a_public_suffix() {
        let own = chain("https://a.example.co.uk/", &["a=1; Domain=example.co.uk"]);
        assert_eq!(sent(&own, "https://b.example.co.uk/"), Some("a=1".to_owned()));
        for set in ["a=1; Domain=co.uk", "a=1; Domain=other.example"] {
            assert_eq!(sent(&chain("https://a.example.co.uk/", &[set]), "https://b.co.uk/"), None);
        }
        let secure = chain("https://a.example.com/", &["a=1; Secure"]);
        assert_eq!(sent(&secure, "http://a.example.com/"), None);
    }

    #[test]
    fn a_later_response_replaces_and_removes() {
        let mut chain = chain("https://a.example.com/", &["a=1", "b=2"]);
        chain.add(&url("https://a.example.com/"), ["a=3", "b=; Max-Age=0"].into_iter());
        assert_eq!(sent(&chain, "https://a.example.com/"), Some("a=3".to_owned()));
    }

    #[test]
    fn the_stored_text_reads_back_and_is_bounded() {
        let chain = chain("https://a.example.com/", &["a=1; Path=/x"]);
        let stored = chain.to_stored().unwrap();
        let read = ChainCookies::of_stored(Some(&stored));
        assert_eq!(sent(&read, "https://a.example.com/x/y"), Some("a=1".to_owned()));
        assert_eq!(ChainCookies::default().to_stored(), None);
        assert_eq!(ChainCookies::of_stored(Some("no cookies")).to_stored(), None);
        let many: Vec<String> = (0..200).map(|n| format!("c{n}={}", "x".repeat(4_000))).collect();
        let mut large = ChainCookies::default();
        large.add(&url("https://a.example.com/"), many.iter().map(String::as_str));
        assert_eq!(large.to_stored(), None);
    }
}
