//! Where settings come from: defaults, the file, `WIRESIFT__SECTION__KEY`, then `DATABASE_URL`; the
//! last one wins.

use std::env;
use std::path::{Path, PathBuf};

use config::{Environment, FileFormat};

use crate::config::{Config, ConfigError};

/// The configuration file in use, if `--config` does not name one.
pub(super) fn default_file() -> Option<PathBuf> {
    if let Some(path) = env::var_os("WIRESIFT_CONFIG") {
        return Some(PathBuf::from(path));
    }
    ["config/wiresift.toml", "/etc/wiresift/wiresift.toml"]
        .iter()
        .map(PathBuf::from)
        .find(|path| path.is_file())
}

/// Parses the file alone. The merged layers no longer know line numbers, so mistakes in the file
/// are found here.
pub(super) fn check_file(path: &Path, text: &str) -> Result<(), ConfigError> {
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

pub(super) fn merge(text: &str, database_url: Option<String>) -> Result<Config, ConfigError> {
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
    fn later_layers_override_earlier_ones() {
        let config =
            merge("[site]\nspacing = \"3s\"", Some("postgres://db/news".into())).expect("valid");
        assert_eq!(config.site.spacing.as_secs(), 3);
        assert_eq!(config.database.url.as_deref(), Some("postgres://db/news"));
    }
}
