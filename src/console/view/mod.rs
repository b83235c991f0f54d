//! From what the store answers to what a page says: pure functions over plain values.
//!
//! Everything here takes the time as an argument and returns text, numbers and drawings. Text from
//! the web passes through [`format::foreign`], which bounds it.

pub(super) mod accounting;
pub(super) mod consumers;
pub(super) mod event;
pub(super) mod events;
pub(super) mod explain;
pub(super) mod feed;
pub(super) mod feeds;
pub(super) mod format;
pub(super) mod outcomes;
pub(super) mod overview;
pub(super) mod states;
pub(super) mod svg;
