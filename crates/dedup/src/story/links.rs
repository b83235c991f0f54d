//! The articles of all languages within the window, in memory, and the links between languages, for
//! `wiresift dedupe`. The daemon has the same data in its database and makes the same look-ups.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::story::MOST_ON_A_KEY;
use crate::story::bridge::{ALL_LANGUAGES, Abroad, Bridge, FEWEST_SHARED, Link, nearest};
use crate::story::fingerprint::Term;
use crate::story::rarity::Rarity;

/// The most articles of other languages that are compared with an incoming article. Those with the
/// most keys in common come first; of these, the newest.
pub const MOST_ABROAD: usize = 16;

/// What links between languages need to know of the articles within the window.
#[derive(Debug)]
pub struct LinkIndex {
    rarity: Rarity,
    /// Articles, each with the time at which it came last.
    members: HashMap<i64, (Abroad, DateTime<Utc>)>,
    arrivals: VecDeque<(DateTime<Utc>, i64)>,
    keys: HashMap<Term, Vec<i64>>,
}

impl Default for LinkIndex {
    fn default() -> Self {
        Self {
            rarity: Rarity::new(ALL_LANGUAGES),
            members: HashMap::new(),
            arrivals: VecDeque::new(),
            keys: HashMap::new(),
        }
    }
}

impl LinkIndex {
    /// Adds an article, and returns the articles of other languages that are about its event.
    pub fn place(
        &mut self,
        article: i64,
        language: &str,
        bridge: &Bridge,
        arrived: DateTime<Utc>,
        window: TimeDelta,
    ) -> Vec<Link> {
        self.forget(arrived - window);
        self.remove(article);
        self.rarity.counts.add(bridge.terms.iter().copied());
        let links = nearest(bridge, &self.near(language, bridge), &self.rarity);
        for key in bridge.keys(&self.rarity) {
            self.keys.entry(key).or_default().push(article);
        }
        let member = Abroad { article, language: language.to_owned(), bridge: bridge.clone() };
        self.members.insert(article, (member, arrived));
        self.arrivals.push_back((arrived, article));
        links
    }

    /// Removes an article, because it has become a copy or comes again.
    pub fn remove(&mut self, article: i64) {
        let Some((member, _)) = self.members.remove(&article) else { return };
        for term in &member.bridge.terms {
            if let Some(posted) = self.keys.get_mut(term) {
                posted.retain(|posted| *posted != article);
            }
        }
    }

    fn near(&self, language: &str, bridge: &Bridge) -> Vec<Abroad> {
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        for term in &bridge.terms {
            for article in self.keys.get(term).into_iter().flatten().rev().take(MOST_ON_A_KEY) {
                *shared.entry(*article).or_default() += 1;
            }
        }
        let is_abroad = |article: &i64| {
            self.members.get(article).is_some_and(|(member, _)| member.language != language)
        };
        let mut ranked: Vec<(usize, i64)> = shared
            .into_iter()
            .filter(|(article, count)| *count >= FEWEST_SHARED && is_abroad(article))
            .map(|(article, count)| (count, article))
            .collect();
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        let near = ranked.iter().take(MOST_ABROAD);
        near.filter_map(|(_, article)| Some(self.members.get(article)?.0.clone())).collect()
    }

    fn forget(&mut self, before: DateTime<Utc>) {
        while let Some((at, article)) = self.arrivals.pop_front_if(|(at, _)| *at < before) {
            // An article that has come again since stays.
            if self.members.get(&article).is_some_and(|(_, arrived)| *arrived == at) {
                self.remove(article);
            }
        }
    }
}

/// Joins the stories of different languages that links connect. Two are joined only if they have no
/// language in common, because within a language the words of the language decide.
#[derive(Debug, Default)]
pub struct Linked {
    /// The group of each story, and the languages of each group.
    groups: BTreeMap<i64, (Vec<i64>, Vec<String>)>,
    group_of: BTreeMap<i64, i64>,
}

impl Linked {
    /// Adds a story, or an article that is alone, in a language.
    pub fn add(&mut self, story: i64, language: &str) {
        if let Entry::Vacant(place) = self.group_of.entry(story) {
            place.insert(story);
            self.groups.insert(story, (vec![story], vec![language.to_owned()]));
        }
    }

    /// Follows a link between two.
    pub fn join(&mut self, one: i64, other: i64) {
        let (one, other) = (self.group(one), self.group(other));
        let (into, from) = (one.min(other), one.max(other));
        let languages = |group: &i64| self.groups.get(group).map(|(_, languages)| languages);
        let Some((ours, theirs)) = languages(&into).zip(languages(&from)) else { return };
        if ours.iter().any(|language| theirs.contains(language)) {
            return;
        }
        let Some((members, languages)) = self.groups.remove(&from) else { return };
        self.group_of.extend(members.iter().map(|member| (*member, into)));
        if let Some(group) = self.groups.get_mut(&into) {
            group.0.extend(members);
            group.1.extend(languages);
        }
    }

    /// The first story of the group of a story.
    #[must_use]
    pub fn group(&self, story: i64) -> i64 {
        self.group_of.get(&story).copied().unwrap_or(story)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::words::words;

    #[test]
    fn an_article_is_linked_within_the_window_and_as_long_as_it_is_here() {
        let bridge = |text, language| Bridge::of(&[], &words(text, language, 100));
        let english = bridge("Ada Lindqvist of Millbrook opened the wall, 412 metres long.", "en");
        let german = bridge("Ada Lindqvist weiht in Millbrook die Mauer ein: 412 Meter.", "de");
        let day = |day: i64| DateTime::UNIX_EPOCH + TimeDelta::days(day);
        let mut index = LinkIndex::default();
        let place = |index: &mut LinkIndex, article, language, bridge, at| {
            let links = index.place(article, language, bridge, day(at), TimeDelta::days(7));
            links.into_iter().map(|link| link.article).collect::<Vec<_>>()
        };
        assert_eq!(place(&mut index, 1, "en", &english, 0), Vec::<i64>::new());
        assert_eq!(place(&mut index, 2, "en", &english, 1), Vec::<i64>::new(), "one language");
        assert_eq!(place(&mut index, 3, "de", &german, 2), [1]);
        assert_eq!(place(&mut index, 1, "en", &english, 3), [3], "it comes again");
        index.remove(2);
        assert_eq!(place(&mut index, 4, "nl", &german, 9), [3, 1], "of each language");
        assert_eq!(place(&mut index, 5, "fr", &german, 30), Vec::<i64>::new());
    }

    #[test]
    fn links_join_stories_without_a_common_language() {
        let mut linked = Linked::default();
        for (story, language) in [(0, "en"), (1, "de"), (2, "en"), (3, "fr")] {
            linked.add(story, language);
        }
        linked.join(0, 1);
        linked.join(2, 1);
        linked.join(3, 1);
        assert_eq!([0, 1, 2, 3].map(|story| linked.group(story)), [0, 0, 2, 0]);
    }
}
