//! `[[site]]` tables: the curator's extraction rules for single sites. [`compile_sites`] compiles
//! their selectors.

use ::toml::Spanned;
use ::toml::de::{DeArray, DeTable, DeValue};

use crate::feed_list::toml::{List, string, unknown};
use crate::feed_list::{ListError, Origin};
use wiresift_extract::{RuleText, SiteRule, SiteRules};
use wiresift_feed::address::Host;

/// The keys of a `[[site]]` table.
const KEYS: [&str; 5] = ["host", "body", "remove", "title", "date"];

/// The rule for a host and its subdomains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteSpec {
    /// The host: lower case, no scheme, no port.
    pub host: String,
    /// Selects the elements that hold the article.
    pub body: Option<Selector>,
    /// Selects elements that do not belong to the article.
    pub remove: Option<Selector>,
    /// Selects the headline.
    pub title: Option<Selector>,
    /// Selects the date of publication.
    pub date: Option<Selector>,
    /// Its place in the list.
    pub origin: Origin,
}

/// A selector with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    pub text: String,
    pub origin: Origin,
}

/// Reads the `[[site]]` tables of a TOML list. `file` is used in messages only.
pub fn parse_sites(file: &str, text: &str) -> Result<Vec<SiteSpec>, ListError> {
    let text = text.trim_start_matches('\u{FEFF}');
    let list = List { file, text };
    let document = list.document()?;
    match document.get_ref().get("site").map(Spanned::get_ref) {
        None => Ok(Vec::new()),
        Some(DeValue::Array(tables)) => sites(&list, tables),
        Some(_) => {
            let at = document.get_ref().iter().find(|(key, _)| key.get_ref() == "site");
            let at = at.map_or(0, |(key, _)| key.span().start);
            Err(list.error(at, "a site must be a table of its own; write `[[site]]`"))
        }
    }
}

/// Compiles the rules of all sites. An error names the place of the selector.
pub fn compile_sites(specs: &[SiteSpec]) -> Result<SiteRules, ListError> {
    let rules: Vec<SiteRule> = specs.iter().map(compile).collect::<Result<_, _>>()?;
    Ok(SiteRules::new(rules))
}

fn compile(spec: &SiteSpec) -> Result<SiteRule, ListError> {
    fn text(written: Option<&Selector>) -> Option<&str> {
        written.map(|written| written.text.as_str())
    }
    let rule = RuleText {
        host: &spec.host,
        body: text(spec.body.as_ref()),
        remove: text(spec.remove.as_ref()),
        title: text(spec.title.as_ref()),
        date: text(spec.date.as_ref()),
    };
    SiteRule::compile(&rule).map_err(|error| {
        let written = match error.key {
            "body" => &spec.body,
            "remove" => &spec.remove,
            "title" => &spec.title,
            _ => &spec.date,
        };
        let origin = written.as_ref().map_or(&spec.origin, |written| &written.origin).clone();
        ListError { origin, message: error.to_string() }
    })
}

/// Joins the sites of all lists. Two rules for one host are an error, since neither takes
/// precedence.
pub fn merge_sites(lists: Vec<Vec<SiteSpec>>) -> Result<Vec<SiteSpec>, ListError> {
    let mut merged: Vec<SiteSpec> = Vec::new();
    for spec in lists.into_iter().flatten() {
        if let Some(first) = merged.iter().find(|first| first.host == spec.host) {
            let message =
                format!("{} also has a rule in {}; merge the two", spec.host, first.origin);
            return Err(ListError { origin: spec.origin, message });
        }
        merged.push(spec);
    }
    Ok(merged)
}

fn sites(list: &List<'_>, tables: &DeArray<'_>) -> Result<Vec<SiteSpec>, ListError> {
    let tables = tables.iter().map(|table| match table.get_ref() {
        DeValue::Table(fields) => site(list, table.span().start, fields),
        _ => Err(list.error(table.span().start, "a site must be a table; write `[[site]]`")),
    });
    tables.collect()
}

fn site(list: &List<'_>, start: usize, fields: &DeTable<'_>) -> Result<SiteSpec, ListError> {
    let mut host = None;
    let (mut body, mut remove, mut title, mut date) = (None, None, None, None);
    for (key, value) in fields {
        let at = value.span().start;
        let part = match key.get_ref().as_ref() {
            "host" => {
                let text = string(key, value).map_err(|message| list.error(at, message))?;
                host = Some(host_of(text).map_err(|message| list.error(at, message))?);
                continue;
            }
            "body" => &mut body,
            "remove" => &mut remove,
            "title" => &mut title,
            "date" => &mut date,
            other => return Err(list.error(key.span().start, unknown(other, &KEYS))),
        };
        let text = string(key, value).map_err(|message| list.error(at, message))?;
        *part = Some(Selector { text: text.trim().to_owned(), origin: list.origin(at) });
    }
    let Some(host) = host else {
        return Err(list.error(start, "this site has no `host`; write `host = \"example.org\"`"));
    };
    if [&body, &remove, &title, &date].into_iter().all(Option::is_none) {
        let message = format!(
            "the rule for {host} has no effect; add one of `body`, `remove`, `title`, `date`"
        );
        return Err(list.error(start, message));
    }
    Ok(SiteSpec { host, body, remove, title, date, origin: list.origin(start) })
}

/// A host name as it appears in URLs: lower case, international names in ASCII form.
pub(super) fn host_of(text: &str) -> Result<String, String> {
    let wrong = || {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let bare =
            bare.split(['/', ':', '?', '#']).next().unwrap_or_default().trim_start_matches("*.");
        let bare = if bare.is_empty() { "example.org" } else { bare };
        // What is before an `@` may be a password.
        if text.contains('@') {
            return "a host name has no user name and no password; write `host = \"example.org\"`"
                .to_owned();
        }
        format!(
            "`{text}` is not a host name; write `host = \"{bare}\"`, which covers subdomains too"
        )
    };
    if text.is_empty() || text.contains(['/', ':', '?', '#', '@', '*', ' ']) {
        return Err(wrong());
    }
    let url = url::Url::parse(&format!("https://{text}/")).map_err(|_| wrong())?;
    Ok(Host::of(&url).ok_or_else(wrong)?.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        parse_sites("feeds.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn sites_are_read_beside_feeds() {
        let text = "[[feed]]\nurl = \"https://a.example/f\"\n\n[[site]]\n\
                    host = \"News.Example.org\"\nbody = \"article\"\n";
        let sites = parse_sites("feeds.toml", text).unwrap();
        assert_eq!(sites.len(), 1);
        assert_eq!((sites[0].host.as_str(), sites[0].origin.line), ("news.example.org", 4));
        assert_eq!(
            sites[0].body.as_ref().map(|body| (body.text.as_str(), body.origin.line)),
            Some(("article", 6))
        );
        let feeds =
            crate::feed_list::parse_list("feeds.toml", text, crate::feed_list::ListFormat::Toml);
        assert_eq!(feeds.unwrap().len(), 1);
    }

    #[test]
    fn mistakes_say_where_and_what_to_write() {
        for (text, expected) in [
            (
                "[[site]]\nbody = \"p\"",
                "feeds.toml:1: this site has no `host`; write `host = \"example.org\"`",
            ),
            (
                "[[site]]\nhost = \"a.example\"",
                "feeds.toml:1: the rule for a.example has no effect; \
                 add one of `body`, `remove`, `title`, `date`",
            ),
            (
                "[[site]]\nhost = \"https://a.example/x\"",
                "feeds.toml:2: `https://a.example/x` is not a host name; \
                 write `host = \"a.example\"`, which covers subdomains too",
            ),
            (
                "[[site]]\nhost = \"*.a.example\"",
                "feeds.toml:2: `*.a.example` is not a host name; \
                 write `host = \"a.example\"`, which covers subdomains too",
            ),
            (
                "[[site]]\nhost = \"a.example\"\nbdy = \"p\"",
                "feeds.toml:3: unknown key `bdy`; did you mean `body`?",
            ),
            (
                "[[site]]\nhost = \"a.example\"\nbody = 3",
                "feeds.toml:3: `body` must be a string; write `body = \"…\"`",
            ),
            (
                "\n[site]\nhost = \"a.example\"",
                "feeds.toml:2: a site must be a table of its own; write `[[site]]`",
            ),
        ] {
            assert_eq!(mistake(text), expected, "{text}");
        }
    }

    #[test]
    fn one_host_has_one_rule() {
        let list =
            |file: &str| parse_sites(file, "[[site]]\nhost = \"a.example\"\nbody = \"p\"").unwrap();
        let error = merge_sites(vec![list("a.toml"), list("b.toml")]).unwrap_err().to_string();
        assert_eq!(error, "b.toml:1: a.example also has a rule in a.toml:1; merge the two");
    }
}
