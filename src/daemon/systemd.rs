//! Messages to systemd: readiness, reloads, status and the watchdog (`sd_notify(3)`,
//! `systemd.service(5)`).
//!
//! A message is one datagram of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names. The
//! socket is non-blocking, which is why this is not the crate `sd-notify`: systemd's queue holds
//! ten datagrams on a default kernel, and a blocking send to a full queue would park a worker
//! thread and every task on it. A message that finds the queue full is dropped, but the last change
//! of state is kept and sent first the next time. Without systemd all of this does nothing.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

use crate::daemon::heartbeat::Heartbeats;

/// Sends messages to systemd, if it listens.
#[derive(Debug, Default)]
pub struct Notifier {
    line: Option<Line>,
}

#[derive(Debug)]
struct Line {
    socket: UnixDatagram,
    receiver: SocketAddr,
    /// The last change of state, if it was not delivered.
    unsent: Mutex<Option<String>>,
}

impl Notifier {
    /// The notifier of this process. It stays silent unless `NOTIFY_SOCKET` names a usable socket.
    #[must_use]
    pub fn from_env() -> Self {
        let Some(address) = env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty())
        else {
            return Self::default();
        };
        Self::to(&address).unwrap_or_else(|error| {
            tracing::warn!(
                %error,
                ?address,
                "NOTIFY_SOCKET cannot be used: systemd gets no messages from this process"
            );
            Self::default()
        })
    }

    /// A notifier for the socket at `address`: a path, or `@name` for an abstract socket.
    pub fn to(address: &OsStr) -> io::Result<Self> {
        let receiver = match address.as_bytes().split_first() {
            Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(address)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self { line: Some(Line { socket, receiver, unsent: Mutex::default() }) })
    }

    /// Reports that the daemon is up, or has finished a reload.
    pub fn ready(&self, status: &str) {
        self.change(format!("READY=1\nSTATUS={}", one_line(status)));
    }

    /// Reports that the daemon reads its configuration again. [`Self::ready`] must follow.
    pub fn reloading(&self) {
        // Both lines belong in one datagram, or `systemctl reload` waits forever.
        self.change(format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_usec()));
    }

    /// Reports that the daemon has begun to stop.
    pub fn stopping(&self, status: &str) {
        self.change(format!("STOPPING=1\nSTATUS={}", one_line(status)));
    }

    /// Sets the line that `systemctl status` shows.
    pub fn status(&self, status: &str) {
        self.send(&format!("STATUS={}", one_line(status)));
    }

    /// Asks for `more` time from now for the start, reload or stop in progress.
    pub fn extend_timeout(&self, more: Duration) {
        self.send(&format!("EXTEND_TIMEOUT_USEC={}", more.as_micros()));
    }

    /// Feeds the watchdog if no loop is late. Returns the names of late loops.
    pub fn feed_watchdog(&self, heartbeats: &Heartbeats, now: Instant) -> Vec<&'static str> {
        let late = heartbeats.late(now);
        if late.is_empty() {
            self.send("WATCHDOG=1");
        }
        late
    }

    fn change(&self, message: String) {
        let Some(line) = &self.line else { return };
        let mut unsent = line.unsent.lock().unwrap_or_else(PoisonError::into_inner);
        *unsent = Some(message).filter(|message| !line.deliver(message));
    }

    fn send(&self, message: &str) {
        let Some(line) = &self.line else { return };
        let mut unsent = line.unsent.lock().unwrap_or_else(PoisonError::into_inner);
        *unsent = unsent.take().filter(|first| !line.deliver(first));
        if unsent.is_none() {
            line.deliver(message);
        }
    }
}

impl Line {
    /// Sends without waiting. False if the message was dropped.
    fn deliver(&self, message: &str) -> bool {
        self.socket.send_to_addr(message.as_bytes(), &self.receiver).is_ok()
    }
}

/// Error texts may contain line breaks, and a line break would start another variable of the
/// message.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

fn monotonic_usec() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_or(0, |time| Duration::from(time).as_micros().try_into().unwrap_or(u64::MAX))
}

/// How often to feed the watchdog: half of `WatchdogSec`. `None` if this process has no watchdog.
#[must_use]
pub fn watchdog_interval() -> Option<Duration> {
    let variable = |name| env::var(name).ok();
    half_of_limit(
        variable("WATCHDOG_USEC").as_deref(),
        variable("WATCHDOG_PID").as_deref(),
        std::process::id(),
    )
}

fn half_of_limit(usec: Option<&str>, pid: Option<&str>, me: u32) -> Option<Duration> {
    let ours = pid.is_none_or(|pid| pid.trim().parse() == Ok(me));
    let usec: u64 = usec?.trim().parse().ok().filter(|usec| *usec > 0 && ours)?;
    Some(Duration::from_micros(usec / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_watchdog_is_fed_at_half_its_limit_by_the_process_that_it_names() {
        for (usec, pid, interval) in [
            (Some("60000000"), None, Some(30 * SECOND)),
            (Some("60000000"), Some("7"), Some(30 * SECOND)),
            (Some("60000000"), Some("8"), None),
            (Some("0"), None, None),
            (Some("soon"), None, None),
            (Some("-1"), None, None),
            (None, Some("7"), None),
        ] {
            assert_eq!(half_of_limit(usec, pid, 7), interval, "{usec:?} {pid:?}");
        }
    }

    #[test]
    fn a_status_cannot_start_another_message() {
        assert_eq!(one_line("feed \"x\nSTOPPING=1\""), "feed \"x STOPPING=1\"");
        assert_eq!(one_line(&"ü".repeat(600)).chars().count(), 500);
    }
}
