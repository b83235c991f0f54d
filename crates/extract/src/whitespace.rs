//! White space and invisible characters: what a reader cannot see must not change words or
//! comparisons.

/// Collapses white space in text that arrives in pieces. Each run becomes one space; none is kept
/// at the start.
#[derive(Debug, Default)]
pub(crate) struct WhitespaceCollapser {
    pending: bool,
}

impl WhitespaceCollapser {
    /// Starts a new block.
    pub(crate) fn reset(&mut self) {
        self.pending = false;
    }

    /// Notes a separator of words that is not text.
    pub(crate) fn space(&mut self) {
        self.pending = true;
    }

    /// Whether white space precedes the next text.
    pub(crate) fn is_spaced(&self) -> bool {
        self.pending
    }

    /// Appends `text` to `out`, at the start of a block if `fresh`. `preformatted` keeps line
    /// breaks and indents. Returns the number of characters added.
    pub(crate) fn push(
        &mut self,
        out: &mut String,
        fresh: bool,
        text: &str,
        preformatted: bool,
    ) -> u32 {
        let (mut added, mut empty) = (0, fresh);
        let mut last = out.chars().next_back().filter(|_| !fresh);
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let blanks = if preformatted { 0 } else { blanks(rest) };
            if blanks > 0 {
                self.pending = true;
                rest = rest.get(blanks..).unwrap_or_default();
                continue;
            }
            let plain = plain_words(rest);
            if plain > 0 {
                let (word, after) = rest.split_at(plain);
                added += self.word(out, &mut empty, word) + plain as u32;
                last = word.chars().next_back();
                rest = after;
                continue;
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            if preformatted && matches!(c, '\n' | ' ' | '\t') && !empty {
                out.push(c);
                added += 1;
                continue;
            }
            if is_space(c) {
                self.pending = true;
                continue;
            }
            if is_invisible(c, last) {
                continue;
            }
            added += self.word(out, &mut empty, c.encode_utf8(&mut [0; 4])) + 1;
            last = Some(c);
        }
        added
    }

    /// Appends visible characters, after the pending space. Returns the number of spaces.
    fn word(&mut self, out: &mut String, empty: &mut bool, word: &str) -> u32 {
        let blank = self.pending && !*empty;
        if blank {
            out.push(' ');
        }
        (self.pending, *empty) = (false, false);
        out.push_str(word);
        u32::from(blank)
    }
}

/// Length of the ASCII blanks that a text begins with: many texts are the indent of a tag.
fn blanks(text: &str) -> usize {
    text.bytes().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count()
}

/// Length of the visible ASCII words, one blank between each two, that a text begins with.
fn plain_words(text: &str) -> usize {
    let mut at = plain_start(text.as_bytes());
    let mut before = at.checked_sub(1).and_then(|last| text.as_bytes().get(last)).copied();
    for byte in text.bytes().skip(at) {
        let is_after_blank = before.is_none_or(|before| before == b' ');
        if !byte.is_ascii_graphic() && (byte != b' ' || is_after_blank) {
            break;
        }
        before = Some(byte);
        at += 1;
    }
    at - usize::from(before == Some(b' '))
}

/// Length of a beginning of whole steps that surely is plain. A step is tested as a whole, which the
/// processor does at once.
fn plain_start(text: &[u8]) -> usize {
    const STEP: usize = 16;
    if text.first() == Some(&b' ') {
        return 0;
    }
    let is_plain = |(step, next): (&[u8; STEP], &[u8; STEP])| {
        let is_shown = step.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        let blanks = step.iter().zip(next).map(|(one, next)| *one == b' ' && *next == b' ');
        is_shown & !blanks.fold(false, |all, is| all | is)
    };
    let steps = text.as_chunks::<STEP>().0.iter();
    let nexts = text.get(1..).unwrap_or_default().as_chunks::<STEP>().0.iter();
    STEP * steps.zip(nexts).take_while(|pair| is_plain(*pair)).count()
}

/// Collapses the white space of a whole text.
pub(crate) fn collapse_whitespace(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    WhitespaceCollapser::default().push(&mut out, true, text, false);
    out
}

fn is_space(c: char) -> bool {
    c == ' ' || (c.is_whitespace() && c != '\u{200b}')
}

/// Characters without a shape: soft hyphens, zero-width spaces, direction marks, controls.
/// Zero-width joiners are part of words in Arabic and Indic scripts and of emoji, so they are kept
/// after such characters.
fn is_invisible(c: char, before: Option<char>) -> bool {
    match c {
        ' '..='~' => false,
        '\u{ad}'
        | '\u{200b}'
        | '\u{2060}'
        | '\u{feff}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{fffc}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => true,
        '\u{200c}' | '\u{200d}' => {
            !before.is_some_and(|b| ('\u{600}'..'\u{2000}').contains(&b) || b >= '\u{2600}')
        }
        _ => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_white_space_becomes_one_space() {
        assert_eq!(
            collapse_whitespace("\u{a0} one\u{2009}\t\n two\u{3000}three "),
            "one two three"
        );
    }

    proptest! {
        #[test]
        fn words_are_what_white_space_separates(text in "[a-y .é\u{a0}\n\t]{0,70}") {
            let words: Vec<&str> = text.split_whitespace().collect();
            prop_assert_eq!(collapse_whitespace(&text), words.join(" "));
        }
    }

    #[test]
    fn invisible_characters_are_removed() {
        assert_eq!(
            collapse_whitespace("Do\u{ad}nau\u{200b}dampf\u{feff} \u{200e}schiff\u{7}"),
            "Donaudampf schiff"
        );
    }

    #[test]
    fn joiners_stay_where_the_script_needs_them() {
        assert_eq!(collapse_whitespace("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(collapse_whitespace("ab\u{200d}c"), "abc");
    }
}
