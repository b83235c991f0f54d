//! How likely is it that the extraction is good? A number to filter by, and what it rests on.
//!
//! *Good* means that the body's four-word shingles have an F1 of 0.9 or more against what a person would have
//! copied out. The estimate is a logistic regression (Cox 1958) over a handful of [`Signals`], each of which a person can
//! check; the model of the blocks knows most of it already, since its chances are what doubt is made of. Fitted by
//! `tools/quality/run` on pages whose good text is known, cross-validated by site; `docs/extraction.md` says how
//! well it keeps its word. When the model of the blocks is trained anew, this is to be fitted anew.

use foldhash::HashSet;

use serde::Serialize;

use crate::extract::feature::token::{containment, shingles, tokens};
use crate::extract::kind::Sight;
use crate::news::article::{Article, BodySource, PageKind};

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
    /// Share of the kept text that is prose.
    pub prose: f32,
    /// Changes between kept and removed blocks for each kept one, prose only, up to 2.
    pub breaks: f32,
    /// Likeness of body and stated article body (the lesser containment), 0 where none is stated.
    pub stated: f32,
    /// 1 where a whole article body is stated.
    pub has_stated: f32,
    /// Share of the best-matching description or feed summary that is in the body, 0 where there is none.
    pub described: f32,
    /// Likeness of the visible headline to a title, 0 where there is none.
    pub headline: f32,
    /// 1 where no block was likely the article, and the likeliest were taken.
    pub makeshift: f32,
    /// 1 where the body was not read from the page's blocks.
    pub rescued: f32,
    /// 1 where the page is no plain article: a live blog, a gallery, a film, a stub.
    pub odd_kind: f32,
}

/// What each signal adds to the log odds, in the order of [`Signals::values`]; then the constant.
const COEFFICIENTS: [f32; 13] = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
const CONSTANT: f32 = 0.0;

/// Least letters of a stated body that says anything.
const STATED_BYTES: usize = 400;

impl Signals {
    pub(crate) fn of(sight: &Sight<'_>, article: &Article, text: &str) -> Self {
        let sums = Sums::of(sight);
        let (has_stated, stated) = stated(sight, text);
        let headline = sight.features.headline.and_then(|at| sight.features.blocks.get(at));
        let flag = |is: bool| f32::from(u8::from(is));
        Self {
            expected: sums.expected(),
            doubtful: sums.doubtful / (sums.kept + sums.doubtful).max(1.0),
            length: sums.kept.max(1.0).ln().min(12.0),
            prose_kept: sums.prose_kept / sums.prose.max(1.0),
            prose: sums.prose_kept / sums.kept.max(1.0),
            breaks: (sums.breaks / sums.kept_blocks.max(1.0)).min(2.0),
            stated,
            has_stated: flag(has_stated),
            described: described(sight),
            headline: headline.map_or(0.0, |feature| feature.title_likeness),
            makeshift: flag(sight.reasons.contains(&crate::extract::Reason::Longest)),
            rescued: flag(article.source != BodySource::Page),
            odd_kind: flag(article.kind != PageKind::Article),
        }
    }

    /// The chance that the extraction is good, 0 to 1.
    #[must_use]
    pub fn quality(&self) -> f32 {
        let score: f32 = self.values().iter().zip(COEFFICIENTS).map(|(value, weight)| value * weight).sum();
        1.0 / (1.0 + (-(score + CONSTANT)).exp())
    }

    /// The signals in the order of the coefficients.
    fn values(&self) -> [f32; 13] {
        [
            self.expected,
            self.doubtful,
            self.length,
            self.prose_kept,
            self.prose,
            self.breaks,
            self.stated,
            self.has_stated,
            self.described,
            self.headline,
            self.makeshift,
            self.rescued,
            self.odd_kind,
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
        for ((feature, reason), chance) in sight.features.blocks.iter().zip(sight.reasons).zip(sight.chances)
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
        stated.filter(|body| body.len() >= STATED_BYTES && !crate::extract::rescue::is_cut(body))
    else {
        return (false, 0.0);
    };
    let (own, stated) = (tokens(text), tokens(stated));
    let set = |words: &[u32]| -> HashSet<u64> { shingles(words, 3) };
    (true, containment(&own, 3, &set(&stated)).min(containment(&stated, 3, &set(&own))))
}

/// Share of a description that the kept blocks have.
fn described(sight: &Sight<'_>) -> f32 {
    let kept = sight.features.blocks.iter().zip(sight.reasons).filter(|(_, reason)| reason.is_kept());
    kept.map(|(feature, _)| feature.covers_description).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_is_a_chance() {
        let none = Signals::default().quality();
        let sure = Signals {
            expected: 6.0,
            length: 8.0,
            prose_kept: 1.0,
            prose: 1.0,
            headline: 1.0,
            ..Signals::default()
        };
        let lost =
            Signals { expected: -6.0, doubtful: 1.0, breaks: 2.0, makeshift: 1.0, ..Signals::default() };
        for quality in [none, sure.quality(), lost.quality()] {
            assert!((0.0..=1.0).contains(&quality));
        }
        assert!(sure.quality() > 0.8 && lost.quality() < 0.2, "{} {}", sure.quality(), lost.quality());
    }
}
