//! The feed lists that `feeds.files` names: their feeds, groups, site rules and accesses.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wiresift_feed::address::Host;
use wiresift_text::limits;

use crate::config::{Config, ConfigError};
use crate::feed_list::{self, FeedSpec, ListError, ListFormat, SiteSpec};
use crate::http::Accesses;
use crate::store::ListedFeed;

/// Upper bound for an interval in a feed list, in seconds.
const MAX_INTERVAL_SECONDS: i64 = limits::LONGEST_PAUSE.num_seconds();

impl Config {
    /// The folder that relative paths of feed lists start at.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        self.file
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(|| PathBuf::from("config"), Path::to_owned)
    }

    /// The list files, in order. A plain path must exist; a glob may match nothing.
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

    /// All feeds of all lists, with the intervals of their groups.
    pub fn feed_list(&self) -> Result<Vec<FeedSpec>, ConfigError> {
        self.feeds_of(self.feed_files()?)
    }

    /// The same without one list.
    pub fn feed_list_without(&self, list: &Path) -> Result<Vec<FeedSpec>, ConfigError> {
        let mut files = self.feed_files()?;
        files.retain(|file| file != list);
        self.feeds_of(files)
    }

    fn feeds_of(&self, files: Vec<PathBuf>) -> Result<Vec<FeedSpec>, ConfigError> {
        let (mut lists, mut groups) = (Vec::new(), Vec::new());
        for path in files {
            let format = ListFormat::of_file(&path.to_string_lossy()).unwrap_or(ListFormat::Plain);
            let text = self.read_list(&path, format)?;
            if format == ListFormat::Toml {
                groups.extend(feed_list::parse_groups(&path.display().to_string(), &text)?);
            }
            lists.push(feed_list::parse_list(&path.display().to_string(), &text, format)?);
        }
        let mut feeds = feed_list::merge(lists)?;
        feed_list::join_groups(&mut feeds, &groups)?;
        Ok(feeds)
    }

    /// The site rules of all TOML lists. A missing list is no error here: [`Self::feed_list`]
    /// reports it to commands that poll, and `extract` works without any list.
    pub fn site_rules(&self) -> Result<Vec<SiteSpec>, ConfigError> {
        Ok(feed_list::merge_sites(self.toml_lists(feed_list::parse_sites)?)?)
    }

    /// The accesses (headers, credentials, proxies) of all TOML lists, with their secrets read from
    /// files.
    pub fn accesses(&self) -> Result<Accesses, ConfigError> {
        let specs = feed_list::merge_access(self.toml_lists(feed_list::parse_access)?)?;
        let credentials = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Ok(Accesses::load(&specs, credentials.as_deref())?)
    }

    /// The feeds as the store takes them.
    pub fn listed_feeds(&self) -> Result<Vec<ListedFeed>, ConfigError> {
        let seconds = |interval: Option<Duration>| {
            interval.map(|interval| {
                i64::try_from(interval.as_secs())
                    .unwrap_or(MAX_INTERVAL_SECONDS)
                    .min(MAX_INTERVAL_SECONDS)
            })
        };
        let listed = self.feed_list()?.into_iter().filter_map(|spec| {
            let host = Host::of(spec.url.as_url())?;
            Some(ListedFeed {
                url: spec.url.as_str().to_owned(),
                host: host.as_str().to_owned(),
                name: spec.name.map(|name| limits::cut(&name, limits::NAME_BYTES).to_owned()),
                tags: spec.tags,
                every_s: seconds(spec.intervals.every),
                min_every_s: seconds(spec.intervals.min_every),
                max_every_s: seconds(spec.intervals.max_every),
            })
        });
        Ok(listed.collect())
    }

    /// Runs `parse` on each TOML list that exists.
    fn toml_lists<T>(
        &self,
        parse: impl Fn(&str, &str) -> Result<Vec<T>, ListError>,
    ) -> Result<Vec<Vec<T>>, ConfigError> {
        let mut lists = Vec::new();
        for path in self.feed_files()? {
            if ListFormat::of_file(&path.to_string_lossy()) == Some(ListFormat::Toml)
                && path.is_file()
            {
                lists.push(parse(
                    &path.display().to_string(),
                    &self.read_list(&path, ListFormat::Toml)?,
                )?);
            }
        }
        Ok(lists)
    }

    fn read_list(&self, path: &Path, format: ListFormat) -> Result<String, ConfigError> {
        let refuse = |error: String| ConfigError::Contradiction {
            place: self.place(),
            message: format!(
                "feeds.files names {}, which cannot be read ({error}); \
                 write that list, or name another",
                path.display()
            ),
        };
        let bytes = fs::read(path).map_err(|error| refuse(error.to_string()))?;
        let text = feed_list::decode(&bytes, format).map_err(|error| refuse(error.to_string()))?;
        Ok(text.into_owned())
    }
}
