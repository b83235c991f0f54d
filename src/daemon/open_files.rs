//! The number of files that the process may have open.
//!
//! A connection is an open file. The daemon keeps the connections to sites for a minute, so that the
//! next request needs no handshake, and thousands of sites are asked within a minute. Most systems
//! let a process open 1,024 files at first, and more if it asks.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Enough for all connections of a busy minute, and what the systemd unit allows. In containers the
/// limit may be a billion, and programs that close all files one by one would take minutes.
const ENOUGH: u64 = 65_536;

/// Asks for enough open files, or for as many as the system lets this process have.
///
/// Where that fails, the daemon runs with fewer, and requests fail while no file is left.
pub(super) fn raise_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        let wanted = hard.min(ENOUGH);
        if soft < wanted { setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) } else { Ok(()) }
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "cannot raise the limit of open files (ulimit -n)");
    }
}
