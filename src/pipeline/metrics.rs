//! The counters and timings of the pipeline, for `/metrics`. Labels are fixed words; addresses go to
//! logs, never to labels.
//!
//! Every label value that can occur is there from the start with the value zero: an alert on a
//! series that does not exist yet never fires.

mod streak;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use chrono::{DateTime, Utc};

use crate::polling::failure::Cause;
pub use streak::{PollStreak, Streak};

/// The one label of a counter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ending {
    pub outcome: &'static str,
}

/// The one label of a step's gauge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepName {
    step: &'static str,
}

/// Upper bounds of the time of a step, in seconds.
const STEP_BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0];

/// Upper bounds of the time from publication to filing: a minute to a week, in seconds.
const DELAY_BOUNDS: [f64; 11] =
    [60.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0, 43_200.0, 86_400.0, 604_800.0];

/// The outcomes of a poll that are no failures.
const POLLS: [&str; 4] = ["parsed", "unchanged", "moved", "page"];

const NOTICED: [&str; 8] = [
    "gap",
    "backfill",
    "silent",
    "blocked",
    "gone",
    "validators-distrusted",
    "feed-of-page",
    "moved",
];

const READS: [&str; 8] =
    ["article", "unchanged", "missing", "moved", "held", "later", "skipped", "abandoned"];

const HUB_CALLS: [&str; 10] = [
    "not-intended",
    "verified",
    "released",
    "denied",
    "delivered",
    "unstorable",
    "unreadable",
    "unsigned",
    "signature-unknown",
    "signature-wrong",
];

const SET_ASIDE: [&str; 5] = ["poll", "delivery", "discovery", "filing", "stories"];

/// The steps that tell when they last worked.
const STEPS: [&str; 5] = ["poll", "read", "file", "stories", "learn"];

/// What became of a stored page that was extracted again.
const REREADS: [&str; 4] = ["revised", "same", "without-text", "not-recorded"];

/// The counters and timings. Clones share them.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub polls: Family<Ending, Counter>,
    /// Notices about feeds, by kind of event.
    pub noticed: Family<Ending, Counter>,
    /// Entries read.
    pub reads: Family<Ending, Counter>,
    /// Articles by verdict.
    pub judged: Family<Ending, Counter>,
    /// Pages with a site rule, by whether every part of the rule selected something.
    pub site_rules: Family<Ending, Counter>,
    /// Site memories, by whether learning gave another one than before.
    pub site_memories: Family<Ending, Counter>,
    /// Sites that were found to have changed their pages.
    pub changed_sites: Family<Ending, Counter>,
    /// Stored pages that were extracted again.
    pub rereads: Family<Ending, Counter>,
    /// New entries.
    pub entries: Counter,
    /// Tasks that were put back because there was no memory for them.
    pub shortages: Counter,
    /// Transactions of the filer.
    pub batches: Counter,
    /// Requests to hubs, by answer.
    pub hub_requests: Family<Ending, Counter>,
    /// Calls of hubs.
    pub hub_calls: Family<Ending, Counter>,
    /// What was set aside because it cannot be digested, by step.
    pub set_aside: Family<Ending, Counter>,
    /// Statements that failed because the database could not be reached.
    pub outages: Counter,
    /// Seconds of a poll: the request, the parsing, the record.
    pub poll_seconds: Histogram,
    /// Seconds of extracting an article from a page.
    pub extract_seconds: Histogram,
    /// Seconds of filing a batch.
    pub file_seconds: Histogram,
    /// Seconds from the publication of a new article to its filing.
    pub delay_seconds: Histogram,
    /// Polls that failed since the last one that worked.
    pub streak: PollStreak,
    last_success: Family<StepName, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let causes = Cause::ALL.map(Cause::as_str);
        Self {
            polls: seeded(POLLS.into_iter().chain(causes)),
            noticed: seeded(NOTICED),
            reads: seeded(READS),
            judged: seeded(["new", "same", "revision", "copy"]),
            site_rules: seeded(["followed", "missed"]),
            site_memories: seeded(["changed", "unchanged"]),
            changed_sites: seeded(["layout", "content"]),
            rereads: seeded(REREADS),
            entries: Counter::default(),
            shortages: Counter::default(),
            batches: Counter::default(),
            hub_requests: seeded(["accepted", "failed", "moved"]),
            hub_calls: seeded(HUB_CALLS),
            set_aside: seeded(SET_ASIDE),
            outages: Counter::default(),
            poll_seconds: Histogram::new(STEP_BOUNDS),
            extract_seconds: Histogram::new(STEP_BOUNDS),
            file_seconds: Histogram::new(STEP_BOUNDS),
            delay_seconds: Histogram::new(DELAY_BOUNDS),
            streak: PollStreak::default(),
            last_success: steps(),
        }
    }
}

fn seeded(outcomes: impl IntoIterator<Item = &'static str>) -> Family<Ending, Counter> {
    let family = Family::<Ending, Counter>::default();
    for outcome in outcomes {
        drop(family.get_or_create(&Ending { outcome }));
    }
    family
}

fn steps() -> Family<StepName, Gauge> {
    let family = Family::<StepName, Gauge>::default();
    for step in STEPS {
        drop(family.get_or_create(&StepName { step }));
    }
    family
}

impl Metrics {
    /// Registers all of them under their names.
    pub fn register(&self, registry: &mut Registry) {
        self.register_counters(registry);
        self.register_times(registry);
    }

    fn register_counters(&self, registry: &mut Registry) {
        for (name, help, family) in [
            ("wiresift_polls", "Polls of feeds by outcome", &self.polls),
            ("wiresift_noticed", "What was noticed of feeds", &self.noticed),
            ("wiresift_reads", "Entries read by outcome", &self.reads),
            ("wiresift_judged", "Articles by verdict", &self.judged),
            ("wiresift_site_rules", "Pages read by a site rule", &self.site_rules),
            ("wiresift_site_memories", "Site memories learned", &self.site_memories),
            (
                "wiresift_changed_sites",
                "Sites that were found to have changed their pages",
                &self.changed_sites,
            ),
            ("wiresift_rereads", "Stored pages extracted again", &self.rereads),
            ("wiresift_hub_requests", "WebSub requests by answer", &self.hub_requests),
            ("wiresift_hub_calls", "WebSub calls by outcome", &self.hub_calls),
            (
                "wiresift_set_aside",
                "What a step cannot digest and goes on without",
                &self.set_aside,
            ),
        ] {
            registry.register(name, help, family.clone());
        }
        for (name, help, counter) in [
            ("wiresift_new_entries", "Entries not known before", &self.entries),
            (
                "wiresift_memory_shortages",
                "Tasks put back because there was no memory for them (daemon.memory)",
                &self.shortages,
            ),
            ("wiresift_filing_batches", "Transactions that filed", &self.batches),
            ("wiresift_database_failures", "Statements that the database failed", &self.outages),
        ] {
            registry.register(name, help, counter.clone());
        }
    }

    fn register_times(&self, registry: &mut Registry) {
        for (name, help, histogram) in [
            (
                "wiresift_poll_duration_seconds",
                "Time of a poll: request, parsing and record",
                &self.poll_seconds,
            ),
            (
                "wiresift_extract_duration_seconds",
                "Time of extracting an article from a page",
                &self.extract_seconds,
            ),
            ("wiresift_file_duration_seconds", "Time of filing a batch", &self.file_seconds),
            (
                "wiresift_publication_delay_seconds",
                "Time from the stated publication of a new article to its filing",
                &self.delay_seconds,
            ),
        ] {
            registry.register(name, help, histogram.clone());
        }
        registry.register(
            "wiresift_last_success_timestamp_seconds",
            "When a step last worked, or found nothing to do; 0 before that",
            self.last_success.clone(),
        );
    }

    /// One line for `systemctl status`: the sums since the process started.
    #[must_use]
    pub fn summary(&self) -> String {
        let judged = |outcome| self.judged.get_or_create(&Ending { outcome }).get();
        format!(
            "{} new entries, {} articles, {} revisions, {} copies since the start",
            self.entries.get(),
            judged("new"),
            judged("revision"),
            judged("copy")
        )
    }

    pub fn count(family: &Family<Ending, Counter>, outcome: &'static str) {
        family.get_or_create(&Ending { outcome }).inc();
    }

    /// Records that a step worked.
    pub(super) fn succeeded(&self, step: &'static str, now: DateTime<Utc>) {
        self.last_success.get_or_create(&StepName { step }).set(now.timestamp());
    }

    /// When a step last worked, as a Unix time; 0 before that.
    #[must_use]
    pub fn last_success(&self, step: &'static str) -> i64 {
        self.last_success.get_or_create(&StepName { step }).get()
    }
}
