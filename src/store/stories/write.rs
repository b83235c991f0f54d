//! What assigning stories writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use crate::store::StoreError;
use crate::store::changes::ChangeRow;
use crate::store::stories::keys::stored_keys;
use crate::store::stories::links::Languages;
use wiresift_dedup::story::{Model, PairScore, StoryFingerprint, StoryKey, VERSION};

/// The fingerprint of an article and the keys that lead to it.
pub(super) struct NewMember {
    pub(super) article: i64,
    pub(super) number: i64,
    pub(super) language: Arc<str>,
    pub(super) dated_at: DateTime<Utc>,
    pub(super) is_counted: bool,
    pub(super) fingerprint: Arc<StoryFingerprint>,
    pub(super) keys: Vec<StoryKey>,
    /// Those in the form that all languages share.
    pub(super) shared_keys: Vec<StoryKey>,
}

/// A story that a batch has found.
pub(super) struct NewStory {
    /// Its id within the batch.
    pub(super) story: i64,
    pub(super) language: String,
    pub(super) central: i64,
}

/// What a batch has decided.
#[derive(Default)]
pub(super) struct Assignment {
    pub(super) today: i32,
    /// All articles of the batch.
    pub(super) judged: Vec<i64>,
    pub(super) members: Vec<NewMember>,
    /// The evidence for each article: what it was compared with.
    pub(super) scores: Vec<(i64, Vec<(i64, PairScore)>)>,
    pub(super) new: Vec<NewStory>,
    /// Stories on file, and their most central articles.
    pub(super) central: Vec<(i64, i64)>,
    /// Originals that have another story than before.
    pub(super) places: Vec<(i64, Option<i64>)>,
    /// Articles that are copies. They follow their originals.
    pub(super) copies: Vec<i64>,
    /// What links articles of several languages. Empty if all articles are in one.
    pub(super) languages: Languages,
}

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

/// What happened to stories and has to be in the change log.
#[derive(Default)]
struct Told {
    /// Articles that have left a story or joined one, and the story that they were in before.
    before: BTreeMap<i64, Option<i64>>,
    /// Articles that have become headlines.
    headlines: BTreeSet<i64>,
}

impl Told {
    /// An article has left `story`. Only the first story that it leaves is the one before.
    fn moved(&mut self, article: i64, story: Option<i64>) {
        self.before.entry(article).or_insert(story);
    }
}

/// Records all that a batch has decided. Returns the rows of the change log.
pub(super) async fn record(
    connection: &mut PgConnection,
    assignment: &Assignment,
    now: DateTime<Utc>,
) -> Result<Vec<ChangeRow>, StoreError> {
    let mut told = Told::default();
    remove_members(connection, &assignment.judged).await?;
    insert_members(connection, assignment).await?;
    remove_scores(connection, &assignment.copies).await?;
    keep_scores(connection, &assignment.scores, now).await?;
    let created = create(connection, &assignment.new, now).await?;
    told.headlines = set_headlines(connection, &assignment.central, now).await?;
    let places: Vec<(i64, Option<i64>)> = assignment
        .places
        .iter()
        .map(|(article, story)| {
            (*article, story.map(|story| created.get(&story).copied().unwrap_or(story)))
        })
        .collect();
    move_articles(connection, &places, now, &mut told).await?;
    follow_originals(connection, &assignment.copies, now, &mut told).await?;
    let mut changes = changes(connection, &told).await?;
    changes.extend(assignment.languages.record(connection, &assignment.judged, now).await?);
    Ok(changes)
}

/// The rows of the change log: articles that are in another story than before, and headlines.
async fn changes(connection: &mut PgConnection, told: &Told) -> Result<Vec<ChangeRow>, StoreError> {
    let ids: BTreeSet<i64> = told.before.keys().chain(&told.headlines).copied().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, i32, Option<i64>)> = sqlx::query_as(
        "/* story_changes */ SELECT a.id, a.revision, s.story_id
         FROM articles a LEFT JOIN story_articles s ON s.article_id = a.id
         WHERE a.id = ANY($1) ORDER BY a.id",
    )
    .bind(ids.into_iter().collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    let is_told = |article: &i64, story: &Option<i64>| {
        let has_moved = told.before.get(article).is_some_and(|before| before != story);
        has_moved || (story.is_some() && told.headlines.contains(article))
    };
    let rows = rows.into_iter().filter(|(article, _, story)| is_told(article, story));
    Ok(rows
        .map(|(article, revision, story)| ChangeRow::of_story(article, revision, story))
        .collect())
}

/// Deletes the fingerprints of articles. The keys that led to them lead to nothing then.
async fn remove_members(connection: &mut PgConnection, articles: &[i64]) -> Result<(), StoreError> {
    sqlx::query("/* remove_members */ DELETE FROM story_fingerprints WHERE article_id = ANY($1)")
        .bind(articles)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_members(
    connection: &mut PgConnection,
    assignment: &Assignment,
) -> Result<(), StoreError> {
    let members = &assignment.members;
    sqlx::query(
        "/* insert_members */
         INSERT INTO story_fingerprints
             (number, article_id, day, language, dated_at, is_counted, fingerprint, keys, shared_keys)
         SELECT number, article_id, $1, language, dated_at, is_counted, fingerprint, keys, shared_keys
         FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::boolean[],
                     $7::bytea[], $8::bytea[], $9::bytea[])
             AS m (number, article_id, language, dated_at, is_counted, fingerprint, keys,
                   shared_keys)",
    )
    .bind(assignment.today)
    .bind(members.iter().map(|member| member.number).collect::<Vec<_>>())
    .bind(members.iter().map(|member| member.article).collect::<Vec<_>>())
    .bind(members.iter().map(|member| member.language.to_string()).collect::<Vec<_>>())
    .bind(members.iter().map(|member| member.dated_at).collect::<Vec<_>>())
    .bind(members.iter().map(|member| member.is_counted).collect::<Vec<_>>())
    .bind(members.iter().map(|member| member.fingerprint.to_stored()).collect::<Vec<_>>())
    .bind(members.iter().map(|member| stored_keys(&member.keys)).collect::<Vec<_>>())
    .bind(members.iter().map(|member| stored_keys(&member.shared_keys)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn remove_scores(connection: &mut PgConnection, articles: &[i64]) -> Result<(), StoreError> {
    if articles.is_empty() {
        return Ok(());
    }
    sqlx::query("/* remove_scores */ DELETE FROM story_pair_scores WHERE article_id = ANY($1)")
        .bind(articles)
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores the evidence of the decisions.
async fn keep_scores(
    connection: &mut PgConnection,
    scores: &[(i64, Vec<(i64, PairScore)>)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let evidence = |scores: &Vec<(i64, PairScore)>| -> serde_json::Value {
        let scores = scores.iter().map(|(other, score)| {
            json!({"article": other, "log_odds": score.log_odds, "parts": parts(score)})
        });
        scores.collect()
    };
    sqlx::query(
        "/* keep_scores */ INSERT INTO story_pair_scores (article_id, judged_at, rule, scores)
         SELECT article_id, $1, $2, scores
         FROM unnest($3::bigint[], $4::jsonb[]) AS s (article_id, scores)
         ON CONFLICT (article_id) DO UPDATE SET judged_at = $1, rule = $2, scores = excluded.scores",
    )
    .bind(now)
    .bind(i16::from(VERSION))
    .bind(scores.iter().map(|(article, _)| *article).collect::<Vec<_>>())
    .bind(scores.iter().map(|(_, scores)| evidence(scores)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// The parts of a score that matter, rounded.
fn parts(score: &PairScore) -> BTreeMap<&'static str, f64> {
    let parts = score.parts(Model::embedded()).into_iter();
    let rounded = parts.map(|(ground, part)| (ground.name(), (part * 100.0).round() / 100.0));
    rounded.filter(|(_, part)| *part != 0.0).collect()
}

/// Creates stories. Returns their ids, by their ids within the batch.
async fn create(
    connection: &mut PgConnection,
    new: &[NewStory],
    now: DateTime<Utc>,
) -> Result<BTreeMap<i64, i64>, StoreError> {
    if new.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut ids: Vec<i64> = sqlx::query_scalar(
        "/* create_stories */ INSERT INTO stories (language, headline_id, created_at, updated_at)
         SELECT language, headline_id, $1, $1
         FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS s (language, headline_id, place)
         ORDER BY place RETURNING id",
    )
    .bind(now)
    .bind(new.iter().map(|story| story.language.clone()).collect::<Vec<_>>())
    .bind(new.iter().map(|story| story.central).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    ids.sort_unstable();
    Ok(new.iter().map(|story| story.story).zip(ids).collect())
}

/// Makes the most central articles the headlines of stories. Returns those that were not before.
async fn set_headlines(
    connection: &mut PgConnection,
    central: &[(i64, i64)],
    now: DateTime<Utc>,
) -> Result<BTreeSet<i64>, StoreError> {
    if central.is_empty() {
        return Ok(BTreeSet::new());
    }
    let set: Vec<i64> = sqlx::query_scalar(
        "/* set_headlines */ UPDATE stories s SET headline_id = c.article_id, updated_at = $1
         FROM unnest($2::bigint[], $3::bigint[]) AS c (story_id, article_id)
         WHERE s.id = c.story_id AND s.headline_id <> c.article_id
         RETURNING s.headline_id",
    )
    .bind(now)
    .bind(central.iter().map(|(story, _)| *story).collect::<Vec<_>>())
    .bind(central.iter().map(|(_, article)| *article).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    Ok(set.into_iter().collect())
}

/// Moves articles and their copies to their stories. Stories without an article are deleted.
async fn move_articles(
    connection: &mut PgConnection,
    places: &[(i64, Option<i64>)],
    now: DateTime<Utc>,
    told: &mut Told,
) -> Result<(), StoreError> {
    if places.is_empty() {
        return Ok(());
    }
    let moved: Vec<(i64, Option<i64>, Option<i64>)> = sqlx::query_as(
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
         SELECT id, left_id, joined_id FROM moved",
    )
    .bind(places.iter().map(|(article, _)| *article).collect::<Vec<_>>())
    .bind(places.iter().map(|(_, story)| *story).collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    for (article, left, _) in &moved {
        told.moved(*article, *left);
    }
    let touched: BTreeSet<i64> =
        moved.iter().flat_map(|(_, left, joined)| [*left, *joined]).flatten().collect();
    complete(connection, &touched.into_iter().collect::<Vec<_>>(), now, told).await
}

/// Moves copies to the stories of their originals.
async fn follow_originals(
    connection: &mut PgConnection,
    copies: &[i64],
    now: DateTime<Utc>,
    told: &mut Told,
) -> Result<(), StoreError> {
    if copies.is_empty() {
        return Ok(());
    }
    let places: Vec<(i64, Option<i64>)> = sqlx::query_as(
        "/* follow_originals */ SELECT a.id, s.story_id
         FROM articles a LEFT JOIN story_articles s ON s.article_id = a.copy_of
         WHERE a.id = ANY($1)",
    )
    .bind(copies)
    .fetch_all(&mut *connection)
    .await?;
    move_articles(connection, &places, now, told).await?;
    // A story may have lost its headline to a copy that stays in it.
    let stories: Vec<i64> = places.iter().filter_map(|(_, story)| *story).collect();
    complete(connection, &stories, now, told).await
}

/// Completes changed stories: one with a single original is dissolved, and one that has lost its
/// headline gets that of its first member.
///
/// A plan is kept until statistics come. One that was made while the tables were small would read all
/// articles for each story, if it could. So whether an article is an original is asked one by one in
/// a subquery, which is never turned into a join, and there is neither `EXISTS` nor `IN`.
async fn complete(
    connection: &mut PgConnection,
    stories: &[i64],
    now: DateTime<Utc>,
    told: &mut Told,
) -> Result<(), StoreError> {
    if stories.is_empty() {
        return Ok(());
    }
    let left: Vec<(i64, i64)> = sqlx::query_as(
        "/* complete */ DELETE FROM story_articles WHERE story_id = ANY(ARRAY(
             SELECT s.id FROM unnest($1::bigint[]) AS s (id)
             WHERE (SELECT count(*) FROM story_articles m WHERE m.story_id = s.id
                    AND (SELECT a.copy_of FROM articles a WHERE a.id = m.article_id) IS NULL) < 2))
         RETURNING article_id, story_id",
    )
    .bind(stories)
    .fetch_all(&mut *connection)
    .await?;
    for (article, story) in left {
        told.moved(article, Some(story));
    }
    sqlx::query(
        "/* complete */ DELETE FROM stories s WHERE id = ANY($1)
         AND (SELECT true FROM story_articles m WHERE m.story_id = s.id LIMIT 1) IS NULL",
    )
    .bind(stories)
    .execute(&mut *connection)
    .await?;
    let headlines: Vec<i64> = sqlx::query_scalar(
        "/* complete */ WITH before AS (
             SELECT s.id, s.headline_id, CASE
                 WHEN (SELECT true FROM story_articles m
                       WHERE m.article_id = s.headline_id AND m.story_id = s.id AND
                         (SELECT a.copy_of FROM articles a WHERE a.id = m.article_id) IS NULL)
                 THEN s.headline_id
                 ELSE (SELECT min(m.article_id) FROM story_articles m WHERE m.story_id = s.id AND
                         (SELECT a.copy_of FROM articles a WHERE a.id = m.article_id) IS NULL)
                 END AS next_id
             FROM stories s WHERE id = ANY($1)
         ), updated AS (
             UPDATE stories s SET updated_at = $2, headline_id = before.next_id
             FROM before WHERE s.id = before.id
         )
         SELECT next_id FROM before WHERE next_id <> headline_id",
    )
    .bind(stories)
    .bind(now)
    .fetch_all(connection)
    .await?;
    told.headlines.extend(headlines);
    Ok(())
}
