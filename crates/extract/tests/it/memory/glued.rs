//! Standing lines without a border of their own, and true sentences that return.

use wiresift_extract::memory::{Exceptions, Trace};

use super::poison::{after_memory, keeps, plain, whole};
use super::site::{Story, learned, p, read, stories, text, traces};

/// The page with a line before or after the text of one of its paragraphs, in the same element.
fn glued(story: &Story, at: usize, (before, after): (&str, &str)) -> String {
    let paragraphs = story
        .paragraphs
        .iter()
        .enumerate()
        .map(|(n, text)| if n == at { p(&format!("{before}{text}{after}")) } else { p(text) });
    story.page(&paragraphs.collect::<Vec<_>>())
}

/// What [`glued`] puts around a paragraph, for one place.
type Around = (usize, &'static str, &'static str);

#[test]
fn a_line_in_the_element_of_a_paragraph_goes_and_is_recorded() {
    let places: [Around; 4] = [
        (6, "", " Become a supporter of the Courier today and help us to go on. "),
        (6, "", " <em>Follow us on the lake network for more</em>"),
        (0, "<b>You read this with the help of our supporters.</b> ", ""),
        (3, "", "Sign up here for our letter of the week!"),
    ];
    for (at, before, after) in places {
        let page = |story: &Story| glued(story, at, (before, after));
        let memory = learned(&traces(&stories(0..8), page));
        let next = Story::new(8);
        let found = read(&page(&next), next.hints(), Some(&memory));
        assert_eq!(text(&found), whole(&next), "{before}{after}");
        let removed = found.removed();
        let removed = removed.iter().find(|one| one.reason.starts_with("memory")).unwrap();
        assert_eq!(removed.reason, "memory: seen on 8 of 8 articles over 8 days");
        assert!(format!("{before}{after}").contains(&removed.text), "{}", removed.text);
        // A person wants it kept.
        let kept = memory.clone().except(&Exceptions::of([removed.text.as_str()]));
        assert_eq!(
            after_memory(&kept, &next, &page(&next)),
            text(&read(&page(&next), next.hints(), None))
        );
        // What was removed by the memory is still learned from.
        let trace = |memory| Trace::of(&read(&page(&next), next.hints(), memory), 8).unwrap();
        let (mut again, without) = (trace(Some(&memory)), trace(None));
        again.outcome = without.outcome;
        assert_eq!(again, without);
        assert!(memory.differs_on(&without, &kept));
    }
}

#[test]
fn a_true_sentence_that_returns_in_paragraphs_stays() {
    let background = " The landslide of last spring buried the road to the upper villages.";
    let quote = " “We have asked for this bridge since the flood”, the mayor said.";
    let series = "This is a part of our series on the towns around the lake. ";
    let dateline = "LAKE TOWN, Nov 12 (LP) — ";
    let places: [(Around, usize, usize); 6] = [
        ((6, "", background), 3, 5),
        ((0, "", background), 2, 3),
        ((3, "", quote), 1, 2),
        ((0, series, ""), 1, 2),
        ((0, dateline, ""), 1, 1),
        ((0, "Mr. ", ""), 1, 1),
    ];
    for ((at, before, after), some, of) in places {
        let page = |story: &Story| {
            if story.number % of < some { glued(story, at, (before, after)) } else { plain(story) }
        };
        let memory = learned(&traces(&stories(0..30), page));
        for next in [30, 31, 32].map(Story::new) {
            keeps(&memory, &next, &page(&next));
        }
    }
}

#[test]
fn one_day_and_one_article_teach_no_sentence() {
    let line = "Sign up here for our letter of the week.";
    let page = |story: &Story| {
        glued(story, 6, ("It is over. ", "Sign up here for our letter of the week."))
    };
    let trace = |story: &Story, day: usize| {
        Trace::of(&read(&page(story), story.hints(), None), day as i32).unwrap()
    };
    let two_days: Vec<Trace> =
        stories(0..20).iter().map(|one| trace(one, one.number % 2)).collect();
    let one_article: Vec<Trace> = (0..20).map(|day| trace(&Story::new(3), day)).collect();
    for traces in [two_days, one_article] {
        let memory = learned(&traces);
        assert_eq!(memory.evidence(line), None);
        keeps(&memory, &Story::new(20), &page(&Story::new(20)));
    }
}

#[test]
fn a_page_of_which_sentences_would_take_much_keeps_them() {
    let lines = ["", " Sign up here for our letter of the week, which comes on every Friday."];
    let page = |story: &Story| glued(story, 6, (lines[0], lines[1]));
    let memory = learned(&traces(&stories(0..8), page));
    let next = Story::new(8);
    let short = Story { paragraphs: next.paragraphs[..1].to_vec(), ..Story::new(8) };
    keeps(&memory, &short, &glued(&short, 0, (lines[0], lines[1])));
}

#[test]
fn the_sentences_of_a_block_that_is_known_are_not_known_themselves() {
    let appeal = "The Courier is paid for by those who read it. Help us to write the next text.";
    let page = |story: &Story| story.page(&[story.blocks(), vec![p(appeal)]].concat());
    let memory = learned(&traces(&stories(0..8), page));
    assert!(memory.evidence(appeal).is_some());
    assert_eq!(memory.evidence("Help us to write the next text."), None);
}
