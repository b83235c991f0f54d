//! Attacks and accidents: one file for each kind, which plays it in earnest.

mod locks;
mod readers;
mod rewind;
mod rewind_model;
