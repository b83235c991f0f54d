//! The statements of a filing transaction. They follow the lock order: articles, keys, entries,
//! sites, change head.

use sqlx::PgConnection;
use sqlx::types::Json;

use crate::filing::Origin;
use crate::filing::records::{ArticleRecord, Records, RevisionText};
use crate::store::articles::addresses::{displace, end_pending, insert_keys};
use crate::store::articles::clusters::{leave_clusters, relate};
use crate::store::articles::fingerprints;
use crate::store::articles::rows::{ArticleRow, RevisionRow};
use crate::store::changes::{ChangeRow, Head, append_changes};
use crate::store::events::{Event, EventKind, record_events};
use crate::store::hours::{self, HourlyOutcome};
use crate::store::lease::lease_released;
use crate::store::parameters::learn;
use crate::store::site_memories::insert_traces;
use crate::store::sites::{SiteUpdate, update_sites};
use crate::store::{StoreError, clean};
use wiresift_text::limits;

/// What is written with a batch besides its records.
pub(super) struct Logs {
    /// The updates of its sites.
    pub(super) limits: Vec<SiteUpdate>,
    /// The events of entries that are given up.
    pub(super) events: Vec<Event>,
    /// The outcomes that are counted, with their causes.
    pub(super) counted: Vec<(HourlyOutcome, &'static str)>,
}

/// Writes a planned batch. Returns the new end of the change log, if there are changes.
pub(super) async fn write(
    connection: &mut PgConnection,
    mut records: Records<'_>,
    Logs { mut limits, mut events, counted }: Logs,
) -> Result<Option<Head>, StoreError> {
    let at = records.at();
    let due = records.due_sites.iter();
    limits.extend(due.map(|(host, at)| SiteUpdate { read_at: Some(*at), ..SiteUpdate::of(host) }));
    let pages = insert_pages(connection, &records).await?;
    keep_former_texts(connection, &records).await?;
    update_articles(connection, &records).await?;
    retract(connection, &records).await?;
    insert_articles(connection, &records).await?;
    leave_clusters(connection, &records.left).await?;
    fingerprints::insert(connection, &records).await?;
    relate(connection, &mut records).await?;
    displace(connection, &mut records).await?;
    insert_keys(connection, &records).await?;
    learn(connection, &records.observations).await?;
    insert_revisions(connection, &records, &pages).await?;
    end_entries(connection, &records).await?;
    release_entries(connection, &records.released).await?;
    insert_traces(connection, &records.traces).await?;
    let waited = end_pending(connection, &records).await?;
    update_sites(connection, &limits, at).await?;
    events.extend(retractions(&records));
    record_events(connection, &events).await?;
    hours::count_outcomes(connection, at, &counted, waited).await?;
    let changes: Vec<ChangeRow> = records.changes.iter().map(ChangeRow::from).collect();
    append_changes(connection, &changes, at).await
}

/// Inserts the raw pages of revisions. Returns the id of the page for each revision, or `None` for
/// one without a page. That of a page which was extracted again is known. The binary columns are sent
/// as arrays, because JSON would double their size.
async fn insert_pages(
    connection: &mut PgConnection,
    records: &Records<'_>,
) -> Result<Vec<Option<i64>>, StoreError> {
    let pages = records.revisions.iter().enumerate().filter_map(|(place, revision)| {
        let RevisionText::Read(text) = &revision.text else { return None };
        Some((place, text, text.read.page.as_ref()?))
    });
    let pages: Vec<_> = pages.collect();
    let mut ids: Vec<Option<i64>> =
        records.revisions.iter().map(|revision| stored_page(&revision.text)).collect();
    if pages.is_empty() {
        return Ok(ids);
    }
    let url =
        |url: Option<&url::Url>| clean::cut(url.map_or("", url::Url::as_str), limits::URL_BYTES);
    let content_type = |value: Option<&String>| {
        clean::cut_optional(value.map(String::as_str), limits::MEDIA_TYPE_BYTES)
    };
    let types = pages.iter().map(|(.., page)| content_type(page.content_type.as_ref()));
    let places = pages.iter().map(|(place, ..)| i32::try_from(*place).unwrap_or(i32::MAX));
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "/* insert_pages */
         WITH numbered AS (
             SELECT nextval(pg_get_serial_sequence('wiresift.pages', 'id')) AS id, r.*
             FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::bytea[],
                         $6::bytea[], $7::bigint[], $8::integer[])
                  AS r (entry_id, url, fetched_at, content_type, body, context, dictionary_id, place)
         ), inserted AS (
             INSERT INTO pages (
                 id, entry_id, url, fetched_at, content_type, body, context, dictionary_id)
             SELECT id, entry_id, url, fetched_at, content_type, body, context, dictionary_id
             FROM numbered
         )
         SELECT place::bigint, id FROM numbered",
    )
    .bind(pages.iter().map(|(_, text, _)| text.entry.id).collect::<Vec<_>>())
    .bind(pages.iter().map(|(_, text, _)| url(text.read.fetched_url.as_ref())).collect::<Vec<_>>())
    .bind(pages.iter().map(|(_, text, _)| text.at).collect::<Vec<_>>())
    .bind(types.collect::<Vec<_>>())
    .bind(pages.iter().map(|(.., page)| page.body.as_deref()).collect::<Vec<_>>())
    .bind(pages.iter().map(|(.., page)| page.context.as_slice()).collect::<Vec<_>>())
    .bind(pages.iter().map(|(.., page)| page.dictionary).collect::<Vec<_>>())
    .bind(places.collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    for (place, id) in rows {
        let page = usize::try_from(place).ok().and_then(|place| ids.get_mut(place));
        if let Some(page) = page {
            *page = Some(id);
        }
    }
    Ok(ids)
}

/// The page that a text was extracted from again.
fn stored_page(text: &RevisionText<'_>) -> Option<i64> {
    let RevisionText::Read(text) = text else { return None };
    match text.read.origin {
        Origin::Stored { page, .. } => Some(page),
        Origin::Source => None,
    }
}

/// The columns of an article as a set of rows from JSON.
macro_rules! article_columns {
    () => {
        "jsonb_to_recordset($1) AS r (
             id bigint, url text, moves boolean, has_page boolean, host text, title text,
             body text, markup text, summary text,
             byline text[], agency text[], language text, published_at timestamptz, published_source text,
             modified_at timestamptz, seen_at timestamptz, image_url text, tags text[],
             site_name text, word_count integer, revision integer, digest bytea, copy_of bigint,
             similarity real, kept real, added real, quality real, doubt text, rights jsonb,
             body_source text,
             section text, declared_language text, provenance jsonb, published_offset smallint,
             kind text)"
    };
}

fn rows<'a>(records: &'a [ArticleRecord<'a>]) -> Result<Vec<ArticleRow<'a>>, StoreError> {
    records.iter().map(ArticleRow::of).collect()
}

async fn insert_articles(
    connection: &mut PgConnection,
    records: &Records<'_>,
) -> Result<(), StoreError> {
    if records.articles.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "/* insert_articles */
         INSERT INTO articles (
             id, url, has_page, host, title, body, markup, summary, byline, agency, language,
             published_at, published_source, modified_at, first_seen_at, updated_at, image_url, tags, site_name,
             word_count, revision, digest, copy_of, similarity, kept, added, quality, doubt, rights,
             body_source, section, declared_language, provenance, published_offset, kind)
         SELECT
             id, url, has_page, host, title, body, markup, summary, byline,
             nullif(agency, '{}'), language,
             published_at, published_source, modified_at, seen_at, seen_at, image_url, tags, site_name,
             word_count, revision, digest, copy_of, similarity, kept, added, quality, doubt, rights,
             body_source, section, declared_language, provenance, published_offset, kind
         FROM ",
        article_columns!(),
        // Batches with the same texts lock the unique keys in the same order.
        " ORDER BY digest"
    ))
    .bind(Json(rows(&records.articles)?))
    .execute(connection)
    .await?;
    Ok(())
}

/// Copies the texts of articles that are about to change into their present revisions. The text of
/// the newest revision is stored once, with the article.
async fn keep_former_texts(
    connection: &mut PgConnection,
    records: &Records<'_>,
) -> Result<(), StoreError> {
    let updated = records.updates.iter().map(|update| update.id);
    let ids: Vec<i64> = updated.chain(records.retracted.keys().copied()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* keep_former_texts */ UPDATE revisions r SET title = a.title, body = a.body
         FROM articles a
         WHERE a.id = ANY($1) AND r.article_id = a.id AND r.revision = a.revision",
    )
    .bind(ids)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes new texts of articles one by one, because one may get a text that another had before.
async fn update_articles(
    connection: &mut PgConnection,
    records: &Records<'_>,
) -> Result<(), StoreError> {
    for update in &records.updates {
        sqlx::query(concat!(
            "/* update_articles */
             UPDATE articles AS a SET
                 url = CASE WHEN r.moves THEN r.url ELSE a.url END,
                 host = CASE WHEN r.moves THEN r.host ELSE a.host END,
                 has_page = a.has_page OR (r.moves AND r.has_page),
                 title = r.title, body = r.body, markup = r.markup,
                 summary = coalesce(r.summary, a.summary),
                 byline = CASE WHEN r.byline = '{}' THEN a.byline ELSE r.byline END,
                 agency = CASE WHEN r.agency = '{}' THEN a.agency ELSE r.agency END,
                 language = coalesce(r.language, a.language),
                 published_at = coalesce(a.published_at, r.published_at),
                 published_source = CASE WHEN a.published_at IS NULL THEN r.published_source
                                         ELSE a.published_source END,
                 published_offset = CASE WHEN a.published_at IS NULL THEN r.published_offset
                                         ELSE a.published_offset END,
                 section = coalesce(r.section, a.section),
                 declared_language = coalesce(r.declared_language, a.declared_language),
                 -- Values that stay from the earlier revision keep their provenance.
                 provenance = a.provenance || CASE WHEN a.published_at IS NULL THEN r.provenance
                                                   ELSE r.provenance - 'published' END,
                 modified_at = coalesce(r.modified_at, a.modified_at), updated_at = r.seen_at,
                 image_url = coalesce(r.image_url, a.image_url),
                 tags = CASE WHEN r.tags = '{}' THEN a.tags ELSE r.tags END,
                 site_name = coalesce(r.site_name, a.site_name), word_count = r.word_count,
                 revision = r.revision, digest = r.digest, copy_of = r.copy_of,
                 similarity = r.similarity, kept = r.kept, added = r.added, quality = r.quality,
                 doubt = r.doubt,
                 kind = r.kind, rights = r.rights, body_source = r.body_source, retracted_at = NULL
             FROM ",
            article_columns!(),
            " WHERE a.id = r.id"
        ))
        .bind(Json([ArticleRow::of(update)?]))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Marks articles as retracted, because their pages are gone. They keep their texts.
async fn retract(connection: &mut PgConnection, records: &Records<'_>) -> Result<(), StoreError> {
    if records.retracted.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* retract */
         UPDATE articles SET revision = revision + 1, updated_at = $2, retracted_at = $2
         WHERE id = ANY($1)",
    )
    .bind(records.retracted.keys().copied().collect::<Vec<_>>())
    .bind(records.at())
    .execute(connection)
    .await?;
    Ok(())
}

fn retractions(records: &Records<'_>) -> Vec<Event> {
    let event = |(article, feed): (&i64, &i64)| Event {
        at: records.at(),
        kind: EventKind::Retracted,
        feed_id: Some(*feed),
        host: None,
        detail: serde_json::json!({ "article": article }),
    };
    records.retracted.iter().map(event).collect()
}

async fn insert_revisions(
    connection: &mut PgConnection,
    records: &Records<'_>,
    pages: &[Option<i64>],
) -> Result<(), StoreError> {
    if records.revisions.is_empty() {
        return Ok(());
    }
    let rows: Vec<RevisionRow> = records.revisions.iter().map(RevisionRow::of).collect();
    sqlx::query(
        "/* insert_revisions */
         INSERT INTO revisions (
             article_id, revision, kind, reason, seen_at, removed, memory_id, page_id)
         SELECT r.article_id, r.revision, r.kind::revision_kind, r.reason::revision_reason,
                r.seen_at, r.removed, r.memory_id, p.page_id
         FROM ROWS FROM (
             jsonb_to_recordset($1) AS (
                 article_id bigint, revision integer, kind text, reason text,
                 seen_at timestamptz, removed text, memory_id bigint),
             unnest($2::bigint[]))
              AS r (article_id, revision, kind, reason, seen_at, removed, memory_id, page_id)
         CROSS JOIN LATERAL (SELECT r.page_id) AS p",
    )
    .bind(Json(rows))
    .bind(pages)
    .execute(connection)
    .await?;
    Ok(())
}

async fn end_entries(
    connection: &mut PgConnection,
    records: &Records<'_>,
) -> Result<(), StoreError> {
    if records.entries.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "/* end_entries */
         UPDATE entries AS e SET ",
        lease_released!(),
        ",
             state = r.state::entry_state, cause = r.cause,
             article_id = coalesce(r.article_id, e.article_id),
             ended_at = r.ended_at, next_try_at = r.next_try_at,
             fetch_url = r.fetch_url, host = r.host, hops = r.hops,
             hop_cookies = r.hop_cookies, failures = r.failures,
             content = CASE WHEN r.keeps_content THEN e.content END,
             missing = r.missing, page_etag = r.page_etag,
             page_last_modified = r.page_last_modified
         FROM jsonb_to_recordset($1) AS r (
             id bigint, state text, cause text, article_id bigint, ended_at timestamptz,
             next_try_at timestamptz, fetch_url text, host text, hops integer, hop_cookies text,
             failures integer,
             missing integer, page_etag text, page_last_modified text, keeps_content boolean)
         WHERE e.id = r.id",
    ))
    .bind(Json(&records.entries))
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the leases of entries whose stored pages were extracted again.
async fn release_entries(connection: &mut PgConnection, ids: &[i64]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "/* release_entries */ UPDATE entries SET ",
        lease_released!(),
        " WHERE id = ANY($1)"
    ))
    .bind(ids)
    .execute(connection)
    .await?;
    Ok(())
}
