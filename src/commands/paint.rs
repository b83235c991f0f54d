//! How output looks: colour where it is wanted, lines that fit the screen, words quoted for a shell.

use std::io::{self, IsTerminal};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// What output is shown on.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Cells in a line. A wide letter takes two.
    pub columns: usize,
    pub colour: bool,
}

impl Screen {
    /// Files and pipes have no width; this one reads well.
    pub const PLAIN: Self = Self { columns: 100, colour: false };

    pub(super) fn of_stdout() -> Self {
        let colour = wants_colour(&io::stdout());
        match terminal_size::terminal_size_of(io::stdout()) {
            Some((terminal_size::Width(columns), _)) => {
                Self { columns: usize::from(columns), colour }
            }
            None => Self { colour, ..Self::PLAIN },
        }
    }
}

/// Whether a stream wants colour: a terminal does, unless `NO_COLOR`, `CLICOLOR` or `TERM` say otherwise, and
/// `CLICOLOR_FORCE` turns colour on everywhere.
fn wants_colour(stream: &(impl RawStream + IsTerminal)) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// Adds colour to text, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    #[cfg(feature = "demo")]
    pub(super) fn for_stdout() -> Self {
        Self(wants_colour(&io::stdout()))
    }

    pub(super) fn on(screen: Screen) -> Self {
        Self(screen.colour)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.with(AnsiColor::Green.on_default(), text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default(), text)
    }
}

/// The text in one line of at most `columns` cells. Where it is longer, the line ends in `…`.
#[cfg(feature = "demo")]
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
#[cfg(feature = "demo")]
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
        assert_eq!(clip("港の朝市\nにぎわう", 10), "港の朝市…");
        assert_eq!(clip("港の朝市\nにぎわう", 17), "港の朝市 にぎわう");
        assert_eq!(clip("one\ntwo", 7), "one two");
        assert_eq!(clip("one two", 5), "one …");
    }

    #[test]
    fn colour_is_a_pair_of_escape_sequences() {
        assert_eq!(Paint(true).good("+"), "\u{1b}[32m+\u{1b}[0m");
        assert_eq!(Paint(false).good("+"), "+");
    }
}
