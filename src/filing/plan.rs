//! The planner: turns a batch of outcomes and the articles on file into the records to be written.
//!
//! The planner is pure. The daemon runs it over the database, `wiresift dedupe` and the benchmarks
//! run it over memory, so the judgement is the same for all.
//!
//! A batch must give the same result as its members one by one. So the batch is judged in order,
//! and each new or revised article counts as on file for the next members. But the batch is written
//! table by table. So a plan may end early:
//!
//! - before a member that revises an article which the batch itself writes, gives an address or
//!   finds in a feed again,
//! - before a member with a text that a revision in the batch has removed or added, or that is the
//!   text of an article which loses an address to another one,
//! - before a member with a key that has become a stop key in the batch,
//! - after a member that merges clusters,
//! - after a page that has another article than before: the feeds that show its entry show that
//!   article now.
//!
//! The rest of the batch goes into the next plan.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use thiserror::Error;
use wiresift_dedup::fingerprint::ExactDigest;
use wiresift_extract::article::BodySource;
use wiresift_feed::domain::same_site;

use crate::filing::judge::{Candidates, Evidence, IncomingArticle, Verdict, against_moved, judge};
use crate::filing::records::{EntryRecord, ReadText, Records, TraceRecord};
use crate::filing::{
    EntryCause, EntryState, LookupKeys, OnFile, Origin, Outcome, PendingEntry, ReadArticle,
    Recorded, storable,
};

/// One member of a batch: the outcome of reading an entry.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    pub entry: &'a PendingEntry,
    /// When the entry was read.
    pub at: DateTime<Utc>,
    pub outcome: &'a Outcome,
    /// When the page is to be read again, if the outcome is an article.
    pub next_visit: Option<DateTime<Utc>>,
    /// The lookup keys, if the outcome is an article.
    pub lookup: Option<&'a LookupKeys>,
    /// Whether the lease still holds. If not, the outcome is dropped.
    pub is_held: bool,
}

/// The records to be written, and the result of each submission.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    pub records: Records<'a>,
    /// One result for each submission, from the first on. The plan covers as many submissions as
    /// this list has elements.
    pub recorded: Vec<Recorded>,
}

/// A contradiction in the input of a plan. It is an error in the program: an index that loads
/// everything that it should never causes one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// An outcome is an article, but has no lookup keys.
    #[error("the article of entry {0} has no lookup keys")]
    NoLookup(i64),
    /// A page that was never read before cannot be unchanged or missing.
    #[error("the page of entry {0} was never read before, so it cannot be unchanged or missing")]
    NeverRead(i64),
    /// An article was revised or read again, but is not on file.
    #[error("article {0} is not on file")]
    NotOnFile(i64),
    /// There are fewer new ids than articles.
    #[error("there are fewer new ids than articles")]
    TooFewIds,
}

/// Plans a batch, or as many of its first submissions as can be written at once, at least one.
/// `ids` are new article ids, one for each article of the batch.
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
        if planner.is_full {
            break;
        }
    }
    Ok(planner.plan)
}

pub(super) struct Planner<'a> {
    pub(super) on_file: OnFile,
    pub(super) ids: std::vec::IntoIter<i64>,
    /// The articles that the batch writes, joins, gives an address or finds in a feed again.
    pub(super) touched: BTreeSet<i64>,
    /// Texts that a revision in the batch has removed or added, and those of articles that lose an
    /// address. Articles that are not loaded may have them too, so a member with such a text must
    /// wait for the next plan.
    pub(super) moved_texts: BTreeSet<ExactDigest>,
    /// The plan ends after this member.
    pub(super) is_full: bool,
    pub(super) plan: Plan<'a>,
}

impl<'a> Planner<'a> {
    fn new(mut on_file: OnFile, ids: Vec<i64>) -> Self {
        let mut plan = Plan::default();
        plan.records.stop_keys = std::mem::take(&mut on_file.new_stop_keys);
        Self {
            on_file,
            ids: ids.into_iter(),
            touched: BTreeSet::new(),
            moved_texts: BTreeSet::new(),
            is_full: false,
            plan,
        }
    }

    /// Plans one submission. Returns `None` if the plan ends before it.
    fn take(&mut self, submission: &Submission<'a>) -> Result<Option<Recorded>, PlanError> {
        let entry = submission.entry;
        if let Some(revisit) = &entry.revisit {
            if let Outcome::Article(read) = submission.outcome
                && let Origin::Stored { revision, .. } = read.origin
            {
                return self.take_reread(submission, (read, revision), revisit);
            }
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
                self.note_trace(submission, read, verdict);
                let visits_again = is_revisited(verdict, &self.on_file.left, read);
                record.next_try_at = submission.next_visit.filter(|_| visits_again);
                recorded = Recorded::Judged { article, verdict };
            }
            Outcome::Moved { to, host, cookies } => {
                record.wait(submission.at, EntryCause::Moved);
                record.fetch_url = Some(storable::text(to));
                record.host.clone_from(host);
                record.hops += 1;
                record.hop_cookies.clone_from(cookies);
            }
            Outcome::Held { until, memory, trace } => {
                record.wait(*until, EntryCause::Doubtful);
                if let Some(trace) = trace {
                    let (entry, at, memory) = (entry.id, submission.at, *memory);
                    self.plan.records.traces.push(TraceRecord { entry, at, trace, memory });
                }
            }
            Outcome::Later { at, cause, failed } => {
                record.wait(*at, *cause);
                record.failures += u32::from(*failed);
            }
            Outcome::Skipped { cause } => {
                record.end(submission.at, EntryState::Skipped, *cause, None);
            }
            Outcome::Abandoned { cause, trace } => {
                record.end(submission.at, EntryState::Abandoned, *cause, None);
                if let Some(trace) = trace {
                    let (entry, at) = (entry.id, submission.at);
                    self.plan.records.traces.push(TraceRecord { entry, at, trace, memory: None });
                }
            }
            Outcome::Unchanged | Outcome::Missing => return Err(PlanError::NeverRead(entry.id)),
        }
        self.put(record);
        Ok(Some(recorded))
    }

    /// Notes what a new article says about its source. Further sightings say the same again.
    fn note_trace(&mut self, submission: &Submission<'a>, read: &'a ReadArticle, verdict: Verdict) {
        let is_new = matches!(verdict, Verdict::New | Verdict::Copy { .. });
        if let Some(trace) = read.trace.as_ref().filter(|_| is_new) {
            let (entry, at, memory) = (submission.entry.id, submission.at, read.memory);
            self.plan.records.traces.push(TraceRecord { entry, at, trace, memory });
        }
    }

    pub(super) fn put(&mut self, record: EntryRecord) {
        if let Some(at) = record.next_try_at {
            self.plan.records.due_sites.push((record.host.clone(), at));
        }
        self.plan.records.entries.push(record);
    }

    /// Compares an article with those on file, and plans what follows. Returns `None` if the plan
    /// ends before it.
    pub(super) fn judge(
        &mut self,
        text: ReadText<'a>,
    ) -> Result<Option<(i64, Verdict)>, PlanError> {
        let lookup = text.lookup;
        if self.moved_texts.contains(&lookup.digest) {
            return Ok(None);
        }
        let at = |key: &String, claimed: bool| {
            self.on_file.at(key, claimed).filter(|known| same_site(&known.host, &lookup.host))
        };
        let find = |claimed: bool| lookup.addresses.iter().find_map(|key| at(key, claimed));
        let candidates = Candidates {
            by_address: find(false),
            by_canonical: lookup.canonical.iter().find_map(|key| at(key, true)),
            by_claim: find(true),
            by_digest: self.on_file.by_digest(lookup.digest),
        };
        let incoming = incoming(text.read, lookup);
        let verdict = judge(&incoming, &candidates);
        let gone = match verdict {
            Verdict::New => self.moved_from(text),
            Verdict::Same { article, evidence: Evidence::Text } => {
                let known = self.on_file.articles.get(&article);
                known.filter(|known| self.on_file.left.contains(&known.id))
            }
            _ => None,
        };
        // A member before this one may have found it in a feed again.
        if gone.is_some_and(|known| self.touched.contains(&known.id)) {
            return Ok(None);
        }
        let verdict = gone.map_or(verdict, |known| against_moved(&incoming, known));
        let judged = match verdict {
            same @ Verdict::Same { article, .. } => Some((article, same)),
            Verdict::New => self.add(text, None)?,
            Verdict::Copy { of, .. } => self.add(text, Some(of))?,
            revision @ Verdict::Revision { article, kind, evidence } => {
                let moves = evidence == Evidence::Text;
                self.revise(text, article, (kind, moves))?.then_some((article, revision))
            }
        };
        if let Some((article, _)) = judged {
            self.learn_addresses(lookup, article);
            if self.on_file.left.contains(&article) {
                self.touched.insert(article);
            }
        }
        Ok(judged)
    }
}

/// The article of a submission with its lookup keys.
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

/// Whether the page is read again later: this entry has added the article, or shows where it has
/// moved to, and the text is from the page, not from the feed.
fn is_revisited(verdict: Verdict, left: &BTreeSet<i64>, read: &ReadArticle) -> bool {
    let is_first = match verdict {
        Verdict::New | Verdict::Copy { .. } => true,
        Verdict::Same { article, evidence } | Verdict::Revision { article, evidence, .. } => {
            evidence == Evidence::Text && left.contains(&article)
        }
    };
    is_first && read.article.source != BodySource::Feed
}

/// The final state of an entry after a verdict, and the cause.
pub(super) fn end_of(verdict: Verdict, read: &ReadArticle) -> (EntryState, EntryCause) {
    match verdict {
        Verdict::New => (EntryState::Filed, EntryCause::NewFrom(read.article.source)),
        Verdict::Same { evidence, .. } => (EntryState::Filed, EntryCause::Known(evidence)),
        Verdict::Revision { kind, .. } => (EntryState::Revision, EntryCause::Revised(kind)),
        Verdict::Copy { whole: true, .. } => (EntryState::Copy, EntryCause::SameText),
        Verdict::Copy { whole: false, .. } => (EntryState::Copy, EntryCause::SimilarText),
    }
}
