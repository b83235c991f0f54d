//! What somebody could do to the daemon, and what must hold all the same.

mod clock;
mod digest;
mod values;
