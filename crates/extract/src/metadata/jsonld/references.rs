//! Objects that others refer to by their `@id`, and the names of organisations.

use foldhash::HashMap;
use serde_json::{Map, Value};

use crate::metadata::jsonld::statement::Author;
use crate::metadata::jsonld::value::{DEPTH, ELEMENTS, strings};

/// Most objects that others refer to.
const REFERENCES: usize = 1_000;

/// The objects with a name.
#[derive(Debug, Default)]
pub(super) struct References<'a> {
    /// By their `@id`.
    objects: HashMap<&'a str, &'a Map<String, Value>>,
    /// Names of those that are organisations.
    pub(super) organisations: Vec<String>,
}

impl<'a> References<'a> {
    pub(super) fn add(&mut self, value: &'a Value, depth: usize) {
        if depth > DEPTH || self.objects.len() >= REFERENCES {
            return;
        }
        match value {
            Value::Array(values) => {
                values.iter().take(ELEMENTS).for_each(|value| self.add(value, depth + 1));
            }
            Value::Object(object) => {
                if let Some(id) = object.get("@id").and_then(Value::as_str)
                    && object.contains_key("name")
                {
                    self.objects.entry(id).or_insert(object);
                }
                let types = strings(object.get("@type"));
                let is = |kind: &str| types.iter().any(|name| name.ends_with(kind));
                if is("Organization") && !is("Person") && self.organisations.len() < ELEMENTS {
                    self.organisations.extend(strings(object.get("name")));
                }
                object.values().for_each(|value| self.add(value, depth + 1));
            }
            _ => {}
        }
    }

    /// The object, or the one that it refers to.
    pub(super) fn resolve(&self, object: &'a Map<String, Value>) -> &'a Map<String, Value> {
        let is_reference = !object.contains_key("name");
        let id = object.get("@id").and_then(Value::as_str).filter(|_| is_reference);
        id.and_then(|id| self.objects.get(id).copied()).unwrap_or(object)
    }

    pub(super) fn authors(&self, value: Option<&'a Value>) -> Vec<Author> {
        let mut found = Vec::new();
        self.add_authors(value, 0, &mut found);
        found.truncate(ELEMENTS);
        found
    }

    fn add_authors(&self, value: Option<&'a Value>, depth: usize, found: &mut Vec<Author>) {
        match value {
            Some(Value::String(name)) => {
                let is_name = !name.trim().is_empty();
                found.extend(is_name.then(|| Author {
                    name: name.clone(),
                    is_organisation: false,
                    is_person: false,
                }));
            }
            Some(Value::Array(values)) if depth < 2 => {
                for value in values.iter().take(ELEMENTS) {
                    self.add_authors(Some(value), depth + 1, found);
                }
            }
            Some(Value::Object(object)) => {
                let object = self.resolve(object);
                let types = strings(object.get("@type"));
                let is_person =
                    types.iter().any(|name| name.to_ascii_lowercase().ends_with("person"));
                let is_organisation = !types.is_empty() && !is_person;
                let names = names(object);
                found.extend(names.into_iter().map(|name| Author {
                    name,
                    is_organisation,
                    is_person,
                }));
            }
            _ => {}
        }
    }
}

/// The names of an object: its `name`, or given and family name.
pub(super) fn names(object: &Map<String, Value>) -> Vec<String> {
    let stated = strings(object.get("name"));
    if !stated.is_empty() {
        return stated;
    }
    let parts = ["givenName", "familyName"].map(|key| strings(object.get(key)).into_iter().next());
    let name: Vec<String> = parts.into_iter().flatten().collect();
    Some(name.join(" ")).filter(|name| !name.is_empty()).into_iter().collect()
}
