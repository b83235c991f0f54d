//! The planner: from a batch of outcomes and what is on file to the records that are to be written.
//!
//! It is pure. The daemon runs it over what the database has, `wiresift dedupe` and the benchmarks over memory, so all
//! of them judge alike.
//!
//! The batch is judged in order, and each article that is new or revised counts as on file for the next ones. A batch
//! must give what its members give one by one. It is judged in order but written table by table, so a plan ends
//! before a member that revises an article which the batch itself writes, and before one for which a key has become
//! a stop key within the batch. It ends after one that merges clusters. The rest of the batch goes into the next plan.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use thiserror::Error;
use wiresift_extract::article::BodySource;

use crate::filing::judge::{Candidates, IncomingArticle, Verdict, judge};
use crate::filing::records::{EntryRecord, ReadText, Records};
use crate::filing::{
    EntryCause, EntryState, LookupKeys, OnFile, Outcome, PendingEntry, ReadArticle, Recorded,
    storable,
};

/// One member of a batch: what reading an entry came to.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// The entry.
    pub entry: &'a PendingEntry,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// What reading came to.
    pub outcome: &'a Outcome,
    /// When an article that came of it is read again.
    pub next_visit: Option<DateTime<Utc>>,
    /// What the article is looked up by, where the outcome is one.
    pub lookup: Option<&'a LookupKeys>,
    /// Whether the lease still holds. If not, the outcome is dropped.
    pub is_held: bool,
}

/// What is to be written, and what became of each submission.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// The records.
    pub records: Records<'a>,
    /// One for each submission from the first on. The plan ends where this list ends.
    pub recorded: Vec<Recorded>,
}

/// What contradicts itself in the input of a plan. An index that loads all that it should never causes one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// An article came without lookup keys.
    #[error("entry {0} brings an article without lookup keys")]
    NoLookup(i64),
    /// A page that was never read before cannot be unchanged or gone.
    #[error("the page of entry {0} was never read before, and is said to be unchanged or gone")]
    NeverRead(i64),
    /// An article was judged, or read again, but is not on file.
    #[error("article {0} is not on file")]
    NotOnFile(i64),
    /// There are fewer fresh ids than articles.
    #[error("there are fewer fresh ids than articles")]
    TooFewIds,
}

/// Plans a batch, or as much of its beginning as can be written at once: at least one submission. `ids` are fresh
/// article ids, one for each article of the batch.
pub fn plan<'a>(
    submissions: &[Submission<'a>],
    on_file: OnFile,
    ids: Vec<i64>,
) -> Result<Plan<'a>, PlanError> {
    let mut planner = Planner::new(on_file, ids);
    for submission in submissions {
        if !submission.is_held {
            planner.plan.recorded.push(Recorded::LeaseLost);
            continue;
        }
        let Some(recorded) = planner.take(submission)? else { break };
        planner.plan.recorded.push(recorded);
        let records = &mut planner.plan.records;
        records.at = records.at.max(Some(submission.at));
        if !records.moves.is_empty() {
            break;
        }
    }
    Ok(planner.plan)
}

pub(super) struct Planner<'a> {
    pub(super) on_file: OnFile,
    pub(super) ids: std::vec::IntoIter<i64>,
    /// Articles that the batch writes.
    pub(super) touched: BTreeSet<i64>,
    pub(super) plan: Plan<'a>,
}

impl<'a> Planner<'a> {
    fn new(mut on_file: OnFile, ids: Vec<i64>) -> Self {
        let mut plan = Plan::default();
        plan.records.stop_keys = std::mem::take(&mut on_file.new_stop_keys);
        Self { on_file, ids: ids.into_iter(), touched: BTreeSet::new(), plan }
    }

    /// Plans one submission. `None`: the plan ends before it.
    fn take(&mut self, submission: &Submission<'a>) -> Result<Option<Recorded>, PlanError> {
        let entry = submission.entry;
        if let Some(revisit) = &entry.revisit {
            return self.take_revisit(submission, revisit);
        }
        let mut record = EntryRecord::pending(entry);
        let mut recorded = Recorded::Noted;
        match submission.outcome {
            Outcome::Article(read) => {
                let text = read_text(submission, read)?;
                let Some((article, verdict)) = self.judge(text)? else { return Ok(None) };
                let (state, cause) = end_of(verdict, read);
                record.end(submission.at, state, cause, Some(article));
                record.remember(&read.validators);
                record.next_try_at = submission.next_visit.filter(|_| is_revisited(verdict, read));
                recorded = Recorded::Judged { article, verdict };
            }
            Outcome::Moved { to, host } => {
                record.wait(submission.at, EntryCause::Moved);
                record.fetch_url = Some(storable::text(to));
                record.host.clone_from(host);
                record.hops += 1;
            }
            Outcome::Later { at, cause, failed } => {
                record.wait(*at, *cause);
                record.failures += u32::from(*failed);
            }
            Outcome::Skipped { cause } => {
                record.end(submission.at, EntryState::Skipped, *cause, None);
            }
            Outcome::Abandoned { cause } => {
                record.end(submission.at, EntryState::Abandoned, *cause, None);
            }
            Outcome::Unchanged | Outcome::Missing => return Err(PlanError::NeverRead(entry.id)),
        }
        self.put(record);
        Ok(Some(recorded))
    }

    pub(super) fn put(&mut self, record: EntryRecord) {
        if let Some(at) = record.next_try_at {
            self.plan.records.turns.push((record.host.clone(), at));
        }
        self.plan.records.entries.push(record);
    }

    /// Says what an article is to those on file, and plans what follows. `None`: the plan ends before it.
    pub(super) fn judge(
        &mut self,
        text: ReadText<'a>,
    ) -> Result<Option<(i64, Verdict)>, PlanError> {
        let lookup = text.lookup;
        let find =
            |claimed: bool| lookup.addresses.iter().find_map(|key| self.on_file.at(key, claimed));
        let candidates = Candidates {
            by_address: find(false),
            by_canonical: lookup.canonical.iter().find_map(|key| self.on_file.at(key, true)),
            by_claim: find(true),
            by_digest: self.on_file.by_digest(lookup.digest),
        };
        let judged = match judge(&incoming(text.read, lookup), &candidates) {
            same @ Verdict::Same { article, .. } => Some((article, same)),
            Verdict::New => self.add(text, None)?,
            Verdict::Copy { of, .. } => self.add(text, Some(of))?,
            revision @ Verdict::Revision { article, kind, .. } => {
                self.revise(text, article, kind)?.then_some((article, revision))
            }
        };
        if let Some((article, _)) = judged {
            self.learn_addresses(lookup, article);
        }
        Ok(judged)
    }
}

/// The article of a submission with what it is looked up by.
pub(super) fn read_text<'a>(
    submission: &Submission<'a>,
    read: &'a ReadArticle,
) -> Result<ReadText<'a>, PlanError> {
    let lookup = submission.lookup.ok_or(PlanError::NoLookup(submission.entry.id))?;
    Ok(ReadText::of(submission, read, lookup))
}

pub(super) fn incoming<'a>(read: &ReadArticle, lookup: &'a LookupKeys) -> IncomingArticle<'a> {
    IncomingArticle {
        host: &lookup.host,
        title: &lookup.title,
        body: &lookup.body,
        digest: lookup.digest,
        is_excerpt: read.article.rights.excerpt,
    }
}

/// Whether the page is read again later: the entry brought the article, and its text is the page's.
fn is_revisited(verdict: Verdict, read: &ReadArticle) -> bool {
    matches!(verdict, Verdict::New | Verdict::Copy { .. })
        && read.article.source != BodySource::Feed
}

/// The state in which a verdict ends its entry, and the cause.
pub(super) fn end_of(verdict: Verdict, read: &ReadArticle) -> (EntryState, EntryCause) {
    match verdict {
        Verdict::New => (EntryState::Filed, EntryCause::NewFrom(read.article.source)),
        Verdict::Same { evidence, .. } => (EntryState::Filed, EntryCause::Known(evidence)),
        Verdict::Revision { kind, .. } => (EntryState::Revision, EntryCause::Revised(kind)),
        Verdict::Copy { whole: true, .. } => (EntryState::Copy, EntryCause::SameText),
        Verdict::Copy { whole: false, .. } => (EntryState::Copy, EntryCause::SimilarText),
    }
}
