//! Section `[websub]` of the settings.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::units;

/// Section `[websub]`. WebSub is off unless `listen` is set.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebsubSettings {
    /// Address to listen on for hubs; "off" for none.
    #[serde(with = "units::listen")]
    pub listen: Option<SocketAddr>,
    /// Public URL that leads to `listen`. Each subscription adds a path to it.
    #[serde(deserialize_with = "address")]
    pub callback: Option<Url>,
    /// Lease that is requested from hubs. The hub decides.
    #[serde(with = "units::pause")]
    pub lease: Duration,
    /// Pause between two polls of a feed with a working hub, at most `poll.max_every`.
    #[serde(with = "units::pause")]
    pub safety_every: Duration,
    /// How long after a poll found an entry the hub may still deliver it.
    #[serde(with = "units::pause")]
    pub grace: Duration,
    /// Largest accepted delivery, in bytes.
    #[serde(with = "units::document")]
    pub max_body_bytes: u64,
    /// Calls of hubs that are handled at once. Further ones get 503.
    #[serde(deserialize_with = "units::number::<0, 10000, _, _>")]
    pub max_calls: usize,
}

impl Default for WebsubSettings {
    fn default() -> Self {
        Self {
            listen: None,
            callback: None,
            lease: Duration::from_hours(10 * 24),
            safety_every: Duration::from_hours(6),
            grace: Duration::from_mins(15),
            max_body_bytes: 5_000_000,
            max_calls: 16,
        }
    }
}

/// An invalid setting: which one, and what to write instead.
#[derive(Debug, thiserror::Error)]
#[error("websub.{key}: {problem}")]
pub struct SettingFault {
    key: &'static str,
    problem: &'static str,
}

impl WebsubSettings {
    /// Checks what serde cannot check. The error names the key.
    pub fn validate(&self) -> Result<(), SettingFault> {
        let refuse = |key, problem| Err(SettingFault { key, problem });
        match (&self.listen, &self.callback) {
            (Some(_), None) => {
                return refuse(
                    "callback",
                    "hubs must reach websub.listen from outside; write the public URL that \
                     leads there, like \"https://news.example.org/websub/\"",
                );
            }
            (_, Some(url)) if url.query().is_some() || url.fragment().is_some() => {
                return refuse(
                    "callback",
                    "write it without \"?\" and \"#\", because a path is added to it",
                );
            }
            (_, Some(url)) if !url.username().is_empty() || url.password().is_some() => {
                return refuse(
                    "callback",
                    "hubs do not log in; write it without a user name and password",
                );
            }
            _ => {}
        }
        if self.lease < Duration::from_mins(5) {
            return refuse(
                "lease",
                "a lease must be 5 minutes or longer; write one like \"10days\"",
            );
        }
        for (key, wait) in [("safety_every", self.safety_every), ("grace", self.grace)] {
            if wait.is_zero() {
                return refuse(key, "write a duration above 0, like \"15m\"");
            }
        }
        if self.max_body_bytes == 0 {
            return refuse("max_body_bytes", "no delivery would fit; write a number above 0");
        }
        if self.max_calls == 0 {
            return refuse("max_calls", "every call would be turned away; write 1 or more");
        }
        Ok(())
    }

    /// The callback URL of one subscription.
    #[must_use]
    pub fn callback_of(&self, token: &str) -> Option<String> {
        let base = self.listen.and(self.callback.as_ref())?.as_str();
        Some(format!("{}/{token}", base.trim_end_matches('/')))
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(from)?;
    let url = Url::parse(&text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(Some).ok_or_else(|| {
        de::Error::custom(format!(
            "{text:?} is not an http or https URL; write one like \
             \"https://news.example.org/websub/\""
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WebsubSettings, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_off_until_it_says_where_to_listen_and_where_it_is_reached() {
        let off = read("callback = \"https://news.example/websub/\"").unwrap();
        assert!(off.validate().is_ok());
        assert_eq!(off.callback_of("t"), None);
        let on = read("listen = \"127.0.0.1:8421\"\ncallback = \"https://news.example/websub/\"")
            .unwrap();
        assert!(on.validate().is_ok());
        assert_eq!(on.callback_of("t").as_deref(), Some("https://news.example/websub/t"));
    }

    #[test]
    fn mistakes_are_named() {
        for (key, text) in [
            ("callback", "listen = \"127.0.0.1:8421\""),
            ("callback", "callback = \"https://news.example/?a=b\""),
            ("callback", "callback = \"https://me:secret@news.example/\""),
            ("lease", "lease = \"1m\""),
            ("safety_every", "safety_every = \"0s\""),
            ("grace", "grace = \"0s\""),
            ("max_body_bytes", "max_body_bytes = 0"),
            ("max_calls", "max_calls = 0"),
        ] {
            let fault = read(text).unwrap().validate().unwrap_err().to_string();
            assert!(fault.starts_with(&format!("websub.{key}: ")), "{fault}");
        }
        assert!(
            read("callback = \"news.example\"")
                .unwrap_err()
                .contains("https://news.example.org/websub/")
        );
        assert!(read("listen = \"8421\"").unwrap_err().contains("127.0.0.1"));
    }
}
