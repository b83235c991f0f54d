//! What is kept, and for how long: section `[keep]`, and the deletion of what is older.
//!
//! Everything goes in batches, so that no statement runs long, and each batch is one transaction:
//! consumers find every deleted article in the change log as `deleted`.
//!
//! An original goes together with its copies, when the last of them is old enough. Its entries stay
//! as tombstones in the state `expired`, without texts. A feed may show an entry for years, and
//! would otherwise bring the article back. A tombstone goes when its feed has not shown it for
//! `keep.entries`.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, de};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use url::Url;
use wiresift_text::limits;

use crate::filing::{Change, ChangeKind};
use crate::store::articles::lock_filing;
use crate::store::changes::{ChangeRow, append_changes, notify};
use crate::store::{Store, StoreError};
use crate::units::parse_duration;

/// How long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Forever,
    For(Duration),
}

impl Keep {
    const fn days(days: u64) -> Self {
        Self::For(Duration::from_hours(24 * days))
    }

    /// What is older than this goes. `None`: nothing goes.
    #[must_use]
    pub fn limit(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Forever => None,
            Self::For(time) => Some(limits::earlier(now, time)),
        }
    }

    /// Whether nothing is to be stored in the first place.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        matches!(self, Self::For(time) if time.is_zero())
    }

    /// Seconds; -1 stands for ever.
    fn seconds(self) -> f64 {
        match self {
            Self::Forever => -1.0,
            Self::For(time) => time.as_secs_f64(),
        }
    }
}

impl<'de> Deserialize<'de> for Keep {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let time = parse_duration(&text).map_err(|error| {
            de::Error::custom(format!("{error}; write \"forever\" to keep everything"))
        })?;
        Ok(Self::For(time))
    }
}

/// Section `[keep]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepSettings {
    /// Articles, from the day on which they were first seen.
    pub articles: Keep,
    /// The same for articles that feeds with these tags have shown. The longest time counts.
    pub tags: BTreeMap<String, Keep>,
    /// The same for articles that these feeds have shown, whatever their tags.
    pub feeds: BTreeMap<Url, Keep>,
    /// The texts of earlier revisions.
    pub revisions: Keep,
    /// The blocks of pages that were left out of the articles.
    pub removed: Keep,
    /// Entries without an article that their feeds no longer show.
    pub entries: Keep,
    pub events: Keep,
    /// The change log.
    pub changes: Keep,
}

impl Default for KeepSettings {
    fn default() -> Self {
        Self {
            articles: Keep::Forever,
            tags: BTreeMap::new(),
            feeds: BTreeMap::new(),
            revisions: Keep::Forever,
            removed: Keep::days(30),
            entries: Keep::days(365),
            events: Keep::days(365),
            changes: Keep::days(90),
        }
    }
}

/// Copies and stories are looked for among the articles of the last two weeks, so these are kept.
const LEAST_ARTICLES: Duration = Duration::from_hours(24 * 15);

/// A consumer that is away for a long weekend goes on where it was.
const LEAST_CHANGES: Duration = Duration::from_hours(24 * 4);

impl KeepSettings {
    /// What is wrong with the section, if anything.
    pub fn check(&self) -> Result<(), String> {
        let too_short = |keep: Keep, least: Duration| match keep {
            Keep::For(time) => time < least,
            Keep::Forever => false,
        };
        if self.of_articles().any(|keep| too_short(keep, LEAST_ARTICLES)) {
            return Err(
                "keep.articles, keep.tags and keep.feeds must be \"15days\" or more: copies and \
                        stories are looked for among the articles of two weeks"
                    .to_owned(),
            );
        }
        if too_short(self.changes, LEAST_CHANGES) {
            return Err("keep.changes must be \"4days\" or more: a consumer that was away longer \
                        than this must read everything again"
                .to_owned());
        }
        Ok(())
    }

    /// All times that articles are kept.
    fn of_articles(&self) -> impl Iterator<Item = Keep> {
        self.tags.values().chain(self.feeds.values()).chain([&self.articles]).copied()
    }

    /// The shortest time that any article is kept.
    fn least_articles(&self) -> Option<Duration> {
        let times = self.of_articles().filter_map(|keep| match keep {
            Keep::For(time) => Some(time),
            Keep::Forever => None,
        });
        times.min()
    }
}

/// Clusters of copies that one transaction deletes at most.
const CLUSTERS: i64 = 100;

/// Clusters that one statement looks at.
const LOOKED_AT: i64 = 2_000;

/// Rows of other tables that one statement deletes or empties.
const ROWS: i64 = 2_000;

/// A place in the articles, by the time when they were first seen.
pub type Place = (DateTime<Utc>, i64);

/// What one look at old articles has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    pub articles: u64,
    /// When the oldest of them was first seen.
    pub oldest: Option<DateTime<Utc>>,
    /// Where to look next. `None`: there is nothing older.
    pub next: Option<Place>,
}

impl Store {
    /// Deletes some of the articles that were first seen before `now`, less the time that they are
    /// kept, and before `until`. To be called with `next` of the last answer until that is `None`.
    pub async fn expire_articles(
        &self,
        keep: &KeepSettings,
        now: DateTime<Utc>,
        from: Option<Place>,
        until: Option<DateTime<Utc>>,
    ) -> Result<Expired, StoreError> {
        let Some(least) = keep.least_articles() else { return Ok(Expired::default()) };
        let mut connection = self.pool.acquire().await?;
        let looked_at = old_clusters(&mut connection, keep, now, least, from).await?;
        let next = looked_at.last().map(|row| (row.first_seen_at, row.id));
        let next = next.filter(|_| looked_at.len() as i64 == LOOKED_AT);
        let due = looked_at.iter().filter(|row| row.is_due);
        let due: Vec<&Cluster> =
            due.take_while(|row| until.is_none_or(|until| row.first_seen_at < until)).collect();
        let oldest = due.first().map(|row| row.first_seen_at);
        let due: Vec<i64> = due.into_iter().map(|row| row.id).collect();
        let mut articles = 0;
        for clusters in due.chunks(CLUSTERS as usize) {
            let mut transaction = connection.begin().await?;
            let (deleted, head) = delete_clusters(&mut transaction, clusters, now).await?;
            transaction.commit().await?;
            notify(&mut connection, head).await;
            articles += deleted;
        }
        Ok(Expired { articles, oldest, next })
    }

    /// Empties the texts of earlier revisions, and the removed blocks, that were seen before these
    /// limits. Returns how many revisions it has emptied.
    pub async fn empty_revisions(
        &self,
        texts: Option<DateTime<Utc>>,
        removed: Option<DateTime<Utc>>,
    ) -> Result<u64, StoreError> {
        let mut emptied = 0;
        if let Some(limit) = texts {
            let statement = "/* forget_revisions */ DELETE FROM revisions r USING (
                 SELECT r.article_id, r.revision FROM articles a JOIN revisions r
                     ON r.article_id = a.id AND r.revision < a.revision
                 WHERE a.revision > 1 AND r.seen_at < $1 LIMIT $2) AS old
             WHERE r.article_id = old.article_id AND r.revision = old.revision";
            emptied += run_batch(&self.pool, statement, limit).await?;
        }
        if let Some(limit) = removed {
            let statement = "/* forget_removed */ UPDATE revisions r SET removed = NULL FROM (
                 SELECT article_id, revision FROM revisions
                 WHERE seen_at < $1 AND removed IS NOT NULL ORDER BY seen_at LIMIT $2) AS old
             WHERE r.article_id = old.article_id AND r.revision = old.revision";
            emptied += run_batch(&self.pool, statement, limit).await?;
        }
        Ok(emptied)
    }

    /// Deletes entries without an article that ended before the limit, and that their feeds have
    /// not shown since either.
    pub async fn forget_entries(&self, limit: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let mut entries: Vec<i64> = sqlx::query_scalar(
            "/* forget_entries */ SELECT e.id FROM entries e JOIN feeds f ON f.id = e.feed_id
             WHERE e.article_id IS NULL AND e.state <> 'pending' AND e.last_seen_at < $1
               -- A feed that answers 304 shows its last document still.
               AND e.last_seen_at < f.last_sighting_at - interval '1 day'
             ORDER BY e.last_seen_at LIMIT $2",
        )
        .bind(limit)
        .bind(ROWS)
        .fetch_all(&mut *transaction)
        .await?;
        if entries.is_empty() {
            return Ok(0);
        }
        entries.sort_unstable();
        let statements = [
            "/* forget_entries: lock */ SELECT FROM entries WHERE id = ANY($1)
             ORDER BY id FOR UPDATE",
            "/* forget_entries: pages */ DELETE FROM pages WHERE entry_id = ANY($1)",
            "/* forget_entries: delete */ DELETE FROM entries WHERE id = ANY($1)",
            "/* forget_entries: count */ UPDATE forgotten SET entries = entries + cardinality($1)",
        ];
        for statement in statements {
            sqlx::query(statement).bind(&entries).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(entries.len() as u64)
    }

    /// Deletes events before the limit.
    pub async fn forget_events(&self, limit: DateTime<Utc>) -> Result<u64, StoreError> {
        let statement = "/* forget_events */ DELETE FROM events WHERE id IN (
             SELECT id FROM events WHERE at < $1 ORDER BY at LIMIT $2)";
        run_batch(&self.pool, statement, limit).await
    }

    /// Cuts changes before the limit off the log. Consumers with an older place are told
    /// `cursor_too_old`.
    pub async fn forget_changes(&self, limit: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let kept_from: Option<i64> = sqlx::query_scalar(
            "/* forget_changes */
             WITH oldest AS (SELECT seq, at, token FROM changes ORDER BY seq LIMIT $2),
             cut AS (SELECT seq, token FROM oldest WHERE seq < coalesce(
                         (SELECT min(seq) FROM oldest WHERE at >= $1), 'infinity'::float8)
                     ORDER BY seq DESC LIMIT 1)
             UPDATE change_head SET kept_from = cut.seq + 1, kept_token = cut.token FROM cut
             RETURNING kept_from",
        )
        .bind(limit)
        .bind(ROWS)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(kept_from) = kept_from else { return Ok(0) };
        let deleted = sqlx::query("/* forget_changes */ DELETE FROM changes WHERE seq < $1")
            .bind(kept_from)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected())
    }
}

/// Tables that are deleted from in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeline {
    Removed,
    Events,
    Changes,
}

impl Store {
    /// The end of the day that begins with the oldest row.
    pub async fn first_day(&self, timeline: Timeline) -> Result<Option<DateTime<Utc>>, StoreError> {
        let statement = match timeline {
            Timeline::Removed => {
                "/* first_day */ SELECT min(seen_at) FROM revisions WHERE removed IS NOT NULL"
            }
            Timeline::Events => "/* first_day */ SELECT min(at) FROM events",
            Timeline::Changes => "/* first_day */ SELECT at FROM changes ORDER BY seq LIMIT 1",
        };
        let oldest: Option<Option<DateTime<Utc>>> =
            sqlx::query_scalar(statement).fetch_optional(&self.pool).await?;
        Ok(oldest.flatten().map(|at| at.checked_add_signed(TimeDelta::days(1)).unwrap_or(at)))
    }
}

async fn run_batch(
    pool: &sqlx::PgPool,
    statement: &'static str,
    limit: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let done = sqlx::query(statement).bind(limit).bind(ROWS).execute(pool).await?;
    Ok(done.rows_affected())
}

/// An original, and whether it and its copies have had their time.
#[derive(Debug, sqlx::FromRow)]
struct Cluster {
    id: i64,
    first_seen_at: DateTime<Utc>,
    is_due: bool,
}

/// The next originals that are older than the shortest time, oldest first. All feeds that have shown
/// any article of the cluster decide how long it is kept.
async fn old_clusters(
    connection: &mut PgConnection,
    keep: &KeepSettings,
    now: DateTime<Utc>,
    least: Duration,
    from: Option<Place>,
) -> Result<Vec<Cluster>, StoreError> {
    let tags: BTreeMap<&String, f64> =
        keep.tags.iter().map(|(tag, keep)| (tag, keep.seconds())).collect();
    let feeds: BTreeMap<&str, f64> =
        keep.feeds.iter().map(|(feed, keep)| (feed.as_str(), keep.seconds())).collect();
    let (since, id) = from.unwrap_or((DateTime::UNIX_EPOCH - TimeDelta::days(36_500), 0));
    let rows = sqlx::query_as(
        "/* expire_articles: due */
         SELECT a.id, a.first_seen_at,
                NOT EXISTS (
                    SELECT FROM articles m
                    CROSS JOIN LATERAL (
                        -- Negative: for ever.
                        SELECT CASE WHEN bool_or(k.seconds < 0) THEN -1 ELSE max(k.seconds) END
                            AS seconds
                        FROM (
                            SELECT coalesce(($8 ->> f.url)::float8, t.seconds, $4) AS seconds
                            FROM entries e JOIN feeds f ON f.id = e.feed_id
                            LEFT JOIN LATERAL (
                                SELECT CASE WHEN bool_or(v.value::float8 < 0) THEN -1
                                            ELSE max(v.value::float8) END AS seconds
                                FROM jsonb_each_text($5) v WHERE v.key = ANY(f.tags)) AS t ON true
                            WHERE e.article_id = m.id
                            UNION ALL SELECT $4 WHERE NOT EXISTS (
                                SELECT FROM entries e WHERE e.article_id = m.id)
                        ) AS k) AS kept
                    WHERE (m.id = a.id OR m.copy_of = a.id)
                      AND (kept.seconds < 0
                           OR m.first_seen_at >= $1 - make_interval(secs => kept.seconds))
                ) AS is_due
         FROM articles a
         WHERE a.copy_of IS NULL AND a.first_seen_at < $1 - make_interval(secs => $6)
           AND (a.first_seen_at, a.id) > ($2, $3)
         ORDER BY a.first_seen_at, a.id LIMIT $7",
    )
    .bind(now)
    .bind(since)
    .bind(id)
    .bind(keep.articles.seconds())
    .bind(json!(tags))
    .bind(least.as_secs_f64())
    .bind(LOOKED_AT)
    .bind(json!(feeds))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Deletes originals with their copies. Returns how many articles there were.
async fn delete_clusters(
    connection: &mut PgConnection,
    originals: &[i64],
    now: DateTime<Utc>,
) -> Result<(u64, Option<crate::store::Head>), StoreError> {
    // While stories are assigned, articles are locked before stories; here it is the other way.
    let stories = "/* expire_articles: lock */ SELECT FROM locks WHERE name = 'stories' FOR UPDATE";
    sqlx::query(stories).execute(&mut *connection).await?;
    lock_filing(connection, &[]).await?;
    let rows: Vec<(i64, i32)> = sqlx::query_as(
        "/* expire_articles: members */ SELECT id, revision FROM articles
         WHERE id = ANY($1) OR copy_of = ANY($1) ORDER BY id",
    )
    .bind(originals)
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let lock = "/* expire_articles: lock */ SELECT FROM entries WHERE article_id = ANY($1)
                ORDER BY id FOR UPDATE";
    sqlx::query(lock).bind(&ids).execute(&mut *connection).await?;
    sqlx::query(BURY_ENTRIES).bind(&ids).bind(now).execute(&mut *connection).await?;
    let headlines: Vec<(i64, i32, i64)> =
        sqlx::query_as(MOVE_HEADLINES).bind(&ids).bind(now).fetch_all(&mut *connection).await?;
    for statement in DELETIONS {
        sqlx::query(statement).bind(&ids).execute(&mut *connection).await?;
    }
    let deleted = rows.iter().map(|(article, revision)| Change {
        kind: ChangeKind::Deleted,
        article: *article,
        revision: *revision,
        other: None,
    });
    let mut changes: Vec<ChangeRow> = deleted.map(|change| ChangeRow::from(&change)).collect();
    let headlines = headlines.into_iter();
    changes.extend(
        headlines
            .map(|(article, revision, story)| ChangeRow::of_story(article, revision, Some(story))),
    );
    let head = append_changes(connection, &changes, now).await?;
    Ok((ids.len() as u64, head))
}

/// The entries of the articles become tombstones. `$1` are the articles, `$2` is now. A worker that
/// is reading the page of one loses its lease.
const BURY_ENTRIES: &str = "/* expire_articles: entries */ UPDATE entries SET
     state = 'expired', cause = 'expired', ended_at = $2, article_id = NULL, summary = NULL,
     content = NULL, authors = NULL, tags = NULL, fetch_url = NULL, hops = 0, hop_cookies = NULL,
     next_try_at = NULL, page_etag = NULL, page_last_modified = NULL, lease_token = NULL,
     lease_expires_at = NULL, lease_attempts = 0
 WHERE article_id = ANY($1)";

/// Stories take another headline, if they have one left. Returns it with its revision and its story.
const MOVE_HEADLINES: &str =
    "/* expire_articles: headlines */ UPDATE stories s SET updated_at = $2, headline_id = next.id
 FROM stories t CROSS JOIN LATERAL (
     SELECT a.id, a.revision FROM story_articles m JOIN articles a ON a.id = m.article_id
     WHERE m.story_id = t.id AND a.copy_of IS NULL AND a.id <> ALL($1)
     ORDER BY a.id LIMIT 1) AS next
 WHERE t.headline_id = ANY($1) AND s.id = t.id
 RETURNING next.id, next.revision, s.id";

/// What refers to articles, and then the articles. `$1` are their ids.
const DELETIONS: [&str; 10] = [
    "/* expire_articles: edges */ DELETE FROM copy_edges
     WHERE article_id = ANY($1) OR other_id = ANY($1)",
    "/* expire_articles: splits */ DELETE FROM cluster_splits
     WHERE one_id = ANY($1) OR other_id = ANY($1)",
    "/* expire_articles: scores */ DELETE FROM story_pair_scores WHERE article_id = ANY($1)",
    "/* expire_articles: links */ DELETE FROM story_links
     WHERE article_id = ANY($1) OR other_id = ANY($1)",
    "/* expire_articles: members */ DELETE FROM story_articles WHERE article_id = ANY($1)",
    "/* expire_articles: stories */ DELETE FROM stories WHERE headline_id = ANY($1)",
    "/* expire_articles: parameters */ DELETE FROM parameter_observations
     WHERE article_id = ANY($1)",
    "/* expire_articles: keys */ DELETE FROM article_keys WHERE article_id = ANY($1)",
    "/* expire_articles: revisions */ DELETE FROM revisions WHERE article_id = ANY($1)",
    "/* expire_articles: articles */ DELETE FROM articles WHERE id = ANY($1)",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_are_too_short_are_refused() {
        let keep = |text: &str| toml::from_str::<KeepSettings>(text).unwrap();
        assert!(keep("articles = \"30days\"").check().is_ok());
        assert!(keep("articles = \"14days\"").check().is_err());
        assert!(keep("tags = { wire = \"1day\" }").check().is_err());
        assert!(keep("feeds = { \"https://a.example/f\" = \"1day\" }").check().is_err());
        assert!(keep("changes = \"1day\"").check().is_err());
        let error = toml::from_str::<KeepSettings>("articles = \"never\"").unwrap_err();
        assert!(error.to_string().contains("\"forever\""), "{error}");
    }
}
