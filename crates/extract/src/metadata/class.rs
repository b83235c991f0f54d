//! What class names and ids of elements speak of: dates, authors, paywalls.
//!
//! A page has few different class texts on many elements, so each text is searched once.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use foldhash::{HashMap, HashMapExt as _};
use html5ever::local_name;

use crate::metadata::byline::mark;
use crate::metadata::head::bounded_slice;
use crate::metadata::rights::{WALL_NAMES, WALLS};
use crate::tree::{Element, attribute};

/// Most texts that are remembered.
const TEXTS: usize = 4_096;

/// Texts that many pages have.
const USUAL: usize = 400;

/// Longest class name that is kept as evidence, in characters.
const NAME_CHARS: usize = 80;

/// Parts of class names and ids of elements with a date.
const DATE_NAMES: [&str; 14] = [
    "date", "time", "publish", "posted", "datum", "fecha", "stamp", "created", "meta", "dato",
    "tarih", "byline", "info", "release",
];

static DATES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| parts(DATE_NAMES));

/// The parts of all topics: most texts have none of them.
static ANY: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| parts(DATE_NAMES.into_iter().chain(mark::AUTHORS).chain(WALL_NAMES)));

/// Finds parts of names in either case.
pub(super) fn parts<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<AhoCorasick> {
    AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
}

/// What a text speaks of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Topics {
    pub(super) date: bool,
    pub(super) author: bool,
    pub(super) wall: bool,
}

/// The topics of the texts seen so far.
#[derive(Debug)]
pub(super) struct Classes<'a> {
    known: HashMap<&'a str, Topics>,
}

impl<'a> Classes<'a> {
    pub(super) fn new() -> Self {
        Self { known: HashMap::with_capacity(USUAL) }
    }

    /// What class and id of an element speak of.
    pub(super) fn of(&mut self, element: &'a Element) -> Topics {
        let mut topics = Topics::default();
        for attribute in &element.attrs {
            if !matches!(attribute.name.local, local_name!("class") | local_name!("id")) {
                continue;
            }
            let text = &*attribute.value;
            let of_text = match self.known.get(text) {
                Some(known) => *known,
                None => self.read(text),
            };
            topics.date |= of_text.date;
            topics.author |= of_text.author;
            topics.wall |= of_text.wall;
        }
        topics
    }

    fn read(&mut self, text: &'a str) -> Topics {
        let topics = topics_of(text);
        if self.known.len() < TEXTS {
            self.known.insert(text, topics);
        }
        topics
    }
}

fn topics_of(text: &str) -> Topics {
    let has = |words: &LazyLock<Option<AhoCorasick>>, text: &str| {
        words.as_ref().is_some_and(|words| words.is_match(text))
    };
    if ANY.as_ref().is_some_and(|any| !any.is_match(text)) {
        return Topics::default();
    }
    Topics {
        date: has(&DATES, text),
        author: mark::is_author(text),
        wall: has(&WALLS, bounded_slice(text)),
    }
}

/// The first class name or id of a paywall.
pub(super) fn wall(element: &Element) -> Option<String> {
    let walls = WALLS.as_ref()?;
    let names = [attribute(element, "class"), attribute(element, "id")].into_iter().flatten();
    let mut lists = names.map(bounded_slice).filter(|list| walls.is_match(list));
    let word = lists.next()?.split_ascii_whitespace().find(|word| walls.is_match(word))?;
    Some(word.chars().take(NAME_CHARS).collect())
}
