//! Finds the server processes that use a data directory, from the kernel and not from
//! `postmaster.pid`.
//!
//! That file outlives a `kill -9`. The process id in it may then belong to no process, to a zombie
//! that has not been reaped, or, in a container that counts from 1 again, to another program.
//! Postgres itself checks only whether the id exists, and refuses to start. But a server process
//! always has its data directory as its working directory, so `/proc/PID/cwd` is reliable. It is
//! also needed the other way round: backends outlive their postmaster for a while, and all must
//! have ended before a new server may write to the same files.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;
use super::error::ClusterError;
use super::layout::socket_name;

/// Time limits of a fast shutdown, which writes a checkpoint, and of the harder ways.
const PATIENCE: Duration = Duration::from_secs(30);
const IMPATIENCE: Duration = Duration::from_secs(5);

/// The content of `postmaster.pid` (line numbers as in `pidfile.h` of the server).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: i32,
    pub(super) port: u16,
    pub(super) socket_dir: PathBuf,
    pub(super) ready: bool,
}

impl PidFile {
    pub(super) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let line = |number: usize| text.lines().nth(number - 1).map(str::trim);
        Some(Self {
            pid: line(1)?.parse().ok().filter(|pid| *pid > 0)?,
            port: line(4).and_then(|port| port.parse().ok()).unwrap_or_default(),
            socket_dir: line(5).unwrap_or_default().into(),
            ready: line(8).is_some_and(|state| state == "ready"),
        })
    }
}

/// The live server processes whose working directory is `data`, which must be a canonical path.
pub(super) fn servers_of(data: &Path, account: &Account) -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| is_server_of(*pid, data, account)).collect()
}

fn is_server_of(pid: i32, data: &Path, account: &Account) -> bool {
    // The name is checked too, so that a shell in the data directory is not killed.
    let named =
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "postgres");
    named && working_dir(pid, account).is_some_and(|dir| dir == data)
}

/// Reads the link as this user, or as the user of the server if root lacks `CAP_SYS_PTRACE` in a
/// container.
fn working_dir(pid: i32, account: &Account) -> Option<PathBuf> {
    let link = format!("/proc/{pid}/cwd");
    match fs::read_link(&link) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let output =
                account.command(Path::new("/usr/bin/readlink")).arg(&link).output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            (!text.is_empty()).then(|| PathBuf::from(text.trim_end_matches('\n')))
        }
        answer => answer.ok(),
    }
}

/// Ends every server process of an earlier run and removes its lock files.
///
/// The processes are not adopted: only a server that is our child ends with us, and only its end do
/// we see. The caller holds the lock of the cluster, so no daemon uses these processes any more.
pub(super) fn end_leftovers(
    data: &Path,
    socket_dir: &Path,
    account: &Account,
) -> Result<(), ClusterError> {
    let left = servers_of(data, account);
    if !left.is_empty() {
        tracing::info!(
            processes = left.len(),
            "ending the database server that an earlier run left behind"
        );
        end(data, account)?;
    }
    clear_stale_locks(data, socket_dir)
}

fn end(data: &Path, account: &Account) -> Result<(), ClusterError> {
    let postmaster = PidFile::read(data).map(|file| file.pid);
    let steps =
        [(Signal::SIGINT, PATIENCE), (Signal::SIGQUIT, IMPATIENCE), (Signal::SIGKILL, IMPATIENCE)];
    let mut left = servers_of(data, account);
    for (signal, patience) in steps {
        let orderly = signal == Signal::SIGINT;
        // Without their postmaster the other processes end by themselves. SIGINT would only cancel
        // a query.
        let headless = orderly && !left.iter().any(|pid| Some(*pid) == postmaster);
        let patience = if headless { Duration::from_secs(1) } else { patience };
        for pid in left.iter().filter(|pid| !orderly || Some(**pid) == postmaster) {
            let _ = kill(Pid::from_raw(*pid), signal);
        }
        let deadline = Instant::now() + patience;
        loop {
            left = servers_of(data, account);
            if left.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                break;
            }
            sleep(Duration::from_millis(20));
        }
    }
    let pid = left.first().copied().unwrap_or_default();
    Err(ClusterError::Lingering { dir: data.into(), pid })
}

/// Removes the lock files that name an existing process that is not a server of ours. If the
/// process does not exist, they stay: Postgres removes them itself, after checking the shared
/// memory that belongs to them.
fn clear_stale_locks(data: &Path, socket_dir: &Path) -> Result<(), ClusterError> {
    let socket_lock = socket_dir.join(format!("{}.lock", socket_name()));
    for path in [data.join("postmaster.pid"), socket_lock] {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let exists = PidFile::parse(&text)
            .is_none_or(|file| Path::new(&format!("/proc/{}", file.pid)).exists());
        if exists {
            tracing::info!(path = %path.display(), "removing a lock file whose server is gone");
            fs::remove_file(&path).map_err(ClusterError::io("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_is_read_at_every_stage_of_its_writing() {
        let whole = "4711\n/x/data\n1700000000\n5432\n/x\n\n  1234  5678\nready   \n";
        let file = PidFile::parse(whole).unwrap();
        assert_eq!((file.pid, file.port, file.ready), (4711, 5432, true));
        assert_eq!(file.socket_dir, Path::new("/x"));
        assert!(!PidFile::parse(&whole.replace("ready   ", "starting")).unwrap().ready);
        assert!(!PidFile::parse("4711\n/x/data\n").unwrap().ready);
        for broken in ["", "\n", "abc\n", "-1\n", "0\n", "99999999999999\n"] {
            assert_eq!(PidFile::parse(broken), None, "{broken:?}");
        }
    }
}
