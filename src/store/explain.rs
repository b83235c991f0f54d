//! Everything about an address, for `wiresift explain`: why is this article missing?

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection};
use url::Url;

use crate::store::{Look, Store, StoreError, clean};
use wiresift_feed::address::{IdentityKey, canonical};

/// Everything about an address.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The identity key: the form of the address that makes two addresses one article.
    pub identity: String,
    /// Sightings by feeds, oldest first.
    pub entries: Vec<ExplainedEntry>,
    /// The article at this address.
    pub article: Option<ExplainedArticle>,
    /// When the site may be asked next, and why not sooner.
    pub site: Option<(Option<DateTime<Utc>>, Option<String>)>,
}

#[derive(Debug, Clone, Serialize, FromRow)]
pub struct ExplainedEntry {
    pub feed_url: String,
    pub guid: Option<String>,
    /// The address that the feed gives.
    pub url: Option<String>,
    pub title: Option<String>,
    pub state: String,
    pub cause: String,
    pub first_seen_at: DateTime<Utc>,
    /// To the hour.
    pub last_seen_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub next_try_at: Option<DateTime<Utc>>,
    /// The address of the next request.
    pub fetch_url: Option<String>,
    pub failures: i32,
}

#[derive(Debug, Clone, Serialize)]
pub struct ExplainedArticle {
    pub id: i64,
    pub url: String,
    pub title: String,
    /// Plain text.
    pub body: String,
    /// The source of the body: page, feed and so on.
    pub body_source: String,
    /// Confidence of the extraction, 0 to 1.
    pub quality: f32,
    /// The original, if it is a copy.
    pub copy_of: Option<i64>,
    /// How much of the text it shares with the original, 0 to 1.
    pub similarity: Option<f32>,
    pub copies: i32,
    /// All its addresses.
    pub keys: Vec<String>,
    /// Number, kind, reason and time of each.
    pub revisions: Vec<(i32, String, String, DateTime<Utc>)>,
    /// Blocks left out of the newest revision: position, reason, text.
    pub removed: Vec<(i32, String, String)>,
    pub story: Option<ExplainedStory>,
    /// The articles that it was compared with when its story was assigned, highest score first.
    pub scores: Vec<ExplainedScore>,
    /// The articles of other languages about the same event, the most alike first.
    pub links: Vec<ExplainedLink>,
}

#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct ExplainedStory {
    pub id: i64,
    /// The headline of its most central article.
    pub title: String,
    /// Without copies.
    pub articles: i64,
    /// Sites of those articles.
    pub sources: i64,
}

/// The score of one article against another.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct ExplainedScore {
    pub article: i64,
    /// Its current headline.
    pub title: String,
    /// Its current story.
    pub story_id: Option<i64>,
    /// What speaks for one event and against it: parts of the log-odds, by name.
    #[sqlx(json)]
    pub parts: BTreeMap<String, f64>,
    /// Log-odds that both are about one event.
    pub log_odds: f64,
}

/// An article of another language about the same event.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct ExplainedLink {
    pub article: i64,
    pub language: Option<String>,
    pub title: String,
    /// 0.075 to 1.
    pub likeness: f32,
}

#[derive(FromRow)]
struct ArticleRow {
    id: i64,
    url: String,
    title: String,
    body: String,
    body_source: String,
    quality: f32,
    copy_of: Option<i64>,
    similarity: Option<f32>,
    copies: i32,
    revision: i32,
    keys: Vec<String>,
}

impl Store {
    /// Everything about an address.
    pub async fn explain(&self, url: &Url) -> Result<Explanation, StoreError> {
        let mut connection = self.pool.acquire().await?;
        explain(&mut connection, url).await
    }
}

impl Look {
    /// Everything about an address.
    pub async fn explain(&mut self, url: &Url) -> Result<Explanation, StoreError> {
        explain(&mut self.transaction, url).await
    }
}

async fn explain(connection: &mut PgConnection, url: &Url) -> Result<Explanation, StoreError> {
    let identity = clean::key(IdentityKey::of(&canonical(url)).as_str());
    let article_id: Option<i64> =
        sqlx::query_scalar("/* explain */ SELECT article_id FROM article_keys WHERE key = $1")
            .bind(&identity)
            .fetch_optional(&mut *connection)
            .await?;
    let entries = sqlx::query_as(
        "/* explain */ SELECT f.url AS feed_url, e.guid, e.url, e.title, e.state::text, e.cause,
                    e.first_seen_at, e.last_seen_at, e.ended_at, e.next_try_at, e.fetch_url,
                    e.failures
             FROM entries e JOIN feeds f ON f.id = e.feed_id
             WHERE e.identity = $1 OR e.article_id = $2 ORDER BY e.first_seen_at, e.id LIMIT 100",
    )
    .bind(&identity)
    .bind(article_id)
    .fetch_all(&mut *connection)
    .await?;
    let article = match article_id {
        Some(id) => explain_article(connection, id).await?,
        None => None,
    };
    let site = sqlx::query_as(
        "/* explain */ SELECT next_request_at, hold_reason FROM sites WHERE host = $1",
    )
    .bind(wiresift_feed::address::Host::of(url).map(|host| host.as_str().to_owned()))
    .fetch_optional(&mut *connection)
    .await?;
    Ok(Explanation { identity, entries, article, site })
}

async fn explain_article(
    connection: &mut PgConnection,
    id: i64,
) -> Result<Option<ExplainedArticle>, StoreError> {
    let row: Option<ArticleRow> = sqlx::query_as(
        "/* explain_article */ SELECT id, url, title, body, body_source, quality, copy_of,
                    similarity, copies, revision,
                    ARRAY(SELECT key FROM article_keys WHERE article_id = a.id ORDER BY key) AS keys
             FROM articles a WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let revisions = sqlx::query_as(
        "/* explain_article */ SELECT revision, kind::text, reason::text, seen_at FROM revisions
             WHERE article_id = $1 ORDER BY revision",
    )
    .bind(id)
    .fetch_all(&mut *connection)
    .await?;
    let removed = sqlx::query_as(
        "/* explain_article */ SELECT position, reason, text FROM news.removed
             WHERE article_id = $1 AND revision = $2 ORDER BY position",
    )
    .bind(id)
    .bind(row.revision)
    .fetch_all(&mut *connection)
    .await?;
    let (story, scores) = explain_story(connection, id).await?;
    let links = links_of(connection, id).await?;
    Ok(Some(ExplainedArticle {
        story,
        scores,
        links,
        id: row.id,
        url: row.url,
        title: row.title,
        body: row.body,
        body_source: row.body_source,
        quality: row.quality,
        copy_of: row.copy_of,
        similarity: row.similarity,
        copies: row.copies,
        keys: row.keys,
        revisions,
        removed,
    }))
}

/// The articles that one is linked to, at most a hundred.
pub(super) async fn links_of(
    connection: &mut PgConnection,
    article: i64,
) -> Result<Vec<ExplainedLink>, StoreError> {
    let links = sqlx::query_as(
        "/* links_of */ SELECT l.other_id AS article, a.language, a.title, l.likeness
         FROM news.links l JOIN articles a ON a.id = l.other_id WHERE l.article_id = $1
         ORDER BY l.likeness DESC, l.other_id LIMIT 100",
    )
    .bind(article)
    .fetch_all(connection)
    .await?;
    Ok(links)
}

async fn explain_story(
    connection: &mut PgConnection,
    article: i64,
) -> Result<(Option<ExplainedStory>, Vec<ExplainedScore>), StoreError> {
    let story = sqlx::query_as(
        "/* explain_story */ SELECT s.id, s.title, s.articles, s.sources FROM news.stories s
             WHERE s.id = (SELECT story_id FROM story_articles WHERE article_id = $1)",
    )
    .bind(article)
    .fetch_optional(&mut *connection)
    .await?;
    let scores = sqlx::query_as(
        "/* explain_story */ SELECT t.article, a.title, m.story_id, t.parts, t.log_odds
             FROM story_pair_scores s
             CROSS JOIN LATERAL jsonb_to_recordset(s.scores) AS t (
                 article bigint, parts jsonb, log_odds float8)
             JOIN articles a ON a.id = t.article
             LEFT JOIN story_articles m ON m.article_id = a.id
             WHERE s.article_id = $1 ORDER BY t.log_odds DESC, t.article",
    )
    .bind(article)
    .fetch_all(&mut *connection)
    .await?;
    Ok((story, scores))
}
