//! A site changes its pages.

use wiresift_extract::memory::{Doubt, Drift, Respect, SiteMemory, Trace, drifted};

use super::site::{Story, learned, p, read, stories, text, traces};

fn old(story: &Story) -> String {
    story.page(&story.blocks())
}

/// A relaunch that extraction reads as well.
fn new_and_good(story: &Story) -> String {
    format!(
        "<html><head><title>{0}</title></head><body><main class='grid'><article class='article-view'>\
         <h1>{0}</h1><p class='meta'>By Ines Aldmoor, 12 November 2026</p><section class='copy'>{1}</section>\
         </article></main></body></html>",
        story.title,
        story.blocks().join("\n")
    )
}

/// A relaunch that loads the text by a script: only what stands around it is on the page.
fn new_and_empty(story: &Story) -> String {
    let about = [
        "Our readers find the news of the lake and of its towns here, from early in the morning until late at night.",
        "We write about schools, roads, boats and taxes, and our reporters are glad to hear from those who know more.",
        "The paper was founded by two printers, and has been owned by those who write for it since the great flood.",
    ];
    let about: String = about.map(p).concat();
    format!(
        "<html><head><title>The Lake Courier</title></head><body><div id='root'><div class='shell'>\
         <h2>{}</h2><div class='slot'></div><div class='panel'>{about}</div></div></div></body></html>",
        story.title
    )
}

fn doubts(memory: &SiteMemory, traces: &[Trace]) -> Vec<Doubt> {
    traces.iter().map(|trace| memory.doubt(trace)).collect()
}

#[test]
fn a_relaunch_that_loses_the_text_is_noticed_within_five_articles() {
    let memory = learned(&traces(&stories(0..12), old));
    let after = traces(&stories(12..17), new_and_empty);
    assert_eq!(after.len(), 5, "the pages pass as articles");
    let doubts = doubts(&memory, &after);
    assert!(doubts.iter().all(Doubt::is_doubtful), "{doubts:?}");
    let words = doubts[0].to_string();
    for part in [
        "the body is in another element than on 12 of 12 articles",
        "% of the feed's summary is in the text, usually 100 %",
    ] {
        assert!(words.contains(part), "{words}");
    }
    assert_eq!(Drift::of(&doubts[..2]), None);
    assert_eq!(Drift::of(&doubts[..3]), Some(Drift::Content));
    let quality: Vec<f32> = after.iter().map(|trace| trace.quality().unwrap()).collect();
    assert!(quality.iter().all(|quality| *quality < 0.6), "{quality:?}");
}

#[test]
fn a_relaunch_that_keeps_the_text_is_a_new_layout_without_doubt() {
    let before = traces(&stories(0..12), old);
    let after = traces(&stories(12..17), new_and_good);
    let doubts = doubts(&learned(&before), &after);
    assert!(!doubts.iter().any(Doubt::is_doubtful), "{doubts:?}");
    assert_eq!(Drift::of(&doubts), Some(Drift::Layout));
    assert!(drifted(&doubts) && !drifted(&doubts[..3]));
    assert_eq!(Drift::among(&[before.clone(), after.clone()].concat()), Some(Drift::Layout));
    assert_eq!(Drift::among(&before), None);
    assert!(after.iter().all(|trace| trace.quality().unwrap() > 0.9));
    for story in stories(12..17) {
        let found = read(&new_and_good(&story), story.hints(), None);
        assert_eq!(text(&found), story.paragraphs.join("\n\n"));
    }
}

#[test]
fn the_chrome_of_a_new_layout_is_learned_from_its_first_articles() {
    let before = traces(&stories(0..25), old);
    let notice = p(
        "Readers of the Courier pay nothing for this text, because members of the club pay for them.",
    );
    let page = |story: &Story| {
        new_and_good(story)
            .replace("<section class='copy'>", &format!("<section class='copy'>{notice}"))
    };
    let after = traces(&stories(25..30), page);
    let memory = learned(&[before, after].concat());
    let story = Story::new(30);
    let found = read(&page(&story), story.hints(), Some(&memory));
    assert_eq!(text(&found), story.paragraphs.join("\n\n"));
}

#[test]
fn ordinary_variation_is_no_drift() {
    let memory = learned(&traces(&stories(0..12), old));
    let long = |story: &Story| {
        let more: Vec<String> = (40..46).flat_map(|n| Story::new(n).blocks()).collect();
        story.page(&[story.blocks(), more].concat())
    };
    let short = |story: &Story| story.page(&story.blocks()[..2]);
    let gallery = |story: &Story| {
        let pictures = (0..12).map(|n| {
            format!("<figure class='shot'><img src='/{n}.jpg'><figcaption>Picture {n} of the lake</figcaption></figure>")
        });
        story.page(&pictures.chain(story.blocks().into_iter().take(1)).collect::<Vec<_>>())
    };
    let live = |story: &Story| {
        let entries = story.paragraphs.iter().enumerate().map(|(at, text)| {
            format!("<div class='entry'><time datetime='2026-11-12T1{at}:05:00Z'>1{at}:05</time><p>{text}</p></div>")
        });
        story.page(&entries.collect::<Vec<_>>())
    };
    let five = stories(12..17);
    let pages = [long(&five[0]), short(&five[1]), gallery(&five[2]), live(&five[3]), old(&five[4])];
    let read = |promotional: &[usize]| -> Vec<Doubt> {
        let read = |(at, (page, story)): (usize, (&String, &Story))| {
            let mut hints = story.hints();
            if promotional.contains(&at) {
                hints.summary = Some("Subscribe now and never miss another story about us".into());
            }
            Trace::of(&read(page, hints, None), 20).map(|trace| memory.doubt(&trace))
        };
        pages.iter().zip(&five).enumerate().filter_map(read).collect()
    };
    let doubts = read(&[]);
    assert_eq!(doubts.len(), 5, "{doubts:?}");
    assert!(!doubts.iter().any(Doubt::is_doubtful), "{doubts:#?}");
    assert!(!drifted(&doubts));
    let doubts = read(&[1, 3]);
    assert!(!drifted(&doubts), "{doubts:#?}");
    let less = |doubt: &Doubt| doubt.respects.iter().any(|r| matches!(r, Respect::Summary { .. }));
    assert!(less(&doubts[1]) && !doubts[1].is_doubtful(), "nothing else speaks against it");
}

#[test]
fn two_layouts_at_a_time_and_a_layout_for_each_page_are_usual() {
    let mixed = |story: &Story| {
        if story.number.is_multiple_of(2) { old(story) } else { new_and_good(story) }
    };
    let memory = learned(&traces(&stories(0..12), mixed));
    assert!(!drifted(&doubts(&memory, &traces(&stories(12..17), mixed))));
    assert!(!drifted(&doubts(&memory, &traces(&stories(12..17), new_and_good))));
    let letters = |story: &Story| {
        let class = format!("{}x", char::from(b'a' + story.number as u8));
        old(story).replace("story-text", &class)
    };
    let memory = learned(&traces(&stories(0..12), letters));
    assert!(!drifted(&doubts(&memory, &traces(&stories(12..17), letters))));
}

#[test]
fn new_menus_tell_of_a_relaunch_where_each_page_has_its_own_layout() {
    // The text of each page stands in another element.
    let shapeless = |story: &Story| {
        let name: String = format!("{}", story.number)
            .bytes()
            .map(|digit| char::from(b'a' + digit - b'0'))
            .collect();
        old(story).replace("story-text", &format!("text-{name}"))
    };
    let relaunched = |story: &Story| {
        shapeless(story)
            .replace("Home", "Start")
            .replace("Sport", "Games")
            .replace("About us", "Who we are")
    };
    let before = traces(&stories(0..12), shapeless);
    let memory = learned(&before);
    let told = |page: &dyn Fn(&Story) -> String, number: usize| {
        let doubts = doubts(&memory, &traces(&stories(12..12 + number), page));
        assert!(!doubts.iter().any(Doubt::is_doubtful), "{doubts:?}");
        Drift::of(&doubts)
    };
    assert_eq!(told(&shapeless, 5), None);
    assert_eq!(told(&relaunched, 3), None);
    assert_eq!(told(&relaunched, 4), Some(Drift::Layout));
    // One line of the old menu is left: it is no relaunch.
    let partly = |story: &Story| relaunched(story).replace("Start", "Home");
    assert_eq!(told(&partly, 5), None);
    let doubt = memory.doubt(&traces(&stories(12..13), relaunched)[0]);
    assert_eq!(doubt.to_string(), "the page has none of 3 lines that nearly all articles have");
    // The new pages are learned from, and the change is over.
    let all = [before.clone(), traces(&stories(12..20), relaunched)].concat();
    let doubts = doubts(&learned(&all), &traces(&stories(20..25), relaunched));
    assert_eq!(Drift::of(&doubts), None, "{doubts:?}");
}

#[test]
fn a_site_that_was_never_read_well_and_a_new_site_give_no_doubt() {
    let memory = learned(&traces(&stories(0..4), old));
    assert!(
        doubts(&memory, &traces(&stories(4..9), new_and_empty)).iter().all(|d| !d.is_doubtful())
    );
    assert_eq!(Drift::of(&[]), None);
    assert_eq!(Drift::among(&[]), None);
}

/// A relaunch that shows its list of news at the address of each article.
fn list(story: &Story) -> String {
    let teasers = (0..8).map(|n| {
        let (word, other) = (char::from(b'a' + n), char::from(b'k' + n));
        format!(
            "<li><h3><a href='/{n}'>Report {word} on the harbour of {other}</a></h3>\
             <p>The council of {other} has read report {word} at the weekend.</p></li>"
        )
    });
    let teasers: String = teasers.collect();
    let number = story.number;
    format!(
        "<html><head><title>News | The Lake Courier</title></head><body id='p{number}'><main><h1>News</h1>\
         <ul>{teasers}</ul></main></body></html>"
    )
}

#[test]
fn pages_without_an_article_tell_of_a_relaunch_and_teach_nothing() {
    let before = traces(&stories(0..12), old);
    let memory = learned(&before);
    let bare = |story: &Story| {
        let found = read(&list(story), story.hints(), None);
        assert_eq!(Trace::of(&found, 20), None);
        Trace::without_article(&found, 20).unwrap()
    };
    let after: Vec<Trace> = stories(12..17).iter().map(bare).collect();
    let doubts = doubts(&memory, &after);
    assert!(doubts.iter().all(Doubt::is_doubtful));
    assert_eq!(doubts[0].to_string(), "the page has no article, but 12 of 12 pages have one");
    assert_eq!(Drift::of(&doubts), Some(Drift::Content));
    assert_eq!(Drift::among(&[before.clone(), after.clone()].concat()), Some(Drift::Content));
    assert!(after.iter().all(|trace| Trace::from_bytes(&trace.to_bytes()).unwrap() == *trace));
    // What is known of the articles stays.
    let many: Vec<Trace> = after.iter().cycle().take(60).cloned().collect();
    let later = learned(&[before.clone(), many].concat());
    assert!(memory.knows_the_same(&later) && !memory.is_empty());
    // Such pages are usual on this site.
    let mixed: Vec<Trace> = before
        .iter()
        .zip(after.iter().cycle())
        .flat_map(|(one, other)| [one.clone(), other.clone()])
        .collect();
    assert!(!self::doubts(&learned(&mixed), &after).iter().any(Doubt::is_doubtful));
    // A page with an article is no such page, and a wall says nothing.
    let found = read(&old(&Story::new(3)), Story::new(3).hints(), None);
    assert_eq!(Trace::without_article(&found, 20), None);
}
