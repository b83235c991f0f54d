//! The articles of one language within the window, in memory, for `wiresift dedupe`. The daemon has
//! the same data in its database and makes the same lookups.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::story::fingerprint::{StoryFingerprint, Term};
use crate::story::member::{Decision, Missing, Neighbourhood, StoryMember, StoryRef, decide};
use crate::story::model::Model;
use crate::story::rarity::Rarity;
use crate::story::score::Weighed;
use crate::story::{MOST_CANDIDATES, MOST_MEMBERS, MOST_ON_A_KEY};

/// Articles of one language within the window, their stories, and the keys that lead to them.
#[derive(Debug)]
pub struct StoryIndex {
    model: &'static Model,
    rarity: Rarity,
    members: BTreeMap<i64, StoryMember>,
    arrivals: VecDeque<(DateTime<Utc>, i64)>,
    keys: HashMap<Term, Vec<i64>>,
    members_by_story: BTreeMap<i64, Vec<i64>>,
    /// The story of every article that has one, in or out of the window.
    stories: HashMap<i64, i64>,
    next_story: i64,
}

impl StoryIndex {
    /// An empty index of a language.
    #[must_use]
    pub fn new(language: &str) -> Self {
        Self::with_model(language, Model::embedded())
    }

    /// An empty index of a language, with another model.
    #[must_use]
    pub fn with_model(language: &str, model: &'static Model) -> Self {
        Self {
            model,
            rarity: Rarity::new(language),
            members: BTreeMap::new(),
            arrivals: VecDeque::new(),
            keys: HashMap::new(),
            members_by_story: BTreeMap::new(),
            stories: HashMap::new(),
            next_story: 0,
        }
    }

    /// Counts the words of an article that is not in the index.
    pub fn count(&mut self, fingerprint: &StoryFingerprint) {
        self.rarity.add(fingerprint.terms());
    }

    /// Assigns an incoming article to a story. Articles must come in the order of their ids.
    pub fn place(
        &mut self,
        article: i64,
        fingerprint: StoryFingerprint,
        published: Option<DateTime<Utc>>,
        arrived: DateTime<Utc>,
        window: TimeDelta,
    ) -> Decision {
        self.forget(arrived - window);
        self.rarity.add(fingerprint.terms());
        let member = StoryMember { fingerprint, at: published, story: None };
        let keys = Weighed::of(&member.fingerprint, &self.rarity).keys();
        let near = self.near(&keys);
        let decision = decide(article, &member, &near, &self.rarity, window, self.model);
        for key in keys {
            self.keys.entry(key).or_default().push(article);
        }
        self.arrivals.push_back((arrived, article));
        self.members.insert(article, member);
        let first = self.next_story;
        for place in &decision.places {
            let story = place.story.map(|story| match story {
                StoryRef::Known(id) => id,
                StoryRef::New(place) => first + i64::try_from(place).unwrap_or_default(),
            });
            self.next_story = self.next_story.max(story.map_or(0, |id| id + 1));
            self.put(place.article, story);
        }
        decision
    }

    /// The articles that are in a story, and their stories.
    pub fn stories(&self) -> impl Iterator<Item = (i64, i64)> {
        self.stories.iter().map(|(article, story)| (*article, *story))
    }

    /// Removes an article, because it has become a copy.
    pub fn remove(&mut self, article: i64) {
        self.put(article, None);
        self.members.remove(&article);
    }

    fn put(&mut self, article: i64, story: Option<i64>) {
        let Some(member) = self.members.get_mut(&article) else { return };
        if let Some(before) = std::mem::replace(&mut member.story, story)
            && let Some(members) = self.members_by_story.get_mut(&before)
        {
            members.retain(|member| *member != article);
        }
        if let Some(story) = story {
            self.members_by_story.entry(story).or_default().push(article);
            self.stories.insert(article, story);
        } else {
            self.stories.remove(&article);
        }
    }

    fn near(&self, keys: &[Term]) -> Neighbourhood {
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        for key in keys {
            for article in self.keys.get(key).into_iter().flatten().rev().take(MOST_ON_A_KEY) {
                *shared.entry(*article).or_default() += 1;
            }
        }
        let mut ranked: Vec<(usize, i64)> = shared
            .into_iter()
            .filter(|(article, count)| *count > 1 && self.members.contains_key(article))
            .map(|(article, count)| (count, article))
            .collect();
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        ranked.truncate(MOST_CANDIDATES);
        let mut near = Neighbourhood::default();
        let mut wanted: BTreeSet<i64> = ranked.iter().map(|(_, article)| *article).collect();
        for story in ranked
            .iter()
            .filter_map(|(_, article)| self.stories.get(article).copied())
            .collect::<BTreeSet<_>>()
        {
            let members = self.members_by_story.get(&story).map(Vec::as_slice).unwrap_or_default();
            let live = members.iter().rev().filter(|member| self.members.contains_key(member));
            let live: Vec<i64> = live.copied().collect();
            let missing = Missing {
                departed: members.len() - live.len(),
                more: live.len().saturating_sub(MOST_MEMBERS),
            };
            if missing != Missing::default() {
                near.partial.insert(story, missing);
            }
            wanted.extend(live.into_iter().take(MOST_MEMBERS));
        }
        let members = wanted
            .into_iter()
            .filter_map(|id| self.members.get(&id).map(|member| (id, member.clone())));
        near.members = members.collect();
        near
    }

    fn forget(&mut self, before: DateTime<Utc>) {
        while let Some((_, article)) = self.arrivals.front().copied().filter(|(at, _)| *at < before)
        {
            self.arrivals.pop_front();
            let Some(member) = self.members.remove(&article) else { continue };
            for key in Weighed::of(&member.fingerprint, &self.rarity).keys() {
                if let Some(posted) = self.keys.get_mut(&key) {
                    posted.retain(|posted| *posted != article);
                }
            }
        }
    }
}
