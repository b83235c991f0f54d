//! What an article is to those we have: the identity ladder, down to the exact digest.
//!
//! 1. The address that the feed gave, or that its redirects led to, is known: the same article, perhaps revised.
//! 2. The address that the page calls canonical is known, or another page calls this one canonical: the same, but only if
//!    the texts agree, for there are sites whose every page names one canonical address, and believing it would fold them
//!    into one. A page that names another canonical is an edition of it (AMP, mobile, print), and what it words differently
//!    is no revision: the canonical page is read for that.
//! 3. The exact digest of the body is known. On the same site that is the same article under another address;
//!    on another site it is a Copy, which keeps its row and points to the original.
//!
//! Below the third rung are near-duplicates, which [`wiresift_dedup::index`] judges of what is New to this ladder.

use wiresift_dedup::fingerprint::ExactDigest;
use wiresift_dedup::revision::{RevisionKind, kind_of_change};
use wiresift_text::similarity::containment;

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
    /// Its page was gone for good when it was last looked for.
    pub is_retracted: bool,
}

/// What the store found that may be the article.
#[derive(Debug, Clone, Default)]
pub struct Candidates<'a> {
    /// On file under the address of the entry, or the one its redirects led to.
    pub by_address: Option<&'a Known>,
    /// On file under the address that the page calls canonical.
    pub by_canonical: Option<&'a Known>,
    /// Said by another page, or by a feed, to be at the address of the entry.
    pub by_claim: Option<&'a Known>,
    /// The original with the same digest, or else a copy with it.
    pub by_digest: Option<&'a Known>,
}

/// The article to be judged.
#[derive(Debug, Clone, Copy)]
pub struct IncomingArticle<'a> {
    /// Its site.
    pub host: &'a str,
    /// Its headline.
    pub title: &'a str,
    /// Its body as text.
    pub body: &'a str,
    /// The digest of both.
    pub digest: ExactDigest,
    /// The page shows the beginning alone.
    pub is_excerpt: bool,
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

/// Runs of three words that two texts under one canonical address must share to be one article, as a share of the
/// shorter. Unrelated texts share a few in a hundred, whatever the language; of a version with every tenth word
/// changed some 0.7 are left.
const CANONICAL_LIKENESS: f64 = 0.3;

/// Judges an article.
#[must_use]
pub fn judge(incoming: &IncomingArticle<'_>, candidates: &Candidates<'_>) -> Verdict {
    if let Some(known) = candidates.by_address {
        return against(incoming, known, Evidence::Address);
    }
    if let Some(known) = candidates.by_canonical.filter(|known| agrees(incoming, known)) {
        return Verdict::Same { article: known.id, evidence: Evidence::Canonical };
    }
    if let Some(known) = candidates.by_claim.filter(|known| agrees(incoming, known)) {
        return against(incoming, known, Evidence::Canonical);
    }
    match candidates.by_digest {
        Some(known) if same_site(&known.host, incoming.host) => {
            Verdict::Same { article: known.id, evidence: Evidence::Text }
        }
        Some(known) => Verdict::Copy { of: known.copy_of.unwrap_or(known.id), whole: true },
        None => Verdict::New,
    }
}

/// Judges an article whose page was read again. None: the page leads elsewhere now, and what is there is not this
/// article, so it is missing.
#[must_use]
pub fn judge_revisit(
    incoming: &IncomingArticle<'_>,
    known: &Known,
    is_redirected: bool,
) -> Option<Verdict> {
    if is_redirected && !agrees(incoming, known) {
        return None;
    }
    let same = Verdict::Same { article: known.id, evidence: Evidence::Address };
    // A paywall that closed after we were there takes nothing back.
    if incoming.is_excerpt && incoming.body.len() < known.body.len() {
        return Some(same);
    }
    match against(incoming, known, Evidence::Address) {
        Verdict::Same { article, evidence } if known.is_retracted => {
            Some(Verdict::Revision { article, kind: RevisionKind::Correction, evidence })
        }
        verdict => Some(verdict),
    }
}

/// Whether two texts can be versions of one article.
#[must_use]
pub fn agrees(incoming: &IncomingArticle<'_>, known: &Known) -> bool {
    known.digest == incoming.digest || containment(&known.body, incoming.body) >= CANONICAL_LIKENESS
}

fn against(incoming: &IncomingArticle<'_>, known: &Known, evidence: Evidence) -> Verdict {
    if known.digest == incoming.digest && known.title == incoming.title {
        return Verdict::Same { article: known.id, evidence };
    }
    let kind = kind_of_change((&known.title, &known.body), (incoming.title, incoming.body));
    // Other quotation marks are no news.
    if kind == RevisionKind::Cosmetic {
        return Verdict::Same { article: known.id, evidence };
    }
    Verdict::Revision { article: known.id, kind, evidence }
}

/// Hosts that are one site under several names: `www.`, the mobile and the AMP edition.
fn same_site(one: &str, other: &str) -> bool {
    fn bare(host: &str) -> &str {
        ["www.", "m.", "mobile.", "amp."]
            .iter()
            .find_map(|prefix| host.strip_prefix(prefix))
            .unwrap_or(host)
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
            is_retracted: false,
        }
    }

    fn incoming<'a>(host: &'a str, title: &'a str, body: &'a str) -> IncomingArticle<'a> {
        IncomingArticle {
            host,
            title,
            body,
            digest: ExactDigest::of(title, body),
            is_excerpt: false,
        }
    }

    #[test]
    fn a_known_address_is_the_same_article_or_its_revision() {
        let on_file = known(7, "a.example", "Wall", BODY);
        let candidates = Candidates { by_address: Some(&on_file), ..Candidates::default() };
        let same = judge(&incoming("a.example", "Wall", BODY), &candidates);
        assert_eq!(same, Verdict::Same { article: 7, evidence: Evidence::Address });
        let changed = BODY.replace("Monday", "Tuesday");
        let revised = judge(&incoming("a.example", "Wall", &changed), &candidates);
        assert!(matches!(
            revised,
            Verdict::Revision { article: 7, kind: RevisionKind::Correction, .. }
        ));
    }

    #[test]
    fn a_site_that_calls_every_page_canonical_does_not_fold_into_one_article() {
        let on_file = known(7, "a.example", "Wall", BODY);
        let candidates = Candidates { by_canonical: Some(&on_file), ..Candidates::default() };
        let other = "Snow fell across northern hills overnight and closed two mountain passes to lorries and buses.";
        assert_eq!(judge(&incoming("a.example", "Snow", other), &candidates), Verdict::New);
        let edited = BODY.replace("winter", "autumn");
        let evidence = Evidence::Canonical;
        let edition = judge(&incoming("a.example", "Wall", &edited), &candidates);
        assert_eq!(edition, Verdict::Same { article: 7, evidence });
        let claimed = Candidates { by_claim: Some(&on_file), ..Candidates::default() };
        assert!(matches!(
            judge(&incoming("a.example", "Wall", &edited), &claimed),
            Verdict::Revision { article: 7, evidence: Evidence::Canonical, .. }
        ));
        assert_eq!(judge(&incoming("a.example", "Snow", other), &claimed), Verdict::New);
    }

    #[test]
    fn a_page_read_again_is_the_article_its_revision_or_gone() {
        let on_file = known(7, "a.example", "Wall", BODY);
        let same = Verdict::Same { article: 7, evidence: Evidence::Address };
        let home =
            "Snow fell across northern hills overnight and closed two mountain passes to lorries.";
        assert_eq!(judge_revisit(&incoming("a.example", "Wall", BODY), &on_file, true), Some(same));
        assert_eq!(judge_revisit(&incoming("a.example", "Snow", home), &on_file, true), None);
        let beginning = IncomingArticle {
            is_excerpt: true,
            ..incoming("a.example", "Wall", "The town council voted.")
        };
        assert_eq!(judge_revisit(&beginning, &on_file, false), Some(same));
        let retracted = Known { is_retracted: true, ..on_file };
        let back = judge_revisit(&incoming("a.example", "Wall", BODY), &retracted, false);
        assert!(matches!(back, Some(Verdict::Revision { kind: RevisionKind::Correction, .. })));
    }

    #[test]
    fn the_same_text_is_a_copy_elsewhere_and_the_same_article_at_home() {
        let on_file = known(7, "www.a.example", "Wall", BODY);
        let candidates = Candidates { by_digest: Some(&on_file), ..Candidates::default() };
        assert_eq!(
            judge(&incoming("b.example", "Wall", BODY), &candidates),
            Verdict::Copy { of: 7, whole: true }
        );
        assert_eq!(
            judge(&incoming("m.a.example", "Wall", BODY), &candidates),
            Verdict::Same { article: 7, evidence: Evidence::Text }
        );
    }
}
