//! The part of the plan for pages that are read again: the entry stays ended, whatever comes of it.

use crate::filing::judge::{Verdict, judge_revisit};
use crate::filing::revisit::look_again;
use crate::filing::{EntryCause, EntryState, Filed, Outcome, Recorded, Revisit};
use crate::store::articles::Filing;
use crate::store::articles::entry_row::EntryRow;
use crate::store::articles::identity::Identity;
use crate::store::articles::plan::{Planner, Reading, cause_of, incoming, state_of};
use crate::store::articles::rows::{ChangeRow, retraction_row};
use crate::store::{StoreError, clean, later};

/// What the page said.
enum Found {
    Article(i64, Verdict),
    /// It is another article's.
    Another(i64, Verdict),
    /// It is not the article's any more.
    Missing,
    /// The batch ends before this one.
    Blocked,
}

impl Planner {
    /// None: the batch ends before this one.
    pub(super) fn plan_revisit(
        &mut self,
        filing: &Filing,
        revisit: &Revisit,
        identity: Option<&Identity>,
    ) -> Result<Option<Recorded>, StoreError> {
        let mut row = EntryRow::revisit(filing, revisit);
        row.next_try_at = filing.next_visit.filter(|_| reads_for_its_article(revisit));
        let mut recorded = Recorded::Noted;
        let mut is_missing = matches!(filing.outcome, Outcome::Missing);
        match &filing.outcome {
            Outcome::Article(filed) => {
                match self.judge_revisit(filing, filed, identity, revisit)? {
                    Found::Blocked => return Ok(None),
                    Found::Missing => is_missing = true,
                    Found::Another(article, verdict) => {
                        row.missing = 0;
                        row.end(
                            filing.at,
                            state_of(verdict),
                            cause_of(verdict, filed),
                            Some(article),
                        );
                        row.remember(&filed.validators);
                        recorded = Recorded::Judged { article, verdict };
                    }
                    Found::Article(article, verdict) => {
                        row.ended_at = Some(filing.at);
                        row.missing = 0;
                        row.remember(&filed.validators);
                        if let Verdict::Revision { kind, .. } = verdict {
                            (row.state, row.cause) =
                                (EntryState::Revision, EntryCause::Revised(kind));
                        }
                        recorded = Recorded::Judged { article, verdict };
                    }
                }
            }
            Outcome::Unchanged => {
                row.ended_at = Some(filing.at);
                row.missing = 0;
            }
            Outcome::Moved { to, host } => {
                row.next_try_at = Some(filing.at);
                row.goes_to(clean::text(to), host, filing.lease.item.hops + 1);
            }
            Outcome::Later { at, failed, .. } => {
                let entry = &filing.lease.item;
                row.next_try_at = Some(*at);
                row.failures = entry.failures + u32::from(*failed);
                row.keeps_content = true;
                if let (Some(url), true) = (&entry.fetch_url, entry.hops > 0) {
                    row.goes_to(clean::text(url), &entry.host, entry.hops);
                }
            }
            // Walls, rules and pages without text say nothing about the article.
            Outcome::Missing | Outcome::Skipped { .. } | Outcome::Abandoned { .. } => {}
        }
        if is_missing && !self.note_missing(filing, revisit, &mut row)? {
            return Ok(None);
        }
        self.put(row);
        Ok(Some(recorded))
    }

    fn judge_revisit(
        &mut self,
        filing: &Filing,
        filed: &Filed,
        identity: Option<&Identity>,
        revisit: &Revisit,
    ) -> Result<Found, StoreError> {
        let identity = identity
            .ok_or_else(|| StoreError::Inconsistent("an article without identity".to_owned()))?;
        let known = self.on_file.articles.get(&revisit.article).ok_or_else(|| gone(revisit))?;
        // Elsewhere than where this article has been read before.
        let is_elsewhere = !self.was_read_at(identity, revisit);
        let Some(verdict) = judge_revisit(&incoming(filed, identity), known, is_elsewhere) else {
            if filing.lease.item.hops > 0 {
                return Ok(Found::Missing);
            }
            // Its feed said that the article had moved here, or we thought so; it is another one.
            let judged = self.judge(filing, filed, identity)?;
            return Ok(judged
                .map_or(Found::Blocked, |(article, verdict)| Found::Another(article, verdict)));
        };
        if let Verdict::Revision { article, kind, .. } = verdict {
            let reading = Reading { filing, filed, identity };
            if !self.revise(reading, article, kind)? {
                return Ok(Found::Blocked);
            }
        }
        self.learn_keys(identity, revisit.article);
        Ok(Found::Article(revisit.article, verdict))
    }

    /// Whether this article has been read before where the page came from now.
    fn was_read_at(&self, identity: &Identity, revisit: &Revisit) -> bool {
        let address = identity.read_key.as_ref().and_then(|key| self.on_file.by_key.get(key));
        address.is_some_and(|address| address.article == revisit.article && !address.is_claimed)
    }

    /// Counts that the page was missing, and retracts the article where that is a fact by now. False: not in this batch.
    fn note_missing(
        &mut self,
        filing: &Filing,
        revisit: &Revisit,
        row: &mut EntryRow,
    ) -> Result<bool, StoreError> {
        row.missing = revisit.missing.saturating_add(1);
        row.next_try_at = look_again(row.missing).map(|pause| later(filing.at, pause));
        if row.next_try_at.is_some() {
            return Ok(true);
        }
        let known = self.on_file.articles.get_mut(&revisit.article).ok_or_else(|| gone(revisit))?;
        if known.is_retracted {
            return Ok(true);
        }
        if !self.touched.insert(revisit.article) {
            return Ok(false);
        }
        (known.revision, known.is_retracted) = (known.revision + 1, true);
        let writes = &mut self.plan.writes;
        writes.revisions.push(retraction_row(known, known.revision, filing.at));
        writes.retracted.insert(known.id, filing.lease.item.feed_id);
        writes.changes.push(ChangeRow {
            kind: "revised",
            article_id: known.id,
            revision: known.revision,
            other_id: None,
        });
        Ok(true)
    }
}

/// Whether an entry is the one whose page its article is read from. Further sightings are read again only when their
/// feed asks for it.
fn reads_for_its_article(revisit: &Revisit) -> bool {
    !revisit.cause.is_further_sighting()
}

fn gone(revisit: &Revisit) -> StoreError {
    StoreError::Inconsistent(format!(
        "article {} was read again but is not on file",
        revisit.article
    ))
}
