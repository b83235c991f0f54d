//! Decides whether an article is on file already. The steps, in order:
//!
//! 1. The address that the feed gives, or to which redirects led, is known: the same article,
//!    perhaps with a revision.
//! 2. The address that the page calls canonical is known, or another page calls this address
//!    canonical: the same article, but only if the texts agree. Some sites have one canonical
//!    address on all pages; without this condition they would become one article. A page with
//!    another canonical address is an edition of that page (AMP, mobile, print). If its words
//!    differ, that is no revision, because revisions are found by reading the canonical page.
//! 3. The exact digest of the body is known. On the same site this is the same article under
//!    another address. On another site it is a copy, which keeps its row and refers to the
//!    original.
//! 4. Most of its text is that of an article of the same site that no feed shows any more: the
//!    same article, [moved](super::moved), with a revision.
//!
//! Steps 1 and 2 only find articles of the site on which the page was read, because a site cannot
//! speak for another: it could otherwise change the other's articles.
//!
//! An article that is new by these steps may still be a near-duplicate: [`wiresift_dedup::index`]
//! finds these.

use wiresift_dedup::fingerprint::ExactDigest;
use wiresift_dedup::revision::{RevisionKind, kind_of_change};
use wiresift_feed::domain::without_edition;
use wiresift_text::similarity::containment;

/// The data of an article on file that the judgement needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: i64,
    /// The original, if the article is a copy.
    pub copy_of: Option<i64>,
    pub host: String,
    /// The number of the newest revision.
    pub revision: i32,
    /// The headline of the newest revision.
    pub title: String,
    /// The body of the newest revision.
    pub body: String,
    /// The digest of the newest revision.
    pub digest: ExactDigest,
    /// The page was permanently gone when it was last requested.
    pub is_retracted: bool,
    /// Whether it has a date of publication. A revision does not change the date.
    pub is_dated: bool,
}

/// Articles on file that may be the same as the incoming one.
#[derive(Debug, Clone, Default)]
pub struct Candidates<'a> {
    /// The article at the address of the entry, or at the address to which redirects led.
    pub by_address: Option<&'a Known>,
    /// The article at the address that the page calls canonical.
    pub by_canonical: Option<&'a Known>,
    /// The article that another page, or a feed, claims to be at the address of the entry.
    pub by_claim: Option<&'a Known>,
    /// The original with the same digest, or else a copy with this digest.
    pub by_digest: Option<&'a Known>,
}

/// The article to be judged.
#[derive(Debug, Clone, Copy)]
pub struct IncomingArticle<'a> {
    pub host: &'a str,
    pub title: &'a str,
    pub body: &'a str,
    pub digest: ExactDigest,
    /// The page has only the beginning of the article.
    pub is_excerpt: bool,
}

/// The relation of an article to those on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The article is not on file.
    New,
    /// The article is on file, and its text has not changed.
    Same { article: i64, evidence: Evidence },
    /// The article is on file, and its text has changed.
    Revision { article: i64, kind: RevisionKind, evidence: Evidence },
    /// The article has the text of another one.
    Copy {
        /// The original.
        of: i64,
        /// Whether the whole text is the same. If not, it has cuts, additions or changes.
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

/// Two texts under one canonical address are one article if this share of the shorter text's runs
/// of three words is in the other. Unrelated texts share a few in a hundred, in any language. A
/// version with every tenth word changed still shares about 0.7.
const CANONICAL_LIKENESS: f64 = 0.3;

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
        Some(known) if without_edition(&known.host) == without_edition(incoming.host) => {
            Verdict::Same { article: known.id, evidence: Evidence::Text }
        }
        Some(known) => Verdict::Copy { of: known.copy_of.unwrap_or(known.id), whole: true },
        None => Verdict::New,
    }
}

/// Judges an article after its page was read again. Returns `None` if the page redirects to another
/// article now, so this one is missing.
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
    // A paywall that was added after the first reading is no revision.
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

/// Whether two texts may be versions of one article.
#[must_use]
pub fn agrees(incoming: &IncomingArticle<'_>, known: &Known) -> bool {
    known.digest == incoming.digest || containment(&known.body, incoming.body) >= CANONICAL_LIKENESS
}

/// Judges an article against the one that it is by other signs than its address.
#[must_use]
pub fn against_moved(incoming: &IncomingArticle<'_>, known: &Known) -> Verdict {
    against(incoming, known, Evidence::Text)
}

/// Judges the text of a stored page against the one that was extracted from it before.
#[must_use]
pub fn against_stored(incoming: &IncomingArticle<'_>, known: &Known) -> Verdict {
    against(incoming, known, Evidence::Address)
}

fn against(incoming: &IncomingArticle<'_>, known: &Known, evidence: Evidence) -> Verdict {
    if known.digest == incoming.digest && known.title == incoming.title {
        return Verdict::Same { article: known.id, evidence };
    }
    let kind = kind_of_change((&known.title, &known.body), (incoming.title, incoming.body));
    // A change of form, such as other quotation marks, is not reported.
    if kind == RevisionKind::Cosmetic {
        return Verdict::Same { article: known.id, evidence };
    }
    Verdict::Revision { article: known.id, kind, evidence }
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
            is_dated: false,
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
    fn a_site_with_one_canonical_address_does_not_become_one_article() {
        let on_file = known(7, "a.example", "Wall", BODY);
        let candidates = Candidates { by_canonical: Some(&on_file), ..Candidates::default() };
        let other = "Snow fell across northern hills overnight and closed two mountain passes to \
            lorries and buses.";
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
    fn a_page_read_again_is_unchanged_revised_or_missing() {
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
    fn the_same_text_is_a_copy_on_another_site_and_the_same_article_on_its_own() {
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
