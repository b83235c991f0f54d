//! What assigning a story writes.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::store::StoreError;
use crate::store::stories::read::Queued;
use wiresift_dedup::story::{StoryFingerprint, Term};

/// Creates the partitions of today, and drops those that are older than `keep` days.
pub(super) async fn open_partitions(
    connection: &mut PgConnection,
    today: i32,
    keep: i32,
) -> Result<(), StoreError> {
    sqlx::query("/* open_story_partitions */ SELECT open_story_partitions($1, $2)")
        .bind(today)
        .bind(keep)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes the fingerprint and the keys of an article. Returns whether there were any.
pub(super) async fn remove_member(
    connection: &mut PgConnection,
    article: i64,
) -> Result<bool, StoreError> {
    let gone =
        sqlx::query("/* remove_member */ DELETE FROM story_fingerprints WHERE article_id = $1")
            .bind(article)
            .execute(&mut *connection)
            .await?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("/* remove_member */ DELETE FROM story_keys WHERE article_id = $1")
        .bind(article)
        .execute(connection)
        .await?;
    Ok(true)
}

/// Inserts the fingerprint and the keys of an article.
pub(super) async fn insert_member(
    connection: &mut PgConnection,
    article: &Queued,
    language: &str,
    today: i32,
    fingerprint: &StoryFingerprint,
    keys: &[Term],
) -> Result<(), StoreError> {
    sqlx::query(
        "/* insert_member */
         WITH inserted AS (
             INSERT INTO story_fingerprints (article_id, day, dated_at, fingerprint)
             VALUES ($1, $2, $3, $4))
         INSERT INTO story_keys (language, key, article_id, day)
         SELECT $5, key, $1, $2 FROM unnest($6::integer[]) AS key",
    )
    .bind(article.id)
    .bind(today)
    .bind(article.dated_at)
    .bind(fingerprint.to_stored())
    .bind(language)
    .bind(keys.iter().map(|key| key.cast_signed()).collect::<Vec<i32>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts the words of one more article. Earlier counts halve in 30 days.
pub(super) async fn count_words(
    connection: &mut PgConnection,
    language: &str,
    today: i32,
    terms: &[Term],
) -> Result<(), StoreError> {
    sqlx::query(
        "/* count_words */
         WITH counted AS (
             INSERT INTO story_languages AS l (language, articles, day) VALUES ($1, 1, $2)
             ON CONFLICT (language) DO UPDATE SET
                 articles = faded(l.articles, l.day, $2) + 1, day = $2
         )
         INSERT INTO story_words AS w (language, word, articles, day)
         SELECT $1, word, 1, $2 FROM unnest($3::integer[]) AS word
         ON CONFLICT (language, word) DO UPDATE SET
             articles = faded(w.articles, w.day, $2) + 1, day = $2",
    )
    .bind(language)
    .bind(today)
    .bind(terms.iter().map(|term| term.cast_signed()).collect::<Vec<i32>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores the evidence of a decision.
pub(super) async fn keep_scores(
    connection: &mut PgConnection,
    article: i64,
    now: DateTime<Utc>,
    rule: u8,
    scores: &serde_json::Value,
) -> Result<(), StoreError> {
    sqlx::query(
        "/* keep_scores */ INSERT INTO story_pair_scores (article_id, judged_at, rule, scores)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (article_id) DO UPDATE SET judged_at = $2, rule = $3, scores = $4",
    )
    .bind(article)
    .bind(now)
    .bind(i16::from(rule))
    .bind(scores)
    .execute(connection)
    .await?;
    Ok(())
}

/// Creates a story.
pub(super) async fn create(
    connection: &mut PgConnection,
    language: &str,
    central: i64,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar(
        "/* create_story */ INSERT INTO stories (language, headline_id, created_at, updated_at)
         VALUES ($1, $2, $3, $3) RETURNING id",
    )
    .bind(language)
    .bind(central)
    .bind(now)
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Makes the most central article the headline of a story.
pub(super) async fn set_headline(
    connection: &mut PgConnection,
    story: i64,
    central: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "/* set_headline */ UPDATE stories SET headline_id = $2, updated_at = $3
         WHERE id = $1 AND headline_id <> $2",
    )
    .bind(story)
    .bind(central)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves articles and their copies to their stories. Stories without an article are deleted.
pub(super) async fn move_articles(
    connection: &mut PgConnection,
    places: &[(i64, Option<i64>)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if places.is_empty() {
        return Ok(());
    }
    let touched: Vec<i64> = sqlx::query_scalar(
        "/* move_articles */
         WITH place AS (
             SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS p (article_id, story_id)
         ), moved AS (
             -- Locked, so that retention does not delete an article meanwhile.
             SELECT a.id, s.story_id AS left_id, place.story_id AS joined_id
             FROM place JOIN articles a ON a.id = place.article_id OR a.copy_of = place.article_id
             LEFT JOIN story_articles s ON s.article_id = a.id
             WHERE s.story_id IS DISTINCT FROM place.story_id
             ORDER BY a.id FOR KEY SHARE OF a
         ), left_alone AS (
             DELETE FROM story_articles s USING moved
             WHERE s.article_id = moved.id AND moved.joined_id IS NULL
         ), placed AS (
             INSERT INTO story_articles (article_id, story_id)
             SELECT id, joined_id FROM moved WHERE joined_id IS NOT NULL
             ON CONFLICT (article_id) DO UPDATE SET story_id = excluded.story_id
         )
         SELECT DISTINCT s.id
         FROM moved CROSS JOIN LATERAL (VALUES (left_id), (joined_id)) AS s (id)
         WHERE s.id IS NOT NULL",
    )
    .bind(places.iter().map(|(article, _)| *article).collect::<Vec<_>>())
    .bind(places.iter().map(|(_, story)| *story).collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    complete(connection, &touched, now).await
}

/// Moves a copy to the story of its original. A copy has no scores of its own.
pub(super) async fn follow_original(
    connection: &mut PgConnection,
    article: i64,
    original: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let story = story_of(connection, original).await?;
    sqlx::query("/* follow_original */ DELETE FROM story_pair_scores WHERE article_id = $1")
        .bind(article)
        .execute(&mut *connection)
        .await?;
    let left = story_of(connection, article).await?;
    move_articles(connection, &[(article, story)], now).await?;
    let stories: Vec<i64> = left.into_iter().chain(story).collect();
    complete(connection, &stories, now).await
}

async fn story_of(connection: &mut PgConnection, article: i64) -> Result<Option<i64>, StoreError> {
    let statement = "/* story_of */ SELECT story_id FROM story_articles WHERE article_id = $1";
    Ok(sqlx::query_scalar(statement).bind(article).fetch_optional(connection).await?)
}

/// Completes changed stories: one with a single original is dissolved, and one that has lost its
/// headline gets that of its first member.
async fn complete(
    connection: &mut PgConnection,
    stories: &[i64],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if stories.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* complete */ DELETE FROM story_articles WHERE story_id IN (
             SELECT s.id FROM unnest($1::bigint[]) AS s (id)
             WHERE (SELECT count(*) FROM story_articles m JOIN articles a ON a.id = m.article_id
                    WHERE m.story_id = s.id AND a.copy_of IS NULL) < 2)",
    )
    .bind(stories)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "/* complete */ DELETE FROM stories s WHERE id = ANY($1)
         AND NOT EXISTS (SELECT FROM story_articles m WHERE m.story_id = s.id)",
    )
    .bind(stories)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "/* complete */ UPDATE stories s SET updated_at = $2, headline_id = CASE
             WHEN EXISTS (SELECT FROM story_articles m JOIN articles a ON a.id = m.article_id
                          WHERE m.article_id = s.headline_id AND m.story_id = s.id
                            AND a.copy_of IS NULL)
             THEN s.headline_id
             ELSE (SELECT min(a.id) FROM story_articles m JOIN articles a ON a.id = m.article_id
                   WHERE m.story_id = s.id AND a.copy_of IS NULL) END
         WHERE id = ANY($1)",
    )
    .bind(stories)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
