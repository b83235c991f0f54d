//! The kind of a page.
//!
//! A feed's link may lead to a wall, an error page with status 200, a front page, or a video with
//! two lines of text. Each kind has a file, and each asks for at least two independent signs, such
//! as words and little text: the words of walls and errors are in articles too. If the page has the
//! title that the feed announced, it is neither wall, error nor index.
//!
//! The order matters. Walls hide everything else; an error page may list articles; the rest of an
//! article behind a paywall may have fewer words than the videos beside it.

mod index;
mod live;
mod media;
mod missing;
mod paywall;
mod wall;
mod words;

use std::ops::Deref;

use wiresift_text::shingles::{likeness, tokens};

use crate::article::{Article, PageKind};
use crate::block::Blocks;
use crate::feature::Features;
use crate::feature::text;
use crate::memory::Cuts;
use crate::metadata::head::Head;
use crate::metadata::title;
use crate::tree::Tree;
use crate::{Hints, Reason};

/// From this similarity on, two titles are of one article (Jaccard).
const SAME_TITLE: f32 = 0.5;

/// What is known of a page when its kind is decided.
#[derive(Clone, Copy)]
pub(crate) struct PageContext<'a> {
    /// The decoded page: the tree has no scripts.
    pub(crate) source: &'a str,
    pub(crate) tree: &'a Tree,
    pub(crate) head: &'a Head,
    pub(crate) page: &'a Blocks,
    pub(crate) features: &'a Features,
    pub(crate) reasons: &'a [Reason],
    pub(crate) cuts: &'a Cuts,
    /// Where each block stands.
    pub(crate) spots: &'a [u32],
    pub(crate) chances: &'a [f32],
    pub(crate) hints: &'a Hints,
}

/// The context with the extracted article.
#[derive(Clone, Copy)]
struct View<'a> {
    context: &'a PageContext<'a>,
    article: &'a Article,
    /// Weight of the body's text: letters, with a Chinese or Japanese character as 2.5.
    body_weight: f32,
}

/// The kind of a page.
pub(crate) fn kind(context: &PageContext<'_>, article: &Article) -> PageKind {
    let body = article
        .body
        .iter()
        .flat_map(|piece| &piece.spans)
        .map(|span| text::weight(&span.text))
        .sum();
    let view = View { context, article, body_weight: body };
    let is_announced = view.is_announced();
    if !is_announced && wall::is_bot_wall(&view) {
        return PageKind::BotWall;
    }
    if wall::is_consent_wall(&view) {
        return PageKind::ConsentWall;
    }
    if !is_announced && missing::is_missing(&view, body) {
        return PageKind::SoftNotFound;
    }
    if article.body.is_empty() {
        let is_index = !is_announced && index::is_index(&view, body);
        return if is_index { PageKind::Index } else { PageKind::Empty };
    }
    if live::is_live(&view) {
        return PageKind::LiveBlog;
    }
    if paywall::is_stub(&view, body) {
        return PageKind::PaywallStub;
    }
    if !is_announced && index::is_index(&view, body) {
        return PageKind::Index;
    }
    media::kind(&view, body).unwrap_or(PageKind::Article)
}

impl<'a> Deref for View<'a> {
    type Target = PageContext<'a>;

    fn deref(&self) -> &PageContext<'a> {
        self.context
    }
}

impl View<'_> {
    /// The titles that the page itself shows. The article's own title may be the feed's.
    fn titles(&self) -> Vec<String> {
        let headline = self.features.headline.and_then(|at| self.page.blocks.get(at));
        let shown = headline.map(|block| self.page.text(block).to_owned());
        title::stated(self.head, &Hints::default()).into_iter().chain(shown).collect()
    }

    /// Whether the page has the title that the feed announced, with or without the site's name.
    fn is_announced(&self) -> bool {
        let Some(announced) = self.hints.title.as_deref() else { return false };
        let words = tokens(announced);
        let is_inside = |title: &str| {
            let title = tokens(title);
            words.len() >= 3 && words.iter().all(|word| title.contains(word))
        };
        self.titles()
            .iter()
            .any(|title| likeness(announced, title) >= SAME_TITLE || is_inside(title))
    }

    /// Weight of all text on the page.
    fn page_weight(&self) -> f32 {
        self.features.totals.weight.total()
    }

    /// Whether the page's JSON-LD has one of these types.
    fn is_stated(&self, types: &[&str]) -> bool {
        self.head.facts.stated.is(types)
    }

    /// Whether the page's JSON-LD says that it is an article.
    fn is_stated_article(&self) -> bool {
        self.head.facts.stated.is_article()
    }

    /// `og:type`, or an empty string.
    fn og_type(&self) -> &str {
        self.head.meta_of(&["og:type"]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
