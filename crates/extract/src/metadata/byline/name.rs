//! The grammar of bylines: a text such as "By Ann Able, Bob Baker Jr. and Cid Cole | 3 May" as
//! names of people and of organisations.
//!
//! A text is cut into lines, these at separators and words for "and" into [pieces](super::piece),
//! and each piece is a name, or the start of it is, or it is a role, a place, a date or a button
//! and left out. A word is judged by its letters (a capital, a script without capitals) and its
//! [meanings](super::words); there is no list of given names.

use std::borrow::Cow;

use wiresift_text::dates::is_date_word;
use wiresift_text::scripts::is_ideographic;

use super::east_asian;
use super::piece::Piece;
use super::token::{Separator, Token, tokens};
use super::words::{Meaning, meanings};
use crate::metadata::bare;

/// Most lines of a text, and most names.
const LINES: usize = 40;
const NAMES: usize = 16;

/// Longest line that is read, in bytes; longer ones are prose.
const LINE_BYTES: usize = 600;

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

/// The names of a line of the page that says who wrote.
pub(crate) fn writers(line: &str) -> Vec<Name> {
    if line.len() > LINE_BYTES || line.contains("://") {
        return Vec::new();
    }
    let line = &*unglued(line);
    let tokens = tokens(line);
    let mut reader = Reader { form: Form::Line, ..Reader::default() };
    for part in tokens.split(|token| matches!(token, Token::Separator(_))) {
        reader.part(part);
    }
    reader.names.retain(|found| found.is_writer);
    reader.finish(&tokens)
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

/// The person whom a line names after a label in the line before it: "Article by", "Ann Able".
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

/// The person whom a sentence names: "This post was written by Ann Able, who …".
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

/// The person to whom a web site belongs, by its name: "Ann Able’s Blog", or "Ann Able's Notes" at
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

fn is_person(name: &Name) -> bool {
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

/// Longest name that is a line of its own, in bytes and words.
const ALONE_BYTES: usize = 60;
const ALONE_WORDS: usize = 4;

/// Most words of a label in a line of its own.
const LABEL_WORDS: usize = 4;

/// Words after a verb in which a role is looked for.
const PRESENTED_WORDS: usize = 14;

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
    let mut reader = Reader { form, ..Reader::default() };
    for part in tokens.split(|token| matches!(token, Token::Separator(_))) {
        reader.part(part);
    }
    reader.finish(&tokens)
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

/// Whose names a line is giving.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Voice {
    #[default]
    Unsaid,
    Writer,
    /// Of pictures, or something else that is labelled.
    Other,
}

/// Reads the parts of a line one after another.
#[derive(Debug, Default)]
struct Reader {
    form: Form,
    voice: Voice,
    names: Vec<Found>,
}

#[derive(Debug)]
struct Found {
    name: Name,
    is_writer: bool,
    is_word: bool,
}

impl Reader {
    fn part(&mut self, part: &[Token<'_>]) {
        // What is before the last colon is a label.
        let colon = part.iter().rposition(|token| matches!(token, Token::Colon));
        let (label, rest) = part.split_at(colon.map_or(0, |at| at + 1));
        if !label.is_empty() {
            self.voice = voice(label);
        }
        for piece in split_at_and(rest) {
            self.piece(piece);
        }
    }

    fn piece(&mut self, mut piece: &[Token<'_>]) {
        if let Some((opening, rest)) = opening(piece, self.form) {
            self.voice = opening;
            piece = rest;
        }
        if self.voice == Voice::Other || piece.is_empty() {
            return;
        }
        let piece = Piece::new(piece);
        if let Some(suffix) = piece.suffix() {
            if let Some(last) = self.names.last_mut() {
                last.name.text.push_str(", ");
                last.name.text.push_str(suffix);
            }
            return;
        }
        if piece.has_role()
            && self.names.iter().any(|found| is_person(&found.name) && !found.is_word)
        {
            return;
        }
        let is_after_organisation =
            self.names.iter().any(|found| found.name.kind == Kind::Organisation);
        for name in piece.read(self.form) {
            let is_word = name.kind == Kind::Person && !name.text.contains(' ');
            // "AFP, MANILA": the place of the agency.
            if is_word && is_after_organisation {
                continue;
            }
            let is_writer = self.voice == Voice::Writer;
            self.names.push(Found { name, is_writer, is_word });
        }
        if piece.ends_names() {
            self.voice = Voice::Other;
        }
    }

    /// Drops single words beside whole names: places, roles, sections.
    fn finish(self, tokens: &[Token<'_>]) -> Vec<Name> {
        let has_comma = tokens.iter().any(|token| matches!(token, Token::Separator(_)));
        let has_writer = self.names.iter().any(|found| found.is_writer);
        let has_whole = self.names.iter().any(|found| is_person(&found.name) && !found.is_word);
        let kept = self.names.into_iter().filter(|found| {
            let is_stray = found.is_word && has_whole && has_comma;
            !is_stray && (found.is_writer || !has_writer)
        });
        kept.map(|found| found.name)
            .filter(|name| !meanings(&name.text.to_lowercase()).has(Meaning::Nobody))
            .collect()
    }
}

/// What a label says: "Text:", "Words:", "Photographs:", "Datum:".
fn voice(label: &[Token<'_>]) -> Voice {
    let has = |meaning| {
        label.iter().any(|token| match token {
            Token::Word(word) => meanings(&word.lower()).has(meaning),
            _ => false,
        })
    };
    if has(Meaning::Written) || has(Meaning::Role) { Voice::Writer } else { Voice::Other }
}

/// The words that open a piece, such as "By" or "Photographs by", what they say, and the rest.
fn opening<'a, 'b>(piece: &'a [Token<'b>], form: Form) -> Option<(Voice, &'a [Token<'b>])> {
    let (mut at, mut is_written, mut is_by, mut is_credit) = (0, false, false, false);
    while let Some(Token::Word(word)) = piece.get(at) {
        let lower = word.lower();
        let meanings = meanings(&lower);
        let is_between = at > 0 && meanings.has(Meaning::And);
        let is_opening = meanings.has(Meaning::Written) || meanings.has(Meaning::Credit);
        // "Von Miller", and "von Miller" as the second half of a name.
        let is_name = meanings.has(Meaning::AlsoParticle)
            && form != Form::Line
            && word.text != lower
            && at == 0
            && piece.len() == 2;
        if !(is_opening || is_between) || is_name {
            break;
        }
        is_by |= meanings.has(Meaning::By);
        is_written |= meanings.has(Meaning::Written) && !meanings.has(Meaning::By);
        is_credit |= meanings.has(Meaning::Credit);
        at += 1;
    }
    if at == 0 || (form == Form::Line && !is_by && !is_credit) {
        return None;
    }
    let voice = if is_credit && !is_written { Voice::Other } else { Voice::Writer };
    Some((voice, piece.get(at..).unwrap_or_default()))
}

/// The parts of a piece between words for "and".
fn split_at_and<'a, 'b>(part: &'a [Token<'b>]) -> Vec<&'a [Token<'b>]> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, token) in part.iter().enumerate() {
        let before = part.get(start..at).unwrap_or_default();
        let after = part.get(at + 1..).unwrap_or_default();
        if is_and(token, before, after) {
            pieces.push(before);
            start = at + 1;
        }
    }
    pieces.push(part.get(start..).unwrap_or_default());
    pieces
}

fn is_and(token: &Token<'_>, before: &[Token<'_>], after: &[Token<'_>]) -> bool {
    let Token::Word(word) = token else { return matches!(token, Token::And) };
    let lower = word.lower();
    let meanings = meanings(&lower);
    if !meanings.has(Meaning::And) || before.is_empty() || after.is_empty() {
        return false;
    }
    // "Words and photographs by" opens a line.
    let opens = |token: Option<&Token<'_>>| match token {
        Some(Token::Word(word)) => {
            let meanings = super::words::meanings(&word.lower());
            meanings.has(Meaning::Written) || meanings.has(Meaning::Credit)
        }
        _ => false,
    };
    if opens(before.last()) && opens(after.first()) {
        return false;
    }
    if meanings.has(Meaning::OnlyLower) {
        // "José Ortega y Gasset" is one person, and so is "Mary E Jones".
        let is_lower = |token: &Token<'_>| match token {
            Token::Word(word) => word.text.chars().any(char::is_lowercase),
            _ => false,
        };
        let is_capitals = !before.iter().chain(after).any(is_lower);
        return (word.text == lower || is_capitals) && before.len() >= 2 && after.len() >= 2;
    }
    true
}
