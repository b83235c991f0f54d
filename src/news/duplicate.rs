//! What an article is to those we have: the identity ladder, down to the exact digest.
//!
//! 1. The address that the feed gave, or that its redirects led to, is known: the same article, perhaps revised.
//! 2. The address that the page calls canonical is known: the same, but only if the texts agree somewhat, for
//!    there are sites whose every page names one canonical address, and believing it would fold them into one.
//! 3. The exact digest of the body is known. On the same site that is the same article under another address;
//!    on another site it is a Copy, which keeps its row and points to the original.
//!
//! Below the third rung are near-duplicates, which [`crate::news::kin`] judges of what is New to this ladder.

use crate::news::fingerprint::ExactDigest;
use crate::news::revision::{RevisionKind, kind_of_change, likeness};

/// An article on file, as far as judging needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: i64,
    /// The original, where it is a copy itself.
    pub copy_of: Option<i64>,
    /// Its site.
    pub host: String,
    /// Newest revision's number.
    pub revision: i32,
    /// Newest revision's headline.
    pub title: String,
    /// Newest revision's body.
    pub body: String,
    /// Digest of the newest revision.
    pub digest: ExactDigest,
}

/// What the store found that may be the article.
#[derive(Debug, Clone, Default)]
pub struct Candidates<'a> {
    /// On file under the address of the entry, or the one its redirects led to.
    pub by_address: Option<&'a Known>,
    /// On file under the address that the page calls canonical.
    pub by_canonical: Option<&'a Known>,
    /// The original with the same digest, or else a copy with it.
    pub by_digest: Option<&'a Known>,
}

/// The article to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer<'a> {
    /// Its site.
    pub host: &'a str,
    /// Its headline.
    pub title: &'a str,
    /// Its body as text.
    pub body: &'a str,
    /// The digest of both.
    pub digest: ExactDigest,
}

/// What an article is to those we have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not seen before.
    New,
    /// On file already, unchanged.
    Same {
        /// Which.
        article: i64,
        /// How it was recognised.
        evidence: Evidence,
    },
    /// On file already, and changed.
    Revision {
        /// Which.
        article: i64,
        /// What changed.
        kind: RevisionKind,
        /// How it was recognised.
        evidence: Evidence,
    },
    /// Another article's text.
    Copy {
        /// Whose.
        of: i64,
        /// To the last word; else with cuts, additions or changes.
        whole: bool,
    },
}

/// How an article was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// By its address.
    Address,
    /// By the address that the page calls canonical.
    Canonical,
    /// By its text, on the same site.
    Text,
}

impl Evidence {
    /// The cause with which an entry ends that is one more sighting.
    #[must_use]
    pub fn cause(self) -> &'static str {
        match self {
            Self::Address => "known-address",
            Self::Canonical => "known-canonical",
            Self::Text => "known-text",
        }
    }
}

/// Words that two texts under one canonical address must share to be one article, as a share of the shorter.
/// Two unrelated English news texts share some 0.3 to 0.45 (function words alone), two versions of one 0.8 and more.
const CANONICAL_LIKENESS: f64 = 0.6;

/// Judges an article.
#[must_use]
pub fn judge(newcomer: &Newcomer<'_>, candidates: &Candidates<'_>) -> Verdict {
    if let Some(known) = candidates.by_address {
        return against(newcomer, known, Evidence::Address);
    }
    if let Some(known) = candidates.by_canonical.filter(|known| agrees(newcomer, known)) {
        return against(newcomer, known, Evidence::Canonical);
    }
    match candidates.by_digest {
        Some(known) if same_site(&known.host, newcomer.host) => {
            Verdict::Same { article: known.id, evidence: Evidence::Text }
        }
        Some(known) => Verdict::Copy { of: known.copy_of.unwrap_or(known.id), whole: true },
        None => Verdict::New,
    }
}

/// Whether two texts can be versions of one article.
#[must_use]
pub fn agrees(newcomer: &Newcomer<'_>, known: &Known) -> bool {
    known.digest == newcomer.digest || likeness(&known.body, newcomer.body) >= CANONICAL_LIKENESS
}

fn against(newcomer: &Newcomer<'_>, known: &Known, evidence: Evidence) -> Verdict {
    if known.digest == newcomer.digest && known.title == newcomer.title {
        return Verdict::Same { article: known.id, evidence };
    }
    let kind = kind_of_change((&known.title, &known.body), (newcomer.title, newcomer.body));
    // Other quotation marks are no news.
    if kind == RevisionKind::Cosmetic {
        return Verdict::Same { article: known.id, evidence };
    }
    Verdict::Revision { article: known.id, kind, evidence }
}

/// Hosts that are one site under several names: `www.`, the mobile and the AMP edition.
fn same_site(one: &str, other: &str) -> bool {
    fn bare(host: &str) -> &str {
        ["www.", "m.", "mobile.", "amp."].iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(host)
    }
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str =
        "The town council voted on Monday to rebuild the old harbour wall after the winter storms.";

    fn known(id: i64, host: &str, title: &str, body: &str) -> Known {
        Known {
            id,
            copy_of: None,
            host: host.into(),
            revision: 1,
            title: title.into(),
            body: body.into(),
            digest: ExactDigest::of(title, body),
        }
    }

    fn newcomer<'a>(host: &'a str, title: &'a str, body: &'a str) -> Newcomer<'a> {
        Newcomer { host, title, body, digest: ExactDigest::of(title, body) }
    }

    #[test]
    fn a_known_address_is_the_same_article_or_its_revision() {
        let on_file = known(7, "a.example", "Wall", BODY);
        let candidates = Candidates { by_address: Some(&on_file), ..Candidates::default() };
        let same = judge(&newcomer("a.example", "Wall", BODY), &candidates);
        assert_eq!(same, Verdict::Same { article: 7, evidence: Evidence::Address });
        let changed = BODY.replace("Monday", "Tuesday");
        let revised = judge(&newcomer("a.example", "Wall", &changed), &candidates);
        assert!(matches!(revised, Verdict::Revision { article: 7, kind: RevisionKind::Correction, .. }));
    }

    #[test]
    fn a_site_that_calls_every_page_canonical_does_not_fold_into_one_article() {
        let on_file = known(7, "a.example", "Wall", BODY);
        let candidates = Candidates { by_canonical: Some(&on_file), ..Candidates::default() };
        let other =
            "Snow fell across northern hills overnight and closed two mountain passes to lorries and buses.";
        assert_eq!(judge(&newcomer("a.example", "Snow", other), &candidates), Verdict::New);
        let edited = BODY.replace("winter", "autumn");
        assert!(matches!(
            judge(&newcomer("a.example", "Wall", &edited), &candidates),
            Verdict::Revision { article: 7, evidence: Evidence::Canonical, .. }
        ));
    }

    #[test]
    fn the_same_text_is_a_copy_elsewhere_and_the_same_article_at_home() {
        let on_file = known(7, "www.a.example", "Wall", BODY);
        let candidates = Candidates { by_digest: Some(&on_file), ..Candidates::default() };
        assert_eq!(
            judge(&newcomer("b.example", "Wall", BODY), &candidates),
            Verdict::Copy { of: 7, whole: true }
        );
        assert_eq!(
            judge(&newcomer("m.a.example", "Wall", BODY), &candidates),
            Verdict::Same { article: 7, evidence: Evidence::Text }
        );
    }
}
