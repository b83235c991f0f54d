//! The configuration: file and environment, typed, complete, and refused before anything starts.
//!
//! Each room defines its own section with defaults and refuses keys it does not know. The file is first read by
//! itself, so that a mistake is reported with its line; then the layers are put together: defaults, file,
//! `WIRESIFT__SECTION__KEY`, and `DATABASE_URL` for `database.url`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{Environment, FileFormat};
use serde::Deserialize;

use crate::daemon::DaemonSettings;
use crate::feed_list::{self, FeedSpec, ListFormat, SiteSpec};
use crate::filing::StorySettings;
use crate::filing::revisit::RevisitSettings;
use crate::http::{Accesses, HttpSettings};
use crate::pipeline::{ExtractSettings, RawSettings, SiteSettings};
use crate::polling::schedule::PollSettings;
use crate::polling::websub::WebsubSettings;
use crate::server::console::ConsoleSettings;
use crate::store::{DatabaseSettings, ListedFeed};
use crate::telemetry::{self, LogSettings};
use wiresift_feed::address::Host;

/// All settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the daemon keeps files.
    pub storage: StorageSettings,
    /// Where the database is.
    pub database: DatabaseSettings,
    /// Which feeds.
    pub feeds: FeedsSettings,
    /// How the web is spoken to.
    pub http: HttpSettings,
    /// How sites are treated.
    pub site: SiteSettings,
    /// How often feeds are polled.
    pub poll: PollSettings,
    /// When articles are read again.
    pub revisit: RevisitSettings,
    /// What extraction may use.
    pub extract: ExtractSettings,
    /// How long pages are kept.
    pub raw: RawSettings,
    /// How articles are put into stories.
    pub stories: StorySettings,
    /// How much is done at once.
    pub daemon: DaemonSettings,
    /// How hubs are subscribed to.
    pub websub: WebsubSettings,
    /// Health and metrics over HTTP.
    pub console: ConsoleSettings,
    /// What is logged, and how.
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
    /// Paths and globs of feed lists; relative ones start at the configuration file's folder.
    pub files: Vec<String>,
}

impl Default for FeedsSettings {
    fn default() -> Self {
        Self { files: vec!["feeds.toml".to_owned(), "feeds.d/*".to_owned()] }
    }
}

/// Why the configuration is refused. Every variant says what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{path}: cannot be read: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file says something we do not understand.
    #[error("{path}:{line}: {message}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// An environment variable, or the sum of all layers, is wrong.
    #[error("the environment (WIRESIFT__SECTION__KEY or DATABASE_URL): {0}")]
    Environment(String),
    /// Two settings that do not go together.
    #[error("{place}: {message}")]
    Contradiction {
        /// Where.
        place: String,
        /// What, and what would be right.
        message: String,
    },
    /// A feed list is wrong.
    #[error(transparent)]
    List(#[from] feed_list::ListError),
    /// A pattern of `feeds.files` is none.
    #[error("feeds.files: `{pattern}` is no path or glob: {reason}")]
    Pattern {
        /// As written.
        pattern: String,
        /// Why.
        reason: String,
    },
}

impl Config {
    /// Reads the configuration: from `path`, or else from the first place that has one.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let file = match path {
            Some(path) => Some(path.to_owned()),
            None => find(),
        };
        let text = match &file {
            Some(path) => fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { path: path.clone(), source })?,
            None => String::new(),
        };
        if let Some(path) = &file {
            check_file(path, &text)?;
        }
        let mut config = layered(&text, env::var("DATABASE_URL").ok())?;
        config.file = file;
        config.check()?;
        Ok(config)
    }

    /// Reads the same configuration again.
    pub fn reloaded(&self) -> Result<Self, ConfigError> {
        Self::load(self.file.as_deref())
    }

    /// What the types cannot say.
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
        if self.database.url.is_some() {
            self.database.connect_options().map(drop).or_else(|error| refuse(error.to_string()))?;
        }
        telemetry::check(&self.log).or_else(|error| refuse(error.to_string()))?;
        self.websub.validate().or_else(|error| refuse(error.to_string()))?;
        self.http.validate().or_else(|error| refuse(error.to_string()))
    }

    fn place(&self) -> String {
        self.file.as_ref().map_or_else(|| "settings".to_owned(), |path| path.display().to_string())
    }

    /// The folder that relative paths of feed lists start at.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        self.file
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(|| PathBuf::from("config"), Path::to_owned)
    }

    /// The files of the feed list, in order. A plain path must exist, a glob may match nothing.
    pub fn feed_files(&self) -> Result<Vec<PathBuf>, ConfigError> {
        let mut files = Vec::new();
        for pattern in &self.feeds.files {
            let full = self.base().join(pattern);
            let refuse = |reason: String| ConfigError::Pattern { pattern: pattern.clone(), reason };
            if !pattern.contains(['*', '?', '[']) {
                files.push(full);
                continue;
            }
            let paths =
                glob::glob(&full.to_string_lossy()).map_err(|error| refuse(error.to_string()))?;
            for path in paths {
                let path = path.map_err(|error| refuse(error.to_string()))?;
                if path.is_file() && ListFormat::of_file(&path.to_string_lossy()).is_some() {
                    files.push(path);
                }
            }
        }
        Ok(files)
    }

    /// The feed list: all files, read and put together.
    pub fn feed_list(&self) -> Result<Vec<FeedSpec>, ConfigError> {
        let (mut lists, mut groups) = (Vec::new(), Vec::new());
        for path in self.feed_files()? {
            let text = self.read_list(&path)?;
            let format = ListFormat::of_file(&path.to_string_lossy()).unwrap_or(ListFormat::Plain);
            if format == ListFormat::Toml {
                groups.extend(feed_list::parse_groups(&path.display().to_string(), &text)?);
            }
            lists.push(feed_list::parse_list(&path.display().to_string(), &text, format)?);
        }
        let mut feeds = feed_list::merge(lists)?;
        feed_list::join_groups(&mut feeds, &groups)?;
        Ok(feeds)
    }

    /// The rules for single sites, from all lists in TOML. A list that is missing is not missed here: whoever polls
    /// reads it as a list of feeds and says so, and pages can be extracted without any.
    pub fn site_rules(&self) -> Result<Vec<SiteSpec>, ConfigError> {
        Ok(feed_list::merge_sites(self.toml_lists(feed_list::parse_sites)?)?)
    }

    /// What single feeds and hosts want with a request, from all lists in TOML, with the secrets read.
    pub fn accesses(&self) -> Result<Accesses, ConfigError> {
        let specs = feed_list::merge_access(self.toml_lists(feed_list::parse_access)?)?;
        let credentials = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Ok(Accesses::load(&specs, credentials.as_deref())?)
    }

    /// What `parse` finds in each list in TOML that is there.
    fn toml_lists<T>(
        &self,
        parse: impl Fn(&str, &str) -> Result<Vec<T>, feed_list::ListError>,
    ) -> Result<Vec<Vec<T>>, ConfigError> {
        let mut lists = Vec::new();
        for path in self.feed_files()? {
            if ListFormat::of_file(&path.to_string_lossy()) == Some(ListFormat::Toml)
                && path.is_file()
            {
                lists.push(parse(&path.display().to_string(), &self.read_list(&path)?)?);
            }
        }
        Ok(lists)
    }

    fn read_list(&self, path: &Path) -> Result<String, ConfigError> {
        fs::read_to_string(path).map_err(|error| ConfigError::Contradiction {
            place: self.place(),
            message: format!(
                "feeds.files names {}, which cannot be read ({error}); write that list, or name another",
                path.display()
            ),
        })
    }

    /// The feed list as the ledger takes it.
    pub fn listed_feeds(&self) -> Result<Vec<ListedFeed>, ConfigError> {
        let seconds = |term: Option<Duration>| {
            term.map(|term| i64::try_from(term.as_secs()).unwrap_or(MOST_SECONDS).min(MOST_SECONDS))
        };
        let listed = self.feed_list()?.into_iter().filter_map(|spec| {
            let host = Host::of(spec.url.as_url())?;
            Some(ListedFeed {
                url: spec.url.as_str().to_owned(),
                host: host.as_str().to_owned(),
                name: spec.name,
                tags: spec.tags,
                every_s: seconds(spec.intervals.every),
                min_every_s: seconds(spec.intervals.min_every),
                max_every_s: seconds(spec.intervals.max_every),
            })
        });
        Ok(listed.collect())
    }
}

/// Longest interval of a feed list that is kept as it is: a year, in seconds.
const MOST_SECONDS: i64 = 365 * 24 * 3600;

/// The first place that has a configuration file.
fn find() -> Option<PathBuf> {
    if let Some(path) = env::var_os("WIRESIFT_CONFIG") {
        return Some(PathBuf::from(path));
    }
    ["config/wiresift.toml", "/etc/wiresift/wiresift.toml"]
        .iter()
        .map(PathBuf::from)
        .find(|path| path.is_file())
}

/// Reads the file by itself, for errors with their line.
fn check_file(path: &Path, text: &str) -> Result<(), ConfigError> {
    toml::from_str::<Config>(text).map(|_| ()).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        ConfigError::File {
            path: path.to_owned(),
            line,
            message: error.message().trim().to_owned(),
        }
    })
}

fn layered(text: &str, database_url: Option<String>) -> Result<Config, ConfigError> {
    let environment = Environment::with_prefix("WIRESIFT")
        .prefix_separator("__")
        .separator("__")
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("feeds.files")
        .with_list_parse_key("http.allow_networks")
        .with_list_parse_key("revisit.after");
    let refuse = |error: config::ConfigError| ConfigError::Environment(error.to_string());
    let mut builder = config::Config::builder()
        .add_source(config::File::from_str(text, FileFormat::Toml))
        .add_source(environment);
    if let Some(url) = database_url.filter(|url| !url.is_empty()) {
        builder = builder.set_override("database.url", url).map_err(refuse)?;
    }
    builder.build().and_then(config::Config::try_deserialize).map_err(refuse)
}

/// systemd's state directory, the usual one for root, or the user's own.
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

    fn refused(text: &str) -> String {
        let path = Path::new("wiresift.toml");
        check_file(path, text).expect_err("is wrong").to_string()
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let message = refused("[site]\nspacing = \"1s\"\nspaceing = \"2s\"\n");
        assert!(
            message.starts_with("wiresift.toml:3: unknown field `spaceing`, expected one of"),
            "{message}"
        );
        let message = refused("\n[poll]\nevery = \"soon\"\n");
        assert!(message.starts_with("wiresift.toml:3: "), "{message}");
    }

    #[test]
    fn the_shipped_file_shows_the_defaults() {
        let text = include_str!("../config/wiresift.toml");
        let uncommented: String = text
            .lines()
            .map(|line| line.strip_prefix("#! ").unwrap_or(line))
            .fold(String::new(), |all, line| all + line + "\n");
        let shown: Config = toml::from_str(&uncommented).expect("every key, uncommented, is valid");
        let default = Config {
            storage: shown.storage.clone(),
            database: shown.database.clone(),
            ..Config::default()
        };
        assert_eq!(format!("{shown:?}"), format!("{default:?}"));
    }

    #[test]
    fn settings_that_do_not_go_together_are_named() {
        let config = layered("[websub]\nlisten = \"127.0.0.1:8421\"", None).expect("typed");
        let message = config.check().expect_err("nobody could call").to_string();
        assert!(message.starts_with("settings: websub.callback: "), "{message}");
    }

    #[test]
    fn layers_go_over_each_other() {
        let config =
            layered("[site]\nspacing = \"3s\"", Some("postgres://db/news".into())).expect("valid");
        assert_eq!(config.site.spacing.as_secs(), 3);
        assert_eq!(config.database.url.as_deref(), Some("postgres://db/news"));
    }
}
