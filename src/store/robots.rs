//! robots.txt of sites, as it was last fetched.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use wiresift_feed::address::text_without_users;

use crate::lease::millis;
use crate::store::{Store, StoreError};

/// What the answer to a request for robots.txt means (RFC 9309, 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum RobotsVerdict {
    /// There are rules.
    Rules,
    /// There is no such file.
    AllowAll,
    /// The server or the network failed.
    DisallowAll,
}

/// robots.txt as it was fetched.
#[derive(Debug, Clone, Default, FromRow)]
pub struct CachedRobots {
    /// The file, if the verdict is [`RobotsVerdict::Rules`].
    pub text: Option<String>,
    /// `None` before the first answer.
    pub verdict: Option<RobotsVerdict>,
    pub fetched_at: Option<DateTime<Utc>>,
    /// The address to ask next, while redirects are followed.
    pub moved_to: Option<String>,
    /// Redirects followed so far.
    pub hops: i32,
    /// Set if the file could not be fetched: until then the rules above are used, however old.
    pub retry_at: Option<DateTime<Utc>>,
}

impl Store {
    /// The stored robots.txt of a site. `None`: the site is new.
    pub async fn robots(&self, host: &str) -> Result<Option<CachedRobots>, StoreError> {
        let robots = sqlx::query_as(
            "/* robots */ SELECT robots AS text, robots_verdict AS verdict,
                    robots_fetched_at AS fetched_at, robots_moved_to AS moved_to,
                    robots_hops AS hops, robots_retry_at AS retry_at
             FROM sites WHERE host = $1",
        )
        .bind(host)
        .fetch_optional(&self.pool)
        .await?;
        Ok(robots)
    }

    /// Stores what a request for robots.txt returned. `crawl_delay` adds to the site's own spacing.
    pub async fn keep_robots(
        &self,
        host: &str,
        robots: &CachedRobots,
        crawl_delay: Option<Duration>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* keep_robots */ UPDATE sites SET robots = $2, robots_verdict = $3,
                 robots_fetched_at = $4, robots_moved_to = $5, robots_hops = $6,
                 crawl_delay_ms = $7, robots_retry_at = $8
             WHERE host = $1",
        )
        .bind(host)
        .bind(
            robots
                .text
                .as_deref()
                .map(|text| text_without_users(&text.replace('\0', "")).into_owned()),
        )
        .bind(robots.verdict)
        .bind(robots.fetched_at)
        .bind(&robots.moved_to)
        .bind(robots.hops)
        .bind(crawl_delay.map(|delay| i32::try_from(millis(delay)).unwrap_or(i32::MAX)))
        .bind(robots.retry_at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
