//! JSON-LD as pages write it: arrays, `@graph`, references to objects by `@id`, HTML in values,
//! several articles.
//!
//! Reading is tolerant and bounded. Pages describe other stories too, before their own or after it,
//! so the article's object is the one that agrees most with the page: with its titles and its
//! address ([`Witness`]). Others add nothing, unless they describe the same article or the page
//! around it.

use foldhash::{HashMap, HashSet};
use serde_json::{Map, Value};
use wiresift_text::json;
use wiresift_text::shingles::{jaccard, tokens};

use crate::fallback::stated::Stated;
use crate::metadata::{bare, html_text};

/// Deepest object that is read.
const DEPTH: usize = 8;

/// Most elements of an array.
const ELEMENTS: usize = 64;

/// Most keywords of one string.
const KEYWORDS: usize = 500;

/// Most article-like objects of a page, and most objects that others refer to.
const ARTICLES: usize = 200;
const REFERENCES: usize = 1_000;

/// Longest title that is compared, in bytes.
const TITLE_BYTES: usize = 400;

/// From this similarity on, two titles mean the same article; below the other, different ones.
const ALIKE: f32 = 0.5;
const UNLIKE: f32 = 0.2;

/// What the page's JSON-LD says about its article.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    values: Vec<Value>,
    articles: Vec<Statement>,
    /// What it says about the page as a whole.
    pub(crate) stated: Stated,
    /// Name of the publisher or web site.
    pub(crate) publisher: Option<String>,
    /// Names of organisations.
    pub(crate) organisations: Vec<String>,
    /// The properties of the page's article.
    pub(crate) article: Statement,
}

/// An author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) name: String,
    /// The object's type is not a person's.
    pub(crate) is_organisation: bool,
    /// The object's type is a person's.
    pub(crate) is_person: bool,
}

/// The properties of one article-like object.
#[derive(Debug, Default, Clone)]
pub(crate) struct Statement {
    pub(crate) headline: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) published: Option<String>,
    pub(crate) modified: Option<String>,
    /// When a film was put on the web.
    pub(crate) uploaded: Option<String>,
    pub(crate) authors: Vec<Author>,
    pub(crate) image: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) section: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) is_free: Option<bool>,
    /// Its addresses.
    urls: Vec<String>,
    /// Whether its type is an article's, not a page's around one.
    is_article: bool,
}

/// What the page says outside JSON-LD about which object is the article.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// Letters and digits of each title, and its words.
    titles: Vec<(String, HashSet<u32>)>,
    urls: Vec<String>,
}

impl Witness {
    pub(crate) fn new<'a>(
        titles: impl Iterator<Item = &'a str>,
        urls: impl Iterator<Item = &'a str>,
    ) -> Self {
        let titles = titles.map(|title| words(&html_text(title)));
        Self {
            titles: titles.filter(|(bare, _)| !bare.is_empty()).collect(),
            urls: urls.filter_map(place).collect(),
        }
    }

    /// How far an object agrees with the page: above 0 it does, below 0 it does not.
    fn agreement(&self, statement: &Statement) -> i32 {
        self.by_title(statement) + self.by_url(statement)
    }

    fn by_title(&self, statement: &Statement) -> i32 {
        let Some(headline) = &statement.headline else { return 0 };
        let (bare, known) = words(headline);
        let like = |(title, words): &(String, HashSet<u32>)| {
            let is_inside = bare.len() >= 12 && title.contains(&bare)
                || title.len() >= 12 && bare.contains(title.as_str());
            if is_inside { 1.0 } else { jaccard(&known, words) }
        };
        let most =
            self.titles.iter().map(like).fold(None, |most: Option<f32>, like| {
                Some(most.map_or(like, |most| most.max(like)))
            });
        match most {
            Some(most) if most >= ALIKE => 3,
            Some(most) if most < UNLIKE => -3,
            _ => 0,
        }
    }

    fn by_url(&self, statement: &Statement) -> i32 {
        if self.urls.is_empty() || statement.urls.is_empty() {
            return 0;
        }
        if statement.urls.iter().any(|url| self.urls.contains(url)) { 3 } else { -2 }
    }
}

fn words(title: &str) -> (String, HashSet<u32>) {
    let end = title.floor_char_boundary(TITLE_BYTES);
    let title = title.get(..end).unwrap_or_default();
    (bare(title), tokens(title).into_iter().collect())
}

/// What is the same in all spellings of an address; none of a home page.
fn place(url: &str) -> Option<String> {
    let (_, rest) = url.trim().split_once("://")?;
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let place = rest.get(..end)?.trim_end_matches('/');
    let place = place.strip_prefix("www.").unwrap_or(place);
    place.contains('/').then(|| place.to_owned())
}

impl Facts {
    /// Chooses the article's object when all scripts are read.
    pub(crate) fn finish(&mut self, witness: &Witness) {
        let values = std::mem::take(&mut self.values);
        let mut references = References::default();
        for value in &values {
            references.add(value, 0);
        }
        self.organisations = std::mem::take(&mut references.organisations);
        for value in &values {
            walk(value, &references, self, 0);
        }
        let mut ranked: Vec<(i32, Statement)> = self
            .articles
            .drain(..)
            .map(|statement| (witness.agreement(&statement), statement))
            .collect();
        ranked.sort_by_key(|(agreement, statement)| (!statement.is_article, -*agreement));
        let mut all = Statement::default();
        let (mut best, mut has_article) = (None, false);
        for (agreement, statement) in ranked {
            // It has another title and another address.
            let is_other = statement.is_article && agreement <= -5;
            // Of articles, only those that agree as much as the first; a page object fills gaps.
            let is_second = statement.is_article && has_article;
            let is_same = is_second && agreement > 0 && best == Some(agreement);
            if is_other || (is_second && !is_same) {
                all.body = all.body.or(statement.body);
                continue;
            }
            best = best.or(Some(agreement));
            has_article |= statement.is_article;
            all.fill(statement);
        }
        self.article = all;
    }
}

impl Statement {
    /// Takes from another object what this one lacks.
    fn fill(&mut self, other: Self) {
        fn or<T>(own: &mut Option<T>, other: Option<T>) {
            if own.is_none() {
                *own = other;
            }
        }
        or(&mut self.headline, other.headline);
        or(&mut self.description, other.description);
        or(&mut self.body, other.body);
        or(&mut self.published, other.published);
        or(&mut self.modified, other.modified);
        or(&mut self.uploaded, other.uploaded);
        or(&mut self.image, other.image);
        or(&mut self.section, other.section);
        or(&mut self.language, other.language);
        or(&mut self.licence, other.licence);
        or(&mut self.is_free, other.is_free);
        if self.authors.is_empty() {
            self.authors = other.authors;
        }
        if self.tags.is_empty() {
            self.tags = other.tags;
        }
    }
}

/// The objects with a name.
#[derive(Debug, Default)]
struct References<'a> {
    /// By their `@id`.
    objects: HashMap<&'a str, &'a Map<String, Value>>,
    /// Names of those that are organisations.
    organisations: Vec<String>,
}

impl<'a> References<'a> {
    fn add(&mut self, value: &'a Value, depth: usize) {
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
    fn resolve(&self, object: &'a Map<String, Value>) -> &'a Map<String, Value> {
        let is_reference = !object.contains_key("name");
        let id = object.get("@id").and_then(Value::as_str).filter(|_| is_reference);
        id.and_then(|id| self.objects.get(id).copied()).unwrap_or(object)
    }

    fn authors(&self, value: Option<&'a Value>) -> Vec<Author> {
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
fn names(object: &Map<String, Value>) -> Vec<String> {
    let stated = strings(object.get("name"));
    if !stated.is_empty() {
        return stated;
    }
    let parts = ["givenName", "familyName"].map(|key| strings(object.get(key)).into_iter().next());
    let name: Vec<String> = parts.into_iter().flatten().collect();
    Some(name.join(" ")).filter(|name| !name.is_empty()).into_iter().collect()
}

/// Adds the objects of a script.
pub(crate) fn read(script: &str, facts: &mut Facts) {
    match json::read(script) {
        Ok(read) => facts.values.extend(read.values),
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

fn walk<'a>(value: &'a Value, references: &References<'a>, facts: &mut Facts, depth: usize) {
    if depth > DEPTH {
        return;
    }
    match value {
        Value::Array(values) => {
            for value in values.iter().take(ELEMENTS) {
                walk(value, references, facts, depth + 1);
            }
        }
        Value::Object(object) => {
            let types = strings(object.get("@type"));
            facts.stated.note(object, &types);
            let is = |wanted: &[&str]| types.iter().any(|t| wanted.iter().any(|w| t.ends_with(w)));
            let is_article = is(&["Article", "Posting", "Report", "Review", "Reportage", "Recipe"])
                && !is(&["JobPosting"]);
            if (is_article || is(&["WebPage", "ItemPage", "VideoObject", "CreativeWork"]))
                && facts.articles.len() < ARTICLES
            {
                facts.articles.push(article(object, references, is_article));
            }
            if facts.publisher.is_none() {
                let named = is(&["WebSite", "NewsMediaOrganization"]).then_some(value);
                facts.publisher = object.get("publisher").or(named).and_then(|publisher| {
                    let object = publisher.as_object().map(|object| references.resolve(object));
                    object
                        .map_or_else(|| name(publisher), |object| names(object).into_iter().next())
                });
            }
            for key in ["@graph", "mainEntity", "mainEntityOfPage", "hasPart"] {
                if let Some(inner) = object.get(key) {
                    walk(inner, references, facts, depth + 1);
                }
            }
        }
        _ => {}
    }
}

fn article<'a>(
    object: &'a Map<String, Value>,
    references: &References<'a>,
    is_article: bool,
) -> Statement {
    let text = |key: &str| strings(object.get(key)).into_iter().next().map(|s| html_text(&s));
    let instant = |key: &str| match object.get(key) {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => text(key),
    };
    let mut tags = strings(object.get("keywords"));
    if let [one] = tags.as_slice() {
        tags = one.split([',', ';']).take(KEYWORDS).map(|tag| tag.trim().to_owned()).collect();
    }
    tags.extend(strings(object.get("articleSection")));
    let authors = Some(references.authors(object.get("author")))
        .filter(|authors| !authors.is_empty())
        .unwrap_or_else(|| references.authors(object.get("creator")));
    let urls = ["url", "@id", "mainEntityOfPage"]
        .into_iter()
        .filter_map(|key| address(object.get(key)?).as_deref().and_then(place));
    Statement {
        headline: text("headline").or_else(|| if is_article { text("name") } else { None }),
        description: text("description"),
        body: text("articleBody").or_else(|| if is_article { text("text") } else { None }),
        published: instant("datePublished")
            .or_else(|| if is_article { instant("dateCreated") } else { None }),
        modified: instant("dateModified"),
        uploaded: instant("uploadDate"),
        authors,
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
        urls: urls.collect(),
        is_article,
    }
}

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

fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Object(object) => strings(object.get("name")).into_iter().next(),
        Value::Array(values) => values.first().and_then(name),
        _ => None,
    }
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
        facts.finish(&Witness::default());
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
            let names: Vec<&str> =
                facts.authors.iter().map(|author| author.name.as_str()).collect();
            assert_eq!(names, ["A B", "C D"]);
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
        assert_eq!(facts.authors.first().map(|author| author.name.as_str()), Some("A B"));
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
