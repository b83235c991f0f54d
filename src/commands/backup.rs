//! `wiresift backup`: a dump of the database, made by `pg_dump` while the daemon writes.
//!
//! `pg_dump` reads everything in one transaction, so the backup shows one moment. A file gets its
//! name when it is complete and on the disk; until then it ends in `.part`. So a file with the
//! right name is never half a backup.
//!
//! How large a backup gets is known when it is made. But a file system that has not even room for
//! the least that it can take is refused at once, and not after an hour.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::HumanBytes;
use nix::fcntl::OFlag;
use nix::sys::statvfs::fstatvfs;
use nix::unistd::geteuid;

use crate::commands::database::no_database;
use crate::commands::pg_program::{Target, progress, read_from};
use crate::commands::print;
use crate::config::Config;
use crate::daemon::{EMBEDDED_DATABASE, cluster_dir};
use crate::store::Store;
use crate::store::embedded::{self, Cluster, ClusterSettings, find_client};

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// Where to write the backup; - for standard output
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Replace FILE if it exists
    #[arg(long)]
    force: bool,
}

/// The first version of `pg_dump` that knows zstd.
const ZSTD_SINCE: u32 = 16;

/// A backup takes at least this part of the tables, without their indexes. The text of articles,
/// which is compressed there too, takes twice as much. After a deletion tables are half empty.
const LEAST_SHARE: u64 = 8;

/// How long `pg_dump` waits for a table that a migration has locked.
const LOCK_WAIT: &str = "--lock-wait-timeout=5min";

pub(super) async fn run(args: &BackupArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let out = Output::open(&args.file, args.force)?;
    let done = dump(out, config).await?;
    print(&done)?;
    Ok(ExitCode::SUCCESS)
}

/// Dumps the database of the settings, and starts the embedded server if nobody runs it.
async fn dump(out: Output, config: &Config) -> anyhow::Result<String> {
    if let (Some(url), Some(options)) = (config.database.url()?, config.database.connect_options()?)
    {
        let store = Store::patient(options);
        let dir = find_client("pg_dump", store.server_major().await?)?;
        let mut command = Target::server(&url)?.command(&dir.join("pg_dump"));
        // Such a database may have other things in it, which are not ours to read.
        command.args(["--schema=wiresift", "--schema=news"]);
        return write(command, out, &store).await;
    }
    let dir = cluster_dir(config);
    if !dir.exists() {
        return Err(no_database(&dir));
    }
    if let Some(attached) = embedded::attach(&dir)? {
        let store = Store::patient(attached.connect_options(EMBEDDED_DATABASE));
        let target = Target::embedded(attached.url(EMBEDDED_DATABASE));
        return write(target.command(&attached.bin_dir().join("pg_dump")), out, &store).await;
    }
    let cluster = Cluster::start(ClusterSettings::private(dir, true)).await?;
    cluster.ensure_database(EMBEDDED_DATABASE).await?;
    let store = Store::patient(cluster.connect_options(EMBEDDED_DATABASE));
    let target = Target::embedded(cluster.url(EMBEDDED_DATABASE));
    let done = write(target.command(&cluster.bin_dir().join("pg_dump")), out, &store).await;
    store.close().await;
    cluster.stop().await?;
    done
}

async fn write(mut command: Command, mut out: Output, store: &Store) -> anyhow::Result<String> {
    if !store.has_schema().await? {
        bail!("the database has no news yet, so there is nothing to back up");
    }
    out.check_room(store.table_bytes().await? / LEAST_SHARE)?;
    let size = HumanBytes(store.database_bytes().await?);
    let method = compression(Path::new(command.get_program()));
    command.args(["--format=custom", "--no-password", LOCK_WAIT, method]);
    tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let template = format!(
            "{{spinner}} {{bytes}} written, {{bytes_per_sec}}, {{elapsed}} (database: {size})"
        );
        let bar = progress(&template, None)?;
        let bytes = read_from(&mut command, &mut out, &bar).context("the backup failed")?;
        bar.finish_and_clear();
        out.complete(bytes, begun)
    })
    .await?
}

/// The best compression that this `pg_dump` has. Not every build has zstd, and only a trial tells:
/// it refuses the method before it tries to connect.
fn compression(pg_dump: &Path) -> &'static str {
    let mut trial = Command::new(pg_dump);
    trial.args(["--format=custom", "--compress=zstd:3", "--host=/nonexistent", "--no-password"]);
    let output = trial.stdin(Stdio::null()).output();
    let has_zstd = output.is_ok_and(|output| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        !said.contains("compression")
    });
    if has_zstd && version(pg_dump) >= ZSTD_SINCE { "--compress=zstd:3" } else { "--compress=5" }
}

fn version(pg_dump: &Path) -> u32 {
    let output = Command::new(pg_dump).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    embedded::parse_major(&text.unwrap_or_default()).unwrap_or_default()
}

/// Where the backup goes.
enum Output {
    Standard(io::Stdout),
    File { part: File, part_path: PathBuf, path: PathBuf, force: bool, is_complete: bool },
}

impl Output {
    fn open(path: &Path, force: bool) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            let out = io::stdout();
            if out.is_terminal() {
                bail!("a backup is not text; name a file, or send standard output somewhere");
            }
            return Ok(Self::Standard(out));
        }
        refuse_existing(path, force)?;
        let mut part_path = OsString::from(path);
        part_path.push(".part");
        let part_path = PathBuf::from(part_path);
        let part = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(&part_path)
            .with_context(|| format!("cannot write {}", part_path.display()))?;
        match part.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another backup to {} is running", path.display())
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", part_path.display()));
            }
        }
        // What a backup that was killed has left of itself.
        part.set_len(0)?;
        part.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(Self::File { part, part_path, path: path.into(), force, is_complete: false })
    }

    /// Fails if a file of so many bytes cannot be written.
    fn check_room(&self, least: u64) -> anyhow::Result<()> {
        let Self::File { part, path, .. } = self else { return Ok(()) };
        match free_bytes(part) {
            Some(free) if free < least => bail!(
                "cannot write {}: the backup takes at least {}, and {} are free on that file \
                 system. Free space there, name a file on another one, or write to standard \
                 output (`wiresift backup -`)",
                path.display(),
                HumanBytes(least),
                HumanBytes(free)
            ),
            _ => Ok(()),
        }
    }

    /// Puts a complete file in its place. Says what was written, unless that is standard output.
    fn complete(mut self, bytes: u64, begun: Instant) -> anyhow::Result<String> {
        let Self::File { part, part_path, path, force, is_complete } = &mut self else {
            return Ok(String::new());
        };
        let path = path.as_path();
        let failed = || format!("cannot write {}", path.display());
        part.sync_all().with_context(failed)?;
        refuse_existing(path, *force)?;
        fs::rename(part_path, path).with_context(failed)?;
        *is_complete = true;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        File::open(dir.unwrap_or(Path::new("."))).and_then(|dir| dir.sync_all()).ok();
        Ok(format!(
            "wrote {} ({} in {} s)\n",
            path.display(),
            HumanBytes(bytes),
            begun.elapsed().as_secs()
        ))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::File { part, path, .. } => {
                part.write(bytes).map_err(|error| explained(&error, path, part))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::File { part, .. } => part.flush(),
        }
    }
}

impl Drop for Output {
    /// Removes a file that is not complete.
    fn drop(&mut self) {
        if let Self::File { part_path, is_complete: false, .. } = self {
            let _ = fs::remove_file(part_path);
        }
    }
}

/// Bytes that we may still write to the file system of a file, if it tells.
fn free_bytes(file: &File) -> Option<u64> {
    let stat = fstatvfs(file).ok()?;
    // Root may use what is kept back from others.
    let blocks = if geteuid().is_root() { stat.blocks_free() } else { stat.blocks_available() };
    Some(blocks.saturating_mul(stat.fragment_size()))
}

/// The error of a write, with the file and what to do.
fn explained(error: &io::Error, path: &Path, part: &File) -> io::Error {
    let free = free_bytes(part).map(|free| format!(" ({} are free there)", HumanBytes(free)));
    let text = format!(
        "{}: {error}{}. Nothing is left of this backup. Free space, or name a file on another file \
         system",
        path.display(),
        free.unwrap_or_default()
    );
    io::Error::new(error.kind(), text)
}

fn refuse_existing(path: &Path, force: bool) -> anyhow::Result<()> {
    if !force && path.symlink_metadata().is_ok() {
        bail!("{} exists; name another file, or replace it with --force", path.display());
    }
    Ok(())
}
