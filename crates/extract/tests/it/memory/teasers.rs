//! Teasers of which some are on no other page: what stands around them tells.

use wiresift_extract::Extraction;
use wiresift_extract::memory::{Exceptions, SiteMemory};

use super::poison::{after_memory, keeps, plain, whole};
use super::site::{Story, learned, p, read, stories, text, traces};

const LABEL: &str = "More of what happened on the lake today";

/// The articles that a page shows teasers of: one that one other page shows, too; one that none does;
/// and some that many do.
fn shown(story: &Story) -> Vec<Story> {
    let number = story.number;
    let rare = [(number * 5 + 3) % 16, 200 + number].map(Story::new);
    let frequent = (0..3).map(|n| Story::new(100 + (number + n * n) % 5));
    rare.into_iter().chain(frequent).filter(|other| other.number != number).collect()
}

/// The page with a box of teasers behind its text: no links, no classes.
fn boxed(story: &Story) -> String {
    let teasers = shown(story);
    let teasers: String = teasers
        .iter()
        .map(|other| format!("<div>{}{}</div>", p(&other.title), p(&other.paragraphs[0])))
        .collect();
    let teasers = format!("<div><p>{LABEL}</p>{teasers}</div>");
    story.page(&[story.blocks(), vec![teasers]].concat())
}

fn site() -> SiteMemory {
    learned(&traces(&stories(0..16), boxed))
}

/// What a memory has removed from a page, with a reason that begins like this.
fn removed(found: &Extraction, reason: &str) -> Vec<String> {
    let removed = found.removed().into_iter().filter(|one| one.reason.starts_with(reason));
    removed.map(|one| one.text).collect()
}

#[test]
fn a_box_of_teasers_goes_as_a_whole() {
    let memory = site();
    let next = Story::new(16);
    let found = read(&boxed(&next), next.hints(), Some(&memory));
    assert_eq!(text(&found), whole(&next));
    let [known, unknown] = [3, 216].map(Story::new);
    let title = removed(&found, "memory: title of another article of the site");
    assert_eq!(title, [known.title]);
    let among = removed(&found, "memory: among blocks seen on ");
    assert!(among.contains(&unknown.paragraphs[0]), "{among:?}");
}

#[test]
fn a_heading_with_the_title_of_another_article_stays() {
    let memory = site();
    let (next, other) = (Story::new(16), Story::new(3));
    assert!(memory.evidence(&other.title).is_some());
    let mut blocks = next.blocks();
    blocks.insert(2, format!("<h2>{}</h2>", other.title));
    keeps(&memory, &next, &next.page(&blocks));
    blocks.push(p(&other.title));
    keeps(&memory, &next, &next.page(&blocks));
}

#[test]
fn a_roundup_under_the_titles_of_its_reports_stays() {
    let memory = site();
    let next = Story::new(16);
    let reports = next.paragraphs.iter().zip(0..5).flat_map(|(paragraph, number)| {
        [format!("<h2>{}</h2>", Story::new(number).title), p(paragraph)]
    });
    let blocks: Vec<String> = reports.chain([p(LABEL)]).collect();
    let html = next.page(&blocks);
    let before = text(&read(&html, next.hints(), None));
    let titles = (0..5).map(|number| Story::new(number).title);
    assert!(titles.clone().filter(|title| before.contains(title)).count() >= 3, "{before}");
    let after = after_memory(&memory, &next, &html);
    for title in titles.filter(|title| before.contains(title)) {
        assert!(after.contains(&title), "{title}");
    }
    for paragraph in &next.paragraphs[..5] {
        assert!(after.contains(paragraph), "{paragraph}");
    }
}

#[test]
fn what_a_person_keeps_stays_in_a_box() {
    let next = Story::new(16);
    let unknown = &Story::new(216).paragraphs[0];
    let memory = site().except(&Exceptions::of([unknown.as_str()]));
    let found = read(&boxed(&next), next.hints(), Some(&memory));
    assert!(text(&found).contains(unknown));
    let again = SiteMemory::from_bytes(&memory.to_bytes()).unwrap();
    assert_eq!(again, memory);
    assert!(!memory.knows_the_same(&site()));
}

#[test]
fn the_first_paragraph_of_an_article_that_others_tease_stays() {
    let memory = site();
    let teased = Story::new(3);
    keeps(&memory, &teased, &plain(&teased));
    let without = Story { summary: String::new(), ..Story::new(3) };
    keeps(&memory, &without, &plain(&without));
}

#[test]
fn a_short_paragraph_between_standing_lines_stays() {
    let line = |n: usize| {
        p(&format!(
            "Line {} of those that all of our pages have",
            ["one", "two", "three", "four", "five", "six"][n]
        ))
    };
    let page = |story: &Story| {
        let text = story.blocks();
        let own = 1 + story.number % 2;
        let teasers = (0..4).map(|n| p(&Story::new(100 + (story.number * 3 + n * n) % 7).title));
        let blocks = text[..2].iter().cloned().chain([line(0), line(1)]);
        let blocks = blocks.chain(text[2..=own].iter().cloned()).chain([line(2), line(3)]);
        story.page(&blocks.chain(teasers).chain([line(4), line(5)]).collect::<Vec<_>>())
    };
    let memory = learned(&traces(&stories(0..16), page));
    for number in [16, 17] {
        let story = Story::new(number);
        let own = story.paragraphs[..2 + number % 2].join("\n\n");
        assert_eq!(after_memory(&memory, &story, &page(&story)), own, "{number}");
    }
}
