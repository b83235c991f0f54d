//! stub
use crate::config::Config;
use clap::Args;
use std::process::ExitCode;
/// a
#[derive(Debug, Args)]
pub(super) struct DemoArgs {}
pub(super) async fn run(_: &DemoArgs, _: Config) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
