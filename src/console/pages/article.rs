//! `/articles/ID`: the clean article beside its page, block by block.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::rule::Trial;
use crate::console::pages::{Answer, rendered};
use crate::console::view::article::ArticleView;
use crate::console::view::difference::{Change, Difference, difference};
use crate::console::view::xray::{Part, XrayView};
use crate::pipeline::read::NoXray;
use crate::store::StoredPage;
use wiresift_extract::SiteRule;

#[derive(Debug, Default, Deserialize)]
pub(super) struct ArticleQuery {
    /// The revision that is compared with the one before it.
    revision: Option<String>,
    /// Selectors of a rule to try.
    body: Option<String>,
    remove: Option<String>,
}

#[derive(Template)]
#[template(path = "article.html")]
struct Page {
    frame: Frame,
    article: ArticleView,
    /// The revision that is compared, and what it changed.
    changes: Option<(i32, Difference)>,
    xray: Option<XrayView>,
    /// Why there is no X-ray.
    without: &'static str,
    trial: Trial,
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Path(id): Path<i64>,
    Query(query): Query<ArticleQuery>,
) -> Answer {
    let mut look = console.look().await?;
    let now = look.now;
    let Some(detail) = look.article(id).await? else {
        return Err(Failure::missing("There is no article with this number."));
    };
    let newest = detail.row.revision;
    let asked = query.revision.as_deref().and_then(|number| number.parse().ok());
    let asked = asked.unwrap_or(newest).clamp(1, newest.max(1));
    let texts = if asked > 1 { look.revision_texts(id, asked).await? } else { Vec::new() };
    let stored = look.stored_page(id).await?;
    drop(look);
    let changes = match texts.as_slice() {
        [(number, title, body), (_, old_title, old_body)] => {
            let (old, new) = (format!("{old_title}\n{old_body}"), format!("{title}\n{body}"));
            let number = *number;
            let found = tokio::task::spawn_blocking(move || difference(&old, &new)).await;
            found.ok().map(|found| (number, found))
        }
        _ => None,
    };
    let feed = detail.feeds.first().map(|(id, _)| *id);
    let mut trial = Trial::new(&detail.row.host, query.body, query.remove);
    let (xray, without) = xray(&console, stored, feed, trial.rule.clone()).await?;
    Box::pin(trial.on_others(&console, &detail.row)).await?;
    let article = ArticleView::of(&detail, now);
    rendered(&Page {
        frame: Frame::new(&console, "/articles", article.title.clone(), frame, now),
        article,
        changes,
        xray,
        without,
        trial,
    })
}

async fn xray(
    console: &Console,
    stored: Option<StoredPage>,
    feed: Option<i64>,
    rule: Option<Arc<SiteRule>>,
) -> Result<(Option<XrayView>, &'static str), Failure> {
    let Some(stored) = stored else {
        return Ok((None, "The page of this article is not stored (raw.keep says for how long)."));
    };
    Ok(match Box::pin(console.pipeline.xray(&stored, feed, rule)).await? {
        Ok(xray) => (Some(XrayView::of(&xray)), ""),
        Err(NoXray::Unreadable) => (None, "The stored page cannot be read any more."),
        Err(NoXray::Busy) => (None, "There is no memory for it at this moment (daemon.memory)."),
    })
}
