//! What can go wrong with the private cluster, each as a sentence: what, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::binaries::OLDEST_MAJOR;

/// Why the private cluster could not be started, reached or ended.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No directory with `initdb` and `postgres` was found.
    #[error(
        "no PostgreSQL server found (looked in {looked}): install version {OLDEST_MAJOR} or newer (Debian, Ubuntu: \
         apt-get install postgresql), or name the directory of initdb and postgres in PG_BIN, or set database.url \
         to a server that runs elsewhere"
    )]
    NoServer {
        /// The places, comma separated.
        looked: String,
    },
    /// A directory was named outright and has no usable server.
    #[error("{} is no directory of PostgreSQL server programs: {reason}; correct PG_BIN", dir.display())]
    BadBinDir {
        /// As it was given.
        dir: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// Older than this module supports.
    #[error(
        "the PostgreSQL server in {} is version {found}, and {OLDEST_MAJOR} or newer is needed: install a newer \
         one or name it in PG_BIN",
        dir.display()
    )]
    TooOld {
        /// Where the programs are.
        dir: PathBuf,
        /// Its major version.
        found: u32,
    },
    /// The data was written by a major version that is not installed.
    #[error(
        "the database in {} was made by PostgreSQL {data}, but only {found} is installed: install postgresql-{data}, \
         or move the data over (with the version {data} programs: start it, pg_dump it, move the directory aside, \
         start wiresift, restore the dump)",
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
    /// Another process holds the cluster.
    #[error(
        "{} is in use by another wiresift (process {pid}): stop that one first, or give this one a storage.dir of \
         its own",
        dir.display()
    )]
    InUse {
        /// The cluster's directory.
        dir: PathBuf,
        /// Its process, as it wrote it down.
        pid: String,
    },
    /// The directory holds something else.
    #[error(
        "{} is not empty and not a wiresift database: nothing in it was touched; name an empty or new directory in \
         storage.dir",
        dir.display()
    )]
    NotOurs {
        /// The directory.
        dir: PathBuf,
    },
    /// Root, and neither `postgres` nor `nobody` exists.
    #[error(
        "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: create one"
    )]
    NoAccount,
    /// The user id has no name, and initdb insists on one.
    #[error(
        "user id {uid} has no entry in the user database, and PostgreSQL refuses to run without one: run as a user \
         that has a name"
    )]
    Nameless {
        /// The numeric user.
        uid: u32,
    },
    /// The data belongs to a user that we can not become.
    #[error(
        "the database in {} belongs to user id {owner}, but the server would run as {user}: start wiresift as that \
         owner (or as root), or chown -R the directory",
        dir.display()
    )]
    WrongOwner {
        /// The data directory.
        dir: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who we would run as.
        user: String,
    },
    /// The user that the server runs as can not get to the directory.
    #[error(
        "PostgreSQL runs as user {user} here, who may not enter {}: chmod a+x it, or put storage.dir somewhere that \
         {user} can reach, such as /var/lib/wiresift",
        blocked.display()
    )]
    Unreachable {
        /// The user.
        user: String,
        /// The first directory of the path that is closed.
        blocked: PathBuf,
    },
    /// The user that the server runs as can not execute it.
    #[error(
        "user {user} may not execute {}: open its directories to that user, or name another server in PG_BIN",
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
        "{} has to be a directory of user {user} alone, since the database's socket goes there: remove it or choose \
         a storage.dir with a shorter path",
        dir.display()
    )]
    SocketDir {
        /// The directory.
        dir: PathBuf,
        /// Whose it has to be.
        user: String,
    },
    /// `initdb` failed; its own words.
    #[error("PostgreSQL could not create its files in {}: {message}", dir.display())]
    InitFailed {
        /// Where.
        dir: PathBuf,
        /// What initdb wrote.
        message: String,
    },
    /// `postgres` ended before it was ready; its own words.
    #[error("PostgreSQL did not start in {}: {message}", dir.display())]
    StartFailed {
        /// Where.
        dir: PathBuf,
        /// The end of the server's log.
        message: String,
    },
    /// A server of an earlier process is still there and can not be ended.
    #[error("PostgreSQL process {pid} of an earlier run still uses {} and does not end: end it by hand", dir.display())]
    Lingering {
        /// The data directory.
        dir: PathBuf,
        /// The process.
        pid: i32,
    },
    /// A file operation failed.
    #[error("could not {what} {}: {source}", path.display())]
    Io {
        /// The verb.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A statement to the running cluster failed.
    #[error("the embedded database refused a request: {0}")]
    Request(#[from] sqlx::Error),
    /// Whoever asked for the start went away, or the keeper thread did.
    #[error("the start of the embedded database was given up")]
    Abandoned,
}

impl ClusterError {
    /// For `map_err`: attaches verb and path to an input or output error.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { what, path, source }
    }
}
