//! The integration tests: one binary, one embedded Postgres for all of them, one file per promise.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod harness;

mod cli;
mod demo;
mod embedded;
mod extract;
mod feeds;
mod imports;
mod read;
mod systemd;
mod web;
mod world;
