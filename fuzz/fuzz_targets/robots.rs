//! Any bytes as a robots.txt.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wiresift_fuzz::robots(bytes));
