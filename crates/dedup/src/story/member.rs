//! Decides to which story an incoming article belongs, among the articles to which its keys lead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::story::fingerprint::StoryFingerprint;
use crate::story::group::{Fixed, regroup};
use crate::story::model::Model;
use crate::story::pair::PairScore;
use crate::story::rarity::Rarities;
use crate::story::score::Weighed;

/// The stories of candidates are loaded if their log-odds are less than this below those from which
/// groups are one story.
const LOADING_MARGIN: f64 = 0.5;

/// The most articles that are grouped again at once.
const MOST_REGROUPED: usize = 64;

/// The number of scores that are stored as evidence.
const MOST_EVIDENCE: usize = 8;

/// The log-odds of two articles that are further apart in time than the window.
const NEVER: f64 = -20.0;

/// An article as a member of a story, or as a candidate.
#[derive(Debug, Clone)]
pub struct StoryMember {
    /// The language of the article, see [`language_of`](crate::story::language_of).
    pub language: Arc<str>,
    pub fingerprint: Arc<StoryFingerprint>,
    /// When the article was published, if that is known.
    pub at: Option<DateTime<Utc>>,
    /// The current story of the article.
    pub story: Option<i64>,
}

/// Articles that may be about the same event as an incoming one: its candidates, and the members of
/// their stories.
#[derive(Debug, Clone, Default)]
pub struct Neighbourhood<'a> {
    /// Articles that share keys with the incoming one.
    pub candidates: BTreeSet<i64>,
    /// The candidates and the members of their stories, by the id of the article.
    pub members: BTreeMap<i64, &'a StoryMember>,
    /// Stories that have members which are not here. They are not split.
    pub partial: BTreeMap<i64, Missing>,
}

/// The members of a story that cannot be compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Members that have left the window.
    pub departed: usize,
    /// Members in the window beyond the most that are compared. They say nothing.
    pub more: usize,
}

impl Missing {
    #[must_use]
    pub fn all(self) -> usize {
        self.departed + self.more
    }
}

/// A story in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoryRef {
    /// An existing story.
    Known(i64),
    /// A new story, by its number among the new ones of the decision.
    New(usize),
}

/// The story of an article from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub article: i64,
    /// `None` if no other article is about its event.
    pub story: Option<StoryRef>,
}

/// Whether an article is so like another that it may join its story. The weights of words move a
/// little before the decision, so this asks for less than [`decide`] does.
pub(super) fn may_be_joined(
    (one, weighed): (&StoryMember, &Weighed),
    (other, another): (&StoryMember, &Weighed),
    model: &Model,
) -> bool {
    let score = PairScore::of(weighed, another, days_apart(one, other), model);
    score.log_odds >= model.join - LOADING_MARGIN
}

/// The decision about an incoming article.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// Articles that change their story. The incoming article is one of them if it gets a story.
    pub places: Vec<Place>,
    /// The highest scores of the incoming article, in descending order.
    pub scores: Vec<(i64, PairScore)>,
    /// The most central article of every story that was grouped again. Its headline becomes the
    /// title of the story.
    pub central: Vec<(StoryRef, i64)>,
}

/// Decides to which story an article belongs. Articles that are further apart in time than `window`
/// are not about one event.
#[must_use]
pub fn decide(
    article: i64,
    member: &StoryMember,
    near: &Neighbourhood<'_>,
    rarities: &Rarities,
    window: TimeDelta,
    model: &Model,
) -> Decision {
    let incoming = rarities.weigh(member);
    let mut weighed: BTreeMap<i64, Weighed> = BTreeMap::new();
    let mut scores: Vec<(i64, PairScore)> = Vec::new();
    for candidate in near.candidates.iter().filter(|candidate| **candidate != article) {
        let Some(other) = near.members.get(candidate) else { continue };
        if !are_outside_window(member, other, window) {
            let days = days_apart(member, other);
            let other = weighed.entry(*candidate).or_insert_with(|| rarities.weigh(other));
            scores.push((*candidate, PairScore::of(&incoming, other, days, model)));
        }
    }
    scores.sort_by(|(one, score), (other, another)| {
        another.log_odds.total_cmp(&score.log_odds).then(one.cmp(other))
    });
    let mut chosen = choose(member.story, &scores, near, model.join);
    chosen.remove(&article);
    let chosen: Vec<(i64, &StoryMember)> =
        chosen.into_iter().filter_map(|id| Some((id, *near.members.get(&id)?))).collect();
    for (id, other) in &chosen {
        weighed.entry(*id).or_insert_with(|| rarities.weigh(other));
    }
    let mut places: Vec<(i64, &StoryMember, &Weighed)> = vec![(article, member, &incoming)];
    places.extend(chosen.iter().filter_map(|(id, member)| Some((*id, *member, weighed.get(id)?))));
    scores.truncate(MOST_EVIDENCE);
    Decision { scores, ..group(&places, &near.partial, window, model) }
}

/// Chooses the articles that are grouped again: those with a good score, and the members of their
/// stories. Groups may join where no single score is far above the mean, so a score is good from the
/// mean that joins.
fn choose(
    home: Option<i64>,
    scores: &[(i64, PairScore)],
    near: &Neighbourhood<'_>,
    join: f64,
) -> BTreeSet<i64> {
    let mut chosen = BTreeSet::new();
    let mut take = |story: Option<i64>, article: Option<i64>| {
        let mut members: BTreeSet<i64> = article.into_iter().collect();
        if story.is_some() {
            let of_story = near.members.iter().filter(|(_, member)| member.story == story);
            members.extend(of_story.map(|(member, _)| *member));
        }
        members.extend(&chosen);
        if members.len() < MOST_REGROUPED {
            chosen = members;
        }
    };
    take(home, None);
    for (other, _) in scores.iter().take_while(|(_, score)| score.log_odds >= join) {
        take(near.members.get(other).and_then(|member| member.story), Some(*other));
    }
    chosen
}

fn are_outside_window(one: &StoryMember, other: &StoryMember, window: TimeDelta) -> bool {
    one.at.zip(other.at).is_some_and(|(one, other)| (one - other).abs() > window)
}

/// The days between two dates of publication, if both are known.
fn days_apart(one: &StoryMember, other: &StoryMember) -> Option<f32> {
    let seconds = one.at.zip(other.at).map(|(one, other)| (one - other).num_seconds().abs());
    seconds.map(|seconds| seconds as f32 / 86_400.0)
}

fn group(
    members: &[(i64, &StoryMember, &Weighed)],
    partial: &BTreeMap<i64, Missing>,
    window: TimeDelta,
    model: &Model,
) -> Decision {
    let size = members.len();
    let mut matrix = vec![0.0; size * size];
    for (one, (_, member, weighed)) in members.iter().enumerate() {
        for (other, (_, others, another)) in members.iter().enumerate().take(one) {
            let score = if are_outside_window(member, others, window) {
                NEVER
            } else {
                PairScore::of(weighed, another, days_apart(member, others), model).log_odds
            };
            for place in [one * size + other, other * size + one] {
                if let Some(cell) = matrix.get_mut(place) {
                    *cell = score;
                }
            }
        }
    }
    let scores =
        |one: usize, other: usize| matrix.get(one * size + other).copied().unwrap_or(NEVER);
    let fixed = partial.iter().map(|(story, missing)| Fixed {
        members: places_of(members, *story),
        departed: missing.departed,
    });
    let fixed: Vec<Fixed> = fixed.filter(|group| !group.members.is_empty()).collect();
    let groups = regroup(size, &scores, &fixed, model.join);
    let groups: Vec<&[usize]> = groups.iter().map(|group| group.members.as_slice()).collect();
    let stories = stories_of(&groups, members, partial);
    let mut decision = Decision::default();
    for (group, story) in groups.iter().zip(&stories) {
        for place in *group {
            let Some((article, member, _)) = members.get(*place) else { continue };
            if member.story.map(StoryRef::Known) != *story {
                decision.places.push(Place { article: *article, story: *story });
            }
        }
        if let Some(story) =
            story.filter(|story| !matches!(story, StoryRef::Known(id) if partial.contains_key(id)))
        {
            decision
                .central
                .extend(central(group, &scores, members).map(|article| (story, article)));
        }
    }
    decision.places.sort_by_key(|place| place.article);
    decision
}

fn places_of(members: &[(i64, &StoryMember, &Weighed)], story: i64) -> Vec<usize> {
    let of_story =
        members.iter().enumerate().filter(|(_, (_, member, _))| member.story == Some(story));
    of_story.map(|(place, _)| place).collect()
}

/// Decides which story each group continues. A group claims every story that a member of it was in.
/// Claims to partial stories come first, because these cannot be moved. Then a claim with more
/// members comes before one with fewer. A group without a claim that holds is a new story.
fn stories_of(
    groups: &[&[usize]],
    members: &[(i64, &StoryMember, &Weighed)],
    partial: &BTreeMap<i64, Missing>,
) -> Vec<Option<StoryRef>> {
    let mut claims: Vec<(bool, usize, i64, usize)> = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        let mut had: BTreeMap<i64, usize> = BTreeMap::new();
        for story in group.iter().filter_map(|member| members.get(*member)?.1.story) {
            *had.entry(story).or_default() += 1;
        }
        claims.extend(
            had.into_iter()
                .map(|(story, count)| (partial.contains_key(&story), count, story, place)),
        );
    }
    // Of equal claims, the one to the older story (the smaller id) comes first, then the one of the
    // group with the older member.
    claims.sort_by(|one, other| {
        (other.0, other.1).cmp(&(one.0, one.1)).then((one.2, one.3).cmp(&(other.2, other.3)))
    });
    let mut names: Vec<Option<StoryRef>> = vec![None; groups.len()];
    let mut taken = BTreeSet::new();
    for (is_partial, _, story, place) in claims {
        let is_single = groups.get(place).is_none_or(|group| group.len() < 2) && !is_partial;
        if let Some(name) = names.get_mut(place).filter(|name| name.is_none() && !is_single)
            && taken.insert(story)
        {
            *name = Some(StoryRef::Known(story));
        }
    }
    let mut new = 0;
    for (group, name) in groups.iter().zip(&mut names) {
        if group.len() > 1 && name.is_none() {
            *name = Some(StoryRef::New(new));
            new += 1;
        }
    }
    names
}

/// The member with the highest sum of scores to the others. Of equal members, the one with the
/// smallest id.
fn central(
    group: &[usize],
    scores: &dyn Fn(usize, usize) -> f64,
    members: &[(i64, &StoryMember, &Weighed)],
) -> Option<i64> {
    let sum = |member: usize| -> f64 {
        group.iter().filter(|other| **other != member).map(|other| scores(member, *other)).sum()
    };
    let ranked = group.iter().filter_map(|place| Some((sum(*place), members.get(*place)?.0)));
    ranked
        .reduce(|best, next| match next.0.total_cmp(&best.0) {
            std::cmp::Ordering::Greater => next,
            std::cmp::Ordering::Equal if next.1 < best.1 => next,
            _ => best,
        })
        .map(|(_, article)| article)
}
