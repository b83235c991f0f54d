//! `wiresift restore`: a backup becomes the database.
//!
//! The embedded database is restored beside the present one and takes its name when it is complete,
//! in one transaction. So a backup that is damaged, or a restore that is killed, changes nothing. A
//! database of another server must be empty, and is restored in one transaction.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::ProgressBar;

use crate::commands::pg_program::{Target, progress, write_to};
use crate::commands::print;
use crate::config::Config;
use crate::daemon::{EMBEDDED_DATABASE, REPLACED_DATABASE, RESTORED_DATABASE, cluster_dir};
use crate::store::Store;
use crate::store::embedded::{Cluster, ClusterSettings, find_client};

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The backup; - for standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Replace an embedded database that has news. The old one stays until the new one is complete
    #[arg(long)]
    replace: bool,
}

/// What a backup begins with.
const MAGIC: &[u8; 5] = b"PGDMP";

pub(super) async fn run(args: &RestoreArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let input = Input::open(&args.file)?;
    if let Some(url) = config.database.url()? {
        if args.replace {
            bail!(
                "--replace works for the embedded database only; create an empty database on your \
                 server, and name it in database.url"
            );
        }
        into_server(input, &url, config).await?;
    } else {
        into_cluster(input, args.replace, config).await?;
    }
    print(
        "restored; consumers that have read further than the backup will be told to start anew\n",
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn into_server(input: Input, url: &str, config: &Config) -> anyhow::Result<()> {
    let Some(options) = config.database.connect_options()? else { return Ok(()) };
    let store = Store::patient(options);
    if store.has_schema().await? {
        bail!(
            "the database of database.url is not empty: it has a schema news or wiresift. Stop the \
             daemons that use it, create an empty database, and name that in database.url"
        );
    }
    let dir = find_client("pg_restore", store.server_major().await?)?;
    store.create_reader_role().await?;
    let mut command = Target::server(url)?.command(&dir.join("pg_restore"));
    command.arg("--single-transaction");
    load(command, input).await?;
    store.migrate().await?;
    store.complete_restore(None).await?;
    store.close().await;
    Ok(())
}

async fn into_cluster(input: Input, replace: bool, config: &Config) -> anyhow::Result<()> {
    // Readers wait outside until the daemon starts again.
    let settings = ClusterSettings::private(cluster_dir(config), true);
    let cluster = match Cluster::start(settings).await {
        Ok(cluster) => cluster,
        Err(error) if error.is_in_use() => {
            return Err(anyhow::Error::new(error).context("a restore needs the database alone"));
        }
        Err(error) => return Err(error.into()),
    };
    let restored = into_running(&cluster, input, replace).await;
    let stopped = cluster.stop().await;
    restored?;
    Ok(stopped?)
}

async fn into_running(cluster: &Cluster, input: Input, replace: bool) -> anyhow::Result<()> {
    cluster.ensure_database(EMBEDDED_DATABASE).await?;
    for leftover in [RESTORED_DATABASE, REPLACED_DATABASE] {
        cluster.drop_database(leftover).await?;
    }
    let present = Store::patient(cluster.connect_options(EMBEDDED_DATABASE));
    if !replace && present.has_news().await? {
        bail!(
            "the database in {} has news already; to replace it by the backup, add --replace",
            cluster.dir().display()
        );
    }
    let generation = present.generation().await?;
    present.close().await;

    cluster.ensure_database(RESTORED_DATABASE).await?;
    let store = Store::patient(cluster.connect_options(RESTORED_DATABASE));
    let filled = fill(cluster, &store, input, generation).await;
    store.close().await;
    if let Err(error) = filled {
        cluster.drop_database(RESTORED_DATABASE).await?;
        return Err(error.context("nothing was changed"));
    }
    cluster.exchange_databases(RESTORED_DATABASE, EMBEDDED_DATABASE, REPLACED_DATABASE).await?;
    cluster.drop_database(REPLACED_DATABASE).await?;
    Ok(())
}

async fn fill(
    cluster: &Cluster,
    store: &Store,
    input: Input,
    generation: Option<i32>,
) -> anyhow::Result<()> {
    store.create_reader_role().await?;
    let target = Target::embedded(cluster.url(RESTORED_DATABASE));
    load(target.command(&cluster.bin_dir().join("pg_restore")), input).await?;
    if !store.has_schema().await? {
        bail!("this is a dump of another database, without the schema wiresift");
    }
    store.migrate().await?;
    store.complete_restore(generation).await?;
    Ok(())
}

async fn load(mut command: Command, mut input: Input) -> anyhow::Result<()> {
    command.args(["--exit-on-error", "--no-owner", "--no-password"]);
    tokio::task::spawn_blocking(move || {
        let bar = input.progress()?;
        write_to(&mut command, &mut input, &bar).map_err(explained)?;
        bar.finish_and_clear();
        Ok(())
    })
    .await?
}

/// Adds what to do about the two refusals that have a remedy.
fn explained(error: anyhow::Error) -> anyhow::Error {
    let said = error.to_string();
    if said.contains("unsupported version") {
        return error.context(
            "the backup was made by a newer pg_dump; install that version of PostgreSQL here",
        );
    }
    if said.contains("role \"") && said.contains("does not exist") {
        return error.context(
            "the backup gives rights to a role that this server does not have; create it \
             (`wiresift psql -c 'CREATE ROLE name'`) and restore again",
        );
    }
    error.context("the restore failed")
}

/// The backup, from its beginning.
struct Input {
    from: Box<dyn Read + Send>,
    bytes: Option<u64>,
}

impl Input {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let (mut from, bytes): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
            (Box::new(io::stdin()), None)
        } else {
            let failed = || format!("cannot read {}", path.display());
            let file = File::open(path).with_context(failed)?;
            let bytes = file.metadata().with_context(failed)?.len();
            (Box::new(file), Some(bytes))
        };
        let mut magic = Vec::new();
        from.by_ref()
            .take(MAGIC.len() as u64)
            .read_to_end(&mut magic)
            .with_context(|| format!("cannot read {}", path.display()))?;
        if magic != MAGIC {
            bail!("{} is not a backup that `wiresift backup` has written", path.display());
        }
        Ok(Self { from: Box::new(Cursor::new(magic).chain(from)), bytes })
    }

    fn progress(&self) -> anyhow::Result<ProgressBar> {
        let template = match self.bytes {
            Some(_) => "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {elapsed}",
            None => "{spinner} {bytes} read, {bytes_per_sec}, {elapsed}",
        };
        progress(template, self.bytes)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.from.read(buffer)
    }
}
