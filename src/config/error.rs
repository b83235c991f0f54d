//! Why the configuration is refused. Each message says where the mistake is and what to write
//! instead.

use std::path::PathBuf;

use crate::feed_list::ListError;

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: cannot be read: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The configuration file has a syntax error, an unknown key or a wrong type.
    #[error("{path}:{line}: {message}", path = path.display())]
    File { path: PathBuf, line: usize, message: String },
    /// The file is fine by itself, so the value comes from the environment.
    #[error("the environment (WIRESIFT__SECTION__KEY or DATABASE_URL): {0}")]
    Environment(String),
    /// Each value is valid, but they contradict each other. `place` is the file, or "settings"
    /// without one.
    #[error("{place}: {message}")]
    Contradiction { place: String, message: String },
    #[error(transparent)]
    List(#[from] ListError),
    #[error("feeds.files: `{pattern}` is not a valid path or glob pattern: {reason}")]
    Pattern { pattern: String, reason: String },
}
