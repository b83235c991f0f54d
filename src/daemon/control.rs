//! The control socket: `wiresift reload` asks the running daemon to read its feed lists again, and
//! hears what came of it. A signal can ask too, but nothing answers a signal.
//!
//! The socket is `control/socket` in `storage.dir`. A command finds the daemon by the setting by
//! which it finds the embedded database, so each of several daemons has its own socket, and no
//! place has to exist that only systemd creates. The directory `control/` is closed to all but its
//! owner and root. It is opened first and the socket is reached through the open directory: then
//! the length of the path does not matter, and nobody can exchange the directory in between.
//!
//! A connection carries one request, the line `reload`, and one answer, a [`Reloaded`] as JSON.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

const REQUEST: &[u8] = b"reload\n";

/// Time for a request to arrive, and for an answer to be taken.
const TALK_LIMIT: Duration = Duration::from_secs(5);

/// Longest wait for an answer. A reload takes a second; this covers a database that is slow.
const ANSWER_LIMIT: Duration = Duration::from_secs(90);

/// Most bytes of an answer.
const ANSWER_BYTES: u64 = 1 << 20;

/// Pause after a connection could not be accepted, for example because no descriptor is free.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What came of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reload")]
pub enum Reloaded {
    /// The new lists are in force.
    Accepted(Applied),
    /// The new lists are right, and take effect when the database can be reached.
    Postponed,
    /// The old lists stay in force.
    Refused {
        reason: String,
        /// Whether a file is wrong, and not the database.
        is_misconfigured: bool,
    },
}

/// The lists in force, and how many of their feeds a reload changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub feeds: usize,
    pub sites: usize,
    pub added: usize,
    pub changed: usize,
    pub paused: usize,
}

/// Where the outcome of a reload is told. A reload that a signal asked for is told to nobody.
#[derive(Debug)]
pub(super) struct Reply(Option<oneshot::Sender<Reloaded>>);

impl Reply {
    pub(super) fn nobody() -> Self {
        Self(None)
    }

    pub(super) fn tell(self, outcome: Reloaded) {
        if let Some(asker) = self.0 {
            // The client may have disconnected.
            let _ = asker.send(outcome);
        }
    }
}

/// Why the daemon could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error(
        "no daemon listens at {path}; is it running with the same storage.dir? \
         `systemctl status wiresift` shows the state of the service"
    )]
    NoDaemon { path: PathBuf },
    #[error(
        "{path} is closed to this user; ask as root or as the daemon's user, for example with \
         `sudo wiresift reload`"
    )]
    Closed { path: PathBuf },
    #[error("the daemon stopped before it answered; its log tells why")]
    Stopped,
    #[error(
        "the daemon has not answered within {limit:?}; the reload may still take place, and the \
         daemon's log tells what it waits for"
    )]
    Silent { limit: Duration },
    #[error("the answer of the daemon is unreadable; is it another version?")]
    Unreadable(#[source] serde_json::Error),
    #[error("{path}: {source}")]
    Socket { path: PathBuf, source: io::Error },
}

/// The socket of this daemon. Dropping it removes it.
#[derive(Debug)]
pub(super) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Opens the socket in `storage`, in place of one that a dead daemon left.
    pub(super) fn open(storage: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(storage)?;
        let dir = directory(storage);
        match DirBuilder::new().mode(0o700).create(&dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let opened = open(&dir)?;
        opened.set_permissions(Permissions::from_mode(0o700))?;
        let path = through(&opened);
        if std::os::unix::net::UnixStream::connect(&path).is_ok() {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "another daemon with this storage.dir listens there; give each its own",
            ));
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { listener: UnixListener::bind(&path)?, path: socket(&dir) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Answers one connection after the other until drained.
    pub(super) async fn serve(self, reloads: mpsc::Sender<Reply>, drain: CancellationToken) {
        loop {
            tokio::select! {
                () = drain.cancelled() => return,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => tokio::select! {
                        () = drain.cancelled() => return,
                        () = answer(stream, &reloads) => {}
                    },
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection to the control socket");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A request that is late or unknown gets no answer.
async fn answer(mut stream: UnixStream, reloads: &mpsc::Sender<Reply>) {
    let mut request = [0; REQUEST.len()];
    let read = tokio::time::timeout(TALK_LIMIT, stream.read_exact(&mut request)).await;
    if !matches!(read, Ok(Ok(_))) || request != REQUEST {
        return;
    }
    let (asker, outcome) = oneshot::channel();
    if reloads.send(Reply(Some(asker))).await.is_err() {
        return;
    }
    let Ok(outcome) = outcome.await else { return };
    let Ok(text) = serde_json::to_vec(&outcome) else { return };
    let _ = tokio::time::timeout(TALK_LIMIT, stream.write_all(&text)).await;
}

/// Asks the daemon of `storage` to read its feed lists again, and waits for the outcome.
pub async fn reload(storage: &Path) -> Result<Reloaded, ControlError> {
    let path = socket(&directory(storage));
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            ControlError::NoDaemon { path: path.clone() }
        }
        io::ErrorKind::PermissionDenied => ControlError::Closed { path: path.clone() },
        _ => ControlError::Socket { path: path.clone(), source },
    };
    let opened = open(&directory(storage)).map_err(&failed)?;
    let mut stream = UnixStream::connect(through(&opened)).await.map_err(&failed)?;
    stream.write_all(REQUEST).await.map_err(&failed)?;
    let mut answer = Vec::new();
    let mut bounded = stream.take(ANSWER_BYTES);
    match tokio::time::timeout(ANSWER_LIMIT, bounded.read_to_end(&mut answer)).await {
        Err(_) => return Err(ControlError::Silent { limit: ANSWER_LIMIT }),
        Ok(Err(_) | Ok(0)) => return Err(ControlError::Stopped),
        Ok(Ok(_)) => {}
    }
    serde_json::from_slice(&answer).map_err(ControlError::Unreadable)
}

fn directory(storage: &Path) -> PathBuf {
    storage.join("control")
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("socket")
}

/// Opens a directory, and no link to one.
fn open(dir: &Path) -> io::Result<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    OpenOptions::new().read(true).custom_flags(flags.bits()).open(dir)
}

/// The path of the socket in an open directory. It is short enough for a socket's address.
fn through(dir: &File) -> PathBuf {
    socket(Path::new(&format!("/proc/self/fd/{}", dir.as_raw_fd())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted() -> Reloaded {
        Reloaded::Accepted(Applied { feeds: 3, sites: 1, added: 2, changed: 0, paused: 1 })
    }

    /// Answers every reload with `outcome`; without one it drops the question.
    fn daemon(storage: &Path, outcome: Option<Reloaded>) -> CancellationToken {
        let (asked, mut reloads) = mpsc::channel::<Reply>(1);
        let drain = CancellationToken::new();
        tokio::spawn(ControlSocket::open(storage).expect("opens").serve(asked, drain.clone()));
        tokio::spawn(async move {
            while let Some(reply) = reloads.recv().await {
                if let Some(outcome) = outcome.clone() {
                    reply.tell(outcome);
                }
            }
        });
        drain
    }

    #[tokio::test]
    async fn a_reload_is_answered_also_in_a_directory_with_a_long_path() {
        let dir = tempfile::tempdir().expect("a directory");
        let storage = dir.path().join("long".repeat(40)).join("state");
        daemon(&storage, Some(accepted()));
        for _ in 0..2 {
            assert_eq!(reload(&storage).await.expect("is answered"), accepted());
        }
        let mode = fs::metadata(directory(&storage)).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[tokio::test]
    async fn no_daemon_and_a_daemon_that_stops_are_told_apart() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = reload(dir.path()).await.expect_err("nobody there");
        assert!(matches!(error, ControlError::NoDaemon { .. }), "{error}");
        daemon(dir.path(), None);
        let error = reload(dir.path()).await.expect_err("no answer");
        assert!(matches!(error, ControlError::Stopped), "{error}");
    }

    #[tokio::test]
    async fn a_socket_that_was_left_is_replaced_and_one_in_use_is_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let left = ControlSocket::open(dir.path()).expect("opens");
        let error = ControlSocket::open(dir.path()).expect_err("is in use");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        // As a daemon that was killed leaves it: the file stays, and nobody listens.
        fs::hard_link(left.path(), dir.path().join("kept")).expect("a second name");
        drop(left);
        fs::rename(dir.path().join("kept"), socket(&directory(dir.path()))).expect("is back");
        let error = reload(dir.path()).await.expect_err("nobody there");
        assert!(matches!(error, ControlError::NoDaemon { .. }), "{error}");
        daemon(dir.path(), Some(Reloaded::Postponed));
        assert_eq!(reload(dir.path()).await.expect("is answered"), Reloaded::Postponed);
    }

    #[tokio::test]
    async fn other_requests_get_no_answer() {
        let dir = tempfile::tempdir().expect("a directory");
        daemon(dir.path(), Some(accepted()));
        let mut stream =
            UnixStream::connect(socket(&directory(dir.path()))).await.expect("connects");
        stream.write_all(b"restart").await.expect("is sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("is closed");
        assert!(answer.is_empty());
    }
}
