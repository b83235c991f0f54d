//! Estimates how likely it is that the extraction is good.
//!
//! *Good* means that the body's four-word shingles have an F1 of 0.9 or more against the text that
//! a person would copy. The estimate is a logistic regression (Cox 1958) over the [`Signals`],
//! fitted on pages with known text and cross-validated by site. It uses the block model's
//! probabilities, so it has to be fitted again when that model is trained again.

use foldhash::HashSet;

use serde::Serialize;
use wiresift_text::prose::is_cut;
use wiresift_text::shingles::{containment, shingles, tokens};

use crate::article::{BodySource, PageKind};
use crate::kind::PageContext;

/// What the quality estimate is computed from. Each value is from 0 to 1 unless it says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Signals {
    /// F1 that the block probabilities predict, as log odds from -6 to 6. Precision: how much of
    /// the kept text is likely to be the article's. Recall: how much of the text that is likely to
    /// be the article's was kept.
    pub expected: f32,
    /// Text of doubtful blocks (probability 0.15 to 0.85), as a share of all text that is kept or
    /// doubtful.
    pub doubtful: f32,
    /// Natural logarithm of the body's weight in letters, 0 to 12.
    pub length: f32,
    /// Share of the page's prose that was kept.
    pub prose_kept: f32,
    /// Changes between kept and removed prose for each kept block, 0 to 2.
    pub breaks: f32,
    /// Similarity of the body and the `articleBody` of the page's JSON-LD: the lower containment of
    /// word triples. 0 if there is no `articleBody`.
    pub stated: f32,
    /// 1 if the page's JSON-LD has a whole `articleBody`, else 0.
    pub has_stated: f32,
    /// Share of the best-matching description or feed summary that is in the body; 0 if there is
    /// none.
    pub described: f32,
}

/// Weight of each signal in the log odds, in the order of [`Signals`]. A similar `articleBody`
/// raises the estimate, a different one lowers it. Removed prose matters little by itself, because
/// other articles are prose too; it matters between paragraphs that were kept.
const COEFFICIENTS: [f32; 8] = [0.720, -4.235, 0.011, -0.710, -0.948, 1.860, -2.029, 0.412];

/// Intercept of the regression.
const CONSTANT: f32 = 0.598;

/// Quality of bodies that do not come from the page's blocks. The signals say nothing about them,
/// and too few pages with known text have one to fit anything.
const UNKNOWN: f32 = 0.5;

/// Shortest `articleBody` that is compared, in bytes.
const STATED_BYTES: usize = 400;

impl Signals {
    pub(crate) fn of(context: &PageContext<'_>, text: &str) -> Self {
        let sums = Sums::of(context);
        let (has_stated, stated) = stated(context, text);
        Self {
            expected: sums.expected(),
            doubtful: sums.doubtful / (sums.kept + sums.doubtful).max(1.0),
            length: sums.kept.max(1.0).ln().min(12.0),
            prose_kept: sums.prose_kept / sums.prose.max(1.0),
            breaks: (sums.breaks / sums.kept_blocks.max(1.0)).min(2.0),
            stated,
            has_stated: f32::from(u8::from(has_stated)),
            described: described(context),
        }
    }

    /// The probability that the extraction is good, 0 to 1.
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

/// Sums over the blocks' weights.
#[derive(Debug, Default)]
struct Sums {
    kept: f32,
    kept_blocks: f32,
    /// Expected weight of the article's text, in the kept blocks and in all blocks.
    kept_likely: f32,
    likely: f32,
    doubtful: f32,
    prose: f32,
    prose_kept: f32,
    breaks: f32,
}

impl Sums {
    fn of(context: &PageContext<'_>) -> Self {
        let mut sums = Self::default();
        let mut before = None;
        for ((feature, reason), chance) in
            context.features.blocks.iter().zip(context.reasons).zip(context.chances)
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

    /// Log odds of the expected F1.
    fn expected(&self) -> f32 {
        let f1 = 2.0 * self.kept_likely / (self.kept + self.likely).max(1.0);
        let f1 = f1.clamp(0.0025, 0.9975);
        (f1 / (1.0 - f1)).ln()
    }
}

/// Whether there is a whole `articleBody`, and its similarity to the body.
fn stated(context: &PageContext<'_>, text: &str) -> (bool, f32) {
    let stated = context.head.facts.article.body.as_deref();
    let Some(stated) = stated.filter(|body| body.len() >= STATED_BYTES && !is_cut(body)) else {
        return (false, 0.0);
    };
    let (own, stated) = (tokens(text), tokens(stated));
    let set = |words: &[u32]| -> HashSet<u64> { shingles(words, 3) };
    (true, containment(&own, 3, &set(&stated)).min(containment(&stated, 3, &set(&own))))
}

/// Share of a description that is in the kept blocks.
fn described(context: &PageContext<'_>) -> f32 {
    let kept =
        context.features.blocks.iter().zip(context.reasons).filter(|(_, reason)| reason.is_kept());
    kept.map(|(feature, _)| feature.covers_description).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_is_a_probability() {
        let sure = Signals {
            expected: 5.0,
            length: 8.0,
            prose_kept: 0.9,
            described: 1.0,
            ..Signals::default()
        };
        let lost = Signals { expected: -3.0, doubtful: 0.8, breaks: 1.0, ..Signals::default() };
        assert!(sure.chance() > 0.9 && lost.chance() < 0.1, "{} {}", sure.chance(), lost.chance());
        // Extreme signals still give a probability.
        for value in [-6.0, 0.0, 12.0] {
            let signals =
                Signals { expected: value, length: value, doubtful: 1.0, breaks: 2.0, ..sure };
            assert!((0.0..=1.0).contains(&signals.chance()));
        }
    }

    #[test]
    fn an_article_body_counts_by_its_similarity() {
        let plain = Signals { expected: 3.0, length: 8.0, ..Signals::default() };
        let other = Signals { has_stated: 1.0, ..plain };
        let same = Signals { stated: 1.0, ..other };
        assert!(other.chance() < plain.chance() && other.chance() < same.chance());
    }

    #[test]
    fn pages_that_are_not_filed_have_no_quality_and_fallback_bodies_an_unknown_one() {
        let sure = Signals { expected: 5.0, ..Signals::default() };
        assert!(sure.quality(PageKind::Index, BodySource::Page).abs() < f32::EPSILON);
        assert!(
            (sure.quality(PageKind::Article, BodySource::JsonLd) - UNKNOWN).abs() < f32::EPSILON
        );
        assert!(sure.quality(PageKind::LiveBlog, BodySource::Feed) > 0.9);
    }
}
