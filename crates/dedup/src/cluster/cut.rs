//! Splits a cluster. Its edges are a tree, so removing one edge leaves two parts.

use std::collections::{BTreeMap, BTreeSet};

/// An edge of a cluster on file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The article that joined.
    pub article: i64,
    /// The article that it joined.
    pub other: i64,
    /// How strongly the two resemble each other, 0 to 1.
    pub strength: f64,
}

/// The split of a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// The edge to remove.
    pub link: Link,
    /// The members on the article's side of the edge, with the article itself.
    pub side: BTreeSet<i64>,
}

/// Splits a cluster so that `article` and `from` are in different parts. The cut is at the weakest
/// edge between the two; of several such edges, at the one nearest to `article`. Returns `None` if
/// the two are not in one cluster.
#[must_use]
pub fn cut(links: &[Link], article: i64, from: i64) -> Option<Cut> {
    let path = path(links, article, from)?;
    let weakest = path
        .into_iter()
        .reduce(|best, next| if next.strength < best.strength { next } else { best })?;
    let rest: Vec<Link> = links.iter().copied().filter(|link| *link != weakest).collect();
    Some(Cut { link: weakest, side: reached(&rest, article).into_keys().collect() })
}

/// The edges of the path from `article` to `from`, in this order.
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

/// The articles that edges connect with `start`, each with the last edge of the path to it.
fn reached(links: &[Link], start: i64) -> BTreeMap<i64, Option<Link>> {
    let mut neighbours: BTreeMap<i64, Vec<(i64, Link)>> = BTreeMap::new();
    for link in links {
        neighbours.entry(link.article).or_default().push((link.other, *link));
        neighbours.entry(link.other).or_default().push((link.article, *link));
    }
    let mut reached = BTreeMap::from([(start, None)]);
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for (next, link) in neighbours.get(&at).into_iter().flatten() {
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
        // A path 1 - 2 - 3 - 4, and 5 joined to 3.
        let links = [link(2, 1, 0.9), link(3, 2, 0.5), link(4, 3, 0.8), link(5, 3, 0.4)];
        let found = cut(&links, 4, 1).unwrap();
        assert_eq!(found.link, links[1]);
        assert_eq!(found.side, BTreeSet::from([3, 4, 5]));
        assert_eq!(cut(&links, 1, 4).unwrap().side, BTreeSet::from([1, 2]));
        assert_eq!(cut(&links, 4, 9), None);
        assert_eq!(cut(&links, 4, 4), None);
    }
}
