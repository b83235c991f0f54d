//! Pages in front of an article: a bot challenge or a consent question.
//!
//! Two signs are needed: the words or the markup of a known wall, and hardly any other text.

use crate::fallback::scripts;
use crate::kind::View;
use crate::kind::words::{self, Section};
use crate::tree::{Node, attribute};

/// Most weight of a challenge page.
const BOT_WEIGHT: f32 = 1_300.0;

/// Most weight of a consent page; these are wordy.
const CONSENT_WEIGHT: f32 = 5_500.0;

/// Most weight of the body of a challenge page, unless the title says that it is a wall.
const BOT_BODY: f32 = 600.0;

/// Longest sentence of a wall; a paragraph about walls is longer.
const SENTENCE_BYTES: usize = 320;

/// Most weight of a body that is the question itself, or the rest of an article.
const LITTLE: f32 = 180.0;

/// How much of a script or attribute is searched, in bytes.
const SCAN_BYTES: usize = 4_000;

/// Names in the markup of challenges: in ids, classes, script addresses and scripts. Widgets that
/// also protect comment forms are not listed, nor scripts that vendors add to every page behind the
/// wall.
const CHALLENGES: [&str; 16] = [
    "_cf_chl_opt",
    "cf-browser-verification",
    "/orchestrate/chl_page",
    "/orchestrate/captcha",
    "cf-challenge-running",
    "_incapsula_resource",
    "captcha-delivery.com",
    "px-captcha",
    "/_sec/cp_challenge",
    "sec-if-cpt",
    "awswafcaptcha",
    "awswaf.com/",
    "anubis_challenge",
    "/.within.website/x/",
    "ddg-captcha",
    "sgcaptcha",
];

/// Whether the page is a bot challenge.
pub(super) fn is_bot_wall(view: &View<'_>) -> bool {
    let is_title = || view.titles().iter().any(|title| words::has(title, Section::Bot));
    let has_room = || view.body_weight < BOT_BODY || is_title();
    view.page_weight() < BOT_WEIGHT
        && has_room()
        && (says(view, Section::Bot) || has_challenge(view))
}

/// Whether the page asks for consent and shows nothing else.
pub(super) fn is_consent_wall(view: &View<'_>) -> bool {
    view.page_weight() < CONSENT_WEIGHT && is_question(view) && says(view, Section::Consent)
}

/// Whether the body may be the question for consent itself.
fn is_question(view: &View<'_>) -> bool {
    if view.body_weight < LITTLE {
        return true;
    }
    let body = view.article.text().to_lowercase();
    words::span(&body, Section::Consent).is_some() || body.matches("cookie").count() >= 2
}

/// Whether the title or a short block has words of a wall.
fn says(view: &View<'_>, section: Section) -> bool {
    let mut blocks = view.page.blocks.iter().map(|block| view.page.text(block));
    let is_short = |text: &str| section == Section::Consent || text.len() < SENTENCE_BYTES;
    view.titles().iter().any(|title| words::has(title, section))
        || blocks.any(|text| is_short(text) && words::has(text, section))
}

/// Whether the markup is that of a challenge.
fn has_challenge(view: &View<'_>) -> bool {
    let names = |text: &str| {
        let cut = crate::tree::floor_char_boundary(text, SCAN_BYTES);
        let text = text.get(..cut).unwrap_or_default().to_ascii_lowercase();
        CHALLENGES.iter().any(|mark| text.contains(mark))
    };
    view.tree.nodes().any(|(_, node)| match node {
        Node::Element(element) => ["id", "class", "src", "action"]
            .iter()
            .any(|name| attribute(element, name).is_some_and(names)),
        _ => false,
    }) || scripts::all(view.source).any(|script| names(script.text))
}
