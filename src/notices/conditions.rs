//! Which faults the figures of one moment show. A fault that is open ends at a better value than
//! it began at, so that a value at the limit does not flap.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::units::span;

/// Share and bytes of free space below which the disk is filling, and above which it is not.
const DISK_SHARE: (f64, f64) = (0.05, 0.07);
const DISK_BYTES: (u64, u64) = (1_000_000_000, 1_500_000_000);

/// Polls that failed in a row, and for how long.
const FAILED_POLLS: u64 = 5;
const FAILED_FOR: Duration = Duration::from_mins(2);

/// Age of the oldest entry that waits to be read, and entries that wait.
const QUEUE_AGE: (Duration, Duration) = (Duration::from_hours(1), Duration::from_mins(30));
const QUEUE_LENGTH: u64 = 1000;

/// Time without a story for articles that wait for one.
const STORIES_FOR: Duration = Duration::from_mins(3);

/// Seconds by which the clock may differ.
const CLOCK: (u64, u64) = (60, 30);

/// Age of the first change that a consumer has not read.
const CONSUMER_BEHIND: (Duration, Duration) = (Duration::from_hours(1), Duration::from_mins(10));

/// What is known at one moment. `None`: not known now.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The error of the database if it is away.
    pub outage: Option<String>,
    /// Free bytes and size of the file system of `storage.dir`.
    pub disk: Option<(u64, u64)>,
    /// Polls that failed since the last one that worked, those for want of a name, and since when.
    pub failed_polls: (u64, u64, Option<DateTime<Utc>>),
    /// Entries that wait to be read, and the age of the oldest.
    pub queue: Option<(u64, Duration)>,
    /// Articles that wait for a story, and the time since a story was last assigned.
    pub stories: Option<(u64, Duration)>,
    /// Seconds by which the clock is ahead of those of the hosts.
    pub clock_ahead: Option<i64>,
    /// Whether work waited for memory, or was put back for want of it, since the last moment.
    pub short_of_memory: bool,
    /// Busy feeds that bring no news: the key of each, and a sentence.
    pub feeds: Option<Vec<(i64, String)>>,
    /// Consumers, and how far they are behind.
    pub consumers: Option<Vec<(String, Duration)>>,
}

/// How a condition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Good,
    /// A sentence says what is wrong.
    Bad(String),
    /// Not known now. What was known before stays.
    Unknown,
}

/// A condition and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: "disk", "feed:12". A notice is open once for each.
    pub key: String,
    pub standing: Standing,
}

/// The findings at `now`. `is_open` says of a key whether its fault is open.
#[must_use]
pub fn findings(
    seen: &Observed,
    now: DateTime<Utc>,
    is_open: &dyn Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut found = vec![
        finding("database", database(seen)),
        finding("disk", disk(seen, is_open("disk"))),
        finding("polls", polls(seen, now)),
        finding("queue", queue(seen, is_open("queue"))),
        finding("stories", stories(seen)),
        finding("clock", clock(seen, is_open("clock"))),
        finding("memory", memory(seen)),
    ];
    for (id, text) in seen.feeds.iter().flatten() {
        found.push(finding(&format!("feed:{id}"), Standing::Bad(text.clone())));
    }
    for (name, behind) in seen.consumers.iter().flatten() {
        let key = format!("consumer:{name}");
        let standing = consumer(name, *behind, is_open(&key));
        found.push(finding(&key, standing));
    }
    found
}

/// How a key stands that no finding names: such a feed is well again, or not listed any more.
#[must_use]
pub fn unnamed(seen: &Observed, key: &str) -> Standing {
    let is_known = match key.split_once(':') {
        Some(("feed", _)) => seen.feeds.is_some(),
        Some(("consumer", _)) => seen.consumers.is_some(),
        _ => true,
    };
    if is_known { Standing::Good } else { Standing::Unknown }
}

/// What the operator can do.
#[must_use]
pub fn advice(key: &str) -> &'static str {
    match key.split(':').next().unwrap_or_default() {
        "database" => "Nothing is lost; work goes on when it is back. See the database's log.",
        "disk" => "Free space, or keep less (raw.keep).",
        "polls" => "Check network, name service and http.proxy of this machine.",
        "queue" => "Raise daemon.reads, or lower site.spacing for sites that allow it.",
        "stories" => "The log says why; /readyz names steps that are stalled.",
        "clock" => "Check time synchronisation (timedatectl).",
        "memory" => "Raise daemon.memory, or lower http.max_body_bytes.",
        "feed" => "See `wiresift feeds`; a feed may have moved or need an [[access]] table.",
        "consumer" => "See whether this consumer still runs.",
        _ => "See `wiresift status`.",
    }
}

fn finding(key: &str, standing: Standing) -> Finding {
    Finding { key: key.to_owned(), standing }
}

fn bad_if(is_bad: bool, text: impl FnOnce() -> String) -> Standing {
    if is_bad { Standing::Bad(text()) } else { Standing::Good }
}

fn database(seen: &Observed) -> Standing {
    match &seen.outage {
        Some(error) => Standing::Bad(format!("the database does not answer: {error}")),
        None => Standing::Good,
    }
}

fn disk(seen: &Observed, is_open: bool) -> Standing {
    let Some((free, size)) = seen.disk else { return Standing::Unknown };
    let pick = |(begin, end)| if is_open { end } else { begin };
    let least = if is_open { DISK_BYTES.1 } else { DISK_BYTES.0 };
    let share = free as f64 / size.max(1) as f64;
    bad_if(free < least || share < pick(DISK_SHARE), || {
        let percent = (share * 100.0).round();
        format!("the disk of storage.dir is filling: {} MB ({percent}%) are free", free / 1_000_000)
    })
}

fn polls(seen: &Observed, now: DateTime<Utc>) -> Standing {
    let (failures, dns, since) = seen.failed_polls;
    let lasts = since.is_some_and(|since| (now - since).to_std().is_ok_and(|t| t >= FAILED_FOR));
    bad_if(failures >= FAILED_POLLS && lasts, || {
        if dns * 2 > failures {
            format!("no feed can be polled: names cannot be looked up ({failures} polls failed)")
        } else {
            format!("no feed can be polled: the last {failures} polls failed")
        }
    })
}

fn queue(seen: &Observed, is_open: bool) -> Standing {
    let Some((length, age)) = seen.queue else { return Standing::Unknown };
    let is_bad =
        if is_open { age > QUEUE_AGE.1 } else { age > QUEUE_AGE.0 && length > QUEUE_LENGTH };
    bad_if(is_bad, || format!("{length} entries wait to be read, the oldest for {}", span(age)))
}

fn stories(seen: &Observed) -> Standing {
    let Some((waiting, since)) = seen.stories else { return Standing::Unknown };
    bad_if(waiting > 0 && since > STORIES_FOR, || {
        format!("{waiting} articles wait for a story, and none got one for {}", span(since))
    })
}

fn clock(seen: &Observed, is_open: bool) -> Standing {
    let Some(ahead) = seen.clock_ahead else { return Standing::Unknown };
    let limit = if is_open { CLOCK.1 } else { CLOCK.0 };
    bad_if(ahead.unsigned_abs() > limit, || {
        let by = span(Duration::from_secs(ahead.unsigned_abs()));
        let side = if ahead > 0 { "ahead of" } else { "behind" };
        format!("the clock of this machine is {by} {side} those of the hosts that answer")
    })
}

fn memory(seen: &Observed) -> Standing {
    bad_if(seen.short_of_memory, || {
        "work waits for memory again and again: daemon.memory is all in use".to_owned()
    })
}

fn consumer(name: &str, behind: Duration, is_open: bool) -> Standing {
    let limit = if is_open { CONSUMER_BEHIND.1 } else { CONSUMER_BEHIND.0 };
    bad_if(behind > limit, || format!("consumer {name} is {} behind", span(behind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn standing(seen: &Observed, key: &str, is_open: bool) -> Standing {
        let found = findings(seen, NOW, &|_| is_open);
        found.into_iter().find(|finding| finding.key == key).expect("judged").standing
    }

    fn is_bad(seen: &Observed, key: &str, is_open: bool) -> bool {
        matches!(standing(seen, key, is_open), Standing::Bad(_))
    }

    #[test]
    fn a_fault_ends_at_a_better_value_than_it_began_at() {
        let disk = |free| Observed { disk: Some((free, 100_000_000_000)), ..Observed::default() };
        let clock = |ahead| Observed { clock_ahead: Some(ahead), ..Observed::default() };
        let consumer = |minutes| {
            let behind = vec![("search".to_owned(), Duration::from_mins(minutes))];
            Observed { consumers: Some(behind), ..Observed::default() }
        };
        for (key, bad, between, good) in [
            ("disk", disk(4_900_000_000), disk(6_000_000_000), disk(8_000_000_000)),
            ("clock", clock(-61), clock(-31), clock(-30)),
            ("consumer:search", consumer(61), consumer(30), consumer(9)),
        ] {
            assert!(is_bad(&bad, key, false), "{key}");
            assert!(!is_bad(&between, key, false), "{key}");
            assert!(is_bad(&between, key, true), "{key}");
            assert!(!is_bad(&good, key, true), "{key}");
        }
    }

    #[test]
    fn what_is_not_known_is_neither_good_nor_bad() {
        let nothing = Observed::default();
        for key in ["disk", "queue", "stories", "clock"] {
            assert_eq!(standing(&nothing, key, true), Standing::Unknown, "{key}");
        }
        assert_eq!(unnamed(&nothing, "feed:3"), Standing::Unknown);
        let known = Observed { feeds: Some(Vec::new()), ..nothing };
        assert_eq!(unnamed(&known, "feed:3"), Standing::Good);
    }

    #[test]
    fn polls_that_fail_for_want_of_names_say_so() {
        let since = Some(NOW - FAILED_FOR);
        let seen = Observed { failed_polls: (9, 8, since), ..Observed::default() };
        let Standing::Bad(text) = standing(&seen, "polls", false) else { panic!("bad") };
        assert!(text.contains("names cannot be looked up"), "{text}");
        let young = Observed { failed_polls: (9, 8, Some(NOW)), ..Observed::default() };
        assert!(!is_bad(&young, "polls", false));
    }

    #[test]
    fn a_story_queue_that_moves_is_well() {
        let seen = |waiting, minutes| Observed {
            stories: Some((waiting, Duration::from_mins(minutes))),
            ..Observed::default()
        };
        assert!(!is_bad(&seen(900, 1), "stories", false));
        assert!(!is_bad(&seen(0, 90), "stories", false));
        assert!(is_bad(&seen(1, 4), "stories", false));
    }
}
