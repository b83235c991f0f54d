//! JSON-LD as pages write it: arrays, `@graph`, references to objects by `@id`, HTML in values,
//! several articles.
//!
//! Reading is tolerant and bounded. Pages describe other stories too, before their own or after it,
//! so the article's object is the one that agrees most with the page: with its titles and its
//! address ([`Witness`]). Others add nothing, unless they describe the same article or the page
//! around it.

mod references;
mod statement;
#[cfg(test)]
mod tests;
mod value;
mod witness;

use serde_json::Value;
use wiresift_text::json;

use crate::fallback::stated::Stated;
use references::{References, names};
pub(crate) use statement::Statement;
use statement::article;
pub(crate) use value::strings;
use value::{DEPTH, ELEMENTS, name, truth};
pub(crate) use witness::Witness;

/// Most article-like objects of a page.
const ARTICLES: usize = 200;

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
