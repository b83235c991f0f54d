//! Attacks and accidents: one file for each kind, which plays it in earnest.

mod archive;
mod clock;
mod digest;
mod locks;
mod readers;
mod rewind;
mod rewind_model;
mod secrets;
mod sites;
mod values;
