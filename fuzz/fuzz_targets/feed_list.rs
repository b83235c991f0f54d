//! Any bytes as a feed list of each format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wiresift_fuzz::feed_list(bytes));
