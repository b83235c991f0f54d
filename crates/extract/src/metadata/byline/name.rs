//! The grammar of bylines: a text such as "By Ann Able, Bob Baker Jr. and Cid Cole | 3 May" as
//! names of people and of organisations.
//!
//! A text is cut into lines, these at separators and words for "and" into [pieces](super::piece),
//! and each piece is a name, or the start of it is, or it is a role, a place, a date or a button
//! and left out. A word is judged by its letters (a capital, a script without capitals) and its
//! [meanings](super::words); there is no list of given names.

use wiresift_text::scripts::is_ideographic;

use super::east_asian;
use super::piece::Piece;
use super::reader::Reader;
use super::token::{Separator, Token, tokens};
use super::words::{Meaning, meanings};
use crate::metadata::bare;

/// Most lines of a text, and most names.
const LINES: usize = 40;
const NAMES: usize = 16;

/// Longest line that is read, in bytes; longer ones are prose.
pub(super) const LINE_BYTES: usize = 600;

/// A person or an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Person,
    Organisation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

impl Name {
    pub(super) fn person(text: String) -> Self {
        Self { text, kind: Kind::Person }
    }

    pub(super) fn organisation(text: String) -> Self {
        Self { text, kind: Kind::Organisation }
    }
}

/// Where a text comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// It is said to be a name: metadata, a marked element. One word is enough.
    Stated,
    /// The same, as in bibliographies: the family name may come first.
    Citation,
    /// An element whose class says so: one word is enough if it has a capital.
    Marked,
    /// A line of the page.
    #[default]
    Line,
}

impl Form {
    /// Names need no capitals.
    pub(super) fn is_stated(self) -> bool {
        matches!(self, Self::Stated | Self::Citation)
    }
}

/// The names of a text, each once, in its order.
pub(crate) fn names(text: &str, form: Form) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    for line in text.split('\n').map(str::trim).filter(|line| !line.is_empty()).take(LINES) {
        let has_person = found.iter().any(is_person);
        // After the names come titles of posts and lives.
        if has_person && has_role(line) {
            continue;
        }
        let names = of_line(line, form);
        if has_person && names.is_empty() && !is_joint(line) {
            break;
        }
        for name in names {
            let is_new = !found.iter().any(|known| alike(&known.text, &name.text));
            if is_new && found.len() < NAMES {
                found.push(name);
            }
        }
    }
    without_words(found)
}

/// Without the single words beside whole names: places, topics, buttons.
pub(super) fn without_words(mut found: Vec<Name>) -> Vec<Name> {
    if found.iter().any(|name| is_person(name) && is_whole(&name.text)) {
        found.retain(|name| !is_person(name) || is_whole(&name.text));
    }
    found
}

pub(super) fn is_person(name: &Name) -> bool {
    name.kind == Kind::Person
}

/// Whether a name has more than one word, or is written without blanks.
pub(crate) fn is_whole(name: &str) -> bool {
    name.contains(' ')
        || name.chars().any(is_ideographic)
        || name.chars().any(east_asian::is_hangul)
}

pub(super) fn has_role(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '-');
    words.any(|word| meanings(&word.to_lowercase()).has(Meaning::Role))
}

/// A line such as "and" or "By".
fn is_joint(line: &str) -> bool {
    let meanings = meanings(&line.to_lowercase());
    meanings.has(Meaning::And) || meanings.has(Meaning::Written) || line == "&" || line == ","
}

/// Unknown words in lower case from which a line is prose.
const PROSE_WORDS: usize = 3;

fn is_prose(tokens: &[Token<'_>]) -> bool {
    let is_plain = |token: &&Token<'_>| match token {
        Token::Word(word) => {
            let lower = word.lower();
            word.text == lower
                && lower.chars().all(char::is_alphabetic)
                && lower.chars().any(char::is_lowercase)
                && meanings(&lower) == <_>::default()
        }
        _ => false,
    };
    tokens.iter().filter(is_plain).nth(PROSE_WORDS - 1).is_some()
}

/// Whether two names are the same but for case and points.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

fn of_line(line: &str, form: Form) -> Vec<Name> {
    if line.len() > LINE_BYTES || line.contains("://") {
        return Vec::new();
    }
    if line.chars().any(is_ideographic) || line.chars().any(east_asian::is_hangul) {
        return east_asian::names(line);
    }
    let tokens = tokens(line);
    if form == Form::Citation
        && let Some(name) = inverted(&tokens)
    {
        return vec![name];
    }
    if is_prose(&tokens) {
        return Vec::new();
    }
    Reader::of(&tokens, form).finish(&tokens)
}

/// "Okafor, Ngozi": two parts at the only separator, a comma.
fn inverted(tokens: &[Token<'_>]) -> Option<Name> {
    let mut parts = tokens.split(|token| matches!(token, Token::Separator(Separator::Comma)));
    let (family, given) = (parts.next()?, parts.next()?);
    let is_plain = |part: &[Token<'_>]| {
        !part.is_empty()
            && part.len() <= 3
            && part.iter().all(|token| {
                let Token::Word(word) = token else { return false };
                let meanings = meanings(&word.lower());
                !meanings.has(Meaning::Suffix) && !meanings.has(Meaning::Degree)
            })
    };
    if parts.next().is_some() || !is_plain(family) || !is_plain(given) {
        return None;
    }
    let whole: Vec<Token<'_>> = given.iter().chain(family).cloned().collect();
    Piece::new(&whole).read(Form::Citation).into_iter().next()
}
