//! Generated outlets that were asked for lately.
//!
//! A reader asks one outlet for many pages, and generating the list of its articles takes longer
//! than writing a page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::outlet::Outlet;

/// The most outlets that are kept.
const MOST: usize = 64;

/// An outlet's number and edition.
type Key = (usize, u32);
type Generated = (Key, Arc<Outlet>);

/// The outlets that were generated last. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept(Arc<Mutex<VecDeque<Generated>>>);

impl Kept {
    pub(super) fn get(&self, key: Key, generate: impl FnOnce() -> Outlet) -> Arc<Outlet> {
        let find = || {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.iter().find(|(known, _)| *known == key).map(|(_, outlet)| Arc::clone(outlet))
        };
        if let Some(outlet) = find() {
            return outlet;
        }
        // Without the lock: others are answered meanwhile.
        let outlet = Arc::new(generate());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((key, Arc::clone(&outlet)));
        if kept.len() > MOST {
            kept.pop_front();
        }
        outlet
    }
}
