//! The states of an entry, and the causes of a state.
//!
//! The database stores both as text: `news.accounting` counts entries by state and cause. The
//! program uses enums, so the compiler checks every `match`.

use serde::{Serialize, Serializer};
use wiresift_dedup::revision::RevisionKind;
use wiresift_extract::article::{BodySource, PageKind};

use crate::filing::judge::Evidence;
use crate::polling::failure::Cause;

/// The state of an entry. All but `Pending` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryState {
    /// The entry waits to be read.
    Pending,
    /// The entry has become an article, or is a further sighting of one.
    Filed,
    /// The entry has become a copy of another article.
    Copy,
    /// The entry has changed an article that was on file.
    Revision,
    /// A rule says that the entry must not be read.
    Skipped,
    /// The entry was given up.
    Abandoned,
}

impl EntryState {
    const ALL: [Self; 6] =
        [Self::Pending, Self::Filed, Self::Copy, Self::Revision, Self::Skipped, Self::Abandoned];

    /// The value in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Filed => "filed",
            Self::Copy => "copy",
            Self::Revision => "revision",
            Self::Skipped => "skipped",
            Self::Abandoned => "abandoned",
        }
    }

    /// Returns the state with this value in the database.
    #[must_use]
    pub fn from_stored(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == value)
    }
}

/// Why an entry is in its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryCause {
    /// The entry has not been read yet.
    Waiting,
    /// A redirect leads to another address, where the page is to be read.
    Moved,
    /// The entry has become a new article with a body from this source.
    NewFrom(BodySource),
    /// The entry is a further sighting of an article, by this evidence.
    Known(Evidence),
    /// The entry has changed its article in this way.
    Revised(RevisionKind),
    /// The article has exactly the text of another one.
    SameText,
    /// The article has the text of another one, with cuts, additions or changes.
    SimilarText,
    /// The request failed.
    Fetch(Cause),
    /// The page is of a kind that is not filed.
    Page(PageKind),
    /// robots.txt forbids the address, or was not read yet.
    Robots,
    /// robots.txt is unreachable, so every address is forbidden (RFC 9309, 2.3.1.4).
    RobotsUnreachable,
    /// The database did not answer.
    Database,
    /// The daemon had no memory free for the page.
    Memory,
    /// The text was so unlike the other articles of the site that it may be something else.
    Doubtful,
    /// The site redirects to its front page.
    RedirectedHome,
    /// The site redirects to a page that is not about the entry.
    RedirectedElsewhere,
    /// There are too many redirects, or one does not lead to a web address.
    Redirects,
    /// Neither the page nor the feed has text.
    NoText,
    /// The feed gives neither an address nor text.
    NoLink,
    /// The program failed to read the page.
    Unreadable,
    /// The page crashed the process several times.
    Quarantined,
    /// The database refused the values.
    Unstorable,
}

impl EntryCause {
    /// The value in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Moved => "moved",
            Self::NewFrom(BodySource::Page) => "new-from-page",
            Self::NewFrom(BodySource::JsonLd) => "new-from-json-ld",
            Self::NewFrom(BodySource::PageState) => "new-from-page-state",
            Self::NewFrom(BodySource::Feed) => "new-from-feed",
            Self::Known(Evidence::Address) => "known-address",
            Self::Known(Evidence::Canonical) => "known-canonical",
            Self::Known(Evidence::Text) => "known-text",
            Self::Revised(kind) => kind.as_str(),
            Self::SameText => "same-text",
            Self::SimilarText => "similar-text",
            Self::Fetch(cause) => cause.as_str(),
            Self::Page(kind) => kind.as_str(),
            Self::Robots => "robots",
            Self::RobotsUnreachable => "robots-unreachable",
            Self::Database => "database",
            Self::Memory => "memory",
            Self::Doubtful => "doubtful",
            Self::RedirectedHome => "redirected-home",
            Self::RedirectedElsewhere => "redirected-elsewhere",
            Self::Redirects => "redirects",
            Self::NoText => "no-text",
            Self::NoLink => "no-link",
            Self::Unreadable => "unreadable",
            Self::Quarantined => "quarantined",
            Self::Unstorable => "unstorable",
        }
    }

    /// Whether the entry is a further sighting of an article that another entry has added.
    #[must_use]
    pub fn is_further_sighting(self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// Returns the cause with this value in the database, for an entry that has an article.
    #[must_use]
    pub fn of_filed(value: &str) -> Option<Self> {
        let new = [BodySource::Page, BodySource::JsonLd, BodySource::PageState, BodySource::Feed];
        let known = [Evidence::Address, Evidence::Canonical, Evidence::Text];
        let revised = [
            RevisionKind::First,
            RevisionKind::Cosmetic,
            RevisionKind::Correction,
            RevisionKind::Growth,
            RevisionKind::Retraction,
        ];
        let all = new.map(Self::NewFrom).into_iter();
        let all = all.chain(known.map(Self::Known)).chain(revised.map(Self::Revised));
        let mut all = all.chain([Self::SameText, Self::SimilarText]);
        all.find(|cause| cause.as_str() == value)
    }
}

impl Serialize for EntryState {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl Serialize for EntryCause {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_from_their_stored_values() {
        for state in EntryState::ALL {
            assert_eq!(EntryState::from_stored(state.as_str()), Some(state));
        }
        assert_eq!(EntryState::from_stored("lost"), None);
    }

    #[test]
    fn causes_of_entries_with_an_article_are_read_from_their_stored_values() {
        for cause in [
            EntryCause::NewFrom(BodySource::Feed),
            EntryCause::Known(Evidence::Canonical),
            EntryCause::Revised(RevisionKind::Growth),
            EntryCause::SimilarText,
        ] {
            assert_eq!(EntryCause::of_filed(cause.as_str()), Some(cause));
        }
        assert_eq!(EntryCause::of_filed("waiting"), None);
    }

    #[test]
    fn a_cause_says_whether_an_entry_is_a_further_sighting() {
        assert!(EntryCause::Known(Evidence::Text).is_further_sighting());
        assert!(!EntryCause::SameText.is_further_sighting());
    }
}
