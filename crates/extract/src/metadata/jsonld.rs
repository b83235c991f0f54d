//! JSON-LD as pages write it: arrays, `@graph`, line breaks inside strings, HTML in values, several
//! articles.
//!
//! Reading is tolerant and bounded. Only article-like objects count, and of those the first:
//! teasers of other articles come later or without a date.

use serde_json::Value;
use wiresift_text::json;

use crate::fallback::stated::Stated;
use crate::metadata::html_text;

/// Deepest object that is read.
const DEPTH: usize = 8;

/// Most elements of an array.
const ELEMENTS: usize = 64;

/// Most keywords of one string.
const KEYWORDS: usize = 500;

/// What the page's JSON-LD says about its article.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    articles: Vec<Statement>,
    /// What it says about the page as a whole.
    pub(crate) stated: Stated,
    /// Name of the publisher or web site.
    pub(crate) publisher: Option<String>,
    /// Each property from the first article-like object that has it.
    pub(crate) article: Statement,
}

/// The properties of one article-like object.
#[derive(Debug, Default, Clone)]
pub(crate) struct Statement {
    pub(crate) headline: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) published: Option<String>,
    pub(crate) modified: Option<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) image: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) section: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) is_free: Option<bool>,
    /// Whether its type is an article's, not a page's around one.
    is_article: bool,
}

impl Facts {
    /// Chooses the article's object when all scripts are read.
    pub(crate) fn finish(&mut self) {
        self.articles.sort_by_key(|facts| !facts.is_article);
        let mut all = Statement::default();
        for (rank, facts) in self.articles.drain(..).enumerate() {
            // Headlines, authors and dates of other articles are ignored; a page object may fill
            // gaps.
            if rank > 0 && facts.is_article && all.is_article {
                all.body = all.body.or(facts.body);
                continue;
            }
            all.is_article |= facts.is_article;
            all.headline = all.headline.or(facts.headline);
            all.description = all.description.or(facts.description);
            all.body = all.body.or(facts.body);
            all.published = all.published.or(facts.published);
            all.modified = all.modified.or(facts.modified);
            all.image = all.image.or(facts.image);
            all.section = all.section.or(facts.section);
            all.language = all.language.or(facts.language);
            all.licence = all.licence.or(facts.licence);
            all.is_free = all.is_free.or(facts.is_free);
            if all.authors.is_empty() {
                all.authors = facts.authors;
            }
            if all.tags.is_empty() {
                all.tags = facts.tags;
            }
        }
        self.article = all;
    }
}

/// Adds the objects of a script.
pub(crate) fn read(script: &str, facts: &mut Facts) {
    match json::read(script) {
        Ok(read) => read.values.iter().for_each(|value| walk(value, facts, 0)),
        // What cannot be read must not make a locked article a free one.
        Err(_) if says_locked(script) => {
            facts.articles.push(Statement { is_free: Some(false), ..Statement::default() });
        }
        Err(_) => {}
    }
}

/// Whether a script that cannot be read says that something is not free.
fn says_locked(script: &str) -> bool {
    const NAME: &str = "isAccessibleForFree";
    script.match_indices(NAME).any(|(at, _)| {
        let rest = script.get(at + NAME.len()..).unwrap_or_default();
        let rest = rest.trim_start_matches(['"', '\'', '\\', ':', ' ', '\t', '\r', '\n']);
        let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(6).collect();
        truth(&Value::String(word)) == Some(false)
    })
}

fn walk(value: &Value, facts: &mut Facts, depth: usize) {
    if depth > DEPTH {
        return;
    }
    match value {
        Value::Array(values) => {
            for value in values.iter().take(ELEMENTS) {
                walk(value, facts, depth + 1);
            }
        }
        Value::Object(object) => {
            let types = strings(object.get("@type"));
            facts.stated.note(object, &types);
            let is = |wanted: &[&str]| types.iter().any(|t| wanted.iter().any(|w| t.ends_with(w)));
            let is_article = is(&["Article", "Posting", "Report", "Review", "Reportage", "Recipe"]);
            if is_article || is(&["WebPage", "ItemPage", "VideoObject", "CreativeWork"]) {
                facts.articles.push(article(value, is_article));
            }
            if facts.publisher.is_none() {
                let named =
                    if is(&["WebSite", "NewsMediaOrganization"]) { Some(value) } else { None };
                facts.publisher = object.get("publisher").or(named).and_then(name);
            }
            for key in ["@graph", "mainEntity", "mainEntityOfPage", "hasPart"] {
                if let Some(inner) = object.get(key) {
                    walk(inner, facts, depth + 1);
                }
            }
        }
        _ => {}
    }
}

fn article(object: &Value, is_article: bool) -> Statement {
    let text = |key: &str| strings(object.get(key)).into_iter().next().map(|s| html_text(&s));
    let mut tags = strings(object.get("keywords"));
    if let [one] = tags.as_slice() {
        tags = one.split([',', ';']).take(KEYWORDS).map(|tag| tag.trim().to_owned()).collect();
    }
    tags.extend(strings(object.get("articleSection")));
    Statement {
        headline: text("headline").or_else(|| if is_article { text("name") } else { None }),
        description: text("description"),
        body: text("articleBody").or_else(|| if is_article { text("text") } else { None }),
        published: text("datePublished")
            .or_else(|| if is_article { text("dateCreated") } else { None }),
        modified: text("dateModified"),
        authors: names(object.get("author"))
            .or_else(|| names(object.get("creator")))
            .unwrap_or_default(),
        image: object.get("image").or(object.get("thumbnailUrl")).and_then(address),
        tags,
        section: text("articleSection"),
        language: object.get("inLanguage").and_then(|l| {
            l.as_str()
                .map(str::to_owned)
                .or_else(|| strings(l.get("alternateName")).into_iter().next())
        }),
        licence: object.get("license").and_then(address),
        is_free: object
            .get("isAccessibleForFree")
            .and_then(truth)
            .or_else(|| parts_free(object.get("hasPart"))),
        is_article,
    }
}

/// A string, or the strings of an array.
fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(s)) => vec![s.clone()],
        Some(Value::Array(values)) => {
            values.iter().take(ELEMENTS).filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Object(object) => strings(object.get("name")).into_iter().next(),
        Value::Array(values) => values.first().and_then(name),
        _ => None,
    }
}

fn names(value: Option<&Value>) -> Option<Vec<String>> {
    let found: Vec<String> = match value? {
        Value::Array(values) => values.iter().take(ELEMENTS).filter_map(name).collect(),
        Value::Object(object) if matches!(object.get("name"), Some(Value::Array(_))) => {
            strings(object.get("name"))
        }
        one => name(one).into_iter().collect(),
    };
    Some(found).filter(|found| !found.is_empty())
}

/// An address: a string, the `url` of an object, or the first of an array.
fn address(value: &Value) -> Option<String> {
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
fn parts_free(parts: Option<&Value>) -> Option<bool> {
    let is_locked = |part: &Value| part.get("isAccessibleForFree").and_then(truth) == Some(false);
    let locked = match parts? {
        Value::Array(parts) => parts.iter().take(ELEMENTS).any(is_locked),
        part => is_locked(part),
    };
    locked.then_some(false)
}

fn truth(value: &Value) -> Option<bool> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(script: &str) -> Statement {
        let mut facts = Facts::default();
        read(script, &mut facts);
        facts.finish();
        facts.article
    }

    #[test]
    fn reads_graphs_arrays_and_single_objects() {
        let article =
            r#"{"@type":"NewsArticle","headline":"Tide","author":[{"name":"A B"},"C D"]}"#;
        for script in
            [article.to_owned(), format!("[{article}]"), format!("{{\"@graph\":[{article}]}}")]
        {
            let facts = facts(&script);
            assert_eq!(facts.headline.as_deref(), Some("Tide"));
            assert_eq!(facts.authors, ["A B", "C D"]);
        }
    }

    #[test]
    fn repairs_what_pages_break() {
        let facts = facts("{\"@type\":\"Article\",\"headline\":\"Two\nlines and \\'quotes\\'\",}");
        assert_eq!(facts.headline.as_deref(), Some("Two lines and 'quotes'"));
    }

    #[test]
    fn half_a_surrogate_pair_costs_nothing() {
        let facts = facts(
            r#"{"@type":"NewsArticle","headline":"Tide \ud83d","datePublished":"2026-11-02",
                "author":"A B","isAccessibleForFree":false}"#,
        );
        assert_eq!(facts.headline.as_deref(), Some("Tide \u{FFFD}"));
        assert_eq!((facts.published.as_deref(), facts.is_free), (Some("2026-11-02"), Some(false)));
        assert_eq!(facts.authors, ["A B"]);
    }

    #[test]
    fn what_is_stated_as_locked_is_locked_even_where_nothing_can_be_read() {
        for script in [
            r#"{"@type":"NewsArticle", headline "isAccessibleForFree" : "False" "#,
            r#"{"isAccessibleForFree":false, oops: {]"#,
        ] {
            assert_eq!(facts(script).is_free, Some(false), "{script}");
        }
        assert_eq!(facts(r#"{"isAccessibleForFree":true, oops: {]"#).is_free, None);
    }

    #[test]
    fn another_article_does_not_lend_its_date() {
        let facts = facts(
            r#"[{"@type":"NewsArticle","headline":"Ours"},
                {"@type":"NewsArticle","headline":"Theirs","datePublished":"2020-01-01"}]"#,
        );
        assert_eq!((facts.headline.as_deref(), facts.published), (Some("Ours"), None));
    }

    #[test]
    fn deep_nesting_ends() {
        let script = "[".repeat(5_000) + &"]".repeat(5_000);
        assert!(facts(&script).headline.is_none());
    }
}
