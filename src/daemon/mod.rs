//! The life of the process.

pub mod systemd;
