//! How output looks: the width of the screen, and colour where it is wanted.

use std::io::{self, IsTerminal};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

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

/// Whether a stream wants colour: a terminal does, unless `NO_COLOR`, `CLICOLOR` or `TERM` say
/// otherwise, and `CLICOLOR_FORCE` turns colour on everywhere.
fn wants_colour(stream: &(impl RawStream + IsTerminal)) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// Adds colour to text, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_a_pair_of_escape_sequences() {
        assert_eq!(Paint(true).good("+"), "\u{1b}[32m+\u{1b}[0m");
        assert_eq!(Paint(false).good("+"), "+");
    }
}
