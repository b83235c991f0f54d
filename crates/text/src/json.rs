//! JSON as the web writes it: in feeds, in JSON-LD, in the data of scripts.
//!
//! What is valid is taken as it is. Of the rest, [`mend`] repairs what has one meaning only:
//!
//! - half of a surrogate pair (`\ud83d` alone, from a text that was cut within an emoji) is U+FFFD;
//! - an escape that JSON does not know is the character after the backslash, and `\x41` is an `A`;
//! - raw line breaks and other control characters in strings are escaped;
//! - a quote that nothing can follow as it is followed is a part of its string;
//! - commas before a closing bracket, and after another comma, go, and a comma that is missing between two values
//!   or members is added;
//! - strings in single quotes get double ones, and names of members without quotes get them;
//! - a closing bracket that closes nothing goes, and one that is missing before another is added;
//! - quotes that are character references (`&quot;`) are resolved, with all other references;
//! - comments go, and so do the wrappings of scripts: HTML comments, CDATA, a byte order mark, a call or an assignment
//!   around the value, a semicolon after it;
//! - `NaN`, `Infinity` and `undefined` are null.
//!
//! Several values one after another are all read. Depth and size are bounded.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;
use thiserror::Error;

use crate::entities::decode_html;

/// Longer texts are not read, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// Most values one after another.
const MAX_VALUES: usize = 64;

/// Most bytes of a wrapping before the first value: `/*<![CDATA[*/ window.data = `.
const MAX_WRAPPING: usize = 200;

/// Why a text cannot be read as JSON, even mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JsonError {
    #[error("longer than {MAX_BYTES} bytes")]
    TooLong,
    /// It ends within its first value.
    #[error("cut off before its end")]
    Cut,
    /// It is invalid, or nested too deeply.
    #[error("not valid JSON")]
    Invalid,
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// At least one.
    pub values: Vec<Value>,
    /// Whether something was mended, or follows the values.
    pub is_mended: bool,
}

/// Reads JSON, mended where it is broken.
pub fn read(text: &str) -> Result<Read, JsonError> {
    if text.len() > MAX_BYTES {
        return Err(JsonError::TooLong);
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(Read { values: vec![value], is_mended: false });
    }
    let mended = mend(text);
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_str(&mended).into_iter().take(MAX_VALUES) {
        match value {
            Ok(value) => values.push(value),
            Err(error) if values.is_empty() => {
                return Err(if error.is_eof() { JsonError::Cut } else { JsonError::Invalid });
            }
            Err(_) => break,
        }
    }
    if values.is_empty() {
        return Err(JsonError::Cut);
    }
    Ok(Read { values, is_mended: true })
}

/// Mends what is broken. Valid JSON comes through as it is.
#[must_use]
pub fn mend(text: &str) -> Cow<'_, str> {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() && !has_half_pair(text) {
        return Cow::Borrowed(text);
    }
    let text = resolved(unwrapped(text));
    let mut mender = Mender {
        rest: &text,
        out: String::with_capacity(text.len()),
        last: None,
        open: Vec::new(),
    };
    while mender.step() {}
    Cow::Owned(mender.out)
}

/// Mends halves of surrogate pairs alone, wherever they stand: for a script that contains JSON.
#[must_use]
pub fn mend_pairs(script: &str) -> Cow<'_, str> {
    if !has_half_pair(script) {
        return Cow::Borrowed(script);
    }
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (mended, length) = escape_of(escape);
        match mended {
            Escape::HalfPair => out.push_str("\\ufffd"),
            _ => out.push_str(escape.get(..length).unwrap_or(escape)),
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn has_half_pair(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let escape = rest.get(at..).unwrap_or_default();
        let (found, length) = escape_of(escape);
        if matches!(found, Escape::HalfPair) {
            return true;
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    false
}

/// What follows a backslash.
enum Escape {
    Valid,
    HalfPair,
    /// `\x41`.
    Code(char),
    /// The backslash means nothing.
    Bare,
}

/// The escape at the start of a text that begins with a backslash, and its length.
fn escape_of(text: &str) -> (Escape, usize) {
    let Some(letter) = text.chars().nth(1) else { return (Escape::Bare, 1) };
    match letter {
        '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => (Escape::Valid, 2),
        'u' => match unit(text) {
            None => (Escape::Bare, 1),
            Some(0xD800..0xDC00) => match text.get(6..).and_then(unit) {
                Some(0xDC00..0xE000) => (Escape::Valid, 12),
                _ => (Escape::HalfPair, 6),
            },
            Some(0xDC00..0xE000) => (Escape::HalfPair, 6),
            Some(_) => (Escape::Valid, 6),
        },
        'x' => match text.get(2..4).and_then(hex).and_then(char::from_u32) {
            Some(character) => (Escape::Code(character), 4),
            None => (Escape::Bare, 1),
        },
        _ => (Escape::Bare, 1),
    }
}

/// The code unit of `\u0041` at the start of a text.
fn unit(text: &str) -> Option<u32> {
    hex(text.strip_prefix("\\u")?.get(..4)?)
}

fn hex(digits: &str) -> Option<u32> {
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// A text without what scripts put before a value.
fn unwrapped(text: &str) -> &str {
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    if text.starts_with(['{', '[', '"']) {
        return text;
    }
    let head = text.get(..text.floor_char_boundary(MAX_WRAPPING)).unwrap_or(text);
    // The bracket of `<![CDATA[` is none of the value's.
    let from = head.find("<![CDATA[").map_or(0, |at| at + "<![CDATA[".len());
    let start = head.get(from..).and_then(|rest| rest.find(['{', '['])).map(|at| from + at);
    start.and_then(|at| text.get(at..)).unwrap_or(text)
}

/// A text whose quotes are character references, resolved.
fn resolved(text: &str) -> Cow<'_, str> {
    let first = text.get(1..).unwrap_or_default().trim_start();
    let is_escaped =
        ["&quot;", "&#34;", "&#034;", "&#x22;"].iter().any(|quote| first.starts_with(quote));
    if is_escaped { decode_html(text) } else { Cow::Borrowed(text) }
}

/// Longest name of a member that is looked for after a quote, in bytes.
const MAX_KEY: usize = 60;

/// Copies a text, mended.
struct Mender<'a> {
    rest: &'a str,
    out: String,
    /// The last character that was copied and is no blank.
    last: Option<char>,
    /// The opening brackets that are not closed.
    open: Vec<char>,
}

impl Mender<'_> {
    /// Copies the next token. False at the end.
    fn step(&mut self) -> bool {
        let Some(character) = self.rest.chars().next() else { return false };
        match character {
            '"' => self.string(),
            '/' if self.rest.starts_with("/*") => self.skip_past("*/"),
            '/' if self.rest.starts_with("//") => self.skip_past("\n"),
            '<' if self.rest.starts_with("<!--") => self.skip("<!--".len()),
            '-' if self.rest.starts_with("-->") => self.skip("-->".len()),
            ']' if self.rest.starts_with("]]>") && self.open.last() != Some(&'[') => {
                // The blanks before it would be looked through again at the next.
                self.out.truncate(self.out.trim_end().len());
                self.skip("]]>".len());
            }
            '\'' if self.expects_value() => self.single_quoted(),
            '{' | '[' => {
                self.add_comma();
                self.open.push(character);
                self.copy(1);
            }
            '}' | ']' => self.close(character),
            ',' => {
                self.drop_comma();
                self.copy(1);
            }
            ';' => self.skip(1),
            'N' | 'I' | 'u' if !self.expects_name() => self.word(),
            _ if self.expects_name()
                && (character.is_ascii_alphabetic() || "_$@".contains(character)) =>
            {
                self.name();
            }
            _ => self.copy(character.len_utf8()),
        }
        true
    }

    /// Whether the next string or value can stand here.
    fn expects_value(&self) -> bool {
        matches!(self.last, Some('{' | '[' | ':' | ',')) || self.misses_comma()
    }

    fn expects_name(&self) -> bool {
        self.open.last() == Some(&'{') && matches!(self.last, Some('{' | ','))
    }

    /// Whether a value has just ended inside of brackets.
    fn misses_comma(&self) -> bool {
        !self.open.is_empty() && matches!(self.last, Some('"' | '}' | ']'))
    }

    fn add_comma(&mut self) {
        if self.misses_comma() {
            self.out.push(',');
        }
    }

    /// A closing bracket: those that are missing before it are added, and one that closes nothing goes.
    fn close(&mut self, bracket: char) {
        let opening = if bracket == '}' { '{' } else { '[' };
        let Some(at) = self.open.iter().rposition(|open| *open == opening) else {
            return self.skip(1);
        };
        self.drop_comma();
        for open in self.open.drain(at + 1..).rev() {
            self.out.push(if open == '{' { '}' } else { ']' });
        }
        self.open.truncate(at);
        self.copy(1);
    }

    /// `headline: "..."`: the name gets its quotes.
    fn name(&mut self) {
        let is_inside = |c: char| c.is_ascii_alphanumeric() || "_$@-".contains(c);
        let end = self.rest.find(|c: char| !is_inside(c)).unwrap_or(self.rest.len());
        let (name, after) = self.rest.split_at(end);
        if name.len() <= MAX_KEY && after.trim_start().starts_with(':') {
            self.out.push('"');
            self.copy(end);
            self.out.push('"');
            self.last = Some('"');
        } else {
            self.copy(end);
        }
    }

    /// A string in single quotes. It ends at the first that a comma, colon or bracket follows.
    fn single_quoted(&mut self) {
        self.add_comma();
        self.out.push('"');
        self.skip(1);
        while let Some(c) = self.rest.chars().next() {
            match c {
                '\'' if self.ends_here() => {
                    self.skip(1);
                    break;
                }
                '"' | '\\' | '\u{0}'..='\u{1F}' => self.special(c),
                _ => self.copy(c.len_utf8()),
            }
        }
        self.out.push('"');
        self.last = Some('"');
    }

    fn copy(&mut self, bytes: usize) {
        let (token, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.out.push_str(token);
        self.last = token.trim_end().chars().next_back().or(self.last);
        self.rest = rest;
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn skip_past(&mut self, end: &str) {
        let at = self.rest.find(end).map_or(self.rest.len(), |at| at + end.len());
        self.skip(at);
        self.out.push(' ');
    }

    /// Removes a comma at the end of what was copied.
    fn drop_comma(&mut self) {
        let kept = self.out.trim_end();
        if let Some(kept) = kept.strip_suffix(',') {
            self.out.truncate(kept.len());
        }
    }

    fn word(&mut self) {
        for word in ["NaN", "Infinity", "undefined"] {
            if self.rest.starts_with(word) {
                if self.out.ends_with('-') {
                    self.out.pop();
                }
                self.out.push_str("null");
                self.last = Some('l');
                return self.skip(word.len());
            }
        }
        self.copy(1);
    }

    fn string(&mut self) {
        let is_special = |c: char| matches!(c, '"' | '\\' | '\u{0}'..='\u{1F}');
        self.add_comma();
        self.copy(1);
        loop {
            let end = self.rest.find(is_special).unwrap_or(self.rest.len());
            self.copy(end);
            let Some(special) = self.rest.chars().next() else { return };
            match special {
                '"' if self.ends_here() => return self.copy(1),
                _ => self.special(special),
            }
        }
    }

    /// Writes what may not stand in a string as it is: a quote, a backslash, a control character.
    fn special(&mut self, c: char) {
        match c {
            '"' => {
                self.out.push('\\');
                self.copy(1);
            }
            '\\' => self.escape(),
            '\n' => self.put("\\n"),
            '\r' => self.put("\\r"),
            '\t' => self.put("\\t"),
            _ => self.put(" "),
        }
    }

    /// Whether the quote at the start of the rest ends its string.
    fn ends_here(&self) -> bool {
        let after = self.rest.get(1..).unwrap_or_default().trim_start();
        let closes = |text: &str| {
            text.is_empty() || text.starts_with([',', ':', '}', ']', ';', ')', '/', '<'])
        };
        closes(after) || begins_member(after)
    }

    fn put(&mut self, escape: &str) {
        self.out.push_str(escape);
        self.skip(1);
    }

    fn escape(&mut self) {
        let (escape, length) = escape_of(self.rest);
        match escape {
            Escape::Valid => self.copy(length),
            Escape::HalfPair => {
                self.out.push_str("\\ufffd");
                self.skip(length);
            }
            Escape::Code(character) => {
                let _ = write!(self.out, "\\u{:04x}", u32::from(character));
                self.skip(length);
            }
            Escape::Bare => self.skip(1),
        }
    }
}

/// Whether the name of a member and its colon follow: `"author": `.
fn begins_member(text: &str) -> bool {
    let Some(name) = text.strip_prefix('"') else { return false };
    let is_inside = |c: char| c.is_ascii_alphanumeric() || "_$@-".contains(c);
    let end = name.bytes().take(MAX_KEY).position(|byte| !is_inside(char::from(byte)));
    let after = end.filter(|end| *end > 0).and_then(|end| name.get(end..));
    let after = after.and_then(|after| after.strip_prefix('"'));
    after.is_some_and(|after| after.trim_start_matches([' ', '\t']).starts_with(':'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn one(text: &str) -> Value {
        let mut read = read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(read.values.len(), 1, "{text}");
        read.values.remove(0)
    }

    #[test]
    fn half_a_pair_is_the_replacement_character() {
        for (text, wanted) in [
            (r#"["a\ud83d"]"#, "a\u{FFFD}"),
            (r#"["\ude00 a"]"#, "\u{FFFD} a"),
            (r#"["\ud83d\ud83d\ude00"]"#, "\u{FFFD}\u{1F600}"),
            (r#"["\ud83d\n"]"#, "\u{FFFD}\n"),
            (r#"["\\ud83d"]"#, "\\ud83d"),
        ] {
            assert_eq!(one(text), json!([wanted]), "{text}");
        }
        assert_eq!(mend_pairs(r#"x = "\ud83d", '\\ud83d'"#), r#"x = "\ufffd", '\\ud83d'"#);
    }

    #[test]
    fn what_the_web_breaks_is_mended() {
        let wanted = json!({"a": "b c", "d": [1, 2]});
        for text in [
            "{\"a\": \"b c\", \"d\": [1, 2,],}",
            "\u{FEFF}{\"a\": \"b c\",, \"d\": [1, 2]}",
            "<!-- {\"a\": \"b c\", \"d\": [1, 2]} -->",
            "//<![CDATA[\n{\"a\": \"b c\", \"d\": [1, 2]}\n//]]>",
            "/*<![CDATA[*/ {\"a\": \"b c\", \"d\": [1, 2]} /*]]>*/",
            "<![CDATA[{\"a\": \"b c\", \"d\": [1, 2]}]]>",
            "{\"a\": \"b c\", \"d\": [1, 2]};",
            "{/* ours */ \"a\": \"b c\", // theirs\n \"d\": [1, 2]}",
            "window.data = {\"a\": \"b c\", \"d\": [1, 2]};",
            "callback({\"a\": \"b c\", \"d\": [1, 2]});",
            ")]}',\n{\"a\": \"b c\", \"d\": [1, 2]}",
        ] {
            assert_eq!(one(text), wanted, "{text}");
        }
        for (text, wanted) in [
            ("[\"two\nlines\tand a \u{1} byte\"]", json!(["two\nlines\tand a   byte"])),
            (r#"["it\'s \x41 \xzz \q \u12"]"#, json!(["it's A xzz q u12"])),
            (r#"["a "quoted" word"]"#, json!(["a \"quoted\" word"])),
            ("[NaN, -Infinity, undefined]", json!([null, null, null])),
            ("{\"a\": \"b\"\n\"c\": [1 ] \"d\": {} }", json!({"a": "b", "c": [1], "d": {}})),
            (r#"{'a': 'it is "b"', "c": 'd\'s'}"#, json!({"a": "it is \"b\"", "c": "d's"})),
            (r#"{a: "b", @type: "c"}"#, json!({"a": "b", "@type": "c"})),
            (r#"{url: "b", NaN: [2,]}"#, json!({"url": "b", "NaN": [2]})),
            (r#"{"a": [{"b": 1}}}"#, json!({"a": [{"b": 1}]})),
            (r#"{"a": [1, {"b": 2]}"#, json!({"a": [1, {"b": 2}]})),
            ("{&quot;a&quot;: &quot;Caf&eacute;&quot;}", json!({"a": "Café"})),
        ] {
            assert_eq!(one(text), wanted, "{text}");
        }
    }

    #[test]
    fn several_values_are_all_read() {
        let read = read("{\"a\":1}\n{\"b\":2,}").unwrap();
        assert_eq!(read.values, [json!({"a": 1}), json!({"b": 2})]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        assert_eq!(read("{\"a\": \"b"), Err(JsonError::Cut));
        assert_eq!(read("").map(|read| read.values), Err(JsonError::Cut));
        assert_eq!(read("<html>"), Err(JsonError::Invalid));
        let deep = "[".repeat(100_000);
        assert_eq!(read(&deep), Err(JsonError::Invalid));
    }

    /// Takes hours if the blanks are looked through at every mark.
    #[test]
    fn blanks_and_marks_cost_linear_time() {
        let (blanks, marks) = (" ".repeat(2_000_000), "]]>".repeat(1_000_000));
        for text in [format!("{{}}{blanks}{marks},"), format!("{{}}{marks}{blanks}")] {
            assert_eq!(one(&text), json!({}));
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
            "[\\\\\"/,{}\\[\\]:u<>;-]*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(".*", inner, 0..6)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn valid_json_comes_through(value in value(), pretty: bool) {
            let text = if pretty {
                serde_json::to_string_pretty(&value).unwrap()
            } else {
                value.to_string()
            };
            prop_assert_eq!(mend(&text), text.as_str());
            prop_assert_eq!(read(&text), Ok(Read { values: vec![value], is_mended: false }));
        }

        #[test]
        fn nothing_panics_and_the_mended_is_stable(
            text in "(\\\\|\"|u|d83d|de00|x4|[{}\\[\\],:;/*<>!-]|CDATA|a|1|NaN| |\n|\u{FEFF}|é){0,60}"
        ) {
            let _ = (read(&text), mend_pairs(&text));
            let once = mend(&text).into_owned();
            if serde_json::from_str::<Value>(&once).is_ok() {
                prop_assert_eq!(mend(&once), once.as_str());
            }
        }

        #[test]
        fn a_valid_document_survives_damage_typed(value in value(), at: prop::sample::Index) {
            let text = value.to_string();
            let at = text.floor_char_boundary(at.index(text.len() + 1));
            let _ = read(&text[..at]);
        }
    }
}
