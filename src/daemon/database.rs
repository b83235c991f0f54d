//! The database that the settings name: a server of somebody else, or the embedded cluster.

use std::path::PathBuf;

use crate::config::Config;
use crate::store::Store;
use crate::store::embedded::{Cluster, ClusterSettings};

/// Name of the database in the embedded cluster.
pub const EMBEDDED_DATABASE: &str = "wiresift";

/// Name of a database that a restore has not completed.
pub const RESTORED_DATABASE: &str = "wiresift_restored";

/// Name of a database whose place a restored one has taken.
pub const REPLACED_DATABASE: &str = "wiresift_replaced";

/// Data directory of the embedded cluster.
#[must_use]
pub fn cluster_dir(config: &Config) -> PathBuf {
    config.storage.dir.join("postgres")
}

/// An open database. If it is embedded, this process runs its server.
#[derive(Debug)]
pub struct Database {
    pub store: Store,
    cluster: Option<Cluster>,
}

impl Database {
    /// Opens a pool to `database.url`, or starts the embedded cluster and opens a pool to that.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(options) = config.database.connect_options()? {
            return Ok(Self {
                store: Store::new(options, config.database.connections),
                cluster: None,
            });
        }
        let private = ClusterSettings::private(cluster_dir(config), true);
        let settings = ClusterSettings { readers: config.reader_access(), ..private };
        let cluster = Cluster::start(settings).await?;
        cluster.ensure_database(EMBEDDED_DATABASE).await?;
        // What a restore that was killed has left. It runs no more, since we have the cluster.
        for leftover in [RESTORED_DATABASE, REPLACED_DATABASE] {
            cluster.drop_database(leftover).await?;
        }
        let options = cluster.connect_options(EMBEDDED_DATABASE);
        Ok(Self { store: Store::new(options, config.database.connections), cluster: Some(cluster) })
    }

    /// Closes the pool and stops the embedded cluster.
    pub async fn close(self) -> anyhow::Result<()> {
        self.store.close().await;
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }

    pub(super) fn is_embedded(&self) -> bool {
        self.cluster.is_some()
    }
}
