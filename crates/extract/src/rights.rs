//! What a publication says about the use of its article. Kept because it cannot be found out later; what follows from
//! it is for the consumer to decide.

use serde::Serialize;

/// Most directives that are kept.
const DIRECTIVES: usize = 32;

/// Robots directives with a value after a colon; any other name before a colon is a robot's.
const VALUED: &[&str] =
    &["max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"];

/// What the page and its headers say about its use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent statements, each a flag that consumers filter by"
)]
pub struct Rights {
    /// Robots directives of `meta` and `X-Robots-Tag`, lower case, as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub robots: Vec<String>,
    /// `noindex` or `none`, to all robots.
    pub no_index: bool,
    /// `noarchive` or `none`, to all robots.
    pub no_archive: bool,
    /// Letters that may be quoted: `max-snippet`, where -1 is no limit, or 0 by `nosnippet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_snippet: Option<i32>,
    /// `noai` or `noimageai`, or a TDM reservation, was declared.
    pub no_ai: bool,
    /// Text and data mining reserved (true) or allowed (false) by the TDM Reservation Protocol (W3C community group
    /// final report, 2024). Where header and page differ, the reservation holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tdm_reserved: Option<bool>,
    /// Where the terms for text and data mining are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tdm_policy: Option<String>,
    /// The text is not free for all to read, or only a part of it was sent.
    pub paywalled: bool,
    /// Only the beginning was given.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub excerpt: bool,
    /// Why it is taken to be paywalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paywall_evidence: Vec<String>,
    /// A licence URL or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

impl Rights {
    /// Adds a list of robots directives, as in `<meta name=robots>` or an `X-Robots-Tag`.
    pub fn add_robots(&mut self, list: &str) {
        let list = list.to_ascii_lowercase();
        let mut is_for_all = true;
        for directive in list.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            let (name, value) = directive.split_once(':').unwrap_or((directive, ""));
            let (name, value) = (name.trim(), value.trim());
            // `otherbot: noindex, noarchive` names the robot once for all that follows.
            let is_addressed = directive.contains(':') && !VALUED.contains(&name);
            is_for_all &= !is_addressed;
            let told = if is_addressed { value } else { name };
            self.no_ai |= matches!(told, "noai" | "noimageai");
            if is_for_all {
                self.no_index |= matches!(name, "noindex" | "none");
                self.no_archive |= matches!(name, "noarchive" | "none");
                let snippet = if name == "nosnippet" { Some(0) } else { value.parse().ok() };
                if matches!(name, "nosnippet" | "max-snippet") {
                    self.max_snippet = stricter(self.max_snippet, snippet);
                }
            }
            if self.robots.len() < DIRECTIVES && !self.robots.iter().any(|known| known == directive)
            {
                self.robots.push(directive.to_owned());
            }
        }
    }

    /// Adds what a `tdm-reservation` and a `tdm-policy` say, in `meta` or header.
    pub fn add_tdm(&mut self, reservation: Option<&str>, policy: Option<&str>) {
        let reserved = match reservation.map(str::trim) {
            Some("1") => Some(true),
            Some("0") => Some(false),
            _ => None,
        };
        self.tdm_reserved = self.tdm_reserved.max(reserved);
        self.no_ai |= self.tdm_reserved == Some(true);
        let policy = policy.map(str::trim).filter(|policy| !policy.is_empty());
        self.tdm_policy = self.tdm_policy.take().or_else(|| policy.map(str::to_owned));
    }

    /// Says that the article is not free to read, and why.
    pub fn add_paywall(&mut self, evidence: String) {
        self.paywalled = true;
        self.paywall_evidence.push(evidence);
    }
}

/// The fewer letters; -1 is no limit.
fn stricter(a: Option<i32>, b: Option<i32>) -> Option<i32> {
    match (a, b) {
        (Some(a), Some(b)) if a >= 0 && b >= 0 => Some(a.min(b)),
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_become_flags() {
        // List, no_index, no_archive, max_snippet, no_ai.
        for (list, wanted) in [
            ("Index, Follow", (false, false, None, false)),
            ("NOINDEX,noarchive", (true, true, None, false)),
            ("none", (true, true, None, false)),
            ("max-snippet:160, max-image-preview:large", (false, false, Some(160), false)),
            ("max-snippet:-1", (false, false, Some(-1), false)),
            ("max-snippet:160, nosnippet", (false, false, Some(0), false)),
            ("noai, noimageai", (false, false, None, true)),
            ("otherbot: noindex, noarchive", (false, false, None, false)),
            ("otherbot: noai", (false, false, None, true)),
            (", ,", (false, false, None, false)),
        ] {
            let mut rights = Rights::default();
            rights.add_robots(list);
            let found = (rights.no_index, rights.no_archive, rights.max_snippet, rights.no_ai);
            assert_eq!(found, wanted, "{list}");
        }
    }

    #[test]
    fn the_reservation_holds_where_statements_differ() {
        for (first, second, reserved) in [
            (Some("1"), Some("0"), Some(true)),
            (Some("0"), Some("1"), Some(true)),
            (Some("0"), None, Some(false)),
            (Some("yes"), None, None),
        ] {
            let mut rights = Rights::default();
            rights.add_tdm(first, None);
            rights.add_tdm(second, Some("https://example.org/terms"));
            assert_eq!((rights.tdm_reserved, rights.no_ai), (reserved, reserved == Some(true)));
            assert_eq!(rights.tdm_policy.as_deref(), Some("https://example.org/terms"));
        }
    }
}
