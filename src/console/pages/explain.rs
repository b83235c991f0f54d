//! `/explain?url=`: the way of one address, and where it stopped.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered, typed};
use crate::console::view::explain::ExplainView;
use crate::console::view::format::foreign;
use crate::store::ReadAgain;

/// Longest address that is looked for, in bytes.
const LONGEST: usize = 8_000;

#[derive(Debug, Default, Deserialize)]
pub(super) struct ExplainQuery {
    url: Option<String>,
    /// What was done: a word of [`said`].
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "explain.html")]
struct Page {
    frame: Frame,
    said: Option<&'static str>,
    /// The address as it was typed.
    typed: String,
    /// What is wrong with it.
    fault: Option<&'static str>,
    explained: Option<ExplainView>,
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Query(query): Query<ExplainQuery>,
) -> Answer {
    let text = typed(query.url).unwrap_or_default();
    let address = address(&text);
    let explained = match &address {
        Some(url) => {
            let mut look = console.look().await?;
            let explanation = look.explain(url).await?;
            Some(ExplainView::of(&explanation, look.now))
        }
        None => None,
    };
    let is_wrong = !text.is_empty() && address.is_none();
    rendered(&Page {
        frame: Frame::new(&console, "/explain", "Explain", frame, console.now()),
        said: query.done.as_deref().and_then(said),
        typed: foreign(&text, LONGEST),
        fault: is_wrong.then_some("This is no address: write one like https://example.org/a-story"),
        explained,
    })
}

/// The address that a person means. A scheme may be missing.
fn address(text: &str) -> Option<Url> {
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// What a page says after something was done.
fn said(done: &str) -> Option<&'static str> {
    Some(match done {
        "due" => "It is due now. The pauses that its site needs hold all the same.",
        "busy" => "It is being read at this moment.",
        "unknown" => "There is nothing to read: no feed has shown this address with a page.",
        _ => return None,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct ReadForm {
    url: String,
}

/// `POST /explain`: read it again.
pub(super) async fn read(State(console): State<Console>, Form(form): Form<ReadForm>) -> Answer {
    let Some(url) = address(form.url.trim()) else {
        return Err(Failure::missing("This is no address that can be read."));
    };
    let done = match console.pipeline.store.read_again(&url, console.now()).await? {
        ReadAgain::Unknown => "unknown",
        ReadAgain::Busy => "busy",
        ReadAgain::Due(_) => "due",
    };
    console.entries.notify_one();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("url", url.as_str()).append_pair("done", done);
    Ok(Redirect::to(&format!("/explain?{}", query.finish())).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_lack_its_scheme_and_must_have_a_host() {
        let told = |text: &str| address(text).map(String::from);
        assert_eq!(told("paper.example/a").as_deref(), Some("https://paper.example/a"));
        assert_eq!(told("http://paper.example/").as_deref(), Some("http://paper.example/"));
        for wrong in ["", "javascript://x", "file:///etc/passwd", "https://", &"x".repeat(9_000)] {
            assert_eq!(told(wrong), None, "{wrong:.20}");
        }
    }
}
