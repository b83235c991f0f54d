//! Measures of one block's text: sizes, punctuation, first and last character.

use wiresift_text::scripts::{common_lower, is_cjk};
use wiresift_text::sentences::{self, is_closing, is_sentence_mark, is_unmarked};

/// The weight of a text alone, as [`TextMeasure`] counts it.
pub(crate) fn weight(text: &str) -> f32 {
    let is_letter = |byte: &u8| byte.is_ascii() && !matches!(byte, b' ' | b'\n');
    let letters = text.bytes().filter(|byte| is_letter(byte)).count() as f32;
    if text.is_ascii() {
        return letters;
    }
    let of = |c: char| if is_cjk(c) && c.is_alphanumeric() { CJK_WEIGHT } else { 1.0 };
    letters + text.chars().filter(|c| !c.is_ascii()).map(of).sum::<f32>()
}

/// What a Chinese or Japanese character weighs: it carries about as much as so many letters.
const CJK_WEIGHT: f32 = 2.5;

/// Letters of a word where a script does not separate words.
const WORD_LETTERS: f32 = 5.0;

/// Least weight of a text that counts as a sentence where a script has no marks for them.
const UNMARKED_SENTENCE: f32 = 80.0;

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
        let mut unmarked = 0.0;
        // A full stop ends a sentence if a space follows; closing quotes may be in between.
        let mut full_stop = false;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            // Most of a text are lower-case letters; a run of them is counted at once.
            let run = rest.bytes().take_while(u8::is_ascii_lowercase).count();
            rest = rest.get(run.max(c.len_utf8())..).unwrap_or_default();
            if run > 0 {
                m.dates += digits.end(c);
                m.letters += run as f32;
                m.tokens += f32::from(u8::from(!in_token));
                (in_token, full_stop) = (true, false);
                continue;
            }
            if c == ' ' || c == '\n' {
                m.sentences += f32::from(u8::from(full_stop));
                (full_stop, in_token) = (false, false);
                m.dates += digits.end(c);
                continue;
            }
            m.letters += 1.0;
            if let Some(lower) = common_lower(c) {
                m.dates += digits.end(c);
                m.tokens += f32::from(u8::from(!in_token));
                m.upper += f32::from(u8::from(lower != c));
                (in_token, full_stop) = (true, false);
                continue;
            }
            if c.is_ascii_digit() {
                digits.add(c);
                m.digits += 1.0;
            } else {
                m.dates += digits.end(c);
            }
            if c.is_alphanumeric() {
                in_token = m.letter(c, in_token, &mut unmarked);
                full_stop = false;
            } else {
                in_token = false;
                m.sign(c, &mut full_stop);
            }
        }
        m.dates += digits.end(' ');
        m.sentences += f32::from(u8::from(full_stop));
        m.tokens += (unmarked / WORD_LETTERS).floor();
        m.weight = m.letters + (CJK_WEIGHT - 1.0) * m.cjk;
        m.ends(text);
        let is_unmarked = unmarked > 0.5 * m.letters && m.weight >= UNMARKED_SENTENCE;
        if is_unmarked && m.sentences < 1.0 {
            (m.sentences, m.ends_sentence) = (1.0, true);
        }
        m
    }

    /// Counts a letter or digit. Returns whether the next one may belong to the same word.
    fn letter(&mut self, c: char, in_token: bool, unmarked: &mut f32) -> bool {
        if is_cjk(c) {
            self.cjk += 1.0;
            self.tokens += 1.0;
            return false;
        }
        if is_unmarked(c) {
            *unmarked += 1.0;
            return false;
        }
        if !in_token {
            self.tokens += 1.0;
        }
        if c.is_uppercase() {
            self.upper += 1.0;
        }
        true
    }

    /// Counts a character that is neither letter nor digit.
    fn sign(&mut self, c: char, full_stop: &mut bool) {
        match c {
            '.' | '!' | '?' | '…' | ';' => *full_stop = true,
            ',' | '，' | '、' | '،' => {
                self.commas += 1.0;
                *full_stop = false;
            }
            '|' | '›' | '·' | '•' | '/' => {
                self.separators += 1.0;
                *full_stop = false;
            }
            _ if is_closing(c) => {}
            _ => {
                *full_stop = false;
                self.sentences += f32::from(u8::from(is_sentence_mark(c)));
            }
        }
    }

    fn ends(&mut self, text: &str) {
        self.ends_sentence = sentences::ends_sentence(text);
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
    // "AFP/Getty Images", but not "S2 / C3", which is a note of sources.
    let is_pair = credit.split_once('/').is_some_and(|(one, other)| {
        let is_name = |part: &str| {
            part.chars().any(char::is_uppercase) && !part.chars().any(|c| c.is_ascii_digit())
        };
        is_name(one) && is_name(other)
    });
    is_short && (is_pair || credit == "AP" || named.iter().any(|word| lower.contains(word)))
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
    fn sentences_of_many_scripts() {
        for (text, sentences) in [
            ("ምክር ቤቱ ሐሙስ ማታ ወሰነ። ሥራው በጸደይ ይጀምራል።", 2.0),
            ("परिषद ने गुरुवार को फैसला किया। काम वसंत में शुरू होगा।", 2.0),
            ("ကောင်စီက ဆုံးဖြတ်ခဲ့သည်။ အလုပ်ကို နွေဦးတွင် စမည်။", 2.0),
        ] {
            let m = TextMeasure::of(text);
            assert_eq!((m.sentences, m.ends_sentence), (sentences, true), "{text}");
        }
    }

    #[test]
    fn a_long_line_of_thai_is_a_sentence() {
        let line = "สภาเมืองลงมติเมื่อคืนวันพฤหัสบดีให้เปิดสถานีเรือช่วยชีวิตเก่าต่อไปอีกห้าปี";
        let m = TextMeasure::of(&line.repeat(2));
        assert!(m.sentences >= 1.0 && m.ends_sentence && m.tokens > 15.0, "{m:?}");
        assert!(TextMeasure::of("ข่าว").sentences < 1.0);
    }

    #[test]
    fn captions_end_in_credits() {
        for text in ["A ferry (AFP/Getty)", "A ferry. (Photo: Harbour Post)", "FILE - A ferry"] {
            assert!(has_caption_shape(text), "{text}");
        }
        for text in ["The songs say so. [S2 / C3]", "It rose (see above)", "It rose by half (3/6)"]
        {
            assert!(!has_caption_shape(text), "{text}");
        }
    }

    #[test]
    fn years_and_times_are_dates() {
        assert!(TextMeasure::of("Nov 2, 2026 at 14:05").dates >= 2.0);
        assert!(TextMeasure::of("a score of 3:1 for 50 people").dates < 1.0);
    }
}
