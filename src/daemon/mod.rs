//! The life of the process: start, supervise, stop.
//!
//! The long-lived loops run in one set. The first loop that ends, by return or by panic, ends the
//! process, and systemd starts it again. An unreachable database ends nothing: at the start the
//! daemon waits for it and reports READY after some seconds all the same, and later every loop keeps
//! running and tries again.

pub mod control;
pub mod heartbeat;
pub mod monitor;
pub mod retention;
pub mod systemd;

mod database;
mod housekeeping;
mod loops;
mod open_files;
mod prepare;
mod run;
mod shutdown;
mod supervise;
mod worker;

pub use database::{
    Database, EMBEDDED_DATABASE, REPLACED_DATABASE, RESTORED_DATABASE, cluster_dir,
};
pub use run::{Mode, pipeline_with_rules, run, run_by};
