//! Finds the server processes of a data directory by `/proc`, not by `postmaster.pid`.
//!
//! That file survives a `kill -9`. Its process id may then belong to nobody, to a zombie that init
//! has not reaped, or, in a container that counts from 1 again, to another program. Postgres itself
//! only checks that the id exists, and refuses to start. A server process always has its data
//! directory as its working directory, so `/proc/PID/cwd` is reliable. Remaining servers must be
//! gone too before a new one writes to the same files, since backends outlive their postmaster for
//! a while.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;
use super::error::ClusterError;
use super::layout::SOCKET_PREFIX;

/// Time limit of a fast shutdown, which writes a checkpoint, and of the stronger signals.
const FAST_SHUTDOWN_LIMIT: Duration = Duration::from_secs(30);
const FORCED_LIMIT: Duration = Duration::from_secs(5);

/// The contents of `postmaster.pid` (line numbers as in the server's `pidfile.h`).
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

/// The running server processes with the working directory `data`, which must be canonical.
pub(super) fn servers_of(data: &Path, account: &Account) -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| is_server_of(*pid, data, account)).collect()
}

fn is_server_of(pid: i32, data: &Path, account: &Account) -> bool {
    // The name excludes a shell that somebody opened in the data directory.
    let named =
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "postgres");
    named && working_dir(pid, account).is_some_and(|dir| dir == data)
}

/// Reads the link as ourselves, or as the server's user if root in a container lacks
/// `CAP_SYS_PTRACE`.
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

/// Stops every server process of an earlier run and removes its stale lock files.
///
/// They are stopped and not adopted, because only a child process ends with us and reports its end.
/// The caller holds the cluster's lock, so no daemon uses these processes any more.
pub(super) fn end_leftovers(
    data: &Path,
    socket_dir: &Path,
    account: &Account,
) -> Result<(), ClusterError> {
    let left = servers_of(data, account);
    if !left.is_empty() {
        tracing::info!(processes = left.len(), "stopping the database server of an earlier run");
        end(data, account)?;
    }
    clear_stale_locks(data, socket_dir)
}

fn end(data: &Path, account: &Account) -> Result<(), ClusterError> {
    let postmaster = PidFile::read(data).map(|file| file.pid);
    let steps = [
        (Signal::SIGINT, FAST_SHUTDOWN_LIMIT),
        (Signal::SIGQUIT, FORCED_LIMIT),
        (Signal::SIGKILL, FORCED_LIMIT),
    ];
    let mut left = servers_of(data, account);
    for (signal, limit) in steps {
        let orderly = signal == Signal::SIGINT;
        // Without their postmaster the others end by themselves; SIGINT would only cancel a query.
        let without_postmaster = orderly && !left.iter().any(|pid| Some(*pid) == postmaster);
        let limit = if without_postmaster { Duration::from_secs(1) } else { limit };
        for pid in left.iter().filter(|pid| !orderly || Some(**pid) == postmaster) {
            let _ = kill(Pid::from_raw(*pid), signal);
        }
        let deadline = Instant::now() + limit;
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
    Err(ClusterError::StillRunning { dir: data.into(), pid })
}

/// Whether a file is the lock of a socket, whatever its port.
fn is_socket_lock(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str);
    name.and_then(|name| name.strip_prefix(SOCKET_PREFIX)?.strip_suffix(".lock")).is_some()
}

/// Removes lock files that name an existing process which is not our server. If the process does
/// not exist they stay: Postgres removes them itself, after a check of their shared memory.
fn clear_stale_locks(data: &Path, socket_dir: &Path) -> Result<(), ClusterError> {
    let sockets = fs::read_dir(socket_dir).into_iter().flatten().flatten();
    let socket_locks = sockets.map(|file| file.path()).filter(|path| is_socket_lock(path));
    for path in socket_locks.chain([data.join("postmaster.pid")]) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let exists = PidFile::parse(&text)
            .is_none_or(|file| Path::new(&format!("/proc/{}", file.pid)).exists());
        if exists {
            let path_text = path.display();
            tracing::info!(path = %path_text, "removing the lock file of a server that has ended");
            fs::remove_file(&path).map_err(ClusterError::io("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partly_written_pid_file_is_read() {
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
