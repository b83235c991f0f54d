//! Fingerprints of recent articles in memory. They never change, and most articles are compared with
//! those that came shortly before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sqlx::PgConnection;

use crate::store::StoreError;
use crate::store::stories::read;
use wiresift_dedup::story::StoryFingerprint;

/// The most bytes of fingerprints that are kept.
const MOST_BYTES: usize = 32 << 20;

/// Fingerprints by number.
#[derive(Debug, Default)]
pub(super) struct FingerprintCache {
    known: BTreeMap<i64, Arc<StoryFingerprint>>,
    bytes: usize,
}

impl FingerprintCache {
    /// Adds a fingerprint. The ones with the smallest numbers give way.
    pub(super) fn insert(&mut self, number: i64, fingerprint: Arc<StoryFingerprint>) {
        self.bytes += fingerprint.bytes();
        if let Some(before) = self.known.insert(number, fingerprint) {
            self.bytes = self.bytes.saturating_sub(before.bytes());
        }
        while self.bytes > MOST_BYTES
            && let Some((_, oldest)) = self.known.pop_first()
        {
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
        }
    }

    /// The fingerprints with these numbers. Reads those that are not here.
    pub(super) async fn get(
        &mut self,
        connection: &mut PgConnection,
        numbers: &BTreeSet<i64>,
    ) -> Result<BTreeMap<i64, Arc<StoryFingerprint>>, StoreError> {
        let missing: Vec<i64> =
            numbers.iter().filter(|number| !self.known.contains_key(number)).copied().collect();
        let mut found: BTreeMap<i64, Arc<StoryFingerprint>> = numbers
            .iter()
            .filter_map(|number| Some((*number, Arc::clone(self.known.get(number)?))))
            .collect();
        for (number, fingerprint) in read::fingerprints(connection, &missing).await? {
            self.insert(number, Arc::clone(&fingerprint));
            found.insert(number, fingerprint);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_bounded_and_the_oldest_give_way() {
        let text = (0..400).map(|word| format!("word{word} ")).collect::<String>();
        let fingerprint = Arc::new(StoryFingerprint::of("A title of it", &text, "en").unwrap());
        let mut cache = FingerprintCache::default();
        let most = i64::try_from(MOST_BYTES / fingerprint.bytes()).unwrap();
        for number in 0..most + 100 {
            cache.insert(number, Arc::clone(&fingerprint));
        }
        assert!(cache.bytes <= MOST_BYTES);
        assert!(!cache.known.contains_key(&0) && cache.known.contains_key(&(most + 99)));
    }
}
