//! The configuration: typed, complete, and checked as a whole before anything starts.
//!
//! Each module defines its own section with defaults and refuses unknown keys. [`layers`] says
//! where values come from and how mistakes get their line number.

mod daemon;
mod error;
mod layers;
mod lists;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::budget::Shares;
use crate::console::ConsoleSettings;
use crate::filing::StorySettings;
use crate::filing::revisit::RevisitSettings;
use crate::http::HttpSettings;
use crate::notices::NotifySettings;
use crate::pipeline::{self, ExtractSettings, RawSettings, SiteSettings};
use crate::polling::schedule::PollSettings;
use crate::polling::websub::WebsubSettings;
use crate::store::embedded::ReaderAccess;
use crate::store::{DatabaseSettings, KeepSettings, Reader, ReadersSettings};
use crate::telemetry::{self, LogSettings};

pub use daemon::DaemonSettings;
pub use error::ConfigError;

const MEGABYTE: u64 = 1_000_000;

/// All settings, one field for each section.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub storage: StorageSettings,
    pub database: DatabaseSettings,
    pub readers: ReadersSettings,
    /// The `[[reader]]` tables.
    pub reader: Vec<Reader>,
    pub feeds: FeedsSettings,
    pub http: HttpSettings,
    pub site: SiteSettings,
    pub poll: PollSettings,
    pub revisit: RevisitSettings,
    pub extract: ExtractSettings,
    pub raw: RawSettings,
    pub keep: KeepSettings,
    pub stories: StorySettings,
    pub daemon: DaemonSettings,
    pub websub: WebsubSettings,
    pub console: ConsoleSettings,
    pub notify: NotifySettings,
    pub log: LogSettings,
    /// The file that was read, if any.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// Section `[storage]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageSettings {
    /// Directory for the embedded database.
    pub dir: PathBuf,
}

impl Default for StorageSettings {
    fn default() -> Self {
        Self { dir: default_storage_dir() }
    }
}

/// Section `[feeds]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedsSettings {
    /// Paths and globs of feed lists. Relative ones start at the configuration file's folder.
    pub files: Vec<String>,
}

impl Default for FeedsSettings {
    fn default() -> Self {
        Self { files: vec!["feeds.toml".to_owned(), "feeds.d/*".to_owned()] }
    }
}

impl Config {
    /// Reads the configuration from `path`, or else from the first default place that has one.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let file = match path {
            Some(path) => Some(path.to_owned()),
            None => layers::default_file(),
        };
        let text = match &file {
            Some(path) => fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { path: path.clone(), source })?,
            None => String::new(),
        };
        if let Some(path) = &file {
            layers::check_file(path, &text)?;
        }
        let mut config = layers::merge(&text, env::var("DATABASE_URL").ok())?;
        config.file = file;
        config.check()?;
        Ok(config)
    }

    /// Reads the same file and environment again.
    pub fn reloaded(&self) -> Result<Self, ConfigError> {
        Self::load(self.file.as_deref())
    }

    /// Checks what types cannot express: values that contradict each other.
    fn check(&self) -> Result<(), ConfigError> {
        let refuse =
            |message: String| Err(ConfigError::Contradiction { place: self.place(), message });
        let poll = &self.poll;
        if poll.min_every > poll.every || poll.every > poll.max_every {
            return refuse(format!(
                "poll.every ({}) must lie between poll.min_every ({}) and poll.max_every ({})",
                humantime::format_duration(poll.every),
                humantime::format_duration(poll.min_every),
                humantime::format_duration(poll.max_every)
            ));
        }
        if self.site.concurrency == 0 {
            return refuse(
                "site.concurrency is 0, so nothing would ever be fetched; write 1 or more"
                    .to_owned(),
            );
        }
        if self.database.url.is_some() && self.database.url_file.is_some() {
            return refuse("database.url and database.url_file are both set; keep one".to_owned());
        }
        if self.daemon.polls == 0 || self.daemon.reads == 0 {
            return refuse("daemon.polls and daemon.reads must be 1 or more".to_owned());
        }
        self.shares()?;
        self.keep.check().or_else(refuse)?;
        for reader in &self.reader {
            reader.check().or_else(refuse)?;
        }
        if self.database.url.is_some() {
            self.database.connect_options().map(drop).or_else(|error| refuse(error.to_string()))?;
        }
        self.notify.check().or_else(refuse)?;
        self.console.check().or_else(refuse)?;
        telemetry::check(&self.log).or_else(|error| refuse(error.to_string()))?;
        if self.websub.max_body_bytes > self.http.max_body_bytes {
            return refuse(format!(
                "websub.max_body_bytes ({} MB) must not be above http.max_body_bytes ({} MB)",
                self.websub.max_body_bytes / MEGABYTE,
                self.http.max_body_bytes / MEGABYTE
            ));
        }
        self.websub.validate().or_else(|error| refuse(error.to_string()))?;
        self.http.validate().or_else(|error| refuse(error.to_string()))
    }

    /// How other programs reach the embedded database.
    #[must_use]
    pub fn reader_access(&self) -> ReaderAccess {
        let runtime = env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from);
        ReaderAccess {
            socket_dir: self.readers.socket_dir.clone().or(runtime),
            group: self.readers.group.clone(),
            listen: self.readers.listen,
            roles: self.reader.iter().map(|reader| reader.name.clone()).collect(),
        }
    }

    /// How the memory is divided.
    pub fn shares(&self) -> Result<Shares, ConfigError> {
        pipeline::shares(self.daemon.memory, &self.http).map_err(|little| {
            let message = format!(
                "daemon.memory ({} MB) is too little: one document of http.max_body_bytes ({} MB) \
                 may need more than all of it; write at least \"{}MB\", or lower \
                 http.max_body_bytes and http.max_wire_bytes",
                little.given / MEGABYTE,
                self.http.max_body_bytes / MEGABYTE,
                little.floor.div_ceil(MEGABYTE)
            );
            ConfigError::Contradiction { place: self.place(), message }
        })
    }

    /// Where settings stand, for error messages.
    fn place(&self) -> String {
        self.file.as_ref().map_or_else(|| "settings".to_owned(), |path| path.display().to_string())
    }
}

/// systemd's state directory, else /var/lib/wiresift for root, else the user's data directory.
fn default_storage_dir() -> PathBuf {
    if let Some(dir) = env::var_os("STATE_DIRECTORY") {
        return PathBuf::from(dir);
    }
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/lib/wiresift");
    }
    let data = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    data.map_or_else(|| PathBuf::from("wiresift-data"), |data| data.join("wiresift"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_shows_the_defaults() {
        let text = include_str!("../../config/wiresift.toml");
        let uncommented: String = text
            .lines()
            .map(|line| line.strip_prefix("#! ").unwrap_or(line))
            .fold(String::new(), |all, line| all + line + "\n");
        let shown: Config = toml::from_str(&uncommented).expect("every key, uncommented, is valid");
        let default = Config { storage: shown.storage.clone(), ..Config::default() };
        assert_eq!(format!("{shown:?}"), format!("{default:?}"));
    }

    #[test]
    fn contradictions_name_the_setting() {
        let config = layers::merge("[websub]\nlisten = \"127.0.0.1:8421\"", None).expect("typed");
        let message = config.check().expect_err("no hub could call").to_string();
        assert!(message.starts_with("settings: websub.callback: "), "{message}");
    }
}
