//! The part of a plan that concerns pages that were read again. Their entries never become pending
//! again.

use wiresift_dedup::revision::RevisionKind;
use wiresift_feed::domain::same_site;

use crate::filing::judge::{Evidence, Verdict, agrees, judge_revisit};
use crate::filing::lookup::link_key;
use crate::filing::plan::{PlanError, Planner, Submission, end_of, incoming, read_text};
use crate::filing::records::{Change, EntryRecord, RevisionRecord, RevisionText};
use crate::filing::revisit::pause_while_missing;
use crate::filing::{
    ChangeKind, EntryCause, EntryState, LookupKeys, Outcome, PendingEntry, ReadArticle, Recorded,
    Revisit, storable,
};
use crate::lease::later;

/// The content of the page now.
enum Found {
    /// The article, perhaps with a new text.
    Same(i64, Verdict),
    /// Another article.
    Another(i64, Verdict),
    /// The article is not there.
    Missing,
    /// The plan ends before this submission.
    Blocked,
}

impl<'a> Planner<'a> {
    /// Plans a submission for a page that was read before. Returns `None` if the plan ends before
    /// it.
    pub(super) fn take_revisit(
        &mut self,
        submission: &Submission<'a>,
        revisit: &Revisit,
    ) -> Result<Option<Recorded>, PlanError> {
        let mut record = EntryRecord::revisited(submission.entry, revisit);
        if revisit.is_succeeded {
            // The article has moved, and is read at its new address from now on.
            record.next_try_at = None;
            self.put(record);
            return Ok(Some(Recorded::Noted));
        }
        // Further sightings are read again only when their feed asks for it.
        let visits_again = !revisit.cause.is_further_sighting();
        record.next_try_at = submission.next_visit.filter(|_| visits_again);
        let mut recorded = Recorded::Noted;
        let mut is_missing = matches!(submission.outcome, Outcome::Missing);
        if let Outcome::Article(read) = submission.outcome {
            match self.judge_revisit(submission, read, revisit)? {
                Found::Blocked => return Ok(None),
                Found::Missing => is_missing = true,
                Found::Another(article, verdict) => {
                    self.is_full = true;
                    let (state, cause) = end_of(verdict, read);
                    record.end(submission.at, state, cause, Some(article));
                    was_read(&mut record, read);
                    recorded = Recorded::Judged { article, verdict };
                }
                Found::Same(article, verdict) => {
                    record.ended_at = Some(submission.at);
                    was_read(&mut record, read);
                    if let Verdict::Revision { kind, .. } = verdict {
                        record.state = EntryState::Revision;
                        record.cause = EntryCause::Revised(kind);
                    }
                    recorded = Recorded::Judged { article, verdict };
                }
            }
        } else {
            without_article(&mut record, submission);
        }
        if is_missing && !self.note_missing(submission, revisit, &mut record)? {
            return Ok(None);
        }
        self.put(record);
        Ok(Some(recorded))
    }

    fn judge_revisit(
        &mut self,
        submission: &Submission<'a>,
        read: &'a ReadArticle,
        revisit: &Revisit,
    ) -> Result<Found, PlanError> {
        let text = read_text(submission, read)?;
        let (entry, article) = (submission.entry, revisit.article);
        let known = self.on_file.articles.get(&article).ok_or(PlanError::NotOnFile(article))?;
        let incoming = incoming(read, text.lookup);
        // The page was read at an address at which this article was not read before.
        let is_elsewhere = !self.was_read_at(text.lookup, article);
        let is_of_article = same_site(&known.host, &text.lookup.host)
            && (!is_elsewhere || self.is_vouched(entry, article, &known.host));
        let verdict = judge_revisit(&incoming, known, is_elsewhere).filter(|_| is_of_article);
        let Some(verdict) = verdict else {
            // By its own redirect or its own feed, the article has moved to a site that cannot
            // speak for this one. It keeps its text and its address.
            let has_moved = entry.hops > 0 || entry.has_feed_of_site(&known.host);
            if has_moved && !is_of_article && agrees(&incoming, known) {
                let evidence = Evidence::Address;
                return Ok(Found::Same(article, Verdict::Same { article, evidence }));
            }
            if entry.hops > 0 {
                return Ok(Found::Missing);
            }
            // The feed, or an earlier judgement, gave this address to the article. Another article
            // is there.
            let judged = self.judge(text)?;
            return Ok(judged
                .map_or(Found::Blocked, |(article, verdict)| Found::Another(article, verdict)));
        };
        if let Verdict::Revision { article, kind, .. } = verdict
            && !self.revise(text, article, (kind, is_elsewhere))?
        {
            return Ok(Found::Blocked);
        }
        self.learn_addresses(text.lookup, article);
        Ok(Found::Same(article, verdict))
    }

    /// Whether this article was read before at the address at which the page was read now.
    fn was_read_at(&self, lookup: &LookupKeys, article: i64) -> bool {
        let address = lookup.read_key.as_ref().and_then(|key| self.on_file.by_key.get(key));
        address.is_some_and(|address| address.article == article && !address.is_claimed)
    }

    /// Whether an entry can say what has become of an article: the article was read at the entry's
    /// address, or the feed is on the article's site. Other feeds and sites can let an entry lead
    /// to any address of that site.
    fn is_vouched(&self, entry: &PendingEntry, article: i64, host: &str) -> bool {
        let address = self.on_file.by_key.get(&link_key(entry));
        address.is_some_and(|address| address.article == article && !address.is_claimed)
            || entry.has_feed_of_site(host)
    }

    /// Counts that the page was missing, and retracts the article if it was missing often enough.
    /// Returns `false` if the plan ends before it.
    fn note_missing(
        &mut self,
        submission: &Submission<'a>,
        revisit: &Revisit,
        record: &mut EntryRecord,
    ) -> Result<bool, PlanError> {
        let article = revisit.article;
        let known = self.on_file.articles.get(&article).ok_or(PlanError::NotOnFile(article))?;
        if !self.is_vouched(submission.entry, article, &known.host) {
            return Ok(true);
        }
        record.missing = revisit.missing.saturating_add(1);
        record.next_try_at =
            pause_while_missing(record.missing).map(|pause| later(submission.at, pause));
        if record.next_try_at.is_some() {
            return Ok(true);
        }
        let known = self.on_file.articles.get_mut(&article).ok_or(PlanError::NotOnFile(article))?;
        if known.is_retracted {
            return Ok(true);
        }
        if !self.touched.insert(article) {
            return Ok(false);
        }
        (known.revision, known.is_retracted) = (known.revision + 1, true);
        let records = &mut self.plan.records;
        let (revision, kind) = (known.revision, ChangeKind::Revised);
        records.revisions.push(RevisionRecord {
            article,
            revision,
            kind: RevisionKind::Retraction,
            at: submission.at,
            text: RevisionText::Retracted,
        });
        records.retracted.insert(article, submission.entry.feed_id);
        records.changes.push(Change { kind, article, revision, other: None });
        Ok(true)
    }
}

/// Updates the record of an entry after its page was read.
fn was_read(record: &mut EntryRecord, read: &ReadArticle) {
    record.missing = 0;
    record.remember(&read.validators);
}

/// Updates the record of an entry after an outcome without an article.
fn without_article(record: &mut EntryRecord, submission: &Submission<'_>) {
    let entry = submission.entry;
    match submission.outcome {
        Outcome::Unchanged => {
            record.ended_at = Some(submission.at);
            record.missing = 0;
        }
        Outcome::Moved { to, host, cookies } => {
            record.next_try_at = Some(submission.at);
            record.go_to(storable::text(to), host, entry.hops + 1, cookies.clone());
        }
        Outcome::Later { at, failed, .. } => {
            record.next_try_at = Some(*at);
            record.failures = entry.failures + u32::from(*failed);
            record.keeps_content = true;
            if let (Some(url), true) = (&entry.fetch_url, entry.hops > 0) {
                record.go_to(storable::text(url), &entry.host, entry.hops, entry.cookies.clone());
            }
        }
        // Walls, rules, pages without text, and texts that may be something else say nothing about
        // the article.
        Outcome::Article(_)
        | Outcome::Held { .. }
        | Outcome::Missing
        | Outcome::Skipped { .. }
        | Outcome::Abandoned { .. } => {}
    }
}
