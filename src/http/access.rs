//! Credentials, headers and proxies for single feeds and hosts: the `[[access]]` tables of the
//! lists, with their secrets read from files.
//!
//! A secret is sent only within its scope. The scope is matched against the URL of every request,
//! so a redirect to another site or another port carries no secret. Without `plain_http` secrets are sent over
//! https only. Their header values are marked sensitive, which keeps them out of logs.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use url::Url;

use crate::feed_list::{AccessScope, AccessSpec, ListError, ValueSource};

/// The accesses of all lists.
#[derive(Debug, Default)]
pub struct Accesses(Vec<Access>);

/// One access, ready to be sent.
#[derive(Debug)]
pub(super) struct Access {
    scope: AccessScope,
    /// Headers with secrets: sent over https, and over http if the list allows it.
    secret: HeaderMap,
    /// Headers without secrets.
    open: HeaderMap,
    plain_http: bool,
    /// Overrides `http.proxy`.
    pub(super) proxy: Option<Url>,
}

impl Accesses {
    /// Reads the secrets. A file name without a slash is a systemd credential if the service has
    /// any (`credentials`, from `$CREDENTIALS_DIRECTORY`). Other names are relative to the folder
    /// of the list.
    pub fn load(specs: &[AccessSpec], credentials: Option<&Path>) -> Result<Self, ListError> {
        specs.iter().map(|spec| Access::load(spec, credentials)).collect::<Result<_, _>>().map(Self)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The proxies that they name.
    pub(super) fn proxies(&self) -> impl Iterator<Item = &Url> {
        self.0.iter().filter_map(|access| access.proxy.as_ref())
    }

    /// The access with the most specific scope for a URL: the longest URL prefix, else the longest
    /// host.
    pub(super) fn of(&self, url: &Url) -> Option<&Access> {
        let fits = self.0.iter().filter_map(|access| Some((fit(&access.scope, url)?, access)));
        fits.max_by_key(|(fit, _)| *fit).map(|(_, access)| access)
    }
}

/// How specifically a scope matches, URLs before hosts; `None` if it does not.
fn fit(scope: &AccessScope, url: &Url) -> Option<(bool, usize)> {
    match scope {
        AccessScope::Url(start) => {
            let same_origin = start.origin() == url.origin();
            let whole =
                |text: &Url| text[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
            let (start, path) = (whole(start), whole(url));
            let rest = path.strip_prefix(start.as_str()).filter(|_| same_origin)?;
            let at_border =
                start.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?', '&']);
            at_border.then_some((true, start.len()))
        }
        AccessScope::Host(host) => {
            let (name, port) = match host.rsplit_once(':') {
                Some((name, port)) => (name, Some(port.parse().ok()?)),
                None => (host.as_str(), None),
            };
            let is_port =
                port.map_or(url.port().is_none(), |port| url.port_or_known_default() == Some(port));
            let rest = url.host_str()?.strip_suffix(name)?;
            (is_port && (rest.is_empty() || rest.ends_with('.'))).then_some((false, host.len()))
        }
    }
}

impl Access {
    fn load(spec: &AccessSpec, credentials: Option<&Path>) -> Result<Self, ListError> {
        let failed = |message: String| ListError { origin: spec.origin.clone(), message };
        let folder = Path::new(&spec.origin.file).parent().unwrap_or(Path::new(""));
        let read = |source: &ValueSource| read(source, folder, credentials).map_err(failed);
        let (mut secret, mut open) = (HeaderMap::new(), HeaderMap::new());
        if let Some((name, password)) = &spec.basic {
            let value = basic(name, &read(password)?).map_err(failed)?;
            secret.insert(AUTHORIZATION, value);
        }
        if let Some(cookie) = &spec.cookie {
            secret.insert(COOKIE, sensitive(&read(cookie)?).map_err(failed)?);
        }
        for (name, source) in &spec.headers {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| failed(format!("`{name}` is not a valid header name")))?;
            let value = sensitive(&read(source)?).map_err(failed)?;
            let headers =
                if matches!(source, ValueSource::File(_)) { &mut secret } else { &mut open };
            headers.insert(header, value);
        }
        if let Some(agent) = &spec.user_agent {
            open.insert(USER_AGENT, sensitive(agent).map_err(failed)?);
        }
        Ok(Self {
            scope: spec.scope.clone(),
            secret,
            open,
            plain_http: spec.plain_http,
            proxy: spec.proxy.clone(),
        })
    }

    /// Adds the headers for a request to this URL.
    pub(super) fn add_to(&self, headers: &mut HeaderMap, url: &Url) {
        headers.extend(self.open.clone());
        if url.scheme() == "https" || self.plain_http {
            headers.extend(self.secret.clone());
        }
    }
}

fn read(source: &ValueSource, folder: &Path, credentials: Option<&Path>) -> Result<String, String> {
    let name = match source {
        ValueSource::Plain(text) => return Ok(text.clone()),
        ValueSource::File(name) => name,
    };
    let path: PathBuf = match credentials {
        Some(credentials) if !name.contains('/') => credentials.join(name),
        _ => folder.join(name),
    };
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read the secret in {}: {error}", path.display()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(format!("the secret in {} is empty; write it on one line", path.display()));
    }
    Ok(secret.to_owned())
}

fn sensitive(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        "a secret has characters that a header cannot contain; write one line of text".to_owned()
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// `Authorization: Basic` in UTF-8 (RFC 7617).
fn basic(name: &str, password: &str) -> Result<HeaderValue, String> {
    if name.contains(':') {
        return Err(
            "`username` contains a colon, which basic authentication does not allow".to_owned()
        );
    }
    sensitive(&format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed_list::parse_access;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn accesses(text: &str, credentials: Option<&Path>) -> Result<Accesses, ListError> {
        Accesses::load(&parse_access("feeds.toml", text).unwrap(), credentials)
    }

    fn sent(accesses: &Accesses, to: &str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        if let Some(access) = accesses.of(&url(to)) {
            access.add_to(&mut headers, &url(to));
        }
        let mut sent: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        sent.sort();
        sent
    }

    #[test]
    fn the_most_specific_scope_counts() {
        let accesses = accesses(
            "[[access]]\nhost = \"a.example\"\nuser_agent = \"host\"\n\
             [[access]]\nhost = \"A.example:8080\"\nuser_agent = \"port\"\n\
             [[access]]\nhost = \"www.a.example\"\n\
             user_agent = \"www\"\n[[access]]\nurl = \"https://www.a.example/feed\"\n\
             user_agent = \"feed\"\n",
            None,
        )
        .unwrap();
        for (to, agent) in [
            ("https://a.example/", Some("host")),
            ("https://m.a.example/x", Some("host")),
            ("https://www.a.example/x", Some("www")),
            ("https://www.a.example/feed", Some("feed")),
            ("https://www.a.example/feed/2?x", Some("feed")),
            ("https://www.a.example/feedback", Some("www")),
            ("https://ba.example/", None),
            ("https://a.example:8443/", None),
            ("http://a.example:8080/", Some("port")),
            ("https://m.a.example:8080/", Some("port")),
            ("http://a.example:443/", None),
        ] {
            let expected: Vec<String> =
                agent.iter().map(|agent| format!("user-agent: {agent}")).collect();
            assert_eq!(sent(&accesses, to), expected, "{to}");
        }
    }

    #[test]
    fn secrets_go_over_https_to_their_host_only() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("paper"), "pässword\n").unwrap();
        fs::write(folder.path().join("cookie"), "session=1").unwrap();
        let text = "[[access]]\nhost = \"a.example\"\nusername = \"me\"\n\
                    password_file = \"paper\"\n\
                    cookie_file = \"cookie\"\nheaders = { X-Region = \"eu\" }";
        let plain = accesses(text, Some(folder.path())).unwrap();
        let all = ["authorization: Basic bWU6cMOkc3N3b3Jk", "cookie: session=1", "x-region: eu"]
            .map(str::to_owned);
        assert_eq!(sent(&plain, "https://a.example/f"), all);
        assert_eq!(sent(&plain, "http://a.example/f"), ["x-region: eu"]);
        assert!(sent(&plain, "https://a.example.evil.example/f").is_empty());
        let allowed = accesses(&format!("{text}\nplain_http = true"), Some(folder.path())).unwrap();
        assert_eq!(sent(&allowed, "http://a.example/f"), all);
        assert!(!format!("{plain:?}").contains("session"), "a secret in a log");
    }

    #[test]
    fn a_secret_that_cannot_be_read_is_an_error_with_its_place() {
        let text = "\n[[access]]\nhost = \"a.example\"\ncookie_file = \"nowhere/cookie\"";
        let error = accesses(text, None).unwrap_err().to_string();
        assert!(
            error.starts_with("feeds.toml:2: cannot read the secret in nowhere/cookie: "),
            "{error}"
        );
    }
}
