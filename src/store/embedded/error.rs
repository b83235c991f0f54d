//! Errors of the embedded database, each as a sentence: what happened, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::binaries::OLDEST_MAJOR;

/// Why the embedded database could not be started, reached or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No directory with `initdb` and `postgres` was found.
    #[error(
        "no PostgreSQL server found (searched {looked}). Install version {OLDEST_MAJOR} or \
         newer (Debian, Ubuntu: apt-get install postgresql), or set PG_BIN to the directory of \
         initdb and postgres, or set database.url to a server that runs elsewhere"
    )]
    NoServer {
        /// The places that were searched, comma separated.
        looked: String,
    },
    /// The directory that was named has no usable server.
    #[error(
        "{} is not a directory of PostgreSQL server programs: {reason}; correct PG_BIN",
        dir.display()
    )]
    BadBinDir {
        /// The directory as it was given.
        dir: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// No client program fits the server.
    #[error(
        "the server is PostgreSQL {server}, and {program} of that version or a newer one is needed \
         (found: {found}): install it (Debian, Ubuntu: apt-get install \
         postgresql-client-{server}), or set PG_BIN to its directory"
    )]
    NoClient {
        /// The program.
        program: String,
        /// Major version of the server.
        server: u32,
        /// What was found.
        found: String,
    },
    /// The server is too old.
    #[error(
        "the PostgreSQL server in {} is version {found}, but {OLDEST_MAJOR} or newer is \
         required: install a newer one, or set PG_BIN to its directory",
        dir.display()
    )]
    TooOld {
        /// The directory of the programs.
        dir: PathBuf,
        /// Its major version.
        found: u32,
    },
    /// The data was written by a major version that is not installed.
    #[error(
        "the database in {} was made by PostgreSQL {data}, but only {found} is installed: if that \
         is newer, move the database to it with `wiresift upgrade-database`; else install \
         postgresql-{data}",
        dir.display()
    )]
    WrongMajor {
        /// The data directory.
        dir: PathBuf,
        /// Major version of the data.
        data: String,
        /// Major versions of the programs.
        found: String,
    },
    /// There is no data to upgrade.
    #[error("there is no database in {} yet, so there is nothing to upgrade", dir.display())]
    NoData {
        /// The cluster's directory.
        dir: PathBuf,
    },
    /// The programs that can read the data are neither installed nor kept.
    #[error(
        "the database in {} was made by PostgreSQL {from}, and reading it takes the programs of \
         that version, which are neither installed nor kept there: install postgresql-{from} \
         beside version {to} (apt.postgresql.org and yum.postgresql.org have all versions), or \
         move the directory aside and restore a backup with `wiresift restore`",
        dir.display()
    )]
    NoOldPrograms {
        /// The cluster's directory.
        dir: PathBuf,
        /// Major version of the data.
        from: u32,
        /// Major version of the installed programs.
        to: u32,
    },
    /// The kept programs do not run on this machine.
    #[error(
        "the programs of PostgreSQL {major} in {} do not run on this machine: install \
         postgresql-{major}",
        archive.display()
    )]
    KeptPrograms {
        /// The file that they are in.
        archive: PathBuf,
        /// Their major version.
        major: u32,
    },
    /// The place for the old data is taken.
    #[error("{} exists: remove it, or leave out --keep-old", dir.display())]
    KeptExists {
        /// The directory.
        dir: PathBuf,
    },
    /// An upgrade failed. The old data is as it was.
    #[error("the database is as it was, because {what}: {message}")]
    UpgradeFailed {
        /// The step, as a clause.
        what: String,
        /// What the program said.
        message: String,
    },
    /// Another process uses the cluster.
    #[error(
        "{} is in use by another wiresift (process {pid}): stop that process, or set storage.dir \
         to another directory",
        dir.display()
    )]
    InUse {
        /// The cluster's directory.
        dir: PathBuf,
        /// The process id in its lock file.
        pid: String,
    },
    /// Another process uses the cluster, and its server is not ready yet.
    #[error(
        "the database in {} does not answer yet: wiresift (process {pid}) is starting it, which \
         takes longer after a crash; try again soon, and see server.log in that directory",
        dir.display()
    )]
    Starting {
        /// The cluster's directory.
        dir: PathBuf,
        /// The process id in its lock file.
        pid: String,
    },
    /// Another process uses the cluster, and cannot start its server.
    #[error(
        "the database in {} does not run, and wiresift (process {pid}) cannot start it: {error}. \
         Correct that, and it starts by itself within ten seconds: this process tries again and \
         again. More is in server.log in that directory",
        dir.display()
    )]
    Down {
        /// The cluster's directory.
        dir: PathBuf,
        /// The process id in its lock file.
        pid: String,
        /// Why it cannot be started.
        error: String,
    },
    /// The directory holds something else.
    #[error(
        "{} is not empty and is not a wiresift database, so nothing in it was changed: set \
         storage.dir to an empty or new directory",
        dir.display()
    )]
    NotOurs {
        /// The directory.
        dir: PathBuf,
    },
    /// Another user can change what lies in the directory.
    #[error(
        "{} belongs to user id {owner}, or others can write to it, and so they could exchange the \
         files of the database: chown it to the user that runs wiresift and chmod go-w it, or set \
         storage.dir to another directory",
        dir.display()
    )]
    ForeignDirectory {
        /// The directory.
        dir: PathBuf,
        /// The owner's user id.
        owner: u32,
    },
    /// We are root, and neither `postgres` nor `nobody` exists.
    #[error(
        "PostgreSQL does not run as root, and neither user postgres nor user nobody exists: \
         create one of them"
    )]
    NoAccount,
    /// The user id has no name, which `initdb` requires.
    #[error(
        "user id {uid} has no entry in the user database, which PostgreSQL requires: run wiresift \
         as a user with a name"
    )]
    NoUserName {
        /// The user id.
        uid: u32,
    },
    /// The data belongs to another user.
    #[error(
        "the database in {} belongs to user id {owner}, but the server would run as {user}: start \
         wiresift as that owner (or as root), or chown -R the directory",
        dir.display()
    )]
    WrongOwner {
        /// The data directory.
        dir: PathBuf,
        /// The owner's user id.
        owner: u32,
        /// The user that would run the server.
        user: String,
    },
    /// The server's user cannot enter the directory.
    #[error(
        "PostgreSQL runs as user {user}, who cannot enter {}: chmod a+x it, or set storage.dir to \
         a directory that {user} can enter, such as /var/lib/wiresift",
        blocked.display()
    )]
    Unreachable {
        /// The user.
        user: String,
        /// The first directory of the path that is closed to that user.
        blocked: PathBuf,
    },
    /// The server's user cannot execute the program.
    #[error(
        "user {user} cannot execute {}: make its directories accessible to that user, or set \
         PG_BIN to another server",
        program.display()
    )]
    NotExecutable {
        /// The user.
        user: String,
        /// The program.
        program: PathBuf,
    },
    /// The short directory for the socket exists and is not safe to use.
    #[error(
        "{} holds the socket of the database, so only user {user} may have access to it: remove \
         it, or set storage.dir to a shorter path",
        dir.display()
    )]
    SocketDir {
        /// The directory.
        dir: PathBuf,
        /// The user that must own it.
        user: String,
    },
    /// `initdb` failed.
    #[error("PostgreSQL could not create its files in {}: {message}", dir.display())]
    InitFailed {
        /// Where.
        dir: PathBuf,
        /// The output of `initdb`.
        message: String,
    },
    /// `postgres` ended before it was ready.
    #[error("PostgreSQL did not start in {}: {message}", dir.display())]
    StartFailed {
        /// Where.
        dir: PathBuf,
        /// The end of the server's log.
        message: String,
    },
    /// A server of an earlier run does not stop.
    #[error(
        "PostgreSQL process {pid} of an earlier run still uses {} and does not stop: kill it",
        dir.display()
    )]
    StillRunning {
        /// The data directory.
        dir: PathBuf,
        /// The process.
        pid: i32,
    },
    /// A file operation failed.
    #[error("could not {what} {}: {source}", path.display())]
    Io {
        /// The operation.
        what: &'static str,
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A statement to the running cluster failed.
    #[error("the embedded database refused a request: {0}")]
    Request(#[from] sqlx::Error),
    /// The caller of the start, or the supervisor thread, ended.
    #[error("the start of the embedded database was cancelled")]
    Cancelled,
}

impl ClusterError {
    /// Whether another process uses the cluster, whatever becomes of its server.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::InUse { .. } | Self::Starting { .. } | Self::Down { .. })
    }

    /// For `map_err`: adds operation and path to an I/O error.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { what, path, source }
    }
}
