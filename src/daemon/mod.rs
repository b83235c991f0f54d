//! The life of the process: wire, supervise, drain.
//!
//! The long-lived loops run in one set; the first of them to end, by return or by panic, ends the process by name,
//! and systemd starts it again. A database that is away ends nothing: not at the start, where we say READY and wait
//! for it, and not later, where the loops turn and try again.

pub mod systemd;

mod settings;
mod shutdown;
mod worker;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::daemon::shutdown::{Asked, Shutdown, Signals};
use crate::daemon::systemd::{Heartbeats, Notifier, watchdog_interval};
use crate::daemon::worker::Worker;
use crate::feed_list;
use crate::http::Web;
use crate::pipeline::assign_stories::AssignStoriesStep;
use crate::pipeline::discover::DiscoverStep;
use crate::pipeline::file::{self, Filer};
use crate::pipeline::poll::PollStep;
use crate::pipeline::read::ReadStep;
use crate::pipeline::subscribe::SubscribeStep;
use crate::pipeline::subscribe::calls::HubCalls;
use crate::pipeline::{Dependencies, Pipeline};
use crate::server::callback;
use crate::server::console::{self, Console};
use crate::store::embedded::{Cluster, ClusterSettings};
use crate::store::{Reconciliation, Store, later};

pub use settings::DaemonSettings;

/// How to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until told to stop.
    Forever,
    /// Until everything that is due has been polled and read.
    Once,
}

/// A running database, ours or somebody else's.
#[derive(Debug)]
pub struct Database {
    /// The ledger in it.
    pub store: Store,
    cluster: Option<Cluster>,
}

/// Name of the database in the embedded cluster.
pub const EMBEDDED_DATABASE: &str = "wiresift";

/// Where the embedded cluster lies.
#[must_use]
pub fn cluster_dir(config: &Config) -> PathBuf {
    config.storage.dir.join("postgres")
}

impl Database {
    /// Opens the database that the settings name: a pool over `database.url`, or the embedded cluster, started.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(options) = config.database.connect_options()? {
            return Ok(Self {
                store: Store::new(options, config.database.connections),
                cluster: None,
            });
        }
        let settings = ClusterSettings { dir: cluster_dir(config), durable: true, bin_dir: None };
        let cluster = Cluster::start(settings).await?;
        cluster.ensure_database(EMBEDDED_DATABASE).await?;
        let options = cluster.connect_options(EMBEDDED_DATABASE);
        Ok(Self { store: Store::new(options, config.database.connections), cluster: Some(cluster) })
    }

    /// Closes the pool and ends the cluster, if it is ours.
    pub async fn close(self) -> anyhow::Result<()> {
        self.store.close().await;
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }

    fn is_embedded(&self) -> bool {
        self.cluster.is_some()
    }
}

/// Runs the daemon. The sums are given back where they were asked for ([`Mode::Once`]).
pub async fn run(config: Config, mode: Mode) -> anyhow::Result<Option<Reconciliation>> {
    let notifier = Arc::new(Notifier::from_env());
    notifier.extend_timeout(START_TIMEOUT);
    let mut signals = Signals::new().context("cannot listen to signals")?;
    let database = Database::open(&config).await?;
    let ended = Daemon::new(&config, &database, notifier)?.live(config, mode, &mut signals).await;
    database.close().await?;
    ended
}

/// The first start runs initdb, and one after a crash may have to recover.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// How long a loop may take for a turn before the watchdog counts it as hung.
const TURN_LIMIT: Duration = Duration::from_secs(90);

/// How often `run --once` looks whether all is done.
const ONCE_TICK: Duration = Duration::from_millis(100);

/// How far ahead `run --once` waits for a second try or a site's turn.
const ONCE_PATIENCE: Duration = Duration::from_secs(10);

/// How often `systemctl status` is told how it goes.
const STATUS_EVERY: Duration = Duration::from_secs(30);

/// Hubs asked at once.
const SUBSCRIBERS: usize = 8;

/// Dead feeds whose replacement is looked for at once.
const DISCOVERERS: usize = 2;

/// How often old pages are deleted.
const HOUSEKEEPING: Duration = Duration::from_hours(1);

struct Daemon {
    pipeline: Arc<Pipeline>,
    store: Store,
    embedded: bool,
    notifier: Arc<Notifier>,
    heartbeats: Heartbeats,
    shutdown: Shutdown,
    feeds: Arc<Notify>,
    entries: Arc<Notify>,
}

impl Daemon {
    fn new(config: &Config, database: &Database, notifier: Arc<Notifier>) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = database.store.clone();
        let pipeline = Pipeline::new(Dependencies {
            store: store.clone(),
            web: Web::new(&config.http)?,
            clock,
            site: config.site.clone(),
            poll: config.poll.clone(),
            raw: config.raw.clone(),
            revisit: config.revisit.clone(),
            websub: config.websub.clone(),
            extract: config.extract.clone(),
            request_timeout: config.http.timeout,
        })
        .context("the program's own model is broken; install wiresift again")?;
        Ok(Self {
            pipeline: Arc::new(pipeline),
            store,
            embedded: database.is_embedded(),
            notifier,
            heartbeats: Heartbeats::default(),
            shutdown: Shutdown::default(),
            feeds: Arc::new(Notify::new()),
            entries: Arc::new(Notify::new()),
        })
    }

    async fn live(
        self,
        config: Config,
        mode: Mode,
        signals: &mut Signals,
    ) -> anyhow::Result<Option<Reconciliation>> {
        let mut loops = Loops::default();
        self.start_console(&config, mode, &mut loops).await?;
        self.notifier.ready("waiting for the database");
        if let Some(watchdog) = watchdog_interval() {
            loops.spawn("watchdog", self.watchdog(watchdog));
        }
        let prepared = tokio::select! {
            prepared = self.prepare(&config) => prepared,
            _ = signals.next() => return Ok(None),
        };
        prepared?;
        self.notifier.status("running");
        self.start_websub(&config, mode, &mut loops).await?;
        let started = self.pipeline.clock.now();
        self.start_steps(&config, &mut loops);
        let ended = match mode {
            Mode::Forever => self.supervise(config, signals, &mut loops).await,
            Mode::Once => self.supervise_once(started, signals, &mut loops).await,
        };
        self.stop(&mut loops, signals).await;
        ended?;
        match mode {
            Mode::Forever => Ok(None),
            Mode::Once => Ok(Some(self.store.reconcile().await?)),
        }
    }

    async fn start_console(
        &self,
        config: &Config,
        mode: Mode,
        loops: &mut Loops,
    ) -> anyhow::Result<()> {
        let Some(listen) = config.console.listen.filter(|_| mode == Mode::Forever) else {
            return Ok(());
        };
        let listener = bind("console.listen", listen).await?;
        let mut registry = Registry::default();
        self.pipeline.metrics.register(&mut registry);
        let heartbeats = self.heartbeats.clone();
        let console = Console {
            store: self.store.clone(),
            clock: Arc::clone(&self.pipeline.clock),
            registry: Arc::new(registry),
            late: Arc::new(move || heartbeats.late(Instant::now())),
        };
        tracing::info!("console on http://{listen}/");
        let drain = self.shutdown.drain.clone();
        loops.spawn("console", console::serve(listener, console, drain));
        Ok(())
    }

    /// Listens for hubs and asks them. A pass (`--once`) is over before a hub could call.
    async fn start_websub(
        &self,
        config: &Config,
        mode: Mode,
        loops: &mut Loops,
    ) -> anyhow::Result<()> {
        let Some(listen) = config.websub.listen.filter(|_| mode == Mode::Forever) else {
            return Ok(());
        };
        let listener = bind("websub.listen", listen).await?;
        tracing::info!("listening for hubs on http://{listen}/");
        let (calls, entries) = (HubCalls::new(&self.pipeline), Arc::clone(&self.entries));
        loops.spawn(
            "callback",
            callback::serve(listener, calls, entries, self.shutdown.drain.clone()),
        );
        let step = Arc::new(SubscribeStep::new(&self.pipeline));
        loops.spawn("subscribe", self.worker(step, SUBSCRIBERS, Arc::default()).run());
        Ok(())
    }

    /// Waits for the database, brings its schema up to date and applies the feed list.
    async fn prepare(&self, config: &Config) -> anyhow::Result<()> {
        let mut pause = Duration::from_millis(200);
        loop {
            match self.try_prepare(config).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    let passing = error.downcast_ref::<crate::store::StoreError>();
                    if !passing.is_some_and(crate::store::StoreError::is_passing) {
                        return Err(error);
                    }
                    self.notifier.status("degraded: the database cannot be reached");
                    tracing::warn!(%error, "waiting for the database");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
        }
    }

    async fn try_prepare(&self, config: &Config) -> anyhow::Result<()> {
        if self.embedded || config.database.migrate {
            self.store.migrate().await?;
        } else {
            self.store.check_schema().await?;
        }
        if self.store.check_generation().await? {
            tracing::warn!(
                "the database was restored or failed over: consumers are told to read everything again"
            );
        }
        let now = self.pipeline.clock.now();
        if self.embedded {
            // The cluster's lock says that whoever held leases is dead.
            let broken = self.store.break_leases(now, &self.pipeline.politeness).await?;
            if broken > 0 {
                tracing::info!(leases = broken, "took back the leases of a daemon that died");
            }
        }
        self.apply_feeds(config).await
    }

    async fn apply_feeds(&self, config: &Config) -> anyhow::Result<()> {
        let (listed, sites) = (config.listed_feeds()?, config.site_rules()?);
        let rules = feed_list::compile_sites(&sites)?;
        // May fail, so before anything is applied.
        self.pipeline.web.follow_accesses(config.accesses()?)?;
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
        match self.store.unsubscribe_paused(self.pipeline.clock.now()).await {
            Ok(0) => {}
            Ok(left) => {
                tracing::info!(
                    subscriptions = left,
                    "giving up the subscriptions of feeds that left the list"
                );
            }
            // The list is applied. Hubs that deliver what nobody wants are told so, and the next reload says goodbye.
            Err(error) => {
                tracing::warn!(%error, "subscriptions of feeds that left the list stay for now")
            }
        }
        for url in &report.paused {
            tracing::info!(url, "feed left the list: paused, its articles stay");
        }
        self.feeds.notify_one();
        Ok(())
    }

    fn start_steps(&self, config: &Config, loops: &mut Loops) {
        let (outbox, inbox) = file::queue();
        let entries = Arc::clone(&self.entries);
        let poll = Arc::new(PollStep::new(&self.pipeline, Arc::clone(&entries)));
        let read = Arc::new(ReadStep::new(&self.pipeline, outbox));
        loops.spawn("poll", self.worker(poll, config.daemon.polls, Arc::clone(&self.feeds)).run());
        let discover = Arc::new(DiscoverStep::new(&self.pipeline));
        loops.spawn("discover", self.worker(discover, DISCOVERERS, Arc::default()).run());
        loops.spawn("read", self.worker(read, config.daemon.reads, entries).run());
        let filed = Arc::new(Notify::new());
        loops.spawn("stories", self.assign_stories(config, Arc::clone(&filed)));
        loops.spawn("file", Filer::new(&self.pipeline).run(inbox, move || filed.notify_one()));
        loops.spawn("housekeeping", self.housekeeping());
        loops.spawn("status", self.tell_status());
    }

    fn worker<S: crate::pipeline::Step>(
        &self,
        step: Arc<S>,
        places: usize,
        wake: Arc<Notify>,
    ) -> Worker<S> {
        Worker {
            heartbeat: self.heartbeats.register(step.name(), TURN_LIMIT, Instant::now()),
            step,
            places: places.max(1),
            wake,
            drain: self.shutdown.drain.clone(),
        }
    }

    fn assign_stories(
        &self,
        config: &Config,
        filed: Arc<Notify>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let step = AssignStoriesStep::new(&self.pipeline, config.stories.window());
        let heartbeat = self.heartbeats.register("stories", TURN_LIMIT, Instant::now());
        step.run(filed, self.shutdown.drain.clone(), move || heartbeat.mark(Instant::now()))
    }

    fn housekeeping(&self) -> impl Future<Output = ()> + Send + 'static {
        let (pipeline, drain) = (Arc::clone(&self.pipeline), self.shutdown.drain.clone());
        async move {
            while !drain.is_cancelled() {
                purge(&pipeline).await;
                begin_discoveries(&pipeline).await;
                tokio::select! {
                    () = drain.cancelled() => {}
                    () = tokio::time::sleep(HOUSEKEEPING) => {}
                }
            }
        }
    }

    /// Tells systemd how it goes, for `systemctl status`.
    fn tell_status(&self) -> impl Future<Output = ()> + Send + 'static {
        let (notifier, metrics) = (Arc::clone(&self.notifier), self.pipeline.metrics.clone());
        let drain = self.shutdown.drain.clone();
        async move {
            while !drain.is_cancelled() {
                notifier.status(&format!("running: {}", metrics.summary()));
                tokio::select! {
                    () = drain.cancelled() => {}
                    () = tokio::time::sleep(STATUS_EVERY) => {}
                }
            }
        }
    }

    /// Feeds systemd's watchdog from a loop of its own, and only while all others turn.
    fn watchdog(&self, interval: Duration) -> impl Future<Output = ()> + Send + 'static {
        let (notifier, heartbeats) = (Arc::clone(&self.notifier), self.heartbeats.clone());
        let halt = self.shutdown.halt.clone();
        async move {
            loop {
                for name in notifier.feed_watchdog(&heartbeats, Instant::now()) {
                    tracing::error!(
                        name,
                        "this loop has not turned in time; the watchdog goes unfed"
                    );
                }
                tokio::select! {
                    () = halt.cancelled() => return,
                    () = tokio::time::sleep(interval) => {}
                }
            }
        }
    }

    /// Until a signal or the end of a loop.
    async fn supervise(
        &self,
        config: Config,
        signals: &mut Signals,
        loops: &mut Loops,
    ) -> anyhow::Result<()> {
        let mut config = config;
        loop {
            tokio::select! {
                asked = signals.next() => match asked {
                    Asked::Stop => return Ok(()),
                    Asked::Reload => config = self.reload(config).await,
                },
                ended = loops.next() => anyhow::bail!("the {ended} loop ended by itself; stopping"),
            }
        }
    }

    /// Reads the configuration again. A bad one changes nothing.
    async fn reload(&self, config: Config) -> Config {
        self.notifier.reloading();
        let reloaded = match config.reloaded() {
            Ok(fresh) => self.apply_feeds(&fresh).await.map(|()| fresh),
            Err(error) => Err(error.into()),
        };
        match reloaded {
            Ok(fresh) => {
                self.notifier.ready("running");
                fresh
            }
            Err(error) => {
                tracing::error!("reload rejected, everything stays as it was: {error:#}");
                self.notifier.ready(&format!("running; reload rejected: {error}"));
                config
            }
        }
    }

    async fn supervise_once(
        &self,
        started: chrono::DateTime<chrono::Utc>,
        signals: &mut Signals,
        loops: &mut Loops,
    ) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                asked = signals.next() => if asked == Asked::Stop { return Ok(()) },
                ended = loops.next() => anyhow::bail!("the {ended} loop ended by itself; stopping"),
                () = tokio::time::sleep(ONCE_TICK) => {}
            }
            let until = later(self.pipeline.clock.now(), ONCE_PATIENCE);
            match self.unfinished(started, until).await {
                Ok((0, 0, 0)) => return Ok(()),
                Ok((feeds, entries, unassigned)) => {
                    tracing::debug!(feeds, entries, unassigned, "not done yet")
                }
                Err(error) if error.is_passing() => tracing::warn!(%error, "the database is away"),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Feeds to be polled, entries to be read, and articles whose story is to be looked for.
    async fn unfinished(
        &self,
        started: chrono::DateTime<chrono::Utc>,
        until: chrono::DateTime<chrono::Utc>,
    ) -> Result<(i64, i64, i64), crate::store::StoreError> {
        let (feeds, entries) = self.store.unfinished(started, until).await?;
        Ok((feeds, entries, self.store.unassigned().await?))
    }

    /// Drains within the limit; a second signal halts at once.
    async fn stop(&self, loops: &mut Loops, signals: &mut Signals) {
        self.notifier.stopping("draining");
        tracing::info!("stopping: finishing what is in hand");
        let limit = self.pipeline.politeness.lease.min(DRAIN_LIMIT);
        tokio::select! {
            () = loops.drained() => tracing::info!("stopped"),
            () = self.shutdown.drain_within(limit) => {}
            _ = signals.next() => tracing::warn!("told twice: halting; leases will run out"),
        }
        self.shutdown.halt.cancel();
        loops.abort().await;
    }
}

/// Longest drain: below `TimeoutStopSec` of the unit, with room for the database to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);

async fn bind(key: &'static str, listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!(
            "{key}: cannot listen on {listen}; is another wiresift running? \
             Choose another port, or set {key} = \"off\""
        )
    })
}

/// Begins the discoveries of dead feeds.
async fn begin_discoveries(pipeline: &Pipeline) {
    match pipeline.store.begin_discoveries(pipeline.clock.now()).await {
        Ok(0) => {}
        Ok(begun) => tracing::info!(begun, "looking for replacements of dead feeds"),
        Err(error) => tracing::warn!(%error, "cannot look for dead feeds now"),
    }
}

async fn purge(pipeline: &Pipeline) {
    let limit =
        pipeline.clock.now() - chrono::TimeDelta::from_std(pipeline.raw.keep).unwrap_or_default();
    loop {
        match pipeline.store.purge_pages(limit).await {
            Ok(0) => return,
            Ok(deleted) => tracing::info!(deleted, "deleted old pages"),
            Err(error) => {
                tracing::warn!(%error, "cannot delete old pages now");
                return;
            }
        }
    }
}

/// The long-lived loops, by name.
#[derive(Default)]
struct Loops {
    set: JoinSet<()>,
    names: HashMap<tokio::task::Id, &'static str>,
}

impl Loops {
    fn spawn(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let handle = self.set.spawn(work);
        self.names.insert(handle.id(), name);
    }

    /// Waits for the next loop to end, and names it.
    async fn next(&mut self) -> &'static str {
        match self.set.join_next_with_id().await {
            Some(Ok((id, ()))) => self.names.remove(&id).unwrap_or("unknown"),
            Some(Err(error)) => {
                let name = self.names.remove(&error.id()).unwrap_or("unknown");
                tracing::error!(name, %error, "a loop panicked");
                name
            }
            None => std::future::pending().await,
        }
    }

    /// Waits for all but the watchdog, which lives until the halt.
    async fn drained(&mut self) {
        while self.names.values().any(|name| *name != "watchdog") {
            self.next().await;
        }
    }

    async fn abort(&mut self) {
        self.set.shutdown().await;
    }
}
