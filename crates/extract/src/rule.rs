//! Rules for single sites: CSS selectors that override the extraction.
//!
//! `body` selects the elements that hold the article: everything in them is kept except the
//! headline, everything outside is removed. `remove` wins over both. `title` and `date` replace
//! what the page says. A selector that finds nothing on a page, or would leave nothing of it, is
//! ignored and reported: sites change, and an outdated rule must not cost articles.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use scraper::Selector;
use serde::Serialize;
use thiserror::Error;
use wiresift_text::dates::Moment;

use crate::article::{Article, DateSource, Dated};
use crate::block::Blocks;
use crate::body::Reason;
use crate::metadata::date::{read_date, style};
use crate::provenance::{Evidence, Source};
use crate::tree::css::Selectable;
use crate::tree::{NodeId, Tree, attribute};
use crate::whitespace::collapse_whitespace;

/// Longest title, in bytes.
const TITLE_BYTES: usize = 1_000;

/// Confidence in a value that a site rule selects.
const RULE_CONFIDENCE: f32 = 0.99;

/// The rules of all sites, for lookup by host.
#[derive(Debug, Clone, Default)]
pub struct SiteRules {
    rules: Vec<Arc<SiteRule>>,
}

/// The compiled rule for one host and its subdomains.
#[derive(Debug, Clone)]
pub struct SiteRule {
    /// The host in lower case.
    pub host: String,
    body: Option<Part>,
    remove: Option<Part>,
    title: Option<Part>,
    date: Option<Part>,
    /// Attributes that the selectors use: the tree has to keep them.
    pub(crate) attributes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Part {
    text: String,
    selector: Selector,
}

/// A rule as a person writes it: CSS selectors as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleText<'a> {
    /// Host in lower case, without scheme and port, such as `example.com`.
    pub host: &'a str,
    /// Selects the elements that hold the article.
    pub body: Option<&'a str>,
    /// Selects elements that are not part of the article.
    pub remove: Option<&'a str>,
    /// Selects the headline: the `content` attribute of the element, or its text.
    pub title: Option<&'a str>,
    /// Selects the publication date: the `datetime` or `content` attribute of the element, or its
    /// text.
    pub date: Option<&'a str>,
}

/// A selector that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{selector}` is no CSS selector ({detail}); write one such as `article div.text` or `#story > p`"
)]
pub struct SelectorError {
    /// The field of the rule: `body`, `remove`, `title` or `date`.
    pub key: &'static str,
    /// The selector as written.
    pub selector: String,
    /// The message of the CSS parser.
    pub detail: String,
}

impl SiteRule {
    /// Compiles the selectors of a rule.
    pub fn compile(text: &RuleText<'_>) -> Result<Self, SelectorError> {
        let written = [text.body, text.remove, text.title, text.date];
        let part =
            |key, selector: Option<&str>| selector.map(|text| Part::compile(key, text)).transpose();
        Ok(Self {
            attributes: written.into_iter().flatten().flat_map(attributes).collect(),
            host: text.host.to_owned(),
            body: part("body", text.body)?,
            remove: part("remove", text.remove)?,
            title: part("title", text.title)?,
            date: part("date", text.date)?,
        })
    }
}

impl SiteRules {
    /// Collects rules for lookup. The most specific host wins.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = SiteRule>) -> Self {
        let mut rules: Vec<Arc<SiteRule>> = rules.into_iter().map(Arc::new).collect();
        // The longest matching host is the most specific.
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.host.len()));
        Self { rules }
    }

    /// The rule for a host: its own, or that of the nearest parent domain.
    #[must_use]
    pub fn of_host(&self, host: &str) -> Option<Arc<SiteRule>> {
        let host = host.trim_end_matches('.');
        let fits = |rule: &&Arc<SiteRule>| {
            host.strip_suffix(rule.host.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.rules.iter().find(fits).cloned()
    }

    /// Number of rules.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl Part {
    fn compile(key: &'static str, text: &str) -> Result<Self, SelectorError> {
        let selector = Selector::parse(text).map_err(|error| SelectorError {
            key,
            selector: text.to_owned(),
            detail: error.to_string(),
        })?;
        Ok(Self { text: text.to_owned(), selector })
    }
}

/// Names of the attributes in a selector, such as `data-part` in `div[data-part="text"]`.
fn attributes(selector: &str) -> impl Iterator<Item = String> {
    selector.split('[').skip(1).filter_map(|rest| {
        let name: String = rest
            .trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':'))
            .collect();
        (!name.is_empty()).then_some(name)
    })
}

/// What a rule did on one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// The rule's host.
    pub host: String,
    /// One report for each selector.
    pub parts: Vec<PartReport>,
}

/// What one selector did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartReport {
    /// The field of the rule: `body`, `remove`, `title` or `date`.
    pub key: &'static str,
    /// The selector as written.
    pub selector: String,
    /// Number of elements that it selected.
    pub elements: usize,
    /// Whether it was applied; if not, the normal result stands.
    pub followed: bool,
}

impl RuleReport {
    /// Whether some selector was not applied.
    #[must_use]
    pub fn missed(&self) -> bool {
        self.parts.iter().any(|part| !part.followed)
    }
}

/// One run of a rule on a page.
pub(crate) struct RuleRun<'a> {
    rule: &'a SiteRule,
    tree: &'a Tree,
    selectable: Selectable,
    report: RuleReport,
}

impl<'a> RuleRun<'a> {
    pub(crate) fn new(rule: &'a SiteRule, tree: &'a Tree) -> Self {
        let report = RuleReport { host: rule.host.clone(), parts: Vec::new() };
        Self { rule, tree, selectable: Selectable::of(tree), report }
    }

    pub(crate) fn report(self) -> RuleReport {
        self.report
    }

    /// Overrides the reasons of the blocks.
    pub(crate) fn judge(&mut self, page: &Blocks, reasons: &mut Vec<Reason>) {
        if let Some(part) = &self.rule.body {
            let chosen = self.selectable.select(&part.selector);
            let inside = within(page, &chosen);
            let overridden: Vec<Reason> = reasons
                .iter()
                .zip(&inside)
                .map(|(reason, inside)| body(*reason, *inside))
                .collect();
            self.follow("body", part, chosen.len(), overridden, reasons);
        }
        if let Some(part) = &self.rule.remove {
            let chosen = self.selectable.select(&part.selector);
            let inside = within(page, &chosen);
            let removed = |(reason, inside): (&Reason, &bool)| {
                if *inside { Reason::RuleRemove } else { *reason }
            };
            let overridden = reasons.iter().zip(&inside).map(removed).collect();
            self.follow("remove", part, chosen.len(), overridden, reasons);
        }
    }

    /// Takes the new reasons if the selector found something and leaves something.
    fn follow(
        &mut self,
        key: &'static str,
        part: &Part,
        elements: usize,
        overridden: Vec<Reason>,
        reasons: &mut Vec<Reason>,
    ) {
        let followed = elements > 0 && overridden.iter().any(|reason| reason.is_kept());
        if followed {
            *reasons = overridden;
        }
        self.note(key, part, elements, followed);
    }

    /// Overrides title and date.
    pub(crate) fn describe(&mut self, article: &mut Article, now: DateTime<Utc>) {
        if let Some(part) = &self.rule.title {
            let chosen = self.selectable.select(&part.selector);
            let title = chosen
                .iter()
                .map(|id| self.value(*id, &["content"]))
                .find(|title| !title.is_empty());
            self.note("title", part, chosen.len(), title.is_some());
            if let Some(title) = title {
                article.title = title;
                article.provenance.title = Some(Evidence::new(Source::SiteRule, RULE_CONFIDENCE));
            }
        }
        if let Some(part) = &self.rule.date {
            let chosen = self.selectable.select(&part.selector);
            let values = chosen.iter().map(|id| self.value(*id, &["datetime", "content"]));
            let style = style(article.declared_language.as_deref().or(article.language.as_deref()));
            let found =
                values.filter_map(|value| read_date(&value, style)).find(|moment| moment.at <= now);
            self.note("date", part, chosen.len(), found.is_some());
            if let Some(Moment { at, zone, .. }) = found {
                article.published = Some(Dated { at, zone, source: DateSource::Time });
                article.provenance.published =
                    Some(Evidence::new(Source::SiteRule, RULE_CONFIDENCE));
            }
        }
    }

    /// The first of these attributes that the element has, or its text.
    fn value(&self, id: NodeId, names: &[&str]) -> String {
        let element = self.tree.element(id);
        let stated = names.iter().find_map(|name| attribute(element?, name));
        stated.map_or_else(
            || collapse_whitespace(&self.tree.text(id, TITLE_BYTES)),
            collapse_whitespace,
        )
    }

    fn note(&mut self, key: &'static str, part: &Part, elements: usize, followed: bool) {
        self.report.parts.push(PartReport { key, selector: part.text.clone(), elements, followed });
    }
}

/// The reason of a block after `body`. The headline is a separate field, so it is never part of the
/// body.
fn body(reason: Reason, inside: bool) -> Reason {
    match reason {
        Reason::Title => Reason::Title,
        _ if inside => Reason::RuleBody,
        _ => Reason::RuleOutside,
    }
}

/// For each block, whether it is inside one of the chosen elements. One pass over starts and ends,
/// because chosen elements may be nested a hundred deep.
fn within(page: &Blocks, chosen: &[NodeId]) -> Vec<bool> {
    let chosen: HashSet<NodeId> = chosen.iter().copied().collect();
    let mut changes = vec![0_i32; page.len() + 1];
    for element in page.elements.iter().filter(|element| chosen.contains(&element.node)) {
        for (at, change) in [(element.blocks.start, 1), (element.blocks.end, -1)] {
            if let Some(sum) = changes.get_mut(at as usize) {
                *sum += change;
            }
        }
    }
    let mut open = 0;
    let inside = changes.into_iter().take(page.len()).map(|change| {
        open += change;
        open > 0
    });
    inside.collect()
}
