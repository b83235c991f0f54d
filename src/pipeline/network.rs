//! Whether the network is there, as far as polls can tell, and so what the log says of feeds.
//!
//! Without a network every feed fails, and a line for each would bury the one that matters. So the
//! line of a feed that got no connection is held back for a moment. An answer from any host frees
//! it: the network is there, and the feed is at fault. If several hosts fail one after the other
//! and none answers, one line says that the network is away, and one when it is back. The feeds are
//! told of only if they still fail then.
//!
//! A failure counts only if its request began after the last answer. At the end of a first round
//! the slow failures gather, and hosts that had answered long before would be forgotten.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::polling::failure::Cause;
use crate::units::span;

/// Hosts that fail one after the other if the network is away.
const HOSTS: usize = 5;

/// How long a line is held back for an answer.
const HELD_FOR: Duration = Duration::from_secs(20);

/// Most lines that are held back.
const MOST_HELD: usize = 64;

/// Most feeds of which it is known that they were not told of. Further ones are told of.
const MOST_UNTOLD: usize = 200_000;

/// What a poll shows of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The host was reached.
    Answered,
    /// Nobody was reached.
    Silent,
    /// Nobody was asked.
    Unknown,
}

impl Reach {
    /// `failure` is `None` if the poll worked.
    pub(super) fn of(status: Option<u16>, failure: Option<Cause>) -> Self {
        match failure {
            _ if status.is_some() => Self::Answered,
            None | Some(Cause::Tls | Cause::Interrupted) => Self::Answered,
            Some(Cause::Dns | Cause::Connect | Cause::Timeout) => Self::Silent,
            Some(_) => Self::Unknown,
        }
    }
}

/// A feed that fails: what its line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) feed: i64,
    pub(super) url: String,
    pub(super) status: Option<u16>,
    pub(super) failures: u32,
    pub(super) next: String,
    pub(super) error: String,
}

/// A poll that reached nobody.
pub(super) struct Silence<'a> {
    pub(super) host: &'a str,
    pub(super) error: &'a str,
    /// When the request began.
    pub(super) began: Instant,
}

/// What is to be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Say {
    Fails(Line),
    Away { error: String },
    Back { away: Duration },
}

/// The state of the network. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Network(Arc<Mutex<Watch>>);

#[derive(Debug, Default)]
struct Watch {
    answered_at: Option<Instant>,
    /// Hosts that failed since then, at most [`HOSTS`].
    silent: Vec<String>,
    /// Lines that are held back, each with its time.
    held: Vec<(Line, Instant)>,
    away_since: Option<Instant>,
    /// When the network came back last.
    back_at: Option<Instant>,
    /// Feeds that fail and were not told of.
    untold: HashSet<i64>,
}

impl Network {
    /// Whether the log says that the network is away.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.lock().away_since.is_some()
    }

    /// Records that a host answered.
    pub(super) fn answered(&self, now: Instant) {
        let said = self.lock().answered(now);
        said.into_iter().for_each(log);
    }

    /// Records a poll that reached nobody, with the line of its feed, if that is worth one.
    pub(super) fn silent(&self, silence: &Silence<'_>, line: Option<Line>, now: Instant) {
        let said = self.lock().silent(silence, line, now);
        said.into_iter().for_each(log);
    }

    /// Tells of a feed at once.
    pub(super) fn tell(&self, line: Line) {
        self.lock().untold.remove(&line.feed);
        log(Say::Fails(line));
    }

    /// Whether a feed fails that was not told of.
    pub(super) fn is_untold(&self, feed: i64) -> bool {
        self.lock().untold.contains(&feed)
    }

    /// Forgets a feed that works again, or failed in another way. Whether it was not told of.
    pub(super) fn forget(&self, feed: i64) -> bool {
        let mut watch = self.lock();
        let was_held = watch.held.iter().any(|(line, _)| line.feed == feed);
        watch.held.retain(|(line, _)| line.feed != feed);
        watch.untold.remove(&feed) || was_held
    }

    /// Tells of the feeds that were held back for long enough.
    pub fn tell_overdue(&self, now: Instant) {
        let said = self.lock().overdue(now);
        said.into_iter().for_each(log);
    }

    /// Tells of all feeds that are held back: the daemon ends.
    pub fn tell_all(&self) {
        let held = std::mem::take(&mut self.lock().held);
        for (line, _) in held {
            log(Say::Fails(line));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    fn answered(&mut self, now: Instant) -> Vec<Say> {
        self.answered_at = Some(now);
        self.silent.clear();
        let mut said: Vec<Say> = self.held.drain(..).map(|(line, _)| Say::Fails(line)).collect();
        if let Some(since) = self.away_since.take() {
            self.back_at = Some(now);
            said.push(Say::Back { away: now.saturating_duration_since(since) });
        }
        said
    }

    fn silent(&mut self, silence: &Silence<'_>, line: Option<Line>, now: Instant) -> Vec<Say> {
        if let Some(line) = &line {
            self.untold.remove(&line.feed);
        }
        // Its request was under way when the network came back.
        let was_away = self.back_at.is_some_and(|back| silence.began < back);
        if self.away_since.is_some() || was_away {
            return line.and_then(|line| self.leave_out(line)).into_iter().collect();
        }
        if self.answered_at.is_some_and(|answer| silence.began < answer) {
            return line.map(Say::Fails).into_iter().collect();
        }
        if !self.silent.iter().any(|host| host == silence.host) {
            self.silent.push(silence.host.to_owned());
        }
        self.held.extend(line.map(|line| (line, now)));
        if self.silent.len() < HOSTS {
            return self.overdue(now);
        }
        self.away_since = Some(now);
        self.silent.clear();
        let held = std::mem::take(&mut self.held);
        let mut said = vec![Say::Away { error: silence.error.to_owned() }];
        said.extend(held.into_iter().filter_map(|(line, _)| self.leave_out(line)));
        said
    }

    /// Leaves out the line of a feed, unless there are too many to remember.
    fn leave_out(&mut self, line: Line) -> Option<Say> {
        if self.untold.len() >= MOST_UNTOLD {
            return Some(Say::Fails(line));
        }
        self.untold.insert(line.feed);
        None
    }

    fn overdue(&mut self, now: Instant) -> Vec<Say> {
        let surplus = self.held.len().saturating_sub(MOST_HELD);
        let old = |at: &Instant| now.saturating_duration_since(*at) >= HELD_FOR;
        let due = self.held.iter().take_while(|(_, at)| old(at)).count().max(surplus);
        self.held.drain(..due).map(|(line, _)| Say::Fails(line)).collect()
    }
}

fn log(say: Say) {
    match say {
        Say::Fails(Line { feed: _, url, status, failures, next, error }) => {
            tracing::warn!(url, status, failures, %next, "feed fails: {error}");
        }
        Say::Away { error } => tracing::warn!(
            "the network seems to be away: {HOSTS} hosts in a row were not reached (the last one: \
             {error}). Check network, name service and http.proxy of this machine. Feeds are told \
             of when it is back"
        ),
        Say::Back { away } => {
            tracing::info!("the network is back after {}", span(away));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn line(feed: i64) -> Line {
        Line {
            feed,
            url: format!("https://{feed}.example.com/feed"),
            status: None,
            failures: 1,
            next: "15m".to_owned(),
            error: "the host name does not resolve".to_owned(),
        }
    }

    /// The poll of a feed that reaches nobody; it takes a second.
    fn fails(watch: &mut Watch, feed: i64, now: Instant) -> Vec<Say> {
        let host = format!("{feed}.example.com");
        let error = "the host name does not resolve";
        let silence = Silence { host: &host, error, began: now.checked_sub(SECOND).unwrap_or(now) };
        watch.silent(&silence, Some(line(feed)), now)
    }

    fn start() -> Instant {
        Instant::now() + 1000 * SECOND
    }

    #[test]
    fn without_a_network_there_is_one_line_and_one_when_it_is_back() {
        let (mut watch, start) = (Watch::default(), start());
        let said: Vec<Say> = (1..=48).flat_map(|feed| fails(&mut watch, feed, start)).collect();
        assert!(matches!(said[..], [Say::Away { .. }]), "{said:?}");
        assert_eq!(watch.untold.len(), 48);
        let said = watch.answered(start + 60 * SECOND);
        assert_eq!(said, [Say::Back { away: 60 * SECOND }]);
        // A request that was under way, and one that began after that.
        assert_eq!(fails(&mut watch, 7, start + 60 * SECOND), []);
        assert_eq!(fails(&mut watch, 8, start + 70 * SECOND), []);
        assert_eq!(watch.answered(start + 71 * SECOND), [Say::Fails(line(8))]);
    }

    #[test]
    fn one_dead_feed_among_others_is_told_of_at_the_next_answer() {
        let (mut watch, start) = (Watch::default(), start());
        assert_eq!(fails(&mut watch, 1, start), []);
        assert_eq!(watch.answered(start + SECOND), [Say::Fails(line(1))]);
        assert_eq!(watch.answered(start + 2 * SECOND), []);
    }

    #[test]
    fn a_list_of_dead_feeds_at_one_host_is_told_of_after_a_while() {
        let (mut watch, start) = (Watch::default(), start());
        let host = |feed| Silence { host: "example.com", error: "", began: start + feed * SECOND };
        assert_eq!(watch.silent(&host(0), Some(line(1)), start), []);
        assert_eq!(watch.silent(&host(9), Some(line(2)), start + 10 * SECOND), []);
        assert_eq!(watch.overdue(start + 19 * SECOND), []);
        assert_eq!(watch.overdue(start + HELD_FOR), [Say::Fails(line(1))]);
        let late = start + 10 * SECOND + HELD_FOR;
        let said = watch.silent(&host(29), None, late);
        assert_eq!(said, [Say::Fails(line(2))]);
    }

    #[test]
    fn slow_failures_at_the_end_of_a_round_do_not_look_like_an_outage() {
        let (mut watch, start) = (Watch::default(), start());
        watch.answered(start);
        for feed in 1..=30 {
            assert_eq!(fails(&mut watch, feed, start), [Say::Fails(line(feed))]);
        }
        assert!(watch.away_since.is_none());
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let (mut watch, start) = (Watch::default(), start());
        let silence = Silence { host: "example.com", error: "", began: start };
        let said: usize =
            (0..200).map(|feed| watch.silent(&silence, Some(line(feed)), start).len()).sum();
        assert_eq!((said, watch.held.len()), (200 - MOST_HELD, MOST_HELD));
    }

    #[test]
    fn what_a_poll_shows() {
        assert_eq!(Reach::of(Some(503), Some(Cause::Unavailable)), Reach::Answered);
        assert_eq!(Reach::of(None, Some(Cause::Tls)), Reach::Answered);
        assert_eq!(Reach::of(None, Some(Cause::Dns)), Reach::Silent);
        assert_eq!(Reach::of(None, Some(Cause::Url)), Reach::Unknown);
        assert_eq!(Reach::of(None, None), Reach::Answered);
    }
}
