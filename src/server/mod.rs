//! What answers HTTP requests: the console, and the callback of hubs.

pub mod callback;
pub mod console;
