//! The commands of the CLI, one file each.

pub mod extract;
