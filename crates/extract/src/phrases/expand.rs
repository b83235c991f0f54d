//! Sets of short patterns, found with one automaton of all the texts that they stand for.
//!
//! The pattern files hold regular expressions of a simple kind: words with alternatives and optional
//! letters, perhaps at a border. Each is expanded to the texts that it matches. An automaton for
//! literal texts (Aho and Corasick 1975) then finds all at once, and only a text that is found has
//! its borders checked. A set of regular expressions does the same several times slower, because its
//! automaton is built while it searches.

use aho_corasick::automaton::OverlappingState;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, BuildError, Input, StartKind};
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// Most texts of one pattern.
const TEXTS: usize = 2_000;

/// Most repetitions that are expanded.
const REPETITIONS: u32 = 4;

/// What must be where a text begins or ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Border {
    /// Anything.
    #[default]
    Any,
    /// A border of a word: letters, digits and `_`.
    Word,
    /// The beginning of the searched text.
    Start,
    /// The end of the searched text.
    End,
}

/// A text that a pattern stands for. An empty text has only a border before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Literal {
    before: Border,
    text: String,
    after: Border,
}

/// Why a pattern cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    /// It is no regular expression.
    #[error("{0:?} is not a pattern")]
    Syntax(String),
    /// It stands for too many texts, or has a border inside.
    #[error("{0:?} cannot be expanded")]
    Unbounded(String),
    /// There are too many texts for an automaton.
    #[error("too many patterns")]
    TooMany,
}

/// Patterns in numbered groups.
#[derive(Debug)]
pub(crate) struct PatternSet {
    /// Texts at the beginning. They have an automaton of their own: it stops at the first letter that
    /// none of them has, and the other one stays small enough for the processor's cache.
    first: Texts,
    /// Texts anywhere.
    inside: Texts,
}

#[derive(Debug)]
struct Texts {
    automaton: AhoCorasick,
    anchored: Anchored,
    /// Borders and group of each text.
    rest: Vec<(Border, Border, u8)>,
}

impl PatternSet {
    /// Compiles patterns, each with the number of its group, below 32.
    pub(crate) fn new<'a>(
        patterns: impl IntoIterator<Item = (&'a str, u8)>,
    ) -> Result<Self, PatternError> {
        let (mut first, mut inside) = (Vec::new(), Vec::new());
        for (pattern, group) in patterns {
            for literal in expand(pattern)? {
                let is_first = literal.before == Border::Start;
                if is_first { &mut first } else { &mut inside }.push((literal, group));
            }
        }
        Ok(Self {
            first: Texts::new(first, Anchored::Yes)?,
            inside: Texts::new(inside, Anchored::No)?,
        })
    }

    /// The groups with a pattern in a text, as bits.
    pub(crate) fn groups(&self, text: &str) -> u32 {
        self.inside.add(text, self.first.add(text, 0))
    }
}

impl Texts {
    fn new(literals: Vec<(Literal, u8)>, anchored: Anchored) -> Result<Self, PatternError> {
        let texts = literals.iter().map(|(text, group)| (text.before, text.after, *group));
        let rest = texts.collect();
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .start_kind(if anchored.is_anchored() {
                StartKind::Anchored
            } else {
                StartKind::Unanchored
            })
            .build(literals.into_iter().map(|(literal, _)| literal.text));
        let automaton = automaton.map_err(|_: BuildError| PatternError::TooMany)?;
        Ok(Self { automaton, anchored, rest })
    }

    /// Adds the groups with a pattern in a text.
    fn add(&self, text: &str, mut found: u32) -> u32 {
        let mut state = OverlappingState::start();
        loop {
            let input = Input::new(text).anchored(self.anchored);
            let next = self.automaton.try_find_overlapping(input, &mut state);
            let Some(at) = state.get_match().filter(|_| next.is_ok()) else { return found };
            let Some((before, after, group)) = self.rest.get(at.pattern().as_usize()) else {
                continue;
            };
            let bit = 1_u32.checked_shl(u32::from(*group)).unwrap_or(0);
            if found & bit == 0 && holds(*before, text, at.start()) && holds(*after, text, at.end())
            {
                found |= bit;
            }
        }
    }
}

/// Whether a place in a text is such a border.
fn holds(border: Border, text: &str, at: usize) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    match border {
        Border::Any => true,
        Border::Start => at == 0,
        Border::End => at == text.len(),
        Border::Word => {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at..).and_then(|text| text.chars().next());
            is_word(before) != is_word(after)
        }
    }
}

/// The texts that a pattern stands for.
fn expand(pattern: &str) -> Result<Vec<Literal>, PatternError> {
    let parsed = regex_syntax::Parser::new().parse(pattern);
    let parsed = parsed.map_err(|_| PatternError::Syntax(pattern.to_owned()))?;
    let literals = texts(&parsed).filter(|all| all.iter().all(|one| !one.text.is_empty()));
    literals.ok_or_else(|| PatternError::Unbounded(pattern.to_owned()))
}

fn texts(hir: &Hir) -> Option<Vec<Literal>> {
    let plain = |text: &str| Literal { text: text.to_owned(), ..Literal::default() };
    let all = match hir.kind() {
        HirKind::Empty => vec![Literal::default()],
        HirKind::Literal(literal) => vec![plain(std::str::from_utf8(&literal.0).ok()?)],
        HirKind::Class(class) => characters(class)?.map(|c| plain(&c.to_string())).collect(),
        HirKind::Look(look) => {
            let before = match look {
                Look::Start => Border::Start,
                Look::End => Border::End,
                Look::WordUnicode | Look::WordAscii => Border::Word,
                _ => return None,
            };
            vec![Literal { before, ..Literal::default() }]
        }
        HirKind::Repetition(repetition) => repeated(repetition)?,
        HirKind::Capture(capture) => texts(&capture.sub)?,
        HirKind::Concat(parts) => {
            let start = vec![Literal::default()];
            parts.iter().try_fold(start, |all, part| joined(&all, &texts(part)?))?
        }
        HirKind::Alternation(parts) => {
            let each: Option<Vec<Vec<Literal>>> = parts.iter().map(texts).collect();
            each?.concat()
        }
    };
    (all.len() <= TEXTS).then_some(all)
}

fn characters(class: &Class) -> Option<impl Iterator<Item = char>> {
    let Class::Unicode(class) = class else { return None };
    let count = class.ranges().iter().try_fold(0_usize, |all, range| all.checked_add(range.len()));
    let ranges = class.ranges().to_vec();
    let each = ranges.into_iter().flat_map(|range| range.start()..=range.end());
    count.filter(|count| *count <= TEXTS).map(|_| each)
}

fn repeated(repetition: &Repetition) -> Option<Vec<Literal>> {
    let most = repetition.max.filter(|most| *most <= REPETITIONS)?;
    let once = texts(&repetition.sub)?;
    let mut times = vec![Literal::default()];
    let mut all = Vec::new();
    for count in 0..=most {
        if count >= repetition.min {
            all.extend(times.iter().cloned());
        }
        if count < most {
            times = joined(&times, &once)?;
        }
    }
    Some(all)
}

/// Every text of the one followed by every text of the other. `None` if a border would be inside.
fn joined(first: &[Literal], second: &[Literal]) -> Option<Vec<Literal>> {
    if first.len().saturating_mul(second.len()) > TEXTS {
        return None;
    }
    let pairs = first.iter().flat_map(|one| second.iter().map(move |other| (one, other)));
    pairs.map(|(one, other)| join(one, other)).collect()
}

fn join(one: &Literal, other: &Literal) -> Option<Literal> {
    let text = format!("{}{}", one.text, other.text);
    let (before, after) = match (one.text.is_empty(), other.text.is_empty()) {
        (true, _) => (either(one.before, other.before)?, other.after),
        (false, true) => (one.before, either(one.after, other.before)?),
        (false, false) => {
            either(one.after, other.before).filter(|border| *border == Border::Any)?;
            (one.before, other.after)
        }
    };
    Some(Literal { before, text, after })
}

/// The one of two borders that is set. `None` if both are.
fn either(one: Border, other: Border) -> Option<Border> {
    match (one, other) {
        (one, Border::Any) => Some(one),
        (Border::Any, other) => Some(other),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::RegexSet;

    use super::*;

    fn expanded(pattern: &str) -> Vec<String> {
        let sign = |border: Border| match border {
            Border::Any => "",
            Border::Word => "|",
            Border::Start | Border::End => "^",
        };
        let literals = expand(pattern).unwrap();
        literals.iter().map(|l| format!("{}{}{}", sign(l.before), l.text, sign(l.after))).collect()
    }

    #[test]
    fn patterns_stand_for_texts() {
        assert_eq!(expanded("a(?:b|cd)?e"), ["ae", "abe", "acde"].map(str::to_owned));
        assert_eq!(expanded(r"\bads?\b"), ["|ad|", "|ads|"].map(str::to_owned));
        assert_eq!(expanded("^more|ago$"), ["^more", "ago^"].map(str::to_owned));
        assert_eq!(expanded("x-{0,2}[yz]"), ["xy", "xz", "x-y", "x-z", "x--y", "x--z"]);
        assert!(matches!(expand("a.*b"), Err(PatternError::Unbounded(_))));
        assert!(matches!(expand("a(?:b"), Err(PatternError::Syntax(_))));
        assert!(matches!(expand("(?:a|)"), Err(PatternError::Unbounded(_))));
    }

    proptest! {
        #[test]
        fn finds_what_regular_expressions_find(text in "[abs_ é-]{0,12}") {
            let patterns = [r"\bab?\b", "^s|b$", "a-?b|é", r"\bs[-_]|-{2,3}a"];
            let own = PatternSet::new(patterns.iter().copied().zip(0..)).unwrap();
            let set = RegexSet::new(patterns).unwrap();
            let expected = set.matches(&text).iter().fold(0, |all, at| all | 1 << at);
            prop_assert_eq!(own.groups(&text), expected);
        }
    }
}
