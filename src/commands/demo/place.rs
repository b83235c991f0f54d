//! The demo's directory: a configuration, a feed list and the database.
//!
//! The configuration is a real file, so that all other commands work on the demo with `--config`.
//! The demo itself ignores the environment and the machine's own configuration, so that it can
//! never touch a real database.

use std::env;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::commands::demo::POLL_EVERY;
use crate::config::Config;
use crate::feed_list::{self, FeedSpec, Origin};
use crate::polling::schedule::PollIntervals;
use crate::store::embedded;
use wiresift_demo_world::FeedOfWorld;
use wiresift_feed::address::FeedUrl;

/// The user of the PostgreSQL server must be able to pass through.
const MODE: u32 = 0o711;

#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
    /// Where the database is: `dir`, or another directory if the server's user cannot reach that.
    storage: PathBuf,
    kept: bool,
    text: String,
}

impl Place {
    /// Creates the directory `asked`, or a temporary one, and writes the configuration.
    pub(super) fn make(
        asked: Option<&Path>,
        feeds: &[FeedOfWorld],
        once: bool,
    ) -> anyhow::Result<Self> {
        let dir = match asked {
            Some(dir) => named(dir)?,
            None => fresh()?,
        };
        let storage = storage_dir(&dir)?;
        let console = if once { "off".to_owned() } else { free_address().to_string() };
        let text = configuration(&storage, &console);
        let place = Self { dir, storage, kept: asked.is_some(), text };
        let written = write(&place.config_file(), &place.text)
            .and_then(|()| write(&place.dir.join("feeds.toml"), &feed_list(feeds)?));
        if let Err(error) = written {
            place.leave()?;
            return Err(error);
        }
        Ok(place)
    }

    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let mut config: Config = toml::from_str(&self.text)?;
        config.file = Some(self.config_file());
        Ok(config)
    }

    pub(super) fn config_file(&self) -> PathBuf {
        self.dir.join("wiresift.toml")
    }

    /// Whether the directory stays when the demo ends.
    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }

    /// Whether the database is gone by the time the report can be read.
    pub(super) fn is_gone_after(&self, once: bool) -> bool {
        once && !self.kept
    }

    /// Removes the directories, unless they are to be kept.
    pub(super) fn leave(&self) -> anyhow::Result<()> {
        if self.kept {
            return Ok(());
        }
        for dir in [&self.dir, &self.storage] {
            match fs::remove_dir_all(dir) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", dir.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn named(dir: &Path) -> anyhow::Result<PathBuf> {
    let dir = std::path::absolute(dir).with_context(|| format!("--dir {}", dir.display()))?;
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; name a new directory, or remove this one", dir.display());
    }
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(MODE)
        .create(&dir)
        .with_context(|| format!("cannot create {}", dir.display()))?;
    Ok(dir)
}

fn fresh() -> anyhow::Result<PathBuf> {
    let parent = env::temp_dir();
    for _ in 0..100 {
        let dir = parent.join(format!("wiresift-demo-{:08x}", rand::random::<u32>()));
        match fs::DirBuilder::new().mode(MODE).create(&dir) {
            Ok(()) => {
                // The umask may have removed bits of the mode.
                fs::set_permissions(&dir, fs::Permissions::from_mode(MODE))?;
                return Ok(dir);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot create {}", dir.display()));
            }
        }
    }
    bail!("cannot create a directory in {}", parent.display())
}

/// `dir`, or another directory if the server's user cannot reach it: root runs the server as
/// another user, who may not be allowed into `dir`.
fn storage_dir(dir: &Path) -> anyhow::Result<PathBuf> {
    let preferred = dir.join("postgres");
    let reachable = embedded::reachable_dir(&preferred)?;
    Ok(if reachable == preferred { dir.to_owned() } else { reachable })
}

/// The console's default address, or another port if a daemon already listens there.
fn free_address() -> SocketAddr {
    let default = Config::default().console.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    let bound = TcpListener::bind(default)
        .or_else(|_| TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))))
        .and_then(|listener| listener.local_addr());
    bound.unwrap_or(default)
}

fn configuration(storage: &Path, console: &str) -> String {
    let storage = toml::Value::from(storage.display().to_string());
    let every = humantime::format_duration(POLL_EVERY);
    format!(
        "# Settings of the demo: everything on this machine, with short pauses.\n\
         # Not for the internet.\n\
         \n[storage]\ndir = {storage}\n\
         \n[feeds]\nfiles = [\"feeds.toml\"]\n\
         \n[http]\nallow_networks = [\"127.0.0.0/8\"]\n\
         \n[site]\nspacing = \"10ms\"\nretries = 2\nretry_pause = \"200ms\"\n\
         \n[poll]\nevery = \"{every}\"\nmin_every = \"{every}\"\nmax_every = \"{every}\"\n\
         \n[console]\nlisten = \"{console}\"\nactions = true\n\
         \n[log]\nlevel = \"warn\"\n"
    )
}

fn feed_list(feeds: &[FeedOfWorld]) -> anyhow::Result<String> {
    let spec = |(line, feed): (usize, &FeedOfWorld)| {
        Ok(FeedSpec {
            url: FeedUrl::parse(&feed.url)?,
            name: Some(feed.name.clone()),
            tags: feed.tags.clone(),
            intervals: PollIntervals::default(),
            enabled: true,
            origin: Origin { file: "feeds.toml".to_owned(), line },
        })
    };
    let specs: anyhow::Result<Vec<FeedSpec>> = feeds.iter().enumerate().map(spec).collect();
    Ok(feed_list::write_toml(&specs?))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
