//! What assigning a story reads. Every look-up is bounded.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};

use crate::store::StoreError;
use wiresift_dedup::story::{
    MOST_CANDIDATES, MOST_MEMBERS, MOST_ON_A_KEY, Neighbourhood, Rarity, StoryFingerprint,
    StoryMember, Term,
};

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
         WITH taken AS (
             DELETE FROM story_queue WHERE id = ANY($1) RETURNING id, article_id
         ), first AS (
             SELECT article_id, min(id) AS place FROM taken GROUP BY article_id
         )
         SELECT a.id, a.copy_of, s.story_id, a.language, a.title, a.body,
                coalesce(a.published_at, a.first_seen_at) AS dated_at
         FROM first JOIN articles a ON a.id = first.article_id
         LEFT JOIN story_articles s ON s.article_id = a.id ORDER BY first.place",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(queued)
}

/// The number of articles by word, in one language.
#[derive(Debug, Default)]
pub(super) struct WordCounts {
    articles: Option<f64>,
    words: HashMap<Term, f64>,
}

impl WordCounts {
    pub(super) fn knows(&self, term: Term) -> bool {
        self.words.contains_key(&term)
    }

    /// Counts one more article. Words that are not known yet are counted by the database.
    pub(super) fn add(&mut self, terms: &[Term]) {
        self.articles = self.articles.map(|articles| articles + 1.0);
        for term in terms {
            self.words.entry(*term).and_modify(|count| *count += 1.0);
        }
    }

    pub(super) fn rarity(&self, language: &str) -> Rarity {
        let mut rarity = Rarity::new(language);
        rarity.count(
            self.articles.unwrap_or_default(),
            self.words.iter().map(|(term, count)| (*term, *count)),
        );
        rarity
    }
}

/// Adds the stored counts of some words.
pub(super) async fn count(
    connection: &mut PgConnection,
    language: &str,
    today: i32,
    wanted: &[Term],
    counts: &mut WordCounts,
) -> Result<(), StoreError> {
    if counts.articles.is_none() {
        let articles: Option<f64> = sqlx::query_scalar(
            "/* count */ SELECT faded(articles, day, $2) FROM story_languages
             WHERE language = $1",
        )
        .bind(language)
        .bind(today)
        .fetch_optional(&mut *connection)
        .await?;
        counts.articles = Some(articles.unwrap_or_default());
    }
    if wanted.is_empty() {
        return Ok(());
    }
    counts.words.extend(wanted.iter().map(|term| (*term, 0.0)));
    let rows: Vec<(i32, f64)> = sqlx::query_as(
        "/* count */ SELECT word, faded(articles, day, $3) FROM story_words
         WHERE language = $1 AND word = ANY($2)",
    )
    .bind(language)
    .bind(wanted.iter().map(|term| term.cast_signed()).collect::<Vec<i32>>())
    .bind(today)
    .fetch_all(connection)
    .await?;
    counts.words.extend(rows.into_iter().map(|(word, count)| (word.cast_unsigned(), count)));
    Ok(())
}

#[derive(FromRow)]
struct NearRow {
    article_id: i64,
    story_id: Option<i64>,
    /// `None`: it has left the window.
    fingerprint: Option<Vec<u8>>,
    dated_at: Option<DateTime<Utc>>,
    /// Originals in its story, of any age.
    members: i64,
}

/// The articles that share keys, and the members of their stories, in one round trip.
pub(super) async fn near(
    connection: &mut PgConnection,
    language: &str,
    keys: &[Term],
    oldest: i32,
    article: i64,
    home: Option<i64>,
) -> Result<Neighbourhood, StoreError> {
    let rows: Vec<NearRow> = sqlx::query_as(
        "/* near_members */
         WITH hit AS (
             SELECT k.article_id FROM unnest($2::integer[]) AS u (key)
             CROSS JOIN LATERAL (
                 SELECT article_id FROM story_keys
                 WHERE language = $1 AND key = u.key AND day >= $3
                 ORDER BY article_id DESC LIMIT $6) AS k
             WHERE k.article_id <> $4
             GROUP BY k.article_id HAVING count(*) > 1
             ORDER BY count(*) DESC, k.article_id DESC LIMIT $7
         ), near AS (
             SELECT s.story_id AS id FROM hit JOIN story_articles s USING (article_id)
             UNION SELECT $5 WHERE $5 IS NOT NULL
         ), sized AS (
             SELECT near.id, (SELECT count(*) FROM story_articles s
                              JOIN articles a ON a.id = s.article_id
                              WHERE s.story_id = near.id AND a.copy_of IS NULL
                                AND a.id <> $4) AS members
             FROM near
         ), wanted AS (
             SELECT article_id FROM hit
             UNION
             SELECT m.id FROM sized CROSS JOIN LATERAL (
                 SELECT a.id FROM story_articles s JOIN articles a ON a.id = s.article_id
                 WHERE s.story_id = sized.id AND a.copy_of IS NULL
                 ORDER BY s.article_id DESC LIMIT $8) AS m
             WHERE m.id <> $4
         )
         SELECT w.article_id, t.story_id, p.fingerprint, p.dated_at,
                coalesce(s.members, 0) AS members
         FROM wanted w JOIN articles a ON a.id = w.article_id
         LEFT JOIN story_articles t ON t.article_id = w.article_id
         LEFT JOIN story_fingerprints p ON p.article_id = w.article_id AND p.day >= $3
         LEFT JOIN sized s ON s.id = t.story_id
         WHERE a.copy_of IS NULL",
    )
    .bind(language)
    .bind(keys.iter().map(|key| key.cast_signed()).collect::<Vec<i32>>())
    .bind(oldest)
    .bind(article)
    .bind(home)
    .bind(i64::try_from(MOST_ON_A_KEY).unwrap_or(i64::MAX))
    .bind(i64::try_from(MOST_CANDIDATES).unwrap_or(i64::MAX))
    .bind(i64::try_from(MOST_MEMBERS).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    let mut near = Neighbourhood::default();
    let mut stories: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for row in rows {
        let fingerprint = row.fingerprint.as_deref().and_then(StoryFingerprint::from_stored);
        if let Some(story) = row.story_id {
            let (seen, members) = stories.entry(story).or_default();
            *seen += i64::from(fingerprint.is_some());
            *members = row.members;
        }
        if let Some(fingerprint) = fingerprint {
            let member = StoryMember { fingerprint, at: row.dated_at, story: row.story_id };
            near.members.insert(row.article_id, member);
        }
    }
    near.partial = stories
        .into_iter()
        .filter(|(_, (seen, members))| seen < members)
        .map(|(story, _)| story)
        .collect();
    Ok(near)
}
