//! Literals of JavaScript as values: objects with bare keys, strings in any quotes, and the names
//! that a function around them is called with, as in `(function(a,b){return {title:a}}("…","…"))`.
//!
//! Only literals are read; nothing is evaluated. What is no literal becomes null.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Deepest nesting that is read.
const DEPTH: usize = 64;

/// Most bytes of strings that are put in place of names.
const BOUND_BYTES: usize = 8 * 1024 * 1024;

/// The value of a call that returns an object literal, and where it ends: `text` begins with
/// `function(`.
pub(super) fn called(text: &str) -> Option<Value> {
    let inside = text.strip_prefix("function")?.trim_start().strip_prefix('(')?;
    let (names, rest) = inside.split_once(')')?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let body = rest.trim_start().strip_prefix('{')?;
    let start = body.find("return")? + "return".len();
    let object = body.get(start..)?;
    // The arguments stand after the object, so the object is read twice: for its end, and with them.
    let mut first = Reader::new(object, HashMap::new());
    first.value(0)?;
    let after = object.get(first.at..)?;
    let arguments = after.get(after.find("}(").map_or_else(|| after.find("})("), Some)?..)?;
    let arguments = arguments.get(arguments.find('(')? + 1..)?;
    let mut reader = Reader::new(arguments, HashMap::new());
    let mut bound = HashMap::new();
    for name in names {
        bound.insert(name, reader.value(0).unwrap_or(Value::Null));
        if !reader.takes(',') {
            break;
        }
    }
    Reader::new(object, bound).value(0)
}

/// The literal at the start of a text, and its length.
pub(super) fn literal(text: &str) -> Option<(Value, usize)> {
    let mut reader = Reader::new(text, HashMap::new());
    let value = reader.value(0)?;
    Some((value, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    bound: HashMap<&'a str, Value>,
    room: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, bound: HashMap<&'a str, Value>) -> Self {
        Self { text, at: 0, bound, room: BOUND_BYTES }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Passes over a character, after blanks.
    fn takes(&mut self, c: char) -> bool {
        self.blanks();
        let is = self.peek() == Some(c);
        if is {
            self.at += c.len_utf8();
        }
        is
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.blanks();
        match self.peek()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '"' | '\'' | '`' => self.string().map(Value::String),
            c if c.is_ascii_digit() || matches!(c, '-' | '.') => self.number(),
            '!' => {
                let is_true = self.rest().starts_with("!0");
                self.at += 2;
                Some(Value::Bool(is_true))
            }
            _ => self.name(depth),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut object = Map::new();
        self.takes('{');
        while !self.takes('}') {
            self.blanks();
            let key = match self.peek()? {
                '"' | '\'' => self.string()?,
                _ => self.word()?.to_owned(),
            };
            if !self.takes(':') {
                return None;
            }
            let value = self.value(depth + 1)?;
            object.insert(key, value);
            if !self.takes(',') && self.peek() != Some('}') {
                return None;
            }
        }
        Some(Value::Object(object))
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        let mut array = Vec::new();
        self.takes('[');
        while !self.takes(']') {
            if self.takes(',') {
                continue;
            }
            array.push(self.value(depth + 1)?);
            if !self.takes(',') && self.peek() != Some(']') {
                return None;
            }
        }
        Some(Value::Array(array))
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.peek()?;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let stop = rest.find([quote, '\\'])?;
            let (plain, after) = rest.split_at(stop);
            out.push_str(plain);
            self.at += stop + 1;
            if after.starts_with(quote) {
                return Some(out);
            }
            self.escape(&mut out)?;
        }
    }

    /// An escape, after its backslash.
    fn escape(&mut self, out: &mut String) -> Option<()> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        match c {
            'n' | 'r' => out.push('\n'),
            't' => out.push('\t'),
            'b' | 'f' | 'v' | '0' | '\n' => {}
            'u' => {
                let first = self.hex(4)?;
                let is_pair = (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u");
                let code = if is_pair {
                    self.at += 2;
                    let second = self.hex(4)?;
                    0x1_0000 + ((first - 0xd800) << 10) + second.saturating_sub(0xdc00)
                } else {
                    first
                };
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            'x' => out.push(char::from_u32(self.hex(2)?).unwrap_or(char::REPLACEMENT_CHARACTER)),
            c => out.push(c),
        }
        Some(())
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let code = u32::from_str_radix(self.rest().get(..digits)?, 16).ok()?;
        self.at += digits;
        Some(code)
    }

    fn number(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')))
            .unwrap_or(rest.len());
        self.at += end;
        let number = rest.get(..end)?.parse().ok().and_then(serde_json::Number::from_f64);
        Some(number.map_or(Value::Null, Value::Number))
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).filter(|word| !word.is_empty())
    }

    /// A name: what it is bound to, a constant, or null for an expression, which is passed over.
    fn name(&mut self, depth: usize) -> Option<Value> {
        let word = self.word()?;
        if let Some(value) = self.bound.get(word) {
            let size = value.as_str().map_or(16, str::len);
            self.room = self.room.checked_sub(size)?;
            return Some(value.clone());
        }
        match word {
            "true" => return Some(Value::Bool(true)),
            "false" => return Some(Value::Bool(false)),
            "void" | "new" => {
                self.value(depth + 1)?;
            }
            "function" => return None,
            _ => {}
        }
        // `new Date(1)`, `Symbol.for("a")`.
        while self.takes('.') {
            self.word()?;
        }
        if self.takes('(') {
            while !self.takes(')') {
                self.value(depth + 1)?;
                self.takes(',');
            }
        }
        Some(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn literals_of_javascript() {
        let text = concat!(
            r#"{title: 'It\'s "on"', "b": [1, -2.5, !0, !1, void 0, null,], "#,
            "c: new Date(5), d: a.b(), e: `x`} ;"
        );
        let (value, end) = literal(text).unwrap();
        assert_eq!(
            value,
            json!({"title": "It's \"on\"", "b": [1.0, -2.5, true, false, null, null], "c": null, "d": null, "e": "x"})
        );
        assert_eq!(text.get(end..), Some(" ;"));
        assert_eq!(literal("{a: function(){}}"), None);
        assert_eq!(literal("{\"a\" 1}"), None);
    }

    #[test]
    fn names_are_what_the_call_passes() {
        let text =
            r#"function(a,b){return {title:a,body:[b,{c:a}]}}("T\u002F\ud83d\ude00","<p>"))"#;
        assert_eq!(called(text).unwrap(), json!({"title": "T/😀", "body": ["<p>", {"c": "T/😀"}]}));
    }

    #[test]
    fn hostile_literals_end() {
        assert_eq!(literal(&"[".repeat(100_000)), None);
        assert_eq!(literal(&"{a:".repeat(100_000)), None);
        assert_eq!(literal(&"a(".repeat(100_000)), None);
    }
}
