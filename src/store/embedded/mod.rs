//! The embedded database: a private Postgres cluster, run with the server programs of the machine.
//!
//! Without it, a new user would first have to set up a database server. The daemon keeps a cluster
//! in a directory of its own. The cluster is reachable through a Unix socket only, and if the
//! operator wishes through a second one and through TCP for readers. It starts and
//! stops with the daemon, is restarted when it dies, runs under root too, and stays consistent
//! after `kill -9` of either process. The tests use the same module.
//!
//! One process runs the cluster at a time ([`Cluster`], an exclusive lock); others may connect to
//! it meanwhile ([`attach`]). `layout` names the files, `prepare` and `postmaster` start a server,
//! and `supervisor` keeps it running.

mod account;
mod binaries;
mod clients;
mod configuration;
mod databases;
mod error;
mod exchange;
mod files;
mod kept;
mod layout;
mod postmaster;
mod prepare;
mod processes;
mod readers;
mod server_log;
mod supervisor;
mod upgrade;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::sync::oneshot;
use url::Url;

pub use self::binaries::{OLDEST_MAJOR, parse_major};
pub use self::clients::find_client;
pub use self::error::ClusterError;
pub use self::readers::ReaderAccess;
pub use self::upgrade::{Upgraded, upgrade};

use self::account::Account;
use self::layout::Layout;
use self::prepare::{Prepared, SUPERUSER};
use self::processes::{PidFile, end_leftovers, servers_of};
use self::supervisor::{ServerStatus, StopRequest};

/// What to run, and where.
#[derive(Debug, Clone)]
pub struct ClusterSettings {
    /// The cluster's directory. It is created if missing, and refused if it holds anything else.
    pub dir: PathBuf,
    /// Whether data must survive a power failure. Off for temporary data only. A `kill -9` of any
    /// process loses nothing either way.
    pub durable: bool,
    /// The directory of the server programs; `None` to search for them.
    pub bin_dir: Option<PathBuf>,
    /// How other programs may read the news.
    pub readers: ReaderAccess,
}

impl ClusterSettings {
    /// A cluster that nobody else may use.
    #[must_use]
    pub fn private(dir: PathBuf, durable: bool) -> Self {
        Self { dir, durable, bin_dir: None, readers: ReaderAccess::default() }
    }
}

/// A running cluster. Dropping it stops the server too, without waiting.
#[derive(Debug)]
pub struct Cluster {
    started: Started,
    supervisor: mpsc::Sender<StopRequest>,
    status: Arc<ServerStatus>,
}

/// What is needed to use a running cluster.
#[derive(Debug, Clone)]
struct Started {
    dir: PathBuf,
    address: Address,
    bin_dir: PathBuf,
    major: u32,
}

impl Started {
    fn of(prepared: &Prepared) -> Self {
        Self {
            dir: prepared.layout.root().into(),
            address: Address { socket_dir: prepared.socket_dir.clone(), port: prepared.port },
            bin_dir: prepared.server.bin_dir.clone(),
            major: prepared.server.major,
        }
    }
}

impl Cluster {
    /// Starts the cluster, creating its files if needed, and returns when it accepts connections.
    /// That takes tens of milliseconds for an existing cluster, and seconds for a new one or after
    /// a crash. A thread of its own does the work and then watches the server. Dropping this future
    /// stops it.
    pub async fn start(settings: ClusterSettings) -> Result<Self, ClusterError> {
        let (ready, started) = oneshot::channel();
        let (supervisor, inbox) = mpsc::channel();
        let status = Arc::new(ServerStatus::default());
        let shared = Arc::clone(&status);
        let dir = settings.dir.clone();
        thread::Builder::new()
            .name("postgres-supervisor".into())
            .spawn(move || supervisor::run(&settings, ready, inbox, shared))
            .map_err(ClusterError::io("start a thread for", &dir))?;
        let started = started.await.map_err(|_| ClusterError::Cancelled)??;
        Ok(Self { started, supervisor, status })
    }

    /// Stops the server in order (25 s at most, then by force) and releases the directory.
    pub async fn stop(self) -> Result<(), ClusterError> {
        let (stop, stopped) = oneshot::channel();
        self.supervisor.send(stop).map_err(|_| ClusterError::Cancelled)?;
        stopped.await.map_err(|_| ClusterError::Cancelled)
    }

    /// Options to connect to a database of this cluster.
    #[must_use]
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        self.started.address.connect_options(database)
    }

    /// The same as text, for `psql` and other programs.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.started.address.url(database)
    }

    /// Where the server programs are, `psql` among them.
    #[must_use]
    pub fn bin_dir(&self) -> &Path {
        &self.started.bin_dir
    }

    /// The cluster's directory, absolute.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.started.dir
    }

    /// The server's major version.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.started.major
    }

    /// The server's process id; `None` while it is down and the supervisor restarts it.
    #[must_use]
    pub fn pid(&self) -> Option<i32> {
        Some(self.status.pid.load(Ordering::Relaxed)).filter(|pid| *pid > 0)
    }

    /// Number of restarts after the server died.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.status.restarts.load(Ordering::Relaxed)
    }
}

/// A cluster that another process runs.
#[derive(Debug, Clone)]
pub struct Attached {
    address: Address,
    bin_dir: PathBuf,
    pid: i32,
}

impl Attached {
    /// Options to connect to a database of this cluster.
    #[must_use]
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        self.address.connect_options(database)
    }

    /// The same as text, for `psql` and other programs.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.address.url(database)
    }

    /// Where the server programs are, `psql` among them.
    #[must_use]
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// The server's process.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }
}

/// Finds the cluster in `dir` if a process runs it and it accepts connections. Takes no lock and
/// changes nothing.
pub fn attach(dir: &Path) -> Result<Option<Attached>, ClusterError> {
    if !dir.try_exists().map_err(ClusterError::io("open", dir))? {
        return Ok(None);
    }
    let Some(layout) = Layout::existing(dir)? else { return Ok(None) };
    let data = layout.data();
    let Some(file) = PidFile::read(&data).filter(|file| file.ready) else { return Ok(None) };
    if !servers_of(&data, &Account::choose(&data)?).contains(&file.pid) {
        return Ok(None);
    }
    let server = binaries::find(None, prepare::data_major(&data)?, &data)?;
    let address = Address { socket_dir: file.socket_dir, port: file.port };
    Ok(Some(Attached { address, bin_dir: server.bin_dir, pid: file.pid }))
}

/// Deletes the cluster in `dir`, and stops a server that was left running. Fails while a process
/// uses it ([`ClusterError::InUse`]), or if the directory is not ours.
pub fn discard(dir: &Path) -> Result<(), ClusterError> {
    let layout = Layout::existing(dir)?.ok_or_else(|| ClusterError::NotOurs { dir: dir.into() })?;
    let _lock = layout.lock()?;
    let data = layout.data();
    if data.exists() {
        end_leftovers(&data, &layout.run(), &Account::choose(&data)?)?;
    }
    fs::remove_dir_all(layout.root()).map_err(ClusterError::io("remove", layout.root()))
}

/// Keeps a copy of the programs that can read the data in `dir`. A daemon does it by itself.
pub fn keep_programs(dir: &Path) -> Result<(), ClusterError> {
    let layout = Layout::existing(dir)?.ok_or_else(|| ClusterError::NotOurs { dir: dir.into() })?;
    let server = binaries::find(None, prepare::data_major(&layout.data())?, &layout.data())?;
    kept::keep(&layout, &server)
        .map_err(ClusterError::io("keep the programs of PostgreSQL in", dir))
}

/// A directory for a cluster that the server's user can reach: `preferred`, or one below
/// `/var/lib/wiresift-local` if `preferred` lies below a closed directory (root in a checkout in
/// `/root`). The same `preferred` always gives the same directory. This is for commands that must
/// work anywhere; a configured directory is used or refused. `/var/lib/wiresift` itself is not
/// used, because systemd hands all of it to the service's user.
pub fn reachable_dir(preferred: &Path) -> Result<PathBuf, ClusterError> {
    let preferred = std::path::absolute(preferred).map_err(ClusterError::io("find", preferred))?;
    let account = Account::choose(&preferred.join("data"))?;
    let parent = preferred.ancestors().skip(1).find(|dir| dir.exists());
    let reachable = parent.is_none_or(|dir| account.may_enter(dir));
    Ok(if reachable {
        preferred
    } else {
        Path::new("/var/lib/wiresift-local").join(layout::short_name(&preferred))
    })
}

/// Where a server listens.
#[derive(Debug, Clone)]
struct Address {
    socket_dir: PathBuf,
    port: u16,
}

impl Address {
    fn connect_options(&self, database: &str) -> PgConnectOptions {
        // All options are explicit, since variables such as PGSSLMODE are meant for other servers.
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_dir)
            .port(self.port)
            .username(SUPERUSER)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .application_name("wiresift")
    }

    fn url(&self, database: &str) -> String {
        let Ok(mut url) = Url::parse("postgres:///") else { return String::new() };
        url.set_path(database);
        url.query_pairs_mut()
            .append_pair("host", &self.socket_dir.to_string_lossy())
            .append_pair("port", &self.port.to_string())
            .append_pair("user", SUPERUSER);
        url.into()
    }
}
