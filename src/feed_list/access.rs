//! `[[access]]` tables: credentials, headers and proxies for single feeds or hosts.
//!
//! Secrets never stand in a list, because people copy and mail lists and put them under version
//! control. A list names the file that holds a secret. The HTTP client reads those files.

use ::toml::Spanned;
use ::toml::de::{DeArray, DeTable, DeValue};
use url::Url;

use crate::feed_list::site::host_of;
use crate::feed_list::toml::{List, string, unknown};
use crate::feed_list::{ListError, Origin};

/// The keys of an `[[access]]` table.
const KEYS: [&str; 10] = [
    "url",
    "host",
    "user_agent",
    "username",
    "password_file",
    "cookie_file",
    "headers",
    "header_files",
    "proxy",
    "plain_http",
];

/// Headers that the HTTP client sets itself.
const RESERVED: [&str; 12] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "if-modified-since",
    "if-none-match",
    "range",
    "transfer-encoding",
    "user-agent",
];

/// The requests that an access applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessScope {
    /// URLs with this prefix, in whole path segments.
    Url(Url),
    /// A host and its subdomains: lower case, no scheme. Without a port, the default ports of http
    /// and https.
    Host(String),
}

/// A value, or the file that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueSource {
    /// The value itself.
    Plain(String),
    /// A file name. Without a slash it names a systemd credential, if the service has any.
    File(String),
}

/// What is sent with the requests of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessSpec {
    /// The requests that it applies to.
    pub scope: AccessScope,
    /// Overrides `http.user_agent`.
    pub user_agent: Option<String>,
    /// HTTP basic authentication (RFC 7617): the user name, and the file with the password.
    pub basic: Option<(String, ValueSource)>,
    /// The file with the value of `Cookie`.
    pub cookie: Option<ValueSource>,
    /// Further headers.
    pub headers: Vec<(String, ValueSource)>,
    /// Overrides `http.proxy`.
    pub proxy: Option<Url>,
    /// Whether secrets are sent over plain http too.
    pub plain_http: bool,
    /// Its place in the list.
    pub origin: Origin,
}

/// Reads the `[[access]]` tables of a TOML list. `file` is used in messages only.
pub fn parse_access(file: &str, text: &str) -> Result<Vec<AccessSpec>, ListError> {
    let text = text.trim_start_matches('\u{FEFF}');
    let list = List { file, text };
    let document = list.document()?;
    match document.get_ref().iter().find(|(key, _)| key.get_ref() == "access") {
        None => Ok(Vec::new()),
        Some((key, value)) => {
            let DeValue::Array(tables) = value.get_ref() else {
                let message = "an access must be a table of its own; write `[[access]]`";
                return Err(list.error(key.span().start, message));
            };
            accesses(&list, tables)
        }
    }
}

/// Joins the accesses of all lists. Two for one scope are an error, since neither takes precedence.
pub fn merge_access(lists: Vec<Vec<AccessSpec>>) -> Result<Vec<AccessSpec>, ListError> {
    let mut merged: Vec<AccessSpec> = Vec::new();
    for spec in lists.into_iter().flatten() {
        if let Some(first) = merged.iter().find(|first| first.scope == spec.scope) {
            let message = format!(
                "the same `url` or `host` has an access in {}; merge the two",
                first.origin
            );
            return Err(ListError { origin: spec.origin, message });
        }
        merged.push(spec);
    }
    Ok(merged)
}

fn accesses(list: &List<'_>, tables: &DeArray<'_>) -> Result<Vec<AccessSpec>, ListError> {
    let tables = tables.iter().map(|table| match table.get_ref() {
        DeValue::Table(fields) => access(list, table.span().start, fields),
        _ => Err(list.error(table.span().start, "an access must be a table; write `[[access]]`")),
    });
    tables.collect()
}

fn access(list: &List<'_>, start: usize, fields: &DeTable<'_>) -> Result<AccessSpec, ListError> {
    let (mut url, mut host, mut user_agent, mut proxy) = (None, None, None, None);
    let (mut username, mut password, mut cookie) = (None, None, None);
    let (mut headers, mut plain_http) = (Vec::new(), false);
    for (key, value) in fields {
        let failed = |message: String| list.error(value.span().start, message);
        let text = || string(key, value).map(str::trim).map_err(failed);
        match key.get_ref().as_ref() {
            "url" => url = Some(address("url", text()?).map_err(failed)?),
            "host" => host = Some(host_and_port(text()?).map_err(failed)?),
            "user_agent" => user_agent = Some(visible(text()?).map_err(failed)?),
            "username" => username = Some(text()?.to_owned()),
            "password_file" => password = Some(ValueSource::File(text()?.to_owned())),
            "cookie_file" => cookie = Some(ValueSource::File(text()?.to_owned())),
            "proxy" => proxy = Some(address("proxy", text()?).map_err(failed)?),
            "headers" => headers.extend(table(list, "headers", value, ValueSource::Plain)?),
            "header_files" => {
                headers.extend(table(list, "header_files", value, ValueSource::File)?);
            }
            "plain_http" => match value.get_ref() {
                DeValue::Boolean(value) => plain_http = *value,
                _ => {
                    return Err(failed(
                        "`plain_http` must be `true` or `false`, without quotes".to_owned(),
                    ));
                }
            },
            other => return Err(list.error(key.span().start, unknown(other, &KEYS))),
        }
    }
    let scope = match (url, host) {
        (Some(url), None) => AccessScope::Url(url),
        (None, Some(host)) => AccessScope::Host(host),
        _ => {
            let message = "an access needs either `url`, the URL of a feed, or `host`";
            return Err(list.error(start, message));
        }
    };
    let basic = match (username, password) {
        (Some(username), Some(password)) => Some((username, password)),
        (None, None) => None,
        _ => {
            return Err(
                list.error(start, "`username` and `password_file` need each other; write both")
            );
        }
    };
    if user_agent.is_none()
        && basic.is_none()
        && cookie.is_none()
        && headers.is_empty()
        && proxy.is_none()
    {
        return Err(list.error(start, "this access has no effect; add a key such as `cookie_file`"));
    }
    let origin = list.origin(start);
    Ok(AccessSpec { scope, user_agent, basic, cookie, headers, proxy, plain_http, origin })
}

/// A table of header names and values.
fn table(
    list: &List<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    source: fn(String) -> ValueSource,
) -> Result<Vec<(String, ValueSource)>, ListError> {
    let DeValue::Table(fields) = value.get_ref() else {
        let message =
            format!("`{name}` must be a table; write `{name} = {{ \"X-Name\" = \"…\" }}`");
        return Err(list.error(value.span().start, message));
    };
    let pairs = fields.iter().map(|(key, value)| {
        let failed = |message: String| list.error(value.span().start, message);
        let header = key.get_ref().to_ascii_lowercase();
        if RESERVED.contains(&header.as_str()) {
            let message = format!(
                "`{header}` cannot be set here; use `user_agent`, `cookie_file` or `password_file`"
            );
            return Err(list.error(key.span().start, message));
        }
        let text = string(key, value).map_err(failed)?;
        Ok((header, source(visible(text.trim()).map_err(failed)?)))
    });
    pairs.collect()
}

/// A host with a port, or without one.
fn host_and_port(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match port {
        Some((host, port @ 1_u16..)) => Ok(format!("{}:{port}", host_of(host)?)),
        _ => host_of(text),
    }
}

fn address(key: &str, text: &str) -> Result<Url, String> {
    let shown = if text.contains('@') { "this" } else { text };
    let wrong =
        |why: String| format!("`{shown}` is not a URL ({why}); write `{key} = \"https://…\"`");
    let url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("only http and https are supported".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "a password in a URL would be logged; use `username` and `password_file`".to_owned()
        );
    }
    Ok(url)
}

/// A text that is a valid header value.
fn visible(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(|c: char| !matches!(c, ' '..='~')) {
        return Err(format!(
            "`{}` cannot be sent in a header; use visible ASCII characters only",
            text.escape_debug()
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        parse_access("feeds.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn every_key_is_read() {
        let text = "[[access]]\nurl = \"https://a.example/feed\"\nuser_agent = \"paperboy/2\"\n\
                    username = \"me\"\n\
                    password_file = \"a.password\"\ncookie_file = \"/run/a.cookie\"\n\
                    proxy = \"http://p.example:3128\"\n\
                    headers = { \"X-Region\" = \"eu\" }\n\
                    header_files = { \"X-Api-Key\" = \"a.key\" }\nplain_http = true\n";
        let specs = parse_access("feeds.toml", text).unwrap();
        let file = |name: &str| ValueSource::File(name.to_owned());
        assert_eq!(specs[0].basic, Some(("me".to_owned(), file("a.password"))));
        assert_eq!(specs[0].cookie, Some(file("/run/a.cookie")));
        let headers = [
            ("x-api-key".to_owned(), file("a.key")),
            ("x-region".to_owned(), ValueSource::Plain("eu".into())),
        ];
        assert_eq!(specs[0].headers, headers);
        assert!(specs[0].plain_http);
        let feeds =
            crate::feed_list::parse_list("feeds.toml", text, crate::feed_list::ListFormat::Toml);
        assert_eq!(feeds, Ok(Vec::new()));
    }

    #[test]
    fn mistakes_say_where_and_what_to_write() {
        for (text, expected) in [
            (
                "[[access]]\nuser_agent = \"x\"",
                "feeds.toml:1: an access needs either `url`, the URL of a feed, or `host`",
            ),
            (
                "[[access]]\nhost = \"a.example\"",
                "feeds.toml:1: this access has no effect; add a key such as `cookie_file`",
            ),
            (
                "[[access]]\nhost = \"a.example\"\nusername = \"me\"",
                "feeds.toml:1: `username` and `password_file` need each other; write both",
            ),
            (
                "[[access]]\nhost = \"a.example\"\nheaders = { Cookie = \"x\" }",
                "feeds.toml:3: `cookie` cannot be set here; \
                 use `user_agent`, `cookie_file` or `password_file`",
            ),
            (
                "[[access]]\nurl = \"https://me:secret@a.example/\"",
                "feeds.toml:2: a password in a URL would be logged; \
                 use `username` and `password_file`",
            ),
            (
                "[[access]]\nhost = \"a.example\"\ncookies_file = \"x\"",
                "feeds.toml:3: unknown key `cookies_file`; did you mean `cookie_file`?",
            ),
        ] {
            assert_eq!(mistake(text), expected, "{text}");
        }
    }

    #[test]
    fn one_scope_has_one_access() {
        let list = |file: &str| {
            parse_access(file, "[[access]]\nhost = \"a.example\"\nuser_agent = \"x\"").unwrap()
        };
        let error = merge_access(vec![list("a.toml"), list("b.toml")]).unwrap_err().to_string();
        assert_eq!(
            error,
            "b.toml:1: the same `url` or `host` has an access in a.toml:1; merge the two"
        );
    }
}
