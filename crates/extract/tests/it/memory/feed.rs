//! Texts that a feed carries itself.

use std::sync::Arc;

use wiresift_extract::memory::{SiteMemory, Trace};
use wiresift_extract::{Extraction, Hints, Limits, from_feed_content};

use super::site::{Story, learned, p, stories, text};
use crate::extract::now;

const FOOTER: &str =
    "You get this text because you have asked for all that the Courier writes about the lake.";

fn content(story: &Story) -> String {
    story.blocks().concat() + &p(FOOTER)
}

fn read(story: &Story, memory: Option<&SiteMemory>) -> Extraction {
    let hints = Hints { memory: memory.cloned().map(Arc::new), ..story.hints() };
    from_feed_content(&content(story), None, &hints, now(), &Limits::default()).unwrap()
}

#[test]
fn what_all_texts_of_a_feed_have_goes() {
    let trace = |story: &Story| Trace::of(&read(story, None), story.number as i32);
    let memory = learned(&stories(0..8).iter().filter_map(trace).collect::<Vec<_>>());
    let next = Story::new(8);
    let whole = next.paragraphs.join("\n\n");
    assert_eq!(text(&read(&next, None)), format!("{whole}\n\n{FOOTER}"));
    let found = read(&next, Some(&memory));
    assert_eq!(text(&found), whole);
    assert!(found.removed().iter().any(|one| one.text == FOOTER));
}
