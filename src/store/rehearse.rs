//! The near-duplicate part of filing by itself, for `benches/near_lookup.rs`: the same statements in one transaction, so
//! that what they cost can be told.

use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::store::articles::{Asked, Posted, bench, fetch_prints, follow_keys, insert_prints};
use crate::store::{Store, StoreError};
use wiresift_dedup::cluster::{Edge, Member};
use wiresift_dedup::fingerprint::Printed;
use wiresift_dedup::index::{Kinship, Sighted, day};

impl Store {
    /// Looks a text up and posts it, as filing it would. The answer is whom it resembles, and when that was known.
    pub async fn rehearse(
        &self,
        article: i64,
        printed: &Printed,
        at: DateTime<Utc>,
    ) -> Result<(Vec<Edge>, Instant), StoreError> {
        let mut transaction = self.pool.begin().await?;
        bench(&mut transaction, &[day(at)]).await?;
        let mut kinship = Kinship::default();
        let hot = follow_keys(
            &mut transaction,
            &[Asked { keys: &printed.keys, day: day(at) }],
            &mut kinship,
        )
        .await?;
        let member = Member { article, original: article, first_seen_at: at, published_at: None };
        let text = Sighted { member, printed, at };
        let found = kinship.find(&text);
        let candidates = found.candidates.iter().copied().collect();
        fetch_prints(&mut transaction, &candidates, &[].into(), &mut kinship).await?;
        let edges = kinship.edges(&text, &found.candidates);
        let known = Instant::now();
        let keys = kinship.enter(&text, &found, &edges, None);
        let print = text.print_id();
        let posted = Posted {
            prints: [(print, (at, printed.print.to_stored()))].into(),
            keys: keys.into_iter().map(|key| (key, print)).collect(),
            hot,
        };
        insert_prints(&mut transaction, &posted).await?;
        transaction.commit().await?;
        Ok((edges, known))
    }
}
