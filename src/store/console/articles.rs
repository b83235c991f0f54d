//! Lists of articles. The candidates are the newest of an index, a bounded number; which of them a
//! page lists, and what its facets count, is decided from them outside the database.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};

use crate::store::StoreError;
use crate::store::console::Look;

/// Candidates of one page. Each lies in another place of the table, and to fetch them is what a list
/// spends its time with.
const CANDIDATES: i64 = 500;

/// Articles that a search finds at most. The newest are ranked by their words, one by one, and that
/// is what a search spends its time with.
const FOUND: i32 = 100;

/// Tags of a candidate that facets count.
const COLUMNS: &str = "a.id, a.published_at, a.host, a.language, a.kind, a.tags[1:12] AS tags";

/// Where a list goes on: after this article, in the order of publication, newest first. Articles
/// without a date come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub published_at: Option<DateTime<Utc>>,
    pub id: i64,
}

/// Which candidates to look at.
#[derive(Debug, Clone, Default)]
pub struct CandidateQuery {
    /// Words to search for.
    pub text: Option<String>,
    pub tag: Option<String>,
    pub host: Option<String>,
    pub language: Option<String>,
    /// Only with neither words nor a number: a search has its own order.
    pub after: Option<Cursor>,
}

/// An original that a list may show.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Candidate {
    pub id: i64,
    pub published_at: Option<DateTime<Utc>>,
    pub host: String,
    pub language: Option<String>,
    pub kind: String,
    /// The first ones.
    pub tags: Vec<String>,
}

/// An article of a list.
#[derive(Debug, Clone, FromRow)]
pub struct ArticleLine {
    pub id: i64,
    pub title: String,
    pub host: String,
    pub language: Option<String>,
    pub kind: String,
    pub published_at: Option<DateTime<Utc>>,
    pub first_seen_at: DateTime<Utc>,
    pub word_count: i32,
    pub quality: f32,
    pub copies: i32,
    pub revision: i32,
    pub story_id: Option<i64>,
    pub doubt: Option<String>,
    /// The beginning of the text.
    pub beginning: String,
}

impl Look {
    /// The candidates, best or newest first, and whether there are more than these.
    pub async fn candidates(
        &mut self,
        query: &CandidateQuery,
    ) -> Result<(Vec<Candidate>, bool), StoreError> {
        let candidates = match &query.text {
            Some(text) => self.found(text, query).await?,
            None => self.newest(query).await?,
        };
        let has_more = query.text.is_none() && candidates.len() as i64 >= CANDIDATES;
        Ok((candidates, has_more))
    }

    async fn found(
        &mut self,
        text: &str,
        query: &CandidateQuery,
    ) -> Result<Vec<Candidate>, StoreError> {
        let statement = format!(
            "/* articles_found */ SELECT {COLUMNS}
             FROM matches($1, $2, $3, false) AS m JOIN articles a ON a.id = m.article_id
             WHERE ($4::text IS NULL OR a.tags @> ARRAY[$4]) AND ($5::text IS NULL OR a.host = $5)
             ORDER BY m.rank DESC, a.id DESC"
        );
        let found = sqlx::query_as(AssertSqlSafe(statement))
            .bind(text)
            .bind(&query.language)
            .bind(FOUND)
            .bind(&query.tag)
            .bind(&query.host)
            .fetch_all(&mut *self.transaction)
            .await?;
        Ok(found)
    }

    /// One statement for those with a date and one for those without, because each has its own
    /// range of the index.
    async fn newest(&mut self, query: &CandidateQuery) -> Result<Vec<Candidate>, StoreError> {
        // Conditions are written only where something is asked, so that the planner sees which index
        // has them.
        let tag = query.tag.as_ref().map_or("", |_| "AND a.tags @> ARRAY[$4]");
        let host = query.host.as_ref().map_or("", |_| "AND a.host = $5");
        let language = query.language.as_ref().map_or("", |_| "AND a.language = $6");
        let after = match query.after {
            None => "",
            Some(Cursor { published_at: Some(_), .. }) => "AND (a.published_at, a.id) < ($1, $2)",
            Some(Cursor { published_at: None, .. }) => "AND a.published_at IS NULL AND a.id < $2",
        };
        let with_dates = query.after.is_some_and(|cursor| cursor.published_at.is_some());
        let rest = format!(
            "UNION ALL (SELECT {COLUMNS} FROM articles a
              WHERE a.copy_of IS NULL AND a.published_at IS NULL {tag} {host} {language}
              ORDER BY a.published_at DESC NULLS LAST, a.id DESC LIMIT $3)"
        );
        let rest = if with_dates { rest.as_str() } else { "" };
        let statement = format!(
            "/* articles_newest */ SELECT * FROM (
                 (SELECT {COLUMNS} FROM articles a
                  WHERE a.copy_of IS NULL {after} {tag} {host} {language}
                    AND ($1::timestamptz IS NULL OR true) AND ($2::bigint IS NULL OR true)
                    AND ($4::text IS NULL OR true) AND ($5::text IS NULL OR true)
                    AND ($6::text IS NULL OR true)
                  ORDER BY a.published_at DESC NULLS LAST, a.id DESC LIMIT $3) {rest}
             ) AS newest ORDER BY published_at DESC NULLS LAST, id DESC LIMIT $3"
        );
        let newest = sqlx::query_as(AssertSqlSafe(statement))
            .bind(query.after.and_then(|cursor| cursor.published_at))
            .bind(query.after.map(|cursor| cursor.id))
            .bind(CANDIDATES)
            .bind(&query.tag)
            .bind(&query.host)
            .bind(&query.language)
            .fetch_all(&mut *self.transaction)
            .await?;
        Ok(newest)
    }

    /// These articles as lines, in no order.
    pub async fn article_lines(&mut self, ids: &[i64]) -> Result<Vec<ArticleLine>, StoreError> {
        let lines = sqlx::query_as(
            "/* article_lines */ SELECT a.id, a.title, a.host, a.language, a.kind, a.published_at,
                    a.first_seen_at, a.word_count, a.quality, a.copies, a.revision, s.story_id,
                    a.doubt, left(a.body, 400) AS beginning
             FROM articles a LEFT JOIN story_articles s ON s.article_id = a.id
             WHERE a.id = ANY($1)",
        )
        .bind(ids)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(lines)
    }
}
