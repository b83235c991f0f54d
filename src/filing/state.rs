//! The states in which an entry can be, and the causes that explain them.
//!
//! The database stores both as words: `news.accounting` counts entries by state and cause. Inside the program they are
//! enums, so a decision is a `match` that the compiler checks.

use serde::{Serialize, Serializer};
use wiresift_dedup::revision::RevisionKind;
use wiresift_extract::article::{BodySource, PageKind};

use crate::filing::judge::Evidence;
use crate::polling::failure::Cause;

/// The state of an entry. All but `Pending` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryState {
    /// Waits to be read.
    Pending,
    /// Became an article, or is one more sighting of one.
    Filed,
    /// Became a copy of another article.
    Copy,
    /// Changed an article that was on file.
    Revision,
    /// A rule says that it must not be read.
    Skipped,
    /// Given up.
    Abandoned,
}

impl EntryState {
    const ALL: [Self; 6] =
        [Self::Pending, Self::Filed, Self::Copy, Self::Revision, Self::Skipped, Self::Abandoned];

    /// The word that the database uses.
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

    /// The state that a word of the database names.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Why an entry is in its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryCause {
    /// It has not been read yet.
    Waiting,
    /// A redirect leads elsewhere, and the page is read there.
    Moved,
    /// It became a new article with a body from this source.
    NewFrom(BodySource),
    /// It is one more sighting of an article, recognised by this.
    Known(Evidence),
    /// It changed its article in this way.
    Revised(RevisionKind),
    /// It has the text of another article to the last word.
    SameText,
    /// It has the text of another article with cuts, additions or changes.
    SimilarText,
    /// The request failed.
    Fetch(Cause),
    /// The page is of a kind that is not filed.
    Page(PageKind),
    /// robots.txt forbids the address, or is not known yet.
    Robots,
    /// robots.txt cannot be had, which forbids everything (RFC 9309, 2.3.1.4).
    RobotsUnreachable,
    /// The database did not answer.
    Database,
    /// The site redirects to its front page.
    RedirectedHome,
    /// The site redirects to a page that has nothing to do with the entry.
    RedirectedElsewhere,
    /// Too many redirects, or one that leads to no web address.
    Redirects,
    /// The page has no text, and neither has the feed.
    NoText,
    /// The feed gives no address and no text.
    NoLink,
    /// Reading the page failed inside the program.
    Unreadable,
    /// The page ended the process several times.
    Quarantined,
    /// The database refused its values.
    Unstorable,
}

impl EntryCause {
    /// The word that the database uses.
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

    /// Whether the entry is one more sighting of an article that another entry brought.
    #[must_use]
    pub fn is_further_sighting(self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// The cause that a word of the database names, of an entry that has an article.
    #[must_use]
    pub fn of_filed(word: &str) -> Option<Self> {
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
        all.find(|cause| cause.as_str() == word)
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
    fn states_come_back_from_their_words() {
        for state in EntryState::ALL {
            assert_eq!(EntryState::from_stored(state.as_str()), Some(state));
        }
        assert_eq!(EntryState::from_stored("lost"), None);
    }

    #[test]
    fn causes_of_entries_with_an_article_come_back_from_their_words() {
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
    fn a_further_sighting_is_told_by_its_cause() {
        assert!(EntryCause::Known(Evidence::Text).is_further_sighting());
        assert!(!EntryCause::SameText.is_further_sighting());
    }
}
