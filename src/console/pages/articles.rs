//! `/articles`: search, and lists by language, site, kind and tag.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::console::Console;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered, typed};
use crate::console::view::articles::{self, Asked, Facet, Line, PAGE, choose};
use crate::console::view::format::{count, foreign};
use crate::store::CandidateQuery;

/// Last page of a search that anybody can ask for. A search finds less.
const LAST: usize = 24;

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct ListQuery {
    pub(super) q: Option<String>,
    pub(super) language: Option<String>,
    pub(super) host: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) tag: Option<String>,
    after: Option<String>,
    page: Option<String>,
}

impl ListQuery {
    /// What is asked for, each part bounded.
    pub(super) fn asked(&self) -> Asked {
        let part = |part: &Option<String>| {
            let text = typed(part.clone()).unwrap_or_default();
            text.chars().take(400).collect::<String>()
        };
        Asked {
            text: part(&self.q),
            language: part(&self.language),
            host: part(&self.host).to_lowercase(),
            kind: part(&self.kind),
            tag: part(&self.tag),
        }
    }
}

/// What the store is asked for.
pub(super) fn candidates(asked: &Asked) -> CandidateQuery {
    let part = |part: &str| (!part.is_empty()).then(|| part.to_owned());
    CandidateQuery {
        text: part(&asked.text),
        tag: part(&asked.tag),
        host: part(&asked.host),
        language: part(&asked.language),
        after: None,
    }
}

#[derive(Template)]
#[template(path = "articles.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    facets: Vec<Facet>,
    lines: Vec<Line>,
    matching: String,
    further: Option<String>,
    atom: String,
    json: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Query(query): Query<ListQuery>,
) -> Answer {
    let asked = query.asked();
    let number = query.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(0_usize);
    let is_search = !asked.text.is_empty();
    let number = if is_search { number.min(LAST) } else { 0 };
    let after = query.after.as_deref().and_then(articles::read).filter(|_| !is_search);
    let mut look = console.look().await?;
    let now = look.now;
    let wanted = CandidateQuery { after, ..candidates(&asked) };
    let (found, has_more) = look.candidates(&wanted).await?;
    let chosen = choose(&found, &asked, number * PAGE, has_more);
    let lines = look.article_lines(&chosen.ids).await?;
    drop(look);
    let further = chosen.further.map(|cursor| {
        let next = (number + 1).to_string();
        let changed = if is_search { ("page", next) } else { ("after", articles::written(cursor)) };
        asked.address("/articles", &[(changed.0, &changed.1)])
    });
    let more = if has_more { "the newest " } else { "" };
    rendered(&Page {
        frame: Frame::new(&console, "/articles", "Articles", frame, now),
        facets: chosen.facets,
        lines: articles::lines(&chosen.ids, &lines, now),
        matching: format!("{more}{}", count(chosen.matching as i64)),
        further,
        atom: asked.address("/feed.atom", &[]),
        json: asked.address("/feed.json", &[]),
        asked: shown(asked),
    })
}

/// As it stands in the form.
fn shown(asked: Asked) -> Asked {
    let part = |part: String| foreign(&part, 400);
    Asked {
        text: part(asked.text),
        language: part(asked.language),
        host: part(asked.host),
        kind: part(asked.kind),
        tag: part(asked.tag),
    }
}
