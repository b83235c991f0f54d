//! Before and after a relaunch.
//!
//! What is on all pages of a new layout is on few of all the pages that are learned from, until the
//! old ones have faded. So the pages of either layout are learned from on their own.

use foldhash::{HashMap, HashSet};

use crate::memory::trace::Trace;

/// Articles before and after, at the least.
const LEAST_ARTICLES: usize = 5;

/// Share of the articles that have their body in one place.
const MOSTLY: f32 = 0.8;

/// The first trace after the relaunch, if there was one: before and after, most bodies stand in one
/// place, and neither place is seen on the other side. A site with several layouts at a time has
/// none.
pub(super) fn relaunch(window: &[Trace], articles: &[usize]) -> Option<usize> {
    let mut first: HashMap<u64, usize> = HashMap::default();
    for (at, trace) in window.iter().enumerate() {
        first.entry(trace.outcome.place).or_insert(at);
    }
    let mut first: Vec<usize> = first.into_values().collect();
    first.sort_unstable();
    first.into_iter().find(|at| {
        let before = Side::of(window.iter().zip(articles).take(*at));
        let after = Side::of(window.iter().zip(articles).skip(*at));
        let begins = window.get(*at).map(|trace| trace.outcome.place);
        before.is_settled()
            && after.is_settled()
            && after.place == begins
            && before.place.is_some_and(|place| !after.places.contains(&place))
    })
}

/// The pages before or after a relaunch.
#[derive(Default)]
struct Side {
    places: HashSet<u64>,
    /// The place of most bodies.
    place: Option<u64>,
    /// Articles with the body there.
    there: usize,
    articles: usize,
}

impl Side {
    fn of<'a>(pages: impl Iterator<Item = (&'a Trace, &'a usize)>) -> Self {
        // Each article once.
        let places: HashMap<usize, u64> =
            pages.map(|(trace, article)| (*article, trace.outcome.place)).collect();
        let mut numbers: HashMap<u64, usize> = HashMap::default();
        for place in places.values() {
            *numbers.entry(*place).or_default() += 1;
        }
        let most = numbers.iter().max_by_key(|(place, number)| (**number, **place));
        Self {
            place: most.map(|(place, _)| *place),
            there: most.map_or(0, |(_, number)| *number),
            articles: places.len(),
            places: numbers.into_keys().collect(),
        }
    }

    fn is_settled(&self) -> bool {
        self.articles >= LEAST_ARTICLES && self.there as f32 >= MOSTLY * self.articles as f32
    }
}
