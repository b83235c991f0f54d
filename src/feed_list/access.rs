//! `[[access]]` tables: what single feeds or hosts want with a request, beyond the address.
//!
//! Secrets are never written in a list, which people copy, mail and put under version control: a list names the file
//! that holds one. Plain text here; who sends requests reads the files.

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

/// Headers that are ours to send: what a request is, and what we understand of the answer.
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

/// Whose requests are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Addresses that begin so, whole path segments.
    Url(Url),
    /// A host and its subdomains: lower case, no scheme, no port.
    Host(String),
}

/// A value, or the file that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// As written.
    Plain(String),
    /// The name of a file; one without a slash is a systemd credential where there are any.
    File(String),
}

/// What goes along with requests of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessSpec {
    /// Whose requests.
    pub scope: Scope,
    /// Instead of `http.user_agent`.
    pub user_agent: Option<String>,
    /// HTTP basic authentication (RFC 7617): the name, and the file with the password.
    pub basic: Option<(String, Source)>,
    /// The file with the value of `Cookie`.
    pub cookie: Option<Source>,
    /// Further headers.
    pub headers: Vec<(String, Source)>,
    /// Instead of `http.proxy`.
    pub proxy: Option<Url>,
    /// Whether secrets go out over http too.
    pub plain_http: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// Reads the `[[access]]` tables of a list in TOML. `file` is only for the messages.
pub fn parse_access(file: &str, text: &str) -> Result<Vec<AccessSpec>, ListError> {
    let text = text.trim_start_matches('\u{FEFF}');
    let list = List { file, text };
    let document = list.document()?;
    match document.get_ref().iter().find(|(key, _)| key.get_ref() == "access") {
        None => Ok(Vec::new()),
        Some((key, value)) => {
            let DeValue::Array(tables) = value.get_ref() else {
                let message = "an access is a table of its own; write `[[access]]`".to_owned();
                return Err(list.error(key.span().start, message));
            };
            accesses(&list, tables)
        }
    }
}

/// Puts those of all lists together. One scope has one, or nobody could tell which holds.
pub fn merge_access(lists: Vec<Vec<AccessSpec>>) -> Result<Vec<AccessSpec>, ListError> {
    let mut merged: Vec<AccessSpec> = Vec::new();
    for spec in lists.into_iter().flatten() {
        if let Some(first) = merged.iter().find(|first| first.scope == spec.scope) {
            let message = format!("this has an access in {} too; make them one", first.origin);
            return Err(ListError { origin: spec.origin, message });
        }
        merged.push(spec);
    }
    Ok(merged)
}

fn accesses(list: &List<'_>, tables: &DeArray<'_>) -> Result<Vec<AccessSpec>, ListError> {
    let tables =
        tables.iter().map(|table| match table.get_ref() {
            DeValue::Table(fields) => access(list, table.span().start, fields),
            _ => Err(list
                .error(table.span().start, "an access is a table; write `[[access]]`".to_owned())),
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
            "host" => host = Some(host_of(text()?).map_err(failed)?),
            "user_agent" => user_agent = Some(visible(text()?).map_err(failed)?),
            "username" => username = Some(text()?.to_owned()),
            "password_file" => password = Some(Source::File(text()?.to_owned())),
            "cookie_file" => cookie = Some(Source::File(text()?.to_owned())),
            "proxy" => proxy = Some(address("proxy", text()?).map_err(failed)?),
            "headers" => headers.extend(table(list, "headers", value, Source::Plain)?),
            "header_files" => headers.extend(table(list, "header_files", value, Source::File)?),
            "plain_http" => match value.get_ref() {
                DeValue::Boolean(value) => plain_http = *value,
                _ => {
                    return Err(failed(
                        "`plain_http` is `true` or `false`, without quotes".to_owned(),
                    ));
                }
            },
            other => return Err(list.error(key.span().start, unknown(other, &KEYS))),
        }
    }
    let scope = match (url, host) {
        (Some(url), None) => Scope::Url(url),
        (None, Some(host)) => Scope::Host(host),
        _ => {
            let message = "an access has either `url`, the address of a feed, or `host`".to_owned();
            return Err(list.error(start, message));
        }
    };
    let basic = match (username, password) {
        (Some(username), Some(password)) => Some((username, password)),
        (None, None) => None,
        _ => return Err(list.error(start, "`username` and `password_file` go together".to_owned())),
    };
    if user_agent.is_none()
        && basic.is_none()
        && cookie.is_none()
        && headers.is_empty()
        && proxy.is_none()
    {
        return Err(list
            .error(start, "this access says nothing; write one such as `cookie_file`".to_owned()));
    }
    let origin = list.origin(start);
    Ok(AccessSpec { scope, user_agent, basic, cookie, headers, proxy, plain_http, origin })
}

/// A table of header names and values.
fn table(
    list: &List<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    source: fn(String) -> Source,
) -> Result<Vec<(String, Source)>, ListError> {
    let DeValue::Table(fields) = value.get_ref() else {
        let message = format!("`{name}` is a table; write `{name} = {{ \"X-Name\" = \"…\" }}`");
        return Err(list.error(value.span().start, message));
    };
    let pairs = fields.iter().map(|(key, value)| {
        let failed = |message: String| list.error(value.span().start, message);
        let header = key.get_ref().to_ascii_lowercase();
        if RESERVED.contains(&header.as_str()) {
            let message = format!(
                "`{header}` is not set here; see `user_agent`, `cookie_file` and `password_file`"
            );
            return Err(list.error(key.span().start, message));
        }
        let text = string(key, value).map_err(failed)?;
        Ok((header, source(visible(text.trim()).map_err(failed)?)))
    });
    pairs.collect()
}

fn address(key: &str, text: &str) -> Result<Url, String> {
    let wrong =
        |why: String| format!("`{text}` is no address ({why}); write `{key} = \"https://…\"`");
    let url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("http or https is meant".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a password in an address would be logged; use `username` and `password_file`"
            .to_owned());
    }
    Ok(url)
}

/// A text that can be a header's value.
fn visible(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(|c: char| !matches!(c, ' '..='~')) {
        return Err(format!(
            "`{}`: only visible ASCII characters can be sent",
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
        let text = "[[access]]\nurl = \"https://a.example/feed\"\nuser_agent = \"paperboy/2\"\nusername = \"me\"\n\
                    password_file = \"a.password\"\ncookie_file = \"/run/a.cookie\"\nproxy = \"http://p.example:3128\"\n\
                    headers = { \"X-Region\" = \"eu\" }\nheader_files = { \"X-Api-Key\" = \"a.key\" }\nplain_http = true\n";
        let specs = parse_access("feeds.toml", text).unwrap();
        let file = |name: &str| Source::File(name.to_owned());
        assert_eq!(specs[0].basic, Some(("me".to_owned(), file("a.password"))));
        assert_eq!(specs[0].cookie, Some(file("/run/a.cookie")));
        let headers = [
            ("x-api-key".to_owned(), file("a.key")),
            ("x-region".to_owned(), Source::Plain("eu".into())),
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
                "feeds.toml:1: an access has either `url`, the address of a feed, or `host`",
            ),
            (
                "[[access]]\nhost = \"a.example\"",
                "feeds.toml:1: this access says nothing; write one such as `cookie_file`",
            ),
            (
                "[[access]]\nhost = \"a.example\"\nusername = \"me\"",
                "feeds.toml:1: `username` and `password_file` go together",
            ),
            (
                "[[access]]\nhost = \"a.example\"\nheaders = { Cookie = \"x\" }",
                "feeds.toml:3: `cookie` is not set here; see `user_agent`, `cookie_file` and `password_file`",
            ),
            (
                "[[access]]\nurl = \"https://me:secret@a.example/\"",
                "feeds.toml:2: a password in an address would be logged; use `username` and `password_file`",
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
        assert_eq!(error, "b.toml:1: this has an access in a.toml:1 too; make them one");
    }
}
