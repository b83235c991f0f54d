//! Section `[console]` of the settings.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::units;

/// Section `[console]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleSettings {
    /// Address to listen on; "off" for none.
    #[serde(with = "units::listen")]
    pub listen: Option<SocketAddr>,
    /// Names by which browsers may reach the pages, besides localhost and IP addresses.
    pub hosts: Vec<String>,
    /// Whether the pages can do more than show.
    pub actions: bool,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], 8420)));
        Self { listen, hosts: Vec::new(), actions: false }
    }
}

impl ConsoleSettings {
    /// What is wrong with the section, if anything.
    pub fn check(&self) -> Result<(), String> {
        let is_name = |name: &&String| {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            !name.is_empty() && name.len() <= 253 && name.chars().all(is_letter)
        };
        match self.hosts.iter().find(|name| !is_name(name)) {
            None => Ok(()),
            Some(name) => Err(format!(
                "console.hosts has {name:?}; write a host name alone, without scheme and port, \
                 such as \"news.example.org\""
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names() {
        let check = |host: &str| {
            ConsoleSettings { hosts: vec![host.to_owned()], ..ConsoleSettings::default() }.check()
        };
        assert!(check("news.example.org").is_ok());
        for wrong in ["", "https://news.example.org", "news.example.org:80", "a b"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
