//! The nouns: what the news is. Everything here is plain values and plain functions over them.
//!
//! No async, no IO, no clock, no SQL, no HTTP client: time and chance are arguments, so every decision can be
//! tested with a table of cases. A Feed is polled; a [`poll::Poll`] is all that one visit found out; an
//! [`entry::Entry`] is one item as a feed tells it; an [`article::Article`] is the clean result of reading its
//! page; a [`duplicate::Verdict`] says what the article is to those we have.

pub mod address;
pub mod article;
pub mod cluster;
pub mod copy;
pub mod domain;
pub mod duplicate;
pub mod entry;
pub mod failure;
pub mod feed;
pub mod feedlist;
pub mod fingerprint;
pub mod identity;
pub mod kin;
pub mod neighbours;
pub mod poll;
pub mod provenance;
pub mod revision;
pub mod revisit;
pub mod rights;
pub mod robots;
pub mod schedule;
pub mod search;
pub mod story;
pub mod throttle;
pub mod websub;
