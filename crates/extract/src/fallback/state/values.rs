//! The values in a script: JSON or literals of JavaScript, alone, after an assignment, or in a call.

use serde_json::Value;
use wiresift_text::json;

use crate::fallback::scripts::Script;
use crate::fallback::state::{literal, references};

/// Positions in one script where a value is tried.
const TRIES: usize = 16;

/// The values of a script.
pub(super) fn values(script: &Script<'_>) -> Vec<Value> {
    let is_payload = script.says("__nuxt_data__") || script.says("data-nuxt-data");
    let found = all(script.text);
    let found = found.into_iter().map(|value| match references::payload(&value) {
        Some(resolved) if is_payload => resolved,
        _ => references::resolved(value),
    });
    found.collect()
}

fn all(script: &str) -> Vec<Value> {
    let script: &str = &json::mend_pairs(script);
    let (mut found, mut tries, mut at) = (Vec::new(), 0, 0);
    let mut begins = script.trim_start().starts_with(['{', '[']);
    while tries < TRIES {
        let Some(rest) = script.get(at..) else { break };
        let start = if begins { rest.find(['{', '[']) } else { opening(rest) };
        begins = false;
        let Some(start) = start else { break };
        tries += 1;
        let value = rest.get(start..).unwrap_or_default();
        let (value, length) = match json_at(value).or_else(|| literal::literal(value)) {
            Some((value, length)) => (Some(value), length.max(1)),
            None => (literal::called(value), 1),
        };
        found.extend(value.map(unpacked));
        at += start + length;
        while !script.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

fn json_at(text: &str) -> Option<(Value, usize)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter();
    let value = stream.next()?.ok()?;
    Some((value, stream.byte_offset()))
}

/// Parses JSON in a string, as in `JSON.parse("…")`.
fn unpacked(value: Value) -> Value {
    match &value {
        Value::String(text) if text.starts_with(['{', '[']) => {
            let read = json::read(text).ok();
            read.and_then(|read| read.values.into_iter().next()).unwrap_or(value)
        }
        _ => value,
    }
}

/// Where a value starts after `=` or `(`: an object, an array, a string of JSON, a function that is
/// called.
fn opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|at| {
        if !matches!(bytes.get(at), Some(b'=' | b'(')) {
            return None;
        }
        let blanks = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            from + rest.iter().take(8).take_while(|byte| byte.is_ascii_whitespace()).count()
        };
        let start = blanks(at + 1);
        let then = bytes.get(blanks(start + 1));
        let is_value = match bytes.get(start) {
            // An object has a key, a block of statements mostly has none.
            Some(b'{') => then.is_some_and(|c| *c == b'"' || *c == b'\'' || has_key(text, start)),
            Some(b'[') => matches!(then, Some(b'{' | b'[' | b'"')),
            Some(b'"') => matches!(then, Some(b'{' | b'[')),
            Some(b'f') => text.get(start..).is_some_and(|rest| rest.starts_with("function(")),
            _ => false,
        };
        is_value.then_some(start)
    })
}

/// Whether a bare key follows a brace.
fn has_key(text: &str, brace: usize) -> bool {
    let inside = text.get(brace + 1..).unwrap_or_default().trim_start();
    let word = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$');
    word.is_some_and(|end| {
        end > 0 && inside.get(end..).is_some_and(|rest| rest.trim_start().starts_with(':'))
    })
}
