//! From a directory name to a cluster that can be launched: claim, lock, choose, clean up, create.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::ClusterSettings;
use super::account::Account;
use super::binaries::{self, Server, parse_major};
use super::configuration;
use super::error::ClusterError;
use super::layout::Layout;
use super::processes::end_leftovers;

/// The database's only user: its superuser, known to nobody but the owner of the socket's directory.
pub(super) const SUPERUSER: &str = "wiresift";

/// A cluster that is ours, whole, unused, and ready to be launched.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) layout: Layout,
    pub(super) server: Server,
    pub(super) account: Account,
    pub(super) socket_dir: PathBuf,
    /// Held until the server has gone.
    lock: File,
}

impl Prepared {
    /// Does all that comes before the server starts. Takes milliseconds, or seconds when the files are made.
    pub(super) fn new(settings: &ClusterSettings) -> Result<Self, ClusterError> {
        let layout = Layout::claim(&settings.dir)?;
        let lock = layout.lock()?;
        let data = layout.data();
        let account = Account::choose(&data)?;
        let server = binaries::find(settings.bin_dir.as_deref(), data_major(&data)?, &data)?;
        layout.take_possession(&account)?;
        account.check_reach(&server.program("postgres"), layout.root())?;
        let runtime_dir =
            std::env::var_os("XDG_RUNTIME_DIR").filter(|_| !nix::unistd::geteuid().is_root());
        let socket_dir = layout.socket_dir(&account, runtime_dir.as_deref().map(Path::new))?;
        end_leftovers(&data, &socket_dir, &account)?;
        if !data.exists() {
            create(&layout, &server, &account, settings.durable)?;
        }
        configuration::write(&layout, &server, &account, &socket_dir, settings.durable)?;
        Ok(Self { layout, server, account, socket_dir, lock })
    }

    /// Gives the cluster back; the server has ended.
    pub(super) fn release(&self) {
        if self.socket_dir != self.layout.run() {
            let _ = fs::remove_dir(&self.socket_dir);
        }
        // Closing would do as well: this way it happens before anybody is told.
        let _ = self.lock.unlock();
    }
}

/// The major version that wrote the data; `None` if there is none yet.
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

/// Runs `initdb` beside the final place and renames the result, so that half of it is never taken for a cluster.
fn create(
    layout: &Layout,
    server: &Server,
    account: &Account,
    durable: bool,
) -> Result<(), ClusterError> {
    let staging = layout.staging();
    // Byte order is the same on every machine and survives an upgrade of the C library; C.UTF-8 knows upper and
    // lower case beyond ASCII, plain C is what is left where the machine has no such locale.
    let mut result = initdb(layout, server, account, durable, "C.UTF-8");
    if result.as_ref().is_err_and(|message| message.contains("locale")) {
        result = initdb(layout, server, account, durable, "C");
    }
    result.map_err(|message| ClusterError::InitFailed { dir: layout.root().into(), message })?;
    let data = layout.data();
    fs::rename(&staging, &data).map_err(ClusterError::io("rename", &staging))?;
    let sync = File::open(layout.root()).and_then(|root| root.sync_all());
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
        fs::remove_dir_all(&staging)
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
