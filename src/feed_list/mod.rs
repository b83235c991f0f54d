//! Feed lists: parses text into [`FeedSpec`]s, or reports the first mistake with its line and a
//! fix.
//!
//! There are three formats, told apart by the file name: TOML (ours, with every setting), OPML (the
//! export of feed readers) and plain text (one URL a line). A list is accepted as a whole or not at
//! all ([`parse_list`]). A reload that silently dropped the one feed with a typing error would be
//! noticed weeks later. An import takes what it can and names the rest ([`read_list`]).
//!
//! **One feed in several lists** is ordinary, such as an OPML export beside the curated file.
//! [`merge`] joins such entries: tags are added up, the first name and the first settings count.
//! Only settings that contradict each other are an error, reported with both places, because no
//! choice between them would be right. Two URLs are one feed if their [`canonical`] forms differ
//! only in http and https.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use crate::polling::schedule::PollIntervals;
use wiresift_feed::address::{FeedUrl, canonical};
use wiresift_text::limits;

mod access;
mod group;
mod opml;
mod plain;
mod site;
mod toml;

pub use access::{AccessScope, AccessSpec, ValueSource, merge_access, parse_access};
pub use group::{GroupSpec, join_groups, parse_groups};
pub use opml::write_opml;
pub use site::{Selector, SiteSpec, compile_sites, merge_sites, parse_sites};
pub use toml::write_toml;

/// One feed of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSpec {
    /// The feed's URL.
    pub url: FeedUrl,
    /// Display name, without control characters.
    pub name: Option<String>,
    /// Tags in the order of the list, each once. They have no commas and no leading slash, which
    /// OPML could not represent.
    pub tags: Vec<String>,
    /// How often to poll it. The scheduler decides what is left open.
    pub intervals: PollIntervals,
    /// False keeps the feed on the list without polling it.
    pub enabled: bool,
    /// Its place in the list.
    pub origin: Origin,
}

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The file name as it was given.
    pub file: String,
    /// Line number, from 1.
    pub line: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A mistake in a list, displayed as `config/feeds.toml:12: unknown key …`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{origin}: {message}")]
pub struct ListError {
    /// The place of the mistake.
    pub origin: Origin,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// The format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// `[[feed]]` tables.
    Toml,
    /// OPML 1.0 or 2.0.
    Opml,
    /// One address a line.
    Plain,
}

impl ListFormat {
    /// The format by file extension: `.toml`; `.opml`, `.xml`; `.txt`, `.list`. `None` for others.
    #[must_use]
    pub fn of_file(file: &str) -> Option<Self> {
        let extension = Path::new(file).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "toml" => Some(Self::Toml),
            "opml" | "xml" => Some(Self::Opml),
            "txt" | "list" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// What a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its feeds, in their order.
    pub feeds: Vec<FeedSpec>,
    /// What was left out, in the order of the list.
    pub left_out: Vec<LeftOut>,
    /// Attributes of feeds that a list has no place for, with the number of feeds that have them.
    pub unused: BTreeMap<String, usize>,
}

/// Something in a list that is not read as a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is, and why.
    pub error: ListError,
    /// It was meant to be a feed.
    pub is_mistake: bool,
}

/// The text of a list, from the bytes of its file.
pub fn decode(bytes: &[u8], format: ListFormat) -> Result<Cow<'_, str>, std::str::Utf8Error> {
    match format {
        ListFormat::Toml => std::str::from_utf8(bytes).map(Cow::Borrowed),
        // Programs write these, in the encoding that they declare or that their system has.
        ListFormat::Opml | ListFormat::Plain => Ok(wiresift_feed::opml::decode(bytes)),
    }
}

/// Reads a list; a mistake is an error. `file` is used in messages only.
pub fn parse_list(file: &str, text: &str, format: ListFormat) -> Result<Vec<FeedSpec>, ListError> {
    let Reading { feeds, left_out, .. } = read_list(file, text, format)?;
    match left_out.into_iter().find(|left| left.is_mistake) {
        Some(left) => Err(left.error),
        None => Ok(feeds),
    }
}

/// Reads what can be read of a list, and names the rest. An error means that nothing can be read.
pub fn read_list(file: &str, text: &str, format: ListFormat) -> Result<Reading, ListError> {
    let text = text.trim_start_matches('\u{FEFF}');
    match format {
        ListFormat::Toml => {
            toml::parse(file, text).map(|feeds| Reading { feeds, ..Reading::default() })
        }
        ListFormat::Opml => opml::read(file, text),
        ListFormat::Plain => Ok(plain::read(file, text)),
    }
}

/// Joins lists into one, each feed once, in the order of first mention.
pub fn merge(lists: Vec<Vec<FeedSpec>>) -> Result<Vec<FeedSpec>, ListError> {
    let mut merged: Vec<FeedSpec> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for spec in lists.into_iter().flatten() {
        let place = *places.entry(identity(&spec.url)).or_insert(merged.len());
        match merged.get_mut(place) {
            Some(first) => join(first, spec)?,
            None => merged.push(spec),
        }
    }
    Ok(merged)
}

/// The canonical form without its scheme.
fn identity(url: &FeedUrl) -> String {
    let url = canonical(url.as_url());
    url.as_str().split_once("://").map_or_else(String::new, |(_, rest)| rest.to_owned())
}

fn join(first: &mut FeedSpec, revisit: FeedSpec) -> Result<(), ListError> {
    let differ = |one: Option<Duration>, other: Option<Duration>| {
        one.is_some() && other.is_some() && one != other
    };
    let contradiction = if differ(first.intervals.every, revisit.intervals.every) {
        Some("`every`")
    } else if differ(first.intervals.min_every, revisit.intervals.min_every) {
        Some("`min_every`")
    } else if differ(first.intervals.max_every, revisit.intervals.max_every) {
        Some("`max_every`")
    } else if first.enabled != revisit.enabled {
        Some("`enabled`")
    } else {
        None
    };
    if let Some(key) = contradiction {
        let message = format!(
            "{} is also listed in {} with another {key}; remove one of the two",
            revisit.url, first.origin
        );
        return Err(ListError { origin: revisit.origin, message });
    }
    first.intervals.every = first.intervals.every.or(revisit.intervals.every);
    first.intervals.min_every = first.intervals.min_every.or(revisit.intervals.min_every);
    first.intervals.max_every = first.intervals.max_every.or(revisit.intervals.max_every);
    let bounds = first.intervals.min_every.zip(first.intervals.max_every);
    if bounds.is_some_and(|(least, most)| least > most) {
        let message = format!(
            "{} is also listed in {}, and `min_every` of one is longer than `max_every` of the \
             other; change one of the two",
            revisit.url, first.origin
        );
        return Err(ListError { origin: revisit.origin, message });
    }
    first.name = first.name.take().or(revisit.name);
    for tag in revisit.tags {
        push_new(&mut first.tags, tag);
    }
    Ok(())
}

fn push_new(tags: &mut Vec<String>, tag: String) {
    if !tags.contains(&tag) {
        tags.push(tag);
    }
}

/// A name in its stored form, without control characters, which the database or a terminal would
/// not take.
fn name(text: &str) -> Option<String> {
    let name = text.replace(char::is_control, " ").trim().to_owned();
    (!name.is_empty()).then_some(name)
}

/// A tag in its stored form, with single blanks. OPML's `category` separates tags by commas and
/// marks paths by a leading slash, so a tag may have neither if it is to survive an export.
fn tag(text: &str) -> Result<String, String> {
    let tag = text.trim();
    match tag {
        "" => Err("a tag is empty; remove it".to_owned()),
        _ if tag.len() > limits::NAME_BYTES => {
            Err(format!("a tag has {} bytes; write at most {}", tag.len(), limits::NAME_BYTES))
        }
        _ if tag.contains(',') => {
            let parts: Vec<String> =
                tag.split(',').map(|part| format!("\"{}\"", part.trim())).collect();
            Err(format!("tag `{tag}` contains a comma; write {}", parts.join(", ")))
        }
        _ if tag.starts_with('/') => {
            Err(format!("tag `{tag}` starts with a slash; write `{}`", tag.trim_start_matches('/')))
        }
        _ if tag.contains(char::is_control) => {
            Err(format!("tag `{}` contains a control character", tag.escape_debug()))
        }
        _ => Ok(tag.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

/// Counts lines for rising offsets, so that a long list is read once.
struct Lines<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, offset: 0, line: 1 }
    }

    /// The line of a byte offset, which must not be before the previous one.
    fn at(&mut self, offset: usize) -> usize {
        let passed = self.text.get(self.offset..offset).unwrap_or_default();
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.offset = self.offset.max(offset.min(self.text.len()));
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(file: &str, text: &str) -> Vec<FeedSpec> {
        parse_list(file, text, ListFormat::Plain).unwrap()
    }

    fn toml(text: &str) -> Vec<FeedSpec> {
        parse_list("a.toml", text, ListFormat::Toml).unwrap()
    }

    #[test]
    fn the_file_name_tells_the_format() {
        assert_eq!(ListFormat::of_file("feeds.d/a.OPML"), Some(ListFormat::Opml));
        assert_eq!(ListFormat::of_file("feeds.toml"), Some(ListFormat::Toml));
        assert_eq!(ListFormat::of_file("x.list"), Some(ListFormat::Plain));
        assert_eq!(ListFormat::of_file("README"), None);
    }

    #[test]
    fn one_feed_in_two_lists_is_one_feed() {
        let curated =
            toml("[[feed]]\nurl = \"https://a.example/f\"\ntags = [\"x\"]\nevery = \"15m\"");
        let exported = toml(
            "[[feed]]\nurl = \"http://A.example/f?utm_source=z\"\nname = \"A\"\n\
             tags = [\"y\", \"x\"]",
        );
        let other = plain("b.txt", "https://a.example/g");
        let merged = merge(vec![curated, exported, other]).unwrap();
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[0].url.as_str(), "https://a.example/f");
        assert_eq!(merged[0].tags, ["x", "y"]);
        assert_eq!(merged[0].name.as_deref(), Some("A"));
        assert_eq!(merged[0].intervals.every, Some(Duration::from_mins(15)));
    }

    #[test]
    fn a_tag_survives_an_export() {
        let feeds = toml("[[feed]]\nurl = \"https://a.example/f\"\ntags = [\"a  b\", \"c\"]");
        let opml = write_opml(&feeds, "x");
        let again = parse_list("a.opml", &opml, ListFormat::Opml).unwrap();
        assert_eq!((&feeds[0].tags, feeds[0].tags[0].as_str()), (&again[0].tags, "a b"));
    }

    #[test]
    fn a_name_has_no_control_characters() {
        let lists = [
            ("a.toml", "[[feed]]\nurl = \"https://a.example/f\"\nname = \"A\\u0000\\u001bB\\n\""),
            ("a.txt", "https://a.example/f A\0\u{1b}B"),
            ("a.opml", "<opml><outline text='A&#1;\u{1b}B' xmlUrl='https://a.example/f'/></opml>"),
        ];
        for (file, text) in lists {
            let format = ListFormat::of_file(file).unwrap();
            let name = parse_list(file, text, format).unwrap().remove(0).name.unwrap();
            assert!(name.starts_with('A') && name.ends_with('B'), "{file}: {name:?}");
            assert!(!name.contains(char::is_control), "{file}: {name:?}");
        }
    }

    #[test]
    fn a_contradiction_reports_both_places() {
        let one = toml("[[feed]]\nurl = \"https://a.example/f\"\nevery = \"15m\"");
        let two = toml("\n\n[[feed]]\nurl = \"https://a.example/f\"\nevery = \"1h\"");
        let error = merge(vec![one, two]).unwrap_err().to_string();
        assert_eq!(
            error,
            "a.toml:3: https://a.example/f is also listed in a.toml:1 with another `every`; \
             remove one of the two"
        );
        let one = toml("[[feed]]\nurl = \"https://a.example/f\"\nmin_every = \"2h\"");
        let two = toml("[[feed]]\nurl = \"https://a.example/f\"\nmax_every = \"1h\"");
        let error = merge(vec![one, two]).unwrap_err().to_string();
        assert_eq!(
            error,
            "a.toml:1: https://a.example/f is also listed in a.toml:1, and `min_every` of one is \
             longer than `max_every` of the other; change one of the two"
        );
    }
}
