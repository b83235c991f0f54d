//! Events as sentences.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::console::view::format::{LINE, When, foreign};
use crate::store::EventLine;

/// An event on a page.
#[derive(Debug, Clone)]
pub(crate) struct EventView {
    pub(crate) when: When,
    pub(crate) kind: String,
    pub(crate) sentence: String,
    /// Id and name of the feed.
    pub(crate) feed: Option<(i64, String)>,
    pub(crate) host: Option<String>,
}

impl EventView {
    pub(crate) fn of(event: &EventLine, now: DateTime<Utc>) -> Self {
        let feed = event.feed_id.zip(event.feed.as_deref());
        Self {
            when: When::of(event.at, now),
            kind: foreign(&event.kind, 40),
            sentence: sentence(&event.kind, &event.detail),
            feed: feed.map(|(id, name)| (id, foreign(name, 80))),
            host: event.host.as_deref().map(|host| foreign(host, 80)),
        }
    }
}

/// What happened. The parts that come from the web are bounded.
pub(crate) fn sentence(kind: &str, detail: &Value) -> String {
    let text = |key: &str| {
        detail
            .get(key)
            .and_then(Value::as_str)
            .map_or_else(|| "?".to_owned(), |it| foreign(it, LINE))
    };
    let number = |key: &str| detail.get(key).and_then(Value::as_i64).unwrap_or_default();
    let is = |key: &str| detail.get(key).and_then(Value::as_bool).unwrap_or_default();
    match kind {
        "gap" => "Entries may have come and gone between two polls.".to_owned(),
        "backfill" if is("closed") => {
            format!("Older pages were read and closed the gap ({}).", number("pages"))
        }
        "backfill" => {
            format!("Older pages were read ({}); the gap is still open.", number("pages"))
        }
        "moved" if is("returned") => format!("Polled at its listed address again: {}", text("to")),
        "moved" if is("adopted") => format!("Moved for good to {}", text("to")),
        "moved" => format!("Redirects permanently to {}; watched for some days.", text("to")),
        "feed-of-page" => format!("The listed address is a page; its feed is {}", text("to")),
        "bridge-error" => format!("Shows an error in place of articles: {}", text("title")),
        "silent" => format!("Quiet for {} hours, longer than ever before.", number("quiet_hours")),
        "blocked" => format!("A wall answers in place of the feed: {}", text("error")),
        "gone" => "The server says that the feed is gone for good (410).".to_owned(),
        "validators-distrusted" => {
            "ETag or Last-Modified were wrong; they are not used for a while.".to_owned()
        }
        "replacement-found" => "The home page names feeds that are not on the list.".to_owned(),
        "key-policy-changed" => {
            "Its ids are unreliable; entries are recognised otherwise.".to_owned()
        }
        "renamed" => "Nearly all entries changed their ids at once.".to_owned(),
        "entries-reappeared" => "Entries that had left long ago are in it again.".to_owned(),
        "retracted" => format!("The page of article {} is gone for good.", number("article")),
        "quarantined" => "Crashed the process that parsed it, several times.".to_owned(),
        "set-aside" => match detail.get("error") {
            Some(_) => format!("Set aside: {}", text("error")),
            None => "Set aside, because it cannot be digested.".to_owned(),
        },
        "hub-distrusted" => "The hub did not deliver an entry; polled as usual again.".to_owned(),
        "hub-denied" => "The hub denied the subscription.".to_owned(),
        "site-changed" => "The articles of the site stand elsewhere in its pages.".to_owned(),
        other => foreign(other, 40),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_web_says_in_an_event_is_bounded() {
        let long = "x".repeat(100_000);
        let told = sentence("blocked", &json!({ "error": format!("\u{202e}{long}") }));
        assert!(told.chars().count() < LINE + 60, "{}", told.len());
        assert!(!told.contains('\u{202e}'));
        assert_eq!(sentence("blocked", &json!({})), "A wall answers in place of the feed: ?");
    }

    #[test]
    fn a_move_is_told_by_how_far_it_is() {
        let told = |detail| sentence("moved", &detail);
        assert!(told(json!({ "to": "https://b.example/" })).starts_with("Redirects permanently"));
        assert!(told(json!({ "to": "x", "adopted": true })).starts_with("Moved for good"));
        assert!(told(json!({ "to": "x", "returned": true })).starts_with("Polled at its listed"));
    }
}
