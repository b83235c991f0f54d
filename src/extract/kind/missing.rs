//! An error page that was served as if it were a page: "not found" with status 200.

use crate::extract::feature::text::TextMeasure;
use crate::extract::kind::View;
use crate::extract::kind::words::{self, Section};

/// An error page has less text in its body than this.
const LITTLE: f32 = 1_200.0;

/// Where the words are nearly all of the title, the page may list as many articles as it likes.
const MOST_OF_TITLE: f32 = 0.6;

/// Most words of a heading that only says what happened.
const HEADING_WORDS: f32 = 14.0;

/// Whether the page says that there is none.
pub(super) fn is_missing(view: &View<'_>, body: f32) -> bool {
    let titles = view.head.title.as_deref().into_iter().chain([view.article.title.as_str()]);
    if titles.clone().any(|title| share(title) >= MOST_OF_TITLE) && !view.is_stated_article() {
        return true;
    }
    let headings = view.page.blocks.iter().zip(&view.features.blocks).filter_map(|(block, feature)| {
        let is_heading = feature.tag.is_heading() && feature.text.tokens <= HEADING_WORDS;
        is_heading.then(|| view.page.text(block))
    });
    body < LITTLE && !view.is_stated_article() && titles.chain(headings).any(|line| share(line) > 0.0)
}

/// Share of a title's letters that are such words.
fn share(title: &str) -> f32 {
    let title = title.to_lowercase();
    let bare = title.trim().trim_end_matches(['.', '!']);
    let Some(found) = words::find(bare, Section::Missing) else {
        return if bare == "404" || bare.starts_with("404 ") || bare.starts_with("404:") { 1.0 } else { 0.0 };
    };
    let letters = |text: &str| TextMeasure::of(text).letters;
    letters(bare.get(found).unwrap_or_default()) / letters(bare).max(1.0)
}
