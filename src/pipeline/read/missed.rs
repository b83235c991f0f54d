//! Which parts of site rules have selected nothing so far, so that the log names each once and not
//! at every page.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Most parts that are remembered; later ones are not named.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct MissedParts(Mutex<HashSet<(String, String)>>);

impl MissedParts {
    /// Whether this is the first time that the selector of a host's rule selects nothing.
    pub(super) fn is_first(&self, host: &str, selector: &str) -> bool {
        let mut missed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        missed.len() < MOST && missed.insert((host.to_owned(), selector.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_named_once() {
        let missed = MissedParts::default();
        assert!(missed.is_first("example.com", ".body"));
        assert!(!missed.is_first("example.com", ".body"));
        assert!(missed.is_first("example.com", ".title"));
    }
}
