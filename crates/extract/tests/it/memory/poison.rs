//! Pages that would teach a wrong rule. No paragraph of an article may be lost.

use wiresift_extract::memory::{SiteMemory, Spread, Trace};

use super::site::{Story, learned, p, read, stories, text, traces};

const APPEAL: &str =
    "Become a supporter of the Courier today and help us to go on writing about the lake.";
const TRUE: &str =
    "The landslide of last spring buried the road to the upper villages for eleven weeks.";

pub(super) fn plain(story: &Story) -> String {
    story.page(&story.blocks())
}

/// The page with one more block at this place among the paragraphs.
fn with(story: &Story, at: usize, line: &str) -> String {
    let mut blocks = story.blocks();
    blocks.insert(at.min(blocks.len()), p(line));
    story.page(&blocks)
}

pub(super) fn after_memory(memory: &SiteMemory, story: &Story, html: &str) -> String {
    text(&read(html, story.hints(), Some(memory)))
}

pub(super) fn whole(story: &Story) -> String {
    story.paragraphs.join("\n\n")
}

/// A memory does not change a page that holds a true paragraph.
pub(super) fn keeps(memory: &SiteMemory, story: &Story, html: &str) {
    let before = text(&read(html, story.hints(), None));
    assert_eq!(after_memory(memory, story, html), before);
}

#[test]
fn what_is_on_all_articles_goes_from_each_place() {
    for at in [0, 3, 99] {
        let page = |story: &Story| with(story, at, APPEAL);
        let memory = learned(&traces(&stories(0..8), page));
        let next = Story::new(8);
        assert_eq!(after_memory(&memory, &next, &page(&next)), whole(&next), "{at}");
    }
}

#[test]
fn a_site_that_repeats_a_rivals_paragraphs_does_not_remove_the_rivals_article() {
    let rival = Story::new(50);
    let page = |story: &Story| story.page(&[story.blocks(), rival.blocks()].concat());
    let memory = learned(&traces(&stories(0..8), page));
    // Memories are kept for each site; and here the site even runs the rival's article itself.
    keeps(&memory, &rival, &plain(&rival));
    // One paragraph of it, quoted in an article of the rival's own site.
    keeps(&learned(&traces(&stories(50..58), plain)), &rival, &plain(&rival));
}

#[test]
fn one_day_teaches_nothing() {
    let page = |story: &Story| with(story, 99, TRUE);
    let pages: Vec<Trace> = stories(0..12)
        .iter()
        .filter_map(|story| Trace::of(&read(&page(story), story.hints(), None), 7))
        .collect();
    let memory = learned(&pages);
    assert!(memory.is_empty());
    keeps(&memory, &Story::new(12), &page(&Story::new(12)));
}

#[test]
fn one_article_under_many_addresses_teaches_nothing() {
    // Each copy has another headline, and one more paragraph.
    let story = Story::new(0);
    let pages: Vec<Trace> = (0..12)
        .filter_map(|day| {
            let other = Story::new(60 + day);
            let blocks = [story.blocks(), other.blocks()[..1].to_vec()].concat();
            let html = Story { title: other.title.clone(), ..Story::new(0) }.page(&blocks);
            Trace::of(&read(&html, other.hints(), None), day as i32)
        })
        .collect();
    let memory = learned(&pages);
    assert!(memory.is_empty(), "{memory:?}");
}

#[test]
fn walls_and_error_pages_teach_nothing() {
    let walls = [
        (
            "Just a moment...",
            "Checking if the site connection is secure. Please enable cookies and reload the page.",
        ),
        (
            "We value your privacy",
            "We and our 842 partners store information on your device. By clicking Accept all you consent to this.",
        ),
        (
            "Page not found",
            "The page that you were looking for could not be found. It may have been moved or deleted.",
        ),
    ];
    for (title, line) in walls {
        let wall = |story: &Story, announced: bool| {
            let title = if announced { story.title.as_str() } else { title };
            format!(
                "<html><head><title>{title}</title></head><body><h1>{title}</h1>{0}{0}{0}</body></html>",
                p(line)
            )
        };
        for announced in [false, true] {
            let all = traces(&stories(0..12), |story| wall(story, announced));
            let some = traces(&stories(0..12), |story| {
                if story.number < 6 { plain(story) } else { wall(story, announced) }
            });
            for traces in [all, some] {
                let memory = learned(&traces);
                assert!(memory.evidence(line).is_none(), "{title} {announced}");
                keeps(&memory, &Story::new(3), &plain(&Story::new(3)));
            }
        }
    }
}

#[test]
fn series_datelines_and_quotations_stay() {
    let quote = "“We have asked for this bridge since the flood”, the mayor said.";
    let series = "This is a part of our series on the towns around the lake and their harbours.";
    let dateline = "LAKE TOWN, Nov 12";
    for (at, line, every) in [(0, series, 3), (3, quote, 2), (0, dateline, 3), (3, series, 2)] {
        let page = |story: &Story| {
            if story.number.is_multiple_of(every) { with(story, at, line) } else { plain(story) }
        };
        let memory = learned(&traces(&stories(0..24), page));
        keeps(&memory, &Story::new(24), &page(&Story::new(24)));
    }
}

#[test]
fn the_background_at_the_end_of_several_reports_stays() {
    let page = |story: &Story| {
        if story.number.is_multiple_of(5) { with(story, 99, TRUE) } else { plain(story) }
    };
    let memory = learned(&traces(&stories(0..25), page));
    keeps(&memory, &Story::new(25), &page(&Story::new(25)));
}

#[test]
fn the_teaser_of_an_article_does_not_remove_its_first_paragraph() {
    let first = Story::new(40);
    let teaser = format!(
        "<div class='related'><a href='/40'>{}</a><p><a href='/40'>{}</a></p></div>",
        first.title, first.paragraphs[0]
    );
    let page = |story: &Story| {
        plain(story).replace("<div class='bottom'>", &format!("{teaser}<div class='bottom'>"))
    };
    let memory = learned(&traces(&stories(0..12), page));
    keeps(&memory, &first, &plain(&first));
    let without = Story { summary: String::new(), ..Story::new(40) };
    keeps(&memory, &without, &plain(&without));
}

#[test]
fn syndicated_text_stays() {
    // The same report, under the names of three papers and cut to other lengths.
    let report = Story::new(70);
    let page = |story: &Story| {
        let number = story.number;
        if !(9..=11).contains(&number) {
            return plain(story);
        }
        Story { title: format!("{} ({number})", report.title), ..Story::new(70) }
            .page(&report.blocks()[..number - 5])
    };
    let memory = learned(&traces(&stories(0..16), page));
    keeps(&memory, &report, &plain(&report));
}

#[test]
fn the_order_of_the_pages_does_not_decide_and_the_same_page_gives_the_same_text() {
    let page = |story: &Story| with(story, 3, APPEAL);
    let mut seen = traces(&stories(0..9), page);
    let memory = learned(&seen);
    seen.reverse();
    assert!(memory.knows_the_same(&learned(&seen)));
    assert_eq!(memory.to_bytes(), learned(&seen).to_bytes());
    let one = Story::new(4);
    let again: Vec<String> = (0..4).map(|_| after_memory(&memory, &one, &page(&one))).collect();
    assert!(again.iter().all(|text| *text == whole(&one)));
    // What was removed by the memory is still learned from.
    let found = |day: i32| Trace::of(&read(&page(&one), one.hints(), Some(&memory)), day);
    let without = |day: i32| Trace::of(&read(&page(&one), one.hints(), None), day);
    let (mut found, without) = (found(1).unwrap(), without(1).unwrap());
    found.outcome = without.outcome;
    assert_eq!(found, without);
}

#[test]
fn a_page_of_known_text_is_left_as_it_is() {
    let lines = [
        APPEAL,
        TRUE,
        "The Courier is printed on paper from the mill at the lower end of the lake.",
    ];
    let page = |story: &Story| {
        story.page(&[story.blocks(), lines.iter().map(|line| p(line)).collect()].concat())
    };
    let memory = SiteMemory::learn(&traces(&stories(0..8), page), Spread::Unknown);
    assert!(lines.iter().all(|line| memory.evidence(line).is_some()));
    let about = Story { paragraphs: lines.map(str::to_owned).to_vec(), ..Story::new(9) };
    keeps(&memory, &about, &plain(&about));
}

#[test]
fn the_same_background_of_three_paragraphs_stays_and_a_list_of_teasers_goes() {
    let background = Story::new(90);
    let reports = |story: &Story| {
        let end = if story.number.is_multiple_of(5) { 3 } else { 0 };
        story.page(&[story.blocks(), background.blocks()[..end].to_vec()].concat())
    };
    let memory = learned(&traces(&stories(0..25), reports));
    keeps(&memory, &Story::new(25), &reports(&Story::new(25)));

    let list = |story: &Story| -> Vec<String> {
        let shown = (0..4).map(|n| Story::new(100 + (story.number * 3 + n * n) % 11));
        shown.flat_map(|teaser| [p(&teaser.title), p(&teaser.paragraphs[0])]).collect()
    };
    let after = |story: &Story| story.page(&[story.blocks(), list(story)].concat());
    let before = |story: &Story| story.page(&[list(story), story.blocks()].concat());
    let pages: [&dyn Fn(&Story) -> String; 2] = [&after, &before];
    for page in pages {
        let memory = learned(&traces(&stories(0..16), page));
        let next = Story::new(16);
        assert_eq!(after_memory(&memory, &next, &page(&next)), whole(&next));
    }
}

#[test]
fn reports_that_differ_in_their_numbers_alone_stay() {
    let report = |number: usize| {
        format!(
            "The port took in {} ships with grain on Monday, {} more than on the Monday before, and the \
             price of a sack on the exchange rose by {} cents before the market closed for the day.",
            10 + number,
            1 + number % 3,
            5 + 7 * number % 13
        )
    };
    let page = |story: &Story| {
        let number = story.title.len() + story.paragraphs[0].len();
        let reports = [report(number), report(number + 31).replace("grain", "timber")];
        let blocks = [vec![p(&reports[0])], story.blocks(), vec![p(&reports[1])]].concat();
        story.page(&blocks)
    };
    let memory = learned(&traces(&stories(0..12), page));
    let next = Story::new(12);
    keeps(&memory, &next, &page(&next));
}
