//! Notices: what an operator has to hear without looking, told once when it begins and once when it
//! is over.
//!
//! [`conditions`] judges the figures of one moment. [`watch`] turns these judgements into notices: a
//! fault has to last before it is told, and has to be over for a while before the all-clear. The
//! state of the watch is in a file ([`file`](mod@file)), not in the database, because the database
//! may be the fault; so a restart repeats nothing. Both are pure and take the time as an argument.
//! The daemon observes, keeps the file and delivers.

pub mod conditions;
pub mod file;
pub mod settings;
pub mod watch;

pub use conditions::Observed;
pub use settings::NotifySettings;
pub use watch::{Notice, Open, Watch};
