use proptest::prelude::*;

use super::*;
use crate::memory::layout::Outcome;
use crate::memory::trace::{Edge, Seen};

const APPEAL: &str = "Become a supporter of our newsroom today.";
const FOLLOW: &str = "Follow us on X for more";

fn word(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

fn own(number: usize) -> String {
    let word = word(number);
    format!("The harbour of {word} was closed for a day. The mayor of {word} asked for patience.")
}

fn trace(day: usize, text: &str) -> Trace {
    let edges = keys(text).into_iter().map(|key| Edge { block: 0, key }).collect();
    let keys = Keys::of(text).unwrap();
    let blocks = vec![Seen { keys, weight: text.len() as f32, kept: true, spot: 0 }];
    Trace { day: day as i32, outcome: Outcome::default(), title: None, blocks, edges }
}

fn learned(texts: &[String], spread: Spread) -> HashMap<u32, Evidence> {
    let window: Vec<Trace> = texts.iter().enumerate().map(|(n, text)| trace(n, text)).collect();
    learn(&window, &(0..texts.len()).collect::<Vec<_>>(), spread, &HashMap::default())
}

fn left<'a>(text: &'a str, known: &HashMap<u32, Evidence>) -> &'a str {
    cut(text, known).map_or(text, |cut| &text[cut.left])
}

#[test]
fn a_line_at_either_end_goes_and_the_rest_stays() {
    let texts: Vec<String> = (0..8).map(|n| format!("{APPEAL} {} {FOLLOW}", own(n))).collect();
    let known = learned(&texts, Spread::Days);
    assert_eq!(known.len(), 2);
    for text in [
        format!("{APPEAL} {}", own(9)),
        format!("{} {FOLLOW}", own(9)),
        format!("{APPEAL} {} | {FOLLOW}", own(9)),
        format!("{} {APPEAL}{FOLLOW}", own(9)).replace("today.", "today. "),
    ] {
        assert_eq!(left(&text, &known), own(9), "{text}");
    }
    let text = format!("{APPEAL} {}", own(9));
    let found = cut(&text, &known).unwrap();
    assert_eq!(&text[found.parts[0].0.clone()], APPEAL);
    assert_eq!(found.parts[0].1, Evidence { articles: 8, of: 8, days: 8 });
}

#[test]
fn a_short_part_goes_with_the_standing_one_beside_it_only() {
    let line = "(c) Harbour Post. All rights are with the publisher.";
    let forms: [fn(&str, &str) -> String; 2] =
        [|own, line| format!("{line} {own}"), |own, line| format!("{own} {line}")];
    for form in forms {
        let with = |n: usize, line: &str| form(&own(n), line);
        let known = learned(&(0..8).map(|n| with(n, line)).collect::<Vec<_>>(), Spread::Days);
        assert_eq!(left(&with(9, line), &known), own(9));
        let short = format!("He left. {} She stayed.", own(9));
        assert_eq!(left(&form(&short, line), &known), short);
    }
}

#[test]
fn a_block_of_standing_parts_alone_stays_as_it_is() {
    let texts: Vec<String> = (0..8).map(|n| format!("{APPEAL} {} {FOLLOW}", own(n))).collect();
    let known = learned(&texts, Spread::Days);
    for text in [APPEAL.to_owned(), format!("{APPEAL} {FOLLOW}"), own(3)] {
        assert_eq!(cut(&text, &known), None, "{text}");
    }
    // In the middle of a block it is part of what is said.
    let (one, two) = (own(3), own(4));
    assert_eq!(cut(&format!("{one} {APPEAL} {two}"), &known), None);
}

#[test]
fn few_articles_few_days_and_less_than_most_articles_teach_nothing() {
    let with = |n: usize| format!("{} {FOLLOW}", own(n));
    assert!(learned(&(0..5).map(with).collect::<Vec<_>>(), Spread::Unknown).is_empty());
    let window: Vec<Trace> = (0..12).map(|n| trace(n % 2, &with(n))).collect();
    let (articles, none): (Vec<usize>, _) = ((0..12).collect(), HashMap::default());
    assert!(learn(&window, &articles, Spread::Days, &none).is_empty(), "two days");
    assert_eq!(learn(&window, &articles, Spread::Unknown, &none).len(), 1);
    assert!(learn(&window, &[1; 12], Spread::Unknown, &none).is_empty(), "one article");
    // The background of a running story, in three of five reports.
    let some = |n: usize| if n % 5 < 3 { with(n) } else { own(n) };
    assert!(learned(&(0..30).map(some).collect::<Vec<_>>(), Spread::Days).is_empty());
}

#[test]
fn datelines_and_names_at_the_start_are_no_parts() {
    for start in ["LAKE TOWN, Nov 12 — ", "Mr. ", "U.S. President J. Doe ", "Dr. K. Roe "] {
        let with = |n: usize| format!("{start}{}", own(n));
        assert!(learned(&(0..12).map(with).collect::<Vec<_>>(), Spread::Days).is_empty());
    }
}

proptest! {
    #[test]
    fn a_cut_and_what_is_left_are_apart(
        words in prop::collection::vec("(One|two|three four five six|Ä)[.!|] ?", 0..12),
        known in prop::collection::vec(0usize..12, 0..4),
    ) {
        let text = words.concat();
        let ranges = parts(&text);
        let evidence = Evidence { articles: 9, of: 9, days: 9 };
        let known = known.iter().filter_map(|at| key(&text[ranges.get(*at)?.clone()]));
        let known: HashMap<u32, Evidence> = known.map(|key| (key, evidence)).collect();
        if let Some(found) = cut(&text, &known) {
            prop_assert!(!found.left.is_empty() && text.get(found.left.clone()).is_some());
            for (range, _) in &found.parts {
                prop_assert!(text.get(range.clone()).is_some());
                prop_assert!(range.end <= found.left.start || range.start >= found.left.end);
            }
        }
    }
}
