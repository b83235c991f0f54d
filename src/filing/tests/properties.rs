//! Properties of a random batch that is filed into an index with a random history.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::filing::tests::world::{Page, World, prose};
use crate::filing::{EntryState, MemoryIndex, Outcome, PendingEntry};

const ADDRESSES: [&str; 7] = [
    "one.example/1",
    "one.example/2",
    "m.one.example/1",
    "two.example/1",
    "two.example/2",
    "three.example/1",
    "four.example/1",
];

/// The subject of one submission.
#[derive(Debug, Clone)]
enum Step {
    /// A new entry leads to a page.
    Read(Page),
    /// The page of an earlier entry is read again.
    Revisit(usize, Page),
    /// The stored page of an earlier entry is extracted again.
    Reread(usize, Page),
    /// The page of an earlier entry is missing.
    Missing(usize),
    /// The page of an earlier entry has not changed.
    Unchanged(usize),
    /// The feed shows an earlier entry no longer.
    Leaves(usize),
}

fn text() -> impl Strategy<Value = String> {
    (0_u32..5, 0_u8..6).prop_map(|(seed, variant)| {
        let whole = prose(seed, 80);
        match variant {
            0..=2 => whole,
            3 => whole.split(' ').take(60).collect::<Vec<_>>().join(" "),
            4 => format!("{whole} {}", prose(seed + 10, 30)),
            _ => format!("{whole} {}", prose((seed + 1) % 5, 80)),
        }
    })
}

fn page() -> impl Strategy<Value = Page> {
    let canonical = prop_oneof![
        4 => Just(None),
        1 => Just(Some("https://one.example/1")),
        1 => Just(Some("https://two.example/1")),
    ];
    let published = prop::option::of(-120_i64..0);
    let address = || prop::sample::select(&ADDRESSES[..]);
    let redirect = prop_oneof![4 => Just(None), 1 => address().prop_map(Some)];
    (address(), redirect, text(), canonical, published).prop_map(
        |(address, redirect, text, canonical, published)| Page {
            address,
            redirect,
            text,
            canonical,
            published,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => page().prop_map(Step::Read),
        2 => (any::<prop::sample::Index>(), page())
            .prop_map(|(at, page)| Step::Revisit(at.index(64), page)),
        1 => (any::<prop::sample::Index>(), page())
            .prop_map(|(at, page)| Step::Reread(at.index(64), page)),
        1 => any::<prop::sample::Index>().prop_map(|at| Step::Missing(at.index(64))),
        1 => any::<prop::sample::Index>().prop_map(|at| Step::Unchanged(at.index(64))),
        1 => any::<prop::sample::Index>().prop_map(|at| Step::Leaves(at.index(64))),
    ]
}

/// Turns steps into a batch. A batch revisits an entry at most once, because the entry has one
/// lease.
fn batch(world: &mut World, steps: &[Step]) -> Vec<(PendingEntry, Outcome)> {
    let known: Vec<usize> = (0..world.entries.len())
        .filter(|number| world.revisited(*number).revisit.is_some())
        .collect();
    let now = world.now();
    let mut used = Vec::new();
    let mut batch = Vec::new();
    for step in steps {
        let number = match step {
            Step::Read(page) => {
                batch.push((world.entry(page.address), page.outcome(now)));
                continue;
            }
            Step::Revisit(number, _)
            | Step::Reread(number, _)
            | Step::Missing(number)
            | Step::Unchanged(number)
            | Step::Leaves(number) => number,
        };
        let Some(number) = known.get(number % known.len().max(1)) else { continue };
        if used.contains(number) {
            continue;
        }
        used.push(*number);
        let entry = world.revisited(*number);
        batch.push(match step {
            Step::Revisit(_, page) => {
                let hops = i32::from(page.redirect.is_some());
                (PendingEntry { hops, ..entry }, page.outcome(now))
            }
            Step::Reread(_, page) => {
                let outcome = page.reread_outcome(now, world.revision_of(&entry));
                (entry, outcome)
            }
            Step::Missing(_) => (entry, Outcome::Missing),
            Step::Unchanged(_) => (entry, Outcome::Unchanged),
            Step::Leaves(_) => {
                world.index.leave_feed(entry.id);
                continue;
            }
            Step::Read(_) => continue,
        });
    }
    batch
}

/// Files each step of a history in a batch of its own.
fn after(history: &[Step]) -> World {
    let mut world = World::default();
    for step in history {
        world.advance(1);
        let one = batch(&mut world, std::slice::from_ref(step));
        world.files(&one);
    }
    world.advance(1);
    world
}

/// The whole content of an index, for comparison.
fn all(index: &MemoryIndex) -> String {
    let articles: Vec<_> = index.articles().collect();
    let entries: Vec<_> = index.entries().collect();
    let edges: Vec<_> = index.edges().collect();
    format!("{articles:#?}\n{entries:#?}\n{edges:#?}\n{:#?}", index.changes())
}

/// Checks that there is one path of edges between any two members of a cluster, and that one member
/// is the original.
fn assert_clusters_are_trees(index: &MemoryIndex) {
    let mut joined: BTreeMap<i64, i64> =
        index.articles().map(|(one, _)| (one.id, one.id)).collect();
    for (one, other) in index.edges() {
        let (from, to) = (joined[&one], joined[&other]);
        assert_ne!(from, to, "{one} and {other} are joined twice");
        joined.values_mut().filter(|root| **root == from).for_each(|root| *root = to);
    }
    for (article, original) in index.articles() {
        assert_eq!(
            joined[&article.id], joined[&original],
            "{} is not joined to {original}",
            article.id
        );
        assert_eq!(index.original_of(original), original, "{original} is no original");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_gives_what_its_members_give_one_by_one(
        history in prop::collection::vec(step(), 0..8),
        steps in prop::collection::vec(step(), 1..8),
    ) {
        let mut together = after(&history);
        let whole = batch(&mut together, &steps);
        let recorded = together.files(&whole);
        let mut separate = after(&history);
        let mut one_by_one = Vec::new();
        for member in batch(&mut separate, &steps).chunks(1) {
            one_by_one.extend(separate.files(member));
        }
        prop_assert_eq!(recorded, one_by_one);
        prop_assert_eq!(all(&together.index), all(&separate.index));
    }

    #[test]
    fn planning_is_deterministic(steps in prop::collection::vec(step(), 1..12)) {
        let run = || {
            let mut world = World::default();
            let whole = batch(&mut world, &steps);
            let recorded = world.files(&whole);
            (recorded, all(&world.index))
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn every_entry_ends_in_one_state_and_clusters_are_trees(
        history in prop::collection::vec(step(), 0..10),
        steps in prop::collection::vec(step(), 1..10),
    ) {
        let mut world = after(&history);
        let whole = batch(&mut world, &steps);
        let recorded = world.files(&whole);
        prop_assert_eq!(recorded.len(), whole.len());
        prop_assert_eq!(world.index.entries().count(), world.entries.len());
        for entry in world.index.entries() {
            prop_assert_ne!(entry.state, EntryState::Pending);
            prop_assert!(entry.article_id.is_some() && entry.ended_at.is_some());
        }
        assert_clusters_are_trees(&world.index);
    }
}
