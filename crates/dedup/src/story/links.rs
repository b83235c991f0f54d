//! The articles of all languages within the window, in memory, and the links between languages.
//!
//! `wiresift dedupe` has all articles within the window here. The daemon has them in its database
//! and loads what one batch of articles needs. So both find links by the same code.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::story::bridge::{ALL_LANGUAGES, Abroad, Bridge, FEWEST_SHARED, Link, nearest};
use crate::story::fingerprint::Term;
use crate::story::rarity::{Rarity, UNKNOWN_LANGUAGE};
use crate::story::{Incoming, MOST_ON_A_KEY};

/// The most articles of other languages that are compared with an incoming article. Those with the
/// most keys in common come first; of these, the newest.
pub const MOST_ABROAD: usize = 16;

/// A number for each language that [`language_of`](crate::story::language_of) gives: its two or three
/// letters, to the base of 27.
#[must_use]
pub fn language_tag(language: &str) -> u16 {
    let letters = language.bytes().take(3);
    letters.fold(0, |tag, letter| 27 * tag + 1 + u16::from(letter.saturating_sub(b'a') % 26))
}

/// An article that is here.
#[derive(Debug)]
struct Present {
    abroad: Abroad,
    number: i64,
    /// The terms that lead to it. None if it was loaded.
    keys: Vec<Term>,
}

/// What was found for an article.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Linking {
    /// The articles of other languages that are about its event.
    pub links: Vec<Link>,
    /// The terms that lead to it from now on.
    pub keys: Vec<Term>,
}

/// What links between languages need to know of the articles within the window.
#[derive(Debug)]
pub struct LinkIndex {
    /// The weights of the words of all languages together.
    pub rarity: Rarity,
    members: HashMap<i64, Present>,
    /// The articles in the order in which they came, each with its number.
    arrivals: VecDeque<(DateTime<Utc>, i64, i64)>,
    keys: HashMap<Term, Vec<i64>>,
}

impl Default for LinkIndex {
    fn default() -> Self {
        Self::new(Rarity::new(ALL_LANGUAGES))
    }
}

impl LinkIndex {
    /// An empty index, with the weights of words.
    #[must_use]
    pub fn new(rarity: Rarity) -> Self {
        Self { rarity, members: HashMap::new(), arrivals: VecDeque::new(), keys: HashMap::new() }
    }

    /// Loads an article that came before. Its keys are not loaded.
    pub fn load(&mut self, number: i64, abroad: Abroad) {
        self.members.insert(abroad.article, Present { abroad, number, keys: Vec::new() });
    }

    /// Adds an article, and finds its links. `candidates` are articles that were loaded, with the
    /// number of its terms that lead to each. An article in an unknown language has no links: it
    /// may be in the language of the other.
    pub fn place(
        &mut self,
        incoming: &Incoming,
        candidates: &[(i64, usize)],
        window: TimeDelta,
    ) -> Linking {
        self.forget(incoming.at - window);
        self.remove(incoming.article);
        if &*incoming.language == UNKNOWN_LANGUAGE {
            return Linking::default();
        }
        let bridge = &incoming.fingerprint.bridge;
        if incoming.is_counted {
            self.rarity.counts.add(bridge.terms.iter().copied());
        }
        let near = self.near(&incoming.language, bridge, candidates);
        let links = nearest(bridge, &near, &self.rarity);
        let keys = bridge.keys(&self.rarity);
        for key in &keys {
            self.keys.entry(*key).or_default().push(incoming.article);
        }
        let (article, language) = (incoming.article, incoming.language.to_string());
        let abroad = Abroad { article, language, bridge: bridge.clone() };
        let present = Present { abroad, number: incoming.number, keys: keys.clone() };
        self.members.insert(article, present);
        self.arrivals.push_back((incoming.at, article, incoming.number));
        Linking { links, keys }
    }

    /// Removes an article, because it has become a copy or comes again.
    pub fn remove(&mut self, article: i64) {
        let Some(present) = self.members.remove(&article) else { return };
        for term in &present.keys {
            if let Some(posted) = self.keys.get_mut(term) {
                posted.retain(|posted| *posted != article);
            }
        }
    }

    fn near(&self, language: &str, bridge: &Bridge, candidates: &[(i64, usize)]) -> Vec<Abroad> {
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        for term in &bridge.terms {
            for article in self.keys.get(term).into_iter().flatten().rev().take(MOST_ON_A_KEY) {
                *shared.entry(*article).or_default() += 1;
            }
        }
        // An article that has come again is found by its new keys.
        let is_loaded =
            |article: &i64| self.members.get(article).is_some_and(|known| known.keys.is_empty());
        shared.extend(candidates.iter().copied().filter(|(article, _)| is_loaded(article)));
        let mut ranked: Vec<(usize, i64, &Abroad)> = shared
            .into_iter()
            .filter(|(_, count)| *count >= FEWEST_SHARED)
            .filter_map(|(article, count)| {
                let known = self.members.get(&article)?;
                Some((count, known.number, &known.abroad))
            })
            .filter(|(_, _, abroad)| abroad.language != language)
            .collect();
        ranked.sort_unstable_by_key(|(count, number, _)| std::cmp::Reverse((*count, *number)));
        ranked.into_iter().take(MOST_ABROAD).map(|(_, _, abroad)| abroad.clone()).collect()
    }

    fn forget(&mut self, before: DateTime<Utc>) {
        while let Some((_, article, number)) = self.arrivals.pop_front_if(|(at, _, _)| *at < before)
        {
            // An article that has come again since stays.
            if self.members.get(&article).is_some_and(|known| known.number == number) {
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
    use std::collections::BTreeSet;

    use super::*;
    use crate::story::StoryFingerprint;

    #[test]
    fn an_article_is_linked_within_the_window_and_as_long_as_it_is_here() {
        const NONE: [i64; 0] = [];
        let mut index = LinkIndex::default();
        let mut number = 0;
        let mut place = |index: &mut LinkIndex, article, language, text, day| {
            number += 1;
            let linking = index.place(
                &incoming(article, number, language, text, day),
                &[],
                TimeDelta::days(7),
            );
            linking.links.into_iter().map(|link| link.article).collect::<Vec<_>>()
        };
        assert_eq!(place(&mut index, 1, "en", ENGLISH, 0), NONE);
        assert_eq!(place(&mut index, 2, "en", ENGLISH, 1), NONE, "one language");
        assert_eq!(place(&mut index, 9, "und", GERMAN, 1), NONE, "it may be any language");
        assert_eq!(place(&mut index, 3, "de", GERMAN, 2), [1], "of equal ones, the oldest");
        assert_eq!(place(&mut index, 1, "en", ENGLISH, 3), [3], "it comes again");
        index.remove(2);
        assert_eq!(place(&mut index, 4, "nl", GERMAN, 9), [3, 1], "of each language");
        assert_eq!(place(&mut index, 5, "fr", GERMAN, 30), NONE);
    }

    #[test]
    fn an_article_that_was_loaded_is_linked_like_one_that_came() {
        let (one, other) = (incoming(1, 1, "en", ENGLISH, 0), incoming(2, 2, "de", GERMAN, 1));
        let mut index = LinkIndex::default();
        let first = index.place(&one, &[], TimeDelta::days(7));
        let counts = index.rarity.clone();
        let whole = index.place(&other, &[], TimeDelta::days(7));
        let mut index = LinkIndex::new(counts);
        let (language, bridge) = (one.language.to_string(), one.fingerprint.bridge.clone());
        index.load(1, Abroad { article: 1, language, bridge });
        let shared =
            other.fingerprint.bridge.terms.iter().filter(|term| first.keys.contains(term)).count();
        assert_eq!(index.place(&other, &[(1, shared)], TimeDelta::days(7)), whole);
        assert_eq!(whole.links.len(), 1);
    }

    #[test]
    fn languages_have_different_tags() {
        let letter = || (b'a'..=b'z').map(char::from);
        let two = letter().flat_map(|one| letter().map(move |two| format!("{one}{two}")));
        let three = two.clone().flat_map(|two| letter().map(move |three| format!("{two}{three}")));
        let tags: BTreeSet<u16> = two.chain(three).map(|code| language_tag(&code)).collect();
        assert_eq!(tags.len(), 26 * 26 * 27);
    }

    const ENGLISH: &str = "Ada Lindqvist of Millbrook opened the wall, 412 metres long. The county \
                           of Northmere paid for it, and the fishery Brandt.";
    const GERMAN: &str = "Ada Lindqvist weiht in Millbrook die Mauer ein: 412 Meter. Bezahlt haben \
                          sie Northmere und die Fischerei Brandt.";

    fn incoming(article: i64, number: i64, language: &str, text: &str, day: i64) -> Incoming {
        let fingerprint = StoryFingerprint::of("Millbrook", text, language).expect("a text");
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(day);
        Incoming {
            article,
            number,
            language: language.into(),
            fingerprint: fingerprint.into(),
            published: None,
            at,
            is_counted: true,
        }
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
