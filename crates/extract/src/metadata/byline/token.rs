//! A byline in pieces: words, brackets, separators.

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(Word<'a>),
    /// The text in round or square brackets.
    Bracket(&'a str),
    /// `&`, `+`.
    And,
    /// After a label.
    Colon,
    Separator(Separator),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Comma,
    /// Semicolon, bar, bullet, dash between blanks, end of a sentence.
    Bar,
}

/// A word without punctuation around it, but with the point of an abbreviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
}

impl Word<'_> {
    /// In lower case and without a point at its end.
    pub(super) fn lower(self) -> String {
        self.text.trim_end_matches('.').to_lowercase()
    }
}

/// Letters from which a word with a point after it ends a sentence.
const SENTENCE_WORD: usize = 5;

pub(super) fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let length = token(rest, c, &mut tokens);
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

/// Reads the token that begins `rest` and returns its length.
fn token<'a>(rest: &'a str, c: char, tokens: &mut Vec<Token<'a>>) -> usize {
    match c {
        '(' | '[' => {
            let end = rest.find([')', ']']);
            let inside = end.and_then(|end| rest.get(1..end)).unwrap_or_default();
            tokens.push(Token::Bracket(inside));
            return end.map_or(rest.len(), |end| end + 1);
        }
        ',' => tokens.push(Token::Separator(Separator::Comma)),
        '&' | '+' => tokens.push(Token::And),
        ':' => tokens.push(Token::Colon),
        _ if is_bar(c) => tokens.push(Token::Separator(Separator::Bar)),
        _ if is_in_word(c) => return word(rest, tokens),
        _ => {}
    }
    c.len_utf8()
}

fn word<'a>(rest: &'a str, tokens: &mut Vec<Token<'a>>) -> usize {
    let end = rest.find(|c: char| !is_in_word(c) && !is_inside(c)).unwrap_or(rest.len());
    let whole = rest.get(..end).unwrap_or_default();
    let text = whole.trim_matches(|c: char| is_inside(c) && c != '.' && c != '@');
    if text.chars().any(char::is_alphanumeric) {
        let is_end = text.ends_with('.')
            && text.matches('.').count() == 1
            && text.chars().count() > SENTENCE_WORD;
        tokens.push(Token::Word(Word {
            text: if is_end { text.trim_end_matches('.') } else { text },
        }));
        if is_end {
            tokens.push(Token::Separator(Separator::Bar));
        }
    } else {
        // A dash alone.
        tokens.push(Token::Separator(Separator::Bar));
    }
    end
}

/// Letters, marks and digits, and what may begin a word.
fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || is_inside(c) || is_mark(c)
}

/// Marks on letters, joiners, soft hyphens.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{ad}')
        || (!c.is_ascii() && !c.is_whitespace() && !c.is_alphanumeric() && is_spacing_mark(c))
}

/// Vowel signs of the Indic scripts and Thai, and points of Hebrew and Arabic, by their blocks.
fn is_spacing_mark(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{670}' | '\u{900}'..='\u{e4e}')
}

/// Signs within words.
fn is_inside(c: char) -> bool {
    matches!(c, '.' | '-' | '\'' | '’' | '‘' | '`' | '´' | '_' | '@' | '‐' | '‑' | '–' | '—' | '―')
}

fn is_bar(c: char) -> bool {
    matches!(
        c,
        ';' | '|'
            | '/'
            | '•'
            | '·'
            | '»'
            | '«'
            | '›'
            | '‹'
            | '►'
            | '▶'
            | '●'
            | '→'
            | '⋅'
            | '∙'
            | '│'
            | '¦'
            | '؛'
            | '~'
            | '✎'
            | '*'
            | '<'
            | '>'
            | '='
            | '\\'
            | '!'
            | '?'
            | '…'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_signs_are_told_apart() {
        let shown: Vec<String> = tokens("Words: J. R. O’Neil-Smith, Jr. (jr) – Photographs. A/B")
            .iter()
            .map(|token| match token {
                Token::Word(word) => word.text.to_owned(),
                Token::Bracket(text) => format!("({text})"),
                Token::And => "&".to_owned(),
                Token::Colon => ":".to_owned(),
                Token::Separator(Separator::Comma) => ",".to_owned(),
                Token::Separator(Separator::Bar) => "|".to_owned(),
            })
            .collect();
        let wanted = "Words : J. R. O’Neil-Smith , Jr. (jr) | Photographs | A | B";
        assert_eq!(shown.join(" "), wanted);
    }
}
