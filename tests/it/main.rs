//! The integration tests: one binary, one embedded Postgres for all of them, one file per promise.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

#[expect(dead_code, reason = "the cases of the web use the rest")]
#[path = "../harness/mod.rs"]
mod harness;

mod attacks;
mod backup;
mod changes;
mod cli;
mod console;
mod console_actions;
mod console_articles;
mod contention;
mod contract;
mod copies;
mod copies_revised;
mod dashboard;
mod dedupe;
mod dedupe_model;
mod demo;
mod discovery;
mod embedded;
mod extract;
mod faults;
mod feed_list;
mod filing;
mod http;
mod imports;
mod kinds;
mod lease;
mod log;
mod memory;
mod metrics;
mod network;
mod notices;
mod poll;
mod polling;
mod read;
mod readers;
mod reload;
mod reprocess;
mod retention;
mod rules;
mod search;
mod search_phrases;
mod stories;
mod story_changes;
mod story_links;
mod systemd;
mod upgrade;
mod websub;
