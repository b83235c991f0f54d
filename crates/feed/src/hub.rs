//! Which hub and which topic a feed names.
//!
//! A publisher says both by link relations, `hub` and `self`, in `Link` headers (RFC 8288) or in the document; the
//! headers come first (WebSub, section 4). Each relation is looked for by itself, because servers that put the hub
//! into a header and leave `self` to the document are common and mean one thing.

use chrono::TimeDelta;
use url::Url;

/// Hubs that are kept of one feed.
const MAX_HUBS: usize = 8;

/// How long a subscription is kept, whatever the feed names meanwhile.
const SETTLED: TimeDelta = TimeDelta::days(1);

/// Longest address that is kept.
const MAX_ADDRESS: usize = 2048;

/// The relations of one feed that WebSub knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// `rel=hub`, in order.
    pub hubs: Vec<Url>,
    /// The first `rel=self`, as it was written where that is a whole address: the hub compares texts.
    pub own: Option<String>,
}

/// What a feed offers to be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Where to ask.
    pub hubs: Vec<Url>,
    /// What to ask for.
    pub topic: String,
}

impl Links {
    /// The relations that an answer's `Link` headers state, relative to where it came from.
    #[must_use]
    pub fn of_headers(values: &[String], base: &Url) -> Self {
        let mut links = Self::default();
        for value in values {
            for (target, parameters) in HeaderLinks(value) {
                let parameter = |name: &str| {
                    parameters
                        .iter()
                        .find(|(known, _)| known.eq_ignore_ascii_case(name))
                        .map(|(_, value)| value)
                };
                // A link with an anchor is about something else (RFC 8288, 3.2).
                if let (Some(relation), None) = (parameter("rel"), parameter("anchor")) {
                    links.note(relation, target, base);
                }
            }
        }
        links
    }

    /// Takes in one link, if it is of a relation that we know and leads to a page.
    pub fn note(&mut self, relations: &str, target: &str, base: &Url) {
        let target = target.trim();
        let Some(url) = base.join(target).ok().filter(|url| is_usable(url, target)) else { return };
        for relation in relations.split_whitespace() {
            match relation.rsplit('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "hub" if self.hubs.len() < MAX_HUBS && !self.hubs.contains(&url) => {
                    self.hubs.push(url.clone());
                }
                "self" if self.own.is_none() => self.own = Some(as_written(target, &url)),
                _ => {}
            }
        }
    }

    /// These, and `other` for each relation that is missing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            hubs: if self.hubs.is_empty() { other.hubs } else { self.hubs },
            own: self.own.or(other.own),
        }
    }

    /// What can be subscribed to; none without a hub. A feed that does not name itself is known by `address`, where
    /// it was asked. Hubs that are spoken to in secret come first, since the request carries one.
    #[must_use]
    pub fn named(&self, address: &Url) -> Option<Named> {
        let mut hubs = self.hubs.clone();
        hubs.sort_by_key(|hub| hub.scheme() != "https");
        let topic = self.own.clone().unwrap_or_else(|| address.to_string());
        (!hubs.is_empty()).then_some(Named { hubs, topic })
    }
}

impl Named {
    /// The hub to use: the one we are with as long as it is named, or else the first.
    #[must_use]
    pub fn hub(&self, present: Option<&str>) -> Option<&Url> {
        let kept = self.hubs.iter().find(|hub| present == Some(hub.as_str()));
        kept.or(self.hubs.first())
    }

    /// Whether this is to take the place of a subscription to `topic` at `hub`, held for so long. Some feeds name
    /// another address of themselves at each poll; one of those is as good as the next, for a day.
    #[must_use]
    pub fn supersedes(&self, hub: &str, topic: &str, held_for: TimeDelta) -> bool {
        let is_same = self.topic == topic && self.hubs.iter().any(|named| named.as_str() == hub);
        !is_same && held_for >= SETTLED
    }
}

fn is_usable(url: &Url, written: &str) -> bool {
    !written.is_empty()
        && matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.as_str().len() <= MAX_ADDRESS
}

fn as_written(target: &str, url: &Url) -> String {
    let is_plain = target.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && Url::parse(target).is_ok_and(|whole| whole == *url) {
        target.to_owned()
    } else {
        url.to_string()
    }
}

/// The links of one header value. What is malformed ends it.
struct HeaderLinks<'a>(&'a str);

type Parameters<'a> = Vec<(&'a str, String)>;

impl<'a> Iterator for HeaderLinks<'a> {
    type Item = (&'a str, Parameters<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        let (target, mut rest) = rest.strip_prefix('<')?.split_once('>')?;
        let mut parameters = Parameters::new();
        loop {
            rest = rest.trim_start();
            let Some(after) = rest.strip_prefix(';') else { break };
            let after = after.trim_start();
            let end = after.find(['=', ';', ',']).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            let Some(after) = after.strip_prefix('=') else {
                rest = after;
                continue;
            };
            let (value, after) = parameter_value(after.trim_start());
            parameters.push((name.trim(), value));
            rest = after;
        }
        // On to the next comma, whatever stands before it.
        self.0 = rest.find(',').and_then(|comma| rest.get(comma..)).unwrap_or_default();
        Some((target, parameters))
    }
}

/// A token or a quoted string, and what follows it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([';', ',']).unwrap_or(text.len()));
        return (value.trim().to_owned(), rest);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => {
                escaped = true;
                continue;
            }
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
        value.push(c);
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> Url {
        Url::parse("https://paper.example/feed").unwrap()
    }

    fn links(values: &[&str]) -> Links {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        Links::of_headers(&values, &base())
    }

    fn hubs(links: &Links) -> Vec<&str> {
        links.hubs.iter().map(Url::as_str).collect()
    }

    #[test]
    fn headers_are_read_as_servers_write_them() {
        let links = links(&[
            "<https://hub.example/>; rel=\"hub\", </feed?x=1,2>; title=\"a, \\\"b\\\"; c\"; REL=self",
            "<https://other.example/>;rel=\"preload hub\";as=x, <https://hub.example/>; rel=hub",
            "<https://no.example/>; rel=hub; anchor=\"/elsewhere\", <mailto:a@b.example>; rel=hub",
        ]);
        assert_eq!(hubs(&links), ["https://hub.example/", "https://other.example/"]);
        assert_eq!(links.own.as_deref(), Some("https://paper.example/feed?x=1,2"));
    }

    #[test]
    fn headers_come_before_the_document_relation_by_relation() {
        let header = links(&["<https://hub.example/>; rel=hub"]);
        let document =
            links(&["<https://old.example/>; rel=hub, <https://paper.example/all>; rel=self"]);
        let both = header.or(document);
        assert_eq!(hubs(&both), ["https://hub.example/"]);
        assert_eq!(both.named(&base()).unwrap().topic, "https://paper.example/all");
        assert_eq!(links(&["</x>; rel=self"]).named(&base()), None);
    }

    #[test]
    fn a_topic_is_kept_as_it_was_written() {
        let topic = |text: &str| links(&[&format!("<{text}>; rel=self")]).own;
        assert_eq!(
            topic("HTTPS://Paper.example:443/a").as_deref(),
            Some("HTTPS://Paper.example:443/a")
        );
        assert_eq!(topic("/a").as_deref(), Some("https://paper.example/a"));
        assert_eq!(
            topic("https://paper.example/a b").as_deref(),
            Some("https://paper.example/a%20b")
        );
    }

    #[test]
    fn secret_hubs_come_first_and_a_hub_is_kept_as_long_as_it_is_named() {
        let named = links(&["<http://plain.example/>; rel=hub, <https://hub.example/>; rel=hub"]);
        let named = named.named(&base()).unwrap();
        assert_eq!(named.topic, "https://paper.example/feed");
        assert_eq!(named.hub(None).map(Url::as_str), Some("https://hub.example/"));
        assert_eq!(
            named.hub(Some("http://plain.example/")).map(Url::as_str),
            Some("http://plain.example/")
        );
        assert_eq!(
            named.hub(Some("http://gone.example/")).map(Url::as_str),
            Some("https://hub.example/")
        );
        let day = TimeDelta::days(1);
        assert!(!named.supersedes("http://plain.example/", "https://paper.example/feed", day));
        assert!(named.supersedes("http://gone.example/", "https://paper.example/feed", day));
        assert!(named.supersedes("http://plain.example/", "https://paper.example/feed?2", day));
        assert!(!named.supersedes(
            "http://plain.example/",
            "https://paper.example/feed?2",
            day / 2
        ));
    }

    proptest! {
        #[test]
        fn any_header_is_answered(values in proptest::collection::vec("[<>;,=\"\\\\a-z/: ]{0,60}|.{0,60}", 0..4)) {
            let links = Links::of_headers(&values, &base());
            prop_assert!(links.hubs.len() <= MAX_HUBS);
        }

        #[test]
        fn a_link_is_found_behind_any_other(title in "[^\"\\\\<]{0,40}") {
            let value = format!("<https://a.example/>; title=\"{title}\"; rel=next, <https://hub.example/>; rel=hub");
            let found = links(&[&value]);
            prop_assert_eq!(hubs(&found), ["https://hub.example/"]);
        }
    }
}
