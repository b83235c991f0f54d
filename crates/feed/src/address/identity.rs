//! Identity keys: an address without everything that feeds change while the article stays.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use url::Url;

use crate::address::{canonical, session, tracking};
use crate::domain::without_edition;

/// Longest key in plain text, in bytes; a longer one ends in a digest, so that it fits any index.
const PLAIN_BYTES: usize = 1024;

/// File names that stand for their directory.
const INDEX_FILES: &[&str] = &["index.html", "index.htm", "index.php"];

/// Parameters that request the AMP edition, with the value that does so (`None`: any).
const AMP_PARAMETERS: &[(&str, Option<&str>)] = &[
    ("amp", None),
    ("outputtype", Some("amp")),
    ("output", Some("amp")),
    ("amp_js_v", None),
    ("amp_gsa", None),
    ("usqp", None),
];

/// A key for comparing addresses: two addresses with the same key lead to the same article.
///
/// A key is not an address: `example.com/a?id=1`. It is stable across releases, so it can be
/// stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentityKey(String);

impl IdentityKey {
    /// The key of an address.
    ///
    /// It is [`canonical`] without scheme, without `www.`, `m.`, `amp.` or `mobile.`, without AMP
    /// suffixes and parameters, without ids of sessions, without `index.html` and trailing slashes,
    /// with the parameters of the path (`;page=2`) among those of the query, with normalised
    /// percent-encoding (RFC 3986 section 6.2.2) and sorted parameters. For every address `u`,
    /// `of(canonical(u)) == of(u)`, and the key as an address has the same key. A key over 1,024
    /// bytes ends in a SHA-256 digest.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let mut url = canonical(url);
        let mut key = host(&url);
        let start = key.len();
        let of_path = take_parameters(&mut url);
        key.push_str(url.path().trim_end_matches('/'));
        let pairs = of_path.iter().map(String::as_str).chain(url.query());
        let pairs = pairs.flat_map(|pair| pair.split('&'));
        let is_kept = |pair: &Cow<'_, str>| {
            !(pair.is_empty()
                || asks_for_amp(pair)
                || tracking::is_tracking(pair)
                || session::is_session(pair))
        };
        let mut pairs: Vec<Cow<'_, str>> = pairs.map(plain_percents).filter(is_kept).collect();
        pairs.sort_unstable();
        if !pairs.is_empty() {
            key.push('?');
            key.push_str(&pairs.join("&"));
        }
        if key.len() > PLAIN_BYTES {
            let digest = Sha256::digest(key.as_bytes());
            key.truncate(start.min(PLAIN_BYTES));
            key.push_str("/sha256:");
            key.push_str(&hex(&digest));
        }
        Self(key)
    }

    /// Restores a key from [`IdentityKey::as_str`].
    #[must_use]
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    /// The form to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

fn host(url: &Url) -> String {
    let name = without_edition(url.host_str().unwrap_or_default());
    match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    }
}

/// Takes the parameters out of the path, and all that may follow the article's own path. One removal
/// can make room for another: `..;a=1` without its parameter is a step up (RFC 3986, 5.2.4).
fn take_parameters(url: &mut Url) -> Vec<String> {
    let mut path = plain_percents(url.path()).into_owned();
    let mut taken = Vec::new();
    loop {
        let (rest, parameters) = session::split(&path);
        taken.extend(parameters.into_iter().map(str::to_owned));
        url.set_path(&bare_path(&rest));
        if url.path().len() >= path.len() {
            return taken;
        }
        url.path().clone_into(&mut path);
    }
}

/// The path without what may follow the article's own, and without slashes at its end.
fn bare_path(path: &str) -> String {
    let mut path = path.to_owned();
    loop {
        let before = path.len();
        path.truncate(bare_length(&path));
        // `story.amp.html` is the AMP edition of `story.html`.
        if let Some(stem) = path.strip_suffix(".amp.html").map(str::len) {
            path.truncate(stem);
            path.push_str(".html");
        }
        if path.len() == before {
            return path;
        }
    }
}

fn bare_length(path: &str) -> usize {
    let mut path = path.trim_end_matches('/');
    path = path.strip_suffix("/amp").unwrap_or(path);
    // The rest of `...amp` would lead to the directory above.
    path = path.strip_suffix(".amp").filter(|stem| !stem.ends_with('.')).unwrap_or(path);
    for name in INDEX_FILES {
        path = path.strip_suffix(name).filter(|rest| rest.ends_with('/')).unwrap_or(path);
    }
    path.len()
}

fn asks_for_amp(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    AMP_PARAMETERS.iter().any(|(known, wanted)| {
        name.eq_ignore_ascii_case(known)
            && wanted.is_none_or(|wanted| value.eq_ignore_ascii_case(wanted))
    })
}

/// Decodes escapes of unreserved characters and writes the others in upper case. A `%` that begins
/// no escape is escaped, so that it cannot begin one with what follows.
fn plain_percents(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut pieces = text.split('%');
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let escape = piece
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|_| !piece.starts_with('+'));
        match escape {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                plain.push(char::from(byte));
            }
            Some(byte) => {
                plain.push('%');
                plain.push_str(&hex(&[byte]).to_ascii_uppercase());
            }
            None => plain.push_str("%25"),
        }
        plain.push_str(if escape.is_some() { piece.get(2..).unwrap_or_default() } else { piece });
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> String {
        IdentityKey::of(&Url::parse(text).unwrap()).as_str().to_owned()
    }

    #[test]
    fn one_article_has_one_key() {
        for same in [
            "https://example.com/2026/11/story",
            "http://www.example.com/2026/11/story/",
            "https://m.example.com/2026/11/story?utm_source=rss",
            "https://amp.example.com/2026/11/story/amp/",
            "https://example.com/2026/11/story?amp=1",
            "https://example.com/2026/11/story?outputType=amp#x",
            "https://example.com/2026/11/story/index.html",
            "https://www.example.com:443/2026/11/st%6fry",
            "https://example.com/2026/11/story;jsessionid=0A1B.node2",
            "https://example.com/(S(lit3py55t21z5v55vlm25s55))/2026/11/story?PHPSESSID=6f1e",
        ] {
            assert_eq!(key(same), "example.com/2026/11/story", "{same}");
        }
        assert_eq!(key("https://example.com/s.amp.html"), key("https://example.com/s.html"));
        assert_eq!(key("https://example.com/a?b=2&a=1"), "example.com/a?a=1&b=2");
        assert_eq!(key("https://example.com/a;page=2/b?a=1"), "example.com/a/b?a=1&page=2");
        assert_eq!(key("https://example.com/a;b"), "example.com/a;b");
        assert_eq!(key("https://example.com/%c3%a9t%C3%A9"), key("https://example.com/été"));
    }

    #[test]
    fn the_key_of_a_key_is_the_key() {
        for (text, expected) in [
            ("https://example.com/%%32%65", "example.com/%252e"),
            ("https://example.com/100%?a=%", "example.com/100%25?a=%25"),
            ("https://example.com/s.amp.amp.html", "example.com/s.html"),
            ("https://example.com/a/index.amp.html", "example.com/a"),
            ("https://example.com/a/...amp", "example.com/a/...amp"),
            ("https://example.com/a?%61mp=1&%75tm_source=x&b=1", "example.com/a?b=1"),
            ("https://example.com/.;a=1", "example.com?a=1"),
            ("https://example.com/a/b/%2E.;c=1/d", "example.com/a/d?c=1"),
            ("https://example.com/(%53(x1))/a", "example.com/a"),
            ("https://example.com/a/(S(x1)).amp", "example.com/a"),
        ] {
            assert_eq!(key(text), expected);
            assert_eq!(key(&format!("https://{expected}")), expected);
        }
    }

    #[test]
    fn different_articles_have_different_keys() {
        for (one, other) in [
            ("https://example.com/?p=1", "https://example.com/?p=2"),
            ("https://example.com/a", "https://example.com/A"),
            ("https://example.com/camp", "https://example.com/c"),
            ("https://sport.example.com/a", "https://example.com/a"),
            ("https://example.com:8443/a", "https://example.com/a"),
            ("https://example.com/myindex.html", "https://example.com/my"),
            ("https://example.com/a%2Fb", "https://example.com/a/b"),
        ] {
            assert_ne!(key(one), key(other));
        }
        assert_eq!(key("https://www.com/"), "www.com");
        assert_eq!(key("https://amp.dev/x"), "amp.dev/x");
    }

    #[test]
    fn long_keys_are_bounded() {
        let long = key(&format!("https://example.com/{}", "x".repeat(9000)));
        assert!(long.starts_with("example.com/sha256:") && long.len() < 100, "{long}");
    }

    proptest! {
        #[test]
        fn canonical_is_idempotent_and_keeps_the_key(text in "https?://(www\\.|m\\.|amp\\.)?[a-zé]{1,5}\\.(com|dev)\\.?(:80|:81|:443)?(/[a-z%A-F0-9.;=]{0,6}|/amp|/index\\.html|/\\.|//|/(\\.|%2e){1,3};a=1|/\\((S|%53)\\(x\\)\\)){0,4}/?(\\.amp\\.html|\\.amp)?(\\?((utm_x|amp|p|id|ref|&|;|=|%2[0-9a-f])(=(1|rss|é|%41))?&?){0,4})?(#[a-z]*)?") {
            if let Ok(url) = Url::parse(&text) {
                let plain = canonical(&url);
                prop_assert_eq!(canonical(&plain), plain.clone());
                prop_assert_eq!(IdentityKey::of(&plain), IdentityKey::of(&url));
                let written = key(&text);
                prop_assert_eq!(key(&format!("{}://{written}", url.scheme())), written);
            }
        }

        #[test]
        fn any_address_has_a_canonical_form(text in "\\PC{0,60}") {
            for url in [Url::parse(&text), Url::parse(&format!("http://{text}"))].into_iter().flatten() {
                let plain = canonical(&url);
                prop_assert_eq!(canonical(&plain), plain.clone());
                prop_assert_eq!(IdentityKey::of(&plain), IdentityKey::of(&url));
            }
        }
    }
}
