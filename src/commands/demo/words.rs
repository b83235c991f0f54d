//! Text for the report: lines that fit, and words that a shell can take.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text in one line of at most `columns` cells. Where it is longer, the line ends in `…`.
pub(super) fn clip(text: &str, columns: usize) -> String {
    let line = text.replace('\n', " ");
    if line.width() <= columns {
        return line;
    }
    let mut cells = 0;
    let fits = |letter: &char| {
        cells += letter.width().unwrap_or(0);
        cells < columns
    };
    line.chars().take_while(fits).chain(['…']).collect()
}

/// A word for a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-:=+,@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_shell_are_quoted_where_they_must_be() {
        assert_eq!(quoted("/tmp/a-b.toml"), "/tmp/a-b.toml");
        assert_eq!(quoted("http://a/?b=1&c"), "'http://a/?b=1&c'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_long_text_is_cut_where_the_line_is_full() {
        assert_eq!(clip("港の朝市\nにぎわう", 9), "港の朝市…");
        assert_eq!(clip("港の朝市\nにぎわう", 17), "港の朝市 にぎわう");
        assert_eq!(clip("one\ntwo", 7), "one two");
        assert_eq!(clip("one two", 5), "one …");
    }
}
