//! Section `[http]` of the settings.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::http::error::HttpClientError;
use crate::units;

/// How the client behaves towards all hosts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// The user agent. The word before the `/` is also the name that robots.txt rules address.
    pub user_agent: String,
    /// Address of a page or mailbox for webmasters; sent in brackets after `user_agent`.
    pub contact: Option<String>,
    /// Limit for one whole request: name, connection, headers and body.
    #[serde(with = "units::request")]
    pub timeout: Duration,
    /// Limit for the name, the connection and the TLS handshake.
    #[serde(with = "units::request")]
    pub connect_timeout: Duration,
    /// The longest silence: before the headers, and between any two parts of the body.
    #[serde(with = "units::request")]
    pub stall_timeout: Duration,
    /// Largest body on the wire, in bytes.
    #[serde(with = "units::document")]
    pub max_wire_bytes: u64,
    /// Largest decompressed body, in bytes.
    #[serde(with = "units::document")]
    pub max_body_bytes: u64,
    /// Most decompressed bytes for each byte on the wire, beyond the first megabyte. gzip cannot
    /// exceed 1032.
    #[serde(deserialize_with = "units::number::<0, 1000000, _, _>")]
    pub max_ratio: u64,
    /// Private networks that may be connected to, as "10.0.0.0/8" or "127.0.0.1".
    #[serde(deserialize_with = "networks")]
    pub allow_networks: Vec<IpNet>,
    /// Proxy for all requests. It resolves names itself, so it must refuse private addresses
    /// itself. The variables `HTTP_PROXY` and the like are ignored.
    #[serde(deserialize_with = "proxy")]
    pub proxy: Option<Url>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            user_agent: concat!("wiresift/", env!("CARGO_PKG_VERSION")).to_owned(),
            contact: None,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(15),
            max_wire_bytes: 10_000_000,
            max_body_bytes: 20_000_000,
            max_ratio: 250,
            allow_networks: Vec::new(),
            proxy: None,
        }
    }
}

impl HttpSettings {
    /// The `User-Agent` header.
    #[must_use]
    pub fn sent_user_agent(&self) -> String {
        match &self.contact {
            Some(contact) => format!("{} (+{contact})", self.user_agent),
            None => self.user_agent.clone(),
        }
    }

    /// The product name for robots.txt rules (RFC 9309, 2.2.1).
    #[must_use]
    pub fn product(&self) -> &str {
        self.user_agent.split(['/', ' ']).next().unwrap_or_default()
    }

    /// Checks what serde cannot check. The error names the key.
    pub fn validate(&self) -> Result<(), HttpClientError> {
        let problem =
            |key, problem: &str| Err(HttpClientError::Setting { key, problem: problem.to_owned() });
        if self.product().is_empty() {
            return problem("user_agent", "write a name, like \"wiresift/1.0\"");
        }
        let header = |text: &str| reqwest::header::HeaderValue::from_str(text).is_ok();
        if !header(&self.user_agent) {
            return problem("user_agent", "only visible ASCII characters can be sent");
        }
        if !header(self.contact.as_deref().unwrap_or_default()) {
            return problem("contact", "only visible ASCII characters can be sent");
        }
        for (key, wait) in [
            ("timeout", self.timeout),
            ("connect_timeout", self.connect_timeout),
            ("stall_timeout", self.stall_timeout),
        ] {
            if wait.is_zero() {
                return problem(
                    key,
                    "a limit of 0 lets no request finish; write a duration like \"30s\"",
                );
            }
        }
        for (key, most) in [
            ("max_wire_bytes", self.max_wire_bytes),
            ("max_body_bytes", self.max_body_bytes),
            ("max_ratio", self.max_ratio),
        ] {
            if most == 0 {
                return problem(key, "a limit of 0 allows no body; write a number above 0");
            }
        }
        match &self.proxy {
            Some(proxy) if !matches!(proxy.scheme(), "http" | "https") => problem(
                "proxy",
                "only http and https proxies are supported; write \"http://proxy.example:3128\"",
            ),
            Some(proxy) if !proxy.username().is_empty() || proxy.password().is_some() => problem(
                "proxy",
                "a user name or password in a URL would be logged; write the URL without them, and \
                 let the proxy admit this host by its address",
            ),
            _ => Ok(()),
        }
    }
}

fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| network(text)).collect::<Result<_, _>>().map_err(de::Error::custom)
}

fn network(text: &str) -> Result<IpNet, String> {
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_| single())
        .map_err(|_| format!("{text:?} is not a network; write one like \"10.0.0.0/8\""))
}

fn proxy<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let complaint = |e| format!("not a URL ({e}); write one like \"http://proxy.example:3128\"");
    Url::parse(&text).map(Some).map_err(|e| de::Error::custom(complaint(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<HttpSettings, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    #[test]
    fn an_empty_section_gives_the_defaults() {
        let settings = read("").unwrap();
        assert_eq!(settings, HttpSettings::default());
        assert!(settings.validate().is_ok());
        assert_eq!(settings.product(), "wiresift");
    }

    #[test]
    fn every_key_is_read() {
        let settings = read(
            "user_agent = \"paperboy/2\"\ncontact = \"https://example.org/bot\"\n
            timeout = \"1m\"\n
            connect_timeout = \"5s\"\nstall_timeout = \"7s\"\n
            max_wire_bytes = \"5MB\"\nmax_body_bytes = \"8MiB\"\n
            max_ratio = 50\nallow_networks = [\"127.0.0.0/8\", \"::1\"]\n
            proxy = \"http://127.0.0.1:3128\"",
        )
        .unwrap();
        assert_eq!(settings.sent_user_agent(), "paperboy/2 (+https://example.org/bot)");
        assert_eq!((settings.max_wire_bytes, settings.max_body_bytes), (5_000_000, 8 << 20));
        assert_eq!(settings.allow_networks.len(), 2);
        assert_eq!(settings.proxy.as_ref().map(Url::as_str), Some("http://127.0.0.1:3128/"));
        assert!(settings.validate().is_ok());
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            read("allow_networks = [\"10.0.0.0/99\"]").unwrap_err().contains("like \"10.0.0.0/8\"")
        );
        assert!(read("proxy = \"nonsense\"").unwrap_err().contains("http://proxy.example"));
        assert!(read("time_out = \"1s\"").unwrap_err().contains("time_out"));
        for text in [
            "user_agent = \"\"",
            "user_agent = \"a\\nb\"",
            "contact = \"a\\u0000b\"",
            "timeout = \"0s\"",
            "max_ratio = 0",
            "proxy = \"socks5://127.0.0.1:1\"",
        ] {
            let key = text.split(' ').next().unwrap();
            let error = read(text).unwrap().validate().unwrap_err().to_string();
            assert!(error.starts_with(&format!("http.{key}: ")), "{error}");
        }
    }
}
