//! Wiring: what the daemon is made of, and the order in which its parts start and stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::console::{self, Console};
use crate::daemon::control::ControlSocket;
use crate::daemon::database::Database;
use crate::daemon::heartbeat::{Heartbeats, feed_watchdog};
use crate::daemon::housekeeping;
use crate::daemon::loops::{Loops, WATCHDOG};
use crate::daemon::monitor::Monitor;
use crate::daemon::open_files;
use crate::daemon::prepare::Lists;
use crate::daemon::shutdown::{Shutdown, Signals};
use crate::daemon::systemd::{Notifier, watchdog_interval};
use crate::daemon::worker::Worker;
use crate::http::HttpClient;
use crate::pipeline::assign_stories::AssignStoriesStep;
use crate::pipeline::discover::DiscoverStep;
use crate::pipeline::file::{self, Filer};
use crate::pipeline::learn::LearnStep;
use crate::pipeline::poll::PollStep;
use crate::pipeline::read::ReadStep;
use crate::pipeline::subscribe::SubscribeStep;
use crate::pipeline::subscribe::calls::HubCalls;
use crate::pipeline::{Dependencies, Pipeline, Step};
use crate::server::callback;
use crate::server::figures::Figures;
use crate::server::health::{self, Health};
use crate::store::{Reconciliation, Store};

/// How long to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until a signal stops the daemon.
    Forever,
    /// Until everything that is due has been polled, read, learned from and assigned to stories.
    Once,
}

/// Start-up time to ask systemd for: the first start runs initdb, and one after a crash may have to
/// recover.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// How long one turn of a loop may take before the watchdog counts the loop as hung.
const TURN_LIMIT: Duration = Duration::from_secs(90);

/// Hub requests in progress at the same time.
const CONCURRENT_SUBSCRIPTIONS: usize = 8;

/// Discoveries (of replacements for dead feeds) in progress at the same time.
const CONCURRENT_DISCOVERIES: usize = 2;

/// Runs the daemon. [`Mode::Once`] returns the sums of its pass, unless a signal ended it early.
pub async fn run(config: Config, mode: Mode) -> anyhow::Result<Option<Reconciliation>> {
    run_by(Arc::new(SystemClock), config, mode).await
}

/// The same, by another clock than that of the system.
pub async fn run_by(
    clock: Arc<dyn Clock>,
    config: Config,
    mode: Mode,
) -> anyhow::Result<Option<Reconciliation>> {
    let notifier = Arc::new(Notifier::from_env());
    notifier.extend_timeout(START_TIMEOUT);
    open_files::raise_limit();
    let mut signals = Signals::new().context("cannot listen to signals")?;
    let database = Database::open(&config).await?;
    let daemon = Daemon::new(&config, &database, notifier, clock)?;
    let ended = Box::pin(daemon.live(config, mode, &mut signals)).await;
    database.close().await?;
    ended
}

/// The parts of the steps, as the settings want them.
fn pipeline(config: &Config, store: &Store, clock: Arc<dyn Clock>) -> anyhow::Result<Pipeline> {
    Pipeline::new(Dependencies {
        store: store.clone(),
        web: HttpClient::new(&config.http)?,
        clock,
        site: config.site.clone(),
        poll: config.poll.clone(),
        raw: config.raw.clone(),
        keep: config.keep.clone(),
        revisit: config.revisit.clone(),
        websub: config.websub.clone(),
        extract: config.extract.clone(),
        request_timeout: config.http.timeout,
        memory: config.shares()?,
    })
    .context("the built-in extraction model is damaged; install wiresift again")
}

/// The same with the site rules of the feed lists, for a command that extracts stored pages again.
pub fn pipeline_with_rules(config: &Config, store: &Store) -> anyhow::Result<Pipeline> {
    let pipeline = pipeline(config, store, Arc::new(SystemClock))?;
    pipeline.site_rules.replace(Lists::read(config)?.into_rules());
    Ok(pipeline)
}

pub(super) struct Daemon {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) store: Store,
    pub(super) figures: Figures,
    /// Whether this process runs the database server.
    pub(super) embedded: bool,
    pub(super) notifier: Arc<Notifier>,
    pub(super) shutdown: Shutdown,
    /// Wakes the poll step: the feed list has changed.
    pub(super) feeds: Arc<Notify>,
    /// Wakes the read step: there are new entries.
    entries: Arc<Notify>,
    heartbeats: Heartbeats,
}

impl Daemon {
    fn new(
        config: &Config,
        database: &Database,
        notifier: Arc<Notifier>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let store = database.store.clone();
        let pipeline = Arc::new(pipeline(config, &store, clock)?);
        Ok(Self {
            figures: Figures::new(Arc::clone(&pipeline), config.storage.dir.clone()),
            pipeline,
            store,
            embedded: database.is_embedded(),
            notifier,
            shutdown: Shutdown::default(),
            feeds: Arc::new(Notify::new()),
            entries: Arc::new(Notify::new()),
            heartbeats: Heartbeats::default(),
        })
    }

    async fn live(
        self,
        config: Config,
        mode: Mode,
        signals: &mut Signals,
    ) -> anyhow::Result<Option<Reconciliation>> {
        let mut loops = Loops::default();
        self.start_control(&config, mode, signals, &mut loops);
        self.start_console(&config, mode, &mut loops).await?;
        self.start_watchdog(&mut loops);
        let Some(config) = self.prepare_or_stop(config, signals).await? else { return Ok(None) };
        self.notifier.ready("running");
        self.start_websub(&config, mode, &mut loops).await?;
        let started = self.pipeline.clock.now();
        self.start_steps(&config, &mut loops);
        let ended = match mode {
            Mode::Forever => self.supervise(config, signals, &mut loops).await,
            Mode::Once => Box::pin(self.supervise_once(started, signals, &mut loops)).await,
        };
        self.stop(&mut loops, signals).await;
        ended?;
        match mode {
            Mode::Forever => Ok(None),
            Mode::Once => Ok(Some(self.store.reconcile().await?)),
        }
    }

    /// Opens the control socket before the daemon reports READY, so that `systemctl reload` finds
    /// it. Without one the daemon works, and SIGHUP reloads it.
    fn start_control(&self, config: &Config, mode: Mode, signals: &Signals, loops: &mut Loops) {
        if mode == Mode::Once {
            return;
        }
        match ControlSocket::open(&config.storage.dir) {
            Ok(socket) => {
                tracing::debug!(path = %socket.path().display(), "listening for `wiresift reload`");
                let drain = self.shutdown.drain.clone();
                loops.spawn("control", socket.serve(signals.reloads(), drain));
            }
            Err(error) => tracing::warn!(
                dir = %config.storage.dir.display(),
                %error,
                "cannot open the control socket in storage.dir, so `wiresift reload` does not \
                 reach this daemon; SIGHUP reloads it"
            ),
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
        let heartbeats = self.heartbeats.clone();
        let health = Health {
            store: self.store.clone(),
            figures: self.figures.clone(),
            registry: Arc::new(health::registry(&self.pipeline, self.figures.clone())),
            late: Arc::new(move || heartbeats.late(Instant::now())),
            progress: self.pipeline.progress.clone(),
        };
        let console = Console::new(
            Arc::clone(&self.pipeline),
            self.figures.clone(),
            config.console.clone(),
            &config.storage.dir,
            [Arc::clone(&self.feeds), Arc::clone(&self.entries)],
        );
        tracing::info!("the console is on http://{listen}/");
        let drain = self.shutdown.drain.clone();
        loops.spawn("console", console::serve(listener, console, health::router(health), drain));
        Ok(())
    }

    fn start_watchdog(&self, loops: &mut Loops) {
        let Some(interval) = watchdog_interval() else { return };
        let (notifier, heartbeats) = (Arc::clone(&self.notifier), self.heartbeats.clone());
        let halt = self.shutdown.halt.clone();
        loops.spawn(WATCHDOG, feed_watchdog(notifier, heartbeats, interval, halt));
    }

    /// Starts the listener for hubs and the step that subscribes. Not with `--once`: the pass would
    /// end before a hub could call.
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
        let drain = self.shutdown.drain.clone();
        loops.spawn("callback", callback::serve(listener, calls, entries, drain));
        let step = Arc::new(SubscribeStep::new(&self.pipeline));
        loops.spawn("subscribe", self.worker(step, CONCURRENT_SUBSCRIPTIONS, Arc::default()).run());
        Ok(())
    }

    fn start_steps(&self, config: &Config, loops: &mut Loops) {
        let pipeline = || Arc::clone(&self.pipeline);
        let drain = || self.shutdown.drain.clone();
        let entries = Arc::clone(&self.entries);
        let (outbox, inbox) = file::queue();

        let poll = Arc::new(PollStep::new(&self.pipeline, Arc::clone(&entries)));
        loops.spawn("poll", self.worker(poll, config.daemon.polls, Arc::clone(&self.feeds)).run());
        let discover = Arc::new(DiscoverStep::new(&self.pipeline));
        loops
            .spawn("discover", self.worker(discover, CONCURRENT_DISCOVERIES, Arc::default()).run());
        let read = Arc::new(ReadStep::new(&self.pipeline, outbox));
        loops.spawn("read", self.worker(read, config.daemon.reads, Arc::clone(&entries)).run());

        let batches = Arc::new(Notify::new());
        loops.spawn("stories", self.assign_stories(config, Arc::clone(&batches)));
        let filer = Filer::new(&self.pipeline);
        let beat = self.heartbeat("file");
        let after_batch = move || {
            batches.notify_one();
            // The sites of what was filed may be asked again.
            entries.notify_one();
        };
        loops.spawn("file", filer.run(inbox, after_batch, beat));
        let (learn, beat) = (LearnStep::new(&self.pipeline), self.heartbeat("learn"));
        loops.spawn("learn", learn.run(drain(), beat));
        let beat = self.heartbeat("housekeeping");
        loops.spawn("housekeeping", housekeeping::run(pipeline(), drain(), beat));
        let notify = config.notify.clone();
        let (figures, dir) = (self.figures.clone(), &config.storage.dir);
        let monitor = Monitor::new(pipeline(), figures, notify, dir);
        loops.spawn("monitor", monitor.run(drain(), self.heartbeat("monitor")));
        let beat = self.heartbeat("status");
        let notifier = Arc::clone(&self.notifier);
        let status = housekeeping::report_status(notifier, pipeline(), drain(), beat);
        loops.spawn("status", status);
    }

    fn worker<S: Step>(&self, step: Arc<S>, concurrency: usize, wake: Arc<Notify>) -> Worker<S> {
        Worker {
            heartbeat: self.heartbeats.register(step.name(), TURN_LIMIT, Instant::now()),
            step,
            memory: self.pipeline.memory.clone(),
            lease: self.pipeline.politeness.lease,
            concurrency: concurrency.max(1),
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
        step.run(filed, self.shutdown.drain.clone(), self.heartbeat("stories"))
    }

    /// Registers a loop. The loop calls the returned function at each turn.
    fn heartbeat(&self, name: &'static str) -> impl Fn() + Send + Sync + 'static {
        let heartbeat = self.heartbeats.register(name, TURN_LIMIT, Instant::now());
        move || heartbeat.mark(Instant::now())
    }
}

/// `key` is the setting that `listen` comes from.
async fn bind(key: &'static str, listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!(
            "{key}: cannot listen on {listen}; is another wiresift running? \
             Choose another port, or set {key} = \"off\""
        )
    })
}
