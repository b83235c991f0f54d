//! Names in lines of the page that nothing marks: by the words around them.

use std::borrow::Cow;

use wiresift_text::dates::is_date_word;
use wiresift_text::scripts::is_ideographic;

use super::east_asian;
use super::name::{Form, LINE_BYTES, Name, is_person, is_whole};
use super::piece::Piece;
use super::reader::Reader;
use super::token::{Token, tokens};
use super::words::{Meaning, meanings};
use crate::metadata::bare;

/// Longest name that is a line of its own, in bytes and words.
const ALONE_BYTES: usize = 60;
const ALONE_WORDS: usize = 4;

/// Most words of a label in a line of its own.
const LABEL_WORDS: usize = 4;

/// Words after a verb in which a role is looked for.
const PRESENTED_WORDS: usize = 14;

/// The names of a line of the page that says who wrote.
pub(crate) fn writers(line: &str) -> Vec<Name> {
    if line.len() > LINE_BYTES || line.contains("://") {
        return Vec::new();
    }
    let line = &*unglued(line);
    let tokens = tokens(line);
    // Most lines have no word that says who wrote, or a role before a colon.
    let says = |token: &Token<'_>| match token {
        Token::Word(word) => {
            let meanings = meanings(&word.lower());
            meanings.has(Meaning::Written) || meanings.has(Meaning::Role)
        }
        _ => false,
    };
    if !tokens.iter().any(says) {
        return Vec::new();
    }
    Reader::of(&tokens, Form::Line).writers(&tokens)
}

/// A line with a blank between "By" and the name, where the page has only a border of elements.
fn unglued(line: &str) -> Cow<'_, str> {
    let glued = ["By", "Von", "Par", "Por"].into_iter().find_map(|by| {
        let name = line.strip_prefix(by)?;
        name.starts_with(char::is_uppercase).then(|| format!("{by} {name}"))
    });
    glued.map_or(Cow::Borrowed(line), Cow::Owned)
}

/// The person that a line presents: "Ann Able is the harbour correspondent of the Herald."
pub(crate) fn presented(line: &str) -> Option<Name> {
    const VERBS: [&str; 7] = ["is", "ist", "est", "es", "è", "é", "was"];
    if line.len() > LINE_BYTES {
        return None;
    }
    let tokens = tokens(line);
    let is_verb =
        |token: &Token<'_>| matches!(token, Token::Word(word) if VERBS.contains(&word.text));
    let at = tokens.iter().position(is_verb).filter(|at| (2..=5).contains(at))?;
    let (name, rest) = tokens.split_at(at);
    let says_role = rest.iter().take(PRESENTED_WORDS).any(
        |token| matches!(token, Token::Word(word) if meanings(&word.lower()).has(Meaning::Role)),
    );
    let mut names = Piece::new(name).read(Form::Line).into_iter().filter(is_person);
    let only = names.next().filter(|name| names.next().is_none() && is_whole(&name.text))?;
    let is_all = name.iter().all(|token| matches!(token, Token::Word(_)));
    (says_role && is_all).then_some(only)
}

/// The person in a line that holds a date and nothing else: "2 November 2026 - Ann Able".
pub(crate) fn beside_date(line: &str) -> Option<Name> {
    if line.len() > LINE_BYTES || !line.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let tokens = tokens(line);
    let is_of_date = |token: &Token<'_>| match token {
        Token::Word(word) => {
            let lower = word.lower();
            let is_number = lower.starts_with(|c: char| c.is_ascii_digit());
            let meanings = meanings(&lower);
            is_number
                || is_date_word(&lower)
                || meanings.has(Meaning::End)
                || word.text == lower && lower.chars().count() <= 3
        }
        _ => true,
    };
    let parts: Vec<&[Token<'_>]> = tokens
        .split(|token| matches!(token, Token::Separator(_)))
        .filter(|part| !part.is_empty())
        .collect();
    let has_role = |part: &&[Token<'_>]| part.len() <= 4 && Piece::new(part).has_role();
    let parts = parts.into_iter().filter(|part| !has_role(part)).collect::<Vec<_>>();
    let (dates, others): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|part| part.iter().all(is_of_date));
    let [name] = others.as_slice() else { return None };
    if dates.is_empty() { None } else { whole_person(name) }
}

/// The person that a line names after a label in the line before it: "Article by", "Ann Able".
pub(crate) fn below_label(label: &str, line: &str) -> Option<Name> {
    let words = tokens(label);
    let is_written = |token: &Token<'_>| match token {
        Token::Word(word) => meanings(&word.lower()).has(Meaning::Written),
        token => matches!(token, Token::Colon),
    };
    let says_by = words.iter().any(
        |token| matches!(token, Token::Word(word) if meanings(&word.lower()).has(Meaning::By)),
    );
    if words.len() > LABEL_WORDS || !says_by || !words.iter().all(is_written) {
        return None;
    }
    alone(line)
}

/// The person that a sentence names: "This post was written by Ann Able, who …".
pub(crate) fn told(line: &str) -> Option<Name> {
    if line.len() > LINE_BYTES {
        return None;
    }
    let tokens = tokens(line);
    let has = |token: &Token<'_>, wanted| match token {
        Token::Word(word) => meanings(&word.lower()).has(wanted),
        _ => false,
    };
    let at = tokens.windows(2).position(|pair| match pair {
        [verb, by] => {
            has(verb, Meaning::Written) && !has(verb, Meaning::By) && has(by, Meaning::By)
        }
        _ => false,
    })?;
    let rest = tokens.get(at + 2..)?;
    let end = rest.iter().position(|token| !matches!(token, Token::Word(_)));
    let name = rest.get(..end.unwrap_or(rest.len()).min(ALONE_WORDS + 1))?;
    let mut names = Piece::new(name).read(Form::Line).into_iter().filter(is_person);
    names.next().filter(|name| is_whole(&name.text))
}

/// The owner of a web site, by its name: "Ann Able’s Blog", or "Ann Able's Notes" at
/// `annable.example`. A host that is the site's name says nothing: companies have such names too.
pub(crate) fn owner(title: &str, host: Option<&str>) -> Option<Name> {
    const SITES: [&str; 5] = ["blog", "weblog", "website", "homepage", "diary"];
    let title = title.get(..title.floor_char_boundary(LINE_BYTES))?;
    let tokens = tokens(title);
    let starts = (0..tokens.len()).flat_map(|start| [(start, start + 2), (start, start + 3)]);
    starts.into_iter().find_map(|(start, end)| {
        let words = tokens.get(start..end)?;
        let Some(Token::Word(last)) = words.last() else { return None };
        if !last.text.ends_with("'s") && !last.text.ends_with("’s") {
            return None;
        }
        let name = whole_person(words)?;
        let name = name.text.trim_end_matches('s').trim_end_matches(['\'', '’']);
        let next = tokens.get(end);
        let is_site = matches!(next, Some(Token::Word(word)) if SITES.contains(&&*word.lower()));
        let mut labels = host.into_iter().flat_map(|host| host.split('.'));
        let is_host = labels.any(|label| bare(label) == bare(name));
        (is_host || is_site).then(|| Name::person(name.to_owned()))
    })
}

/// The person whose name is all of a line: "Ann Able".
pub(crate) fn alone(line: &str) -> Option<Name> {
    let is_short = line.len() <= ALONE_BYTES && !line.contains(|c: char| c.is_ascii_digit());
    let is_western = !line.chars().any(is_ideographic) && !line.chars().any(east_asian::is_hangul);
    if is_short && is_western { whole_person(&tokens(line)) } else { None }
}

/// The person that all of these words name.
fn whole_person(name: &[Token<'_>]) -> Option<Name> {
    if name.len() > ALONE_WORDS || !name.iter().all(|token| matches!(token, Token::Word(_))) {
        return None;
    }
    let mut names = Piece::new(name).read(Form::Line).into_iter().filter(is_person);
    let only = names.next()?;
    (only.text.split(' ').count() == name.len() && is_whole(&only.text)).then_some(only)
}
