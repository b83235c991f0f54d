//! Errors that a bridge hands out as entries.
//!
//! A bridge makes a feed of a page that has none. When that page cannot be read, some bridges answer
//! with an entry about the failure, a new one every day. It looks like an article, with title,
//! date and text, and is none.

use std::fmt;

use url::Url;

/// A program that writes its failures as entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BridgeError {
    /// `RSS-Bridge`: "Bridge returned error 403!".
    RssBridge,
    /// `RSSHub`: "`RSSHub` is experiencing an error", "Looks like something went wrong in `RSSHub`".
    RssHub,
    /// `FiveFilters` Full-Text RSS: "[unable to retrieve full-text content]".
    FullText,
    /// Another program, by a stack trace in the text under a title that says error.
    Trace,
}

impl BridgeError {
    /// The stable word, for people and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RssBridge => "rss-bridge",
            Self::RssHub => "rsshub",
            Self::FullText => "full-text-rss",
            Self::Trace => "trace",
        }
    }
}

impl fmt::Display for BridgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Most letters of a text that are looked through.
const LOOKED_AT: usize = 4096;

/// Whether an entry with this title, link and text is the error of a bridge. All texts are plain.
///
/// An article about a bridge is none: the title has to be the program's own words, and its link or
/// its text has to be of the program too.
#[must_use]
pub fn error_of(title: &str, link: Option<&Url>, text: &str) -> Option<BridgeError> {
    let title = title.trim().to_lowercase();
    let end = text.floor_char_boundary(LOOKED_AT);
    let text = text.get(..end).unwrap_or(text).to_lowercase();
    let has_query = |word: &str| {
        link.is_some_and(|url| url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case(word)))
    };
    let is_of_bridge = || {
        has_query("bridge")
            || text.contains("rssbridge")
            || text.contains("rss-bridge")
            || has_trace(&text)
            || text.contains("bridge was unable")
    };
    if is_bridge_title(&title) && is_of_bridge() {
        return Some(BridgeError::RssBridge);
    }
    let hub = ["something went wrong in rsshub", "rsshub is experiencing"];
    if hub.iter().any(|words| title.contains(words) || text.starts_with(words))
        || (title.contains("error") && text.contains("error message") && text.contains("rsshub"))
    {
        return Some(BridgeError::RssHub);
    }
    if title.starts_with("[unable to retrieve") {
        return Some(BridgeError::FullText);
    }
    let says_error = ["error", "exception", "failed"].iter().any(|word| title.contains(word));
    (says_error && has_trace(&text)).then_some(BridgeError::Trace)
}

/// "Bridge returned error 403! (20417)", "`ShopBridge` returned error: 0", "Shop Bridge failed with
/// error 500", "Error in bridge Shop".
fn is_bridge_title(title: &str) -> bool {
    let words: Vec<&str> =
        title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let Some(at) = words.iter().position(|word| word.ends_with("bridge")) else { return false };
    let after = words.get(at + 1..).unwrap_or_default();
    let failed = ["returned", "failed", "encountered", "threw", "was"];
    let is_error = |word: &str| word.starts_with("error") || word.starts_with("exception");
    let says_after = after.first().is_some_and(|word| failed.contains(word))
        && (after.iter().take(4).any(|word| is_error(word)) || after.contains(&"unable"));
    let before = words.get(..at).unwrap_or_default();
    says_after || (before.first().is_some_and(|word| is_error(word)) && before.len() <= 3)
}

/// Whether a text has the lines of a stack trace of PHP, JavaScript or Python.
fn has_trace(text: &str) -> bool {
    let php = text.contains("#0 ") && text.contains("#1 ") && text.contains(".php");
    let node = text.contains("    at ") && (text.contains(".js:") || text.contains(".ts:"));
    let python = text.contains("traceback (most recent call last)");
    php || node || python
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "Details Type: HttpException Trace #0 index.php(16): RssBridge->main() #1 \
                         lib/RssBridge.php(103)";

    #[test]
    fn errors_of_bridges_are_known() {
        let link = Url::parse("https://bridge.example/?action=display&bridge=Shop").unwrap();
        for (title, text, error) in [
            ("Bridge returned error 403! (20417)", TRACE, BridgeError::RssBridge),
            ("ShopBridge returned error: 0", TRACE, BridgeError::RssBridge),
            ("Error in bridge Shop", TRACE, BridgeError::RssBridge),
            ("Looks like something went wrong in RSSHub", "", BridgeError::RssHub),
            ("[unable to retrieve full-text content]", "", BridgeError::FullText),
            ("HttpException: not found", TRACE, BridgeError::Trace),
            (
                "Error while reading the page",
                "Traceback (most recent call last): …",
                BridgeError::Trace,
            ),
        ] {
            assert_eq!(error_of(title, None, text), Some(error), "{title}");
        }
        assert_eq!(
            error_of("Bridge returned error 503!", Some(&link), ""),
            Some(BridgeError::RssBridge)
        );
    }

    #[test]
    fn articles_about_bridges_are_none() {
        for (title, text) in [
            ("Harbour bridge returned to service", "The bridge is open again."),
            ("Bridge returned error-free after tests", "Engineers tested the bridge for a week."),
            ("Error closes the old bridge", "A wrong sign stood on the bridge."),
            ("How RSS-Bridge works", "RSS-Bridge reads pages that have no feed."),
            ("A human error", "The captain said #1 priority is safety."),
            ("", ""),
        ] {
            assert_eq!(error_of(title, None, text), None, "{title}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(title in "\\PC{0,40}", text in "\\PC{0,80}") {
            let _ = error_of(&title, None, &text);
        }
    }
}
