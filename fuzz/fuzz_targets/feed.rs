//! Any bytes as a feed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wiresift_fuzz::feed(bytes));
