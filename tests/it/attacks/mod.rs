//! What hostile sites, feeds and neighbours do, one file a kind of attack.

mod archive;
mod secrets;
mod sites;
