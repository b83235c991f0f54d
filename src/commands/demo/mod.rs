//! `wiresift demo`: the whole daemon at work on one machine, without the internet.
//!
//! The demo serves an invented internet ([`wiresift_demo_world`]) on the loopback interface and
//! runs the daemon on it, with an embedded database of its own. That world knows the true text of
//! each of its articles, so the demo also tests an installation: it fails if the sums do not agree
//! or an article is missing.
//!
//! The daemon makes three passes: over the first edition, over the same again (nothing may be filed
//! twice), and over the second edition, which has new articles, a correction and a feed that has
//! moved. The first two are made by a clock that shows the day before, because what the articles of
//! a site have in common is learned over two days.

mod check;
mod place;
mod report;
mod words;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use chrono::TimeDelta;
use clap::Args;
use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::clock::{Clock, SlowClock, SystemClock};
use crate::commands::now;
use crate::config::Config;
use crate::daemon::{self, EMBEDDED_DATABASE, Mode, cluster_dir};
use crate::store::Store;
use crate::store::embedded::{Cluster, ClusterSettings};
use wiresift_demo_world::{World, WorldServer};

use self::check::Findings;
use self::place::Place;
use self::report::Report;
use crate::commands::paint::{Paint, Screen};

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Stop after the report instead of running on until Ctrl-C
    #[arg(long)]
    once: bool,
    /// Create DIR for the database and the configuration, and keep them
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Pause between two polls of a feed. Together with [`DUE_AGAIN`] it sets how long the demo takes.
pub(super) const POLL_EVERY: Duration = Duration::from_secs(1);

/// After this pause every healthy feed is due again: the interval, plus the tenth by which the
/// schedule varies it.
const DUE_AGAIN: Duration = Duration::from_millis(1150);

/// When the third edition comes out, counted from the report. A Prometheus that scrapes the demo has
/// seen the counters at 0 by then, so that the work on this edition shows as a rate.
const THIRD_EDITION_AFTER: Duration = Duration::from_secs(30);

/// Connections for the report's queries.
const CONNECTIONS: u32 = 4;

pub(super) async fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let mut interrupt = Interrupt::new()?;
    let world = WorldServer::start(World::new(yesterday().now()))
        .await
        .context("cannot serve the invented internet on loopback")?;
    let place = Place::make(args.dir.as_deref(), &world.feeds(), args.once)?;
    let ended = Box::pin(show(args, &place, &world, &mut interrupt)).await;
    world.stop().await;
    place.leave()?;
    ended
}

async fn show(
    args: &DemoArgs,
    place: &Place,
    world: &WorldServer,
    interrupt: &mut Interrupt,
) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    say(&format!(
        "An invented internet with {} feeds is on http://127.0.0.1:{}/",
        world.feeds().len(),
        world.port()
    ))?;
    let started = Instant::now();
    let durable = place.is_kept();
    let settings = ClusterSettings::private(cluster_dir(&config), durable);
    let cluster = Cluster::start(settings).await?;
    cluster.ensure_database(EMBEDDED_DATABASE).await?;
    say(&format!(
        "PostgreSQL {} is up in {} ({:.1} s)",
        cluster.major(),
        cluster.dir().display(),
        started.elapsed().as_secs_f32()
    ))?;
    let store = Store::new(cluster.connect_options(EMBEDDED_DATABASE), CONNECTIONS);
    // The cluster runs until the report is done, so the daemon of each pass connects instead of
    // starting its own.
    let mut daemon_config = config.clone();
    daemon_config.database.url = Some(cluster.url(EMBEDDED_DATABASE));
    let stage = Stage { args, place, world, store: &store, config: daemon_config };
    let ended = Box::pin(stage.play(interrupt)).await;
    store.close().await;
    cluster.stop().await?;
    ended
}

struct Stage<'a> {
    args: &'a DemoArgs,
    place: &'a Place,
    world: &'a WorldServer,
    store: &'a Store,
    config: Config,
}

impl Stage<'_> {
    async fn play(&self, interrupt: &mut Interrupt) -> anyhow::Result<ExitCode> {
        self.pass("First edition, yesterday", Arc::new(yesterday()), interrupt).await?;
        let before = self.world.truth();
        tokio::time::sleep(DUE_AGAIN).await;
        self.pass("First edition again", Arc::new(yesterday()), interrupt).await?;
        self.world.advance();
        self.pass("Second edition, today", Arc::new(SystemClock), interrupt).await?;

        let findings = Findings::gather(self.store, self.world, &before, now()).await?;
        let (place, once, paint) = (self.place, self.args.once, Paint::on(Screen::of_stdout()));
        let report = Report { findings: &findings, place, once, paint }.text();
        io::stdout().lock().write_all(report.as_bytes())?;
        interrupt.check()?;
        if !self.args.once {
            self.run_on().await?;
        }
        Ok(if findings.faults().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Runs the daemon once: it polls and reads everything that is due.
    async fn pass(
        &self,
        what: &str,
        clock: Arc<dyn Clock>,
        interrupt: &mut Interrupt,
    ) -> anyhow::Result<()> {
        interrupt.check()?;
        let (started, asked) = (Instant::now(), self.world.requests().len());
        say(&format!("{what}: polling and reading ..."))?;
        let sums = daemon::run_by(clock, self.config.clone(), Mode::Once).await?;
        interrupt.check()?;
        let sums = sums.context("the daemon ended before its work was done")?;
        say(&format!(
            "  {} requests; now {} entries seen, {} articles on file ({:.1} s)",
            self.world.requests().len() - asked,
            sums.entries,
            sums.articles,
            started.elapsed().as_secs_f32()
        ))
    }

    async fn run_on(&self) -> anyhow::Result<()> {
        let console = self.config.console.listen.map_or_else(String::new, |listen| {
            format!("Console: http://{listen}/ and, for programs, /metrics there.\n")
        });
        say(&format!(
            "\nThe daemon runs on. In {} seconds the third edition is out: \
             an article grows, and an old entry comes back.\n\
             {console}The commands above work in another terminal. Ctrl-C ends the demo.",
            THIRD_EDITION_AFTER.as_secs()
        ))?;
        let third_edition = async {
            tokio::time::sleep(THIRD_EDITION_AFTER).await;
            self.world.advance();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = daemon::run(self.config.clone(), Mode::Forever) => drop(ended?),
            () = third_edition => {}
        }
        say("The demo has ended.")
    }
}

/// The clock of the first edition.
fn yesterday() -> SlowClock {
    SlowClock(TimeDelta::days(1))
}

/// Progress goes to standard error; standard output has only the report.
fn say(line: &str) -> anyhow::Result<()> {
    writeln!(io::stderr(), "{line}")?;
    Ok(())
}

/// Ctrl-C and SIGTERM. During a pass the daemon handles them itself. Between passes the demo must,
/// or the database and the directory would stay behind.
struct Interrupt {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupt {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen to signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// An error if one has arrived since the last check.
    fn check(&mut self) -> anyhow::Result<()> {
        let arrived = self.interrupt.recv().now_or_never().is_some()
            || self.terminate.recv().now_or_never().is_some();
        if arrived {
            bail!("interrupted");
        }
        Ok(())
    }
}
