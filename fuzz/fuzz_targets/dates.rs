//! Any bytes as a date, alone, in a feed and in a page.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wiresift_fuzz::dates(bytes));
