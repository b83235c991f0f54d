//! Reads the pieces of a line one after another, and keeps in mind whose names it is giving.

use super::name::{Form, Kind, Name, is_person};
use super::piece::Piece;
use super::token::Token;
use super::words::{Meaning, meanings};

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
pub(super) struct Reader {
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
    /// Reads all of a line.
    pub(super) fn of(tokens: &[Token<'_>], form: Form) -> Self {
        let mut reader = Self { form, ..Self::default() };
        for part in tokens.split(|token| matches!(token, Token::Separator(_))) {
            reader.part(part);
        }
        reader
    }

    /// The names of those who are said to have written.
    pub(super) fn writers(mut self, tokens: &[Token<'_>]) -> Vec<Name> {
        self.names.retain(|found| found.is_writer);
        self.finish(tokens)
    }

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
    pub(super) fn finish(self, tokens: &[Token<'_>]) -> Vec<Name> {
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
