//! What is kept of a site is bounded, also for pages of thousands of blocks.

use wiresift_extract::memory::{SiteMemory, Spread, Trace, WINDOW};
use wiresift_extract::{BlockNote, Extraction, Measures, Reason};

use super::site::{Story, read};

/// The most that traces and memory of a site may take.
const MOST_BYTES: usize = 200_000;

fn note(text: String, kept: bool) -> BlockNote {
    let reason = if kept { Reason::Body } else { Reason::Links };
    let measures = Measures { weight: text.len() as f32, ..Measures::default() };
    BlockNote { position: 0, text, kept, reason, cut: Vec::new(), chance: 0.5, measures }
}

/// A number in letters, since numbers vary in what counts as the same block.
fn word(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

/// A page with a menu of `menu` lines, then a body of `body` paragraphs and the menu again.
fn page(number: usize, menu: usize, body: usize) -> Extraction {
    let story = Story::new(number);
    let menu = (0..menu).map(|n| note(format!("Section {} of 2026", word(n)), false));
    let own = word(number);
    let paragraph = |n: usize| {
        let n = word(n);
        note(
            format!(
                "In {own} {n} is what it was. All of {n} has said so in {own}. Sign up for {n} here."
            ),
            true,
        )
    };
    let body = (0..body).map(paragraph);
    let blocks = menu.clone().chain(body).chain(menu).collect();
    Extraction { blocks, ..read(&story.page(&story.blocks()), story.hints(), None) }
}

/// The most traces that a site has: those learned from, and a quarter as many new ones.
fn traces(menu: usize, body: usize) -> Vec<Trace> {
    let most = WINDOW + WINDOW / 4;
    (0..most).filter_map(|n| Trace::of(&page(n, menu, body), n as i32)).collect()
}

#[test]
fn a_site_takes_less_than_200_kilobytes() {
    for (menu, body) in [(3_000, 20), (0, 3_000), (500, 500), (30, 30)] {
        let traces = traces(menu, body);
        assert_eq!(traces.len(), 40);
        let memory = SiteMemory::learn(&traces, Spread::Days);
        assert!(!memory.is_empty(), "{menu} {body}");
        let of_traces: usize = traces.iter().map(|trace| trace.to_bytes().len()).sum();
        let bytes = of_traces + memory.to_bytes().len();
        assert!(bytes < MOST_BYTES, "{menu} {body}: {of_traces} of {bytes}");
    }
}

#[test]
fn a_long_page_still_tells_of_its_body_and_of_what_is_near() {
    let memory = SiteMemory::learn(&traces(3_000, 20), Spread::Days);
    // The menu ends where the body begins; its other end is far from both.
    let near = memory.evidence(&format!("Section {} of 2026", word(2_999)));
    assert_eq!(near.map(|evidence| evidence.articles), Some(32));
    assert_eq!(memory.evidence(&format!("Section {} of 2026", word(1_500))), None);
    // So do the first and the last parts of paragraphs.
    assert!(memory.evidence(&format!("Sign up for {} here.", word(19))).is_some());
    let memory = SiteMemory::learn(&traces(0, 3_000), Spread::Days);
    for (n, is_known) in [(0, true), (1_500, false), (2_999, true)] {
        let line = format!("Sign up for {} here.", word(n));
        assert_eq!(memory.evidence(&line).is_some(), is_known, "{n}");
    }
}
