//! The near-duplicate part of filing by itself, for `examples/near_lookup`: the same statements, each half in a
//! transaction of its own, so that what they cost can be told.

use chrono::{DateTime, Utc};

use crate::news::cluster::{Edge, Member};
use crate::news::fingerprint::Printed;
use crate::news::kin::{Kinship, Sighted, day};
use crate::store::articles::{Asked, Posted, bench, fetch_prints, follow_keys, insert_prints};
use crate::store::{Store, StoreError};

impl Store {
    /// Whom a text resembles, as filing it would find.
    pub async fn resembling(&self, printed: &Printed, at: DateTime<Utc>) -> Result<Vec<Edge>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        bench(&mut transaction, &[day(at)]).await?;
        let mut kinship = Kinship::default();
        follow_keys(&mut transaction, &[Asked { keys: &printed.keys, day: day(at) }], &mut kinship).await?;
        let member = Member { article: 0, original: 0, first_seen_at: at, published_at: None };
        let text = Sighted { member, printed, at };
        let candidates = kinship.find(&text).candidates;
        fetch_prints(&mut transaction, &candidates.iter().copied().collect(), &[].into(), &mut kinship)
            .await?;
        transaction.commit().await?;
        Ok(kinship.edges(&text, &candidates))
    }

    /// Posts a text under its first eight keys, as filing it would.
    pub async fn post_print(
        &self,
        article: i64,
        printed: &Printed,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let member = Member { article, original: article, first_seen_at: at, published_at: None };
        let text = Sighted { member, printed, at };
        let mut kinship = Kinship::default();
        let found = kinship.find(&text);
        let keys = kinship.enter(&text, &found, &[], None);
        let print = text.print_id();
        let posted = Posted {
            prints: [(print, (at, printed.print.to_stored()))].into(),
            keys: keys.into_iter().map(|key| (key, print)).collect(),
            ..Posted::default()
        };
        let mut transaction = self.pool.begin().await?;
        insert_prints(&mut transaction, &posted).await?;
        transaction.commit().await?;
        Ok(())
    }
}
