//! The show: an invented news world on loopback, shared by `wiresift demo`, the tests and the benchmarks.
//!
//! [`world`] plays the internet and imports nothing of the crate, so that what it serves is never bent to fit
//! what reads it.

pub mod world;
