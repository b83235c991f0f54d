//! Addresses from outside: which are lawful, and what is cut from all of them.

use url::Url;

use crate::limits;

/// Whether an address can be requested and stored: `http` or `https`, with a host, not too long.
#[must_use]
pub fn is_lawful(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.as_str().len() <= limits::URL_BYTES
        && url.host_str().is_some_and(limits::is_host)
}

/// The address without user name and password, which would be stored and logged. Every address that
/// a feed, a page or a redirect gives goes through here.
#[must_use]
pub fn without_user(mut url: Url) -> Url {
    // Both fail only for addresses that cannot have a user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lawful_address_is_short_and_of_the_web() {
        let lawful = |text: &str| is_lawful(&Url::parse(text).unwrap());
        assert!(lawful("https://news.example/1"));
        assert!(lawful("http://192.0.2.1:8080/") && lawful("http://[2001:db8::1]/"));
        assert!(!lawful("mailto:desk@news.example") && !lawful("ftp://news.example/"));
        assert!(!lawful(&format!("http://{}.example/", "a".repeat(64))));
        assert!(!lawful(&format!("http://news.example/{}", "a".repeat(limits::URL_BYTES))));
    }

    #[test]
    fn users_are_cut() {
        let cut = without_user(Url::parse("https://me:secret@news.example/1?a=b@c").unwrap());
        assert_eq!(cut.as_str(), "https://news.example/1?a=b@c");
    }
}
