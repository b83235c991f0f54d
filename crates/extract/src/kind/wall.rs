//! Pages that stand in front of an article: a challenge for robots, a question of consent.
//!
//! Such a page must be told apart before anyone files it or learns from it. Two signs must meet: the words, or the
//! markup of a well-known wall, and that there is hardly any other text.

use crate::fallback::scripts;
use crate::kind::View;
use crate::kind::words::{self, Section};
use crate::tree::{Node, attribute};

/// Weight of the text of a whole page that may be a challenge.
const BOT_WEIGHT: f32 = 1_300.0;

/// Weight of the text of a whole page that may be a question of consent: those are wordy.
const CONSENT_WEIGHT: f32 = 5_500.0;

/// Weight of what would be the article, unless the title says that it is a wall.
const BOT_BODY: f32 = 600.0;

/// A sentence of a wall is short; a paragraph that tells of walls is not.
const SENTENCE_BYTES: usize = 320;

/// Body text that is the question itself, or what a wall leaves of an article.
const LITTLE: f32 = 180.0;

/// How much of a script or of an attribute is looked at, in bytes.
const SCAN_BYTES: usize = 4_000;

/// What challenges have in their markup: names in ids, classes, script addresses and scripts. The plain widgets
/// that also guard comment forms are not among them, nor what is put into every page that a wall lets through.
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

/// A challenge meant for robots.
pub(super) fn is_bot_wall(view: &View<'_>) -> bool {
    let is_title = || view.titles().iter().any(|title| words::has(title, Section::Bot));
    let has_room = || view.body_weight() < BOT_BODY || is_title();
    view.page_weight() < BOT_WEIGHT
        && has_room()
        && (says(view, Section::Bot) || has_challenge(view))
}

/// A page that asks for consent before it shows anything: what would be the article is the question itself.
pub(super) fn is_consent_wall(view: &View<'_>) -> bool {
    if view.page_weight() >= CONSENT_WEIGHT || !says(view, Section::Consent) {
        return false;
    }
    let body = view.article.text().to_lowercase();
    let asks =
        words::span(&body, Section::Consent).is_some() || body.matches("cookie").count() >= 2;
    asks || view.body_weight() < LITTLE
}

/// Whether title or a short block of the page has words of a wall.
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
