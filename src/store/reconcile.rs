//! Sums that must agree at any instant, whatever was killed when. `run --once` succeeds only if
//! they do, and the fault tests check them.

use sqlx::FromRow;

use crate::store::{Store, StoreError};

/// The sums of one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Reconciliation {
    /// New entries as counted by polls.
    pub counted_entries: i64,
    pub entries: i64,
    /// Entries that are pending.
    pub pending: i64,
    /// Ended entries whose article does not exist.
    pub without_cause: i64,
    /// Ended entries that claim an article that is not there.
    pub without_article: i64,
    pub articles: i64,
    /// Articles whose last revision is missing or has another text.
    pub without_revision: i64,
    /// Articles whose original is not the one of the last change in the log, or that entered the
    /// log too late.
    pub unannounced: i64,
    /// Rows of the change log.
    pub changes: i64,
    /// The number of rows according to its head.
    pub head: i64,
    /// Originals whose number of copies is wrong.
    pub miscounted_copies: i64,
    /// Originals whose cluster does not have one edge per copy.
    pub unjoined_copies: i64,
    /// Edges between two clusters.
    pub crossing_edges: i64,
}

impl Reconciliation {
    /// The sums that do not agree, as sentences.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.counted_entries != self.entries {
            faults.push(format!(
                "polls counted {} entries, the database has {}",
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
    /// All sums, in one statement and so in one snapshot.
    pub async fn reconcile(&self) -> Result<Reconciliation, StoreError> {
        let sums = sqlx::query_as(
            "/* reconcile */ SELECT
                 (SELECT coalesce(sum(entries_seen), 0)::bigint FROM feeds)
                     - (SELECT entries FROM forgotten) AS counted_entries,
                 (SELECT count(*) FROM entries) AS entries,
                 (SELECT count(*) FROM entries WHERE state = 'pending') AS pending,
                 (SELECT count(*) FROM entries
                  WHERE state <> 'pending' AND (cause = '' OR ended_at IS NULL)) AS without_cause,
                 (SELECT count(*) FROM entries e WHERE state IN ('filed', 'copy', 'revision')
                    AND NOT EXISTS (SELECT FROM articles a
                                    WHERE a.id = e.article_id)) AS without_article,
                 (SELECT count(*) FROM articles) AS articles,
                 (SELECT count(*) FROM articles a WHERE NOT EXISTS (
                    SELECT FROM revisions r WHERE r.article_id = a.id AND r.revision = a.revision)) AS without_revision,
                 (SELECT count(*) FROM articles a LEFT JOIN (
                      SELECT article_id, (array_agg(kind ORDER BY seq))[1] AS first,
                             (array_agg(CASE WHEN kind <> 'new' THEN other_id END ORDER BY seq DESC)
                              FILTER (WHERE kind IN ('new', 'copy', 'merged')))[1] AS original
                      FROM changes GROUP BY article_id) AS log ON log.article_id = a.id
                  WHERE (log.first IS NULL OR log.first NOT IN ('new', 'copy')
                         OR log.original IS DISTINCT FROM a.copy_of)
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
                      FROM copy_edges e JOIN articles a ON a.id = e.article_id
                      GROUP BY 1) AS j USING (original)
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
