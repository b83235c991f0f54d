//! The counters of the pipeline, for `/metrics`. Labels are fixed words; addresses go to logs,
//! never to labels.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The one label of a counter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ending {
    pub outcome: &'static str,
}

/// The counters. Clones share them.
#[derive(Debug, Clone, Default)]
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
}

impl Metrics {
    /// Registers the counters under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("wiresift_polls", "Polls of feeds by outcome", self.polls.clone());
        registry.register("wiresift_noticed", "What was noticed of feeds", self.noticed.clone());
        registry.register("wiresift_reads", "Entries read by outcome", self.reads.clone());
        registry.register("wiresift_judged", "Articles by verdict", self.judged.clone());
        registry.register(
            "wiresift_site_rules",
            "Pages read by a site rule",
            self.site_rules.clone(),
        );
        registry.register("wiresift_new_entries", "Entries not known before", self.entries.clone());
        registry.register(
            "wiresift_memory_shortages",
            "Tasks put back because there was no memory for them (daemon.memory)",
            self.shortages.clone(),
        );
        registry.register(
            "wiresift_filing_batches",
            "Transactions that filed",
            self.batches.clone(),
        );
        registry.register(
            "wiresift_hub_requests",
            "WebSub requests by answer",
            self.hub_requests.clone(),
        );
        registry.register("wiresift_hub_calls", "WebSub calls by outcome", self.hub_calls.clone());
        registry.register(
            "wiresift_set_aside",
            "What a step cannot digest and goes on without",
            self.set_aside.clone(),
        );
        registry.register(
            "wiresift_database_failures",
            "Statements that the database failed",
            self.outages.clone(),
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
}
