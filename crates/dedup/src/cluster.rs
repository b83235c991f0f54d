//! Clusters: an original and its copies, and what joined them.
//!
//! Every member but one joined by one edge to each cluster that it brought together, so the edges of a cluster are
//! a tree: between two members there is one path, and cutting one edge of it parts the cluster in two. That is what
//! makes a wrong merge reversible.
//!
//! - The original is the article that was seen first. Articles seen within minutes of each other came in the order
//!   of our polls, which means nothing; there the time of publication decides, where both can be trusted.
//! - A text that resembles two clusters merges them (versions of one wire story). Two large ones are not merged on
//!   one weak edge: a text that quotes both would do that, and the damage grows with their sizes.
//! - What was parted by hand stays apart, whatever resembles both, unless one takes the other's text to the last word:
//!   a text has one original.

mod cut;

pub use cut::{Cut, Link, cut};

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::copy::Agreement;

/// Within this time of each other, articles count as seen at one moment.
const ONE_MOMENT: TimeDelta = TimeDelta::minutes(10);

/// Members from which on a cluster is large.
const LARGE: usize = 5;

/// What decides which of two articles is the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub article: i64,
    /// The original of its cluster: itself, where it is one.
    pub original: i64,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
    /// When it was published, as far as that can be believed.
    pub published_at: Option<DateTime<Utc>>,
}

impl Member {
    /// Whether it comes before another.
    fn precedes(&self, other: &Self) -> bool {
        if let (Some(ours), Some(theirs)) = (self.published_at, other.published_at)
            && (self.first_seen_at - other.first_seen_at).abs() <= ONE_MOMENT
            && ours != theirs
        {
            return ours < theirs;
        }
        (self.first_seen_at, self.article) < (other.first_seen_at, other.article)
    }
}

/// An edge that joins, or would join, an article to another's cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// The other.
    pub other: i64,
    /// By what.
    pub agreement: Agreement,
}

/// What becomes of an article that resembles others.
#[derive(Debug, Clone, PartialEq)]
pub struct Joining {
    /// The original of all of them from now on: perhaps the article itself.
    pub original: i64,
    /// The edges that join, one for each cluster.
    pub edges: Vec<Edge>,
    /// Originals that become copies of that one.
    pub absorbed: Vec<i64>,
}

impl Joining {
    /// Whether originals on file change their place because of it.
    #[must_use]
    pub fn moves(&self) -> bool {
        !self.absorbed.is_empty()
    }
}

/// Clusters, as far as they are known.
#[derive(Debug, Default)]
pub struct Clusters {
    members: HashMap<i64, Member>,
    /// Members by original; one where it is not told.
    sizes: HashMap<i64, usize>,
    /// Originals that were absorbed, and by whom.
    absorbed: HashMap<i64, i64>,
    /// Pairs of articles that were split by hand.
    splits: Vec<(i64, i64)>,
}

impl Clusters {
    /// Enters an article with the size of its cluster.
    pub fn enter(&mut self, member: Member, size: usize) {
        self.sizes.insert(member.original, size);
        self.members.insert(member.article, member);
    }

    /// Enters a copy whose original tells the size.
    pub fn enter_copy(&mut self, member: Member) {
        self.members.insert(member.article, member);
    }

    /// Enters a pair that was split by hand. Both must be entered as members too.
    pub fn split(&mut self, one: i64, other: i64) {
        self.splits.push((one, other));
    }

    /// An article that was entered.
    #[must_use]
    pub fn member(&self, article: i64) -> Option<&Member> {
        self.members.get(&article)
    }

    /// The original of an article's cluster; itself where nothing is known.
    #[must_use]
    pub fn original_of(&self, article: i64) -> i64 {
        let mut original = self.members.get(&article).map_or(article, |member| member.original);
        while let Some(absorber) = self.absorbed.get(&original) {
            original = *absorber;
        }
        original
    }

    /// Where an article belongs that resembles others. None: to itself, or where it is.
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
            let large = size >= LARGE && self.size(original) >= LARGE;
            let apart = joined.iter().any(|other| self.are_split(*other, original));
            if (weak && large)
                || (apart && !edges.iter().any(|edge| edge.agreement == Agreement::WHOLE))
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

    /// Enters what became of an article, if it is new or joined others.
    pub fn record(&mut self, article: &Member, joining: Option<&Joining>) {
        match joining {
            Some(joining) => self.unite(article, joining),
            None if self.members.contains_key(&article.article) => {}
            None => self.enter(*article, 1),
        }
    }

    /// Takes a copy out of its cluster.
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
    fn a_copy_joins_the_original_of_whom_it_resembles() {
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
            "one for each"
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
        // It joins the first, which makes that one large, and the second only on more than one weak edge.
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
    fn what_was_parted_by_hand_stays_apart() {
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
    fn within_one_moment_the_earlier_publication_is_the_original() {
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
            "first seen hours before"
        );
    }
}
