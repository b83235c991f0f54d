//! What the journey counts, for `/metrics`. Labels are fixed words; addresses go to logs, never to labels.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// One label: how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ending {
    /// A fixed word.
    pub outcome: &'static str,
}

/// The counters.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Polls by outcome.
    pub polls: Family<Ending, Counter>,
    /// What was noticed of feeds, by kind of event.
    pub noticed: Family<Ending, Counter>,
    /// Pages by what reading them came to.
    pub reads: Family<Ending, Counter>,
    /// Articles by verdict.
    pub judged: Family<Ending, Counter>,
    /// Pages that the curator's rule for their site was used on, by whether all of it found something.
    pub site_rules: Family<Ending, Counter>,
    /// Entries that were not known before.
    pub entries: Counter,
    /// Transactions that filed.
    pub batches: Counter,
    /// Requests to hubs by how they were answered.
    pub hub_requests: Family<Ending, Counter>,
    /// Calls of hubs by what they came to.
    pub hub_calls: Family<Ending, Counter>,
    /// Times that the database could not be reached.
    pub outages: Counter,
}

impl Metrics {
    /// Makes the counters known under their names.
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
            "wiresift_database_failures",
            "Statements that the database failed",
            self.outages.clone(),
        );
    }

    /// One line for whoever asks how it goes, since the process began.
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

    /// Counts one.
    pub fn count(family: &Family<Ending, Counter>, outcome: &'static str) {
        family.get_or_create(&Ending { outcome }).inc();
    }
}
