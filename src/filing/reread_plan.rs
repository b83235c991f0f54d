//! The part of a plan that concerns stored pages that were extracted again, by other rules or with
//! another site memory.
//!
//! Such a text says nothing new about the site: the entry keeps its state, its validators and its
//! next visit, and no address is learned. The article gets a revision if the text is another one.

use crate::filing::judge::{Evidence, Known, Verdict, against_stored};
use crate::filing::plan::{PlanError, Planner, Submission, incoming, read_text};
use crate::filing::{ReadArticle, Recorded, Revisit};

impl<'a> Planner<'a> {
    /// Plans a submission for the page of a revision. Returns `None` if the plan ends before it.
    pub(super) fn take_reread(
        &mut self,
        submission: &Submission<'a>,
        (read, revision): (&'a ReadArticle, i32),
        revisit: &Revisit,
    ) -> Result<Option<Recorded>, PlanError> {
        let text = read_text(submission, read)?;
        let article = revisit.article;
        let known = self.on_file.articles.get(&article).ok_or(PlanError::NotOnFile(article))?;
        let verdict = if is_of(known, revision) {
            against_stored(&incoming(read, text.lookup), known)
        } else {
            Verdict::Same { article, evidence: Evidence::Address }
        };
        if let Verdict::Revision { kind, .. } = verdict
            && !self.revise(text, article, (kind, false))?
        {
            return Ok(None);
        }
        self.plan.records.released.push(submission.entry.id);
        Ok(Some(Recorded::Judged { article, verdict }))
    }
}

/// Whether a revision is still the newest one of an article that is not retracted.
fn is_of(known: &Known, revision: i32) -> bool {
    known.revision == revision && !known.is_retracted
}
