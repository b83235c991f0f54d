//! A list of articles with its facets.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use url::form_urlencoded;

use crate::console::view::format::{LINE, When, count, foreign, percent};
use crate::store::{ArticleLine, Candidate, Cursor};

/// Articles on one page.
pub(crate) const PAGE: usize = 40;

/// Values of a facet.
const VALUES: usize = 10;

/// Characters of the beginning of a text.
const BEGINNING: usize = 220;

/// What a person asked for. Empty: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) text: String,
    pub(crate) language: String,
    pub(crate) host: String,
    pub(crate) kind: String,
    pub(crate) tag: String,
}

impl Asked {
    fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("q", &self.text),
            ("language", &self.language),
            ("host", &self.host),
            ("kind", &self.kind),
            ("tag", &self.tag),
        ]
    }

    /// An address of this list. A pair replaces the one of the same name.
    pub(crate) fn address(&self, path: &str, changed: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = self.pairs().into_iter();
        let kept = kept.filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
        for (name, value) in kept.chain(changed.iter().copied()) {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// A property by which a list is narrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facet {
    pub(crate) name: &'static str,
    pub(crate) values: Vec<FacetValue>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FacetValue {
    pub(crate) name: String,
    pub(crate) count: String,
    pub(crate) href: String,
    pub(crate) is_on: bool,
}

/// The candidates that a page lists.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) ids: Vec<i64>,
    pub(crate) facets: Vec<Facet>,
    /// The candidate after which the next page begins.
    pub(crate) further: Option<Cursor>,
    /// How many candidates match.
    pub(crate) matching: usize,
}

/// Chooses from the candidates, of which `skipped` belong to pages before. `has_more`: these are not
/// all.
pub(crate) fn choose(
    candidates: &[Candidate],
    asked: &Asked,
    skipped: usize,
    has_more: bool,
) -> Chosen {
    let matching: Vec<&Candidate> =
        candidates.iter().filter(|one| asked.kind.is_empty() || one.kind == asked.kind).collect();
    let shown = matching.get(skipped..).unwrap_or_default();
    let page = shown.get(..PAGE).unwrap_or(shown);
    let last = if shown.len() > PAGE {
        page.last().copied()
    } else {
        candidates.last().filter(|_| has_more)
    };
    Chosen {
        ids: page.iter().map(|one| one.id).collect(),
        facets: facets(&matching, asked),
        further: last.map(|one| Cursor { published_at: one.published_at, id: one.id }),
        matching: matching.len(),
    }
}

fn facets(matching: &[&Candidate], asked: &Asked) -> Vec<Facet> {
    let facet = |name, parameter, on: &str, values: Vec<&str>| {
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
        let mut counts: Vec<(&str, i64)> = counts.into_iter().collect();
        counts.sort_by_key(|(name, count)| (*name != on, -count, *name));
        let values = counts.into_iter().take(VALUES).map(|(value, number)| {
            let is_on = value == on;
            let wanted = if is_on { "" } else { value };
            FacetValue {
                name: foreign(value, 60),
                count: count(number),
                href: asked.address("/articles", &[(parameter, wanted)]),
                is_on,
            }
        });
        Facet { name, values: values.collect() }
    };
    let of = |read: fn(&Candidate) -> Option<&str>| -> Vec<&str> {
        matching.iter().filter_map(|one| read(one)).collect()
    };
    let tags = matching.iter().flat_map(|one| one.tags.iter().map(String::as_str)).collect();
    let facets = [
        facet("Language", "language", &asked.language, of(|one| one.language.as_deref())),
        facet("Site", "host", &asked.host, of(|one| Some(&one.host))),
        facet("Kind", "kind", &asked.kind, of(|one| Some(&one.kind))),
        facet("Tag", "tag", &asked.tag, tags),
    ];
    facets.into_iter().filter(|facet| !facet.values.is_empty()).collect()
}

/// A cursor as it stands in an address: microseconds since 1970, or nothing, and an id.
pub(crate) fn written(cursor: Cursor) -> String {
    let at = cursor.published_at.map(|at| at.timestamp_micros().to_string());
    format!("{}_{}", at.unwrap_or_default(), cursor.id)
}

pub(crate) fn read(cursor: &str) -> Option<Cursor> {
    let (at, id) = cursor.split_once('_')?;
    let published_at = match at {
        "" => None,
        at => Some(DateTime::from_timestamp_micros(at.parse().ok()?)?),
    };
    Some(Cursor { published_at, id: id.parse().ok()? })
}

/// A line of the list.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) host: String,
    pub(crate) facts: String,
    pub(crate) quality: String,
    /// A class of heat, from the quality.
    pub(crate) class: &'static str,
    pub(crate) beginning: String,
    pub(crate) when: When,
    pub(crate) story: Option<i64>,
    pub(crate) has_copies: bool,
    pub(crate) copies: String,
    pub(crate) doubt: Option<String>,
}

/// The lines in the order of the ids.
pub(crate) fn lines(ids: &[i64], lines: &[ArticleLine], now: DateTime<Utc>) -> Vec<Line> {
    let known: HashMap<i64, &ArticleLine> = lines.iter().map(|line| (line.id, line)).collect();
    ids.iter().filter_map(|id| known.get(id)).map(|line| view(line, now)).collect()
}

fn view(line: &ArticleLine, now: DateTime<Utc>) -> Line {
    let mut facts = vec![format!("{} words", count(line.word_count.into()))];
    facts.extend(line.language.as_deref().map(|language| foreign(language, 20)));
    facts.extend((line.kind != "article").then(|| foreign(&line.kind, 20)));
    facts.extend((line.revision > 1).then(|| format!("revision {}", line.revision)));
    Line {
        id: line.id,
        title: headline(&line.title),
        host: foreign(&line.host, 100),
        facts: facts.join(" · "),
        quality: percent(f64::from(line.quality)),
        class: quality_class(line.quality),
        beginning: foreign(&line.beginning, BEGINNING),
        when: When::of(line.published_at.unwrap_or(line.first_seen_at), now),
        story: line.story_id,
        has_copies: line.copies > 0,
        copies: crate::units::counted(usize::try_from(line.copies).unwrap_or(0), "copy"),
        doubt: line.doubt.as_deref().map(|doubt| foreign(doubt, LINE)),
    }
}

/// A headline, which may be missing.
pub(crate) fn headline(title: &str) -> String {
    let title = foreign(title.trim(), LINE);
    if title.is_empty() { "without a headline".to_owned() } else { title }
}

fn quality_class(quality: f32) -> &'static str {
    match quality {
        0.9.. => "q-good",
        0.6.. => "q-fair",
        _ => "q-poor",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: i64, kind: &str) -> Candidate {
        Candidate {
            id,
            published_at: DateTime::from_timestamp_micros(id),
            host: format!("site{}.example", id % 2),
            language: (id % 3 > 0).then(|| "en".to_owned()),
            kind: kind.into(),
            tags: vec!["local".into()],
        }
    }

    #[test]
    fn a_page_goes_on_after_its_last_article_or_after_the_last_candidate() {
        let some: Vec<Candidate> = (1..=60).rev().map(|id| candidate(id, "article")).collect();
        let chosen = choose(&some, &Asked::default(), 0, true);
        assert_eq!((chosen.ids.len(), chosen.ids[0], chosen.ids[39]), (40, 60, 21));
        assert_eq!(chosen.further.map(|cursor| cursor.id), Some(21));
        // Nothing of this kind is among them, and there are more.
        let asked = Asked { kind: "video".into(), ..Asked::default() };
        let chosen = choose(&some, &asked, 0, true);
        assert_eq!((chosen.ids.len(), chosen.further.map(|cursor| cursor.id)), (0, Some(1)));
        assert_eq!(choose(&some, &asked, 0, false).further, None);
        // The second page of a search.
        assert_eq!(choose(&some, &Asked::default(), 40, false).ids.len(), 20);
        assert_eq!(choose(&some, &Asked::default(), 400, false).ids.len(), 0);
    }

    #[test]
    fn facets_count_and_turn_on_and_off() {
        let some: Vec<Candidate> = (0..9).map(|id| candidate(id, "article")).collect();
        let asked = Asked { text: "a&b".into(), host: "site1.example".into(), ..Asked::default() };
        let facets = choose(&some, &asked, 0, false).facets;
        let sites = &facets.iter().find(|facet| facet.name == "Site").unwrap().values;
        assert!(sites[0].is_on && sites[0].href == "/articles?q=a%26b", "{sites:?}");
        assert_eq!((sites[1].count.as_str(), sites[1].is_on), ("5", false));
        let languages = &facets.iter().find(|facet| facet.name == "Language").unwrap().values;
        assert_eq!(languages.len(), 1);
        assert_eq!(languages[0].href, "/articles?q=a%26b&host=site1.example&language=en");
    }

    #[test]
    fn cursors_come_back() {
        for published_at in [None, DateTime::from_timestamp_micros(1_700_000_000_123_456)] {
            let cursor = Cursor { published_at, id: 7 };
            assert_eq!(read(&written(cursor)), Some(cursor));
        }
        for wrong in ["", "_", "x_1", "1_x", "99999999999999999999_1", "7"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
