//! What happens before the steps start, and again at each reload: the schema, leases of a dead
//! daemon, the feed list.

use std::time::Duration;

use crate::config::Config;
use crate::daemon::run::Daemon;
use crate::feed_list;
use crate::store::StoreError;

const FIRST_PAUSE: Duration = Duration::from_millis(200);

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

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
        self.apply_feeds(config).await
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
    pub(super) async fn apply_feeds(&self, config: &Config) -> anyhow::Result<()> {
        let (listed, sites) = (config.listed_feeds()?, config.site_rules()?);
        let rules = feed_list::compile_sites(&sites)?;
        // Last of what may be refused, first of what takes effect.
        self.pipeline.web.set_accesses(config.accesses()?)?;
        let report = self.store.sync_feeds(&listed, self.pipeline.clock.now()).await?;
        self.pipeline.site_rules.replace(rules);
        tracing::info!(
            feeds = listed.len(),
            sites = sites.len(),
            added = report.added.len(),
            changed = report.changed.len(),
            paused = report.paused.len(),
            "applied the feed list"
        );
        for url in &report.paused {
            tracing::info!(url, "feed is no longer listed: paused, its articles stay");
        }
        self.cancel_subscriptions().await;
        self.feeds.notify_one();
        Ok(())
    }

    /// Cancels the hub subscriptions of feeds that are no longer listed.
    async fn cancel_subscriptions(&self) {
        match self.store.unsubscribe_paused(self.pipeline.clock.now()).await {
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
