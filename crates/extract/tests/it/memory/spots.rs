//! Where blocks stand: lists of which no other page has shown a block, and texts that others tease.

use wiresift_extract::memory::{Exceptions, SiteMemory, Spot, Spread, Trace};

use super::poison::{after_memory, keeps, plain, whole};
use super::site::{Story, learned, p, read, stories, text, traces};

/// What a box of an article has.
type Lines<'a> = dyn Fn(&Story) -> Vec<String> + 'a;

/// Teasers of five of eleven stories, and of some that no other page shows: no links, no classes.
fn teasers(story: &Story, unknown: usize) -> Vec<Story> {
    let known = (0..5).map(|n| Story::new(100 + (story.number * 3 + n * n) % 11));
    let unknown = (0..unknown).map(|n| Story::new(300 + story.number * 10 + n));
    known.skip(unknown.len()).chain(unknown).collect()
}

/// The page with a box of teasers, each the whole first paragraph of a story.
fn boxed(story: &Story, teasers: &[Story]) -> String {
    let lines: String = teasers.iter().map(|other| p(&other.paragraphs[0])).collect();
    story.page(&[story.blocks(), vec![format!("<div>{lines}</div>")]].concat())
}

fn site() -> SiteMemory {
    learned(&traces(&stories(0..16), |story| boxed(story, &teasers(story, 0))))
}

#[test]
fn a_list_goes_of_which_nothing_is_known() {
    let next = Story::new(16);
    let html = boxed(&next, &teasers(&next, 5));
    assert!(text(&read(&html, next.hints(), None)).len() > whole(&next).len(), "it is hard");
    let found = read(&html, next.hints(), Some(&site()));
    assert_eq!(text(&found), whole(&next));
    let removed = found.removed();
    let removed = removed.iter().find(|one| one.reason.starts_with("memory")).unwrap();
    assert_eq!(removed.reason, "memory: among blocks seen on 16 of 16 articles over 16 days");
}

#[test]
fn what_a_person_keeps_stays_in_a_list() {
    let next = Story::new(16);
    let shown = teasers(&next, 5);
    let kept = &shown[2].paragraphs[0];
    let memory = site().except(&Exceptions::of([kept.as_str()]));
    let after = after_memory(&memory, &next, &boxed(&next, &shown));
    assert!(after.contains(kept) && !after.contains(&shown[1].paragraphs[0]), "{after}");
    let again = SiteMemory::from_bytes(&memory.to_bytes()).unwrap();
    assert_eq!(again, memory);
}

#[test]
fn one_day_few_articles_and_one_article_teach_no_list() {
    let page = |story: &Story| boxed(story, &teasers(story, 0));
    let trace = |story: &Story, html: &str, day: usize| {
        Trace::of(&read(html, story.hints(), None), day as i32).unwrap()
    };
    let all = stories(0..16);
    let one_day: Vec<Trace> = all.iter().map(|one| trace(one, &page(one), 7)).collect();
    let few: Vec<Trace> =
        all.iter().take(3).map(|one| trace(one, &page(one), one.number)).collect();
    // One article under many addresses, each time with other teasers.
    let first = Story::new(0);
    let one_article: Vec<Trace> =
        all.iter().map(|one| trace(&first, &boxed(&first, &teasers(one, 0)), one.number)).collect();
    for traces in [one_day, few, one_article] {
        let memory = learned(&traces);
        let next = Story::new(16);
        keeps(&memory, &next, &boxed(&next, &teasers(&next, 5)));
    }
}

#[test]
fn boxes_that_belong_to_their_articles_stay() {
    let boxed = |story: &Story, lines: &[String]| {
        let lines: String = lines.iter().map(|line| p(line)).collect();
        let lines = format!("<div class='more'>{lines}</div>");
        story.page(&[story.blocks(), vec![lines]].concat())
    };
    // The same background for all reports on one of three matters; it returns as a whole.
    let background = |story: &Story| Story::new(90 + story.number % 3).paragraphs[..4].to_vec();
    // Facts that no other article has.
    let facts = |story: &Story| Story::new(200 + story.number).paragraphs[..4].to_vec();
    // A list on some of the articles.
    let some = |story: &Story| match story.number % 5 {
        0 => teasers(story, 0).iter().map(|other| other.paragraphs[0].clone()).collect(),
        _ => facts(story),
    };
    let kinds: [&Lines<'_>; 3] = [&background, &facts, &some];
    for (number, lines) in kinds.into_iter().enumerate() {
        let memory = learned(&traces(&stories(0..30), |story| boxed(story, &lines(story))));
        let next = Story::new(31);
        let html = boxed(&next, &facts(&next));
        let before = text(&read(&html, next.hints(), None));
        assert!(before.contains(&facts(&next)[0]), "{number}");
        assert_eq!(after_memory(&memory, &next, &html), before, "{number}");
    }
}

#[test]
fn rows_that_return_with_other_numbers_make_no_list() {
    // Results return in other company each time, as teasers do, but with their numbers.
    let clubs = ["Harbour", "Valley", "Island", "Mill", "Bridge", "Quarry", "Meadow"];
    let row = |story: &Story, n: usize| {
        let (home, guest) = (clubs[(story.number + n) % 7], clubs[(story.number * 2 + 3 * n) % 7]);
        let goals = 3 * story.number + n;
        p(&format!("{home} Rowing Club - {guest} Rowing Club {goals}:{n}"))
    };
    let page = |story: &Story| {
        let rows: String = (0..5).map(|n| row(story, n)).collect();
        story.page(&[story.blocks(), vec![format!("<div>{rows}</div>")]].concat())
    };
    let memory = learned(&traces(&stories(0..20), page));
    let next = Story::new(20);
    let found = read(&page(&next), next.hints(), None);
    let mut rows = found.blocks.iter().filter(|note| note.text.contains("Rowing")).peekable();
    assert!(rows.peek().is_some());
    assert!(rows.all(|note| memory.spot(note.measures.spot).is_none_or(Spot::is_text)));
    let lists = site();
    let boxed = boxed(&next, &teasers(&next, 5));
    let found = read(&boxed, next.hints(), None);
    let is_list = |spot: u32| lists.spot(spot).is_some_and(|spot| !spot.is_text());
    assert_eq!(found.blocks.iter().filter(|note| is_list(note.measures.spot)).count(), 5);
}

#[test]
fn the_start_of_an_article_stays_that_others_tease_before_their_text() {
    // The teasers stand in a box before the text, and no page or feed describes itself.
    let first = |story: &Story| {
        let lines: String = teasers(story, 0).iter().map(|other| p(&other.paragraphs[0])).collect();
        let lines = format!("<div>{lines}</div>");
        story.page(&[vec![lines], story.blocks()].concat())
    };
    let memory = learned(&traces(&stories(0..16), first));
    for number in [100, 103] {
        let teased = Story { summary: String::new(), ..Story::new(number) };
        assert!(memory.evidence(&teased.paragraphs[0]).is_some());
        keeps(&memory, &teased, &plain(&teased));
        // In its middle, too: an article may quote another one.
        let mut blocks = Story::new(16).blocks();
        blocks.insert(3, p(&teased.paragraphs[0]));
        keeps(&memory, &Story::new(16), &Story::new(16).page(&blocks));
    }
}

#[test]
fn a_page_that_is_a_list_alone_is_left_as_it_is() {
    let memory = SiteMemory::learn(
        &traces(&stories(0..16), |story| boxed(story, &teasers(story, 0))),
        Spread::Unknown,
    );
    let next = Story::new(16);
    let lines: String = (0..6).map(|n| p(&Story::new(400 + n).paragraphs[0])).collect();
    keeps(&memory, &next, &next.page(&[format!("<div>{lines}</div>")]));
}
