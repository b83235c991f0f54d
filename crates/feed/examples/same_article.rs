//! Compares two addresses: `cargo run --example same_article -- [URL URL]`.
//!
//! Prints for each the plain address, which can be stored and fetched, and the key to compare.

use std::error::Error;

use url::Url;
use wiresift_feed::address::{IdentityKey, canonical};

const SAMPLE: [&str; 2] = [
    "https://www.gazette.example/2026/night-ferry?b=2&a=1&utm_source=rss#comments",
    "http://gazette.example/2026/night-ferry/amp/?a=1&b=2",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut addresses: Vec<String> = std::env::args().skip(1).collect();
    if addresses.is_empty() {
        addresses = SAMPLE.map(str::to_owned).to_vec();
    }
    let mut keys = Vec::new();
    for address in &addresses {
        let url = Url::parse(address)?;
        let key = IdentityKey::of(&url);
        println!("{address}\n  plain  {}\n  key    {}", canonical(&url), key.as_str());
        keys.push(key);
    }
    keys.dedup();
    println!("{}", if keys.len() == 1 { "one article" } else { "different articles" });
    Ok(())
}
