//! Prepares a cluster for its start: claim the directory, lock, choose programs, clean up, create.

use std::fs;
use std::path::{Path, PathBuf};

use super::ClusterSettings;
use super::account::Account;
use super::binaries::{self, Server, parse_major};
use super::configuration::{self, Listening};
use super::error::ClusterError;
use super::exchange::Places;
use super::files;
use super::layout::{ClusterLock, Condition, Layout};
use super::processes::end_leftovers;
use super::readers::ReaderAccess;

/// The daemon's database user, a superuser. Only the owner of the cluster and root can connect as
/// this user.
pub(super) const SUPERUSER: &str = "wiresift";

/// A cluster that is ours, complete, unused, and ready to start.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) layout: Layout,
    pub(super) server: Server,
    pub(super) account: Account,
    pub(super) socket_dir: PathBuf,
    pub(super) port: u16,
    /// Whether the data must survive a power failure.
    pub(super) durable: bool,
    /// Held until the server has stopped.
    lock: ClusterLock,
}

impl Prepared {
    /// Does everything that precedes the start of the server. Takes milliseconds, or seconds when
    /// files must be created.
    pub(super) fn new(settings: &ClusterSettings) -> Result<Self, ClusterError> {
        let layout = Layout::claim(&settings.dir)?;
        let data = layout.data();
        let places = Places(&layout);
        let account = Account::choose(&places.present_data())?;
        // From here on no other user can put files or links there.
        account.restrict_access(layout.root())?;
        let lock = layout.lock()?;
        let _ = lock.write(Some(&Condition::Starting));
        places.recover(&account)?;
        let server = binaries::find(settings.bin_dir.as_deref(), data_major(&data)?, &data)?;
        layout.take_ownership(&account)?;
        Self::ready(layout, server, account, lock, &settings.readers, settings.durable)
    }

    /// Does the rest, with these programs, for a cluster that is ours and locked.
    pub(super) fn ready(
        layout: Layout,
        server: Server,
        account: Account,
        lock: ClusterLock,
        readers: &ReaderAccess,
        durable: bool,
    ) -> Result<Self, ClusterError> {
        let data = layout.data();
        account.check_reach(&server.program("postgres"), layout.root())?;
        let runtime_dir =
            std::env::var_os("XDG_RUNTIME_DIR").filter(|_| !nix::unistd::geteuid().is_root());
        let socket_dir = layout.socket_dir(&account, runtime_dir.as_deref().map(Path::new))?;
        end_leftovers(&data, &socket_dir, &account)?;
        if !data.exists() {
            create(&layout, &server, &account, durable)?;
        }
        let readers_dir = readers.prepare_dir(&account);
        readers.write(&layout, &account, readers_dir.is_some())?;
        let socket_dirs = [Some(socket_dir.as_path()), readers_dir.as_deref()];
        let socket_dirs = socket_dirs.into_iter().flatten().collect();
        let listening = Listening { socket_dirs, readers };
        configuration::write(&layout, &server, &account, &listening, durable)?;
        Ok(Self { layout, server, account, socket_dir, port: readers.port(), durable, lock })
    }

    /// Notes how the server is, for those who find the cluster in use. It helps nobody but them, so
    /// it may fail.
    pub(super) fn note(&self, condition: Option<&Condition>) {
        if let Err(error) = self.lock.write(condition) {
            tracing::debug!(%error, "cannot note the state of the embedded database");
        }
    }

    /// Releases the cluster after the server has stopped.
    pub(super) fn release(&self) {
        if self.socket_dir != self.layout.run() {
            let _ = fs::remove_dir(&self.socket_dir);
        }
        // Before the caller is notified, and so before this is dropped.
        self.lock.release();
    }
}

/// The major version that wrote the data; `None` without data.
pub(super) fn data_major(data: &Path) -> Result<Option<u32>, ClusterError> {
    let path = data.join("PG_VERSION");
    if !data.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(ClusterError::io("read", &path))?;
    let unknown = || ClusterError::WrongMajor {
        dir: data.into(),
        data: text.clone(),
        found: "none like it".into(),
    };
    parse_major(&text).ok_or_else(unknown).map(Some)
}

/// Runs `initdb` in a staging directory and renames the result, so that an incomplete one is never
/// taken for a cluster.
fn create(
    layout: &Layout,
    server: &Server,
    account: &Account,
    durable: bool,
) -> Result<(), ClusterError> {
    let staging = layout.staging();
    // Byte order is the same on every machine and survives an upgrade of the C library. C.UTF-8 has
    // upper and lower case beyond ASCII; plain C is the fallback if the locale does not exist.
    let mut result = initdb(layout, server, account, durable, "C.UTF-8");
    if result.as_ref().is_err_and(|message| message.contains("locale")) {
        result = initdb(layout, server, account, durable, "C");
    }
    result.map_err(|message| ClusterError::InitFailed { dir: layout.root().into(), message })?;
    let data = layout.data();
    fs::rename(&staging, &data).map_err(ClusterError::io("rename", &staging))?;
    let sync = fs::File::open(layout.root()).and_then(|root| root.sync_all());
    sync.map_err(ClusterError::io("flush", layout.root()))
}

fn initdb(
    layout: &Layout,
    server: &Server,
    account: &Account,
    durable: bool,
    character_types: &str,
) -> Result<(), String> {
    let staging = layout.staging();
    if staging.exists() {
        files::remove_tree(&staging)
            .map_err(|error| format!("could not remove {}: {error}", staging.display()))?;
    }
    account.private_dir(&staging).map_err(|error| error.to_string())?;
    let mut command = account.command(&server.program("initdb"));
    command.arg("-D").arg(&staging).args([
        "--username",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
    ]);
    command.args(["--lc-collate=C", &format!("--lc-ctype={character_types}"), "--lc-messages=C"]);
    command.args([
        "--lc-monetary=C",
        "--lc-numeric=C",
        "--lc-time=C",
        "--text-search-config=simple",
    ]);
    command.args(if durable {
        ["--no-instructions", "--data-checksums"]
    } else {
        ["--no-instructions", "--no-sync"]
    });
    let output = command.current_dir(layout.root()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(if said.is_empty() { format!("initdb: {}", output.status) } else { said.join("; ") })
}
