//! Any bytes as a byline, in all places of a page where one is read.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wiresift_fuzz::names(bytes));
