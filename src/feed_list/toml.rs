//! TOML feed lists: `[[feed]]` tables with known keys, and the line of every mistake.
//!
//! This reads the parser's spanned tables instead of using serde. Serde's error for an unknown key
//! in an array of tables points at the table and cannot name the key that was meant.

use std::fmt::Write as _;
use std::time::Duration;

use ::toml::Spanned;
use ::toml::de::{DeString, DeTable, DeValue};

use crate::feed_list::{FeedSpec, ListError, Origin, push_new, tag};
use crate::polling::schedule::PollIntervals;
use crate::units;
use wiresift_feed::address::FeedUrl;

/// The keys of a `[[feed]]` table.
const KEYS: [&str; 7] = ["url", "name", "tags", "every", "min_every", "max_every", "enabled"];

pub(super) fn parse(file: &str, text: &str) -> Result<Vec<FeedSpec>, ListError> {
    let list = List { file, text };
    let document = list.document()?;
    let mut specs = Vec::new();
    for (key, value) in document.get_ref() {
        match key.get_ref().as_ref() {
            "feed" => {}
            // Read by `parse_sites`, `parse_access` and `parse_groups`.
            "site" | "access" | "group" => continue,
            other => {
                return Err(list.error(
                    key.span().start,
                    unknown(other, &["feed", "site", "access", "group"]),
                ));
            }
        }
        let DeValue::Array(tables) = value.get_ref() else {
            return Err(list
                .error(value.span().start, "a feed must be a table of its own; write `[[feed]]`"));
        };
        for table in tables {
            let DeValue::Table(fields) = table.get_ref() else {
                return Err(
                    list.error(table.span().start, "a feed must be a table; write `[[feed]]`")
                );
            };
            specs.push(list.spec(table.span().start, fields)?);
        }
    }
    Ok(specs)
}

/// A list that is being read.
pub(super) struct List<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl<'a> List<'a> {
    pub(super) fn document(&self) -> Result<Spanned<DeTable<'a>>, ListError> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.error(at, error.message().to_owned())
        })
    }

    pub(super) fn origin(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        Origin {
            file: self.file.to_owned(),
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        }
    }

    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> ListError {
        ListError { origin: self.origin(offset), message: message.into() }
    }

    fn spec(&self, start: usize, fields: &DeTable<'_>) -> Result<FeedSpec, ListError> {
        let mut url = None;
        let (mut name, mut intervals, mut tags, mut enabled) =
            (None, PollIntervals::default(), Vec::new(), true);
        for (key, value) in fields {
            let at = value.span().start;
            let failed = |message: String| self.error(at, message);
            match key.get_ref().as_ref() {
                "url" => {
                    let address = FeedUrl::parse(string(key, value).map_err(failed)?);
                    url = Some(address.map_err(|error| failed(error.to_string()))?);
                }
                "name" => name = crate::feed_list::name(string(key, value).map_err(failed)?),
                "tags" => tags = self.tags(value)?,
                "enabled" => match value.get_ref() {
                    DeValue::Boolean(value) => enabled = *value,
                    _ => {
                        return Err(failed(
                            "`enabled` must be `true` or `false`, without quotes".to_owned(),
                        ));
                    }
                },
                word if interval_key(&mut intervals, word, key, value).map_err(failed)? => {}
                other => return Err(self.error(key.span().start, unknown(other, &KEYS))),
            }
        }
        let Some(url) = url else {
            return Err(self.error(start, "this feed has no `url`; write `url = \"https://…\"`"));
        };
        self.check_intervals(start, &intervals)?;
        Ok(FeedSpec { url, name, tags, intervals, enabled, origin: self.origin(start) })
    }

    /// Refuses a `min_every` above `max_every`.
    pub(super) fn check_intervals(
        &self,
        start: usize,
        intervals: &PollIntervals,
    ) -> Result<(), ListError> {
        match (intervals.min_every, intervals.max_every) {
            (Some(least), Some(most)) if least > most => {
                let message = "`min_every` is longer than `max_every`; swap the two";
                Err(self.error(start, message))
            }
            _ => Ok(()),
        }
    }

    fn tags(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, ListError> {
        let wrong = |at: usize| {
            self.error(at, "`tags` must be a list of strings; write `tags = [\"world\"]`")
        };
        let DeValue::Array(values) = value.get_ref() else { return Err(wrong(value.span().start)) };
        let mut tags = Vec::new();
        for value in values {
            let at = value.span().start;
            let DeValue::String(text) = value.get_ref() else { return Err(wrong(at)) };
            push_new(&mut tags, tag(text).map_err(|message| self.error(at, message))?);
        }
        Ok(tags)
    }
}

pub(super) fn string<'a>(
    key: &Spanned<DeString<'_>>,
    value: &'a Spanned<DeValue<'_>>,
) -> Result<&'a str, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => Err(format!("`{0}` must be a string; write `{0} = \"…\"`", key.get_ref())),
    }
}

/// Reads one of the interval keys; false for any other key.
pub(super) fn interval_key(
    intervals: &mut PollIntervals,
    word: &str,
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<bool, String> {
    let term = match word {
        "every" => &mut intervals.every,
        "min_every" => &mut intervals.min_every,
        "max_every" => &mut intervals.max_every,
        _ => return Ok(false),
    };
    *term = Some(duration(word, string(key, value)?)?);
    Ok(true)
}

fn duration(key: &str, text: &str) -> Result<Duration, String> {
    let (_, most) = units::interval::BOUNDS;
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => {
            Err(format!("`{key}` must be longer than 0; write a duration like `{key} = \"15m\"`"))
        }
        Ok(duration) if duration > most => {
            Err(format!("`{text}` is too long; write `{key} = \"31days\"` or shorter"))
        }
        Ok(duration) => Ok(duration),
        Err(error) => {
            Err(format!("`{text}` is not a duration ({error}); write one like `{key} = \"15m\"`"))
        }
    }
}

pub(super) fn unknown(key: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|name| (distance(key, name), *name)).min();
    match nearest {
        Some((distance, name)) if distance <= 1 + name.len() / 3 => {
            format!("unknown key `{key}`; did you mean `{name}`?")
        }
        _ => format!("unknown key `{key}`; the known keys are `{}`", known.join("`, `")),
    }
}

/// Levenshtein distance: insertions, deletions and substitutions of one character.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (at, left) in one.chars().enumerate() {
        let mut diagonal = at;
        let mut previous = at + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(other.chars()) {
            let exchanged = diagonal + usize::from(left != right);
            diagonal = *cell;
            previous = exchanged.min(previous + 1).min(*cell + 1);
            *cell = previous;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Writes a list that [`super::parse_list`] reads back unchanged.
#[must_use]
pub fn write_toml(feeds: &[FeedSpec]) -> String {
    let mut out = String::new();
    for feed in feeds {
        if !out.is_empty() {
            out.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(out, "[[feed]]\nurl = {}", quoted(feed.url.as_str()));
        if let Some(name) = &feed.name {
            let _ = writeln!(out, "name = {}", quoted(name));
        }
        if !feed.tags.is_empty() {
            let tags: Vec<String> = feed.tags.iter().map(|tag| quoted(tag)).collect();
            let _ = writeln!(out, "tags = [{}]", tags.join(", "));
        }
        let intervals = feed.intervals;
        for (key, term) in [
            ("every", intervals.every),
            ("min_every", intervals.min_every),
            ("max_every", intervals.max_every),
        ] {
            if let Some(term) = term {
                let _ = writeln!(out, "{key} = \"{}\"", humantime::format_duration(term));
            }
        }
        if !feed.enabled {
            let _ = writeln!(out, "enabled = false");
        }
    }
    out
}

/// A TOML string on one line.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        parse("feeds.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn a_list_is_read() {
        let list = parse(
            "feeds.toml",
            "# mine\n[[feed]]\nurl = \"https://a.example/f\"\n\n[[feed]]\n\
             url = 'https://b.example/f'\nname = \"B\"\ntags = [\"x\", \"y\", \"x\"]\n\
             every = \"1h 30m\"\nenabled = false\n",
        )
        .unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list[0].origin.line, 2);
        assert_eq!(list[1].tags, ["x", "y"]);
        assert_eq!(list[1].intervals.every, Some(Duration::from_mins(90)));
        assert!(list[0].enabled && !list[1].enabled);
        assert_eq!(parse("feeds.toml", "").unwrap(), []);
    }

    #[test]
    fn mistakes_say_where_and_what_to_write() {
        let feed = "[[feed]]\nurl = \"https://a.example/f\"\n";
        for (text, expected) in [
            (
                format!("{feed}nmae = \"A\""),
                "feeds.toml:3: unknown key `nmae`; did you mean `name`?",
            ),
            (
                format!("{feed}colour = 1"),
                "feeds.toml:3: unknown key `colour`; the known keys are \
                 `url`, `name`, `tags`, `every`, `min_every`, `max_every`, `enabled`",
            ),
            (
                "[[feeds]]\nurl = \"x\"".into(),
                "feeds.toml:1: unknown key `feeds`; did you mean `feed`?",
            ),
            (
                "\n[feed]\nurl = \"x\"".into(),
                "feeds.toml:2: a feed must be a table of its own; write `[[feed]]`",
            ),
            (
                format!("{feed}\n[[feed]]\nname = \"B\""),
                "feeds.toml:4: this feed has no `url`; write `url = \"https://…\"`",
            ),
            (
                format!("{feed}tags = \"x\""),
                "feeds.toml:3: `tags` must be a list of strings; write `tags = [\"world\"]`",
            ),
            (
                format!("{feed}tags = [\n\"x\",\n\"y, z\"]"),
                "feeds.toml:5: tag `y, z` contains a comma; write \"y\", \"z\"",
            ),
            (
                format!("{feed}name = 3"),
                "feeds.toml:3: `name` must be a string; write `name = \"…\"`",
            ),
            (
                format!("{feed}enabled = \"no\""),
                "feeds.toml:3: `enabled` must be `true` or `false`, without quotes",
            ),
            (
                "[[feed]]\nurl = \"ftp://a.example/f\"".into(),
                "feeds.toml:2: scheme `ftp` cannot be polled; only `http` and `https` can",
            ),
        ] {
            assert_eq!(mistake(&text), expected, "{text}");
        }
        assert!(
            mistake(&format!("{feed}every = \"often\""))
                .starts_with("feeds.toml:3: `often` is not a duration")
        );
        assert!(mistake(&format!("{feed}every = \"0s\"")).contains("longer than 0"));
        assert!(mistake(&format!("{feed}name = \"A")).starts_with("feeds.toml:3: "));
    }

    #[test]
    fn distances() {
        for (one, other, expected) in
            [("", "abc", 3), ("name", "name", 0), ("nmae", "name", 2), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(one, other), expected);
        }
    }
}
