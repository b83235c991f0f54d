//! The integration tests: one binary, one embedded Postgres for all of them, one file per promise.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod harness;

mod changes;
mod cli;
mod contract;
mod demo;
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
mod read;
mod rules;
mod systemd;
mod web;
mod websub;
mod world;
