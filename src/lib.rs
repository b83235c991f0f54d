//! wiresift: a daemon that polls news feeds, reads the pages they point to, keeps only the article of
//! each page, recognises what it already has, and files the result in Postgres for others to consume.
//!
//! # The journey
//!
//! 1. `daemon` wires the parts together and turns two steps in a loop until it is told to stop.
//! 2. The first step, [`ingest`]`::poll`, leases a due [`news::feed`] from the store, fetches it through [`web`],
//!    and turns its bytes into entries. What the visit found out is one value, and one statement records it.
//!    Where a feed names a hub, [`callback`] takes what that delivers, and it is recorded likewise.
//! 3. The second step, `ingest::read`, leases a pending entry, fetches its page, and hands the bytes to [`extract`].
//! 4. [`extract`] is pure: bytes and feed hints in, an article and a reason for every block out.
//! 5. [`news::duplicate`] judges by address and digest, and [`news::kin`] by resemblance: is this article new, a
//!    revision of one we have, or a copy?
//! 6. [`store`] files article, revision, entry state and change row in one transaction.
//! 7. Consumers follow `news.changes`, a log in commit order without holes.
//!
//! # Who may name whom
//!
//! Imports go down only. `tests/it/imports.rs` reads this table and holds the sources to it.
//!
//! ```text
//! main -> commands, config, telemetry
//! commands -> daemon, config, server, pipeline, store, http, filing, feed_list, polling, lease, telemetry, clock, units
//! daemon -> config, server, pipeline, store, http, filing, feed_list, polling, lease, telemetry, clock, units
//! config -> server, pipeline, store, http, filing, feed_list, polling, telemetry, units
//! server -> pipeline, store, filing, polling, lease, clock, units
//! pipeline -> store, http, filing, feed_list, polling, lease, clock, units
//! store -> filing, feed_list, polling, lease, units
//! http -> feed_list, polling, units
//! filing -> polling, lease, units
//! feed_list -> polling, units
//! polling, lease, clock, telemetry -> units
//! units -> nothing
//! ```

pub mod polling;

pub mod filing;

pub mod lease;

pub mod feed_list;

pub mod pipeline;

pub mod http;

pub mod store;

pub mod server;

pub mod daemon;

pub mod commands;

pub mod config;

pub mod telemetry;

pub mod clock;

pub mod units;
