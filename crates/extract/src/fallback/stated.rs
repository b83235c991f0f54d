//! What the page's JSON-LD says it is, and every article body that it states.
//!
//! A stated body is often that of another article, of an entry of a live page, or cut after a few lines, so each
//! is kept with the headline beside it, in the page's own line breaks, to be judged when it is needed.

use serde_json::{Map, Value};

/// Most types and bodies that are kept of one page.
const ENTRIES: usize = 64;

/// Longest name of a type.
const TYPE_BYTES: usize = 60;

/// What JSON-LD objects say of the page as a whole.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    /// `@type` of the objects that describe the page, without their vocabulary's address.
    types: Vec<String>,
    /// Article bodies, in the order of the page.
    pub(crate) bodies: Vec<StatedBody>,
    /// The largest `wordCount`.
    pub(crate) words: Option<u32>,
}

/// An article body as it is written, maybe with tags or line breaks.
#[derive(Debug, Clone)]
pub(crate) struct StatedBody {
    pub(crate) headline: Option<String>,
    pub(crate) raw: String,
    /// Of a live page, or of one of its entries.
    pub(crate) is_live: bool,
}

impl Stated {
    /// Takes note of an object that describes the page.
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
