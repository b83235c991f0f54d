//! The statements of a filing transaction, in the order of locks: articles, keys, entries, sites, change head.

use serde::Serialize;
use sqlx::PgConnection;

use crate::store::articles::fingerprints::insert_fingerprints;
use crate::store::articles::keys::{answer_waiting, displace, insert_keys};
use crate::store::articles::relate::{let_go, relate};
use crate::store::articles::rows::{PageRow, Writes};
use crate::store::changes::append_changes;
use crate::store::events::{Event, EventKind, record_events};
use crate::store::parameters::learn;
use crate::store::sites::update_sites;
use crate::store::{StoreError, clean};

/// Writes a planned batch.
pub(super) async fn write(
    connection: &mut PgConnection,
    mut writes: Writes,
) -> Result<(), StoreError> {
    let at = writes.at();
    let pages = insert_pages(connection, &writes.pages).await?;
    update_articles(connection, &writes).await?;
    retract(connection, &writes).await?;
    insert_articles(connection, &writes).await?;
    let_go(connection, &writes.left).await?;
    insert_fingerprints(connection, &writes.posted).await?;
    relate(connection, &mut writes).await?;
    displace(connection, &writes).await?;
    insert_keys(connection, &writes).await?;
    learn(connection, &writes.readings).await?;
    insert_revisions(connection, &writes, &pages).await?;
    end_entries(connection, &writes).await?;
    answer_waiting(connection, &writes).await?;
    update_sites(connection, &writes.site_updates, at).await?;
    record_events(connection, &retractions(&writes)).await?;
    append_changes(connection, &writes.changes, at).await
}

fn json<T: Serialize>(rows: &T) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(rows).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

/// Binary columns go as arrays: as JSON they would double in size.
async fn insert_pages(
    connection: &mut PgConnection,
    pages: &[PageRow],
) -> Result<Vec<i64>, StoreError> {
    if pages.is_empty() {
        return Ok(Vec::new());
    }
    let bodies: Vec<&[u8]> = pages.iter().map(|row| row.page.body.as_slice()).collect();
    let ids: Vec<(i64, i64)> = sqlx::query_as(
        "/* insert_pages */
         WITH numbered AS (
             SELECT nextval(pg_get_serial_sequence('wiresift.pages', 'id')) AS id, r.*
             FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::bytea[]) WITH ORDINALITY
                  AS r (entry_id, url, fetched_at, content_type, body, place)
         ), inserted AS (
             INSERT INTO pages (id, entry_id, url, fetched_at, content_type, body)
             SELECT id, entry_id, url, fetched_at, content_type, body FROM numbered
         )
         SELECT place, id FROM numbered ORDER BY place",
    )
    .bind(pages.iter().map(|row| row.entry_id).collect::<Vec<_>>())
    .bind(pages.iter().map(|row| row.url.clone()).collect::<Vec<_>>())
    .bind(pages.iter().map(|row| row.fetched_at).collect::<Vec<_>>())
    .bind(pages.iter().map(|row| clean::optional(row.page.content_type.as_deref())).collect::<Vec<_>>())
    .bind(bodies)
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(|(_, id)| id).collect())
}

/// The columns in which an article travels.
macro_rules! article_columns {
    () => {
        "jsonb_to_recordset($1) AS r (id bigint, url text, host text, title text, body text, body_html text,
             summary text, byline text[], language text, published_at timestamptz, published_source text,
             modified_at timestamptz, seen_at timestamptz, image_url text, tags text[], site_name text,
             word_count integer, revision integer, digest bytea, copy_of bigint, similarity real, kept real,
             added real, quality real,
             rights jsonb, body_source text, section text, declared_language text, provenance jsonb,
             published_offset smallint, kind text)"
    };
}

async fn insert_articles(connection: &mut PgConnection, writes: &Writes) -> Result<(), StoreError> {
    if writes.articles.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "/* insert_articles */
         INSERT INTO articles (id, url, host, title, body, body_html, summary, byline, language, published_at,
                               published_source, modified_at, first_seen_at, updated_at, image_url, tags, site_name,
                               word_count, revision, digest, copy_of, similarity, kept, added, quality, rights,
                               body_source,
                               section, declared_language, provenance, published_offset, kind)
         SELECT id, url, host, title, body, body_html, summary, byline, language, published_at, published_source,
                modified_at, seen_at, seen_at, image_url, tags, site_name, word_count, revision, digest, copy_of,
                similarity, kept, added, quality, rights, body_source, section, declared_language, provenance, published_offset,
                kind
         FROM ",
        article_columns!(),
        // Two batches with the same texts take the unique keys in one order.
        " ORDER BY digest"
    ))
    .bind(json(&writes.articles)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Revisions, in order: one may take the text that another gives up.
async fn update_articles(connection: &mut PgConnection, writes: &Writes) -> Result<(), StoreError> {
    for update in &writes.updates {
        sqlx::query(concat!(
            "/* update_articles */
             UPDATE articles AS a SET
                 title = r.title, body = r.body, body_html = r.body_html, summary = coalesce(r.summary, a.summary),
                 byline = CASE WHEN r.byline = '{}' THEN a.byline ELSE r.byline END,
                 language = coalesce(r.language, a.language),
                 published_at = coalesce(a.published_at, r.published_at),
                 published_source = CASE WHEN a.published_at IS NULL THEN r.published_source ELSE a.published_source END,
                 published_offset = CASE WHEN a.published_at IS NULL THEN r.published_offset ELSE a.published_offset END,
                 section = coalesce(r.section, a.section),
                 declared_language = coalesce(r.declared_language, a.declared_language),
                 -- What is kept of the earlier revision keeps its evidence; so does the first date.
                 provenance = a.provenance || CASE WHEN a.published_at IS NULL THEN r.provenance
                                                   ELSE r.provenance - 'published' END,
                 modified_at = coalesce(r.modified_at, a.modified_at), updated_at = r.seen_at,
                 image_url = coalesce(r.image_url, a.image_url),
                 tags = CASE WHEN r.tags = '{}' THEN a.tags ELSE r.tags END,
                 site_name = coalesce(r.site_name, a.site_name), word_count = r.word_count, revision = r.revision,
                 digest = r.digest, copy_of = r.copy_of, similarity = r.similarity, kept = r.kept, added = r.added,
                 quality = r.quality, kind = r.kind,
                 rights = r.rights, body_source = r.body_source, retracted_at = NULL
             FROM ",
            article_columns!(),
            " WHERE a.id = r.id"
        ))
        .bind(json(&[update])?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The text of an article whose page is gone stays, and is said to be gone.
async fn retract(connection: &mut PgConnection, writes: &Writes) -> Result<(), StoreError> {
    if writes.retracted.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* retract */ UPDATE articles SET revision = revision + 1, updated_at = $2, retracted_at = $2
         WHERE id = ANY($1)",
    )
    .bind(writes.retracted.keys().copied().collect::<Vec<_>>())
    .bind(writes.at())
    .execute(connection)
    .await?;
    Ok(())
}

fn retractions(writes: &Writes) -> Vec<Event> {
    let event = |(article, feed): (&i64, &i64)| Event {
        at: writes.at(),
        kind: EventKind::Retracted,
        feed_id: Some(*feed),
        host: None,
        detail: serde_json::json!({ "article": article }),
    };
    writes.retracted.iter().map(event).collect()
}

async fn insert_revisions(
    connection: &mut PgConnection,
    writes: &Writes,
    pages: &[i64],
) -> Result<(), StoreError> {
    if writes.revisions.is_empty() {
        return Ok(());
    }
    let page_ids: Vec<Option<i64>> = writes
        .revisions
        .iter()
        .map(|row| row.page.and_then(|place| pages.get(place).copied()))
        .collect();
    sqlx::query(
        "/* insert_revisions */
         INSERT INTO revisions (article_id, revision, kind, reason, title, body, digest, seen_at, removed, page_id)
         SELECT r.article_id, r.revision, r.kind::revision_kind, r.reason::revision_reason, r.title, r.body, r.digest,
                r.seen_at, r.removed, p.page_id
         FROM ROWS FROM (jsonb_to_recordset($1) AS (article_id bigint, revision integer, kind text, reason text,
                  title text, body text, digest bytea, seen_at timestamptz, removed jsonb), unnest($2::bigint[]))
              AS r (article_id, revision, kind, reason, title, body, digest, seen_at, removed, page_id)
         CROSS JOIN LATERAL (SELECT r.page_id) AS p",
    )
    .bind(json(&writes.revisions)?)
    .bind(page_ids)
    .execute(connection)
    .await?;
    Ok(())
}

async fn end_entries(connection: &mut PgConnection, writes: &Writes) -> Result<(), StoreError> {
    if writes.entries.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* end_entries */
         UPDATE entries AS e SET
             state = r.state::entry_state, cause = r.cause, article_id = coalesce(r.article_id, e.article_id),
             ended_at = r.ended_at, next_try_at = r.next_try_at,
             fetch_url = r.fetch_url, host = r.host, hops = r.hops, failures = r.failures,
             content = CASE WHEN r.keeps_content THEN e.content END,
             missing = r.missing, page_etag = r.page_etag, page_last_modified = r.page_last_modified,
             lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0
         FROM jsonb_to_recordset($1) AS r (id bigint, state text, cause text, article_id bigint, ended_at timestamptz,
                  next_try_at timestamptz, fetch_url text, host text, hops integer, failures integer, missing integer,
                  page_etag text, page_last_modified text, keeps_content boolean)
         WHERE e.id = r.id",
    )
    .bind(json(&writes.entries)?)
    .execute(connection)
    .await?;
    Ok(())
}
