//! What the page's JSON-LD says it is, and every `articleBody` in it.
//!
//! An `articleBody` often belongs to another article or to an entry of a live blog, or is cut after
//! a few lines. So each is kept with its headline and its line breaks, and judged only if it is
//! needed.

use serde_json::{Map, Value};

/// Most types and bodies of one page.
const ENTRIES: usize = 64;

/// Longest name of a type, in bytes.
const TYPE_BYTES: usize = 60;

/// What the JSON-LD objects say about the page as a whole.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    /// `@type` of the objects that describe the page, without the vocabulary's address.
    types: Vec<String>,
    /// Article bodies, in the order of the page.
    pub(crate) bodies: Vec<StatedBody>,
    /// The largest `wordCount`.
    pub(crate) words: Option<u32>,
}

/// An `articleBody` as written, perhaps with tags or line breaks.
#[derive(Debug, Clone)]
pub(crate) struct StatedBody {
    pub(crate) headline: Option<String>,
    pub(crate) raw: String,
    /// Whether it is of a live blog or one of its entries.
    pub(crate) is_live: bool,
}

impl Stated {
    /// Records an object that describes the page.
    pub(crate) fn note(&mut self, object: &Map<String, Value>, types: &[String]) {
        for name in types {
            let name = name.rsplit(['/', '#', ':']).next().unwrap_or_default();
            if name.len() <= TYPE_BYTES && self.types.len() < ENTRIES {
                self.types.push(name.to_owned());
            }
        }
        let words = object.get("wordCount").and_then(|count| match count {
            Value::Number(count) => count.as_u64(),
            Value::String(count) => count.trim().parse().ok(),
            _ => None,
        });
        self.words = self.words.max(words.and_then(|words| u32::try_from(words).ok()));
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        let is_live = types.iter().any(|name| name.contains("LiveBlog"))
            || object.contains_key("liveBlogUpdate");
        if let Some(raw) = text("articleBody")
            && self.bodies.len() < ENTRIES
        {
            self.bodies.push(StatedBody {
                headline: text("headline").or_else(|| text("name")),
                raw,
                is_live,
            });
        }
    }

    /// Whether the page is one of these.
    pub(crate) fn is(&self, types: &[&str]) -> bool {
        self.types.iter().any(|name| types.contains(&name.as_str()))
    }

    /// Whether the page is an article of any kind.
    pub(crate) fn is_article(&self) -> bool {
        let ends = ["Article", "Posting", "Report", "Review", "Reportage"];
        self.types.iter().any(|name| ends.iter().any(|end| name.ends_with(end)))
    }
}
