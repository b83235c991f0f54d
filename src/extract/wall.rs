//! Pages that stand in front of an article: a challenge for robots, a question of consent, nothing at all.
//!
//! Such a page must be told apart before anyone files it or learns from it. Both signs must meet: the words, and
//! that there is hardly any other text.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::extract::block::Blocks;
use crate::news::article::PageKind;

/// A wall has less text than this, in bytes; an article about walls has more.
const BOT_TEXT: usize = 1_500;
const CONSENT_TEXT: usize = 6_000;

/// How much of the page's text is looked at, in bytes.
const SCAN_BYTES: usize = 8_000;

struct Words {
    automaton: Option<AhoCorasick>,
    kinds: Vec<PageKind>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let (mut words, mut kinds, mut kind) = (Vec::new(), Vec::new(), PageKind::BotWall);
    for line in include_str!("phrases/walls.txt").lines().map(str::trim) {
        match line {
            "[bot]" => kind = PageKind::BotWall,
            "[consent]" => kind = PageKind::ConsentWall,
            line if line.is_empty() || line.starts_with('#') => {}
            line => {
                words.push(line);
                kinds.push(kind);
            }
        }
    }
    Words { automaton: AhoCorasick::new(words).ok(), kinds }
});

/// The kind of page, by its title, its extracted body and all of its text.
pub(crate) fn kind(title: &str, body: &str, page: &Blocks) -> PageKind {
    if page.len() == 0 && body.is_empty() {
        return PageKind::Empty;
    }
    let mut text = title.to_lowercase();
    let mut length = 0;
    for block in &page.blocks {
        let part = page.text(block);
        length += part.len();
        if text.len() < SCAN_BYTES {
            text.push('\n');
            text.push_str(&part.to_lowercase());
        }
    }
    let Some(automaton) = &WORDS.automaton else { return PageKind::Article };
    for found in automaton.find_iter(&text) {
        match WORDS.kinds.get(found.pattern().as_usize()) {
            Some(PageKind::BotWall) if length < BOT_TEXT => return PageKind::BotWall,
            Some(PageKind::ConsentWall) if length < CONSENT_TEXT && is_consent(body, automaton) => {
                return PageKind::ConsentWall;
            }
            _ => {}
        }
    }
    if body.is_empty() { PageKind::Empty } else { PageKind::Article }
}

/// Whether what would be the article is the question itself.
fn is_consent(body: &str, automaton: &AhoCorasick) -> bool {
    let body = body.to_lowercase();
    let asks = automaton.is_match(&body) || body.matches("cookie").count() >= 2;
    asks || body.len() < 200
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Hints, Limits, Page, extract};
    use chrono::DateTime;

    fn kind_of(html: &str) -> PageKind {
        let page = Page { bytes: html.as_bytes(), url: None, content_type: None };
        extract(&page, &Hints::default(), DateTime::UNIX_EPOCH, &Limits::default()).article.kind
    }

    #[test]
    fn walls_are_recognised() {
        assert_eq!(
            kind_of("<title>Just a moment...</title><h1>example.org</h1><p>Verifying you are human.</p>"),
            PageKind::BotWall
        );
        assert_eq!(
            kind_of(
                "<h1>We value your privacy</h1><p>We and our partners store and/or access information on a device, such as cookies, and process personal data. Cookies help us.</p>"
            ),
            PageKind::ConsentWall
        );
        assert_eq!(kind_of(""), PageKind::Empty);
        assert_eq!(kind_of("<script>render()</script><div id=app></div>"), PageKind::Empty);
    }

    #[test]
    fn an_article_about_walls_is_an_article() {
        let paragraph = "<p>The words “verify you are human” greet readers on more and more sites, researchers said on Monday.</p>";
        assert_eq!(kind_of(&paragraph.repeat(20)), PageKind::Article);
    }
}
