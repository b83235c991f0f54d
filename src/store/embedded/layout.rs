//! The files of a cluster: one directory, marked as ours, used by one process at a time.
//!
//! ```text
//! wiresift-cluster    marks the directory as ours, so that it may be deleted
//! lock                locked with flock while the daemon runs; contains its process id, and what
//!                     it says of a server that does not run
//! data/               made by initdb; appears by rename, so it is complete or absent
//! data.upgraded/      during an upgrade, as are data.replaced/ and upgrade/: see `exchange`
//! programs.tar.zst    the programs that can read the data, see `kept`
//! data.new/           initdb at work, or what a crash left of it
//! postgresql.conf     written at each start, as are pg_hba.conf and pg_ident.conf
//! tuning.conf         the operator's own settings, read last; never written
//! server.log          limited in size
//! run/                the socket, unless its path would be too long
//! ```
//!
//! Under root the directory itself belongs to root, and the server's user owns `data/` and `run/`
//! only. Files that root writes must not lie where a less privileged user could replace them with a
//! link.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt as _, MetadataExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::account::Account;
use super::error::ClusterError;
use super::files;

const MARKER: &str = "wiresift-cluster";
const LOCK: &str = "lock";

/// The port of a cluster without TCP. For a Unix socket it is only part of the file name.
pub(super) const PORT: u16 = 5432;

/// What the name of a socket begins with; its port follows.
pub(super) const SOCKET_PREFIX: &str = ".s.PGSQL.";

/// The longest name of a socket in its directory.
const LONGEST_SOCKET_NAME: usize = ".s.PGSQL.65535".len();

/// `sun_path` holds 108 bytes with the final zero (unix(7)).
const LONGEST_SOCKET_PATH: usize = 107;

/// The lock of a cluster, released when it is dropped.
///
/// Closing the file would not be enough. A child process that another thread has just forked shares
/// the open file, and with it the lock, until it executes its program.
#[derive(Debug)]
pub(super) struct ClusterLock(File);

impl ClusterLock {
    pub(super) fn release(&self) {
        let _ = self.0.unlock();
    }

    /// Writes who we are, and how the server is, for a process that finds the cluster locked. The
    /// file is overwritten and then cut: an emptied file could not be filled again on a full disk,
    /// which is one of the causes to be told.
    pub(super) fn write(&self, condition: Option<&Condition>) -> io::Result<()> {
        let mut text = format!("{}\n", std::process::id());
        match condition {
            None => {}
            Some(Condition::Starting) => text.push_str(STARTING),
            Some(Condition::Failing(error)) => {
                text.push_str(FAILING);
                text.extend(error.chars().take(CONDITION_CHARS));
            }
        }
        self.0.write_all_at(text.as_bytes(), 0)?;
        self.0.set_len(text.len() as u64)
    }
}

/// Why a server is not there, as the process says that holds the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// It starts, and may recover from a crash.
    Starting,
    /// It cannot be started, for this reason.
    Failing(String),
}

/// The second line of the lock file.
const STARTING: &str = "starting\n";
const FAILING: &str = "failing\n";

/// Most characters of a reason.
const CONDITION_CHARS: usize = 3000;

/// A larger lock file is not ours.
const LOCK_BYTES: u64 = 16 << 10;

/// What the holder of a locked cluster has written.
fn read_holder(file: File) -> (String, Option<Condition>) {
    let mut bytes = Vec::new();
    let _ = file.take(LOCK_BYTES).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (pid, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let condition = if rest == STARTING {
        Some(Condition::Starting)
    } else {
        rest.strip_prefix(FAILING).map(|error| Condition::Failing(error.trim().to_owned()))
    };
    (pid.trim().to_owned(), condition)
}

impl Drop for ClusterLock {
    fn drop(&mut self) {
        self.release();
    }
}

/// The absolute paths of one cluster.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Creates the directory if it is missing, and checks that it is ours or empty.
    pub(super) fn claim(dir: &Path) -> Result<Self, ClusterError> {
        if let Some(parent) = dir.parent() {
            fs::create_dir_all(parent).map_err(ClusterError::io("create", parent))?;
        }
        match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                Err(ClusterError::io("create", dir)(error))
            }
            _ => {
                let layout = Self::existing(dir)?;
                let layout = layout.ok_or_else(|| ClusterError::NotOurs { dir: dir.into() })?;
                files::check_owner(&layout.root)?;
                Ok(layout)
            }
        }
    }

    /// The layout of an existing directory; `None` if it holds something that is not ours.
    pub(super) fn existing(dir: &Path) -> Result<Option<Self>, ClusterError> {
        let root = dir.canonicalize().map_err(ClusterError::io("open", dir))?;
        if root.join(MARKER).exists() {
            return Ok(Some(Self { root }));
        }
        // A first start that was interrupted leaves only its lock file.
        let entries = fs::read_dir(&root).map_err(ClusterError::io("list", &root))?;
        let foreign = entries.flatten().any(|entry| entry.file_name() != LOCK);
        Ok((!foreign).then_some(Self { root }))
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn staging(&self) -> PathBuf {
        self.root.join("data.new")
    }

    pub(super) fn configuration(&self) -> PathBuf {
        self.root.join("postgresql.conf")
    }

    pub(super) fn host_based_access(&self) -> PathBuf {
        self.root.join("pg_hba.conf")
    }

    pub(super) fn identities(&self) -> PathBuf {
        self.root.join("pg_ident.conf")
    }

    pub(super) fn tuning(&self) -> PathBuf {
        self.root.join("tuning.conf")
    }

    pub(super) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// Takes the exclusive lock, or reports its owner. The kernel releases it whenever the process
    /// ends.
    pub(super) fn lock(&self) -> Result<ClusterLock, ClusterError> {
        let path = self.root.join(LOCK);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = files::open(&path, &mut options).map_err(ClusterError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let (dir, (pid, condition)) = (self.root.clone(), read_holder(file));
                return Err(match condition {
                    None => ClusterError::InUse { dir, pid },
                    Some(Condition::Starting) => ClusterError::Starting { dir, pid },
                    Some(Condition::Failing(error)) => ClusterError::Down { dir, pid, error },
                });
            }
            Err(TryLockError::Error(error)) => return Err(ClusterError::io("lock", &path)(error)),
        }
        let lock = ClusterLock(file);
        lock.write(None).map_err(ClusterError::io("write", &path))?;
        Ok(lock)
    }

    /// Marks the directory as ours.
    pub(super) fn take_ownership(&self, account: &Account) -> Result<(), ClusterError> {
        let marker = self.root.join(MARKER);
        let text = "wiresift keeps its private PostgreSQL cluster here. \
             Do not edit; put your own settings into tuning.conf.\n";
        files::replace(&marker, text, 0o600).map_err(ClusterError::io("write", &marker))?;
        account.private_dir(&self.run())
    }

    /// The directory for the socket: `run/`, or a short one derived from it, if that path is too
    /// long or has characters that a configuration file would have to quote.
    pub(super) fn socket_dir(
        &self,
        account: &Account,
        runtime_dir: Option<&Path>,
    ) -> Result<PathBuf, ClusterError> {
        if fits(&self.run()) {
            return Ok(self.run());
        }
        let name = short_name(&self.root);
        let parent = runtime_dir
            .filter(|dir| fits(&dir.join(&name)) && dir.is_dir())
            .unwrap_or(Path::new("/tmp"));
        let dir = parent.join(name);
        account.private_dir(&dir)?;
        // Anybody may create it in `/tmp` first, so no permission bit for group and others may be
        // set.
        let safe = fs::symlink_metadata(&dir).is_ok_and(|meta| {
            meta.is_dir() && meta.uid() == account.uid && meta.mode().trailing_zeros() >= 6
        });
        if safe {
            Ok(dir)
        } else {
            Err(ClusterError::SocketDir { dir, user: account.name.clone() })
        }
    }
}

/// A name of 25 characters that stands for a path.
pub(super) fn short_name(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().take(8).fold(String::from("wiresift-"), |name, byte| format!("{name}{byte:02x}"))
}

pub(super) fn fits(dir: &Path) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+@:".contains(byte);
    let bytes = dir.as_os_str().as_encoded_bytes();
    bytes.iter().all(plain) && bytes.len() + 1 + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_of_107_bytes_fits_and_one_more_does_not() {
        let room = LONGEST_SOCKET_PATH - LONGEST_SOCKET_NAME - 1;
        assert!(fits(Path::new(&format!("/{}", "a".repeat(room - 1)))));
        assert!(!fits(Path::new(&format!("/{}", "a".repeat(room)))));
        assert!(!fits(Path::new("/my news")));
        assert!(!fits(Path::new("/a,b")));
    }

    #[test]
    fn a_directory_with_other_content_is_refused_untouched() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
        let error = Layout::claim(dir.path()).unwrap_err().to_string();
        assert!(
            error.contains(dir.path().to_str().unwrap()) && error.contains("storage.dir"),
            "{error}"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_lock_is_exclusive_and_reports_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::claim(&dir.path().join("cluster")).unwrap();
        let held = layout.lock().unwrap();
        match layout.lock() {
            Err(ClusterError::InUse { pid, .. }) => assert_eq!(pid, std::process::id().to_string()),
            other => panic!("{other:?}"),
        }
        // As a process that was forked meanwhile would hold it.
        let shared = held.0.try_clone().unwrap();
        held.write(Some(&Condition::Starting)).unwrap();
        assert!(matches!(layout.lock(), Err(ClusterError::Starting { .. })));
        held.write(Some(&Condition::Failing("no\nroom".into()))).unwrap();
        match layout.lock() {
            Err(ClusterError::Down { pid, error, .. }) => {
                assert_eq!((pid, error.as_str()), (std::process::id().to_string(), "no\nroom"));
            }
            other => panic!("{other:?}"),
        }
        held.write(None).unwrap();
        assert!(matches!(layout.lock(), Err(ClusterError::InUse { .. })));
        drop(held);
        assert!(layout.lock().is_ok());
        drop(shared);
    }
}
