//! How well extraction goes on each source.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;

use crate::store::events::{Event, EventKind, record_events};
use crate::store::{Store, StoreError};

/// A change that is found again within this time is the same one.
const SAME_CHANGE: TimeDelta = TimeDelta::days(1);

/// How well extraction goes on a source, from its newest articles.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct SiteHealth {
    pub site: String,
    pub articles: i32,
    /// How well the texts agree with what the feeds announced, 0 to 1: that of the middle article.
    /// `None`: the feeds say too little.
    pub agreement: Option<f32>,
    /// Articles that are so unlike the others that they may be something else.
    pub doubtful: i32,
}

impl Store {
    /// Records how well extraction goes on a source. `change`: it was found to have changed its pages,
    /// in the respects that the detail says. Returns whether that was recorded: a change is the same
    /// one for a day.
    pub async fn record_health(
        &self,
        health: &SiteHealth,
        change: Option<Value>,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let before: Option<Option<DateTime<Utc>>> = sqlx::query_scalar(
            "/* record_health */ SELECT changed_at FROM site_health WHERE source = $1 FOR UPDATE",
        )
        .bind(&health.site)
        .fetch_optional(&mut *transaction)
        .await?;
        let is_new = before.flatten().is_none_or(|before| at - before >= SAME_CHANGE);
        let change = change.filter(|_| is_new);
        sqlx::query(
            "/* record_health */
             INSERT INTO site_health AS h (source, judged_at, articles, agreement, doubtful, changed_at)
             VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN $2 END)
             ON CONFLICT (source) DO UPDATE SET
                 judged_at = excluded.judged_at, articles = excluded.articles,
                 agreement = excluded.agreement, doubtful = excluded.doubtful,
                 changed_at = coalesce(excluded.changed_at, h.changed_at)",
        )
        .bind(&health.site)
        .bind(at)
        .bind(health.articles)
        .bind(health.agreement)
        .bind(health.doubtful)
        .bind(change.is_some())
        .execute(&mut *transaction)
        .await?;
        let is_told = change.is_some();
        if let Some(detail) = change {
            let (kind, host) = (EventKind::SiteChanged, Some(health.site.clone()));
            let event = Event { at, kind, feed_id: None, host, detail };
            record_events(&mut transaction, &[event]).await?;
        }
        transaction.commit().await?;
        Ok(is_told)
    }
}
