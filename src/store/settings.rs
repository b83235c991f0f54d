//! Where the database is: section `[database]`.

use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use crate::units;
use sqlx::postgres::PgConnectOptions;

use crate::store::StoreError;

/// Section `[database]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `postgres://...`. `None`: the embedded database under `storage.dir`.
    pub url: Option<String>,
    /// A file with the URL, for secrets.
    pub url_file: Option<PathBuf>,
    /// Most connections of the daemon.
    #[serde(deserialize_with = "units::number::<1, 10000, _, _>")]
    pub connections: u32,
    /// Whether `run` brings the schema up to date.
    pub migrate: bool,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: None, url_file: None, connections: 16, migrate: true }
    }
}

impl DatabaseSettings {
    /// The address, from either setting. `None`: the embedded database.
    pub fn url(&self) -> Result<Option<String>, StoreError> {
        match (&self.url, &self.url_file) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| StoreError::File { path: path.clone(), source })?;
                Ok(Some(text.trim().to_owned()))
            }
            (None, None) => Ok(None),
        }
    }

    /// How to connect. `None`: the embedded database.
    pub fn connect_options(&self) -> Result<Option<PgConnectOptions>, StoreError> {
        let Some(url) = self.url()? else { return Ok(None) };
        // The URL may contain a password, so it is not in the message.
        let refuse = |reason: &str| {
            StoreError::UnknownSchema(format!(
                "database.url is not a PostgreSQL address ({reason}); \
                 write postgres://USER:PASSWORD@HOST/DATABASE"
            ))
        };
        // The parser accepts any scheme.
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(refuse("it begins with neither postgres:// nor postgresql://"));
        }
        PgConnectOptions::from_str(&url).map(Some).map_err(|error| refuse(&error.to_string()))
    }
}
