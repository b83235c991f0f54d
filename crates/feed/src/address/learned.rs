//! Query parameters that never change the article, learned from a site's own addresses.
//!
//! No list has them all: sites invent names for visits, sessions and campaigns. Evidence for an
//! ignorable parameter is an article that was read under two of its values. Evidence against it is
//! two articles with addresses that differ only in its value, as with `?id=`. One such pair is
//! enough, because a wrong decision would merge a whole site into one article.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::IdentityKey;

/// Articles that must have been read under several values.
const ENOUGH_ARTICLES: i64 = 3;

/// Parameters of one address that are considered.
const MOST_PARAMETERS: usize = 4;

/// The evidence about one parameter of one site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParameterEvidence {
    /// Number of articles, at otherwise different addresses, that stayed the same under another
    /// value.
    pub same: i64,
    /// Number of times that another value gave another article.
    pub different: i64,
}

impl ParameterEvidence {
    /// Whether the parameter can be ignored: at least three articles for it and none against it.
    #[must_use]
    pub fn is_ignorable(self) -> bool {
        self.same >= ENOUGH_ARTICLES && self.different == 0
    }
}

/// An identity key without one of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReducedKey {
    /// The parameter's name.
    pub name: String,
    /// The rest of the key.
    pub rest: String,
}

/// The key without each of its parameters in turn, for at most four parameters.
#[must_use]
pub fn without_each(key: &str) -> Vec<ReducedKey> {
    let Some((_, query)) = key.split_once('?') else { return Vec::new() };
    let names: BTreeSet<&str> =
        query.split('&').map(name_of).filter(|name| !name.is_empty()).collect();
    let one = |name: &str| ReducedKey {
        name: name.to_owned(),
        rest: without(key, |other| other == name),
    };
    names.into_iter().take(MOST_PARAMETERS).map(one).collect()
}

/// Parameters to ignore, by site.
#[derive(Debug, Clone, Default)]
pub struct IgnoredParameters(BTreeMap<String, BTreeSet<String>>);

impl IgnoredParameters {
    /// Adds a parameter of a site; `site` is in the form of [`site_of`].
    pub fn add(&mut self, site: String, name: String) {
        self.0.entry(site).or_default().insert(name);
    }

    /// The key without the parameters that are ignored on its site.
    #[must_use]
    pub fn strip(&self, key: &IdentityKey) -> IdentityKey {
        IdentityKey::from_stored(self.strip_text(key.as_str()))
    }

    /// Like [`IgnoredParameters::strip`], for a stored key.
    #[must_use]
    pub fn strip_text(&self, key: &str) -> String {
        match self.0.get(site_of(key)) {
            Some(names) => without(key, |name| names.contains(name)),
            None => key.to_owned(),
        }
    }
}

/// The site part of a stored key: host and port.
#[must_use]
pub fn site_of(key: &str) -> &str {
    key.split(['/', '?']).next().unwrap_or_default()
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

fn without(key: &str, is_out: impl Fn(&str) -> bool) -> String {
    let Some((path, query)) = key.split_once('?') else { return key.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_out(name_of(pair))).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_each_parameter() {
        let rests: Vec<(String, String)> = without_each("a.example/s?id=5&v=1&v=2")
            .into_iter()
            .map(|one| (one.name, one.rest))
            .collect();
        let expected = [("id", "a.example/s?v=1&v=2"), ("v", "a.example/s?id=5")];
        assert_eq!(rests, expected.map(|(name, rest)| (name.to_owned(), rest.to_owned())));
        assert_eq!(without_each("a.example/s"), []);
        assert_eq!(without_each(&format!("a.example/s?{}", "a=1&b=2&c=3&d=4&e=5&f=6")).len(), 4);
    }

    #[test]
    fn parameters_are_ignored_on_their_own_site_only() {
        let mut ignored_parameters = IgnoredParameters::default();
        ignored_parameters.add("a.example".to_owned(), "v".to_owned());
        assert_eq!(ignored_parameters.strip_text("a.example/s?id=5&v=1"), "a.example/s?id=5");
        assert_eq!(ignored_parameters.strip_text("a.example/s?v"), "a.example/s");
        assert_eq!(ignored_parameters.strip_text("b.example/s?v=1"), "b.example/s?v=1");
    }

    #[test]
    fn one_counter_example_is_enough() {
        assert!(ParameterEvidence { same: 3, different: 0 }.is_ignorable());
        assert!(!ParameterEvidence { same: 2, different: 0 }.is_ignorable());
        assert!(!ParameterEvidence { same: 900, different: 1 }.is_ignorable());
    }
}
