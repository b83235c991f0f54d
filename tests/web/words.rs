//! A line of a script as words, and the small values that words stand for.

use std::time::Duration;

/// One word. Quotation marks of either kind, at its beginning or after a `=`, hold blanks and commas
/// together and are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// A comma follows.
    pub(super) ends_item: bool,
}

/// Words of a line; what follows a `#` that begins a word is a comment.
pub(super) fn split(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, after) = word(rest)?;
        words.push(word);
        rest = after.trim_start();
    }
    Ok(words)
}

fn word(text: &str) -> Result<(Word, &str), String> {
    let mut word = String::new();
    let mut open = None;
    let mut last = None;
    for (at, letter) in text.char_indices() {
        let may_open = word.is_empty() || word.ends_with('=');
        match open {
            None if letter.is_whitespace() => return Ok((done(word, last), &text[at..])),
            None if may_open && (letter == '"' || letter == '\'') => open = Some(letter),
            Some(mark) if letter == mark => open = None,
            _ => word.push(letter),
        }
        last = Some(letter);
    }
    if open.is_some() {
        return Err(format!("a quotation mark is left open: {text}"));
    }
    Ok((done(word, last), ""))
}

fn done(mut text: String, last: Option<char>) -> Word {
    let ends_item = last == Some(',') && text.ends_with(',');
    if ends_item {
        text.pop();
    }
    Word { text, ends_item }
}

/// `20m`, `2h30m`, `3days`, `0`.
pub(super) fn duration(word: &str) -> Result<Duration, String> {
    if word == "0" {
        return Ok(Duration::ZERO);
    }
    humantime::parse_duration(word)
        .map_err(|error| format!("`{word}` is no duration such as 20m: {error}"))
}

/// `+3d` or `-2h`, in seconds.
pub(super) fn offset(word: &str) -> Result<i64, String> {
    let (sign, rest) = match word.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(format!("`{word}` is no offset such as -2h or +3d")),
    };
    Ok(sign * i64::try_from(duration(rest)?.as_secs()).unwrap())
}

pub(super) fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("`{word}` is no number"))
}

/// What a count may be: `3`, `<=3`, `>=3`, `2..4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    least: i64,
    most: i64,
}

impl Count {
    pub(super) fn parse(word: &str) -> Result<Self, String> {
        if let Some(most) = word.strip_prefix("<=") {
            return Ok(Self { least: i64::MIN, most: number(most)? });
        }
        if let Some(least) = word.strip_prefix(">=") {
            return Ok(Self { least: number(least)?, most: i64::MAX });
        }
        if let Some((least, most)) = word.split_once("..") {
            return Ok(Self { least: number(least)?, most: number(most)? });
        }
        let exact = number(word)?;
        Ok(Self { least: exact, most: exact })
    }

    pub(super) fn holds(self, count: i64) -> bool {
        (self.least..=self.most).contains(&count)
    }
}

/// What a value may be: `text`, `~part of it`, `-` for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted(String);

impl Wanted {
    pub(super) fn parse(word: &str) -> Self {
        Self(word.to_owned())
    }

    pub(super) fn holds(&self, value: Option<&str>) -> bool {
        match (self.0.as_str(), value) {
            ("-", None) => true,
            (_, None) => false,
            (wanted, Some(value)) => match wanted.strip_prefix('~') {
                Some(part) => value.contains(part),
                None => value == wanted,
            },
        }
    }
}
