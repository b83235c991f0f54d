//! What assigning stories reads. Every look-up is bounded.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use crate::store::StoreError;
use wiresift_dedup::story::{MOST_MEMBERS, StoryFingerprint};

/// An article from the queue.
#[derive(Debug, FromRow)]
pub(super) struct Queued {
    pub(super) id: i64,
    pub(super) copy_of: Option<i64>,
    pub(super) story_id: Option<i64>,
    pub(super) language: Option<String>,
    pub(super) title: String,
    pub(super) body: String,
    /// The date of publication, or else of the first sighting.
    pub(super) dated_at: DateTime<Utc>,
}

/// Takes these from the queue, each article once.
pub(super) async fn take_queued(
    connection: &mut PgConnection,
    ids: &[i64],
) -> Result<Vec<Queued>, StoreError> {
    let queued = sqlx::query_as(
        "/* take_queued */
         WITH taken AS (DELETE FROM story_queue WHERE id = ANY($1) RETURNING article_id),
              once AS (SELECT DISTINCT article_id FROM taken)
         SELECT a.id, a.copy_of, s.story_id, a.language, a.title, a.body,
                coalesce(a.published_at, a.first_seen_at) AS dated_at
         FROM once JOIN articles a ON a.id = once.article_id
         LEFT JOIN story_articles s ON s.article_id = a.id ORDER BY a.id",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(queued)
}

/// An article within the window.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Known {
    pub(super) number: i64,
    pub(super) article_id: i64,
    pub(super) language: String,
    pub(super) dated_at: DateTime<Utc>,
    pub(super) story_id: Option<i64>,
}

/// New numbers for fingerprints, in ascending order.
pub(super) async fn numbers(
    connection: &mut PgConnection,
    count: usize,
) -> Result<Vec<i64>, StoreError> {
    let mut numbers: Vec<i64> = sqlx::query_scalar(
        "/* story_numbers */ SELECT nextval('story_numbers') FROM generate_series(1, $1)",
    )
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    numbers.sort_unstable();
    Ok(numbers)
}

/// The smallest number of a day or a later one.
pub(super) async fn first_number(
    connection: &mut PgConnection,
    day: i32,
) -> Result<i64, StoreError> {
    let statement = "/* first_number */ SELECT min(number) FROM story_fingerprints WHERE day >= $1";
    let first: Option<i64> = sqlx::query_scalar(statement).bind(day).fetch_one(connection).await?;
    Ok(first.unwrap_or(0))
}

/// Those of these articles that have a fingerprint.
pub(super) async fn known_articles(
    connection: &mut PgConnection,
    articles: &[i64],
) -> Result<Vec<Known>, StoreError> {
    known(connection, "article_id", articles).await
}

/// The articles with these numbers.
pub(super) async fn known_numbers(
    connection: &mut PgConnection,
    numbers: &[i64],
) -> Result<Vec<Known>, StoreError> {
    known(connection, "number", numbers).await
}

async fn known(
    connection: &mut PgConnection,
    column: &'static str,
    values: &[i64],
) -> Result<Vec<Known>, StoreError> {
    let statement = format!(
        "/* known: {column} */
         SELECT f.number, f.article_id, f.language, f.dated_at, s.story_id
         FROM story_fingerprints f LEFT JOIN story_articles s ON s.article_id = f.article_id
         WHERE f.{column} = ANY($1)"
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement)).bind(values).fetch_all(connection).await?)
}

/// A member of a story.
#[derive(Debug, FromRow)]
pub(super) struct MemberRow {
    pub(super) story_id: i64,
    pub(super) article_id: i64,
    /// `None`: it has left the window.
    pub(super) number: Option<i64>,
    pub(super) language: Option<String>,
    pub(super) dated_at: Option<DateTime<Utc>>,
}

/// The newest originals of stories: one more than are compared, so that larger stories show.
pub(super) async fn members(
    connection: &mut PgConnection,
    stories: &[i64],
    first: i64,
) -> Result<Vec<MemberRow>, StoreError> {
    let rows = sqlx::query_as(
        "/* story_members */
         SELECT m.story_id, m.article_id, f.number, f.language, f.dated_at
         FROM unnest($1::bigint[]) AS u (id) CROSS JOIN LATERAL (
             SELECT s.story_id, s.article_id
             FROM story_articles s JOIN articles a ON a.id = s.article_id
             WHERE s.story_id = u.id AND a.copy_of IS NULL
             ORDER BY s.article_id DESC LIMIT $3) AS m
         LEFT JOIN story_fingerprints f ON f.article_id = m.article_id AND f.number >= $2",
    )
    .bind(stories)
    .bind(first)
    .bind(i64::try_from(MOST_MEMBERS + 1).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Fingerprints by number. Those of another version are left out.
pub(super) async fn fingerprints(
    connection: &mut PgConnection,
    numbers: &[i64],
) -> Result<BTreeMap<i64, Arc<StoryFingerprint>>, StoreError> {
    if numbers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "/* fingerprints */ SELECT number, fingerprint FROM story_fingerprints
         WHERE number = ANY($1)",
    )
    .bind(numbers)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(number, stored)| {
            Some((number, Arc::new(StoryFingerprint::from_stored(&stored)?)))
        })
        .collect())
}
