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
use url::Url;

use crate::filing::judge::Verdict;
use crate::lease::{Lease, Politeness};
use crate::store::articles::identity::Identities;
use crate::store::entries::PendingEntry;
use crate::store::parameters::ignored_parameters;
use crate::store::sites::SiteStep;
use crate::store::{Store, StoreError};
use wiresift_extract::article::{Article, Removed};
use wiresift_feed::Validators;

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

/// What reading came to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// An article.
    Article(Box<Filed>),
    /// The page that was read before is as it was.
    Unchanged,
    /// The page that was read before is not there.
    Missing,
    /// The page is elsewhere; the entry waits there.
    Moved {
        /// Where.
        to: String,
        /// Its site.
        host: String,
    },
    /// To be tried again.
    Later {
        /// When.
        at: DateTime<Utc>,
        /// Why, in a fixed word.
        cause: String,
        /// Whether it counts as a failure.
        failed: bool,
    },
    /// Not to be read: a rule says so.
    Skipped {
        /// Which.
        cause: String,
    },
    /// Given up.
    Abandoned {
        /// Why.
        cause: String,
    },
}

/// An article that is to be filed, with what it was read from.
#[derive(Debug, Clone)]
pub struct Filed {
    /// The article.
    pub article: Article,
    /// The body as sanitised HTML.
    pub body_html: String,
    /// Blocks left out.
    pub removed: Vec<Removed>,
    /// Where the bytes came from in the end.
    pub fetched_url: Option<Url>,
    /// The bytes, zstd, if they are to be kept.
    pub page: Option<RawPage>,
    /// What the server gave us to ask by whether the page has changed.
    pub validators: Validators,
}

/// Bytes to be kept.
#[derive(Debug, Clone)]
pub struct RawPage {
    /// zstd.
    pub body: Vec<u8>,
    /// As the server named it.
    pub content_type: Option<String>,
}

/// What became of a filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Judged and on file.
    Judged {
        /// The article.
        article: i64,
        /// What it is to those we had.
        verdict: Verdict,
    },
    /// Moved, put off, skipped or abandoned.
    Noted,
    /// Somebody else holds the entry now.
    LeaseLost,
    /// The database refused it, and why; the entry is abandoned.
    Refused(String),
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
            outcome: Outcome::Abandoned { cause: "unstorable".to_owned() },
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
