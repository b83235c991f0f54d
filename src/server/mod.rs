//! What answers HTTP requests: health and metrics for the operator, and the callback for WebSub
//! hubs.

pub mod callback;
pub mod console;
pub mod figures;
mod listener;
mod negotiate;
mod process;
