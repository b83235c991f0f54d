//! Filing: plans and writes the outcomes of a batch of entries in one transaction.
//!
//! Articles, revisions, keys, entry states, site limits and change rows are written together or not
//! at all. So after a crash an entry is either pending, or in its final state with all that belongs
//! to it. A commit waits for the disk. One commit for each article would wait each time; a batch
//! waits once.
//!
//! The pure planner [`plan`] decides what an article is. This module takes the filing lock, loads
//! the data that the planner needs, and writes the plan.
//!
//! The filing lock lets one transaction at a time judge articles, so no two can find the same text
//! new at the same time. An insert may still fail, because a poll has added the same address; then
//! the batch is judged again. If the database refuses a batch because of its values, the members
//! are filed one by one, and a member that is refused alone is abandoned: one page must not stop
//! the queue. A fault of the database itself is no refusal. It changes no entry.

mod addresses;
mod clusters;
mod fingerprints;
mod load;
mod lookup;
mod markup;
mod removed;
mod rows;
mod write;

pub(super) use clusters::{make_original, measure, recount};
pub(super) use lookup::lock_filing;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

use crate::filing::{
    EntryCause, LookupKeys, Outcome, PendingEntry, Plan, Recorded, Submission, keys_of_batch, plan,
};
use crate::lease::{Lease, Politeness};
use crate::store::changes::notify;
use crate::store::events::{Event, EventKind};
use crate::store::hours::HourlyOutcome;
use crate::store::parameters::ignored_parameters;
use crate::store::sites::{SiteStep, SiteUpdate};
use crate::store::{Store, StoreError, clean};

/// The outcome of reading one entry.
#[derive(Debug, Clone)]
pub struct Filing {
    pub lease: Lease<PendingEntry>,
    /// When the entry was read.
    pub at: DateTime<Utc>,
    pub outcome: Outcome,
    /// The consequence for the limits of the site.
    pub site: SiteStep,
    /// When the page is to be read again, if the outcome is an article.
    pub next_visit: Option<DateTime<Utc>>,
}

/// How many times a batch is judged at most if other transactions interfere.
const MOST_TRIES: usize = 5;

impl Store {
    /// Files a batch. Returns one result for each filing, in order.
    pub async fn file(
        &self,
        filings: &[Filing],
        politeness: &Politeness,
    ) -> Result<Vec<Recorded>, StoreError> {
        let batch: Vec<Member<'_>> = filings.iter().map(Member::of).collect();
        self.file_all(&batch, politeness).await
    }

    /// Plans a batch and writes nothing. Returns one result for each of the first filings that can
    /// be written in one transaction. `lookups` has one element for each filing.
    pub async fn preview(
        &self,
        filings: &[Filing],
        lookups: &[Option<LookupKeys>],
    ) -> Result<Vec<Recorded>, StoreError> {
        let batch: Vec<Member<'_>> = filings.iter().map(Member::of).collect();
        let mut transaction = self.pool.begin().await?;
        let submissions = submissions(&batch, lookups);
        Ok(planned(&mut transaction, &batch, submissions).await?.recorded)
    }

    /// Files the first filings of a batch that can be written in one transaction. `lookups` has one
    /// element for each filing.
    pub async fn file_with(
        &self,
        filings: &[Filing],
        lookups: &[Option<LookupKeys>],
        politeness: &Politeness,
    ) -> Result<Vec<Recorded>, StoreError> {
        let batch: Vec<Member<'_>> = filings.iter().map(Member::of).collect();
        self.try_file(&batch, lookups, politeness).await
    }

    async fn file_all(
        &self,
        batch: &[Member<'_>],
        politeness: &Politeness,
    ) -> Result<Vec<Recorded>, StoreError> {
        let mut recorded = Vec::with_capacity(batch.len());
        while let Some(rest) = batch.get(recorded.len()..).filter(|rest| !rest.is_empty()) {
            recorded.extend(match self.file_together(rest, politeness).await {
                Err(error) if error.blames_values() => {
                    self.file_one_by_one(rest, politeness, &error).await?
                }
                answer => answer?,
            });
        }
        Ok(recorded)
    }

    /// Files the first members that can be written in one transaction, at least one.
    async fn file_together(
        &self,
        batch: &[Member<'_>],
        politeness: &Politeness,
    ) -> Result<Vec<Recorded>, StoreError> {
        // Fingerprints take time, so they are made before the lock is taken.
        let lookups = self.lookups(batch).await?;
        let mut tries = 1;
        loop {
            match self.try_file(batch, &lookups, politeness).await {
                Err(StoreError::Contended(_)) if tries < MOST_TRIES => tries += 1,
                answer => return answer,
            }
        }
    }

    /// Makes the lookup keys of a batch. They include the addresses without the parameters that
    /// their sites ignore.
    async fn lookups(&self, batch: &[Member<'_>]) -> Result<Vec<Option<LookupKeys>>, StoreError> {
        let lookups = batch.iter().map(|one| LookupKeys::of_outcome(one.entry(), one.outcome));
        let lookups: Vec<Option<LookupKeys>> = lookups.collect();
        let keys = keys_of_batch(lookups.iter().flatten());
        let mut connection = self.pool.acquire().await?;
        let ignored = ignored_parameters(&mut connection, keys.iter().map(String::as_str)).await?;
        Ok(lookups.into_iter().map(|one| one.map(|keys| keys.without(&ignored))).collect())
    }

    async fn file_one_by_one(
        &self,
        batch: &[Member<'_>],
        politeness: &Politeness,
        error: &StoreError,
    ) -> Result<Vec<Recorded>, StoreError> {
        let [member] = batch else {
            let mut recorded = Vec::with_capacity(batch.len());
            for member in batch {
                let one = std::slice::from_ref(member);
                recorded.extend(Box::pin(self.file_all(one, politeness)).await?);
            }
            return Ok(recorded);
        };
        let refused = Member { outcome: &UNSTORABLE, ..*member };
        self.file_together(&[refused], politeness).await?;
        Ok(vec![Recorded::Refused(error.to_string())])
    }

    async fn try_file(
        &self,
        batch: &[Member<'_>],
        lookups: &[Option<LookupKeys>],
        politeness: &Politeness,
    ) -> Result<Vec<Recorded>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        let submissions = submissions(batch, lookups);
        let plan = planned(&mut transaction, batch, submissions).await?;
        let members = batch.iter().zip(&plan.recorded);
        let held = members.filter(|(_, recorded)| **recorded != Recorded::LeaseLost);
        let limits = held.clone().map(|(one, _)| one.released(politeness)).collect();
        let counted = held.clone().filter_map(|(one, recorded)| one.counted(recorded)).collect();
        let events = held.filter_map(|(one, _)| one.given_up()).collect();
        let logs = write::Logs { limits, events, counted };
        let end = write::write(&mut transaction, plan.records, logs).await?;
        transaction.commit().await?;
        notify(&mut connection, end).await;
        Ok(plan.recorded)
    }
}

fn submissions<'a>(batch: &[Member<'a>], lookups: &'a [Option<LookupKeys>]) -> Vec<Submission<'a>> {
    batch.iter().zip(lookups).map(|(one, lookup)| one.submission(lookup.as_ref())).collect()
}

/// Takes the filing lock, loads the articles on file that the batch may concern, and plans.
async fn planned<'a>(
    connection: &mut PgConnection,
    batch: &[Member<'a>],
    mut submissions: Vec<Submission<'a>>,
) -> Result<Plan<'a>, StoreError> {
    lookup::lock_filing_for(connection, &submissions).await?;
    load::lock_entries(connection, batch, &mut submissions).await?;
    let on_file = load::on_file(connection, &submissions).await?;
    let articles = submissions.iter().filter(|one| one.lookup.is_some()).count();
    let ids = load::article_ids(connection, articles).await?;
    Ok(plan(&submissions, on_file, ids)?)
}

/// The outcome of an entry with values that the database refuses.
static UNSTORABLE: Outcome = Outcome::Abandoned { cause: EntryCause::Unstorable, trace: None };

/// A filing, perhaps with another outcome: one that was refused is abandoned.
#[derive(Debug, Clone, Copy)]
struct Member<'a> {
    filing: &'a Filing,
    outcome: &'a Outcome,
}

impl<'a> Member<'a> {
    fn of(filing: &'a Filing) -> Self {
        Self { filing, outcome: &filing.outcome }
    }

    fn entry(&self) -> &'a PendingEntry {
        &self.filing.lease.item
    }

    fn submission(&self, lookup: Option<&'a LookupKeys>) -> Submission<'a> {
        Submission {
            entry: self.entry(),
            at: self.filing.at,
            outcome: self.outcome,
            next_visit: self.filing.next_visit,
            lookup,
            is_held: false,
        }
    }

    /// The event of an entry that cannot be digested.
    fn given_up(&self) -> Option<Event> {
        let Outcome::Abandoned { cause, .. } = self.outcome else { return None };
        let kind = match cause {
            EntryCause::Quarantined => EventKind::Quarantined,
            EntryCause::Unstorable => EventKind::SetAside,
            _ => return None,
        };
        let entry = self.entry();
        let url = entry.url.as_deref().map(clean::text);
        let detail = json!({ "step": "filing", "entry": entry.id, "url": url });
        let (feed_id, host) = (Some(entry.feed_id), Some(entry.host.clone()));
        Some(Event { at: self.filing.at, kind, feed_id, host, detail })
    }

    /// The outcome that the counters of the hour count, and the cause if there is no article.
    fn counted(&self, recorded: &Recorded) -> Option<(HourlyOutcome, &'static str)> {
        match (recorded, self.outcome) {
            (Recorded::Judged { verdict, .. }, _) => Some((HourlyOutcome::of(*verdict), "")),
            (_, Outcome::Skipped { cause }) => Some((HourlyOutcome::Skipped, cause.as_str())),
            (_, Outcome::Abandoned { cause, .. }) => {
                Some((HourlyOutcome::Abandoned, cause.as_str()))
            }
            _ => None,
        }
    }

    /// The update that releases the slot of the site.
    fn released(&self, politeness: &Politeness) -> SiteUpdate {
        let lease = &self.filing.lease;
        SiteUpdate::released(&lease.item.host, lease.expires_at, &self.filing.site, politeness)
    }
}
