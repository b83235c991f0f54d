//! The curator's rules for single sites: CSS selectors that override the judgement.
//!
//! A rule is an argument of extraction, so the result stays a function of what was handed in. `body` says which
//! elements hold the article: what stands in them is kept whole but for the headline, what stands elsewhere goes.
//! `remove` wins over both. `title` and `date` replace what the page says. Whatever selects nothing on a page, or
//! would leave nothing of it, is passed over as if it were not there, and the report says so: sites change, and a
//! rule that has outlived its site must not cost articles.

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
use crate::tree::{NodeId, Tree, attribute};
use crate::whitespace::whitespace;

/// Longest title that is read, in bytes.
const TITLE_BYTES: usize = 1_000;

/// The curator has looked.
const RULED: f32 = 0.99;

/// All rules, the most specific host first.
#[derive(Debug, Clone, Default)]
pub struct SiteRules {
    rules: Vec<Arc<SiteRule>>,
}

/// The rule for one host and its subdomains.
#[derive(Debug, Clone)]
pub struct SiteRule {
    /// In lower case.
    pub host: String,
    body: Option<Part>,
    remove: Option<Part>,
    title: Option<Part>,
    date: Option<Part>,
    /// The attributes that its selectors ask for.
    pub(crate) attributes: Vec<String>,
}

/// A selector as it was written, and compiled.
#[derive(Debug, Clone)]
struct Part {
    text: String,
    selector: Selector,
}

/// A site's rule as the curator writes it: CSS selectors as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleText<'a> {
    /// Lower case, no scheme, no port.
    pub host: &'a str,
    /// Selects the elements that hold the article.
    pub body: Option<&'a str>,
    /// Selects elements that are not part of the article.
    pub remove: Option<&'a str>,
    /// Selects the headline.
    pub title: Option<&'a str>,
    /// Selects the date of publication.
    pub date: Option<&'a str>,
}

/// A selector that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{selector}` is no CSS selector ({detail}); write one such as `article div.text` or `#story > p`"
)]
pub struct SelectorError {
    /// `body`, `remove`, `title` or `date`.
    pub key: &'static str,
    /// The selector as written.
    pub selector: String,
    /// What the parser says.
    pub detail: String,
}

impl SiteRule {
    /// Compiles the selectors of one site's rule.
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
    /// Puts rules in the order in which they are looked up.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = SiteRule>) -> Self {
        let mut rules: Vec<Arc<SiteRule>> = rules.into_iter().map(Arc::new).collect();
        // The longest of the hosts that fit is the most specific.
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.host.len()));
        Self { rules }
    }

    /// The rule for a host: its own, or that of the nearest domain above it.
    #[must_use]
    pub fn of_host(&self, host: &str) -> Option<Arc<SiteRule>> {
        let host = host.trim_end_matches('.');
        let fits = |rule: &&Arc<SiteRule>| {
            host.strip_suffix(rule.host.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.rules.iter().find(fits).cloned()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
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

/// The names of the attributes that a selector asks for, such as `data-part` in `div[data-part="text"]`.
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
    /// Whose rule it is.
    pub host: String,
    /// Each of its selectors.
    pub parts: Vec<PartReport>,
}

/// What one selector did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartReport {
    /// `body`, `remove`, `title` or `date`.
    pub key: &'static str,
    /// As written.
    pub selector: String,
    /// Elements that it selected.
    pub elements: usize,
    /// Whether it was followed; if not, the normal judgement stood.
    pub followed: bool,
}

impl RuleReport {
    /// Whether some selector found nothing to work on.
    #[must_use]
    pub fn missed(&self) -> bool {
        self.parts.iter().any(|part| !part.followed)
    }
}

/// A rule at work on one page.
pub(crate) struct Ruled<'a> {
    rule: &'a SiteRule,
    tree: &'a Tree,
    report: RuleReport,
}

impl<'a> Ruled<'a> {
    pub(crate) fn new(rule: &'a SiteRule, tree: &'a Tree) -> Self {
        Self { rule, tree, report: RuleReport { host: rule.host.clone(), parts: Vec::new() } }
    }

    /// What was done.
    pub(crate) fn report(self) -> RuleReport {
        self.report
    }

    /// Overrides the judgement of the blocks.
    pub(crate) fn judge(&mut self, page: &Blocks, reasons: &mut Vec<Reason>) {
        if let Some(part) = &self.rule.body {
            let chosen = self.tree.select(&part.selector);
            let inside = within(page, &chosen);
            let ruled: Vec<Reason> = reasons
                .iter()
                .zip(&inside)
                .map(|(reason, inside)| body(*reason, *inside))
                .collect();
            self.follow("body", part, chosen.len(), ruled, reasons);
        }
        if let Some(part) = &self.rule.remove {
            let chosen = self.tree.select(&part.selector);
            let inside = within(page, &chosen);
            let removed = |(reason, inside): (&Reason, &bool)| {
                if *inside { Reason::RuleRemove } else { *reason }
            };
            let ruled = reasons.iter().zip(&inside).map(removed).collect();
            self.follow("remove", part, chosen.len(), ruled, reasons);
        }
    }

    /// Takes the ruled reasons where the selector found something and leaves something.
    fn follow(
        &mut self,
        key: &'static str,
        part: &Part,
        elements: usize,
        ruled: Vec<Reason>,
        reasons: &mut Vec<Reason>,
    ) {
        let followed = elements > 0 && ruled.iter().any(|reason| reason.is_kept());
        if followed {
            *reasons = ruled;
        }
        self.note(key, part, elements, followed);
    }

    /// Overrides title and date.
    pub(crate) fn describe(&mut self, article: &mut Article, now: DateTime<Utc>) {
        if let Some(part) = &self.rule.title {
            let chosen = self.tree.select(&part.selector);
            let title = chosen
                .iter()
                .map(|id| self.value(*id, &["content"]))
                .find(|title| !title.is_empty());
            self.note("title", part, chosen.len(), title.is_some());
            if let Some(title) = title {
                article.title = title;
                article.provenance.title = Some(Evidence::new(Source::SiteRule, RULED));
            }
        }
        if let Some(part) = &self.rule.date {
            let chosen = self.tree.select(&part.selector);
            let values = chosen.iter().map(|id| self.value(*id, &["datetime", "content"]));
            let style = style(article.declared_language.as_deref().or(article.language.as_deref()));
            let found =
                values.filter_map(|value| read_date(&value, style)).find(|moment| moment.at <= now);
            self.note("date", part, chosen.len(), found.is_some());
            if let Some(Moment { at, zone, .. }) = found {
                article.published = Some(Dated { at, zone, source: DateSource::Time });
                article.provenance.published = Some(Evidence::new(Source::SiteRule, RULED));
            }
        }
    }

    /// The first of these attributes that an element has, or its text.
    fn value(&self, id: NodeId, names: &[&str]) -> String {
        let element = self.tree.element(id);
        let stated = names.iter().find_map(|name| attribute(element?, name));
        stated.map_or_else(|| whitespace(&self.tree.text(id, TITLE_BYTES)), whitespace)
    }

    fn note(&mut self, key: &'static str, part: &Part, elements: usize, followed: bool) {
        self.report.parts.push(PartReport { key, selector: part.text.clone(), elements, followed });
    }
}

/// What `body` makes of a block. The headline is a field of its own wherever it stands.
fn body(reason: Reason, inside: bool) -> Reason {
    match reason {
        Reason::Title => Reason::Title,
        _ if inside => Reason::RuleBody,
        _ => Reason::RuleOutside,
    }
}

/// Of each block whether it stands in one of the chosen elements. One pass over starts and ends: chosen elements may
/// lie in each other a hundred deep.
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
