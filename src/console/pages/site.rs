//! `/sites/HOST`: what is known of a site, and what its pages would give today.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State};

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered};
use crate::console::view::articles::headline;
use crate::console::view::difference::{Change, Difference, difference};
use crate::console::view::site::SiteView;
use crate::filing::judge::Verdict;
use crate::filing::records::RevisionReason;
use crate::pipeline::{Reread, RereadEnding, Rereader};
use crate::store::{Outcome, Recorded};

/// Articles whose change is shown.
const SHOWN: usize = 5;

/// What reprocessing would do, or has done.
#[derive(Debug, Default)]
struct Preview {
    /// Whether the changes are filed.
    is_filed: bool,
    pages: usize,
    changed: usize,
    same: usize,
    /// Nothing could be said of them: no text is found, or somebody else works on them.
    others: usize,
    /// Number, headline and change.
    differences: Vec<(i64, String, Difference)>,
}

#[derive(Template)]
#[template(path = "site.html")]
struct Page {
    frame: Frame,
    site: SiteView,
    preview: Option<Preview>,
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Path(host): Path<String>,
) -> Answer {
    shown(&console, &host, frame, None).await
}

async fn shown(
    console: &Console,
    host: &str,
    frame: FrameQuery,
    preview: Option<Preview>,
) -> Answer {
    let host = host.to_lowercase().replace('\0', "");
    let mut look = console.look().await?;
    let now = look.now;
    let Some(detail) = look.site(&host).await? else {
        return Err(Failure::missing("Nothing is known of this site."));
    };
    drop(look);
    let site = SiteView::of(&host, &detail, now);
    let frame = Frame::new(console, "/articles", site.host.clone(), frame, now);
    rendered(&Page { frame, site, preview })
}

/// `POST /sites/HOST/preview`: what its newest stored pages give by the rules of today. Files nothing.
pub(super) async fn preview(
    State(console): State<Console>,
    frame: FrameQuery,
    Path(host): Path<String>,
) -> Answer {
    reprocessed(&console, frame, &host, false).await
}

/// `POST /sites/HOST/reprocess`: the same, and files what is another text now.
pub(super) async fn reprocess(
    State(console): State<Console>,
    frame: FrameQuery,
    Path(host): Path<String>,
) -> Answer {
    reprocessed(&console, frame, &host, true).await
}

async fn reprocessed(console: &Console, frame: FrameQuery, host: &str, is_filed: bool) -> Answer {
    let mut look = console.look().await?;
    let entries = look.site_entries(&host.to_lowercase().replace('\0', "")).await?;
    drop(look);
    let entries: Vec<i64> = entries.into_iter().map(|(entry, _)| entry).collect();
    let store = &console.pipeline.store;
    let texts = store.texts_of_entries(&entries).await?;
    let rereader = Rereader::new(&console.pipeline);
    let rereads = if is_filed {
        Box::pin(rereader.reread(&entries, RevisionReason::Rules)).await?
    } else {
        Box::pin(rereader.preview(&entries, RevisionReason::Rules)).await?
    };
    let texts = texts.into_iter().map(|(id, _, title, body)| (id, (title, body))).collect();
    let previewed =
        tokio::task::spawn_blocking(move || previewed(&rereads, &texts, entries.len())).await;
    let previewed = previewed.map(|preview| Preview { is_filed, ..preview });
    shown(console, host, frame, previewed.ok()).await
}

fn previewed(rereads: &[Reread], texts: &HashMap<i64, (String, String)>, pages: usize) -> Preview {
    let mut preview = Preview { pages, ..Preview::default() };
    for reread in rereads {
        match reread.ending() {
            RereadEnding::Revised => preview.changed += 1,
            RereadEnding::Same => preview.same += 1,
            RereadEnding::WithoutText | RereadEnding::Busy | RereadEnding::Refused => {}
        }
        let Some((filing, Recorded::Judged { article, verdict: Verdict::Revision { .. } })) =
            &reread.result
        else {
            continue;
        };
        let (Some((title, body)), Outcome::Article(read)) = (texts.get(article), &filing.outcome)
        else {
            continue;
        };
        if preview.differences.len() < SHOWN {
            let found = difference(body, &read.article.text());
            preview.differences.push((*article, headline(title), found));
        }
    }
    preview.others = pages.saturating_sub(preview.changed + preview.same);
    preview
}
