//! Feeds as the world writes them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod damage;
mod dialects;
mod entries;
mod hostile;
mod links;
mod specimens;
mod together;
