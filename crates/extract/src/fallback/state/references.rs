//! References between the values of a page's data, resolved so that a text stands where it belongs.
//!
//! - Apollo and other normalised stores: `{"__ref": "Paragraph:1"}` names a key of the store.
//! - React's flight format, as Next.js writes it: rows `5:[…]` of elements and texts, where "$L7"
//!   and "$7" name other rows.
//! - Nuxt's payload: an array whose objects hold positions in the array.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::fallback::scripts::Script;

/// Deepest nesting of resolved values.
const DEPTH: usize = 64;

/// Most values of one page that are made by resolving references.
const VALUES: usize = 300_000;

/// Most bytes of texts in them.
const BYTES: usize = 8 * 1024 * 1024;

/// How many values and bytes may still be made.
struct Room {
    values: usize,
    bytes: usize,
}

impl Room {
    fn new() -> Self {
        Self { values: VALUES, bytes: BYTES }
    }

    /// A copy of a text or number, if there is room.
    fn copy(&mut self, value: &Value) -> Value {
        let size = value.as_str().map_or(0, str::len);
        match self.bytes.checked_sub(size) {
            Some(rest) if self.take() => {
                self.bytes = rest;
                value.clone()
            }
            _ => Value::Null,
        }
    }

    fn take(&mut self) -> bool {
        let is_left = self.values > 0;
        self.values = self.values.saturating_sub(1);
        is_left
    }
}

/// A store with its references resolved, if it has any.
pub(super) fn resolved(value: Value) -> Value {
    let mut known = HashMap::new();
    entries(&value, 0, &mut known);
    if known.is_empty() || !has_reference(&value, 0) {
        return value;
    }
    follow(&value, &known, 0, &mut Room::new())
}

/// The entries that references may name: objects under keys such as `Article:7`.
fn entries<'v>(value: &'v Value, depth: usize, known: &mut HashMap<&'v str, &'v Value>) {
    let Value::Object(object) = value else { return };
    for (key, value) in object.iter().filter(|(_, value)| value.is_object()) {
        if key.contains(':') {
            known.insert(key, value);
        }
        if depth < 3 && !key.contains(':') {
            entries(value, depth + 1, known);
        }
    }
}

fn reference(value: &Value) -> Option<&str> {
    value.as_object()?.get("__ref")?.as_str()
}

fn has_reference(value: &Value, depth: usize) -> bool {
    depth < DEPTH
        && match value {
            Value::Object(object) => {
                reference(value).is_some()
                    || object.values().any(|inner| has_reference(inner, depth + 1))
            }
            Value::Array(array) => array.iter().any(|inner| has_reference(inner, depth + 1)),
            _ => false,
        }
}

fn follow(value: &Value, known: &HashMap<&str, &Value>, depth: usize, room: &mut Room) -> Value {
    if depth > DEPTH || !room.take() {
        return Value::Null;
    }
    if let Some(target) = reference(value) {
        return known.get(target).map_or(Value::Null, |v| follow(v, known, depth + 1, room));
    }
    match value {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .map(|(key, inner)| (key.clone(), follow(inner, known, depth + 1, room)))
                .collect(),
        ),
        Value::Array(array) => {
            array.iter().map(|inner| follow(inner, known, depth + 1, room)).collect()
        }
        other => room.copy(other),
    }
}

/// The value of a Nuxt payload: an array in which numbers inside objects and arrays are positions.
pub(super) fn payload(value: &Value) -> Option<Value> {
    let table = value.as_array()?;
    Some(at_position(table, 0, 0, &mut Room::new()))
}

fn at_position(table: &[Value], position: usize, depth: usize, room: &mut Room) -> Value {
    if depth > DEPTH || !room.take() {
        return Value::Null;
    }
    let follow = |value: &Value, room: &mut Room| {
        let position = value.as_u64().and_then(|position| usize::try_from(position).ok());
        position.map_or(Value::Null, |position| at_position(table, position, depth + 1, room))
    };
    match table.get(position) {
        Some(Value::Object(object)) => Value::Object(
            object.iter().map(|(key, value)| (key.clone(), follow(value, room))).collect(),
        ),
        // `["Reactive", 1]`: a wrapper around a position.
        Some(Value::Array(array)) => {
            array.iter().filter(|value| value.is_u64()).map(|value| follow(value, room)).collect()
        }
        Some(value) => room.copy(value),
        None => Value::Null,
    }
}

/// The rows of the flight data in a page's scripts.
pub(super) fn flight<'a>(scripts: impl Iterator<Item = Script<'a>>) -> Option<Value> {
    let mut stream = String::new();
    for script in scripts {
        let Some((_, call)) = script.text.split_once("__next_f.push(") else { continue };
        let mut values = serde_json::Deserializer::from_str(call).into_iter::<Value>();
        if let Some(Ok(Value::Array(part))) = values.next()
            && let Some(Value::String(text)) = part.get(1)
            && stream.len() + text.len() <= BYTES
        {
            stream.push_str(text);
        }
    }
    let rows = rows(&stream);
    let mut room = Room::new();
    let all: Vec<Value> = rows.values().map(|row| element(row, &rows, 0, &mut room)).collect();
    (!all.is_empty()).then_some(Value::Array(all))
}

/// Rows by number. A row is `number:JSON` and a line break, or `number:Tlength,` and a text.
fn rows(stream: &str) -> std::collections::BTreeMap<&str, Value> {
    let mut rows = std::collections::BTreeMap::new();
    let mut rest = stream;
    while let Some((number, after)) = rest.split_once(':') {
        let number = number.trim_start();
        if let Some(text) = after.strip_prefix('T')
            && let Some((length, text)) = text.split_once(',')
            && let Ok(length) = usize::from_str_radix(length, 16)
        {
            let end = crate::tree::floor_char_boundary(text, length);
            rows.insert(number, Value::String(text.get(..end).unwrap_or_default().to_owned()));
            rest = text.get(end..).unwrap_or_default();
            continue;
        }
        let (line, next) = after.split_once('\n').unwrap_or((after, ""));
        let json = line.trim_start_matches(|c: char| c.is_ascii_uppercase());
        if let Ok(value) = serde_json::from_str(json) {
            rows.insert(number, value);
        }
        rest = next;
    }
    rows
}

/// A value of a row with references resolved. An element `["$", "p", key, {"children": …}]` becomes
/// `{"<p>": …}`, so that the path of a text names its elements.
fn element(
    value: &Value,
    rows: &std::collections::BTreeMap<&str, Value>,
    depth: usize,
    room: &mut Room,
) -> Value {
    if depth > DEPTH || !room.take() {
        return Value::Null;
    }
    match value {
        Value::String(text) => {
            let target = text.strip_prefix("$L").or_else(|| text.strip_prefix('$'));
            match target.and_then(|number| rows.get(number)) {
                Some(row) => element(row, rows, depth + 1, room),
                None => room.copy(value),
            }
        }
        Value::Array(array) => match array.as_slice() {
            [Value::String(sign), Value::String(tag), _, Value::Object(properties), ..]
                if sign == "$" =>
            {
                let mut inner = object(properties, rows, depth, room);
                let children = inner.remove("children").unwrap_or(Value::Null);
                inner.retain(|key, _| !key.starts_with("class") && key != "style");
                inner.insert(format!("<{tag}>"), children);
                Value::Object(inner)
            }
            _ => array.iter().map(|inner| element(inner, rows, depth + 1, room)).collect(),
        },
        Value::Object(properties) => Value::Object(object(properties, rows, depth, room)),
        other => room.copy(other),
    }
}

fn object(
    properties: &Map<String, Value>,
    rows: &std::collections::BTreeMap<&str, Value>,
    depth: usize,
    room: &mut Room,
) -> Map<String, Value> {
    properties
        .iter()
        .map(|(key, inner)| (key.clone(), element(inner, rows, depth + 1, room)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stores_are_resolved_and_circles_end() {
        let store = json!({"Article:1": {"title": "T", "body": [{"__ref": "Text:1"}]},
            "Text:1": {"text": "A line.", "of": {"__ref": "Article:1"}}});
        let found = resolved(store);
        assert_eq!(found.pointer("/Article:1/body/0/text"), Some(&json!("A line.")));
    }

    #[test]
    fn payloads_name_positions() {
        let table =
            json!([["Reactive", 1], {"data": 2}, {"title": 3, "lines": 4}, "T", [5, 5], "A line."]);
        let found = payload(&table).unwrap();
        assert_eq!(found, json!([{"data": {"title": "T", "lines": ["A line.", "A line."]}}]));
        payload(&json!([[0, 0]])).unwrap();
    }

    #[test]
    fn flight_rows_are_elements() {
        let text = "é line.";
        let stream = format!(
            "1:HL[\"/a.css\"]\n2:T{:x},{text}3:[\"$\",\"p\",null,{{\"children\":\"$2\"}}]\n4:\"$L3\"\n",
            text.len()
        );
        let call = serde_json::to_string(&stream).unwrap();
        let script = format!("self.__next_f.push([1,{call}])");
        let script = Script { attributes: "", text: &script };
        let found = flight(std::iter::once(script)).unwrap();
        assert_eq!(found.pointer("/2/<p>"), Some(&json!(text)));
        assert_eq!(found.pointer("/3/<p>"), Some(&json!(text)));
    }
}
