//! `wiresift psql`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::commands::database::no_database;
use crate::config::Config;
use crate::daemon::{EMBEDDED_DATABASE, cluster_dir};
use crate::store::embedded::{self, Cluster, ClusterSettings};

#[derive(Debug, Args)]
pub(super) struct PsqlArgs {
    /// Arguments for psql, such as -c 'SELECT count(*) FROM news.articles'
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(super) async fn run(args: &PsqlArgs, config: &Config) -> anyhow::Result<ExitCode> {
    if let Some(url) = config.database.url()? {
        return psql(PathBuf::from("psql"), &url, args).await;
    }
    let dir = cluster_dir(config);
    if !dir.exists() {
        return Err(no_database(&dir));
    }
    if let Some(attached) = embedded::attach(&dir)? {
        return psql(attached.bin_dir().join("psql"), &attached.url(EMBEDDED_DATABASE), args).await;
    }
    // No daemon runs the server, so it runs as long as psql does.
    let cluster = Cluster::start(ClusterSettings::private(dir, true)).await?;
    cluster.ensure_database(EMBEDDED_DATABASE).await?;
    let ended = psql(cluster.bin_dir().join("psql"), &cluster.url(EMBEDDED_DATABASE), args).await;
    cluster.stop().await?;
    ended
}

async fn psql(program: PathBuf, url: &str, args: &PsqlArgs) -> anyhow::Result<ExitCode> {
    let status = tokio::process::Command::new(&program)
        .arg(url)
        .args(&args.args)
        .status()
        .await
        .with_context(|| {
            format!("cannot run {}; is the package postgresql-client installed?", program.display())
        })?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}
