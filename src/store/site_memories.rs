//! Site memories, the traces that they are learned from, and the texts that they must not touch.
//!
//! Nothing here is locked. Filing adds traces, one for each new article. The learning step reads
//! those of one source, adds a memory, and marks the traces as learned. If two instances do so at
//! the same time, they add the same memory twice, and the later one is in use.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};
use wiresift_extract::memory::{SiteMemory, Trace};

use crate::filing::records::TraceRecord;
use crate::store::{PageSelection, Store, StoreError, clean};

/// A memory with its id.
#[derive(Debug, Clone)]
pub struct StoredMemory {
    pub id: i64,
    pub memory: SiteMemory,
}

/// A trace with what is known of its article.
#[derive(Debug, Clone)]
pub struct StoredTrace {
    pub entry: i64,
    pub trace: Trace,
    /// The memory that the text on file was extracted with.
    pub memory: Option<i64>,
    /// A memory was learned with it.
    pub learned: bool,
    /// How many times its page was extracted again because of a new memory.
    pub rereads: i16,
}

#[derive(FromRow)]
struct MemoryRow {
    id: i64,
    memory: Vec<u8>,
}

impl MemoryRow {
    /// A memory that this version cannot read counts as one that knows nothing: a new one is learned.
    fn stored(self) -> StoredMemory {
        let memory = SiteMemory::from_bytes(&self.memory).unwrap_or_else(|error| {
            tracing::warn!(memory.id = self.id, %error, "a site memory is not used");
            SiteMemory::default()
        });
        StoredMemory { id: self.id, memory }
    }
}

#[derive(FromRow)]
struct TraceRow {
    entry_id: i64,
    trace: Vec<u8>,
    memory_id: Option<i64>,
    learned: bool,
    rereads: i16,
}

/// What a source knows, for a person.
#[derive(Debug, Clone, FromRow)]
pub struct SourceSummary {
    pub source: String,
    pub id: i64,
    pub made_at: DateTime<Utc>,
    /// Distinct articles that it was learned from.
    pub articles: i32,
    /// Blocks that it knows.
    pub blocks: i32,
}

impl Store {
    /// The memory in use of a source.
    pub async fn site_memory(&self, source: &str) -> Result<Option<StoredMemory>, StoreError> {
        let row: Option<MemoryRow> = sqlx::query_as(
            "/* site_memory */ SELECT id, memory FROM site_memories
             WHERE source = $1 ORDER BY id DESC LIMIT 1",
        )
        .bind(source)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(MemoryRow::stored))
    }

    /// The memories in use, of all sources or of one.
    pub async fn site_memory_summaries(
        &self,
        source: Option<&str>,
    ) -> Result<Vec<SourceSummary>, StoreError> {
        let rows = sqlx::query_as(
            "/* site_memory_summaries */
             SELECT DISTINCT ON (source) source, id, made_at, articles, blocks FROM site_memories
             WHERE $1::text IS NULL OR source = $1 ORDER BY source, id DESC",
        )
        .bind(source)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }

    /// The blocks that memories have removed from the newest articles of a source, the most frequent
    /// first: how many articles, the reason that the newest of them gives, the text.
    pub async fn removed_by_memory(
        &self,
        selection: &PageSelection,
        most: usize,
    ) -> Result<Vec<(i64, String, String)>, StoreError> {
        let blocks = sqlx::query_as(
            "/* removed_by_memory */
             WITH newest AS (
                 SELECT a.id, a.revision FROM articles a
                 WHERE ($1::text IS NULL OR a.host = $1)
                   AND ($2::bigint IS NULL OR EXISTS (
                       SELECT FROM entries e WHERE e.article_id = a.id AND e.feed_id = $2))
                 ORDER BY a.updated_at DESC LIMIT 500)
             SELECT count(DISTINCT r.article_id),
                    (array_agg(b.reason ORDER BY r.seen_at DESC))[1], b.text
             FROM newest n JOIN revisions r ON r.article_id = n.id AND r.revision = n.revision,
                  removed_blocks(r.removed) AS b
             WHERE b.reason LIKE 'memory:%'
             GROUP BY b.text ORDER BY 1 DESC, b.text LIMIT $3",
        )
        .bind(&selection.host)
        .bind(selection.feed)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(blocks)
    }

    /// Memories by their ids.
    pub async fn site_memories(&self, ids: &[i64]) -> Result<Vec<StoredMemory>, StoreError> {
        let rows: Vec<MemoryRow> = sqlx::query_as(
            "/* site_memories */ SELECT id, memory FROM site_memories WHERE id = ANY($1)",
        )
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(MemoryRow::stored).collect())
    }

    /// Adds a memory, and puts it in use. Returns its id.
    pub async fn add_site_memory(
        &self,
        source: &str,
        memory: &SiteMemory,
        articles: usize,
        at: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let id = sqlx::query_scalar(
            "/* add_site_memory */ INSERT INTO site_memories (source, made_at, articles, blocks, memory)
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
        )
        .bind(source)
        .bind(at)
        .bind(count(articles))
        .bind(count(memory.len()))
        .bind(memory.to_bytes())
        .fetch_one(&self.pool)
        .await?;
        Ok(id)
    }

    /// Sources after `after`, in their order, of which so much is new that a memory should be
    /// learned: a quarter as many traces as were learned from, or one that is unlike the others, after
    /// two more of these.
    pub async fn sources_to_learn(
        &self,
        after: &str,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let sources = sqlx::query_scalar(
            "/* sources_to_learn */
             SELECT t.source FROM site_traces t
             WHERE t.source IN (SELECT source FROM site_traces WHERE NOT learned AND source > $1)
             GROUP BY t.source
             HAVING 4 * count(*) FILTER (WHERE NOT learned) >= count(*) FILTER (WHERE learned)
                 OR bool_or(unlike AND NOT learned) AND count(*) FILTER (WHERE unlike) >= 3
             ORDER BY t.source LIMIT $2",
        )
        .bind(after)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(sources)
    }

    /// The traces of a source, oldest first. Those that this version cannot read are left out.
    pub async fn site_traces(&self, source: &str) -> Result<Vec<StoredTrace>, StoreError> {
        let rows: Vec<TraceRow> = sqlx::query_as(
            "/* site_traces */ SELECT entry_id, trace, memory_id, learned, rereads FROM site_traces
             WHERE source = $1 ORDER BY seen_at, entry_id",
        )
        .bind(source)
        .fetch_all(&self.pool)
        .await?;
        let traces = rows.into_iter().filter_map(|row| {
            Some(StoredTrace {
                entry: row.entry_id,
                trace: Trace::from_bytes(&row.trace).ok()?,
                memory: row.memory_id,
                learned: row.learned,
                rereads: row.rereads,
            })
        });
        Ok(traces.collect())
    }

    /// Marks traces as learned, and forgets all of the source but the newest `most`. Those of pages
    /// without an article are counted on their own: while a site is broken, it has no others, and
    /// what was known of it would be lost.
    pub async fn mark_learned(
        &self,
        source: &str,
        entries: &[i64],
        most: usize,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* mark_learned */
             WITH old AS (
                 DELETE FROM site_traces WHERE source = $1 AND entry_id IN (
                     SELECT entry_id FROM (
                         SELECT entry_id, row_number() OVER (
                             PARTITION BY article ORDER BY seen_at DESC, entry_id DESC) AS place
                         FROM site_traces WHERE source = $1) AS placed
                     WHERE place > $3)
                 RETURNING entry_id)
             UPDATE site_traces SET learned = true
             WHERE source = $1 AND entry_id = ANY($2) AND NOT learned
               AND entry_id NOT IN (SELECT entry_id FROM old)",
        )
        .bind(source)
        .bind(entries)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes that the pages of entries were extracted again with a memory.
    pub async fn note_rereads(
        &self,
        source: &str,
        entries: &[i64],
        memory: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* note_rereads */
             UPDATE site_traces SET memory_id = $3, rereads = least(rereads, 32000) + 1
             WHERE source = $1 AND entry_id = ANY($2)",
        )
        .bind(source)
        .bind(entries)
        .bind(memory)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The texts that a person wants kept in the articles of a source.
    pub async fn site_exceptions(&self, source: &str) -> Result<Vec<String>, StoreError> {
        let texts = sqlx::query_scalar(
            "/* site_exceptions */ SELECT text FROM site_exceptions WHERE source = $1 ORDER BY text",
        )
        .bind(source)
        .fetch_all(&self.pool)
        .await?;
        Ok(texts)
    }

    /// Keeps a text in the articles of a source from now on.
    pub async fn add_site_exception(
        &self,
        source: &str,
        text: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* add_site_exception */ INSERT INTO site_exceptions (source, text, added_at)
             SELECT $1, $2, $3 WHERE NOT EXISTS (
                 SELECT FROM site_exceptions WHERE source = $1 AND text = $2)",
        )
        .bind(source)
        .bind(clean::text(text))
        .bind(at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Forgets what single articles said about a source. Returns how many did.
    pub async fn forget_site_traces(&self, source: &str) -> Result<u64, StoreError> {
        let deleted =
            sqlx::query("/* forget_site_traces */ DELETE FROM site_traces WHERE source = $1")
                .bind(source)
                .execute(&self.pool)
                .await?;
        Ok(deleted.rows_affected())
    }

    /// Deletes memories that went out of use before `limit`, a bounded number. To be called until it
    /// returns zero.
    pub async fn purge_site_memories(&self, limit: DateTime<Utc>) -> Result<u64, StoreError> {
        let deleted = sqlx::query(
            "/* purge_site_memories */ DELETE FROM site_memories WHERE id IN (
                 SELECT m.id FROM site_memories m
                 WHERE m.made_at < $1 AND EXISTS (
                     SELECT FROM site_memories n
                     WHERE n.source = m.source AND n.id > m.id AND n.made_at < $1)
                 LIMIT 1000)",
        )
        .bind(limit)
        .execute(&self.pool)
        .await?;
        Ok(deleted.rows_affected())
    }
}

/// Inserts the traces of new articles. An entry that was held and is read again teaches once.
pub(super) async fn insert_traces(
    connection: &mut PgConnection,
    records: &[TraceRecord<'_>],
) -> Result<(), StoreError> {
    // One statement cannot change a row twice.
    let last: BTreeMap<(&str, i64), &TraceRecord<'_>> =
        records.iter().map(|one| ((one.trace.source.as_str(), one.entry), one)).collect();
    let records: Vec<&TraceRecord<'_>> = last.into_values().collect();
    if records.is_empty() {
        return Ok(());
    }
    let sources = records.iter().map(|one| clean::text(&one.trace.source));
    sqlx::query(
        "/* insert_traces */
         INSERT INTO site_traces (source, entry_id, seen_at, trace, memory_id, unlike, article)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::bytea[], $5::bigint[],
                              $6::boolean[], $7::boolean[])
         ON CONFLICT (source, entry_id) DO UPDATE SET
             trace = excluded.trace, memory_id = excluded.memory_id, unlike = excluded.unlike,
             article = excluded.article",
    )
    .bind(sources.collect::<Vec<_>>())
    .bind(records.iter().map(|one| one.entry).collect::<Vec<_>>())
    .bind(records.iter().map(|one| one.at).collect::<Vec<_>>())
    .bind(records.iter().map(|one| one.trace.trace.to_bytes()).collect::<Vec<_>>())
    .bind(records.iter().map(|one| one.memory).collect::<Vec<_>>())
    .bind(records.iter().map(|one| one.trace.is_unlike).collect::<Vec<_>>())
    .bind(records.iter().map(|one| one.trace.trace.has_article()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
