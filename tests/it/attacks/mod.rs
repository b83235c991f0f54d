//! Attacks and accidents: one file for each kind, which plays it in earnest.

mod archive;
mod clients;
mod clock;
mod digest;
mod files;
mod locks;
mod memory;
mod readers;
pub(crate) mod rewind;
mod rewind_model;
mod secrets;
mod sites;
mod stalled;
mod values;
