//! Any bytes as JSON-LD, as JSON of a script and as a JSON Feed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wiresift_fuzz::json_ld(bytes));
