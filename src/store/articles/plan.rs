//! From a batch of filings and what is on file to the rows that are to be written: pure.
//!
//! The batch is judged in order, and each article that is new or revised counts as on file for those after it,
//! so that a batch gives the same result as its members one by one.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::filing::judge::{Candidates, IncomingArticle, Known, Verdict, judge};
use crate::filing::{EntryCause, EntryState, Filed, Outcome, Recorded};
use crate::lease::Politeness;
use crate::store::articles::Filing;
use crate::store::articles::entry_row::EntryRow;
use crate::store::articles::identity::{Identities, Identity};
use crate::store::articles::rows::{PageRow, Writes};
use crate::store::sites::SiteUpdate;
use crate::store::{StoreError, clean};
use wiresift_dedup::fingerprint::ExactDigest;
use wiresift_dedup::index::DuplicateIndex;
use wiresift_extract::article::BodySource;

/// What is on file that the batch may be.
#[derive(Debug, Default)]
pub(super) struct OnFile {
    /// Articles by id.
    pub(super) articles: BTreeMap<i64, Known>,
    /// Address key to article.
    pub(super) by_key: BTreeMap<String, Address>,
    /// Digest to original, or else to a copy.
    pub(super) by_digest: BTreeMap<ExactDigest, i64>,
    /// Edges from and to copies that may be revised.
    pub(super) edges: Vec<(i64, i64)>,
    /// What near-duplicates are judged by.
    pub(super) duplicates: DuplicateIndex,
    /// Keys that were found to be hot, with their day.
    pub(super) hot: BTreeMap<i32, i32>,
}

impl OnFile {
    /// The article with a text.
    pub(super) fn by_digest(&self, digest: ExactDigest) -> Option<&Known> {
        self.articles.get(self.by_digest.get(&digest)?)
    }
}

/// An article that was read, with its entry.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) filing: &'a Filing,
    pub(super) filed: &'a Filed,
    pub(super) identity: &'a Identity,
}

/// Whose an address is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address {
    pub(super) article: i64,
    /// Nobody has read the article there yet: somebody only says that it is.
    pub(super) is_claimed: bool,
}

/// Rows and the answers to the callers.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) writes: Writes,
    pub(super) recorded: Vec<Recorded>,
}

/// Judges a batch, or as much of its beginning as can be written at once. `ids` are fresh article ids, one for
/// each article of the batch.
pub(super) fn plan(
    filings: &[Filing],
    identities: &Identities,
    mut held: BTreeSet<(i64, Uuid)>,
    on_file: OnFile,
    ids: Vec<i64>,
    politeness: &Politeness,
) -> Result<Plan, StoreError> {
    let mut planner = Planner::new(on_file, ids);
    for (filing, identity) in filings.iter().zip(&identities.of) {
        if !held.remove(&(filing.lease.item.id, filing.lease.token)) {
            planner.plan.recorded.push(Recorded::LeaseLost);
            continue;
        }
        let Some(recorded) = planner.take(filing, identity.as_ref())? else { break };
        planner.plan.recorded.push(recorded);
        let entry = &filing.lease.item;
        let gate =
            SiteUpdate::released(&entry.host, filing.lease.expires_at, &filing.site, politeness);
        planner.plan.writes.site_updates.push(gate);
        planner.plan.writes.at = planner.plan.writes.at.max(Some(filing.at));
        if !planner.plan.writes.moves.is_empty() {
            break;
        }
    }
    Ok(planner.plan)
}

pub(super) struct Planner {
    pub(super) on_file: OnFile,
    pub(super) ids: std::vec::IntoIter<i64>,
    /// Articles that the batch writes.
    pub(super) touched: BTreeSet<i64>,
    pub(super) plan: Plan,
}

impl Planner {
    fn new(mut on_file: OnFile, ids: Vec<i64>) -> Self {
        let mut plan = Plan::default();
        plan.writes.posted.hot = std::mem::take(&mut on_file.hot);
        Self { on_file, ids: ids.into_iter(), touched: BTreeSet::new(), plan }
    }

    /// None: the batch ends before this one.
    fn take(
        &mut self,
        filing: &Filing,
        identity: Option<&Identity>,
    ) -> Result<Option<Recorded>, StoreError> {
        if let Some(revisit) = &filing.lease.item.revisit {
            return self.plan_revisit(filing, revisit, identity);
        }
        let mut row = EntryRow::pending(filing);
        let recorded = match &filing.outcome {
            Outcome::Article(filed) => {
                let identity = identity.ok_or_else(|| {
                    StoreError::Inconsistent("an article without identity".to_owned())
                })?;
                let Some((article, verdict)) = self.judge(filing, filed, identity)? else {
                    return Ok(None);
                };
                row.end(filing.at, state_of(verdict), cause_of(verdict, filed), Some(article));
                row.remember(&filed.validators);
                let is_its_own = matches!(verdict, Verdict::New | Verdict::Copy { .. });
                row.next_try_at = filing
                    .next_visit
                    .filter(|_| is_its_own && filed.article.source != BodySource::Feed);
                Recorded::Judged { article, verdict }
            }
            Outcome::Moved { to, host } => {
                row.wait(filing.at, EntryCause::Moved);
                row.fetch_url = Some(clean::text(to));
                row.host.clone_from(host);
                row.hops += 1;
                Recorded::Noted
            }
            Outcome::Later { at, cause, failed } => {
                row.wait(*at, *cause);
                row.failures += u32::from(*failed);
                Recorded::Noted
            }
            Outcome::Skipped { cause } => {
                row.end(filing.at, EntryState::Skipped, *cause, None);
                Recorded::Noted
            }
            Outcome::Abandoned { cause } => {
                row.end(filing.at, EntryState::Abandoned, *cause, None);
                Recorded::Noted
            }
            Outcome::Unchanged | Outcome::Missing => {
                return Err(StoreError::Inconsistent(
                    "a page that was never read is as it was".to_owned(),
                ));
            }
        };
        self.put(row);
        Ok(Some(recorded))
    }

    pub(super) fn put(&mut self, row: EntryRow) {
        if let Some(at) = row.next_try_at {
            self.plan
                .writes
                .site_updates
                .push(SiteUpdate { read_at: Some(at), ..SiteUpdate::of(&row.host) });
        }
        self.plan.writes.entries.push(row);
    }

    /// None: the batch ends before this one.
    pub(super) fn judge(
        &mut self,
        filing: &Filing,
        filed: &Filed,
        identity: &Identity,
    ) -> Result<Option<(i64, Verdict)>, StoreError> {
        let incoming = incoming(filed, identity);
        let find = |key: &String, claimed: bool| {
            let address =
                self.on_file.by_key.get(key).filter(|address| claimed || !address.is_claimed)?;
            self.on_file.articles.get(&address.article)
        };
        let candidates = Candidates {
            by_address: identity.addresses.iter().find_map(|key| find(key, false)),
            by_canonical: identity.canonical.iter().find_map(|key| find(key, true)),
            by_claim: identity.addresses.iter().find_map(|key| find(key, true)),
            by_digest: self.on_file.by_digest(identity.digest),
        };
        let reading = Reading { filing, filed, identity };
        let settled = match judge(&incoming, &candidates) {
            same @ Verdict::Same { article, .. } => Some((article, same)),
            Verdict::New => self.add(reading, None)?,
            Verdict::Copy { of, .. } => self.add(reading, Some(of))?,
            revision @ Verdict::Revision { article, kind, .. } => {
                self.revise(reading, article, kind)?.then_some((article, revision))
            }
        };
        if let Some((article, _)) = settled {
            self.learn_keys(identity, article);
        }
        Ok(settled)
    }

    pub(super) fn keep_page(&mut self, filing: &Filing, filed: &Filed) -> Option<usize> {
        let page = filed.page.clone()?;
        let url = filed.fetched_url.as_ref().map(ToString::to_string).unwrap_or_default();
        let pages = &mut self.plan.writes.pages;
        pages.push(PageRow {
            entry_id: filing.lease.item.id,
            url: clean::text(&url),
            fetched_at: filing.at,
            page,
        });
        Some(pages.len() - 1)
    }
}

pub(super) fn incoming<'a>(filed: &Filed, identity: &'a Identity) -> IncomingArticle<'a> {
    IncomingArticle {
        host: &identity.host,
        title: &identity.title,
        body: &identity.text,
        digest: identity.digest,
        is_excerpt: filed.article.rights.excerpt,
    }
}

pub(super) fn state_of(verdict: Verdict) -> EntryState {
    match verdict {
        Verdict::New | Verdict::Same { .. } => EntryState::Filed,
        Verdict::Revision { .. } => EntryState::Revision,
        Verdict::Copy { .. } => EntryState::Copy,
    }
}

pub(super) fn cause_of(verdict: Verdict, filed: &Filed) -> EntryCause {
    match verdict {
        Verdict::New => EntryCause::NewFrom(filed.article.source),
        Verdict::Same { evidence, .. } => EntryCause::Known(evidence),
        Verdict::Revision { kind, .. } => EntryCause::Revised(kind),
        Verdict::Copy { whole: true, .. } => EntryCause::SameText,
        Verdict::Copy { whole: false, .. } => EntryCause::SimilarText,
    }
}
