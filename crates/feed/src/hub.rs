//! Hubs and topics of a feed (WebSub).
//!
//! A publisher states both by the link relations `hub` and `self`, in `Link` headers (RFC 8288) or
//! in the document; headers come first (WebSub, section 4). Each relation is searched by itself,
//! because many servers put the hub into a header and leave `self` to the document.

use chrono::TimeDelta;
use url::Url;

use crate::address::{is_lawful, without_user};

/// Most hubs of one feed.
const MAX_HUBS: usize = 8;

/// How long a subscription is kept even if the feed names others.
const SETTLED: TimeDelta = TimeDelta::days(1);

/// Longest address, in bytes.
const MAX_ADDRESS: usize = 2048;

/// The link relations of a feed that WebSub uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Addresses with `rel=hub`, in order, at most eight.
    pub hubs: Vec<Url>,
    /// The first `rel=self`. An absolute address stays as written, because hubs compare the text.
    pub own: Option<String>,
}

/// What a feed offers for subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubOffer {
    /// The hubs to send the request to, `https` first.
    pub hubs: Vec<Url>,
    /// The topic to subscribe to.
    pub topic: String,
}

impl Links {
    /// The relations in the `Link` headers of a response, resolved against `base`.
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
                // A link with an anchor has another context (RFC 8288 section 3.2).
                if let (Some(relation), None) = (parameter("rel"), parameter("anchor")) {
                    links.note(relation, target, base);
                }
            }
        }
        links
    }

    /// Adds a link if it has a known relation and a usable address.
    pub(crate) fn note(&mut self, relations: &str, target: &str, base: &Url) {
        let target = target.trim();
        let url = base.join(target).ok().map(without_user);
        let Some(url) = url.filter(|url| is_usable(url, target)) else { return };
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

    /// Takes each missing relation from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            hubs: if self.hubs.is_empty() { other.hubs } else { self.hubs },
            own: self.own.or(other.own),
        }
    }

    /// What can be subscribed to; `None` without a hub.
    ///
    /// A feed without `rel=self` has `address`, where it was fetched, as its topic. Hubs with
    /// `https` come first, because the request carries a secret.
    #[must_use]
    pub fn offer(&self, address: &Url) -> Option<HubOffer> {
        let mut hubs = self.hubs.clone();
        hubs.sort_by_key(|hub| hub.scheme() != "https");
        let topic = self.own.clone().unwrap_or_else(|| address.to_string());
        (!hubs.is_empty()).then_some(HubOffer { hubs, topic })
    }
}

impl HubOffer {
    /// The hub to use: `present`, the one that is in use, as long as it is offered; else the first.
    #[must_use]
    pub fn hub(&self, present: Option<&str>) -> Option<&Url> {
        let kept = self.hubs.iter().find(|hub| present == Some(hub.as_str()));
        kept.or(self.hubs.first())
    }

    /// Whether to replace a subscription to `topic` at `hub` that has been held for `held_for`.
    ///
    /// Some feeds name another address of themselves at each poll, so a subscription is kept for at
    /// least a day.
    #[must_use]
    pub fn supersedes(&self, hub: &str, topic: &str, held_for: TimeDelta) -> bool {
        let is_same = self.topic == topic && self.hubs.iter().any(|named| named.as_str() == hub);
        !is_same && held_for >= SETTLED
    }
}

fn is_usable(url: &Url, written: &str) -> bool {
    !written.is_empty() && is_lawful(url) && url.as_str().len().max(written.len()) <= MAX_ADDRESS
}

fn as_written(target: &str, url: &Url) -> String {
    let is_plain = target.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && Url::parse(target).is_ok_and(|whole| whole == *url) {
        target.to_owned()
    } else {
        url.to_string()
    }
}

/// The links of one header value. It ends at the first error.
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
        // On to the next comma, whatever is before it.
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
    fn headers_precede_the_document_for_each_relation() {
        let header = links(&["<https://hub.example/>; rel=hub"]);
        let document =
            links(&["<https://old.example/>; rel=hub, <https://paper.example/all>; rel=self"]);
        let both = header.or(document);
        assert_eq!(hubs(&both), ["https://hub.example/"]);
        assert_eq!(both.offer(&base()).unwrap().topic, "https://paper.example/all");
        assert_eq!(links(&["</x>; rel=self"]).offer(&base()), None);
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
    fn https_hubs_come_first_and_a_hub_is_kept_while_it_is_offered() {
        let named = links(&["<http://plain.example/>; rel=hub, <https://hub.example/>; rel=hub"]);
        let named = named.offer(&base()).unwrap();
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
        fn any_header_is_parsed(values in proptest::collection::vec("[<>;,=\"\\\\a-z/: ]{0,60}|.{0,60}", 0..4)) {
            let links = Links::of_headers(&values, &base());
            prop_assert!(links.hubs.len() <= MAX_HUBS);
        }

        #[test]
        fn a_link_is_found_after_any_other(title in "[^\"\\\\<]{0,40}") {
            let value = format!("<https://a.example/>; title=\"{title}\"; rel=next, <https://hub.example/>; rel=hub");
            let found = links(&[&value]);
            prop_assert_eq!(hubs(&found), ["https://hub.example/"]);
        }
    }
}
