//! Polling: plain values and plain functions. Time and chance are arguments, so every decision is tested with a table.

pub mod discovery;
pub mod failure;
pub mod identity;
pub mod poll;
pub mod rate_limit;
pub mod robots;
pub mod schedule;
pub mod websub;
