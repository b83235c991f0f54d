//! What happens before the steps start, and again at each reload: the schema, leases of a dead
//! daemon, the feed list.

use std::time::Duration;

use wiresift_extract::SiteRules;

use crate::config::Config;
use crate::daemon::control::Applied;
use crate::daemon::run::Daemon;
use crate::feed_list;
use crate::http::Accesses;
use crate::store::{ANSWER_LIMIT, LIST_LIMIT, ListedFeed, StoreError, answer_within};

const FIRST_PAUSE: Duration = Duration::from_millis(200);

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What the feed lists say, checked.
pub(super) struct Lists {
    feeds: Vec<ListedFeed>,
    /// Number of site rules.
    sites: usize,
    rules: SiteRules,
    accesses: Accesses,
}

impl Lists {
    /// Reads all lists. The first mistake refuses them as a whole.
    pub(super) fn read(config: &Config) -> anyhow::Result<Self> {
        let (feeds, sites) = (config.listed_feeds()?, config.site_rules()?);
        let rules = feed_list::compile_sites(&sites)?;
        Ok(Self { feeds, sites: sites.len(), rules, accesses: config.accesses()? })
    }

    pub(super) fn into_rules(self) -> SiteRules {
        self.rules
    }
}

impl Daemon {
    /// Prepares as soon as the database can be reached. Any other error ends the daemon.
    pub(super) async fn prepare(&self, config: &Config) -> anyhow::Result<()> {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.try_prepare(config).await else { return Ok(()) };
            if !error.downcast_ref::<StoreError>().is_some_and(StoreError::is_passing) {
                return Err(error);
            }
            self.notifier.status("degraded: the database cannot be reached");
            if pause == FIRST_PAUSE {
                tracing::warn!(%error, "waiting for the database");
            } else {
                tracing::debug!(%error, "still waiting for the database");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn try_prepare(&self, config: &Config) -> anyhow::Result<()> {
        if self.embedded || config.database.migrate {
            self.store.migrate().await?;
        } else {
            self.store.check_schema().await?;
        }
        self.set_readers(config).await?;
        if self.store.check_generation().await? {
            tracing::warn!(
                "the database was restored or failed over: \
                 consumers are told to read the change log from its start"
            );
        }
        if self.embedded {
            // This process holds the cluster's lock, so the owner of any other lease is dead.
            let now = self.pipeline.clock.now();
            let leases = self.store.break_leases(now, &self.pipeline.politeness).await?;
            if leases > 0 {
                tracing::info!(leases, "released the leases of a daemon that died");
            }
        }
        self.store.bring_back(self.pipeline.clock.now()).await?;
        self.apply_feeds(config).await?;
        Ok(())
    }

    /// Makes the readers of the settings the readers of the database. A server of somebody else may
    /// not let us, and the daemon works all the same.
    async fn set_readers(&self, config: &Config) -> anyhow::Result<()> {
        if !self.embedded && config.reader.is_empty() {
            return Ok(());
        }
        match self.store.set_readers(&config.reader, self.embedded).await {
            Err(error) if !error.is_passing() => {
                tracing::warn!(
                    %error,
                    "the [[reader]] tables are not in force; the role of database.url needs \
                     CREATEROLE, or let an administrator create the roles and grant news_reader"
                );
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }

    /// Applies the feed list, its site rules and accesses: all of it, or nothing if any part is
    /// wrong.
    pub(super) async fn apply_feeds(&self, config: &Config) -> anyhow::Result<Applied> {
        let Lists { feeds, sites, rules, accesses } = Lists::read(config)?;
        // Last of what may be refused, first of what takes effect.
        self.pipeline.web.set_accesses(accesses)?;
        let sync = self.store.sync_feeds(&feeds, self.pipeline.clock.now());
        let report = answer_within(LIST_LIMIT, sync).await?;
        self.pipeline.site_rules.replace(rules);
        let applied = Applied {
            feeds: feeds.len(),
            sites,
            added: report.added.len(),
            changed: report.changed.len(),
            paused: report.paused.len(),
        };
        tracing::info!(
            feeds = applied.feeds,
            sites = applied.sites,
            added = applied.added,
            changed = applied.changed,
            paused = applied.paused,
            "applied the feed list"
        );
        for url in &report.paused {
            tracing::info!(url, "feed is no longer listed: paused, its articles stay");
        }
        self.cancel_subscriptions().await;
        self.feeds.notify_one();
        Ok(applied)
    }

    /// Cancels the hub subscriptions of feeds that are no longer listed.
    async fn cancel_subscriptions(&self) {
        let cancel = self.store.unsubscribe_paused(self.pipeline.clock.now());
        match answer_within(ANSWER_LIMIT, cancel).await {
            Ok(0) => {}
            Ok(subscriptions) => {
                tracing::info!(
                    subscriptions,
                    "cancelling the hub subscriptions of feeds that are no longer listed"
                );
            }
            // The feed list is applied all the same: deliveries for these feeds are refused until
            // then.
            Err(error) => tracing::warn!(
                %error,
                "cannot cancel the hub subscriptions of feeds that are no longer listed; \
                 the next reload tries again"
            ),
        }
    }
}
