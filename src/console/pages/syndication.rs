//! `/feed.atom` and `/feed.json`: the articles as feeds.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use url::Url;

use crate::console::Console;
use crate::console::pages::Answer;
use crate::console::pages::articles::{ListQuery, candidates};
use crate::console::view::articles::Asked;
use crate::console::view::format::foreign;
use crate::console::view::syndication::conditional::Known;
use crate::console::view::syndication::{Document, PAGE, atom, json};

#[derive(Debug, Default, Deserialize)]
pub(super) struct PageQuery {
    /// The article before which the page begins.
    before: Option<String>,
}

/// A format: its address, its media type, and how it is written.
struct Format {
    path: &'static str,
    kind: &'static str,
    written: fn(&Document) -> String,
}

const ATOM: Format = Format {
    path: "/feed.atom",
    kind: "application/atom+xml; charset=utf-8",
    written: atom::written,
};

const JSON: Format = Format {
    path: "/feed.json",
    kind: "application/feed+json; charset=utf-8",
    written: json::written,
};

pub(super) async fn atom(
    State(console): State<Console>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
    Query(page): Query<PageQuery>,
) -> Answer {
    answer(&console, &ATOM, &headers, &query.asked(), &page).await
}

pub(super) async fn json(
    State(console): State<Console>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
    Query(page): Query<PageQuery>,
) -> Answer {
    answer(&console, &JSON, &headers, &query.asked(), &page).await
}

async fn answer(
    console: &Console,
    format: &Format,
    headers: &HeaderMap,
    asked: &Asked,
    page: &PageQuery,
) -> Answer {
    // Kinds are for people: the list of the same articles is narrowed by them after the look-up.
    let asked = Asked { kind: String::new(), ..asked.clone() };
    let before = page.before.as_deref().and_then(|before| before.parse::<i64>().ok());
    let mut look = console.look().await?;
    let now = look.now;
    let last = before.unwrap_or(i64::MAX);
    let mut ids = if asked == Asked::default() {
        look.filed_before(last, PAGE as i64 + 1).await?
    } else {
        let (found, _) = look.candidates(&candidates(&asked)).await?;
        found.iter().map(|one| one.id).filter(|id| *id < last).collect()
    };
    // In the order of filing, so that what comes late is not below what a reader has seen.
    ids.sort_unstable_by(|one, other| other.cmp(one));
    let has_more = ids.len() > PAGE;
    ids.truncate(PAGE);
    let articles = look.published(&ids).await?;
    drop(look);
    let origin = origin(headers);
    let address = |changed: &[(&str, &str)]| origin.clone() + &asked.address(format.path, changed);
    let at = |id: i64| address(&[("before", &id.to_string())]);
    let document = Document {
        title: title(&asked),
        first: address(&[]),
        this: before.map_or_else(|| address(&[]), at),
        next: ids.last().filter(|_| has_more).map(|id| at(*id)),
        home: origin.clone() + &asked.address("/articles", &[]),
        articles,
    };
    let text = (format.written)(&document);
    let known = Known::of(&text, document.changed(), now);
    Ok(sent(format, headers, &known, text))
}

fn sent(format: &Format, headers: &HeaderMap, known: &Known, text: String) -> Response {
    let given = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_had = known.is_had(given(header::IF_NONE_MATCH), given(header::IF_MODIFIED_SINCE));
    let date = known.last_modified.map(|at| httpdate::fmt_http_date(at.into()));
    let common = [(header::ETAG, known.etag.clone()), (header::CACHE_CONTROL, "no-cache".into())];
    let date = date.map(|date| [(header::LAST_MODIFIED, date)]);
    let mut response = if is_had {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, format.kind)], text).into_response()
    };
    for (name, value) in common.into_iter().chain(date.into_iter().flatten()) {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The address of the console as the reader knows it, without the slash at its end.
fn origin(headers: &HeaderMap) -> String {
    let given = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // A proxy in front says so.
    let scheme = match given("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    let host = given("host").unwrap_or("localhost");
    let url = Url::parse(&format!("{scheme}://{host}/")).ok();
    let origin = url.map(|url| url.origin().ascii_serialization());
    origin.unwrap_or_else(|| "http://localhost".to_owned())
}

fn title(asked: &Asked) -> String {
    let parts = [&asked.text, &asked.tag, &asked.host, &asked.language];
    let parts: Vec<String> =
        parts.into_iter().filter(|part| !part.is_empty()).map(|part| foreign(part, 100)).collect();
    if parts.is_empty() { "wiresift".to_owned() } else { format!("wiresift: {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_that_of_the_request() {
        let told = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            origin(&pairs.collect())
        };
        assert_eq!(told(&[("host", "127.0.0.1:8420")]), "http://127.0.0.1:8420");
        assert_eq!(
            told(&[("host", "a.example"), ("x-forwarded-proto", "https")]),
            "https://a.example"
        );
        assert_eq!(told(&[("host", "a b")]), "http://localhost");
        assert_eq!(told(&[]), "http://localhost");
    }
}
