//! Stories: who told them when, and what ties their articles.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use crate::console::view::articles::headline;
use crate::console::view::format::{When, count, foreign, span};
use crate::console::view::svg::{Dot, lane};
use crate::filing::words::grounds;
use crate::store::{StoryDetail, StoryLine, Teller};
use crate::units::counted;

/// Outlets, and ties, on the page of a story.
const LANES: usize = 60;
const TIES: usize = 100;

/// A line of the list.
#[derive(Debug, Clone)]
pub(crate) struct StoryRow {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) facts: String,
    pub(crate) when: When,
}

pub(crate) fn rows(lines: &[StoryLine], now: DateTime<Utc>) -> Vec<StoryRow> {
    let row = |line: &StoryLine| StoryRow {
        id: line.id,
        title: headline(&line.title),
        facts: facts(line),
        when: When::of(line.updated_at, now),
    };
    lines.iter().map(row).collect()
}

fn facts(line: &StoryLine) -> String {
    let (articles, sources) = (number(line.articles), number(line.sources));
    let facts = format!("{} in {}", counted(articles, "article"), counted(sources, "outlet"));
    let times = line.first_published_at.zip(line.last_published_at);
    let within = times.map(|(first, last)| span((last - first).num_seconds()));
    let within = within.map(|span| format!(" within {span}")).unwrap_or_default();
    format!("{facts}{within} · {}", foreign(&line.language, 20))
}

fn number(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// An outlet.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) host: String,
    pub(crate) drawing: String,
    pub(crate) tellings: Vec<Telling>,
}

#[derive(Debug, Clone)]
pub(crate) struct Telling {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) when: When,
    pub(crate) is_copy: bool,
}

/// Two articles, and how likely it is that they are about one event.
#[derive(Debug, Clone)]
pub(crate) struct Tie {
    pub(crate) one: (i64, String),
    pub(crate) other: (i64, String),
    pub(crate) odds: String,
    /// What speaks for one event and against it.
    pub(crate) grounds: String,
    /// It speaks against one event.
    pub(crate) is_against: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct StoryView {
    pub(crate) title: String,
    pub(crate) facts: String,
    /// Who told it first: number, headline, outlet and when.
    pub(crate) first: Option<(i64, String, String, When)>,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) lanes_left_out: Option<String>,
    pub(crate) ties: Vec<Tie>,
}

impl StoryView {
    pub(crate) fn of(detail: &StoryDetail, now: DateTime<Utc>) -> Self {
        let first = detail.tellers.iter().find(|teller| teller.copy_of.is_none());
        let first = first.or_else(|| detail.tellers.first());
        let mut lanes = lanes(&detail.tellers, now);
        let left_out = lanes.len().saturating_sub(LANES);
        lanes.truncate(LANES);
        Self {
            title: headline(&detail.line.title),
            facts: facts(&detail.line),
            first: first.map(|it| {
                let (title, host) = (headline(&it.title), foreign(&it.host, 100));
                (it.id, title, host, When::of(it.at, now))
            }),
            lanes,
            lanes_left_out: (left_out > 0).then(|| count(left_out as i64)),
            ties: ties(detail),
        }
    }
}

/// The outlets in the order in which they told the story.
fn lanes(tellers: &[Teller], now: DateTime<Utc>) -> Vec<Lane> {
    let (first, last) = (tellers.first().map(|it| it.at), tellers.last().map(|it| it.at));
    let whole = first.zip(last).map_or(0, |(first, last)| (last - first).num_seconds());
    let place = |at: DateTime<Utc>| {
        first.map_or(0.0, |first| (at - first).num_seconds() as f64 / whole.max(1) as f64)
    };
    let mut hosts: Vec<&str> = Vec::new();
    let mut by_host: HashMap<&str, Vec<&Teller>> = HashMap::new();
    for teller in tellers {
        let told = by_host.entry(&teller.host).or_default();
        if told.is_empty() {
            hosts.push(&teller.host);
        }
        told.push(teller);
    }
    let lane = |host: &str| {
        let told = by_host.get(host).map(Vec::as_slice).unwrap_or_default();
        let dot = |it: &&Teller| Dot { place: place(it.at), is_copy: it.copy_of.is_some() };
        let dots: Vec<Dot> = told.iter().map(dot).collect();
        let host = foreign(host, 100);
        let title = format!("{host}: {} over time", counted(told.len(), "article"));
        let telling = |it: &&Teller| Telling {
            id: it.id,
            title: headline(&it.title),
            when: When::of(it.at, now),
            is_copy: it.copy_of.is_some(),
        };
        Lane {
            drawing: lane(&title, &dots),
            host,
            tellings: told.iter().take(12).map(telling).collect(),
        }
    };
    hosts.into_iter().map(lane).collect()
}

/// Each pair of articles of the story once, the strongest first.
fn ties(detail: &StoryDetail) -> Vec<Tie> {
    let titles: HashMap<i64, &str> =
        detail.tellers.iter().map(|it| (it.id, it.title.as_str())).collect();
    let mut pairs = BTreeMap::new();
    for (one, score) in &detail.scores {
        let (low, high) = (*one.min(&score.article), *one.max(&score.article));
        if titles.contains_key(&low) && titles.contains_key(&high) && low != high {
            pairs.entry((low, high)).or_insert_with(|| score.clone());
        }
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_by(|(_, one), (_, other)| other.log_odds.total_cmp(&one.log_odds));
    let named = |id: i64| (id, titles.get(&id).map(|title| headline(title)).unwrap_or_default());
    let tie = |((one, other), score): ((i64, i64), crate::store::Score)| Tie {
        one: named(one),
        other: named(other),
        odds: format!("{:+.2}", score.log_odds),
        grounds: grounds(&score.parts),
        is_against: score.log_odds < 0.0,
    };
    pairs.into_iter().take(TIES).map(tie).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use serde_json::json;

    use crate::store::Score;

    fn detail() -> StoryDetail {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let teller = |id, host: &str, copy_of, minutes| Teller {
            id,
            title: format!("Title {id}"),
            host: host.into(),
            copy_of,
            at: at(minutes),
        };
        let line = StoryLine {
            id: 1,
            title: "Ferry".into(),
            language: "en".into(),
            articles: 2,
            sources: 1,
            first_published_at: Some(at(0)),
            last_published_at: Some(at(30)),
            updated_at: at(30),
        };
        let tellers = vec![
            teller(3, "copy.example", Some(4), 0),
            teller(4, "first.example", None, 10),
            teller(5, "copy.example", None, 30),
        ];
        let stored = json!([
            {"article": 4, "log_odds": 2.5, "parts": {"names": -0.25, "lead": 2.75}, "later": true},
            {"article": 99, "log_odds": 9},
            {"article": "what"},
        ]);
        let scores = Score::all(&stored).into_iter().map(|score| (5, score));
        StoryDetail { line, tellers, scores: scores.collect() }
    }

    #[test]
    fn the_first_teller_is_no_copy_and_lanes_are_in_the_order_of_time() {
        let view = StoryView::of(&detail(), DateTime::UNIX_EPOCH);
        assert_eq!(view.first.map(|(id, ..)| id), Some(4));
        let hosts: Vec<&str> = view.lanes.iter().map(|lane| lane.host.as_str()).collect();
        assert_eq!(hosts, ["copy.example", "first.example"]);
        assert!(view.lanes[0].drawing.contains("\"ring\"") && view.lanes[0].tellings.len() == 2);
        assert_eq!(view.facts, "2 articles in 1 outlet within 30 min · en");
    }

    #[test]
    fn ties_are_those_within_the_story_and_foreign_fields_do_no_harm() {
        let ties = StoryView::of(&detail(), DateTime::UNIX_EPOCH).ties;
        assert_eq!(ties.len(), 1);
        assert_eq!((ties[0].one.0, ties[0].other.0, ties[0].odds.as_str()), (4, 5, "+2.50"));
        assert!(!ties[0].is_against);
    }
}
