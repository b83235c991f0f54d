//! Causes and scores in words, for people who ask why there is no article or no story.

use std::collections::BTreeMap;

use crate::filing::EntryCause;
use crate::polling::failure::Cause;
use wiresift_extract::article::PageKind;

/// What the cause of an entry without an article means, and what helps. The glossary has all
/// causes.
#[must_use]
pub fn explained(cause: &str) -> Option<&'static str> {
    let causes = [
        (EntryCause::Waiting, "it waits to be read"),
        (EntryCause::Moved, "a redirect leads to another address, which is read next"),
        (EntryCause::NoLink, "the feed gives neither an address nor a full text"),
        (
            EntryCause::NoText,
            "neither the page nor the feed has an article; see `wiresift explain`",
        ),
        (EntryCause::Robots, "robots.txt of the site forbids the pages"),
        (EntryCause::RobotsUnreachable, "robots.txt of the site does not answer"),
        (EntryCause::Redirects, "redirects lead in a circle or nowhere"),
        (EntryCause::RedirectedHome, "the site redirects to its front page"),
        (EntryCause::RedirectedElsewhere, "the site redirects to a page about something else"),
        (EntryCause::Doubtful, "the text is unlike the other articles of the site"),
        (EntryCause::Database, "the database did not answer"),
        (EntryCause::Memory, "there was no memory free for the page"),
        (EntryCause::Quarantined, "the page crashed the process several times"),
        (EntryCause::Unstorable, "the database refused the values"),
        (EntryCause::Page(PageKind::Index), "the links lead to lists and not to articles"),
        (EntryCause::Page(PageKind::BotWall), "the site shows a test for robots"),
        (EntryCause::Page(PageKind::ConsentWall), "the site shows a question for consent"),
        (EntryCause::Page(PageKind::SoftNotFound), "the page says that it was not found"),
        (EntryCause::Page(PageKind::Empty), "the page has no text"),
        (EntryCause::Fetch(Cause::Dns), "the name of the host is not known"),
        (EntryCause::Fetch(Cause::Connect), "no connection could be made"),
        (EntryCause::Fetch(Cause::Tls), "the certificate of the host is bad"),
        (EntryCause::Fetch(Cause::Timeout), "the site took too long to answer"),
        (EntryCause::Fetch(Cause::Interrupted), "the connection broke"),
        (EntryCause::Fetch(Cause::Throttled), "the site asks for fewer requests"),
        (EntryCause::Fetch(Cause::Unavailable), "the site answers with an error of its own (5xx)"),
        (EntryCause::Fetch(Cause::Forbidden), "the site denies access"),
        (EntryCause::Fetch(Cause::Missing), "the page is not there (404)"),
        (EntryCause::Fetch(Cause::Gone), "the page was removed on purpose (410)"),
        (EntryCause::Fetch(Cause::Refused), "the site answers without a page"),
        (EntryCause::Fetch(Cause::TooLarge), "the page is larger than http.max_body_bytes"),
        (EntryCause::Fetch(Cause::Damaged), "the page cannot be unpacked, or ends too early"),
        (EntryCause::Fetch(Cause::MediaType), "the address leads to something that is no text"),
        (EntryCause::Fetch(Cause::Unreadable), "the page cannot be read"),
        (EntryCause::Fetch(Cause::Address), "the address is not on the public internet"),
        (EntryCause::Fetch(Cause::Url), "the address is no web address"),
    ];
    causes.into_iter().find(|(known, _)| known.as_str() == cause).map(|(_, words)| words)
}

/// What speaks for one event and against it, the most important first. `parts` are the parts of a
/// score, by name.
#[must_use]
pub fn grounds(parts: &BTreeMap<String, f64>) -> String {
    let mut parts: Vec<(&String, f64)> = parts.iter().map(|(name, part)| (name, *part)).collect();
    parts.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    let words: Vec<String> =
        parts.into_iter().map(|(name, part)| format!("{name} {part:+.2}")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_is_not_known_has_no_words() {
        assert!(explained("no-link").is_some());
        assert!(explained("timeout").is_some());
        assert_eq!(explained("new-from-page"), None);
    }
}
