//! A date text in pieces: numbers, words, signs.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A piece of a date text. Blanks and commas are left out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Nothing stands between it and the token before.
    pub(super) is_glued: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Value and number of digits.
    Number(u64, usize),
    /// Letters, [`fold`]ed, and whether they are capitals.
    Word(String, bool),
    Sign(char),
}

impl Token {
    pub(super) fn number(&self) -> Option<(u32, usize)> {
        match self.kind {
            Kind::Number(value, digits) => Some((u32::try_from(value).ok()?, digits)),
            _ => None,
        }
    }

    /// A number of at most so many digits.
    pub(super) fn short(&self, most: usize) -> Option<u32> {
        self.number().filter(|(_, digits)| *digits <= most).map(|(value, _)| value)
    }

    /// A number of exactly so many digits.
    pub(super) fn exact(&self, wanted: usize) -> Option<u32> {
        self.number().filter(|(_, digits)| *digits == wanted).map(|(value, _)| value)
    }

    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word, _) => Some(word),
            _ => None,
        }
    }

    pub(super) fn sign(&self) -> Option<char> {
        match self.kind {
            Kind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    pub(super) fn is(&self, sign: char) -> bool {
        self.sign() == Some(sign)
    }
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut is_glued = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after_number = matches!(tokens.last(), Some(Token { kind: Kind::Number(..), .. }));
        let kind = if let Some(digit) = digit(c) {
            let (mut value, mut digits) = (u64::from(digit), 1);
            while let Some(digit) = chars.peek().copied().and_then(self::digit) {
                value = value.saturating_mul(10).saturating_add(u64::from(digit));
                digits += 1;
                chars.next();
            }
            Kind::Number(value, digits)
        } else if let Some(sign) = unit(c).filter(|_| after_number) {
            Kind::Sign(sign)
        } else if c.is_alphabetic() {
            let mut word = String::from(c);
            while let Some(c) = chars.next_if(|c| c.is_alphabetic() || is_combining_mark(*c)) {
                word.push(c);
            }
            let is_upper = !word.chars().any(char::is_lowercase);
            Kind::Word(fold(&word), is_upper)
        } else if c.is_whitespace() || matches!(c, ',' | '،' | '、' | '，') {
            is_glued = false;
            continue;
        } else if is_invisible(c) {
            continue;
        } else {
            Kind::Sign(match c {
                '：' => ':',
                '－' | '‐' | '‑' | '–' | '−' => '-',
                '．' => '.',
                '／' => '/',
                c => c,
            })
        };
        tokens.push(Token { kind, is_glued });
        is_glued = true;
    }
    tokens
}

/// The zeros of the decimal digits of scripts that news is written in. Nine more follow each.
const ZEROS: [char; 20] = [
    '0', '٠', '۰', '߀', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐',
    '０',
];

fn digit(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10))
}

/// What follows a number in Chinese, Japanese and Korean, in Chinese: year, month, day, hour, minute, second.
fn unit(c: char) -> Option<char> {
    Some(match c {
        '年' | '년' => '年',
        '月' | '월' => '月',
        '日' | '일' | '号' | '號' => '日',
        '時' | '时' | '點' | '点' | '시' => '時',
        '分' | '분' => '分',
        '秒' | '초' => '秒',
        _ => return None,
    })
}

/// Marks of direction and zero-width signs.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A word in the form in which names are compared: lower case, compatibility form, no accents.
pub(super) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let lower = word.to_lowercase();
    let bare = lower.nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}'));
    bare.map(|c| match c {
        'ı' => 'i',
        'ς' => 'σ',
        c => c,
    })
    .nfc()
    .collect()
}
