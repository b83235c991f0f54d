//! Groups articles by average linkage.

use std::collections::BTreeMap;

/// A member that has left the window cannot be compared any more. Its log-odds with every article of
/// another group count as this. So a story that has run for a week does not go on because of its
/// last few articles alone: most of its members are about what happened before.
const DEPARTED: f64 = -6.0;

/// Articles that stay together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed {
    pub members: Vec<usize>,
    /// The number of members that have left the window.
    pub departed: usize,
}

/// Articles that are about one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The indexes of the members, in ascending order.
    pub members: Vec<usize>,
}

/// Groups by average linkage (Sokal and Michener 1958): joins the two groups with the highest mean
/// score between their members, as long as that mean is at least `join`.
///
/// `size` is the number of articles, `scores` gives the log-odds of a pair. The members of each
/// group in `fixed` stay together. The result is in the order of the first members.
///
/// The time is cubic in the number of groups at the start. Callers limit that number.
#[must_use]
pub fn regroup(
    size: usize,
    scores: &dyn Fn(usize, usize) -> f64,
    fixed: &[Fixed],
    join: f64,
) -> Vec<Group> {
    let mut groups: Vec<Fixed> = fixed.to_vec();
    groups.extend(
        (0..size)
            .filter(|place| !fixed.iter().any(|group| group.members.contains(place)))
            .map(|place| Fixed { members: vec![place], departed: 0 }),
    );
    let mut means: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (one, members) in groups.iter().enumerate() {
        for (other, others) in groups.iter().enumerate().skip(one + 1) {
            means.insert((one, other), mean(members, others, scores));
        }
    }
    while let Some(((one, other), _)) = means
        .iter()
        .max_by(|(pair, mean), (another, best)| mean.total_cmp(best).then(another.cmp(pair)))
        .filter(|(_, mean)| **mean >= join)
        .map(|(pair, mean)| (*pair, *mean))
    {
        let moved = groups.get_mut(other).map(std::mem::take).unwrap_or_default();
        if let Some(group) = groups.get_mut(one) {
            group.members.extend(moved.members);
            group.departed += moved.departed;
        }
        means.retain(|(a, b), _| ![*a, *b].contains(&one) && ![*a, *b].contains(&other));
        let Some(joined) = groups.get(one) else { break };
        for (third, others) in groups.iter().enumerate() {
            if third != one && !others.members.is_empty() {
                means.insert((one.min(third), one.max(third)), mean(joined, others, scores));
            }
        }
    }
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|group| group.members)
        .filter(|members| !members.is_empty())
        .map(|mut members| {
            members.sort_unstable();
            Group { members }
        })
        .collect();
    groups.sort_by_key(|group| group.members.first().copied());
    groups
}

fn mean(one: &Fixed, other: &Fixed, scores: &dyn Fn(usize, usize) -> f64) -> f64 {
    let compared = one.members.iter().flat_map(|a| other.members.iter().map(|b| scores(*a, *b)));
    let sum: f64 = compared.sum();
    let size = |group: &Fixed| group.members.len() + group.departed;
    let all = size(one) * size(other);
    let apart = all - one.members.len() * other.members.len();
    (sum + DEPARTED * apart as f64) / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups(size: usize, pairs: &[(usize, usize)], fixed: &[Fixed]) -> Vec<Vec<usize>> {
        let scores =
            |a: usize, b: usize| if pairs.contains(&(a.min(b), a.max(b))) { 3.0 } else { -4.0 };
        regroup(size, &scores, fixed, -0.5).into_iter().map(|group| group.members).collect()
    }

    #[test]
    fn articles_with_a_good_score_are_one_group() {
        assert_eq!(groups(4, &[(0, 2), (1, 3)], &[]), [vec![0, 2], vec![1, 3]]);
        assert_eq!(groups(3, &[], &[]), [vec![0], vec![1], vec![2]]);
    }

    #[test]
    fn one_good_score_does_not_join_two_groups() {
        let two = [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5), (2, 3)];
        assert_eq!(groups(6, &two, &[]), [vec![0, 1, 2], vec![3, 4, 5]]);
    }

    #[test]
    fn a_fixed_group_stays_together() {
        let fixed = Fixed { members: vec![0, 2], departed: 0 };
        assert_eq!(groups(3, &[], &[fixed]), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn members_that_have_left_count_as_apart() {
        let near = [(0, 1), (0, 2)];
        let fixed = |departed| [Fixed { members: vec![1, 2], departed }];
        assert_eq!(groups(3, &near, &fixed(0)), [vec![0, 1, 2]]);
        assert_eq!(groups(3, &near, &fixed(5)), [vec![0], vec![1, 2]]);
    }

    proptest! {
        #[test]
        fn every_article_is_in_one_group(size in 0_usize..12, seed in any::<u64>()) {
            let scores = |a: usize, b: usize| {
                ((seed >> ((a.min(b) * 7 + a.max(b) * 3) % 60)) & 7) as f64 - 4.0
            };
            let groups = regroup(size, &scores, &[], -0.5);
            let mut all: Vec<usize> = groups.into_iter().flat_map(|group| group.members).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..size).collect::<Vec<_>>());
        }
    }
}
