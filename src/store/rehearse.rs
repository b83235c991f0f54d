//! The near-duplicate part of filing by itself, for `benches/near_lookup.rs`: the same statements in one transaction, so
//! that what they cost can be told.

use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::store::articles::{
    Asked, Posted, bench, fetch_fingerprints, follow_keys, insert_fingerprints,
};
use crate::store::{Store, StoreError};
use wiresift_dedup::cluster::{Edge, Member};
use wiresift_dedup::fingerprint::Fingerprinted;
use wiresift_dedup::index::{DuplicateIndex, SeenText, day};

impl Store {
    /// Looks a text up and posts it, as filing it would. The answer is whom it resembles, and when that was known.
    pub async fn rehearse(
        &self,
        article: i64,
        fingerprinted: &Fingerprinted,
        at: DateTime<Utc>,
    ) -> Result<(Vec<Edge>, Instant), StoreError> {
        let mut transaction = self.pool.begin().await?;
        bench(&mut transaction, &[day(at)]).await?;
        let mut duplicates = DuplicateIndex::default();
        let hot = follow_keys(
            &mut transaction,
            &[Asked { keys: &fingerprinted.keys, day: day(at) }],
            &mut duplicates,
        )
        .await?;
        let member = Member { article, original: article, first_seen_at: at, published_at: None };
        let text = SeenText { member, fingerprinted, at };
        let found = duplicates.find(&text);
        let candidates = found.candidates.iter().copied().collect();
        fetch_fingerprints(&mut transaction, &candidates, &[].into(), &mut duplicates).await?;
        let edges = duplicates.edges(&text, &found.candidates);
        let known = Instant::now();
        let keys = duplicates.enter(&text, &found, &edges, None);
        let fingerprint = text.fingerprint_id();
        let posted = Posted {
            fingerprints: [(fingerprint, (at, fingerprinted.fingerprint.to_stored()))].into(),
            keys: keys.into_iter().map(|key| (key, fingerprint)).collect(),
            hot,
        };
        insert_fingerprints(&mut transaction, &posted).await?;
        transaction.commit().await?;
        Ok((edges, known))
    }
}
