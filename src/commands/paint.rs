//! How output looks: colour on a terminal, lines of bounded length, words quoted for a shell.

use std::env;
use std::io::{self, IsTerminal as _};

/// What output is shown on.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Letters in a line.
    pub columns: usize,
    /// Whether colour is wanted.
    pub colour: bool,
}

impl Screen {
    /// The width that is written for where nobody says how wide it is.
    pub const PLAIN: Self = Self { columns: 100, colour: false };

    /// Standard output: the terminal's width, and colour if nobody objects (<https://no-color.org>).
    pub(super) fn of_stdout() -> Self {
        let colour = Paint::for_stdout().0;
        match terminal_size::terminal_size_of(io::stdout()) {
            Some((terminal_size::Width(columns), _)) => {
                Self { columns: usize::from(columns), colour }
            }
            None => Self { colour, ..Self::PLAIN },
        }
    }
}

/// Colour, on a terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    /// Colour if standard output is a terminal and nobody objects (<https://no-color.org>).
    pub(super) fn for_stdout() -> Self {
        let objected = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(io::stdout().is_terminal() && !objected)
    }

    /// Colour where a screen wants it.
    pub(super) fn on(screen: Screen) -> Self {
        Self(screen.colour)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }
}

/// One line, cut at so many letters.
pub(super) fn clip(text: &str, letters: usize) -> String {
    let line: String =
        text.chars().map(|letter| if letter == '\n' { ' ' } else { letter }).collect();
    if line.chars().count() <= letters {
        return line;
    }
    line.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// For a POSIX shell.
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
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(clip("港の朝市\nにぎわう", 5), "港の朝市…");
        assert_eq!(clip("one\ntwo", 7), "one two");
    }
}
