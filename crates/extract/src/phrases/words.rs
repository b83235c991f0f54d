//! Words and phrases that are written as simple regular expressions, found by their first letters.
//!
//! Each of the expressions stands for a few hundred words at most. Written out, they are found in a
//! fraction of the time that a set of regular expressions takes. An automaton waits at each letter
//! for the state that the last one led to; here each place of a text is looked at by itself. A test
//! compares both.
//!
//! The expressions have letters, `|`, `(?:…)`, `?`, `{0,3}`, `[…]` without ranges, and at their ends
//! `^`, `$` and `\b` (between letters or digits of ASCII and other signs).

use std::ops::Range;

use foldhash::HashMap;
use memchr::memchr_iter;

/// Most words that the alternatives of one expression stand for.
const WORDS: usize = 2_000;

/// What stands for the edges of a word while an expression is written out.
const BORDER: char = '\u{1}';
const START: char = '\u{2}';
const END: char = '\u{3}';

/// Bytes by which words are looked up, and the places of a list that rules out most of a text.
const FIRST: usize = 3;
const SIEVE_PLACES: u32 = 1 << 13;

/// What a word needs before it or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Anything,
    Border,
    /// The start or the end of the text.
    Nothing,
}

/// A word of one expression.
#[derive(Debug)]
struct Word {
    text: String,
    /// The number of the expression.
    of: usize,
    before: Edge,
    after: Edge,
}

impl Word {
    /// Whether it stands at a place of a text.
    fn is_at(&self, text: &str, at: usize) -> bool {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        rest.starts_with(self.text.as_bytes())
            && has_edge(text, at, self.before)
            && has_edge(text, at + self.text.len(), self.after)
    }
}

/// Expressions, and all their words.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Those at the start of a text, and those anywhere, by their first bytes.
    starts: HashMap<u32, Vec<Word>>,
    inside: HashMap<u32, Vec<Word>>,
    /// Whether `inside` may have words with these first bytes: most places of a text have none.
    sieve: Vec<bool>,
    /// Those with fewer bytes.
    short: Vec<Word>,
}

impl Words {
    /// An error is an expression that is not as simple.
    pub(crate) fn new<'a>(expressions: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut words = Self::default();
        for (of, expression) in expressions.into_iter().enumerate() {
            for text in written_out(expression).ok_or(expression)? {
                words.add(word(of, &text).ok_or(expression)?);
            }
        }
        Ok(words)
    }

    /// Texts as they stand, each of them an expression.
    pub(crate) fn plain(texts: impl IntoIterator<Item = String>) -> Self {
        let mut words = Self::default();
        for (of, text) in texts.into_iter().enumerate() {
            words.add(Word { text, of, before: Edge::Anything, after: Edge::Anything });
        }
        words
    }

    fn add(&mut self, word: Word) {
        let Some(first) = word.text.as_bytes().get(..FIRST).map(number) else {
            return self.short.push(word);
        };
        if word.before == Edge::Nothing {
            return self.starts.entry(first).or_default().push(word);
        }
        self.sieve.resize(SIEVE_PLACES as usize, false);
        if let Some(may) = self.sieve.get_mut(place(first)) {
            *may = true;
        }
        self.inside.entry(first).or_default().push(word);
    }

    /// Calls `found` with the number of each expression that has a word in the text, and with the
    /// place of the word. Of words of three bytes or more those come first that begin first, and
    /// where two begin, the one of the first expression.
    pub(crate) fn find(&self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        let mut look = |words: Option<&Vec<Word>>, at: usize| {
            let here = words.into_iter().flatten().filter(|word| word.is_at(text, at));
            here.for_each(|word| found(word.of, at..at + word.text.len()));
        };
        for (at, first) in text.as_bytes().windows(FIRST).enumerate() {
            let first = number(first);
            if at == 0 {
                look(self.starts.get(&first), at);
            }
            if self.sieve.get(place(first)).is_some_and(|may| *may) {
                look(self.inside.get(&first), at);
            }
        }
        for word in &self.short {
            let first = word.text.bytes().next().unwrap_or_default();
            let is_start = word.before == Edge::Nothing;
            for at in memchr_iter(first, text.as_bytes()).filter(|at| !is_start || *at == 0) {
                if word.is_at(text, at) {
                    found(word.of, at..at + word.text.len());
                }
            }
        }
    }
}

/// The first bytes of a word as a number.
fn number(first: &[u8]) -> u32 {
    first.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Their place in the sieve.
fn place(number: u32) -> usize {
    (number.wrapping_mul(0x9e37_79b1) >> (32 - SIEVE_PLACES.ilog2())) as usize
}

/// Whether a place in a text is such an edge.
fn has_edge(text: &str, at: usize, edge: Edge) -> bool {
    let is_letter = |at: Option<usize>| {
        let byte = at.and_then(|at| text.as_bytes().get(at));
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    match edge {
        Edge::Anything => true,
        Edge::Nothing => at == 0 || at == text.len(),
        Edge::Border => is_letter(at.checked_sub(1)) != is_letter(Some(at)),
    }
}

/// A word without the signs for its edges. The start of a text is an edge before, its end one after.
fn word(of: usize, text: &str) -> Option<Word> {
    let edge = |sign: Option<char>, text_edge: char| match sign {
        Some(BORDER) => Edge::Border,
        Some(sign) if sign == text_edge => Edge::Nothing,
        _ => Edge::Anything,
    };
    let before = edge(text.chars().next(), START);
    let after = edge(text.chars().next_back(), END);
    let text = text.strip_prefix([BORDER, START]).unwrap_or(text);
    let text = text.strip_suffix([BORDER, END]).unwrap_or(text);
    let is_plain = !text.is_empty() && !text.contains([BORDER, START, END]);
    is_plain.then(|| Word { text: text.to_owned(), of, before, after })
}

/// All texts that an expression stands for, with signs for the edges.
fn written_out(expression: &str) -> Option<Vec<String>> {
    let mut reader = Reader { rest: expression };
    let all = reader.alternatives()?;
    reader.rest.is_empty().then_some(all)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Takes a sign, if it comes next.
    fn takes(&mut self, sign: &str) -> bool {
        let after = self.rest.strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn alternatives(&mut self) -> Option<Vec<String>> {
        let mut all = self.row()?;
        while self.takes("|") {
            all.extend(self.row()?);
        }
        (all.len() <= WORDS).then_some(all)
    }

    /// Parts one after another.
    fn row(&mut self) -> Option<Vec<String>> {
        let mut all = vec![String::new()];
        while !self.rest.is_empty() && !self.rest.starts_with(['|', ')']) {
            let part = self.part()?;
            let most = self.repeats();
            all = joined(&all, &repeated(&part, most));
            if all.len() > WORDS {
                return None;
            }
        }
        Some(all)
    }

    /// A letter, a class or a group.
    fn part(&mut self) -> Option<Vec<String>> {
        if self.takes("(?:") {
            let inside = self.alternatives()?;
            return self.takes(")").then_some(inside);
        }
        if self.takes("[") {
            let (class, rest) = self.rest.split_once(']')?;
            self.rest = rest;
            let is_range = class.trim_matches('-').contains('-') || class.starts_with('^');
            return (!is_range).then(|| class.chars().map(String::from).collect());
        }
        let edges = [("\\b", BORDER), ("^", START), ("$", END)];
        if let Some((_, sign)) = edges.into_iter().find(|(text, _)| self.takes(text)) {
            return Some(vec![sign.to_string()]);
        }
        let is_escaped = self.takes("\\");
        let letter = self.rest.chars().next()?;
        let is_special = ".*+?{}()[]|".contains(letter) && !is_escaped;
        if is_special || is_escaped && letter.is_alphanumeric() {
            return None;
        }
        self.rest = self.rest.get(letter.len_utf8()..)?;
        Some(vec![letter.to_string()])
    }

    /// How often the part before may stand; `None` for once.
    fn repeats(&mut self) -> Option<usize> {
        if self.takes("?") {
            Some(1)
        } else if self.takes("{0,3}") {
            Some(3)
        } else {
            None
        }
    }
}

/// Up to so many of a part, or one.
fn repeated(part: &[String], most: Option<usize>) -> Vec<String> {
    let Some(most) = most else { return part.to_vec() };
    let mut all = vec![String::new()];
    let mut longest = all.clone();
    for _ in 0..most {
        longest = joined(&longest, part);
        all.extend(longest.iter().cloned());
    }
    all
}

/// Each of these with each of those after it.
fn joined(all: &[String], parts: &[String]) -> Vec<String> {
    all.iter().flat_map(|one| parts.iter().map(move |part| format!("{one}{part}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_written_out() {
        let all = written_out(r"(?:a|bc)-?d|\be[fg]{0,3}$").unwrap();
        assert_eq!(all.len(), 4 + 15);
        assert_eq!(all.get(..5).unwrap(), ["ad", "a-d", "bcd", "bc-d", "\u{1}e\u{3}"]);
        for other in [r"a.b", r"\d", r"a*", r"(?:a", r"[a-z]", r"a{2}", r"a\bb", r"(?:a|)b?"] {
            assert!(Words::new([other]).is_err(), "{other}");
        }
    }

    #[test]
    fn words_need_their_edges() {
        let words = Words::new([r"^by\b", r"\bads?\b", r"ago$|©"]).unwrap();
        let found = |text: &str| {
            let mut all = Vec::new();
            words.find(text, |of, _| all.push(of));
            all.sort_unstable();
            all
        };
        assert_eq!(found("by bad ads"), [0, 1]);
        assert_eq!(found("bye, by adsl ago"), [2]);
        assert_eq!(found("ad_x ago, éad"), [1]);
        assert_eq!(found("by"), [0]);
        assert_eq!(found("© ago"), [2, 2]);
    }
}
