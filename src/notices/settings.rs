//! Section `[notify]` of the settings: who is told.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use crate::units;

/// The longest time of a command.
const LONGEST: Duration = Duration::from_secs(30);

/// The receivers of notices. With neither a command nor an address they are in the log and in
/// `wiresift status` only.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifySettings {
    /// A program with its arguments. It gets the notice as JSON on standard input.
    pub command: Vec<String>,
    /// An http or https address that the notice is posted to as JSON.
    pub url: Option<String>,
    /// A file that contains the address, since it often holds a secret.
    pub url_file: Option<PathBuf>,
    /// How long the command may run.
    #[serde(with = "units::request")]
    pub timeout: Duration,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self { command: Vec::new(), url: None, url_file: None, timeout: Duration::from_secs(10) }
    }
}

impl NotifySettings {
    /// Checks what types cannot express. The error does not contain the address, which may be a
    /// secret.
    pub fn check(&self) -> Result<(), String> {
        if self.url.is_some() && self.url_file.is_some() {
            return Err("notify.url and notify.url_file are both set; keep one".to_owned());
        }
        if self.timeout > LONGEST {
            return Err("notify.timeout must be \"30s\" at most".to_owned());
        }
        if self.command.first().is_some_and(|program| !program.starts_with('/')) {
            return Err("notify.command must begin with the absolute path of a program, such as \
                        [\"/usr/local/bin/tell\", \"--json\"]"
                .to_owned());
        }
        self.url.as_deref().map_or(Ok(()), |url| address("notify.url", url).map(drop))
    }

    /// The address, from either setting.
    pub fn address(&self) -> Result<Option<Url>, String> {
        match (&self.url, &self.url_file) {
            (Some(url), _) => address("notify.url", url).map(Some),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    format!("notify.url_file: {} cannot be read: {error}", path.display())
                })?;
                address("notify.url_file", text.trim()).map(Some)
            }
            (None, None) => Ok(None),
        }
    }
}

fn address(key: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    url.ok_or_else(|| format!("{key} is not an http or https address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named_without_the_address() {
        let of = |text: &str| toml::from_str::<NotifySettings>(text).expect("typed").check();
        assert_eq!(of(""), Ok(()));
        assert_eq!(of("command = [\"/bin/true\", \"x\"]\nurl = \"https://example.com/h\""), Ok(()));
        for (text, word) in [
            ("command = [\"tell\"]", "absolute path"),
            ("timeout = \"1m\"", "at most"),
            ("url = \"ftp://secret.example/\"", "notify.url is not"),
            ("url = \"https://example.com\"\nurl_file = \"/x\"", "keep one"),
        ] {
            let error = of(text).expect_err(text);
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
    }
}
