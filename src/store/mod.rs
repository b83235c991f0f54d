//! The adapter to Postgres.

pub mod embedded;
