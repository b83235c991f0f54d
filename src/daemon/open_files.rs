//! The number of files that the process may have open.
//!
//! A connection is an open file. The daemon keeps the connections to sites for a minute, so that the
//! next request needs no handshake, and thousands of sites are asked within a minute. Most systems
//! let a process open 1,024 files at first, and more if it asks.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Asks for as many open files as the system lets this process have.
///
/// Where that fails, the daemon runs with fewer, and requests fail while no file is left.
pub(super) fn raise_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft < hard { setrlimit(Resource::RLIMIT_NOFILE, hard, hard) } else { Ok(()) }
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "cannot raise the limit of open files (ulimit -n)");
    }
}
