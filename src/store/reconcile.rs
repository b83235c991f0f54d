//! The sums that must agree at any instant, whatever was killed when. `run --once` ends well only if they do,
//! and the fault tests ask nothing else.

use sqlx::FromRow;

use crate::store::{Store, StoreError};

/// The sums, as one snapshot saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Reconciliation {
    /// Entries that polls counted when they were new.
    pub counted_entries: i64,
    /// Entry rows.
    pub entries: i64,
    /// Entries still to be read.
    pub pending: i64,
    /// Entries that ended without a cause.
    pub without_cause: i64,
    /// Ended entries that claim an article that is not there.
    pub without_article: i64,
    /// Articles.
    pub articles: i64,
    /// Articles whose newest revision is missing, or has another text.
    pub without_revision: i64,
    /// Articles whose place, original or copy, is not what the change log told last, or that it told of too late.
    pub unannounced: i64,
    /// Rows of the change log that are kept.
    pub changes: i64,
    /// What the head says that number is.
    pub head: i64,
    /// Originals whose count of copies is wrong.
    pub miscounted_copies: i64,
    /// Originals whose cluster has not as many edges as copies.
    pub unjoined_copies: i64,
    /// Edges that lead out of their cluster.
    pub crossing_edges: i64,
}

impl Reconciliation {
    /// What does not agree, as sentences. Empty when all is well.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.counted_entries != self.entries {
            faults.push(format!(
                "polls counted {} entries, the ledger has {}",
                self.counted_entries, self.entries
            ));
        }
        if self.changes != self.head {
            faults.push(format!(
                "the change log has {} rows, its head says {}",
                self.changes, self.head
            ));
        }
        let none: [(i64, &str); 7] = [
            (self.without_cause, "entries ended without a cause"),
            (self.without_article, "entries claim an article that is not there"),
            (self.without_revision, "articles lack their newest revision"),
            (self.unannounced, "articles are not where the change log says"),
            (self.miscounted_copies, "originals miscount their copies"),
            (self.unjoined_copies, "clusters have more or fewer edges than copies"),
            (self.crossing_edges, "edges lead from one cluster to another"),
        ];
        faults.extend(
            none.into_iter()
                .filter(|(count, _)| *count != 0)
                .map(|(count, what)| format!("{count} {what}")),
        );
        faults
    }
}

impl Store {
    /// Adds everything up, in one statement and so in one snapshot.
    pub async fn reconcile(&self) -> Result<Reconciliation, StoreError> {
        let sums = sqlx::query_as(
            "/* reconcile */ SELECT
                 (SELECT coalesce(sum(entries_seen), 0)::bigint FROM feeds) AS counted_entries,
                 (SELECT count(*) FROM entries) AS entries,
                 (SELECT count(*) FROM entries WHERE state = 'pending') AS pending,
                 (SELECT count(*) FROM entries WHERE state <> 'pending' AND (cause = '' OR ended_at IS NULL)) AS without_cause,
                 (SELECT count(*) FROM entries e WHERE state IN ('filed', 'copy', 'revision')
                    AND NOT EXISTS (SELECT FROM articles a WHERE a.id = e.article_id)) AS without_article,
                 (SELECT count(*) FROM articles) AS articles,
                 (SELECT count(*) FROM articles a WHERE NOT EXISTS (
                    SELECT FROM revisions r WHERE r.article_id = a.id AND r.revision = a.revision
                      AND r.digest = a.digest)) AS without_revision,
                 (SELECT count(*) FROM articles a LEFT JOIN (
                      SELECT article_id, (array_agg(kind ORDER BY seq))[1] AS first,
                             (array_agg(CASE WHEN kind <> 'new' THEN other_id END ORDER BY seq DESC)
                              FILTER (WHERE kind IN ('new', 'copy', 'merged')))[1] AS place
                      FROM changes GROUP BY article_id) AS told ON told.article_id = a.id
                  WHERE (told.first IS NULL OR told.first NOT IN ('new', 'copy')
                         OR told.place IS DISTINCT FROM a.copy_of)
                    AND (SELECT kept_from FROM change_head) = 1) AS unannounced,
                 (SELECT count(*) FROM changes) AS changes,
                 (SELECT seq - kept_from + 1 FROM change_head) AS head,
                 (SELECT count(*) FROM articles a WHERE copy_of IS NULL AND copies <> (
                    SELECT count(*) FROM articles c WHERE c.copy_of = a.id)) AS miscounted_copies,
                 (SELECT count(*) FROM (
                      SELECT coalesce(copy_of, id) AS original, count(copy_of) AS copies
                      FROM articles GROUP BY 1) AS c
                  FULL JOIN (
                      SELECT coalesce(a.copy_of, a.id) AS original, count(*) AS edges
                      FROM copy_edges e JOIN articles a ON a.id = e.article_id GROUP BY 1) AS j USING (original)
                  WHERE coalesce(c.copies, 0) <> coalesce(j.edges, 0)) AS unjoined_copies,
                 (SELECT count(*) FROM copy_edges e JOIN articles a ON a.id = e.article_id
                      JOIN articles o ON o.id = e.other_id
                  WHERE coalesce(a.copy_of, a.id) <> coalesce(o.copy_of, o.id)) AS crossing_edges",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(sums)
    }
}
