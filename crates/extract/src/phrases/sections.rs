//! Files of simple expressions in sections. A line with a bracket at its start begins a section, and
//! one with `#` is a comment.

use crate::phrases::words::Words;

/// The expressions of a file, and the section of each.
pub(super) struct Sections {
    words: Words,
    /// By the number of the expression: the number of its section, from 0.
    of: Vec<u32>,
}

impl Sections {
    /// An error is an expression that is not simple enough for [`Words`].
    pub(super) fn read(file: &'static str) -> Result<Self, &'static str> {
        let (expressions, of): (Vec<&str>, Vec<u32>) = expressions(file).into_iter().unzip();
        Ok(Self { words: Words::new(expressions)?, of })
    }

    /// The sections that have a word in a text, a bit for each.
    pub(super) fn find(&self, text: &str) -> u32 {
        let mut found = 0;
        self.words.find(text, |line, _| found |= self.of.get(line).map_or(0, |of| 1 << of));
        found
    }
}

/// The expressions of a file with the numbers of their sections.
pub(super) fn expressions(file: &'static str) -> Vec<(&'static str, u32)> {
    let (mut all, mut section) = (Vec::new(), 0_u32);
    for line in file.lines().map(str::trim) {
        if line.starts_with('[') {
            section += 1;
        } else if !line.is_empty() && !line.starts_with('#') {
            all.push((line, section.saturating_sub(1)));
        }
    }
    all
}
