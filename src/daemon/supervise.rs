//! What the main task does while the loops run: wait for signals, for requests of the control
//! socket, for the end of a loop, or for the end of a pass.

use std::time::Duration;

use anyhow::bail;
use chrono::{DateTime, Utc};

use crate::config::{Config, ConfigError};
use crate::daemon::control::Reloaded;
use crate::daemon::loops::Loops;
use crate::daemon::prepare::Lists;
use crate::daemon::run::Daemon;
use crate::daemon::shutdown::{Asked, Signals};
use crate::feed_list::ListError;
use crate::pipeline::learn::LearnStep;
use crate::store::{LIST_LIMIT, StoreError, answer_within, later};

/// How often `run --once` checks whether all work is done.
const ONCE_CHECK: Duration = Duration::from_millis(100);

/// How far ahead a retry or a site's next slot may lie for `run --once` to wait for it.
const ONCE_HORIZON: Duration = Duration::from_secs(10);

/// Longest drain: below `TimeoutStopSec` of the unit, with room for the database to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);

/// When the daemon reports READY although the database is not ready.
const READY_AFTER: Duration = Duration::from_secs(15);

impl Daemon {
    /// Runs until a signal stops the daemon, or a loop ends, which is an error.
    pub(super) async fn supervise(
        &self,
        mut config: Config,
        signals: &mut Signals,
        loops: &mut Loops,
    ) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                asked = signals.next() => match asked {
                    Asked::Stop => return Ok(()),
                    Asked::Reload(reply) => {
                        let (outcome, held) = self.reload(config).await;
                        config = held;
                        reply.tell(outcome);
                    }
                },
                ended = loops.next() => bail!("the {ended} loop ended by itself; stopping"),
            }
        }
    }

    /// Prepares. A reload that is asked for meanwhile follows. `None`: a signal asked to stop. If it
    /// takes long, the daemon reports READY meanwhile: neither an outage of the database nor a long
    /// migration may look to systemd like a start that failed.
    pub(super) async fn prepare_or_stop(
        &self,
        config: Config,
        signals: &mut Signals,
    ) -> anyhow::Result<Option<Config>> {
        let mut is_reload_asked = false;
        {
            let mut preparing = std::pin::pin!(self.prepare(&config));
            let mut patience = std::pin::pin!(tokio::time::sleep(READY_AFTER));
            let mut is_ready = false;
            loop {
                tokio::select! {
                    () = &mut patience, if !is_ready => {
                        is_ready = true;
                        self.notifier.ready("waiting for the database");
                    }
                    prepared = &mut preparing => break prepared?,
                    asked = signals.next() => match asked {
                        Asked::Stop => return Ok(None),
                        Asked::Reload(reply) => {
                            is_reload_asked = true;
                            reply.tell(check_lists(&config));
                        }
                    },
                }
            }
        }
        Ok(Some(if is_reload_asked { self.reload(config).await.1 } else { config }))
    }

    /// Reads the configuration again, and returns the one in force. If the new one is wrong, that
    /// is the old one.
    async fn reload(&self, config: Config) -> (Reloaded, Config) {
        self.notifier.reloading();
        let reloaded = match config.reloaded() {
            Ok(fresh) => self.apply_feeds(&fresh).await.map(|applied| (applied, fresh)),
            Err(error) => Err(error.into()),
        };
        match reloaded {
            Ok((applied, fresh)) => {
                self.notifier.ready("running");
                (Reloaded::Accepted(applied), fresh)
            }
            Err(error) => {
                tracing::error!("reload rejected, the old settings stay in force: {error:#}");
                self.notifier.ready(&format!("running; reload rejected: {error}"));
                (refused(&error), config)
            }
        }
    }

    /// Runs until no work is left that is due since `started` or soon.
    pub(super) async fn supervise_once(
        &self,
        started: DateTime<Utc>,
        signals: &mut Signals,
        loops: &mut Loops,
    ) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                () = signals.stop() => return Ok(()),
                ended = loops.next() => bail!("the {ended} loop ended by itself; stopping"),
                () = tokio::time::sleep(ONCE_CHECK) => {}
            }
            match answer_within(LIST_LIMIT, Box::pin(self.is_done(started))).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if error.is_passing() => {
                    tracing::warn!(%error, "the database cannot be reached; waiting for it");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether no feed is left to poll, no entry to read, no article to assign to a story, and nothing
    /// to learn. What is learned revises articles, and then their stories are to be assigned.
    async fn is_done(&self, started: DateTime<Utc>) -> Result<bool, StoreError> {
        let horizon = later(self.pipeline.clock.now(), ONCE_HORIZON);
        if self.store.is_unfinished(started, horizon).await? || self.store.unassigned().await? > 0 {
            return Ok(false);
        }
        let learn = LearnStep::new(&self.pipeline);
        Ok(learn.turn(&self.shutdown.drain, &|| ()).await? == 0)
    }

    /// Drains within the limit; a second signal halts at once.
    pub(super) async fn stop(&self, loops: &mut Loops, signals: &mut Signals) {
        self.notifier.stopping("draining");
        tracing::info!("stopping: finishing the work in progress");
        let limit = self.pipeline.politeness.lease.min(DRAIN_LIMIT);
        tokio::select! {
            () = loops.drained() => tracing::info!("stopped"),
            () = self.shutdown.drain_within(limit) => {}
            () = signals.stop() => {
                tracing::warn!("second signal: halting; the next start finishes the work");
            }
        }
        self.pipeline.network.tell_all();
        self.shutdown.halt.cancel();
        loops.abort().await;
    }
}

/// What can be said of a reload before the database can be reached.
fn check_lists(config: &Config) -> Reloaded {
    match config.reloaded().map_err(Into::into).and_then(|fresh| Lists::read(&fresh)) {
        Ok(_) => Reloaded::Postponed,
        Err(error) => refused(&error),
    }
}

fn refused(error: &anyhow::Error) -> Reloaded {
    let is_misconfigured =
        error.chain().any(|cause| cause.is::<ConfigError>() || cause.is::<ListError>());
    Reloaded::Refused { reason: format!("{error:#}"), is_misconfigured }
}
