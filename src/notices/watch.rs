//! From findings to notices: each fault is told once, and once more when it is over.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::notices::conditions::{Observed, Standing, advice, findings, unnamed};

/// How long a fault lasts before it is told.
const OPEN_AFTER: Duration = Duration::from_mins(2);

/// How long a fault is over before the all-clear.
const CLEAR_AFTER: Duration = Duration::from_mins(2);

/// Most faults that are open at once; further ones wait.
const MOST_OPEN: usize = 200;

/// Most notices that wait to be delivered; older ones are dropped.
const MOST_WAITING: usize = 200;

/// A notice, as it is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for a fault and its all-clear.
    pub id: String,
    pub event: Event,
    /// What it is about: "disk", "feed:12".
    pub key: String,
    /// What is wrong, or was.
    pub text: String,
    /// What to do about it.
    pub advice: String,
    /// When the fault began.
    pub since: DateTime<Utc>,
    /// When this notice was made.
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// The fault began.
    Fault,
    /// It is over.
    Clear,
}

/// A fault that was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub text: String,
    pub since: DateTime<Utc>,
    /// Since when it seems to be over.
    #[serde(default)]
    good_since: Option<DateTime<Utc>>,
}

/// The state between two looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watch {
    /// The faults that were told, by key.
    pub open: BTreeMap<String, Open>,
    /// Notices that wait to be delivered, oldest first.
    pub waiting: Vec<Notice>,
    /// Since when a fault that was not told yet lasts.
    #[serde(skip)]
    lasting: BTreeMap<String, DateTime<Utc>>,
}

impl Watch {
    /// Takes in what is seen at `now`. New notices are returned, and wait to be delivered.
    pub fn look(&mut self, seen: &Observed, now: DateTime<Utc>) -> Vec<Notice> {
        let found = findings(seen, now, &|key| self.open.contains_key(key));
        let named: Vec<&str> = found.iter().map(|finding| finding.key.as_str()).collect();
        let mut others: Vec<String> =
            self.open.keys().chain(self.lasting.keys()).cloned().collect();
        others.retain(|key| !named.contains(&key.as_str()));
        let mut notices = Vec::new();
        for finding in found {
            notices.extend(self.judge(&finding.key, finding.standing, now));
        }
        for key in others {
            notices.extend(self.judge(&key, unnamed(seen, &key), now));
        }
        self.waiting.extend(notices.iter().cloned());
        let surplus = self.waiting.len().saturating_sub(MOST_WAITING);
        self.waiting.drain(..surplus);
        notices
    }

    fn judge(&mut self, key: &str, standing: Standing, now: DateTime<Utc>) -> Option<Notice> {
        match standing {
            Standing::Bad(text) => self.bad(key, text, now),
            Standing::Good => self.good(key, now),
            Standing::Unknown => None,
        }
    }

    fn bad(&mut self, key: &str, text: String, now: DateTime<Utc>) -> Option<Notice> {
        if let Some(open) = self.open.get_mut(key) {
            (open.text, open.good_since) = (text, None);
            return None;
        }
        let since = begun(self.lasting.entry(key.to_owned()).or_insert(now), now);
        if !has_passed(since, now, OPEN_AFTER) || self.open.len() >= MOST_OPEN {
            return None;
        }
        self.lasting.remove(key);
        let open = Open { text, since, good_since: None };
        let notice = notice(Event::Fault, key, &open, now);
        self.open.insert(key.to_owned(), open);
        Some(notice)
    }

    fn good(&mut self, key: &str, now: DateTime<Utc>) -> Option<Notice> {
        self.lasting.remove(key);
        let good_since = begun(self.open.get_mut(key)?.good_since.get_or_insert(now), now);
        if !has_passed(good_since, now, CLEAR_AFTER) {
            return None;
        }
        let open = self.open.remove(key)?;
        Some(notice(Event::Clear, key, &open, now))
    }
}

/// When something began. If the clock has gone back since then, it begins anew.
fn begun(since: &mut DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    *since = now.min(*since);
    *since
}

fn has_passed(since: DateTime<Utc>, now: DateTime<Utc>, time: Duration) -> bool {
    (now - since).to_std().is_ok_and(|passed| passed >= time)
}

fn notice(event: Event, key: &str, open: &Open, now: DateTime<Utc>) -> Notice {
    Notice {
        id: format!("{key}@{}", open.since.timestamp()),
        event,
        key: key.to_owned(),
        text: open.text.clone(),
        advice: advice(key).to_owned(),
        since: open.since,
        at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(number)
    }

    fn away() -> Observed {
        Observed { outage: Some("no route".to_owned()), ..Observed::default() }
    }

    /// Looks every 15 seconds from one second to another.
    fn looks(watch: &mut Watch, seen: &Observed, from: i64, to: i64) -> Vec<(Event, String)> {
        let times = (from..to).step_by(15);
        let told = times.flat_map(|at| watch.look(seen, second(at)));
        told.map(|notice| (notice.event, notice.key)).collect()
    }

    #[test]
    fn a_fault_is_told_once_and_once_more_when_it_is_over() {
        let (mut watch, well) = (Watch::default(), Observed::default());
        assert_eq!(looks(&mut watch, &well, 0, 600), []);
        let told = looks(&mut watch, &away(), 600, 4200);
        assert_eq!(told, [(Event::Fault, "database".to_owned())]);
        let told = looks(&mut watch, &well, 4200, 9000);
        assert_eq!(told, [(Event::Clear, "database".to_owned())]);
        let ids: Vec<&str> = watch.waiting.iter().map(|notice| notice.id.as_str()).collect();
        assert_eq!(ids, ["database@600", "database@600"]);
    }

    #[test]
    fn a_short_fault_is_not_told_and_a_short_recovery_is_none() {
        let (mut watch, well) = (Watch::default(), Observed::default());
        assert_eq!(looks(&mut watch, &away(), 0, 100), []);
        assert_eq!(looks(&mut watch, &well, 100, 200), []);
        assert_eq!(looks(&mut watch, &away(), 200, 400).len(), 1);
        assert_eq!(looks(&mut watch, &well, 400, 500), []);
        assert_eq!(looks(&mut watch, &away(), 500, 900), []);
    }

    #[test]
    fn a_restart_repeats_nothing() {
        let mut watch = Watch::default();
        assert_eq!(looks(&mut watch, &away(), 0, 300).len(), 1);
        let stored = serde_json::to_string(&watch).expect("json");
        let mut watch: Watch = serde_json::from_str(&stored).expect("json");
        assert_eq!(looks(&mut watch, &away(), 300, 900), []);
        let told = looks(&mut watch, &Observed::default(), 900, 1200);
        assert_eq!(told, [(Event::Clear, "database".to_owned())]);
    }

    #[test]
    fn a_feed_is_clear_when_it_is_not_named_any_more() {
        let mut watch = Watch::default();
        let silent = Observed {
            feeds: Some(vec![(7, "the feed is silent".to_owned())]),
            ..Observed::default()
        };
        assert_eq!(looks(&mut watch, &silent, 0, 300), [(Event::Fault, "feed:7".to_owned())]);
        // While the database is away, nothing is known of feeds.
        assert_eq!(looks(&mut watch, &Observed::default(), 300, 900), []);
        let well = Observed { feeds: Some(Vec::new()), ..Observed::default() };
        assert_eq!(looks(&mut watch, &well, 900, 1200), [(Event::Clear, "feed:7".to_owned())]);
    }

    #[test]
    fn what_cannot_be_delivered_is_bounded() {
        let mut watch = Watch::default();
        let feeds = (0..1000).map(|id| (id, "silent".to_owned())).collect();
        let seen = Observed { feeds: Some(feeds), ..Observed::default() };
        looks(&mut watch, &seen, 0, 600);
        assert_eq!((watch.open.len(), watch.waiting.len()), (MOST_OPEN, MOST_WAITING));
    }
}
