//! What answers HTTP requests of programs: health and metrics, and the callback for WebSub hubs. And
//! the listener that the console has too.

pub mod callback;
pub mod figures;
pub mod health;
pub mod listener;
mod negotiate;
mod process;
