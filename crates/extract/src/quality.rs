//! How likely is it that the extraction is good? A number to filter by, and what it rests on.
//!
//! *Good* means that the body's four-word shingles have an F1 of 0.9 or more against what a person would have
//! copied out. The estimate is a logistic regression (Cox 1958) over a handful of [`Signals`], each of which a person can
//! check; the model of the blocks knows most of it already, since its chances are what doubt is made of. Fitted by
//! `tools/quality/run` on pages whose good text is known, cross-validated by site; `docs/extraction.md` says how
//! well it keeps its word. When the model of the blocks is trained anew, this is to be fitted anew.

use foldhash::HashSet;

use serde::Serialize;
use wiresift_text::shingles::{containment, shingles, tokens};

use crate::article::{BodySource, PageKind};
use crate::kind::Sight;

/// What the estimate rests on. All from one extraction; each between 0 and 1 unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Signals {
    /// F1 that the blocks' chances let expect: what of the kept text is likely the article's, and what of all text
    /// that is likely the article's was kept. As log odds, -6 to 6.
    pub expected: f32,
    /// Share of the doubtful blocks' text (chances of 0.15 to 0.85) in all that is kept or doubtful.
    pub doubtful: f32,
    /// Logarithm of the body's weight, 0 to 12.
    pub length: f32,
    /// Share of the page's prose that was kept.
    pub prose_kept: f32,
    /// Changes between kept and removed prose for each kept block, up to 2.
    pub breaks: f32,
    /// Likeness of body and stated article body (the lesser containment of word triples), 0 where none is stated.
    pub stated: f32,
    /// 1 where a whole article body is stated.
    pub has_stated: f32,
    /// Share of the best-matching description or feed summary that is in the body, 0 where there is none.
    pub described: f32,
}

/// What each signal adds to the log odds, in the order of [`Signals`]. A stated body counts for us where ours is like
/// it, and against us where it is not; prose left out counts little by itself (other articles are prose too), but
/// prose left out between prose that was kept does.
const COEFFICIENTS: [f32; 8] = [0.880, -4.913, -0.183, -1.889, -1.039, 2.152, -2.043, 0.128];

/// The log odds of a page all of whose signals are 0.
const CONSTANT: f32 = 3.189;

/// Of bodies that were not read from the page's blocks the signals say nothing, and pages with known texts have too
/// few of them to fit anything.
const UNKNOWN: f32 = 0.5;

/// Least letters of a stated body that says anything.
const STATED_BYTES: usize = 400;

impl Signals {
    pub(crate) fn of(sight: &Sight<'_>, text: &str) -> Self {
        let sums = Sums::of(sight);
        let (has_stated, stated) = stated(sight, text);
        Self {
            expected: sums.expected(),
            doubtful: sums.doubtful / (sums.kept + sums.doubtful).max(1.0),
            length: sums.kept.max(1.0).ln().min(12.0),
            prose_kept: sums.prose_kept / sums.prose.max(1.0),
            breaks: (sums.breaks / sums.kept_blocks.max(1.0)).min(2.0),
            stated,
            has_stated: f32::from(u8::from(has_stated)),
            described: described(sight),
        }
    }

    /// The chance that the extraction is good, 0 to 1.
    pub(crate) fn quality(&self, kind: PageKind, source: BodySource) -> f32 {
        match source {
            _ if !kind.is_filed() => 0.0,
            BodySource::JsonLd | BodySource::PageState => UNKNOWN,
            BodySource::Page | BodySource::Feed => self.chance(),
        }
    }

    fn chance(&self) -> f32 {
        let score: f32 =
            self.values().iter().zip(COEFFICIENTS).map(|(value, weight)| value * weight).sum();
        1.0 / (1.0 + (-(score + CONSTANT)).exp())
    }

    /// The signals in the order of the coefficients.
    fn values(&self) -> [f32; 8] {
        [
            self.expected,
            self.doubtful,
            self.length,
            self.prose_kept,
            self.breaks,
            self.stated,
            self.has_stated,
            self.described,
        ]
    }
}

/// Weights of blocks, added up.
#[derive(Debug, Default)]
struct Sums {
    kept: f32,
    kept_blocks: f32,
    /// Of what is kept, and of everything, the share that is likely the article's.
    kept_likely: f32,
    likely: f32,
    doubtful: f32,
    prose: f32,
    prose_kept: f32,
    breaks: f32,
}

impl Sums {
    fn of(sight: &Sight<'_>) -> Self {
        let mut sums = Self::default();
        let mut before = None;
        for ((feature, reason), chance) in
            sight.features.blocks.iter().zip(sight.reasons).zip(sight.chances)
        {
            let (weight, is_kept) = (feature.text.weight, reason.is_kept());
            sums.likely += weight * chance;
            sums.prose += feature.mass;
            if (0.15..=0.85).contains(chance) {
                sums.doubtful += weight;
            }
            if is_kept {
                sums.kept += weight;
                sums.kept_likely += weight * chance;
                sums.prose_kept += feature.mass;
                sums.kept_blocks += 1.0;
            }
            if feature.is_good {
                sums.breaks += f32::from(u8::from(before.is_some_and(|before| before != is_kept)));
                before = Some(is_kept);
            }
        }
        sums
    }

    /// Log odds of the F1 that the chances let expect.
    fn expected(&self) -> f32 {
        let f1 = 2.0 * self.kept_likely / (self.kept + self.likely).max(1.0);
        let f1 = f1.clamp(0.0025, 0.9975);
        (f1 / (1.0 - f1)).ln()
    }
}

/// Whether a whole article body is stated, and how alike it is to ours.
fn stated(sight: &Sight<'_>, text: &str) -> (bool, f32) {
    let stated = sight.head.facts.article.body.as_deref();
    let Some(stated) =
        stated.filter(|body| body.len() >= STATED_BYTES && !crate::fallback::is_cut(body))
    else {
        return (false, 0.0);
    };
    let (own, stated) = (tokens(text), tokens(stated));
    let set = |words: &[u32]| -> HashSet<u64> { shingles(words, 3) };
    (true, containment(&own, 3, &set(&stated)).min(containment(&stated, 3, &set(&own))))
}

/// Share of a description that the kept blocks have.
fn described(sight: &Sight<'_>) -> f32 {
    let kept =
        sight.features.blocks.iter().zip(sight.reasons).filter(|(_, reason)| reason.is_kept());
    kept.map(|(feature, _)| feature.covers_description).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_is_a_chance() {
        let sure = Signals {
            expected: 5.0,
            length: 8.0,
            prose_kept: 0.9,
            described: 1.0,
            ..Signals::default()
        };
        let lost = Signals { expected: -3.0, doubtful: 0.8, breaks: 1.0, ..Signals::default() };
        assert!(sure.chance() > 0.9 && lost.chance() < 0.1, "{} {}", sure.chance(), lost.chance());
        // Every signal at its worst and best stays a chance.
        for value in [-6.0, 0.0, 12.0] {
            let signals =
                Signals { expected: value, length: value, doubtful: 1.0, breaks: 2.0, ..sure };
            assert!((0.0..=1.0).contains(&signals.chance()));
        }
    }

    #[test]
    fn a_stated_body_counts_by_its_likeness() {
        let plain = Signals { expected: 3.0, length: 8.0, ..Signals::default() };
        let other = Signals { has_stated: 1.0, ..plain };
        let same = Signals { stated: 1.0, ..other };
        assert!(other.chance() < plain.chance() && other.chance() < same.chance());
    }

    #[test]
    fn what_is_not_filed_has_no_quality_and_what_was_rescued_an_unknown_one() {
        let sure = Signals { expected: 5.0, ..Signals::default() };
        assert!(sure.quality(PageKind::Index, BodySource::Page).abs() < f32::EPSILON);
        assert!(
            (sure.quality(PageKind::Article, BodySource::JsonLd) - UNKNOWN).abs() < f32::EPSILON
        );
        assert!(sure.quality(PageKind::LiveBlog, BodySource::Feed) > 0.9);
    }
}
