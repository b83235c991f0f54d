//! The figures as metrics. All families are there from the start; those of the database have no
//! value until it answers.

use std::fmt;

use chrono::{DateTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::pipeline::Memory;
use crate::server::figures::{Figures, Snapshot};
use crate::store::{ConsumerPosition, FaultyFeed, Gauges};

/// The states of a feed.
const FEED_STATES: [&str; 6] = ["active", "failing", "silent", "blocked", "gone", "paused"];

/// The states of a busy feed that brings no news.
const FAULTS: [&str; 4] = ["silent", "failing", "blocked", "gone"];

/// Most consumers that get a series of their own.
const CONSUMERS: usize = 100;

/// A gauge without labels.
type Plain<'a> = (&'a str, &'a str, Option<f64>);

/// A gauge with one label, and its values.
type Labelled<'a> = (&'a str, &'a str, &'a str, Vec<(String, f64)>);

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let snapshot = self.lock().snapshot.clone();
        for gauge in of_database(&snapshot).into_iter().chain(self.of_process(&snapshot)) {
            plain(&mut encoder, gauge)?;
        }
        for gauge in of_families(&snapshot) {
            labelled(&mut encoder, gauge)?;
        }
        Ok(())
    }
}

impl Figures {
    fn of_process(&self, snapshot: &Snapshot) -> [Plain<'static>; 8] {
        let memory: &Memory = &self.pipeline.memory;
        let offset = self.pipeline.web.traffic().clock_offset();
        let disk = |bytes: fn(&super::Disk) -> u64| snapshot.disk.as_ref().map(bytes).map(large);
        [
            (
                "wiresift_memory_limit_bytes",
                "Memory for what the web sends (daemon.memory, without the caches)",
                Some(large(memory.limit())),
            ),
            (
                "wiresift_memory_reserved_bytes",
                "Memory that is reserved at the moment",
                Some(large(memory.budget.reserved())),
            ),
            (
                "wiresift_memory_waiting_tasks",
                "Tasks that wait for memory",
                Some(memory.budget.waiting() as f64),
            ),
            (
                "wiresift_storage_free_bytes",
                "Free space on the file system of storage.dir",
                disk(|disk| disk.free),
            ),
            (
                "wiresift_storage_size_bytes",
                "Size of the file system of storage.dir",
                disk(|disk| disk.size),
            ),
            (
                "wiresift_clock_offset_seconds",
                "How far this clock is ahead of those of the hosts (median); \
                 0 until five hosts have answered",
                Some(offset.ahead.unwrap_or_default() as f64),
            ),
            (
                "wiresift_polls_failed_in_a_row",
                "Polls that failed since the last one that worked, over all feeds",
                Some(self.pipeline.metrics.streak.now().failures as f64),
            ),
            (
                "wiresift_clock_offset_hosts",
                "Hosts whose clocks were compared",
                Some(offset.hosts as f64),
            ),
        ]
    }
}

fn of_database(snapshot: &Snapshot) -> [Plain<'static>; 8] {
    let gauges = snapshot.gauges.as_ref();
    let count = |figure: fn(&Gauges) -> i64| gauges.map(figure).map(|count| count as f64);
    let pending_age = gauges.map(|gauges| age(gauges.oldest_pending, snapshot.at));
    let statistics = snapshot.sizes.map(|sizes| {
        let made = sizes.oldest_statistics.unwrap_or(snapshot.at);
        age(Some(made), snapshot.at)
    });
    [
        (
            "wiresift_database_up",
            "Whether the database answers",
            Some(if gauges.is_some() { 1.0 } else { 0.0 }),
        ),
        (
            "wiresift_pending_entries",
            "Entries that wait to be read",
            count(|gauges| gauges.pending_entries),
        ),
        (
            "wiresift_oldest_pending_entry_age_seconds",
            "Time since the oldest entry that waits was first seen; 0 if none waits",
            pending_age,
        ),
        (
            "wiresift_story_queue_articles",
            "Articles that wait for a story",
            count(|gauges| gauges.story_queue),
        ),
        ("wiresift_due_sites", "Sites with a feed that is due", count(|gauges| gauges.due_sites)),
        ("wiresift_change_head", "Newest number of the change log", count(|gauges| gauges.head)),
        (
            "wiresift_database_size_bytes",
            "Size of the database on disk",
            snapshot.sizes.map(|sizes| sizes.bytes as f64),
        ),
        (
            "wiresift_database_statistics_age_seconds",
            "Age of the oldest planner statistics of a large table that has changed since",
            statistics,
        ),
    ]
}

fn of_families(snapshot: &Snapshot) -> [Labelled<'static>; 3] {
    let gauges = snapshot.gauges.as_ref();
    let feeds = gauges.map(|gauges| by_state(&gauges.feeds)).unwrap_or_default();
    let faulty = gauges.map(|gauges| by_fault(&gauges.faulty)).unwrap_or_default();
    let behind = |consumer: &ConsumerPosition| {
        (consumer.name.clone(), age(consumer.behind_since, snapshot.at))
    };
    let consumers = gauges.map(|gauges| gauges.consumers.iter().take(CONSUMERS).map(behind));
    [
        ("wiresift_feeds", "Feeds by state", "state", feeds),
        (
            "wiresift_busy_feeds_without_news",
            "Feeds with a hundred entries in thirty days that bring no news, by state; \
             failing ones count after an hour",
            "state",
            faulty,
        ),
        (
            "wiresift_consumer_behind_seconds",
            "Age of the first change that a consumer has not reported as read \
             (news.report_position)",
            "consumer",
            consumers.map(Iterator::collect).unwrap_or_default(),
        ),
    ]
}

fn by_state(feeds: &[(String, i64)]) -> Vec<(String, f64)> {
    let of = |state: &str| feeds.iter().find(|(known, _)| known == state);
    let count = |state| of(state).map_or(0.0, |(_, count)| *count as f64);
    FEED_STATES.iter().map(|state| ((*state).to_owned(), count(state))).collect()
}

fn by_fault(feeds: &[FaultyFeed]) -> Vec<(String, f64)> {
    let count = |state: &str| feeds.iter().filter(|feed| feed.state == state).count() as f64;
    FAULTS.iter().map(|state| ((*state).to_owned(), count(state))).collect()
}

/// Seconds since `at`; zero if there is none, or if a clock went back.
fn age(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> f64 {
    at.map_or(0.0, |at| (now - at).num_seconds().max(0) as f64)
}

fn large(bytes: u64) -> f64 {
    bytes as f64
}

fn plain(encoder: &mut DescriptorEncoder<'_>, gauge: Plain<'_>) -> Result<(), fmt::Error> {
    let (name, help, value) = gauge;
    let encoder = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    value.map_or(Ok(()), |value| ConstGauge::new(value).encode(encoder))
}

fn labelled(encoder: &mut DescriptorEncoder<'_>, gauge: Labelled<'_>) -> Result<(), fmt::Error> {
    let (name, help, label, values) = gauge;
    let mut encoder = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (word, value) in values {
        let labels = [(label, word)];
        ConstGauge::new(value).encode(encoder.encode_family(&labels)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_value() {
        let feeds = by_state(&[("failing".to_owned(), 3)]);
        assert_eq!(feeds.len(), FEED_STATES.len());
        assert!(feeds.contains(&("failing".to_owned(), 3.0)));
        assert!(feeds.contains(&("gone".to_owned(), 0.0)));
    }

    #[test]
    fn an_age_is_never_negative() {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(1);
        assert!((age(Some(DateTime::UNIX_EPOCH), now) - 3600.0).abs() < f64::EPSILON);
        assert!(age(Some(now + chrono::TimeDelta::hours(1)), now).abs() < f64::EPSILON);
        assert!(age(None, now).abs() < f64::EPSILON);
    }
}
