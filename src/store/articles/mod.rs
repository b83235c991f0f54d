//! Filing: what reading an entry came to, recorded for a batch of entries in one transaction.
//!
//! Articles, revisions, keys, entry states, turns of sites and change rows go together or not at all, so a crash
//! leaves an entry either pending or ended with everything that its state claims. One commit per article on one
//! connection would wait for the disk each time; a batch waits once.
//!
//! Those who judge articles take turns (`near`), so no two judge one text New at the same moment. What else gets in
//! the way, such as a poll that answers an address, makes an insert fail, and the transaction is judged again. A
//! batch that the database refuses for the sake of one member is filed one by one, and the member that is
//! refused alone is abandoned with that cause: a page must not be able to stop the queue. Only what blames the
//! values counts as a refusal; a fault of the database itself leaves every entry where it is.
//!
//! A batch must give what its members give one by one. It is judged in order but written table by table, so it is
//! cut before a member that revises an article which the batch itself writes, before one for which a key has grown
//! too common within the batch, and around one that merges clusters; it goes on in a transaction of its own.

mod entry_row;
mod fingerprints;
mod identity;
mod keys;
mod learn;
mod load;
mod near;
mod plan;
mod relate;
mod revisit;
mod rows;
mod settle;
mod write;

pub(super) use fingerprints::{Posted, fetch_fingerprints, insert_fingerprints};
pub(super) use near::{Asked, bench, follow_keys};
pub(super) use relate::{make_original, measure, recount};

use chrono::{DateTime, Utc};

use crate::filing::{EntryCause, Outcome, PendingEntry, Recorded};
use crate::lease::{Lease, Politeness};
use crate::store::articles::identity::Identities;
use crate::store::parameters::ignored_parameters;
use crate::store::sites::SiteStep;
use crate::store::{Store, StoreError};

/// What reading one entry came to.
#[derive(Debug, Clone)]
pub struct Filing {
    /// The entry.
    pub lease: Lease<PendingEntry>,
    /// When it was known.
    pub at: DateTime<Utc>,
    /// What it is to the entry.
    pub outcome: Outcome,
    /// What it is to the site.
    pub site: SiteStep,
    /// When an article that came of this is to be read again.
    pub next_visit: Option<DateTime<Utc>>,
}

/// Times a batch is judged again because another transaction was in the way.
const MOST_TRIES: usize = 5;

impl Store {
    /// Records a batch. The answer has one element for each filing, in order.
    pub async fn file(
        &self,
        filings: &[Filing],
        politeness: &Politeness,
    ) -> Result<Vec<Recorded>, StoreError> {
        let mut recorded = Vec::with_capacity(filings.len());
        while let Some(rest) = filings.get(recorded.len()..).filter(|rest| !rest.is_empty()) {
            recorded.extend(match self.file_together(rest, politeness).await {
                Err(error) if error.blames_values() => {
                    self.file_apart(rest, politeness, &error).await?
                }
                answer => answer?,
            });
        }
        Ok(recorded)
    }

    /// Files as many of the first as go together, at least one.
    async fn file_together(
        &self,
        filings: &[Filing],
        politeness: &Politeness,
    ) -> Result<Vec<Recorded>, StoreError> {
        // Before anybody waits for us.
        let identities = self.without_noise(identity::identities(filings)).await?;
        let mut tries = 1;
        loop {
            match self.try_file(filings, &identities, politeness).await {
                Err(StoreError::Contended(_)) if tries < MOST_TRIES => tries += 1,
                answer => return answer,
            }
        }
    }

    /// The same, with the addresses that are left without the parameters that their sites add for nothing.
    async fn without_noise(&self, identities: Identities) -> Result<Identities, StoreError> {
        let keys = identities.keys();
        let ignored_parameters =
            ignored_parameters(&mut *self.pool.acquire().await?, keys.iter().map(String::as_str))
                .await?;
        Ok(identities.without(&ignored_parameters))
    }

    async fn file_apart(
        &self,
        filings: &[Filing],
        politeness: &Politeness,
        error: &StoreError,
    ) -> Result<Vec<Recorded>, StoreError> {
        let [filing] = filings else {
            let mut recorded = Vec::with_capacity(filings.len());
            for filing in filings {
                recorded
                    .extend(Box::pin(self.file(std::slice::from_ref(filing), politeness)).await?);
            }
            return Ok(recorded);
        };
        let refused = Filing {
            outcome: Outcome::Abandoned { cause: EntryCause::Unstorable },
            ..filing.clone()
        };
        self.file_together(&[refused], politeness).await?;
        Ok(vec![Recorded::Refused(error.to_string())])
    }

    async fn try_file(
        &self,
        filings: &[Filing],
        identities: &Identities,
        politeness: &Politeness,
    ) -> Result<Vec<Recorded>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        near::acquire_filing_lock(&mut transaction, filings, identities).await?;
        let held = load::lock_entries(&mut transaction, filings, identities).await?;
        let known = load::everything(&mut transaction, filings, identities).await?;
        let ids = load::article_ids(&mut transaction, identities.articles()).await?;
        let plan = plan::plan(filings, identities, held, known, ids, politeness)?;
        write::write(&mut transaction, plan.writes).await?;
        transaction.commit().await?;
        Ok(plan.recorded)
    }
}
