//! Clusters: an original, its copies, and the edges that join them.
//!
//! An article joins a cluster by one edge. If it joins several clusters, it merges them, by one
//! edge for each. So the edges of a cluster form a tree: there is one path between any two members,
//! and removing one edge splits the cluster in two. This makes a wrong merge reversible.
//!
//! - The original is the article that was seen first. The order of articles that were seen within
//!   minutes of each other depends only on when we poll. Between these the time of publication
//!   decides, if it is trusted for both.
//! - A text that resembles two clusters merges them; they are versions of one wire story. Two large
//!   clusters are not merged on one weak edge: a text that quotes both would have such an edge, and
//!   the damage grows with their sizes.
//! - Clusters that were split by hand are not merged again, with one exception: they merge if an
//!   article of one gets exactly the text of an article of the other. A text has one original.

mod cut;

pub use cut::{Cut, Link, cut};

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::copy::Agreement;

/// Articles that were seen within this time of each other count as seen at the same time.
const SAME_TIME: TimeDelta = TimeDelta::minutes(10);

/// A cluster with at least this many members is large.
const LARGE_CLUSTER: usize = 5;

/// A member of a cluster, with the times that decide which of two articles is the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub article: i64,
    /// The original of its cluster. An original has its own id here.
    pub original: i64,
    pub first_seen_at: DateTime<Utc>,
    /// `None` if the time of publication is unknown or not trusted.
    pub published_at: Option<DateTime<Utc>>,
}

impl Member {
    /// Whether this article, not the other one, would be the original of both.
    fn precedes(&self, other: &Self) -> bool {
        if let (Some(ours), Some(theirs)) = (self.published_at, other.published_at)
            && (self.first_seen_at - other.first_seen_at).abs() <= SAME_TIME
            && ours != theirs
        {
            return ours < theirs;
        }
        (self.first_seen_at, self.article) < (other.first_seen_at, other.article)
    }
}

/// An edge that joins an article to the cluster of another one, or would join it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    pub other: i64,
    pub agreement: Agreement,
}

/// What follows for an article that resembles others.
#[derive(Debug, Clone, PartialEq)]
pub struct Joining {
    /// The original of the merged cluster. It may be the article itself.
    pub original: i64,
    /// The edges by which the article joins, one for each cluster.
    pub edges: Vec<Edge>,
    /// Other originals, which become copies of `original`.
    pub absorbed: Vec<i64>,
}

impl Joining {
    /// Whether originals on file become copies.
    #[must_use]
    pub fn moves(&self) -> bool {
        !self.absorbed.is_empty()
    }
}

/// The clusters that a batch may touch, or all of them.
#[derive(Debug, Default)]
pub struct Clusters {
    members: HashMap<i64, Member>,
    /// The number of members by original. An original without an entry has one.
    sizes: HashMap<i64, usize>,
    /// Originals that became copies, and the original of each.
    absorbed: HashMap<i64, i64>,
    /// Pairs of articles that were split by hand.
    splits: Vec<(i64, i64)>,
}

impl Clusters {
    /// Enters an article. `size` is the number of members of its cluster.
    pub fn enter(&mut self, member: Member, size: usize) {
        self.sizes.insert(member.original, size);
        self.members.insert(member.article, member);
    }

    /// Enters a copy. The size of its cluster comes with the original.
    pub fn enter_copy(&mut self, member: Member) {
        self.members.insert(member.article, member);
    }

    /// Notes the time of publication of an article that was entered without one.
    pub fn date(&mut self, article: i64, published_at: Option<DateTime<Utc>>) {
        if let Some(member) = self.members.get_mut(&article) {
            member.published_at = published_at;
        }
    }

    /// Enters a pair that was split by hand. Both must be entered as members too.
    pub fn split(&mut self, one: i64, other: i64) {
        self.splits.push((one, other));
    }

    #[must_use]
    pub fn member(&self, article: i64) -> Option<&Member> {
        self.members.get(&article)
    }

    /// Returns the original of an article's cluster, or the article itself if it was not entered.
    #[must_use]
    pub fn original_of(&self, article: i64) -> i64 {
        let mut original = self.members.get(&article).map_or(article, |member| member.original);
        while let Some(absorber) = self.absorbed.get(&original) {
            original = *absorber;
        }
        original
    }

    /// Decides which clusters an article joins. Returns `None` if it joins no other cluster.
    #[must_use]
    pub fn join(&self, article: &Member, edges: &[Edge]) -> Option<Joining> {
        let mut groups: BTreeMap<i64, Vec<&Edge>> = BTreeMap::new();
        for edge in edges {
            groups.entry(self.original_of(edge.other)).or_default().push(edge);
        }
        let home = self.original_of(article.article);
        groups.remove(&home);
        let (mut joined, mut size, mut kept) = (vec![home], self.size(home), Vec::new());
        let mut ranked: Vec<(i64, Vec<&Edge>)> = groups.into_iter().collect();
        ranked.sort_by(|(_, one), (_, other)| strongest(other).total_cmp(&strongest(one)));
        for (original, edges) in ranked {
            let weak = edges.len() < 2 && !edges.iter().any(|edge| edge.agreement.is_strong());
            let large = size >= LARGE_CLUSTER && self.size(original) >= LARGE_CLUSTER;
            let split = joined.iter().any(|other| self.are_split(*other, original));
            if (weak && large)
                || (split && !edges.iter().any(|edge| edge.agreement == Agreement::WHOLE))
            {
                continue;
            }
            joined.push(original);
            size += self.size(original);
            let best = |one: &&&Edge, other: &&&Edge| {
                one.agreement.strength().total_cmp(&other.agreement.strength())
            };
            kept.extend(edges.iter().max_by(best).map(|edge| **edge));
        }
        (!kept.is_empty()).then(|| {
            let original = self.first_of(article, &joined);
            joined.retain(|other| *other != original && self.members.contains_key(other));
            Joining { original, edges: kept, absorbed: joined }
        })
    }

    /// Applies a decision of [`Clusters::join`]. Enters the article if it is new.
    pub fn record(&mut self, article: &Member, joining: Option<&Joining>) {
        match joining {
            Some(joining) => self.unite(article, joining),
            None if self.members.contains_key(&article.article) => {}
            None => self.enter(*article, 1),
        }
    }

    /// Makes a copy the only member of a cluster of its own.
    pub fn leave(&mut self, article: i64) {
        let original = self.original_of(article);
        if let Some(member) = self.members.get_mut(&article) {
            member.original = article;
            self.sizes.insert(article, 1);
            self.sizes.entry(original).and_modify(|size| *size = size.saturating_sub(1));
        }
    }

    fn unite(&mut self, article: &Member, joining: &Joining) {
        let new = usize::from(!self.members.contains_key(&article.article));
        let size = new
            + self.size_if_known(joining.original)
            + joining.absorbed.iter().map(|absorbed| self.size_if_known(*absorbed)).sum::<usize>();
        for absorbed in &joining.absorbed {
            self.absorbed.insert(*absorbed, joining.original);
        }
        let original = if new == 1 { joining.original } else { article.original };
        self.members.insert(article.article, Member { original, ..*article });
        self.sizes.insert(joining.original, size);
    }

    fn size_if_known(&self, original: i64) -> usize {
        if self.members.contains_key(&original) { self.size(original) } else { 0 }
    }

    fn size(&self, original: i64) -> usize {
        self.sizes.get(&original).copied().unwrap_or(1)
    }

    fn first_of(&self, article: &Member, originals: &[i64]) -> i64 {
        let member = |original: &i64| {
            if *original == article.article { Some(article) } else { self.members.get(original) }
        };
        let first = originals.iter().filter_map(member);
        let first = first.reduce(|first, next| if next.precedes(first) { next } else { first });
        first.map_or(article.article, |first| first.article)
    }

    fn are_split(&self, one: i64, other: i64) -> bool {
        self.splits.iter().any(|(a, b)| {
            let (a, b) = (self.original_of(*a), self.original_of(*b));
            (a, b) == (one, other) || (b, a) == (one, other)
        })
    }
}

fn strongest(edges: &[&Edge]) -> f64 {
    edges.iter().map(|edge| edge.agreement.strength()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + 60 * minute, 0).unwrap()
    }

    fn member(article: i64, original: i64, minute: i64) -> Member {
        Member { article, original, first_seen_at: at(minute), published_at: None }
    }

    fn edge(other: i64, of_smaller: f64, of_bigger: f64) -> Edge {
        Edge { other, agreement: Agreement { of_smaller, of_bigger, ..Agreement::WHOLE } }
    }

    fn clusters(members: &[(i64, i64, i64)]) -> Clusters {
        let mut clusters = Clusters::default();
        for (article, original, minute) in members {
            let size = members.iter().filter(|(_, other, _)| other == original).count();
            clusters.enter(member(*article, *original, *minute), size);
        }
        clusters
    }

    #[test]
    fn a_copy_of_a_copy_joins_its_original() {
        let known = clusters(&[(1, 1, 0), (2, 1, 30)]);
        let joining = known.join(&member(9, 9, 90), &[edge(2, 0.9, 0.9)]).unwrap();
        assert_eq!((joining.original, joining.absorbed), (1, vec![]));
        assert_eq!(known.join(&member(9, 9, 90), &[]), None);
    }

    #[test]
    fn a_text_that_resembles_two_clusters_merges_them() {
        let mut known = clusters(&[(1, 1, 0), (2, 1, 30), (3, 3, 40)]);
        let incoming = member(9, 9, 90);
        let joining = known
            .join(&incoming, &[edge(2, 0.9, 0.9), edge(1, 0.5, 0.5), edge(3, 0.6, 0.4)])
            .unwrap();
        assert_eq!((joining.original, joining.absorbed.as_slice()), (1, [3].as_slice()));
        assert_eq!(
            joining.edges.iter().map(|edge| edge.other).collect::<Vec<_>>(),
            [2, 3],
            "one edge for each cluster"
        );
        known.unite(&incoming, &joining);
        assert_eq!([2, 3, 9].map(|article| known.original_of(article)), [1, 1, 1]);
        assert_eq!(known.size(1), 4);
    }

    #[test]
    fn two_large_clusters_are_not_merged_on_one_weak_edge() {
        let large: Vec<(i64, i64, i64)> =
            (1..=5).map(|n| (n, 1, n)).chain((11..=15).map(|n| (n, 11, n))).collect();
        let known = clusters(&large);
        let incoming = member(99, 99, 90);
        // It joins the first cluster on a strong edge. The second needs more than one weak edge.
        let weak = known.join(&incoming, &[edge(1, 0.9, 0.9), edge(12, 0.55, 0.4)]).unwrap();
        assert_eq!((weak.original, weak.absorbed), (1, vec![]));
        let two = known
            .join(&incoming, &[edge(1, 0.9, 0.9), edge(12, 0.55, 0.4), edge(13, 0.55, 0.4)])
            .unwrap();
        assert_eq!(two.absorbed, [11]);
        let strong = known.join(&incoming, &[edge(1, 0.9, 0.9), edge(12, 0.8, 0.4)]).unwrap();
        assert_eq!(strong.absorbed, [11]);
    }

    #[test]
    fn clusters_split_by_hand_are_not_merged_again() {
        let mut known = clusters(&[(1, 1, 0), (2, 1, 30), (3, 3, 40), (4, 3, 50)]);
        known.split(4, 2);
        let joining =
            known.join(&member(9, 9, 90), &[edge(1, 0.9, 0.9), edge(3, 0.8, 0.8)]).unwrap();
        assert_eq!((joining.original, joining.absorbed), (1, vec![]));
        assert_eq!(known.join(&member(3, 3, 40), &[edge(1, 0.9, 1.0)]), None);
        let same_text = Edge { other: 1, agreement: Agreement::WHOLE };
        assert_eq!(known.join(&member(3, 3, 40), &[same_text]).unwrap().absorbed, [3]);
    }

    #[test]
    fn of_two_seen_together_the_earlier_publication_is_the_original() {
        let mut known = Clusters::default();
        known.enter(Member { published_at: Some(at(-60)), ..member(1, 1, 0) }, 1);
        let earlier = Member { published_at: Some(at(-90)), ..member(9, 9, 5) };
        let joining = known.join(&earlier, &[edge(1, 1.0, 1.0)]).unwrap();
        assert_eq!((joining.original, joining.absorbed.as_slice()), (9, [1].as_slice()));
        known.unite(&earlier, &joining);
        assert_eq!((known.original_of(1), known.size(9)), (9, 2));
        let later = Member { published_at: Some(at(-190)), ..member(10, 10, 200) };
        assert_eq!(
            known.join(&later, &[edge(1, 1.0, 1.0)]).unwrap().original,
            9,
            "the other was first seen hours before"
        );
    }
}
