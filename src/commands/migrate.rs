//! `wiresift migrate`.

use std::process::ExitCode;

use crate::commands::database::open_unchecked;
use crate::commands::print;
use crate::config::Config;

pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open_unchecked(config).await?;
    let migrated = opened.store().migrate().await;
    opened.close().await?;
    migrated?;
    print("the schema is up to date\n")?;
    Ok(ExitCode::SUCCESS)
}
