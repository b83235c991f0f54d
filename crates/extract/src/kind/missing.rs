//! An error page with status 200: a soft 404.

use crate::feature::text::TextMeasure;
use crate::kind::View;
use crate::kind::words::{self, Section};

/// Most weight of a page that only reports the error, and of one that adds advice; each with the
/// least share of a title or heading that the error's words must have. A title that is nearly all
/// such words may be above any number of teasers.
const LITTLE: (f32, f32) = (500.0, 0.3);
const SOME: (f32, f32) = (1_200.0, 0.6);
const MOST_OF_TITLE: f32 = 0.6;

/// Longest heading that only reports the error, in words.
const HEADING_WORDS: f32 = 14.0;

/// Whether the page says that there is no such page.
pub(super) fn is_missing(view: &View<'_>, body: f32) -> bool {
    if view.is_stated_article() {
        return false;
    }
    let titles = view.titles().iter().map(|title| share(title)).fold(0.0, f32::max);
    if titles >= MOST_OF_TITLE {
        return true;
    }
    let headings =
        view.page.blocks.iter().zip(&view.features.blocks).filter_map(|(block, feature)| {
            let is_heading = feature.tag.is_heading() && feature.text.tokens <= HEADING_WORDS;
            is_heading.then(|| view.page.text(block))
        });
    let most = headings.map(share).fold(titles, f32::max);
    let says_so = |(weight, least): (f32, f32)| body < weight && most >= least;
    says_so(LITTLE) || says_so(SOME)
}

/// Share of a title's letters that are such words.
fn share(title: &str) -> f32 {
    let title = title.to_lowercase();
    let bare = title.trim().trim_end_matches(['.', '!']);
    let found = words::span(bare, Section::Missing);
    let Some(found) = found else {
        return if bare == "404" || bare.starts_with("404 ") || bare.starts_with("404:") {
            1.0
        } else {
            0.0
        };
    };
    let letters = |text: &str| TextMeasure::of(text).letters;
    letters(bare.get(found).unwrap_or_default()) / letters(bare).max(1.0)
}
