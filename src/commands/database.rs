//! The database as commands other than `run` reach it.
//!
//! With `database.url` that is a connection. The embedded database is joined where a daemon runs it, and started
//! for the length of the command where none does.

use std::path::Path;

use anyhow::{Context as _, anyhow};

use crate::config::Config;
use crate::daemon::{Database, EMBEDDED_DATABASE, cluster_dir};
use crate::store::Store;
use crate::store::embedded;

/// Connections of a command.
const CONNECTIONS: u32 = 4;

/// An open database.
pub(super) enum Opened {
    /// Somebody else runs it.
    Joined(Store),
    /// We do.
    Started(Database),
}

impl Opened {
    /// The ledger.
    pub(super) fn store(&self) -> &Store {
        match self {
            Self::Joined(store) => store,
            Self::Started(database) => &database.store,
        }
    }

    /// Lets go.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        match self {
            Self::Joined(store) => {
                store.close().await;
                Ok(())
            }
            Self::Started(database) => database.close().await,
        }
    }
}

/// Opens the database and checks its schema. Nothing is made: a question about a database that does not exist is
/// asked in the wrong place.
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

/// Where there is none, and what to do about it.
pub(super) fn no_database(dir: &Path) -> anyhow::Error {
    anyhow!(
        "there is no database in {} yet: `wiresift run` and `wiresift migrate` make one; another place is named by \
         storage.dir, another server by database.url",
        dir.display()
    )
}

/// Opens the database whatever its schema.
pub(super) async fn open_unchecked(config: &Config) -> anyhow::Result<Opened> {
    if let Some(options) = config.database.connect_options()? {
        return Ok(Opened::Joined(Store::new(options, CONNECTIONS)));
    }
    if let Some(attached) = embedded::attach(&cluster_dir(config))? {
        let options = attached.connect_options(EMBEDDED_DATABASE);
        return Ok(Opened::Joined(Store::new(options, CONNECTIONS)));
    }
    Ok(Opened::Started(Database::open(config).await?))
}
