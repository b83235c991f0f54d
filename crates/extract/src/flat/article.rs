//! The article of a text without markup.
//!
//! The lines become a page of paragraphs, so that kind, quality, rights and language are found as
//! on any page.

use chrono::{DateTime, Utc};
use url::Url;

use crate::article::{Article, BodySource, Piece, PieceKind};
use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;
use crate::flat::line::Line;
use crate::flat::view::View;
use crate::flat::{FlatModel, Judgement, date, judge};
use crate::kind::PageContext;
use crate::memory::{self, Cuts};
use crate::metadata::describe::{described, evidence};
use crate::metadata::head::Head;
use crate::metadata::{byline, date as dates};
use crate::provenance::{Evidence, Source};
use crate::tree::Tree;
use crate::{Extraction, Hints, Limits, finished};

/// How far a line of the text can be trusted as the title, alone and confirmed by the feed.
const FOUND: f32 = 0.8;
const ANNOUNCED: f32 = 0.95;

/// Lines around the title that may name the authors.
const BYLINES: usize = 8;

/// A text and what is known besides.
pub(crate) struct Text<'a> {
    pub(crate) lines: &'a [String],
    /// What the page around the text declares; empty for a plain text.
    pub(crate) head: &'a Head,
    pub(crate) url: Option<&'a Url>,
    pub(crate) hints: &'a Hints,
    pub(crate) now: DateTime<Utc>,
    pub(crate) limits: &'a Limits,
    pub(crate) source: BodySource,
}

/// Extracts the article of a text.
pub(crate) fn extract(model: &FlatModel, text: &Text<'_>) -> Extraction {
    let Text { head, url, hints, now, limits, .. } = *text;
    let html = paragraphs(text.lines);
    let tree = Tree::parse(&html, limits);
    let blocks = Blocks::of(&tree, limits);
    let features = Features::of(&blocks, &evidence(head, hints));
    let lines = blocks.blocks.iter().map(|block| Line::of(blocks.text(block))).collect();
    let title = hints.title.as_deref().or(head.title.as_deref());
    let view = View::of(lines, title, hints.summary.as_deref());
    let Judgement { chances, title, .. } = model.judge(&view, title.is_some());
    let mut reasons = judge::reasons(&view, &chances, title);
    let memory = hints.memory.as_ref();
    let cuts = memory
        .map(|memory| memory::recall(memory, &blocks, &features, &[], &mut reasons))
        .unwrap_or_default();
    let mut article = described(&tree, head, &blocks, &features, &reasons, url, hints, now);
    article.body = pieces(&view, &reasons, &cuts);
    article.source = text.source;
    found_in_lines(&mut article, (&view, title), &reasons, text, &tree);
    let context = PageContext {
        source: &html,
        tree: &tree,
        head,
        page: &blocks,
        features: &features,
        reasons: &reasons,
        cuts: &cuts,
        spots: &[],
        chances: &chances,
        hints,
    };
    finished(article, &context)
}

/// The lines as a page of paragraphs.
pub(crate) fn paragraphs(lines: &[String]) -> String {
    let escaped = |line: &String| line.replace('&', "&amp;").replace('<', "&lt;");
    lines.iter().map(|line| format!("<p>{}</p>\n", escaped(line))).collect()
}

fn pieces(view: &View<'_>, reasons: &[Reason], cuts: &Cuts) -> Vec<Piece> {
    let kept = view.lines.iter().zip(reasons).enumerate();
    let kept = kept.filter(|(_, (_, reason))| reason.is_kept());
    kept.map(|(at, (line, reason))| {
        let left = cuts.of(at).and_then(|cut| line.text.get(cut.left.clone()));
        let kind = match reason {
            Reason::Heading => PieceKind::Heading(2),
            _ => PieceKind::Paragraph,
        };
        Piece { kind, ..Piece::paragraph(left.unwrap_or(line.text)) }
    })
    .collect()
}

/// Title, date and authors from the lines.
fn found_in_lines(
    article: &mut Article,
    (view, title): (&View<'_>, Option<usize>),
    reasons: &[Reason],
    text: &Text<'_>,
    tree: &Tree,
) {
    if let Some(line) = title.and_then(|at| view.lines.get(at)) {
        let is_announced = text.hints.title.is_some() || text.head.title.is_some();
        let confidence = if is_announced { ANNOUNCED } else { FOUND };
        line.text.clone_into(&mut article.title);
        article.provenance.title = Some(Evidence::new(Source::Text, confidence));
    }
    let first = reasons.iter().position(|reason| reason.is_kept());
    let last = reasons.iter().rposition(|reason| reason.is_kept());
    let lines = date::datelines(view, title, first.zip(last));
    let places = dates::Places {
        head: text.head,
        stamps: &[],
        datelines: &lines,
        last: &[],
        far: &[],
        opening: None,
        url: text.url,
        hints: text.hints,
    };
    let found = dates::dates(places, text.now);
    if let Some((dated, evidence, text)) = found.published {
        article.published = Some(dated);
        article.provenance.published = Some(evidence);
        article.provenance.published_text = Some(text);
    }
    if let Some((dated, evidence, text)) = found.modified {
        article.modified = Some(dated);
        article.provenance.modified = Some(evidence);
        article.provenance.modified_text = Some(text);
    }
    if article.byline.is_empty() {
        let near = title.or(first).unwrap_or(0);
        let end = first.unwrap_or(0).min(near + BYLINES);
        let near: Vec<&str> =
            view.lines.iter().take(end).skip(near.saturating_sub(2)).map(|l| l.text).collect();
        let byline = byline::byline(byline::Places {
            head: text.head,
            tree,
            area: None,
            title: "",
            lines: &near,
            site: None,
            host: None,
        });
        article.byline = byline.people;
        article.agency = byline.organisations;
        article.provenance.byline = byline.evidence;
    }
}
