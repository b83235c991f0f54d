use crate::memory::key::Keys;

use super::*;

/// A page with an own text and a block before it, in it and after it; empty texts are left out.
fn page(day: i32, number: usize, around: [&str; 3]) -> Trace {
    let own =
        |part: &str| format!("Paragraph {part} of article number {number}, which no other has.");
    let texts =
        [around[0].to_owned(), own("one"), around[1].to_owned(), own("two"), around[2].to_owned()];
    let blocks = texts.iter().filter(|text| !text.is_empty());
    let seen = |text: &String| Seen {
        // The number of the article is part of its own words.
        keys: Keys::of(
            &text.replace(|c: char| c.is_ascii_digit(), "x").replace("x,", &word(number)),
        )
        .unwrap(),
        weight: text.len() as f32,
        kept: true,
        spot: spot::NONE,
    };
    let title = Keys::of(&format!("Headline {}", word(number))).map(|keys| keys.exact);
    let blocks = blocks.map(seen).collect();
    Trace { day, outcome: Outcome::default(), title, blocks, edges: vec![] }
}

fn word(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

const APPEAL: &str = "Become a supporter of our newsroom and help us to stay independent.";

fn knows(traces: &[Trace], text: &str) -> bool {
    SiteMemory::learn(traces, Spread::Days).evidence(text).is_some()
}

#[test]
fn what_is_on_all_articles_of_some_days_is_chrome() {
    let traces: Vec<Trace> = (0..6).map(|n| page(n as i32 / 3, n, ["", "", APPEAL])).collect();
    let memory = SiteMemory::learn(&traces, Spread::Days);
    assert_eq!(memory.evidence(APPEAL), Some(Evidence { articles: 6, of: 6, days: 2 }));
    assert_eq!(memory.len(), 1);
    assert!(knows(
        &(0..6).map(|n| page(n as i32, n, ["", APPEAL, ""])).collect::<Vec<_>>(),
        APPEAL
    ));
}

#[test]
fn one_day_and_few_articles_teach_nothing() {
    let one_day: Vec<Trace> = (0..9).map(|n| page(1, n, ["", "", APPEAL])).collect();
    assert!(!knows(&one_day, APPEAL));
    assert!(SiteMemory::learn(&one_day, Spread::Unknown).evidence(APPEAL).is_some());
    let two: Vec<Trace> = (0..2).map(|n| page(n as i32, n, ["", "", APPEAL])).collect();
    assert!(!knows(&two, APPEAL));
}

#[test]
fn one_article_under_many_addresses_teaches_nothing() {
    let mut traces: Vec<Trace> = (0..9).map(|n| page(n, 1, ["", "", APPEAL])).collect();
    assert!(!knows(&traces, APPEAL));
    assert!(SiteMemory::learn(&traces, Spread::Days).is_empty(), "nor are its paragraphs chrome");
    // Another headline makes it no other article.
    for (n, trace) in traces.iter_mut().enumerate() {
        trace.title = Some(n as u64);
    }
    assert!(SiteMemory::learn(&traces, Spread::Days).is_empty());
}

#[test]
fn a_series_and_a_quotation_are_no_chrome() {
    let part = |n: usize| {
        let series = if n.is_multiple_of(3) {
            "This is the next part of our series on the coast."
        } else {
            ""
        };
        let quote = if n.is_multiple_of(2) {
            "\"The board has decided\", the mayor said on Monday."
        } else {
            ""
        };
        page(n as i32, n, [series, quote, ""])
    };
    let traces: Vec<Trace> = (0..12).map(part).collect();
    assert!(SiteMemory::learn(&traces, Spread::Days).is_empty());
}

#[test]
fn a_headline_of_another_article_is_chrome_and_old_layouts_fade() {
    let mut traces: Vec<Trace> = (0..12).map(|n| page(n as i32, n, ["", "", ""])).collect();
    let teaser = page(0, 0, ["", "", "Headline a"]).blocks[2];
    for trace in &mut traces[3..6] {
        trace.blocks.push(teaser);
    }
    assert!(knows(&traces, "Headline a"));
    let mut changed: Vec<Trace> = (0..6).map(|n| page(n as i32, n, ["", "", APPEAL])).collect();
    assert!(knows(&changed, APPEAL));
    changed.extend((6..6 + WINDOW).map(|n| page(n as i32, n, ["", "", ""])));
    assert!(!knows(&changed, APPEAL));
}
