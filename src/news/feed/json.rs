//! JSON Feed 1.0 and 1.1, read value by value: one entry with an odd type costs that field, not the feed.
//!
//! A document cut off in the middle keeps its whole entries, like XML does.

use serde_json::Value;
use url::Url;

use crate::news::feed::dates::{Order, parse_date};
use crate::news::feed::defect::{Defect, Defects};
use crate::news::feed::draft::{Draft, DraftEntry, language, link, person};
use crate::news::feed::text::{self, Markup};
use crate::news::feed::{FeedError, LooksLike, MAX_ENTRIES};

/// Reads a feed in JSON.
pub(super) fn read(text: &str, base: &Url, defects: &mut Defects) -> Result<Draft, FeedError> {
    let feed = value(text, defects)?;
    let items = feed.get("items").and_then(Value::as_array).filter(|_| feed.is_object());
    let Some(items) = items else { return Err(FeedError::NotAFeed { looks_like: LooksLike::Json }) };
    let language = string(&feed, "language").and_then(|tag| language(&tag));
    let draft = Draft {
        title: plain(&feed, "title"),
        home: string(&feed, "home_page_url").and_then(|text| link(&text, base)),
        ttl: None,
        authors: authors(&feed),
        entries: items
            .iter()
            .take(MAX_ENTRIES)
            .filter(|item| item.is_object())
            .map(|item| entry(item, base, language.as_ref(), defects))
            .collect(),
        language,
    };
    if items.len() > MAX_ENTRIES {
        defects.note(Defect::TooManyEntries);
    }
    Ok(draft)
}

fn value(text: &str, defects: &mut Defects) -> Result<Value, FeedError> {
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    defects.note(Defect::Json);
    // Line breaks and tabs inside strings are the commonest fault; elsewhere a blank does as well.
    let text = text.replace(['\n', '\r', '\t'], " ");
    if let Ok(value) = serde_json::from_str(&text) {
        return Ok(value);
    }
    let mut stream = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    if let Some(Ok(value)) = stream.next() {
        // Whole, and followed by something else.
        return Ok(value);
    }
    if let Some(value) = whole_items(&text).and_then(|text| serde_json::from_str(&text).ok()) {
        defects.note(Defect::Truncated);
        return Ok(value);
    }
    let looks_like_feed = text.contains("\"items\"");
    Err(match error.classify() {
        _ if !looks_like_feed => FeedError::NotAFeed { looks_like: LooksLike::Json },
        serde_json::error::Category::Eof => {
            FeedError::Broken { why: "cut off before the end of its first entry" }
        }
        _ => FeedError::Broken { why: "not valid JSON" },
    })
}

/// The document up to its last whole entry, closed.
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

/// A string, or a number written as one.
fn string(value: &Value, name: &str) -> Option<String> {
    let text = match value.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn plain(value: &Value, name: &str) -> Option<String> {
    string(value, name).map(|text| text::plain(&text, Markup::Unknown)).filter(|text| !text.is_empty())
}

fn entry(item: &Value, base: &Url, feed_language: Option<&String>, defects: &mut Defects) -> DraftEntry {
    let own_language =
        string(item, "language").and_then(|tag| language(&tag)).or_else(|| feed_language.cloned());
    let order = Order::of_language(own_language.as_deref());
    let mut date = |name| {
        let text = string(item, name)?;
        let date = parse_date(&text, order);
        if date.is_none() {
            defects.note(Defect::BadDate);
        }
        date
    };
    let updated = date("date_modified");
    let published = date("date_published").or(updated);
    let guid = string(item, "id");
    let written = string(item, "url").or_else(|| string(item, "external_url"));
    let address = written.as_deref().and_then(|text| link(text, base));
    if written.is_some() && address.is_none() {
        defects.note(Defect::BadLink);
    }
    let id_address = || link(guid.as_deref().filter(|id| id.starts_with("http"))?, base);
    let tags = item.get("tags").and_then(Value::as_array).into_iter().flatten();
    DraftEntry {
        link: address.or_else(id_address),
        title: plain(item, "title"),
        summary: plain(item, "summary"),
        content: string(item, "content_html").or_else(|| Some(text::escape(&string(item, "content_text")?))),
        published,
        updated,
        authors: authors(item),
        tags: tags.filter_map(Value::as_str).map(text::squeeze).collect(),
        language: own_language,
        rest: None,
        guid,
    }
}

/// `authors` of version 1.1, `author` of version 1.
fn authors(value: &Value) -> Vec<String> {
    let list = value.get("authors").and_then(Value::as_array).into_iter().flatten();
    let all = list.chain(value.get("author"));
    all.filter_map(|author| author.as_str().map(str::to_owned).or_else(|| string(author, "name")))
        .filter_map(|name| person(&text::squeeze(&name)))
        .collect()
}
