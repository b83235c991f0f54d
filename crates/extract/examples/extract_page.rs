//! Extracts the article of a page: `cargo run --example extract_page -- [FILE [URL]]`.
//!
//! Prints the metadata, the text, and the blocks that were removed with the reason for each.
//! Without arguments it reads `examples/page.html`.

use std::error::Error;
use std::fs;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_extract::{Hints, Limits, Model, Page, extract};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/page.html");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let bytes = fs::read(arguments.next().as_deref().unwrap_or(SAMPLE))?;
    let url = arguments.next().map(|text| Url::parse(&text)).transpose()?;

    let page = Page { bytes: &bytes, url: url.as_ref(), content_type: None };
    let found = extract(Model::embedded()?, &page, &Hints::default(), now(), &Limits::default());

    let article = &found.article;
    println!("title:     {}", article.title);
    println!("byline:    {}", article.byline.join(", "));
    println!("language:  {}", article.language.as_deref().unwrap_or("-"));
    if let Some(published) = &article.published {
        println!("published: {} ({})", published.local(), published.source.as_str());
    }
    println!("kind:      {}, quality {:.2}", article.kind.as_str(), article.quality);
    println!("\n{}\n", article.text());

    println!("removed:");
    for removed in found.removed() {
        println!("  {:<20} {}", removed.reason, removed.text.replace('\n', " "));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the crate has no clock, so its caller needs one")]
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}
