//! Where a newcomer belongs, among those whom its keys lead to.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::story::fingerprint::StoryFingerprint;
use crate::story::group::regroup;
use crate::story::rarity::Rarity;
use crate::story::score::{PairScore, Weighed};

/// Log-odds from which on a candidate's story is looked at. Average linkage may join where no single tie is much
/// stronger than its mean, so this is a little below where groups join.
const LOOK: f64 = -0.5;

/// Most articles that are taken apart and put together again at once.
const MOST_REGROUPED: usize = 64;

/// Ties that are kept as evidence.
const MOST_EVIDENCE: usize = 8;

/// Log-odds of two articles that cannot tell one event: their dates are a window apart.
const NEVER: f64 = -20.0;

/// An article as a telling of an event.
#[derive(Debug, Clone)]
pub struct StoryMember {
    /// What it tells.
    pub fingerprint: StoryFingerprint,
    /// When, as far as that is known.
    pub at: Option<DateTime<Utc>>,
    /// The story it is in.
    pub story: Option<i64>,
}

/// Articles that may tell a newcomer's event: its candidates, and the members of their stories.
#[derive(Debug, Clone, Default)]
pub struct Neighbourhood {
    /// By article.
    pub members: BTreeMap<i64, StoryMember>,
    /// Stories that have more members than are here: they are not taken apart.
    pub partial: BTreeSet<i64>,
}

/// A story of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoryRef {
    /// One that is known.
    Known(i64),
    /// One that begins here, by its place among those of the decision.
    New(usize),
}

/// Where an article belongs from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which article.
    pub article: i64,
    /// None: it is alone with its event.
    pub story: Option<StoryRef>,
}

/// What is decided about a newcomer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// Articles whose story is another than before, the newcomer among them where it has one.
    pub places: Vec<Place>,
    /// The strongest ties of the newcomer, strongest first.
    pub scores: Vec<(i64, PairScore)>,
    /// The most central article of every story that was looked at: its headline speaks for it.
    pub central: Vec<(StoryRef, i64)>,
}

/// Decides where an article belongs. `window` is the longest time between two tellings of one event.
#[must_use]
pub fn decide(
    article: i64,
    member: &StoryMember,
    near: &Neighbourhood,
    rarity: &Rarity,
    window: TimeDelta,
) -> Decision {
    let weighed = Weighed::of(&member.fingerprint, rarity);
    let others = near.members.iter().filter(|(other, _)| **other != article);
    let others: BTreeMap<i64, (&StoryMember, Weighed)> = others
        .map(|(other, member)| (*other, (member, Weighed::of(&member.fingerprint, rarity))))
        .collect();
    let mut scores: Vec<(i64, PairScore)> = others
        .iter()
        .filter(|(_, (other, _))| !are_apart(member, other, window))
        .map(|(other, (_, fingerprint))| (*other, PairScore::of(&weighed, fingerprint)))
        .collect();
    scores.sort_by(|(one, score), (other, another)| {
        another.log_odds().total_cmp(&score.log_odds()).then(one.cmp(other))
    });
    let chosen = choose(member.story, &scores, near);
    let mut places: Vec<(i64, &StoryMember, &Weighed)> = vec![(article, member, &weighed)];
    places.extend(
        chosen
            .iter()
            .filter_map(|id| others.get(id).map(|(member, weighed)| (*id, *member, weighed))),
    );
    scores.truncate(MOST_EVIDENCE);
    Decision { scores, ..group(&places, &near.partial, window) }
}

/// Those who are grouped anew: whoever is tied to the newcomer, and the stories they are in.
fn choose(home: Option<i64>, scores: &[(i64, PairScore)], near: &Neighbourhood) -> BTreeSet<i64> {
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
    for (other, _) in scores.iter().take_while(|(_, score)| score.log_odds() >= LOOK) {
        take(near.members.get(other).and_then(|member| member.story), Some(*other));
    }
    chosen
}

fn are_apart(one: &StoryMember, other: &StoryMember, window: TimeDelta) -> bool {
    one.at.zip(other.at).is_some_and(|(one, other)| (one - other).abs() > window)
}

fn group(
    members: &[(i64, &StoryMember, &Weighed)],
    partial: &BTreeSet<i64>,
    window: TimeDelta,
) -> Decision {
    let size = members.len();
    let mut matrix = vec![0.0; size * size];
    for (one, (_, member, weighed)) in members.iter().enumerate() {
        for (other, (_, others, another)) in members.iter().enumerate().take(one) {
            let apart = are_apart(member, others, window);
            let score = if apart { NEVER } else { PairScore::of(weighed, another).log_odds() };
            for place in [one * size + other, other * size + one] {
                if let Some(cell) = matrix.get_mut(place) {
                    *cell = score;
                }
            }
        }
    }
    let scores =
        |one: usize, other: usize| matrix.get(one * size + other).copied().unwrap_or(NEVER);
    let bound: Vec<Vec<usize>> = partial.iter().map(|story| places_of(members, *story)).collect();
    let bound: Vec<Vec<usize>> = bound.into_iter().filter(|places| !places.is_empty()).collect();
    let groups = regroup(size, &scores, &bound);
    let groups: Vec<&[usize]> = groups.iter().map(|group| group.members.as_slice()).collect();
    let stories = name(&groups, members, partial);
    let mut decision = Decision::default();
    for (group, story) in groups.iter().zip(&stories) {
        for place in *group {
            let Some((article, member, _)) = members.get(*place) else { continue };
            if member.story.map(StoryRef::Known) != *story {
                decision.places.push(Place { article: *article, story: *story });
            }
        }
        if let Some(story) =
            story.filter(|story| !matches!(story, StoryRef::Known(id) if partial.contains(id)))
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

/// Which story each group is: the one of which it has most, if no other group has more of it; one that is not
/// all here goes before any other, for it cannot be moved.
fn name(
    groups: &[&[usize]],
    members: &[(i64, &StoryMember, &Weighed)],
    partial: &BTreeSet<i64>,
) -> Vec<Option<StoryRef>> {
    let mut claims: Vec<(bool, usize, i64, usize)> = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        let mut had: BTreeMap<i64, usize> = BTreeMap::new();
        for story in group.iter().filter_map(|member| members.get(*member)?.1.story) {
            *had.entry(story).or_default() += 1;
        }
        claims.extend(
            had.into_iter().map(|(story, count)| (partial.contains(&story), count, story, place)),
        );
    }
    // Among equals the older story, which has the smaller number, and the group of the older member.
    claims.sort_by(|one, other| {
        (other.0, other.1).cmp(&(one.0, one.1)).then((one.2, one.3).cmp(&(other.2, other.3)))
    });
    let mut names: Vec<Option<StoryRef>> = vec![None; groups.len()];
    let mut taken = BTreeSet::new();
    for (held, _, story, place) in claims {
        let lonely = groups.get(place).is_none_or(|group| group.len() < 2) && !held;
        if let Some(name) = names.get_mut(place).filter(|name| name.is_none() && !lonely)
            && taken.insert(story)
        {
            *name = Some(StoryRef::Known(story));
        }
    }
    let mut begun = 0;
    for (group, name) in groups.iter().zip(&mut names) {
        if group.len() > 1 && name.is_none() {
            *name = Some(StoryRef::New(begun));
            begun += 1;
        }
    }
    names
}

/// The member that is tied to all others best; among equals the first.
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
