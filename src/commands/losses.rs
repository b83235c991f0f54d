//! What a feed shows and the daemon does not file, in words.

use wiresift_feed::Defect;

use crate::commands::counted;
use crate::filing::words::explained;
use crate::store::FeedLine;

/// One line for each kind of loss: those of the last document, and the entries of the last seven
/// days that have no article.
pub(super) fn losses(feed: &FeedLine) -> Vec<String> {
    let defects = feed.defects.iter().filter_map(|name| Defect::from_stored(name)?.left_out());
    let entries = feed.left_out.iter().map(|(cause, count)| {
        let count = counted(usize::try_from(*count).unwrap_or(usize::MAX), "entry");
        match explained(cause) {
            Some(words) => format!("{count} without an article in 7 days ({cause}): {words}"),
            None => format!("{count} without an article in 7 days ({cause})"),
        }
    });
    defects.map(|what| format!("left out of the last document: {what}")).chain(entries).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn losses_are_told_by_cause() {
        let feed = FeedLine {
            url: "https://paper.example/feed".into(),
            name: None,
            tags: Vec::new(),
            state: "active".into(),
            last_status: Some(200),
            last_error: None,
            moved_to: None,
            failures: 0,
            entries: 12,
            last_poll_at: None,
            next_poll_at: DateTime::UNIX_EPOCH,
            defects: vec!["bare-ampersand".into(), "duplicate-entry".into()],
            left_out: [("http".to_owned(), 2), ("no-link".to_owned(), 1)].into(),
        };
        assert_eq!(
            losses(&feed),
            [
                "left out of the last document: entries that are there twice",
                "2 entries without an article in 7 days (http)",
                "1 entry without an article in 7 days (no-link): the feed gives neither an address \
                 nor a full text",
            ]
        );
    }
}
