use super::*;
use crate::fingerprint::Fingerprinted;

/// Prose of `words` invented words. The same seed gives the same prose.
fn prose(seed: u32, words: u32) -> String {
    let word = |n: u32| {
        let hash = (seed * 7919 + n).wrapping_mul(2_654_435_761);
        let letter = |shift: u32| char::from(b'a' + ((hash >> shift) % 26) as u8);
        [letter(3), letter(9), letter(15), letter(21), letter(26)].iter().collect::<String>()
    };
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

fn agreement(one: (&str, &str), other: (&str, &str)) -> Agreement {
    let fingerprint =
        |(title, body): (&str, &str)| Fingerprinted::of(title, body).unwrap().fingerprint;
    Agreement::of(&fingerprint(one), &fingerprint(other))
}

fn are_copies(one: (&str, &str), other: (&str, &str)) -> bool {
    agreement(one, other).is_copy(TimeDelta::hours(1))
}

#[test]
fn shortened_extended_and_edited_texts_are_copies() {
    let text = prose(1, 400);
    let cut: Vec<&str> = text.split(' ').take(250).collect();
    assert!(are_copies(("Wall", &text), ("Wall to go", &cut.join(" "))));
    assert!(are_copies(("Wall", &text), ("Other headline", &format!("{} {text}", prose(2, 60)))));
    let edited: Vec<String> = text
        .split(' ')
        .enumerate()
        .map(|(n, word)| if n % 17 == 0 { "new".into() } else { word.to_owned() })
        .collect();
    assert!(are_copies(("Wall", &text), ("Wall", &edited.join(" "))));
    assert!(!are_copies(("Wall", &text), ("Wall", &prose(3, 400))));
}

#[test]
fn a_template_with_other_facts_is_no_copy() {
    let report = |company: &str, sales: u32, profit: u32| {
        format!(
            "Shares moved little after {company} told investors on Tuesday that sales in the \
             quarter came to {sales} million crowns against the {} million of a year ago, \
             while the profit before tax was {profit} million. The board of {company} will \
             propose a dividend at the general meeting in spring and expects the market for \
             building materials to stay as it is.",
            sales - 13
        )
    };
    let title = ("Quarter at Brandt", "Quarter at Lind");
    assert!(!are_copies(
        (title.0, &report("Brandt", 412, 31)),
        (title.1, &report("Lind", 388, 57))
    ));
    assert!(are_copies(
        (title.0, &report("Brandt", 412, 31)),
        (title.0, &report("Brandt", 412, 31))
    ));
}

/// Reports without a number differ only in their names.
#[test]
fn names_distinguish_reports_from_one_template() {
    let match_report = |home: &str, away: &str, scorer: &str, keeper: &str, town: &str| {
        format!(
            "In front of a full house {home} beat {away} after a late goal by {scorer}, who \
             had come on for the injured captain. The visitors had the better chances, but \
             {keeper} saved twice before the break and once after it, and the home side held \
             on. The next round takes {home} to {town}, where it has not won for years."
        )
    };
    let one = match_report("Yeovil", "Elgin", "Evans", "Thomas", "Quorn");
    let other = match_report("Paisley", "Stroud", "Baker", "Muir", "Hexham");
    assert!(!are_copies(("Late goal decides", &one), ("Late goal decides", &other)));
    let one_name = match_report("Yeovil", "Elgin", "Evans", "Thomas", "Corby");
    assert!(are_copies(("Late goal decides", &one), ("Late goal decides", &one_name)));
}

#[test]
fn a_round_up_is_no_copy_of_what_it_contains() {
    let (one, two, three, four) = (prose(1, 120), prose(2, 120), prose(3, 120), prose(4, 120));
    let round_up = [four.as_str(), &one, &two, &three].join(" ");
    assert!(!are_copies(("News in brief", &round_up), ("Wall", &one)));
}

#[test]
fn an_excerpt_under_the_same_headline_is_a_copy() {
    let text = prose(1, 700);
    let beginning: Vec<&str> = text.split(' ').take(110).collect();
    let beginning = beginning.join(" ");
    assert!(are_copies(("Harbour wall to go", &text), ("Harbour wall to go", &beginning)));
    assert!(!are_copies(("Harbour wall to go", &text), ("Today in brief", &beginning)));
    let middle: Vec<&str> = text.split(' ').skip(300).take(110).collect();
    assert!(!are_copies(("Harbour wall to go", &text), ("Harbour wall to go", &middle.join(" "))));
}

#[test]
fn short_texts_are_recognised_for_three_days_and_long_prose_for_two_weeks() {
    let names = "Ada Lindqvist Bo Brandt Cora Millbrook Dan Northmere";
    let long = format!("{} the {names} {}", prose(1, 200), prose(2, 100));
    let late = agreement(("Wall", &long), ("Wall", &long));
    assert!(late.is_copy(TimeDelta::days(13)));
    assert!(!late.is_copy(TimeDelta::days(15)));
    let short = prose(1, 100);
    let short = agreement(("Prices", &short), ("Prices", &short));
    assert!(short.is_copy(TimeDelta::hours(71)));
    assert!(!short.is_copy(TimeDelta::hours(73)));
}

const NOTICE: &str = "is delayed this morning because of work on the track between the harbour and \
    the market. Passengers are asked to take the ferry until the work is done.";

#[test]
fn brief_texts_that_differ_in_one_fact_are_no_copies() {
    let bus =
        |line: &str| (format!("Line {line} is late"), format!("The bus on line {line} {NOTICE}"));
    let bare = |line: &str| (String::new(), bus(line).1);
    for kind in [&bus as &dyn Fn(&str) -> (String, String), &bare] {
        for (one, other, wanted) in [
            ("12", "12", true),
            ("12", "14", false),
            ("M29", "M41", false),
            ("Northmere", "Millbrook", false),
            ("12", "seven", false),
        ] {
            let (one, other) = (kind(one), kind(other));
            assert_eq!(are_copies((&one.0, &one.1), (&other.0, &other.1)), wanted, "{other:?}");
        }
    }
}

#[test]
fn notices_of_two_days_are_no_copies() {
    let notice = |day: u32, level: u32| {
        format!(
            "The water at the gauge below the old bridge stood at {level} centimetres at 7 in the \
             morning of {day} November 2026. The level of alarm is 480 centimetres, and the river \
             is expected to fall slowly until the weekend, says the office for waters."
        )
    };
    let title = "Water level of the day";
    assert!(are_copies((title, &notice(24, 312)), (title, &notice(24, 312))));
    for other in [notice(25, 312), notice(24, 315), notice(25, 315)] {
        assert!(!are_copies((title, &notice(24, 312)), (title, &other)), "{other}");
    }
}

#[test]
fn a_brief_copy_may_be_cut_or_extended() {
    let text = format!("The bus on line 12 {NOTICE}");
    let extended = format!("{text} The ferry leaves at 7, 8 and 9 from the old pier.");
    assert!(are_copies(("Bus on line 12 late", &text), ("Bus on line 12 late", &extended)));
}

#[test]
fn a_standing_text_under_other_headlines_is_no_copy() {
    let standing = "New conversations every Tuesday with people who have something to tell. \
        Subscribe wherever you listen, write to us with your ideas for guests, and leave a review \
        if you like what you hear. Your advertisement could stand here as well: ask our partners \
        for the terms, which change from season to season.";
    let episode = |title| (title, standing);
    assert!(are_copies(episode("The lighthouse keeper"), episode("The lighthouse keeper")));
    assert!(!are_copies(episode("The lighthouse keeper"), episode("A boat of one's own")));
    assert!(!are_copies(episode("Conversations: part 4"), episode("Conversations: part 5")));
}
