//! Articles of an invented site, and their pages in several layouts.

use std::sync::Arc;

use wiresift_extract::memory::{SiteMemory, Spread, Trace};
use wiresift_extract::{Extraction, Hints, Limits, Model, Page, extract};

use crate::extract::now;

const WHO: [&str; 12] = [
    "the harbour board",
    "a group of residents",
    "the school's head teacher",
    "the regional court",
    "an engineer of the water works",
    "the owner of the bakery",
    "the transport committee",
    "a spokeswoman for the museum",
    "the fire brigade",
    "the union of dock workers",
    "the chief librarian",
    "a farmer from the valley",
];
const DID: [&str; 12] = [
    "asked for more time to look at",
    "has voted against",
    "welcomed",
    "published a report on",
    "was surprised by",
    "will pay for",
    "wants to stop",
    "has put off the talks about",
    "showed visitors the model of",
    "measured the costs of",
    "doubts the need for",
    "signed the contract for",
];
const WHAT: [&str; 12] = [
    "the new bridge over the narrow arm of the lake",
    "the repair of the old slipway",
    "a night bus to the three villages",
    "the roof of the swimming hall",
    "the cable to the northern island",
    "two more classes for the youngest pupils",
    "the market on the lower square",
    "the plan to plant four hundred trees",
    "a second pump at the eastern dyke",
    "the sale of the disused barracks",
    "the weekly ferry for lorries",
    "the film festival in the grain store",
];
const WHERE: [&str; 8] = [
    "at a meeting that lasted until midnight",
    "after a tour of the site in heavy rain",
    "in a letter to the local paper",
    "before about sixty people in the town hall",
    "on the steps of the council house",
    "in a short talk with reporters",
    "at the end of a long week",
    "while the members of the council listened",
];

/// An article, as its site and its feed know it.
pub(crate) struct Story {
    pub(crate) number: usize,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) paragraphs: Vec<String>,
}

fn pick<'a>(words: &[&'a str], number: usize) -> &'a str {
    words[number % words.len()]
}

fn capital(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}

/// A sentence that no other number below 12 * 12 * 8 gives.
fn sentence(number: usize) -> String {
    let mixed = number.wrapping_mul(797) % (12 * 12 * 8);
    let (who, did) = (pick(&WHO, mixed), pick(&DID, mixed / 12));
    let (what, place) = (pick(&WHAT, mixed * 5 / 3 + number), pick(&WHERE, mixed / 144));
    capital(&format!("{who} {did} {what} {place}."))
}

impl Story {
    pub(crate) fn new(number: usize) -> Self {
        let sentences: Vec<String> = (0..14).map(|at| sentence(number * 14 + at)).collect();
        let (who, did) = (pick(&WHO, number), pick(&DID, number + number / 12));
        let title = format!("{} {did} {}", capital(who), pick(&WHAT, number * 7));
        Self {
            number,
            title,
            summary: sentences[..2].join(" "),
            paragraphs: sentences.chunks(2).map(|two| two.join(" ")).collect(),
        }
    }

    /// The page with these blocks, each a line of HTML, in the layout that the site has had.
    pub(crate) fn page(&self, blocks: &[String]) -> String {
        let Self { title, number, .. } = self;
        format!(
            "<html><head><title>{title} | The Lake Courier</title>\
             <meta property='article:published_time' content='2026-11-{:02}T08:00:00Z'>\
             <meta name='author' content='Ines Aldmoor'></head><body>\
             <div class='top'><ul><li><a href='/'>Home</a></li><li><a href='/s'>Sport</a></li></ul></div>\
             <div class='story'><h1>{title}</h1><div class='story-text'>\n{}\n</div></div>\
             <div class='bottom'><a href='/about'>About us</a></div></body></html>",
            1 + number % 20,
            blocks.join("\n")
        )
    }

    /// Its paragraphs as blocks of the page.
    pub(crate) fn blocks(&self) -> Vec<String> {
        self.paragraphs.iter().map(|text| p(text)).collect()
    }

    /// What the feed says.
    pub(crate) fn hints(&self) -> Hints {
        Hints {
            title: Some(self.title.clone()),
            summary: Some(self.summary.clone()),
            ..Hints::default()
        }
    }
}

pub(crate) fn p(text: &str) -> String {
    format!("<p>{text}</p>")
}

pub(crate) fn read(html: &str, hints: Hints, memory: Option<&SiteMemory>) -> Extraction {
    let page = Page { bytes: html.as_bytes(), url: None, content_type: None };
    let hints = Hints { memory: memory.cloned().map(Arc::new), ..hints };
    extract(Model::embedded().unwrap(), &page, &hints, now(), &Limits::default())
}

/// The traces of a page for each story, one a day.
pub(crate) fn traces(stories: &[Story], page: impl Fn(&Story) -> String) -> Vec<Trace> {
    let trace = |(day, story): (usize, &Story)| {
        Trace::of(&read(&page(story), story.hints(), None), day as i32)
    };
    stories.iter().enumerate().filter_map(trace).collect()
}

pub(crate) fn stories(numbers: std::ops::Range<usize>) -> Vec<Story> {
    numbers.map(Story::new).collect()
}

pub(crate) fn learned(traces: &[Trace]) -> SiteMemory {
    SiteMemory::learn(traces, Spread::Days)
}

pub(crate) fn text(found: &Extraction) -> String {
    found.article.text()
}
