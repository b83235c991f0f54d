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
use wiresift_text::entities::is_forbidden;
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
    draft.older = string(&feed, "next_url")
        .and_then(|to| base.join(&address(&to, base)?).ok())
        .and_then(page);
    for item in items.iter().take(MAX_ENTRIES).filter(|item| item.is_object()) {
        let entry = element("entry", item, &ITEM);
        let note = &mut |defect| defects.note(defect);
        draft.entries.push(read::entry(&entry, base, draft.language.as_deref(), note));
    }
    if items.len() > MAX_ENTRIES {
        defects.note(Defect::TooManyEntries);
    }
    Ok(draft)
}

/// Most bytes before the value.
const MAX_GUARD: usize = 64;

/// What follows the guard that some servers write before JSON, so that no page can run it as a
/// script: `)]}',`, `while(1);`, `for(;;);`, `/**/`, or a call around it: `callback(`.
pub(super) fn after_guard(text: &str) -> Option<&str> {
    let end = text.floor_char_boundary(MAX_GUARD);
    // A guard has brackets of its own.
    let at = text.match_indices('{').map(|(at, _)| at).take_while(|at| *at < end).find(|at| {
        let inside = text.get(at + 1..).unwrap_or_default().trim_start();
        inside.starts_with(['"', '\''])
    })?;
    let guard = text.get(..at)?.trim_end();
    let is_guard = guard.ends_with([')', ';', ',', '(', '/', '\n', '='])
        || guard.ends_with(")]}'")
        || text.get(..at)?.ends_with('\n');
    text.get(at..).filter(|_| is_guard)
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
    text_of(value.get(name)?)
}

/// Characters that no text may hold become blanks: JSON can write them as `\u0000`.
fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.replace(is_forbidden, " ").trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The values of a list; a value alone is a list of one.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.chain(value.filter(|value| !value.is_array()))
}

/// Tags as a list, or in one string with commas between.
fn tags(value: Option<&Value>) -> Vec<String> {
    let is_list = value.is_some_and(Value::is_array);
    let texts = list(value).filter_map(|tag| text_of(tag).or_else(|| string(tag, "name")));
    let parts = texts.flat_map(|text| {
        let parts = if is_list { vec![text.as_str()] } else { text.split(',').collect() };
        parts.into_iter().map(|part| part.trim().to_owned()).collect::<Vec<_>>()
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// Most attachments of an entry that are looked at.
const MAX_FILES: usize = 4;

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
    // Version 1.1 has a list, version 1 has one. Either may be names without objects.
    for person in list(value.get("authors")).chain(list(value.get("author"))) {
        element.push_field("author", &[], text_of(person).or_else(|| string(person, "name")));
    }
    for tag in tags(value.get("tags")) {
        element.push_field("category", &[], Some(tag));
    }
    for file in list(value.get("attachments")).take(MAX_FILES) {
        let url = string(file, "url").unwrap_or_default();
        let kind = string(file, "mime_type").unwrap_or_default();
        element.push_field("enclosure", &[("url", &url), ("type", &kind)], Some(String::new()));
    }
    element
}
