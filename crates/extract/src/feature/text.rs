//! Measures of one block's text: sizes, punctuation, first and last character.

use wiresift_text::scripts::is_cjk;

/// Counts from one pass over a text.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a measure of its own")]
pub(crate) struct TextMeasure {
    /// Characters without spaces.
    pub(crate) letters: f32,
    /// Letters, with a Chinese or Japanese character as 2.5: it carries about as much.
    pub(crate) weight: f32,
    pub(crate) tokens: f32,
    /// Sentences that end in it.
    pub(crate) sentences: f32,
    pub(crate) commas: f32,
    pub(crate) upper: f32,
    pub(crate) digits: f32,
    pub(crate) cjk: f32,
    /// Bars, arrows and slashes between menu entries.
    pub(crate) separators: f32,
    pub(crate) ends_sentence: bool,
    pub(crate) ends_colon: bool,
    pub(crate) ends_question: bool,
    pub(crate) starts_upper: bool,
    pub(crate) starts_quote: bool,
    pub(crate) starts_bullet: bool,
    /// Years, dates and times of day.
    pub(crate) dates: f32,
}

impl TextMeasure {
    /// Measures a text with collapsed white space.
    pub(crate) fn of(text: &str) -> Self {
        let mut m = Self::default();
        let mut digits = Digits::default();
        let mut in_token = false;
        // A full stop ends a sentence if a space follows; closing quotes may be in between.
        let mut full_stop = false;
        for c in text.chars() {
            if c == ' ' || c == '\n' {
                if full_stop {
                    m.sentences += 1.0;
                }
                full_stop = false;
                in_token = false;
                m.dates += digits.end(c);
                continue;
            }
            m.letters += 1.0;
            if is_cjk(c) {
                m.cjk += 1.0;
                m.tokens += 1.0;
                in_token = false;
            } else if c.is_alphanumeric() {
                if !in_token {
                    m.tokens += 1.0;
                }
                in_token = true;
                if c.is_uppercase() {
                    m.upper += 1.0;
                }
            } else {
                in_token = false;
            }
            if c.is_ascii_digit() {
                m.digits += 1.0;
                digits.add(c);
                full_stop = false;
                continue;
            }
            m.dates += digits.end(c);
            match c {
                '。' | '！' | '？' => {
                    m.sentences += 1.0;
                    full_stop = false;
                }
                '.' | '!' | '?' | '…' | '।' | '؟' | ';' => full_stop = true,
                '"' | '”' | '»' | '’' | '\'' | ')' | ']' | '“' => {}
                ',' | '，' | '、' | '،' => {
                    m.commas += 1.0;
                    full_stop = false;
                }
                '|' | '›' | '·' | '•' | '/' => {
                    m.separators += 1.0;
                    full_stop = false;
                }
                _ => full_stop = false,
            }
        }
        m.dates += digits.end(' ');
        if full_stop {
            m.sentences += 1.0;
        }
        m.weight = m.letters + 1.5 * m.cjk;
        m.ends(text);
        m
    }

    fn ends(&mut self, text: &str) {
        let closing = ['"', '”', '»', '’', '\'', ')', ']', '“', ' '];
        let last = text.trim_end_matches(closing).chars().next_back();
        self.ends_sentence = last
            .is_some_and(|c| matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '।' | '؟'));
        let last = text.chars().next_back();
        self.ends_colon = matches!(last, Some(':' | '：'));
        self.ends_question = matches!(last, Some('?' | '？'));
        let first = text.chars().next();
        self.starts_upper = first.is_some_and(char::is_uppercase);
        self.starts_quote = matches!(first, Some('"' | '“' | '„' | '«' | '\'' | '‘' | '「'));
        self.starts_bullet = matches!(
            first,
            Some(
                '•' | '-'
                    | '–'
                    | '—'
                    | '*'
                    | '>'
                    | '»'
                    | '|'
                    | '·'
                    | '●'
                    | '■'
                    | '►'
                    | '▶'
                    | '【'
                    | '['
                    | '('
            )
        );
    }
}

/// Recognises years and times among the digits of a text.
#[derive(Debug, Default)]
struct Digits {
    run: u32,
    value: u32,
    after_colon: bool,
}

impl Digits {
    fn add(&mut self, c: char) {
        self.run += 1;
        self.value = (self.value * 10 + c.to_digit(10).unwrap_or(0)) % 100_000;
    }

    /// Ends a run of digits before `c`; returns 1 after a year or the minutes of a time.
    fn end(&mut self, c: char) -> f32 {
        let is_year = self.run == 4 && (1900..2100).contains(&self.value);
        let is_time = self.run == 2 && self.after_colon && self.value < 60;
        self.after_colon = c == ':' && (1..=2).contains(&self.run) && self.value < 24;
        (self.run, self.value) = (0, 0);
        if is_year || is_time { 1.0 } else { 0.0 }
    }
}

/// Whether a line is shaped like a caption: "FILE - ...", or a credit in brackets at its end.
pub(crate) fn has_caption_shape(text: &str) -> bool {
    if text.starts_with("FILE") {
        return true;
    }
    let Some(inside) = text.trim_end_matches('.').strip_suffix([')', ']']) else { return false };
    let Some(open) = inside.rfind(['(', '[']) else { return false };
    let credit = inside.get(open + 1..).unwrap_or_default();
    let is_short = credit.len() <= 80;
    let lower = credit.to_lowercase();
    let named = [
        "photo", "foto", "image", "getty", "reuters", "afp", "dpa", "credit", "via ", "archiv",
        "bild",
    ];
    is_short
        && (credit.contains('/') || credit == "AP" || named.iter().any(|word| lower.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_sentences_not_points() {
        let m = TextMeasure::of("Prices rose 3.5 percent, he said. “Really?” she asked.");
        assert_eq!((m.sentences, m.commas, m.tokens), (3.0, 1.0, 10.0));
        assert!(m.ends_sentence && m.starts_upper);
    }

    #[test]
    fn chinese_characters_are_tokens() {
        let m = TextMeasure::of("他说，明天会下雨。");
        assert_eq!((m.tokens, m.sentences, m.commas), (7.0, 1.0, 1.0));
        assert!(m.weight > m.letters);
    }

    #[test]
    fn years_and_times_are_dates() {
        assert!(TextMeasure::of("Nov 2, 2026 at 14:05").dates >= 2.0);
        assert!(TextMeasure::of("a score of 3:1 for 50 people").dates < 1.0);
    }
}
