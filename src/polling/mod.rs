//! Polling decisions as pure functions over plain values. Time and chance are arguments, so a table
//! of cases can test every decision.

pub mod discovery;
pub mod failure;
pub mod identity;
pub mod poll;
pub mod rate_limit;
pub mod robots;
pub mod schedule;
pub mod websub;
