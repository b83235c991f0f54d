//! The integration tests: one binary, one embedded Postgres for all of them, one file per promise.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod harness;

mod cases;
mod changes;
mod cli;
mod contention;
mod contract;
mod copies;
mod copies_read;
mod copies_revised;
mod dedupe;
mod demo;
mod discovery;
mod embedded;
mod extract;
mod faults;
mod feeds;
mod filing;
mod hostile;
mod imports;
mod kinds;
mod lease;
mod markup;
mod poll;
mod polling;
mod read;
mod rules;
mod stories;
mod systemd;
mod web;
mod websub;
mod world;
