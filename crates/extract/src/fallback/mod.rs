//! Texts from elsewhere in the page, for pages without an article in their blocks.
//!
//! The blocks come first, because an `articleBody` is often cut, and often another article's. A
//! text from elsewhere is used only if it is several times as long as what the blocks gave; so it
//! also corrects pages with nothing but a cookie notice in their blocks. The sources in order:
//!
//! 1. `articleBody` of the page's JSON-LD ([`stated`]), unless it belongs to another article or to
//!    a live blog;
//! 2. the data that the page carries for its own scripts ([`state`]);
//! 3. markup in templates and `noscript` ([`template`]).
//!
//! The text is parsed like any page and filtered like a feed's full text.

pub(crate) mod scripts;
pub(crate) mod state;
pub(crate) mod stated;
mod template;

use url::Url;
use wiresift_text::entities::decode_html;
use wiresift_text::prose::is_cut;
use wiresift_text::shingles::likeness;

use crate::article::{BodySource, Piece};
use crate::block::Blocks;
use crate::body::{Reason, veto};
use crate::fallback::stated::{Stated, StatedBody};
use crate::feature::Features;
use crate::feature::hint::Evidence;
use crate::memory::Cuts;
use crate::tree::Tree;
use crate::{Limits, piece};

/// Shortest text, in bytes; a shorter one is a teaser.
const LEAST: usize = 500;

/// Shortest text if the blocks gave nothing, in bytes.
const LEAST_FOR_NOTHING: usize = 120;

/// A text must have this many times the length of what the blocks gave.
const TIMES: usize = 4;

/// The scripts are read only if the blocks gave less than this, in bytes.
const LITTLE: usize = 900;

/// Least similarity of a body's headline to some title of the page (Jaccard).
const OWN_HEADLINE: f32 = 0.3;

/// The other sources of a page's text.
pub(crate) struct Fallback<'a> {
    /// The decoded page.
    pub(crate) source: &'a str,
    pub(crate) stated: &'a Stated,
    /// Titles from page and feed.
    pub(crate) titles: &'a [String],
    pub(crate) base: Option<&'a Url>,
    pub(crate) limits: &'a Limits,
}

impl Fallback<'_> {
    /// A better body than `found`, and its source.
    pub(crate) fn better(&self, found: &[Piece]) -> Option<(Vec<Piece>, BodySource)> {
        let length = |body: &[Piece]| -> usize {
            body.iter().flat_map(|piece| &piece.spans).map(|span| span.text.len()).sum()
        };
        let found = length(found);
        let wins = |body: &Vec<Piece>| {
            let length = length(body);
            let least = if found == 0 { LEAST_FOR_NOTHING } else { LEAST };
            length >= least && length >= found * TIMES
        };
        let own = self.stated.bodies.iter().filter(|body| self.is_own(body));
        // Whole bodies before cut ones, otherwise in the order of the page.
        let whole = own.clone().filter(|body| !is_cut(&body.raw));
        let cut = own.filter(|body| is_cut(&body.raw));
        let may_win = |body: &&StatedBody| body.raw.len() >= found * TIMES;
        let stated = whole
            .chain(cut)
            .filter(may_win)
            .map(|body| self.pieces(&as_html(&body.raw)))
            .find(wins);
        if let Some(body) = stated {
            return Some((body, BodySource::JsonLd));
        }
        if found >= LITTLE {
            return None;
        }
        let state =
            state::article(self.source, self.titles).map(|html| self.pieces(&html)).filter(wins);
        let body = state.or_else(|| {
            template::article(self.source).map(|html| self.pieces(html)).filter(wins)
        })?;
        Some((body, BodySource::PageState))
    }

    /// Whether an `articleBody` is this page's article: not of a live blog, and not under another
    /// headline.
    fn is_own(&self, body: &StatedBody) -> bool {
        let Some(headline) = body.headline.as_deref().filter(|_| !body.is_live) else {
            return !body.is_live;
        };
        self.titles.is_empty()
            || self.titles.iter().any(|title| likeness(title, headline) >= OWN_HEADLINE)
    }

    fn pieces(&self, html: &str) -> Vec<Piece> {
        let tree = Tree::parse(html, self.limits);
        let blocks = Blocks::of(&tree, self.limits);
        let features = Features::of(&blocks, &Evidence::default());
        let reasons: Vec<Reason> = filtered(&blocks, &features);
        piece::pieces(&tree, &blocks, &reasons, &Cuts::default(), self.base)
    }
}

/// Removes from a text that is already the article only what speaks against itself.
pub(crate) fn filtered(blocks: &Blocks, features: &Features) -> Vec<Reason> {
    (0..blocks.len()).map(|at| veto::veto(blocks, features, at).unwrap_or(Reason::Body)).collect()
}

/// An `articleBody` as HTML. It may be HTML, escaped HTML or plain lines.
fn as_html(raw: &str) -> String {
    let is_html = |text: &str| ["</", "<p", "<br"].iter().any(|mark| text.contains(mark));
    if is_html(raw) {
        return raw.to_owned();
    }
    let plain = decode_html(raw);
    if is_html(&plain) {
        return plain.into_owned();
    }
    let lines =
        raw.split(['\n', '\r', '\u{2028}', '\u{2029}']).filter(|line| !line.trim().is_empty());
    lines.map(|line| format!("<p>{}</p>", line.replace('<', "&lt;"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovered(bodies: &[(&str, &str)], titles: &[&str]) -> Option<String> {
        let mut stated = Stated::default();
        for (headline, body) in bodies {
            let object = serde_json::json!({ "headline": headline, "articleBody": body });
            stated.note(object.as_object().unwrap(), &["NewsArticle".to_owned()]);
        }
        let titles: Vec<String> = titles.iter().map(ToString::to_string).collect();
        let fallback = Fallback {
            source: "",
            stated: &stated,
            titles: &titles,
            base: None,
            limits: &Limits::default(),
        };
        let (body, source) = fallback.better(&[Piece::paragraph("Accept all cookies?")])?;
        assert_eq!(source, BodySource::JsonLd);
        Some(body.iter().map(Piece::text).collect::<Vec<_>>().join("|"))
    }

    const LINE: &str =
        "The harbour board met on Tuesday and put off its vote on the new quay once more.";

    #[test]
    fn lines_and_tags_become_paragraphs() {
        let lines = format!("{LINE}\n\n{}", LINE.repeat(8));
        assert_eq!(
            recovered(&[("Quay", &lines)], &["Quay"]).unwrap(),
            format!("{LINE}|{}", LINE.repeat(8))
        );
        let tags = format!("<p>{LINE}</p><p>{} &amp; more</p>", LINE.repeat(8));
        assert!(recovered(&[("Quay", &tags)], &["Quay"]).unwrap().ends_with("& more"));
        let escaped = format!("&lt;p&gt;{LINE}&lt;/p&gt;&lt;p&gt;{}&lt;/p&gt;", LINE.repeat(8));
        assert!(
            recovered(&[("Quay", &escaped)], &["Quay"]).unwrap().starts_with(&format!("{LINE}|"))
        );
    }

    #[test]
    fn bodies_of_other_articles_are_ignored_and_cut_ones_come_last() {
        let long = LINE.repeat(8);
        assert_eq!(recovered(&[("Cats win prize", &long)], &["Board puts off quay"]), None);
        let cut = format!("{}…", LINE.repeat(9));
        let title = "Board puts off quay";
        assert_eq!(recovered(&[(title, &cut), (title, &long)], &[title]), Some(long));
        assert_eq!(recovered(&[(title, &cut)], &[title]), Some(cut));
    }
}
