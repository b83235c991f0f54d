//! The articles that stories are made of, in memory.
//!
//! `wiresift dedupe` has all articles within the window here. The daemon has them in its database
//! and loads what one batch of articles needs. So both assign stories by the same code.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use xxhash_rust::xxh3::xxh3_64;

use crate::story::bridge::ALL_LANGUAGES;
use crate::story::fingerprint::{StoryFingerprint, Term};
use crate::story::member::{
    Decision, Missing, Neighbourhood, StoryMember, StoryRef, decide, may_be_joined,
};
use crate::story::model::Model;
use crate::story::rarity::Rarities;
use crate::story::{MOST_CANDIDATES, MOST_MEMBERS, MOST_ON_A_KEY};

/// What leads to articles: a word of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoryKey(pub i64);

impl StoryKey {
    /// A word in the form that all languages share.
    #[must_use]
    pub fn of_all_languages(term: Term) -> Self {
        Self::of(ALL_LANGUAGES, term)
    }

    /// A word of a language.
    #[must_use]
    pub fn of(language: &str, term: Term) -> Self {
        let language = xxh3_64(language.as_bytes()) << 32;
        Self((language | u64::from(term)).cast_signed())
    }

    /// The word.
    #[must_use]
    pub fn term(self) -> Term {
        self.0.cast_unsigned() as Term
    }

    /// Whether the word is in the form that all languages share.
    #[must_use]
    pub fn is_of_all_languages(self) -> bool {
        self == Self::of_all_languages(self.term())
    }
}

/// An article that is to be assigned to a story.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub article: i64,
    /// Articles are numbered in the order in which they come. One that comes again has a new
    /// number.
    pub number: i64,
    pub language: Arc<str>,
    pub fingerprint: Arc<StoryFingerprint>,
    /// When it was published, if that is known.
    pub published: Option<DateTime<Utc>>,
    /// When it came.
    pub at: DateTime<Utc>,
    /// Its words are counted. They are not if the article comes again.
    pub is_counted: bool,
}

/// An article that is here.
#[derive(Debug)]
struct Present {
    member: StoryMember,
    number: i64,
    keys: Vec<StoryKey>,
}

/// The members of a story.
#[derive(Debug)]
struct Members {
    present: BTreeSet<i64>,
    /// What is not here.
    missing: Missing,
}

/// Articles within the window, their stories, and the keys that lead to them.
#[derive(Debug)]
pub struct StoryIndex {
    model: &'static Model,
    /// The weights of words.
    pub rarities: Rarities,
    articles: BTreeMap<i64, Present>,
    /// The articles in the order in which they came, each with its number.
    arrivals: VecDeque<(DateTime<Utc>, i64, i64)>,
    /// Articles by key, in the order of their numbers.
    keys: HashMap<StoryKey, Vec<i64>>,
    stories: BTreeMap<i64, Members>,
    /// The story of every article that has one, in or out of the window.
    story_of: HashMap<i64, i64>,
    /// The id of the next new story.
    next_story: i64,
    /// Articles that have another story than before.
    moved: BTreeSet<i64>,
    /// The most central article of each story that was grouped again.
    central: BTreeMap<i64, i64>,
}

impl Default for StoryIndex {
    fn default() -> Self {
        Self::new(Rarities::default(), 1)
    }
}

impl StoryIndex {
    /// An empty index, with the weights of words. New stories are numbered from `next_story`. It
    /// must be higher than the id of any story that is loaded.
    #[must_use]
    pub fn new(rarities: Rarities, next_story: i64) -> Self {
        Self {
            model: Model::embedded(),
            rarities,
            articles: BTreeMap::new(),
            arrivals: VecDeque::new(),
            keys: HashMap::new(),
            stories: BTreeMap::new(),
            story_of: HashMap::new(),
            next_story,
            moved: BTreeSet::new(),
            central: BTreeMap::new(),
        }
    }

    /// The same index with another model of ties.
    #[must_use]
    pub fn with_model(self, model: &'static Model) -> Self {
        Self { model, ..self }
    }

    /// Counts the words of an article, and returns its keys: the words by which articles about the
    /// same event are found.
    pub fn keys(&mut self, incoming: &Incoming) -> Vec<StoryKey> {
        self.count(incoming);
        let member = Self::member(incoming);
        let terms = self.rarities.weigh(&member).keys();
        terms.into_iter().map(|term| StoryKey::of(&incoming.language, term)).collect()
    }

    /// Takes back that the words of an article were counted. Several articles are taken back in the
    /// opposite order.
    pub fn discount(&mut self, incoming: &Incoming) {
        if incoming.is_counted {
            self.rarities.of(&incoming.language).counts.remove(incoming.fingerprint.terms());
        }
    }

    fn count(&mut self, incoming: &Incoming) {
        let counts = &mut self.rarities.of(&incoming.language).counts;
        if incoming.is_counted {
            counts.add(incoming.fingerprint.terms());
        }
    }

    /// Loads an article that came before. Its keys are not loaded.
    pub fn load(&mut self, article: i64, number: i64, member: StoryMember) {
        if let Some(story) = member.story {
            self.load_home(article, story);
        }
        self.articles.insert(article, Present { member, number, keys: Vec::new() });
    }

    /// Loads the story of an article that is to be placed again.
    pub fn load_home(&mut self, article: i64, story: i64) {
        self.story_of.insert(article, story);
        // Until the story itself is loaded, some of its members may be missing.
        let missing = Missing { departed: 0, more: 1 };
        let unknown = || Members { present: BTreeSet::new(), missing };
        self.stories.entry(story).or_insert_with(unknown).present.insert(article);
    }

    /// Says how many members of a story are not loaded.
    pub fn load_story(&mut self, story: i64, missing: Missing) {
        let empty = || Members { present: BTreeSet::new(), missing };
        self.stories.entry(story).or_insert_with(empty).missing = missing;
    }

    /// Whether an article is here.
    #[must_use]
    pub fn has(&self, article: i64) -> bool {
        self.articles.contains_key(&article)
    }

    /// The stories that an incoming article may join, because one of these candidates may be about
    /// its event.
    #[must_use]
    pub fn stories_near(&self, incoming: &Incoming, candidates: &[i64]) -> BTreeSet<i64> {
        let member = Self::member(incoming);
        let weighed = self.rarities.weigh(&member);
        let is_near = |other: &StoryMember| {
            may_be_joined((&member, &weighed), (other, &self.rarities.weigh(other)), self.model)
        };
        let candidates = candidates.iter().filter_map(|article| self.articles.get(article));
        candidates
            .filter(|other| other.member.story.is_some())
            .filter(|other| is_near(&other.member))
            .filter_map(|other| other.member.story)
            .collect()
    }

    /// Assigns an article to a story. `keys` are its keys, and `candidates` are articles that were
    /// loaded, with the number of keys that lead to each.
    pub fn place(
        &mut self,
        incoming: &Incoming,
        keys: Vec<StoryKey>,
        candidates: &[(i64, usize)],
        window: TimeDelta,
    ) -> Decision {
        self.count(incoming);
        let article = incoming.article;
        let mut member = Self::member(incoming);
        member.story = self.story_of.get(&article).copied();
        self.withdraw(article);
        let near = self.near(article, &keys, candidates);
        let decision = decide(article, &member, &near, &self.rarities, window, self.model);
        for key in &keys {
            self.keys.entry(*key).or_default().push(article);
        }
        self.arrivals.push_back((incoming.at, article, incoming.number));
        self.articles.insert(article, Present { member, number: incoming.number, keys });
        self.apply(&decision);
        decision
    }

    fn member(incoming: &Incoming) -> StoryMember {
        StoryMember {
            language: Arc::clone(&incoming.language),
            fingerprint: Arc::clone(&incoming.fingerprint),
            at: incoming.published,
            story: None,
        }
    }

    fn apply(&mut self, decision: &Decision) {
        let first = self.next_story;
        let id = |story: StoryRef| match story {
            StoryRef::Known(id) => id,
            StoryRef::New(place) => first + i64::try_from(place).unwrap_or_default(),
        };
        let mut left = BTreeSet::new();
        for place in &decision.places {
            let story = place.story.map(id);
            self.next_story = self.next_story.max(story.map_or(0, |id| id + 1));
            left.extend(self.put(place.article, story));
        }
        for (story, article) in &decision.central {
            self.central.insert(id(*story), *article);
        }
        for story in left {
            self.dissolve(story);
        }
    }

    /// The articles that are in a story, and their stories.
    pub fn stories(&self) -> impl Iterator<Item = (i64, i64)> {
        self.story_of.iter().map(|(article, story)| (*article, *story))
    }

    /// The articles that have another story than before, each with its story.
    pub fn moved(&self) -> impl Iterator<Item = (i64, Option<i64>)> {
        self.moved.iter().map(|article| (*article, self.story_of.get(article).copied()))
    }

    /// The most central article of each story that was grouped again and still exists.
    pub fn central(&self) -> impl Iterator<Item = (i64, i64)> {
        self.central
            .iter()
            .filter(|(story, article)| self.story_of.get(article) == Some(story))
            .map(|(story, article)| (*story, *article))
    }

    /// The stories with an id from `first` on, each with the language of its first member.
    #[must_use]
    pub fn languages_of_stories(&self, first: i64) -> BTreeMap<i64, Arc<str>> {
        let language = |members: &Members| {
            let first = members.present.first()?;
            Some(Arc::clone(&self.articles.get(first)?.member.language))
        };
        self.stories
            .range(first..)
            .filter_map(|(story, members)| Some((*story, language(members)?)))
            .collect()
    }

    /// Removes an article, because it has become a copy or has no story fingerprint any more.
    pub fn remove(&mut self, article: i64) {
        if let Some(story) = self.put(article, None) {
            self.dissolve(story);
        }
        self.withdraw(article);
    }

    /// Takes an article out, together with the keys that lead to it. It keeps its story.
    fn withdraw(&mut self, article: i64) {
        let Some(known) = self.articles.remove(&article) else { return };
        for key in known.keys {
            if let Some(posted) = self.keys.get_mut(&key) {
                posted.retain(|posted| *posted != article);
            }
        }
    }

    /// Moves an article to a story. Returns the story that it has left.
    fn put(&mut self, article: i64, story: Option<i64>) -> Option<i64> {
        let left = match story {
            Some(story) => self.story_of.insert(article, story),
            None => self.story_of.remove(&article),
        };
        if left == story {
            return None;
        }
        self.moved.insert(article);
        if let Some(known) = self.articles.get_mut(&article) {
            known.member.story = story;
        }
        if let Some(members) = left.and_then(|left| self.stories.get_mut(&left)) {
            members.present.remove(&article);
        }
        if let Some(story) = story {
            let missing = Missing::default();
            let empty = || Members { present: BTreeSet::new(), missing };
            self.stories.entry(story).or_insert_with(empty).present.insert(article);
        }
        left
    }

    /// Ends a story if it has less than two members.
    fn dissolve(&mut self, story: i64) {
        let Some(members) = self.stories.get(&story) else { return };
        if members.present.len() + members.missing.all() < 2 {
            let last = members.present.first().copied();
            self.stories.remove(&story);
            if let Some(last) = last {
                self.put(last, None);
            }
        }
    }

    /// The candidates with the most keys in common, of these the newest, and the members of their
    /// stories.
    fn near(
        &self,
        incoming: i64,
        keys: &[StoryKey],
        candidates: &[(i64, usize)],
    ) -> Neighbourhood<'_> {
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        for key in keys {
            for article in self.keys.get(key).into_iter().flatten().rev().take(MOST_ON_A_KEY) {
                *shared.entry(*article).or_default() += 1;
            }
        }
        // An article that has come again is found by its new keys.
        let loaded = candidates.iter().filter(|(article, _)| {
            self.articles.get(article).is_some_and(|known| known.keys.is_empty())
        });
        shared.extend(loaded.copied());
        let mut ranked: Vec<(usize, i64, i64)> = shared
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .filter_map(|(article, count)| {
                Some((count, self.articles.get(&article)?.number, article))
            })
            .collect();
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        ranked.truncate(MOST_CANDIDATES);
        let candidates: BTreeSet<i64> = ranked.iter().map(|(_, _, article)| *article).collect();
        let stories: BTreeSet<i64> = candidates
            .iter()
            .chain([&incoming])
            .filter_map(|article| self.story_of.get(article))
            .copied()
            .collect();
        let mut near = Neighbourhood::default();
        let mut wanted = candidates.clone();
        for story in stories {
            let Some(members) = self.stories.get(&story) else { continue };
            let newest = self.newest(members);
            let missing = self.missing(members, incoming);
            if missing.all() > 0 {
                near.partial.insert(story, missing);
            }
            wanted.extend(newest);
        }
        near.candidates = candidates;
        near.members = wanted
            .into_iter()
            .filter_map(|article| Some((article, &self.articles.get(&article)?.member)))
            .collect();
        near
    }

    /// The members of a story that cannot be compared with an incoming article.
    fn missing(&self, members: &Members, incoming: i64) -> Missing {
        let others = members.present.iter().filter(|member| **member != incoming);
        let (here, gone): (Vec<i64>, Vec<i64>) =
            others.partition(|member| self.articles.contains_key(member));
        Missing {
            departed: members.missing.departed + gone.len(),
            more: members.missing.more + here.len().saturating_sub(MOST_MEMBERS),
        }
    }

    /// The newest members of a story that are here.
    fn newest(&self, members: &Members) -> Vec<i64> {
        let mut numbered: Vec<(i64, i64)> = members
            .present
            .iter()
            .filter_map(|article| Some((self.articles.get(article)?.number, *article)))
            .collect();
        numbered.sort_unstable_by(|one, other| other.cmp(one));
        numbered.truncate(MOST_MEMBERS);
        numbered.into_iter().map(|(_, article)| article).collect()
    }

    /// Removes the articles that came before a time. They stay in their stories.
    pub fn forget(&mut self, before: DateTime<Utc>) {
        while let Some((_, article, number)) = self.arrivals.pop_front_if(|(at, _, _)| *at < before)
        {
            // An article that has come again since has another number and stays.
            if self.articles.get(&article).is_some_and(|known| known.number == number) {
                self.withdraw(article);
            }
        }
    }
}
