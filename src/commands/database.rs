//! How commands other than `run` reach the database.
//!
//! They connect to `database.url`, or to the embedded database of a running daemon. If no daemon
//! runs, the command starts the embedded database and stops it at the end.

use std::path::Path;

use anyhow::{Context as _, anyhow};

use crate::config::Config;
use crate::daemon::{Database, EMBEDDED_DATABASE, cluster_dir};
use crate::store::Store;
use crate::store::embedded;

/// Size of a command's connection pool.
const CONNECTIONS: u32 = 4;

/// An open database.
pub(super) enum Opened {
    /// Another process runs the server.
    Connected(Store),
    /// This process has started the embedded server.
    Started(Database),
}

impl Opened {
    pub(super) fn store(&self) -> &Store {
        match self {
            Self::Connected(store) => store,
            Self::Started(database) => &database.store,
        }
    }

    /// Disconnects, and stops a server that this process has started.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        match self {
            Self::Connected(store) => {
                store.close().await;
                Ok(())
            }
            Self::Started(database) => database.close().await,
        }
    }
}

/// Opens the database and checks its schema. It does not create one: a query about a database that
/// does not exist usually has the wrong `storage.dir`.
pub(super) async fn open(config: &Config) -> anyhow::Result<Opened> {
    let dir = cluster_dir(config);
    if config.database.url()?.is_none() && !dir.exists() {
        return Err(no_database(&dir));
    }
    let opened = open_unchecked(config).await?;
    if let Opened::Started(database) = &opened {
        database.store.migrate().await?;
    } else {
        opened.store().check_schema().await.context("the database is not ready")?;
    }
    Ok(opened)
}

pub(super) fn no_database(dir: &Path) -> anyhow::Error {
    anyhow!(
        "there is no database in {} yet; `wiresift run` and `wiresift migrate` create one. \
         To use another, set storage.dir or database.url",
        dir.display()
    )
}

/// Opens the database with any schema, and creates the embedded one if it does not exist.
pub(super) async fn open_unchecked(config: &Config) -> anyhow::Result<Opened> {
    if let Some(options) = config.database.connect_options()? {
        return Ok(Opened::Connected(Store::new(options, CONNECTIONS)));
    }
    if let Some(attached) = embedded::attach(&cluster_dir(config))? {
        let options = attached.connect_options(EMBEDDED_DATABASE);
        return Ok(Opened::Connected(Store::new(options, CONNECTIONS)));
    }
    Ok(Opened::Started(Database::open(config).await?))
}
