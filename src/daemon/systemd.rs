//! Talk with systemd: readiness, reloads, status and the watchdog (`sd_notify(3)`, `systemd.service(5)`).
//!
//! A message is a datagram of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names. The socket is
//! non-blocking: a receiver that does not drain its queue (ten datagrams on a default kernel) would otherwise park
//! the sending thread in the kernel, and with it every task of that worker. A message that finds the queue full is
//! dropped, but a change of state is remembered and goes first the next time. Without systemd all of this does
//! nothing.
//!
//! The watchdog is fed only while every registered loop has *turned* lately. A turn that failed because the
//! database is away counts, or an outage of the database would become a storm of restarts.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// Tells systemd how the daemon is.
#[derive(Debug, Default)]
pub struct Notifier {
    line: Option<Line>,
}

#[derive(Debug)]
struct Line {
    socket: UnixDatagram,
    receiver: SocketAddr,
    /// The last change of state, if it could not be delivered.
    unsent: Mutex<Option<String>>,
}

impl Notifier {
    /// The notifier for this process: silent unless `NOTIFY_SOCKET` names a usable socket.
    #[must_use]
    pub fn from_env() -> Self {
        let Some(address) = env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty())
        else {
            return Self::default();
        };
        Self::to(&address).unwrap_or_else(|error| {
            tracing::warn!(%error, ?address, "NOTIFY_SOCKET is unusable: systemd will not hear from us");
            Self::default()
        })
    }

    /// A notifier for the socket at `address`: a path, or `@name` for an abstract one.
    pub fn to(address: &OsStr) -> io::Result<Self> {
        let receiver = match address.as_bytes().split_first() {
            Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(address)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self { line: Some(Line { socket, receiver, unsent: Mutex::default() }) })
    }

    /// The daemon is up, or has finished to reload.
    pub fn ready(&self, status: &str) {
        self.change(format!("READY=1\nSTATUS={}", one_line(status)));
    }

    /// The daemon has begun to read its configuration again; [`Self::ready`] has to follow.
    pub fn reloading(&self) {
        // In one datagram with the time, or `systemctl reload` waits for ever.
        self.change(format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_usec()));
    }

    /// The daemon has begun to stop.
    pub fn stopping(&self, status: &str) {
        self.change(format!("STOPPING=1\nSTATUS={}", one_line(status)));
    }

    /// What the daemon is at, for `systemctl status`.
    pub fn status(&self, status: &str) {
        self.send(&format!("STATUS={}", one_line(status)));
    }

    /// Asks for `more` time from now for the start, reload or stop that is under way.
    pub fn extend_timeout(&self, more: Duration) {
        self.send(&format!("EXTEND_TIMEOUT_USEC={}", more.as_micros()));
    }

    /// Feeds the watchdog if every loop has turned in time; otherwise returns those that have not.
    pub fn feed_watchdog(&self, heartbeats: &Heartbeats, now: Instant) -> Vec<&'static str> {
        let late = heartbeats.late(now);
        if late.is_empty() {
            self.send("WATCHDOG=1");
        }
        late
    }

    fn change(&self, message: String) {
        let Some(line) = &self.line else { return };
        let mut unsent = lock(&line.unsent);
        *unsent = Some(message).filter(|message| !line.deliver(message));
    }

    fn send(&self, message: &str) {
        let Some(line) = &self.line else { return };
        let mut unsent = lock(&line.unsent);
        *unsent = unsent.take().filter(|first| !line.deliver(first));
        if unsent.is_none() {
            line.deliver(message);
        }
    }
}

impl Line {
    /// Whether the message was taken.
    fn deliver(&self, message: &str) -> bool {
        self.socket.send_to_addr(message.as_bytes(), &self.receiver).is_ok()
    }
}

/// Status texts carry words of others, and a line break would start another message.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

fn monotonic_usec() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_or(0, |time| Duration::from(time).as_micros().try_into().unwrap_or(u64::MAX))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often to feed the watchdog: half of what the unit allows; `None` where it has none for this process.
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

/// The loops of the daemon and when each turned last. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct Heartbeats(Arc<Mutex<Vec<Entry>>>);

#[derive(Debug)]
struct Entry {
    id: u64,
    name: &'static str,
    limit: Duration,
    last: Instant,
}

impl Heartbeats {
    /// Adds a loop that has to turn at least once every `limit`, counted from `now`. It leaves the list when the
    /// returned value is dropped: a loop that ended is not late, and who spawned it has noticed.
    #[must_use]
    pub fn register(&self, name: &'static str, limit: Duration, now: Instant) -> Heartbeat {
        let mut entries = lock(&self.0);
        let id = entries.last().map_or(0, |entry| entry.id + 1);
        entries.push(Entry { id, name, limit, last: now });
        Heartbeat { heartbeats: self.clone(), id }
    }

    /// The loops that have not turned within their limit, in the order of registration.
    #[must_use]
    pub fn late(&self, now: Instant) -> Vec<&'static str> {
        let entries = lock(&self.0);
        let late =
            entries.iter().filter(|entry| now.saturating_duration_since(entry.last) > entry.limit);
        late.map(|entry| entry.name).collect()
    }
}

/// One loop's place in [`Heartbeats`].
#[derive(Debug)]
pub struct Heartbeat {
    heartbeats: Heartbeats,
    id: u64,
}

impl Heartbeat {
    /// Marks a turn.
    pub fn mark(&self, now: Instant) {
        if let Some(entry) = lock(&self.heartbeats.0).iter_mut().find(|entry| entry.id == self.id) {
            entry.last = entry.last.max(now);
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        lock(&self.heartbeats.0).retain(|entry| entry.id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_watchdog_is_fed_at_half_its_limit_and_only_if_it_is_ours() {
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
    fn one_late_loop_is_enough_and_it_is_named() {
        let start = Instant::now();
        let heartbeats = Heartbeats::default();
        let poll = heartbeats.register("poll", 10 * SECOND, start);
        let read = heartbeats.register("read", 20 * SECOND, start);
        assert!(heartbeats.late(start + 10 * SECOND).is_empty());
        assert_eq!(heartbeats.late(start + 11 * SECOND), ["poll"]);
        poll.mark(start + 11 * SECOND);
        assert!(heartbeats.late(start + 20 * SECOND).is_empty());
        assert_eq!(heartbeats.late(start + 30 * SECOND), ["poll", "read"]);
        // A clock that was read earlier on another core does not take a turn back.
        poll.mark(start);
        assert!(heartbeats.late(start + 20 * SECOND).is_empty());
        drop(read);
        assert!(heartbeats.late(start + 21 * SECOND).is_empty());
        let revisit = heartbeats.register("read", SECOND, start);
        drop(poll);
        assert_eq!(heartbeats.late(start + 60 * SECOND), ["read"]);
        drop(revisit);
        assert!(heartbeats.late(start + 60 * SECOND).is_empty());
    }

    #[test]
    fn a_status_can_not_smuggle_a_message() {
        assert_eq!(one_line("feed \"x\nSTOPPING=1\""), "feed \"x STOPPING=1\"");
        assert_eq!(one_line(&"ü".repeat(600)).chars().count(), 500);
    }
}
