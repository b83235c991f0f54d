//! A rule for a site that a curator tries: on one stored page, and on other pages of the site.

use std::sync::Arc;

use url::form_urlencoded;

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::console::pages::typed;
use crate::console::view::articles::headline;
use crate::console::view::format::foreign;
use crate::pipeline::read::Xray;
use crate::store::ArticleRow;
use crate::units::counted;
use wiresift_extract::{RuleText, SiteRule};

/// Longest selector, in characters.
const SELECTOR: usize = 300;

/// Other pages of the site.
const OTHERS: i64 = 10;

/// What became of another page.
pub(super) struct Other {
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) said: String,
}

/// A rule and what it does.
#[derive(Default)]
pub(super) struct Trial {
    pub(super) is_asked: bool,
    pub(super) body: String,
    pub(super) remove: String,
    pub(super) rule: Option<Arc<SiteRule>>,
    /// What is wrong with it.
    pub(super) fault: Option<String>,
    /// The rule for a feed list.
    pub(super) toml: Option<String>,
    /// The query that tries it on another page.
    pub(super) query: String,
    pub(super) others: Vec<Other>,
    pub(super) others_said: String,
}

impl Trial {
    pub(super) fn new(host: &str, body: Option<String>, remove: Option<String>) -> Self {
        let selector = |text| {
            let text: Option<String> = typed(text);
            text.map(|text| text.chars().take(SELECTOR).collect::<String>())
        };
        let (body, remove) = (selector(body), selector(remove));
        if body.is_none() && remove.is_none() {
            return Self::default();
        }
        // Rules are for all ports of a host.
        let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        let host = name.map_or(host, |(name, _)| name);
        let text = RuleText {
            host,
            body: body.as_deref(),
            remove: remove.as_deref(),
            title: None,
            date: None,
        };
        let compiled = SiteRule::compile(&text);
        let toml = compiled.is_ok().then(|| {
            let line = |key: &str, value: &Option<String>| {
                let value = value.as_ref().map(|text| serde_json::Value::from(text.as_str()));
                value.map_or_else(String::new, |value| format!("\n{key} = {value}"))
            };
            let host = serde_json::Value::from(host);
            let rule = (line("body", &body), line("remove", &remove));
            format!("[[site]]\nhost = {host}{}{}", rule.0, rule.1)
        });
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("body", &body), ("remove", &remove)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let shown = |text: Option<String>| foreign(&text.unwrap_or_default(), SELECTOR);
        Self {
            is_asked: true,
            query: format!("?{}", query.finish()),
            fault: compiled.as_ref().err().map(|error| foreign(&error.to_string(), 600)),
            rule: compiled.ok().map(Arc::new),
            toml,
            body: shown(body),
            remove: shown(remove),
            ..Self::default()
        }
    }

    /// Tries it on other stored pages of the site.
    pub(super) async fn on_others(
        &mut self,
        console: &Console,
        article: &ArticleRow,
    ) -> Result<(), Failure> {
        let Some(rule) = self.rule.clone() else { return Ok(()) };
        let mut look = console.look().await?;
        let mut pages = Vec::new();
        for (id, title) in look.others_of_site(&article.host, article.id, OTHERS).await? {
            let page = look.stored_page(id).await?.filter(|page| page.body.is_some());
            pages.extend(page.map(|page| (id, title, page)));
        }
        drop(look);
        for (id, title, page) in pages {
            let before = Box::pin(console.pipeline.xray(&page, None, None)).await?;
            let after = Box::pin(console.pipeline.xray(&page, None, Some(rule.clone()))).await?;
            let (Ok(before), Ok(after)) = (before, after) else { continue };
            self.others.push(Other { id, title: headline(&title), said: said(&before, &after) });
        }
        self.others_said = match self.others.len() {
            0 => "No other page of this site is stored.".to_owned(),
            others => format!("On {} of the site:", counted(others, "other page")),
        };
        Ok(())
    }
}

fn said(before: &Xray, after: &Xray) -> String {
    let letters = |xray: &Xray| xray.extraction.article.text().chars().count();
    let missed = after.extraction.rule.as_ref().is_some_and(wiresift_extract::RuleReport::missed);
    let missed = if missed { "; a part of the rule selects nothing to keep" } else { "" };
    match (letters(before), letters(after)) {
        _ if before.extraction.article.body == after.extraction.article.body => {
            format!("the same text{missed}")
        }
        (old, new) => format!("{old} letters before, {new} after{missed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_bounded_and_written_for_a_list() {
        let of = |body: &str, remove: &str| {
            Trial::new("a.example:8080", Some(body.to_owned()), Some(remove.to_owned()))
        };
        assert!(!of(" ", "").is_asked);
        let trial = of("p[class=\"a\"]", "");
        let expected = "[[site]]\nhost = \"a.example\"\nbody = \"p[class=\\\"a\\\"]\"";
        assert_eq!(trial.toml.as_deref(), Some(expected));
        assert_eq!(trial.query, "?body=p%5Bclass%3D%22a%22%5D");
        let wrong = of("", "[[");
        assert!(wrong.fault.is_some() && wrong.rule.is_none() && wrong.toml.is_none());
        assert!(of(&"p ".repeat(9_000), "").body.chars().count() <= SELECTOR);
    }
}
