//! Who may ask for what: the name by which a browser reaches the console, and where a request to
//! change something comes from.
//!
//! The console has no passwords. What protects it is that it listens on this machine alone, and
//! that a page of another site can neither read it nor act on it:
//!
//! - A site can let its own name lead to 127.0.0.1 and then read the answers as its own (DNS
//!   rebinding). So a `Host` that is a name must be a known one. An IP address is no such name: a
//!   browser that was led to it has asked for this machine itself.
//! - A site can send a form here. So a request that is no GET must come from a page of the console.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::console::ConsoleSettings;

/// What is allowed to load and where forms go. There is no inline style and no inline script.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                      img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; \
                      base-uri 'none'";

/// The headers of every answer.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the headers of every answer.
pub(super) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // Pages show the state of the moment. Assets say otherwise themselves.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    response
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Refuses requests under a name that is not ours, and those to change something that do not come
/// from a page of ours or that the settings do not allow.
pub(super) async fn admit(
    State(settings): State<Arc<ConsoleSettings>>,
    request: Request,
    next: Next,
) -> Response {
    match judge(&settings, request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(Refusal { status, words }) => (status, format!("{words}\n")).into_response(),
    }
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: StatusCode,
    words: String,
}

fn judge(settings: &ConsoleSettings, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    if !is_ours(host, &settings.hosts) {
        let name: String = name_of(host).chars().take(253).filter(|c| !c.is_control()).collect();
        return Err(Refusal {
            status: StatusCode::MISDIRECTED_REQUEST,
            words: format!(
                "this console does not answer to the name {name:?}; \
                 name it in console.hosts if it is one of yours"
            ),
        });
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if !is_same_origin(site, text(header::ORIGIN), host) {
        return Err(Refusal {
            status: StatusCode::FORBIDDEN,
            words: "this request does not come from a page of the console".to_owned(),
        });
    }
    if !settings.actions {
        return Err(Refusal {
            status: StatusCode::FORBIDDEN,
            words: "the console only shows; to let it act, set console.actions = true and \
                    restart the daemon"
                .to_owned(),
        });
    }
    Ok(())
}

/// A `Host` without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_ours(host: &str, known: &[String]) -> bool {
    let name = name_of(host).trim_end_matches('.');
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    let is_local =
        name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    is_local
        || address.parse::<IpAddr>().is_ok()
        || known.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a request comes from a page of this console. Browsers say so themselves; older ones, and
/// all of them on a plain connection to a name, state the origin of the page alone.
fn is_same_origin(site: Option<&str>, origin: Option<&str>, host: &str) -> bool {
    match (site, origin) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            rest.is_some_and(|rest| !rest.is_empty() && rest.eq_ignore_ascii_case(host))
        }
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_be_known_and_an_address_need_not() {
        let known = ["news.example.org".to_owned()];
        for host in [
            "localhost",
            "LOCALHOST:8420",
            "wiresift.localhost:1",
            "127.0.0.1:8420",
            "[::1]:8420",
            "192.0.2.7",
            "News.example.org:80",
            "news.example.org.",
        ] {
            assert!(is_ours(host, &known), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[x]"]
        {
            assert!(!is_ours(host, &known), "{host}");
        }
    }

    #[test]
    fn only_a_page_of_the_console_acts() {
        let host = "127.0.0.1:8420";
        for (site, origin, expected) in [
            (Some("same-origin"), None, true),
            (Some("same-origin"), Some("null"), true),
            (Some("cross-site"), Some("http://127.0.0.1:8420"), false),
            (Some("same-site"), None, false),
            (Some("none"), None, false),
            (None, Some("http://127.0.0.1:8420"), true),
            (None, Some("https://127.0.0.1:8420"), true),
            (None, Some("http://127.0.0.1:9"), false),
            (None, Some("null"), false),
            (None, None, false),
        ] {
            assert_eq!(is_same_origin(site, origin, host), expected, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn the_words_of_a_refusal_name_the_setting() {
        let settings = ConsoleSettings::default();
        let headers = |host: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
            headers
        };
        let refused = |method, host| judge(&settings, &method, &headers(host)).unwrap_err();
        let named = refused(Method::GET, "evil.example");
        assert_eq!(named.status, StatusCode::MISDIRECTED_REQUEST);
        assert!(named.words.contains("console.hosts"), "{named:?}");
        let acted = refused(Method::POST, "localhost");
        assert_eq!(acted.status, StatusCode::FORBIDDEN);
        assert!(acted.words.contains("console.actions = true"), "{acted:?}");
        assert_eq!(judge(&settings, &Method::GET, &headers("localhost")), Ok(()));
    }
}
