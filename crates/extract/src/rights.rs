//! What a publication says about the use of its article.
//!
//! The crate records these statements and draws no conclusion from them.

use serde::Serialize;

/// Most directives that are kept.
const DIRECTIVES: usize = 32;

/// Robots directives with a value after a colon. Any other name before a colon is the name of a
/// robot.
const VALUED: &[&str] =
    &["max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"];

/// What the page and its headers say about the use of the article.
///
/// [`extract`](crate::extract) reads the page's `meta` elements. The HTTP headers are up to the
/// caller: [`Rights::add_robots`] and [`Rights::add_tdm`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent statements, each a flag that consumers filter by"
)]
pub struct Rights {
    /// Robots directives of `meta` and `X-Robots-Tag`, in lower case. At most 32.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub robots: Vec<String>,
    /// `noindex` or `none` for all robots.
    pub no_index: bool,
    /// `noarchive` or `none` for all robots.
    pub no_archive: bool,
    /// Characters that may be quoted: `max-snippet`, where -1 means no limit; 0 after `nosnippet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_snippet: Option<i32>,
    /// `noai` or `noimageai` was declared, or text and data mining is reserved.
    pub no_ai: bool,
    /// Text and data mining is reserved (true) or allowed (false), by the TDM Reservation Protocol
    /// (W3C community group final report, 2024). If header and page differ, the reservation holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tdm_reserved: Option<bool>,
    /// Address of the terms for text and data mining (`tdm-policy`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tdm_policy: Option<String>,
    /// The text is not free to read, or only a part of it was sent.
    pub paywalled: bool,
    /// The body is only the beginning of the article.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub excerpt: bool,
    /// What shows that the article is behind a paywall.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paywall_evidence: Vec<String>,
    /// Address or name of a licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

impl Rights {
    /// Adds a list of robots directives, as in `<meta name=robots>` or an `X-Robots-Tag` header.
    pub fn add_robots(&mut self, list: &str) {
        let list = list.to_ascii_lowercase();
        let mut is_for_all = true;
        for directive in list.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            let (name, value) = directive.split_once(':').unwrap_or((directive, ""));
            let (name, value) = (name.trim(), value.trim());
            // `otherbot: noindex, noarchive` names the robot once for all that follows.
            let is_addressed = directive.contains(':') && !VALUED.contains(&name);
            is_for_all &= !is_addressed;
            let flag = if is_addressed { value } else { name };
            self.no_ai |= matches!(flag, "noai" | "noimageai");
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

    /// Adds the values of `tdm-reservation` and `tdm-policy`, from `meta` elements or headers.
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

    /// Marks the article as not free to read and records why.
    pub fn add_paywall(&mut self, evidence: String) {
        self.paywalled = true;
        self.paywall_evidence.push(evidence);
    }
}

/// The lower limit; -1 is no limit.
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
    fn a_reservation_overrides_a_permission() {
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
