//! Values of JSON-LD: strings, names, addresses and truth in the forms that pages write.

use serde_json::Value;

/// Deepest object that is read.
pub(super) const DEPTH: usize = 8;

/// Most elements of an array.
pub(super) const ELEMENTS: usize = 64;

/// A string, or the strings of an array.
pub(crate) fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(s)) => vec![s.clone()],
        Some(Value::Array(values)) => {
            values.iter().take(ELEMENTS).filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Object(object) => strings(object.get("name")).into_iter().next(),
        Value::Array(values) => values.first().and_then(name),
        _ => None,
    }
}

/// An address: a string, the `url` of an object, or the first of an array.
pub(super) fn address(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Object(object) => {
            object.get("url").or(object.get("contentUrl")).or(object.get("@id")).and_then(address)
        }
        Value::Array(values) => values.first().and_then(address),
        _ => None,
    }
}

/// Whether a part of the article is said to be behind a paywall.
pub(super) fn parts_free(parts: Option<&Value>) -> Option<bool> {
    let is_locked = |part: &Value| part.get("isAccessibleForFree").and_then(truth) == Some(false);
    let locked = match parts? {
        Value::Array(parts) => parts.iter().take(ELEMENTS).any(is_locked),
        part => is_locked(part),
    };
    locked.then_some(false)
}

pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::String(s) => match s.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
