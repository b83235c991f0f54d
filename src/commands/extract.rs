//! stub
use chrono::{DateTime, Utc};
use clap::Args;
use std::io::Write;
use url::Url;
/// a
#[derive(Debug, Args)]
pub struct ExtractArgs {}
/// r
pub fn run(
    _: &ExtractArgs,
    _: &mut impl Write,
    _: DateTime<Utc>,
    _: &dyn Fn(&Url) -> anyhow::Result<(Vec<u8>, Option<String>, Url)>,
) -> anyhow::Result<bool> {
    Ok(true)
}
