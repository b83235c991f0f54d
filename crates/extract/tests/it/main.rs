//! Extraction as its users see it: bytes of a page in, an article with reasons out.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod corpora;
mod extract;
mod flat;
mod hostile;
mod markup;
mod memory;
