//! Where the demo lives: a directory with a configuration, a feed list and the database.
//!
//! The configuration is a real file, so that every other command works on the demo with `--config`. The demo itself
//! reads nothing but that text: neither the environment nor a configuration of the machine may send it to a database
//! that somebody needs.

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

/// The server's user has to pass through, whoever that is.
const MODE: u32 = 0o711;

/// The directory, made and filled.
#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
    /// Where the database is: `dir`, or where its server can get to.
    storage: PathBuf,
    kept: bool,
    text: String,
}

impl Place {
    /// Makes the directory, `asked` or a fresh temporary one, and writes the configuration.
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

    /// The settings, from the text of the file and nothing else.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let mut config: Config = toml::from_str(&self.text)?;
        config.file = Some(self.config_file());
        Ok(config)
    }

    /// For `--config`.
    pub(super) fn config_file(&self) -> PathBuf {
        self.dir.join("wiresift.toml")
    }

    /// Whether it outlives the demo.
    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }

    /// Whether whoever reads the report comes too late to look at it.
    pub(super) fn is_gone_after(&self, once: bool) -> bool {
        once && !self.kept
    }

    /// Removes what was made, unless it is to be kept.
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
        bail!(
            "{} is not empty: each demo begins anew, so name a new directory or remove this one",
            dir.display()
        );
    }
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(MODE)
        .create(&dir)
        .with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

fn fresh() -> anyhow::Result<PathBuf> {
    let parent = env::temp_dir();
    for _ in 0..100 {
        let dir = parent.join(format!("wiresift-demo-{:08x}", rand::random::<u32>()));
        match fs::DirBuilder::new().mode(MODE).create(&dir) {
            Ok(()) => {
                // Whatever the umask took away.
                fs::set_permissions(&dir, fs::Permissions::from_mode(MODE))?;
                return Ok(dir);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot make {}", dir.display()));
            }
        }
    }
    bail!("cannot make a new directory in {}", parent.display())
}

/// The database goes into `dir`, unless the server's user cannot get there (root, below a closed directory).
fn storage_dir(dir: &Path) -> anyhow::Result<PathBuf> {
    let preferred = dir.join("postgres");
    let reachable = embedded::reachable_dir(&preferred)?;
    Ok(if reachable == preferred { dir.to_owned() } else { reachable })
}

/// The usual address of the console, or another port where a daemon has that one already.
fn free_address() -> SocketAddr {
    let usual = Config::default().console.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    let bound = TcpListener::bind(usual)
        .or_else(|_| TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))))
        .and_then(|listener| listener.local_addr());
    bound.unwrap_or(usual)
}

fn configuration(storage: &Path, console: &str) -> String {
    let storage = toml::Value::from(storage.display().to_string());
    let every = humantime::format_duration(POLL_EVERY);
    format!(
        "# The settings of a demo: everything on this machine, and in a hurry. Not for the internet.\n\
         \n[storage]\ndir = {storage}\n\
         \n[feeds]\nfiles = [\"feeds.toml\"]\n\
         \n[http]\nallow_networks = [\"127.0.0.0/8\"]\n\
         \n[site]\nspacing = \"10ms\"\nretries = 2\nretry_pause = \"200ms\"\n\
         \n[poll]\nevery = \"{every}\"\nmin_every = \"{every}\"\nmax_every = \"{every}\"\n\
         \n[console]\nlisten = \"{console}\"\n\
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
