//! JSON Feed 1.0 and 1.1, read value by value: a value of the wrong type costs that field, not the
//! feed.
//!
//! Objects become the corresponding Atom elements and are processed like all others. The JSON
//! reader of feed-rs would need every value converted first: one integer id makes it refuse a whole
//! document.
//!
//! A truncated document keeps its complete entries, as with XML.

use serde_json::Value;
use url::Url;
use wiresift_text::json::{self, JsonError};

use crate::defect::{Defect, Defects};
use crate::draft::{Draft, language, page};
use crate::element::Element;
use crate::link::address;
use crate::text;
use crate::{FeedError, LooksLike, MAX_ENTRIES, read};

pub(super) fn read(text: &str, base: &Url, defects: &mut Defects) -> Result<Draft, FeedError> {
    let feed = value(text, defects)?;
    let items = feed.get("items").and_then(Value::as_array).filter(|_| feed.is_object());
    let Some(items) = items else {
        return Err(FeedError::NotAFeed { looks_like: LooksLike::Json });
    };
    let mut draft = Draft {
        language: string(&feed, "language").and_then(|tag| language(&tag)),
        ..Draft::default()
    };
    read::head(&element("feed", &feed, &HEAD), base, &mut draft);
    note_links(&feed, base, &mut draft);
    draft.older =
        string(&feed, "next_url").and_then(|to| base.join(&address(&to, base)?).ok()).and_then(page);
    for item in items.iter().take(MAX_ENTRIES).filter(|item| item.is_object()) {
        let entry = element("entry", item, &ITEM);
        let note = &mut |defect| defects.note(defect);
        draft.entries.extend(read::entry(&entry, base, draft.language.as_deref(), note));
    }
    if items.len() > MAX_ENTRIES {
        defects.note(Defect::TooManyEntries);
    }
    Ok(draft)
}

/// JSON Feed has no link relations: its own address is `feed_url`, and `hubs` has types.
fn note_links(feed: &Value, base: &Url, draft: &mut Draft) {
    let hubs = feed.get("hubs").and_then(Value::as_array).into_iter().flatten();
    let hubs = hubs
        .filter(|hub| string(hub, "type").is_none_or(|kind| kind.eq_ignore_ascii_case("websub")));
    let hubs = hubs.filter_map(|hub| Some(("hub", string(hub, "url")?)));
    for (relation, target) in hubs.chain(string(feed, "feed_url").map(|own| ("self", own))) {
        draft.links.note(relation, &target, base);
    }
}

fn value(text: &str, defects: &mut Defects) -> Result<Value, FeedError> {
    let error = match json::read(text) {
        Ok(read) => {
            if read.is_mended {
                defects.note(Defect::Json);
            }
            return first_feed(read.values);
        }
        Err(error) => error,
    };
    defects.note(Defect::Json);
    let text = json::mend(text);
    if let Some(value) = whole_items(&text).and_then(|text| serde_json::from_str(&text).ok()) {
        defects.note(Defect::Truncated);
        return Ok(value);
    }
    let looks_like_feed = text.contains("\"items\"");
    Err(match error {
        _ if !looks_like_feed => FeedError::NotAFeed { looks_like: LooksLike::Json },
        JsonError::Cut => FeedError::Broken { why: "cut off before the end of its first entry" },
        JsonError::Invalid | JsonError::TooLong => FeedError::Broken { why: "not valid JSON" },
    })
}

/// The first of several values that is a feed, or else the first.
fn first_feed(values: Vec<Value>) -> Result<Value, FeedError> {
    let at = values.iter().position(|value| value.get("items").is_some_and(Value::is_array));
    let value = values.into_iter().nth(at.unwrap_or_default());
    value.ok_or(FeedError::NotAFeed { looks_like: LooksLike::Json })
}

/// The document up to its last complete entry, closed.
fn whole_items(text: &str) -> Option<String> {
    let (mut in_string, mut escaped) = (false, false);
    let mut open: Vec<u8> = Vec::new();
    let mut end = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => open.push(byte),
            b'}' | b']' => {
                open.pop();
                if byte == b'}' && open == b"{[" {
                    end = Some(at + 1);
                }
            }
            _ => {}
        }
    }
    Some(format!("{}]}}", text.get(..end?)?))
}

/// A string, or a number as a string.
fn string(value: &Value, name: &str) -> Option<String> {
    let text = match value.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Names in JSON and in Atom of the text fields.
type Names = [(&'static str, &'static str)];

const HEAD: [(&str, &str); 2] = [("title", "title"), ("home_page_url", "link")];
const ITEM: [(&str, &str); 8] = [
    ("id", "id"),
    ("title", "title"),
    ("summary", "summary"),
    ("url", "link"),
    ("external_url", "external_url"),
    ("date_published", "published"),
    ("date_modified", "updated"),
    ("language", "language"),
];

/// A JSON object as the corresponding Atom element.
fn element(name: &str, value: &Value, names: &Names) -> Element {
    let mut element = Element::new(name);
    for (theirs, ours) in names {
        element.push_field(ours, &[], string(value, theirs));
    }
    let html = string(value, "content_html")
        .or_else(|| Some(text::escape(&string(value, "content_text")?)));
    element.push_field("content", &[("type", "html")], html);
    // Version 1.1 has a list, version 1 has one.
    let people = value.get("authors").and_then(Value::as_array).into_iter().flatten();
    for person in people.chain(value.get("author")) {
        let name = person.as_str().map(str::to_owned).or_else(|| string(person, "name"));
        element.push_field("author", &[], name);
    }
    for tag in value.get("tags").and_then(Value::as_array).into_iter().flatten() {
        element.push_field("category", &[], tag.as_str().map(str::to_owned));
    }
    element
}
