//! Parting a cluster: its edges are a tree, so cutting one leaves two.

use std::collections::{BTreeMap, BTreeSet};

/// An edge of a cluster on file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Who joined.
    pub article: i64,
    /// Whom.
    pub other: i64,
    /// How strongly they resemble each other, 0 to 1.
    pub strength: f64,
}

/// A cluster parted in two.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// The edge that was cut.
    pub link: Link,
    /// Those on the article's side of it, the article among them.
    pub side: BTreeSet<i64>,
}

/// Dependencies an article from another of its cluster, at the weakest edge between them; at the nearest to the article
/// where several are as weak. None: they are not in one cluster.
#[must_use]
pub fn cut(links: &[Link], article: i64, from: i64) -> Option<Cut> {
    let path = path(links, article, from)?;
    let weakest = path
        .into_iter()
        .reduce(|best, next| if next.strength < best.strength { next } else { best })?;
    let rest: Vec<Link> = links.iter().copied().filter(|link| *link != weakest).collect();
    Some(Cut { link: weakest, side: reached(&rest, article).into_keys().collect() })
}

/// The edges between two articles, from the first on.
fn path(links: &[Link], article: i64, from: i64) -> Option<Vec<Link>> {
    let reached = reached(links, article);
    let mut path = Vec::new();
    let mut at = from;
    while at != article {
        let link = (*reached.get(&at)?)?;
        at = if link.article == at { link.other } else { link.article };
        path.push(link);
    }
    path.reverse();
    Some(path)
}

/// Everything that edges lead to, with the last edge of the way.
fn reached(links: &[Link], start: i64) -> BTreeMap<i64, Option<Link>> {
    let mut keys_index: BTreeMap<i64, Vec<(i64, Link)>> = BTreeMap::new();
    for link in links {
        keys_index.entry(link.article).or_default().push((link.other, *link));
        keys_index.entry(link.other).or_default().push((link.article, *link));
    }
    let mut reached = BTreeMap::from([(start, None)]);
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for (next, link) in keys_index.get(&at).into_iter().flatten() {
            if !reached.contains_key(next) {
                reached.insert(*next, Some(*link));
                open.push(*next);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(article: i64, other: i64, strength: f64) -> Link {
        Link { article, other, strength }
    }

    #[test]
    fn the_weakest_edge_between_two_is_cut() {
        // 1 - 2 - 3 - 4, and 5 at 3.
        let links = [link(2, 1, 0.9), link(3, 2, 0.5), link(4, 3, 0.8), link(5, 3, 0.4)];
        let parted = cut(&links, 4, 1).unwrap();
        assert_eq!(parted.link, links[1]);
        assert_eq!(parted.side, BTreeSet::from([3, 4, 5]));
        assert_eq!(cut(&links, 1, 4).unwrap().side, BTreeSet::from([1, 2]));
        assert_eq!(cut(&links, 4, 9), None);
        assert_eq!(cut(&links, 4, 4), None);
    }
}
