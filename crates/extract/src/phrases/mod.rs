//! Phrases of boilerplate, per language, as data.
//!
//! A line that stands alone ("Advertisement", "Read more: …", "3 Kommentare") is boilerplate by its
//! words, wherever it is. The files beside this one list such lines by language. Lines are compared
//! in a normal form (lower case, digits as `0`, no punctuation but the colon), so one entry covers
//! its typographic variants. `*` stands for anything: `read more : *` is a line that starts so, `*
//! reporting` one that ends so, `* cookies *` one that contains it. Only short lines are looked up:
//! a sentence of the article that mentions cookies is longer or is among other sentences.

pub(crate) mod mark;
pub(crate) mod markup;
mod sections;
pub(crate) mod words;

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};
use wiresift_text::scripts::common_lower;

use crate::phrases::words::Words;

/// Longest line that is looked up, in characters.
pub(crate) const LINE_CHARS: usize = 220;

/// Most words of a phrase with `*`; bounds the lookups of a line.
const PHRASE_WORDS: usize = 10;

/// The purpose of a line of boilerplate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Advertising,
    Related,
    Navigation,
    Share,
    Subscribe,
    Comments,
    Correction,
    Credit,
    Placeholder,
    Legal,
    Author,
    Tags,
    /// Published, updated, reading time.
    Dateline,
}

impl Kind {
    /// The word for it in reasons.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Advertising => "advertising",
            Self::Related => "related",
            Self::Navigation => "navigation",
            Self::Share => "share",
            Self::Subscribe => "subscribe",
            Self::Comments => "comments",
            Self::Correction => "correction",
            Self::Credit => "credit",
            Self::Placeholder => "placeholder",
            Self::Legal => "legal",
            Self::Author => "author",
            Self::Tags => "tags",
            Self::Dateline => "dateline",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "advertising" => Self::Advertising,
            "related" => Self::Related,
            "navigation" => Self::Navigation,
            "share" => Self::Share,
            "subscribe" => Self::Subscribe,
            "comments" => Self::Comments,
            "correction" => Self::Correction,
            "credit" => Self::Credit,
            "placeholder" => Self::Placeholder,
            "legal" => Self::Legal,
            "author" => Self::Author,
            "tags" => Self::Tags,
            "dateline" => Self::Dateline,
            _ => return None,
        })
    }

    /// Whether such a line as a heading marks the end of the article.
    pub(crate) fn ends_article(self) -> bool {
        matches!(
            self,
            Self::Related
                | Self::Comments
                | Self::Subscribe
                | Self::Author
                | Self::Tags
                | Self::Share
        )
    }
}

const FILES: &[&str] = &[
    include_str!("en.txt"),
    include_str!("de.txt"),
    include_str!("romance.txt"),
    include_str!("nordic_dutch.txt"),
    include_str!("slavic.txt"),
    include_str!("asian.txt"),
    include_str!("other.txt"),
];

struct Phrases {
    whole: HashMap<String, Kind>,
    prefix: HashMap<String, Kind>,
    suffix: HashMap<String, Kind>,
    /// First words of the prefixes and last words of the suffixes: lines with neither need no
    /// lookup.
    first_words: HashSet<String>,
    last_words: HashSet<String>,
    inside: Words,
    inside_kinds: Vec<Kind>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut inside = Vec::new();
    let mut phrases = Phrases {
        whole: HashMap::default(),
        prefix: HashMap::default(),
        suffix: HashMap::default(),
        first_words: HashSet::default(),
        last_words: HashSet::default(),
        inside: Words::default(),
        inside_kinds: Vec::new(),
    };
    for (kind, line) in FILES.iter().flat_map(|file| entries(file)) {
        let (open_start, open_end) = (line.starts_with('*'), line.ends_with('*'));
        let phrase = normal(line);
        match (open_start, open_end) {
            (false, false) => {
                phrases.whole.insert(phrase, kind);
            }
            (false, true) => {
                phrases.first_words.extend(phrase.split(' ').next().map(str::to_owned));
                phrases.prefix.insert(phrase, kind);
            }
            (true, false) => {
                phrases.last_words.extend(phrase.rsplit(' ').next().map(str::to_owned));
                phrases.suffix.insert(phrase, kind);
            }
            (true, true) => {
                inside.push(format!(" {phrase} "));
                phrases.inside_kinds.push(kind);
            }
        }
    }
    phrases.inside = Words::plain(inside);
    phrases
});

/// The entries of a file. Sections start with `[kind]`, comment lines with `#`.
fn entries(file: &'static str) -> impl Iterator<Item = (Kind, &'static str)> {
    let mut kind = Kind::Related;
    file.lines().filter_map(move |line| {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            if let Some(known) = Kind::parse(section) {
                kind = known;
            }
            return None;
        }
        Some((kind, line))
    })
}

/// A line that is boilerplate by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boilerplate {
    pub(crate) kind: Kind,
    /// The phrase is the whole line, or a label with a colon; otherwise the line only starts with
    /// it, ends with it or contains it.
    pub(crate) is_sure: bool,
}

/// The kind of boilerplate of a line, if any.
pub(crate) fn boilerplate(line: &str) -> Option<Boilerplate> {
    if line.len() > LINE_CHARS && line.chars().nth(LINE_CHARS).is_some() {
        return None;
    }
    let normal = normal(line);
    if normal.is_empty() {
        return None;
    }
    let bare = normal.trim_end_matches([' ', ':']);
    let counted = bare.trim_start_matches("0 ").trim_end_matches(" 0");
    let has_count = counted.len() < bare.len();
    let whole =
        PHRASES.whole.get(bare).or_else(|| PHRASES.whole.get(counted).filter(|_| has_count));
    if let Some(kind) = whole {
        return Some(Boilerplate { kind: *kind, is_sure: true });
    }
    prefix(&normal).or_else(|| suffix(&normal)).or_else(|| inside(normal))
}

fn prefix(normal: &str) -> Option<Boilerplate> {
    let (first, _) = normal.split_once(' ')?;
    if !PHRASES.first_words.contains(first) {
        return None;
    }
    let mut cuts = normal.match_indices(' ').map(|(at, _)| at).take(PHRASE_WORDS);
    cuts.find_map(|at| {
        let start = normal.get(..at)?;
        Some(Boilerplate { kind: *PHRASES.prefix.get(start)?, is_sure: start.ends_with(':') })
    })
}

fn suffix(normal: &str) -> Option<Boilerplate> {
    let (_, last) = normal.rsplit_once(' ')?;
    if !PHRASES.last_words.contains(last) {
        return None;
    }
    let mut cuts = normal.rmatch_indices(' ').map(|(at, _)| at).take(PHRASE_WORDS);
    let kind = cuts.find_map(|at| PHRASES.suffix.get(normal.get(at + 1..)?))?;
    Some(Boilerplate { kind: *kind, is_sure: false })
}

fn inside(mut normal: String) -> Option<Boilerplate> {
    normal.insert(0, ' ');
    normal.push(' ');
    let mut first = None;
    PHRASES.inside.find(&normal, |phrase, _| first = first.or(Some(phrase)));
    let kind = PHRASES.inside_kinds.get(first?).copied()?;
    Some(Boilerplate { kind, is_sure: false })
}

/// The normal form in which lines are compared.
fn normal(line: &str) -> String {
    let mut words = Line { out: String::with_capacity(line.len() + 8), ended: false };
    let mut in_number = false;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        // Most of a line are lower-case letters; a run of them is taken at once.
        let run = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let (letters, after) = rest.split_at(run.max(c.len_utf8()));
        rest = after;
        if run > 0 {
            in_number = false;
            words.letters(letters);
            continue;
        }
        if let Some(lower) = common_lower(c) {
            in_number = false;
            words.push(lower);
            continue;
        }
        let was_number = std::mem::replace(&mut in_number, c.is_numeric());
        match c {
            ' ' => words.end(),
            _ if in_number && was_number => {}
            _ if in_number => words.push('0'),
            '\'' | '’' | 'ʼ' | '‘' => words.apostrophe(),
            ':' | '：' => words.alone(':'),
            '@' | '©' | '+' => words.alone(c),
            c if c.is_alphabetic() => c.to_lowercase().for_each(|c| words.push(c)),
            _ => words.end(),
        }
    }
    words.end();
    words.out
}

/// Words separated by one space each.
struct Line {
    out: String,
    /// The last word is complete.
    ended: bool,
}

impl Line {
    fn push(&mut self, c: char) {
        self.letters(c.encode_utf8(&mut [0; 4]));
    }

    /// Letters that go on with the word, or begin one.
    fn letters(&mut self, letters: &str) {
        if self.ended && !self.out.is_empty() {
            self.out.push(' ');
        }
        self.ended = false;
        self.out.push_str(letters);
    }

    /// Apostrophes are inside words only.
    fn apostrophe(&mut self) {
        if !self.ended && self.out.chars().next_back().is_some_and(char::is_alphanumeric) {
            self.out.push('\'');
        }
    }

    fn end(&mut self) {
        let kept = self.out.trim_end_matches('\'').len();
        self.out.truncate(kept);
        self.ended = true;
    }

    /// A sign that is a word of its own.
    fn alone(&mut self, sign: char) {
        self.end();
        self.push(sign);
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(line: &str) -> Option<Kind> {
        boilerplate(line).map(|found| found.kind)
    }

    #[test]
    fn typographic_variants_are_one_line() {
        for line in ["Advertisement", "- ADVERTISEMENT -", "[Advertisement]", "advertisement:"] {
            assert_eq!(kind(line), Some(Kind::Advertising), "{line}");
        }
        assert_eq!(kind("3 Comments"), Some(Kind::Comments));
        assert_eq!(kind("Comments (12)"), Some(Kind::Comments));
        assert_eq!(kind("Don’t miss"), Some(Kind::Related));
    }

    #[test]
    fn a_prefix_needs_its_colon() {
        assert_eq!(kind("Read more: Storm closes the coast road"), Some(Kind::Related));
        assert_eq!(kind("Related problems arise when rivers rise."), None);
    }

    #[test]
    fn other_languages_and_scripts() {
        assert_eq!(kind("Lesen Sie auch: Der Fluss steigt"), Some(Kind::Related));
        assert_eq!(kind("Читайте также"), Some(Kind::Related));
        assert_eq!(kind("相关阅读"), Some(Kind::Related));
        assert_eq!(kind("التعليقات"), Some(Kind::Comments));
    }

    #[test]
    fn sentences_are_not_boilerplate() {
        for line in [
            "The company said it would share more details next week.",
            "Comments by the minister angered the opposition.",
            "“We use cookies as bait,” the fisherman said.",
            "Updated plans for the bridge were published on Friday.",
        ] {
            assert!(boilerplate(line).is_none_or(|found| !found.is_sure), "{line}");
        }
    }

    #[test]
    fn every_entry_matches_itself() {
        for (kind, entry) in FILES.iter().flat_map(|file| entries(file)) {
            let line = entry.replace('*', "zzz");
            assert!(boilerplate(&line).is_some(), "{kind:?}: {entry}");
            assert!(normal(entry).split(' ').count() <= PHRASE_WORDS, "too long: {entry}");
        }
    }
}
