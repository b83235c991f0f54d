//! A piece of a byline between separators: a name with what is stuck to it.

use wiresift_text::dates::is_month_name;

use super::name::{Form, Kind, Name};
use super::token::{Token, Word};
use super::words::{Meaning, Meanings, meanings};

/// Most words of a person's name without particles and initials, and most letters of a name.
const WORDS: usize = 5;
const CHARS: usize = 60;

/// Most words of an organisation's name.
const ORGANISATION_WORDS: usize = 8;

/// The words and brackets of a piece.
pub(super) struct Piece<'a> {
    tokens: &'a [Token<'a>],
}

/// The part of a piece that can be a name.
struct Head<'a> {
    words: Vec<Word<'a>>,
    /// What the words are joined to, brackets inside included.
    text: String,
    /// The index of the first token after it.
    end: usize,
    /// The word that ended it.
    stop: Option<Word<'a>>,
}

impl<'a> Piece<'a> {
    pub(super) fn new(tokens: &'a [Token<'a>]) -> Self {
        Self { tokens }
    }

    fn words(&self) -> impl Iterator<Item = Word<'a>> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Word(word) => Some(*word),
            _ => None,
        })
    }

    /// A suffix alone: the "Jr." after a comma.
    pub(super) fn suffix(&self) -> Option<&'a str> {
        let [Token::Word(word)] = self.tokens else { return None };
        meanings(&word.lower()).has(Meaning::Suffix).then_some(word.text)
    }

    pub(super) fn has_role(&self) -> bool {
        self.words().any(|word| meanings(&word.lower()).has(Meaning::Role))
    }

    /// Whether what follows the piece on its line is about something else.
    pub(super) fn ends_names(&self) -> bool {
        let credit = self.words().position(|word| meanings(&word.lower()).has(Meaning::Credit));
        credit.is_some_and(|at| at >= 2)
    }

    /// The names in the piece: mostly one, sometimes a person and the agency.
    pub(super) fn read(&self, form: Form) -> Vec<Name> {
        let words: Vec<Word<'_>> = self.words().collect();
        let lowers: Vec<String> = words.iter().map(|word| word.lower()).collect();
        let known: Vec<Meanings> = lowers.iter().map(|lower| meanings(lower)).collect();
        let Some(first) = known.first() else { return Vec::new() };
        if known.iter().any(|word| word.has(Meaning::Control)) {
            return Vec::new();
        }
        if let Some(organisation) = self.organisation(&words, &lowers, &known) {
            return organisation;
        }
        // "Redakteur Max Muster".
        let roles = known.iter().take_while(|word| word.has(Meaning::Role)).count();
        if first.has(Meaning::Role) {
            return match self.tokens.get(roles..) {
                Some(rest) if rest.len() >= 2 => Piece::new(rest).read(form),
                _ => Vec::new(),
            };
        }
        let head = self.head();
        let mut names: Vec<Name> = person(&head, form).into_iter().collect();
        let tail = self.tokens.get(head.end..).unwrap_or_default();
        names.extend(Piece::new(tail).agency());
        names
    }

    /// The agency that these words are.
    fn agency(&self) -> Option<Name> {
        let words: Vec<&str> = self.words().map(|word| word.text).collect();
        let text = words.join(" ");
        let lower = text.to_lowercase();
        let bare = lower.trim_start_matches("the ").trim_start_matches("for ");
        meanings(bare).has(Meaning::Agency).then(|| Name::organisation(text))
    }

    /// The organisation that the whole piece names. An empty list: it is one, but has no name.
    fn organisation(
        &self,
        words: &[Word<'_>],
        lowers: &[String],
        known: &[Meanings],
    ) -> Option<Vec<Name>> {
        if let Some(agency) = self.agency() {
            return Some(vec![agency]);
        }
        let named = known.iter().position(|word| word.has(Meaning::Organisation));
        let stop = (2..words.len()).find(|at| is_stop(words, known, *at)).unwrap_or(words.len());
        let is_article = matches!(
            lowers.first().map(String::as_str),
            Some("the" | "der" | "die" | "das" | "le" | "la" | "les" | "el" | "los" | "las" | "il")
        ) && words.len() >= 2
            && words.first().is_some_and(|word| starts_upper(word.text));
        let has_address = lowers.iter().any(|word| is_address(word));
        let is_named = named.is_some_and(|at| at < stop || stop < 2);
        if !is_named && !is_article && !has_address {
            return None;
        }
        let date = words.iter().position(|word| has_digits_only(word.text)).unwrap_or(words.len());
        let is_mail = lowers.iter().any(|word| word.contains('@'));
        let text: Vec<&str> = words.iter().take(date).map(|word| word.text).collect();
        let plain = words.iter().zip(lowers).zip(known);
        let plain = plain.filter(|((word, lower), meanings)| {
            word.text == **lower && **meanings == Meanings::default() && !is_address(lower)
        });
        let is_sentence = plain.count() >= 2
            || words.len() > ORGANISATION_WORDS
            || known.iter().filter(|word| word.has(Meaning::End)).count() > 2;
        if is_mail || is_sentence || text.is_empty() {
            return Some(Vec::new());
        }
        Some(vec![Name::organisation(text.join(" "))])
    }

    /// The words up to the first that cannot be in a name.
    fn head(&self) -> Head<'a> {
        let all: Vec<Word<'_>> = self.words().collect();
        let known: Vec<Meanings> = all.iter().map(|word| meanings(&word.lower())).collect();
        let mut head = Head { words: Vec::new(), text: String::new(), end: 0, stop: None };
        for (at, token) in self.tokens.iter().enumerate() {
            let piece = match token {
                Token::Word(word) => {
                    let index = head.words.len();
                    if index < all.len() && is_stop(&all, &known, index) {
                        head.stop = Some(*word);
                        break;
                    }
                    head.words.push(*word);
                    word.text.to_owned()
                }
                // A nickname: the family name follows.
                Token::Bracket(inside)
                    if is_nickname(inside)
                        && !head.words.is_empty()
                        && self.tokens.get(at + 1).is_some_and(
                            |next| matches!(next, Token::Word(word) if starts_upper(word.text)),
                        ) =>
                {
                    format!("({inside})")
                }
                Token::Bracket(_) if head.words.is_empty() => continue,
                _ => break,
            };
            if !head.text.is_empty() {
                head.text.push(' ');
            }
            head.text.push_str(&piece);
            head.end = at + 1;
        }
        head.trim();
        head
    }
}

impl Head<'_> {
    /// Removes months before a number, degrees and small words from the end.
    fn trim(&mut self) {
        let is_before_number =
            self.stop.is_some_and(|stop| stop.text.starts_with(|c: char| c.is_ascii_digit()));
        while let Some(last) = self.words.last() {
            let lower = last.lower();
            let meanings = meanings(&lower);
            let is_month = is_before_number && is_month_name(&lower);
            let is_degree = meanings.has(Meaning::Degree) && self.words.len() > 2;
            let is_small = meanings.has(Meaning::Particle) && last.text == lower;
            if !is_month && !is_degree && !is_small {
                break;
            }
            let length = self.text.len().saturating_sub(last.text.len());
            self.text.truncate(length);
            self.text.truncate(self.text.trim_end().len());
            self.words.pop();
        }
    }
}

/// Whether a name ends before this word.
fn is_stop(words: &[Word<'_>], known: &[Meanings], at: usize) -> bool {
    let (Some(word), Some(meanings)) = (words.get(at), known.get(at)) else { return true };
    if word.text.contains(|c: char| c.is_ascii_digit()) {
        return at > 0 || word.text.starts_with(|c: char| c.is_ascii_digit());
    }
    if word.text.contains('@') {
        return true;
    }
    let is_lower = !starts_upper(word.text) && !has_capital_inside(word.text);
    let has_upper = words.iter().any(|word| starts_upper(word.text));
    if is_lower && has_upper && !meanings.has(Meaning::Particle) {
        // "der Michel", "hackermondev (Daniel)".
        return at > 0;
    }
    let ends =
        meanings.has(Meaning::End) || meanings.has(Meaning::Role) || meanings.has(Meaning::Credit);
    at >= 2 && ends && (!is_lower || !meanings.has(Meaning::Particle))
}

fn person(head: &Head<'_>, form: Form) -> Option<Name> {
    let words = &head.words;
    let whole = words.iter().filter(|word| {
        !meanings(&word.lower()).has(Meaning::Particle) && word.text.chars().count() > 2
    });
    let text = head.text.trim();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let has_upper =
        words.iter().any(|word| starts_upper(word.text) || has_capital_inside(word.text));
    let first = words.first()?;
    let is_size = letters >= 2 && whole.clone().count() <= WORDS && text.chars().count() <= CHARS;
    let is_stopped_by_prose = head.stop.is_some_and(|stop| {
        let meanings = meanings(&stop.lower());
        !meanings.has(Meaning::End) && !stop.text.contains(|c: char| c.is_ascii_digit())
    });
    let is_enough = match words.len() {
        1 => {
            form != Form::Line
                && !is_stopped_by_prose
                && (form.is_stated() || has_upper)
                && letters >= 3
                && !is_month_name(&first.lower())
                && !is_weak(first.text)
        }
        _ => has_upper || form.is_stated() && words.len() == 2 && !is_stopped_by_prose,
    };
    let is_ended = meanings(&first.lower()).has(Meaning::End)
        || words.iter().any(|word| meanings(&word.lower()).has(Meaning::Role));
    (is_size && is_enough && !is_ended).then(|| Name { text: text.to_owned(), kind: Kind::Person })
}

/// A word alone that is an abbreviation: a desk, a degree, a place.
fn is_weak(word: &str) -> bool {
    let is_capitals = !word.chars().any(char::is_lowercase) && word.chars().any(char::is_uppercase);
    let is_short = word.chars().count() <= 4;
    (is_capitals && is_short)
        || meanings(&word.trim_end_matches('.').to_lowercase()).has(Meaning::Degree)
}

/// Whether a word begins with a capital, or with a letter of a script without capitals.
fn starts_upper(word: &str) -> bool {
    let first = word.chars().find(|c| c.is_alphabetic());
    first.is_some_and(|c| c.is_uppercase() || !c.is_lowercase())
        && !word.starts_with(|c: char| c.is_ascii_digit())
}

/// `d’Arc`, `macLeod`, `al-Sayed`.
fn has_capital_inside(word: &str) -> bool {
    word.chars().any(char::is_uppercase)
}

/// `herald.example`, `desk@herald.example`: points between letters, and no initials.
fn is_address(lower: &str) -> bool {
    let parts: Vec<&str> = lower.trim_end_matches('.').split('.').collect();
    let is_last =
        |part: &&str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_host = parts.len() >= 2
        && parts.iter().all(|part| part.len() >= 2)
        && parts.last().is_some_and(is_last);
    is_host || lower.starts_with("www.") || lower.contains('@')
}

fn is_nickname(text: &str) -> bool {
    let is_inside = |c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '’' | '\'');
    text.chars().any(char::is_alphabetic) && text.chars().all(is_inside)
}

fn has_digits_only(word: &str) -> bool {
    word.chars().all(|c| !c.is_alphabetic())
}
