//! Reads a feed: `cargo run --example read_feed -- [FILE [URL]]`.
//!
//! Prints the entries and the defects that were repaired. `URL` is the feed's address, which
//! relative links are resolved against. Without arguments it reads `examples/feed.xml`.

use std::error::Error;
use std::fs;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_feed::parse;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/feed.xml");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let bytes = fs::read(arguments.next().as_deref().unwrap_or(SAMPLE))?;
    let address = arguments.next().unwrap_or_else(|| "https://gazette.example/feed.xml".to_owned());

    let feed = parse(&bytes, None, &Url::parse(&address)?, now())?;

    println!("{}", feed.title.as_deref().unwrap_or("(no title)"));
    for entry in &feed.entries {
        println!("\n{}", entry.title.as_deref().unwrap_or("(no title)"));
        println!("  key        {}", entry.key.as_str());
        println!("  link       {}", entry.link.as_ref().map_or("-", Url::as_str));
        if let Some(reason) = entry.link_reason {
            println!("  stated as  {}", reason.as_str());
        }
        if let Some(published) = entry.published {
            println!("  published  {published}");
        }
        if !entry.authors.is_empty() {
            println!("  authors    {}", entry.authors.join(", "));
        }
        if let Some(summary) = &entry.summary {
            println!("  summary    {summary}");
        }
    }
    let defects: Vec<&str> = feed.defects.iter().map(|defect| defect.as_str()).collect();
    println!("\nrepaired: {}", defects.join(", "));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the crate has no clock, so its caller needs one")]
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}
