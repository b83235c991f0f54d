//! Addresses: which are fetched, which are stored, and when two lead to one article.
//!
//! There are three forms:
//!
//! - [`FeedUrl`] is the address of a feed, checked. It is fetched as it is.
//! - [`canonical`] is the same resource in a plain form, to store and show. It removes only what
//!   never changes the response (fragment, click tracking), so it can be fetched.
//! - [`IdentityKey`] is for comparison only. It drops scheme, `www.`, AMP and the order of
//!   parameters, because feeds change those while the article stays. It may not be fetchable.
//!
//! Query parameters are kept unless they are known to be tracking: on many sites `?p=1` and `?id=1`
//! identify the article.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;
use url::Url;
use wiresift_text::limits;

mod identity;
mod learned;
mod session;
mod tracking;

pub use identity::IdentityKey;
pub(crate) use identity::hex;
pub use wiresift_text::urls::{is_lawful, without_user};

pub use learned::{IgnoredParameters, ParameterEvidence, ReducedKey, site_of, without_each};

/// Lower-case ASCII host, with its port if that is not the scheme's default. The unit of rate
/// limits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host(String);

impl Host {
    /// The host of an address; `None` if it has none (`mailto:`), or one that the DNS cannot have:
    /// too long, or with two dots in a row.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let name = url.host_str().filter(|name| limits::is_host(name))?;
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        Some(Self(match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name,
        }))
    }

    /// The form to store, such as `example.com` or `127.0.0.1:8080`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an address cannot be a feed's. The messages say what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It has a user name or a password.
    #[error(
        "the address has a user name or a password, which would be stored and logged; write it \
         without them, and add an `[[access]]` table with `url`, `username` and `password_file` \
         to a feed list"
    )]
    UserInfo,
    /// The text is empty.
    #[error("the address is empty; write one such as `https://example.com/feed.xml`")]
    Empty,
    /// A host without a scheme.
    #[error("`{0}` has no scheme; write `https://{0}`")]
    NoScheme(String),
    /// A scheme other than `http` and `https`.
    #[error("scheme `{0}` cannot be polled; only `http` and `https` can")]
    Scheme(String),
    /// A file or a command of the machine.
    #[error(
        "it is a file or a command of a machine, and no address; only `http` and `https` can be polled"
    )]
    Local,
    /// Longer than an index of the database can hold.
    #[error("the address has {0} bytes; write one of at most {max}", max = limits::FEED_URL_BYTES)]
    Long(usize),
    /// A host that the DNS cannot have.
    #[error(
        "the host cannot exist; write one of at most {} bytes, with 1 to {} between two points",
        limits::HOST_BYTES,
        limits::LABEL_BYTES
    )]
    Host,
    /// Not an address by the URL standard.
    #[error("not an address ({0}); write one such as `https://example.com/feed.xml`")]
    Malformed(url::ParseError),
}

/// The address of a feed: `http` or `https`, without a fragment.
///
/// It has no user name and no password, so it may be stored and logged.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedUrl(Url);

impl FeedUrl {
    /// Parses what a person wrote or a list contained. Accepts `feed:https://…`, `feed://…`, and the
    /// schemes of podcast programs (`itpc://…`).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = without_feed_scheme(text.trim());
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if has_user(&text) {
            return Err(AddressError::UserInfo);
        }
        let mut url = match Url::parse(&text) {
            Ok(url) => url,
            Err(url::ParseError::RelativeUrlWithoutBase) => {
                return Err(match foreign_scheme(&text) {
                    Some(scheme) => AddressError::Scheme(scheme),
                    None if is_path(&text) => AddressError::Local,
                    None if text.contains('.') => AddressError::NoScheme(text),
                    None => AddressError::Malformed(url::ParseError::RelativeUrlWithoutBase),
                });
            }
            Err(error) => return Err(AddressError::Malformed(error)),
        };
        // The parser of addresses forgives more than `has_user` does.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::UserInfo);
        }
        if !matches!(url.scheme(), "http" | "https") {
            // `example.com:8080/feed` parses as scheme `example.com`.
            return Err(if url.scheme().contains('.') || url.scheme() == "localhost" {
                AddressError::NoScheme(text)
            } else {
                AddressError::Scheme(url.scheme().to_owned())
            });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::UserInfo);
        }
        url.set_fragment(None);
        if url.as_str().len() > limits::FEED_URL_BYTES {
            return Err(AddressError::Long(url.as_str().len()));
        }
        if Host::of(&url).is_none() {
            return Err(AddressError::Host);
        }
        Ok(Self(url))
    }

    /// The address to fetch.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for FeedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for FeedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeedUrl({self})")
    }
}

/// Schemes that stand for http in lists of feeds and podcasts.
const FEED_SCHEMES: [&str; 6] = ["feed", "feeds", "itpc", "pcast", "podcast", "rss"];

/// What stands before the first colon, if it can be nothing but a scheme. The URL standard does not
/// allow all that programs write.
fn foreign_scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'));
    is_scheme.then(|| scheme.to_owned())
}

/// Whether a text is a path or a command, as some readers have in place of an address.
fn is_path(text: &str) -> bool {
    text.starts_with(['/', '|', '~', '\\', '!']) && !text.starts_with("//")
}

fn without_feed_scheme(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once(':') else { return text.to_owned() };
    if !FEED_SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return text.to_owned();
    }
    let real = if scheme.eq_ignore_ascii_case("feeds") { "https" } else { "http" };
    match rest.strip_prefix("//") {
        Some(rest) => format!("{real}://{rest}"),
        None => rest.to_owned(),
    }
}

/// Whether an address, with or without a scheme, has a user name or a password.
fn has_user(text: &str) -> bool {
    let is_mail = text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let after_scheme = text.split_once(':').map(|(_, rest)| rest);
    let rest = after_scheme.filter(|rest| rest.starts_with(['/', '\\'])).unwrap_or(text);
    let authority = rest.trim_start_matches(['/', '\\']).split(AFTER_AUTHORITY).next();
    !is_mail && authority.is_some_and(|authority| authority.contains('@'))
}

/// The characters that end the part of an address with user, host and port.
const AFTER_AUTHORITY: [char; 4] = ['/', '\\', '?', '#'];

/// A text without the user names and passwords of the addresses in it.
#[must_use]
pub fn text_without_users(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split("://");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    let mut is_changed = false;
    for piece in pieces {
        let is_end = |c: char| {
            AFTER_AUTHORITY.contains(&c) || c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')
        };
        let authority = piece.split(is_end).next().unwrap_or_default();
        let user = authority.rfind('@').map_or(0, |at| at + 1);
        is_changed |= user > 0;
        out.push_str("://");
        out.push_str(piece.get(user..).unwrap_or_default());
    }
    if is_changed { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

/// The same resource in a plain form (RFC 3986 section 6).
///
/// Removes fragment, credentials, tracking parameters and the trailing dot of the host. The URL
/// parser has already lowered scheme and host and dropped the default port. Other parameters stay
/// as written and in order. Idempotent.
///
/// ```
/// use url::Url;
/// use wiresift_feed::address::canonical;
///
/// let url = Url::parse("https://example.com./a?id=7&utm_source=rss#top").unwrap();
/// assert_eq!(canonical(&url).as_str(), "https://example.com/a?id=7");
/// ```
#[must_use]
pub fn canonical(url: &Url) -> Url {
    let mut plain = without_user(url.clone());
    plain.set_fragment(None);
    // Without its dots, `1..` would be the number of another host.
    let host = plain.host_str().and_then(|host| host.strip_suffix('.'));
    if let Some(host) = host.filter(|host| !host.ends_with('.')).map(str::to_owned) {
        // Fails only if the rest is no host; the host then stays as it is.
        let _ = plain.set_host(Some(&host));
    }
    if let Some(query) = plain.query() {
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !tracking::is_tracking(pair))
            .collect();
        let kept = kept.join("&");
        plain.set_query((!kept.is_empty()).then_some(kept.as_str()));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        canonical(&Url::parse(text).unwrap()).to_string()
    }

    #[test]
    fn tracking_parameters_are_removed_and_others_kept() {
        for (given, expected) in [
            ("HTTP://Example.COM:80/a/../b?utm_source=x&id=7#top", "http://example.com/b?id=7"),
            ("https://example.com./a?fbclid=1", "https://example.com/a"),
            ("https://example.com/?p=123&UTM_Medium=feed", "https://example.com/?p=123"),
            ("https://example.com/a?b=2&a=1&gclid=9", "https://example.com/a?b=2&a=1"),
            ("https://example.com/a?source=rss&ref=42", "https://example.com/a?ref=42"),
            ("https://example.com/a?", "https://example.com/a"),
            ("https://example.com/a?x=%20y+z&mc_cid=1&mc_eid=2", "https://example.com/a?x=%20y+z"),
            ("https://me:secret@example.com/a", "https://example.com/a"),
            ("https://example.com/a?at_medium=RSS&at_campaign=rss", "https://example.com/a"),
            ("https://example.com/search?q=utm_source", "https://example.com/search?q=utm_source"),
        ] {
            assert_eq!(plain(given), expected, "{given}");
        }
    }

    #[test]
    fn a_feed_address_is_validated() {
        assert_eq!(
            FeedUrl::parse(" feed:https://a.example/f ").unwrap().as_str(),
            "https://a.example/f"
        );
        assert_eq!(FeedUrl::parse("feed://a.example/f").unwrap().as_str(), "http://a.example/f");
        assert_eq!(
            FeedUrl::parse("https://a.example/f?feed=rss2#x").unwrap().as_str(),
            "https://a.example/f?feed=rss2"
        );
        assert_eq!(FeedUrl::parse(""), Err(AddressError::Empty));
        assert_eq!(
            FeedUrl::parse("a.example/f"),
            Err(AddressError::NoScheme("a.example/f".into()))
        );
        assert_eq!(
            FeedUrl::parse("a.example:8080/f"),
            Err(AddressError::NoScheme("a.example:8080/f".into()))
        );
        assert_eq!(FeedUrl::parse("file:///etc/passwd"), Err(AddressError::Scheme("file".into())));
        assert!(matches!(FeedUrl::parse("http://"), Err(AddressError::Malformed(_))));
    }

    #[test]
    fn a_feed_address_has_no_user_and_no_password() {
        for text in [
            "https://me:secret@a.example/f",
            "http://me@a.example/f",
            "https://:secret@a.example/f",
            "feed://me:secret@a.example/f",
            "feed:https://me:secret@a.example/f",
            "https:/me:secret@a.example/f",
            "https:\\\\me:secret@a.example/f",
            "https:\\me:secret@d:/em/://a.example",
            "ht\ttps:/\n/me:secret@a.example/f",
            "me:secret@a.example/f",
            "me@a.example/f",
            "ftp://me:secret@a.example/f",
            "https://me:sec/ret@[a.example/f",
        ] {
            let error = FeedUrl::parse(text).unwrap_err();
            assert!(!error.to_string().contains("sec"), "{text}: {error}");
        }
        for text in ["https://me:secret@a.example/f", "https:\\\\me@a.example\\://f"] {
            assert_eq!(FeedUrl::parse(text), Err(AddressError::UserInfo));
        }
        assert!(FeedUrl::parse("https://a.example/@me/feed?mail=me@a.example").is_ok());
        assert_eq!(
            FeedUrl::parse("mailto:x@a.example"),
            Err(AddressError::Scheme("mailto".into()))
        );
    }

    #[test]
    fn a_text_loses_the_users_of_its_addresses() {
        for (text, plain) in [
            ("https://me:secret@a.example/1", "https://a.example/1"),
            (
                "<a href=\"http://me:se@cret@a.example?x=@\">x@y</a> http://b.example/@me",
                "<a href=\"http://a.example?x=@\">x@y</a> http://b.example/@me",
            ),
            ("tag:a.example,2026:1@2", "tag:a.example,2026:1@2"),
            ("://", "://"),
        ] {
            assert_eq!(text_without_users(text), plain);
        }
    }

    #[test]
    fn a_host_has_its_port_unless_default() {
        let host = |text: &str| Host::of(&Url::parse(text).unwrap()).map(|host| host.to_string());
        assert_eq!(host("https://Example.com.:443/x").as_deref(), Some("example.com"));
        assert_eq!(host("http://127.0.0.1:8080/").as_deref(), Some("127.0.0.1:8080"));
        assert_eq!(host("http://[::1]:81/").as_deref(), Some("[::1]:81"));
        assert_eq!(host("mailto:x@example.com"), None);
    }

    #[test]
    fn a_host_without_a_label_is_none() {
        for text in ["http://a..example/", "http://a.example../", "http://.example/", "http://1../"]
        {
            let url = Url::parse(text).unwrap();
            assert_eq!(Host::of(&url), None, "{text}");
            assert!(!is_lawful(&url) && canonical(&url) == url, "{text}");
            assert_eq!(FeedUrl::parse(text), Err(AddressError::Host));
        }
    }
}
