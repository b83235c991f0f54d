//! A cluster of copies: who had a text first, and what the others kept and added.

use chrono::{DateTime, Utc};
use url::Url;

use crate::console::view::articles::headline;
use crate::console::view::format::{When, foreign, percent};
use crate::console::view::svg::shares;
use crate::store::Relative;

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) host: String,
    pub(crate) when: When,
    pub(crate) kept: String,
    pub(crate) added: String,
    pub(crate) similarity: String,
    pub(crate) drawing: String,
    /// The member that it was recognised by.
    pub(crate) joined_to: Option<i64>,
    pub(crate) is_original: bool,
}

pub(crate) fn members(relatives: &[Relative], now: DateTime<Utc>) -> Vec<Member> {
    let member = |one: &Relative| {
        let url = Url::parse(&one.url).ok();
        let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
        let (kept, added) = (f64::from(one.kept), f64::from(one.added));
        let title = format!("{} kept, {} added", percent(kept), percent(added));
        Member {
            id: one.article_id,
            title: headline(&one.title),
            host: foreign(host, 100),
            when: When::of(one.published_at.unwrap_or(one.first_seen_at), now),
            kept: percent(kept),
            added: percent(added),
            similarity: percent(f64::from(one.similarity)),
            drawing: shares(&title, &[("o-new", kept), ("o-skipped", added)]),
            joined_to: one.joined_to,
            is_original: one.article_id == one.original_id,
        }
    };
    relatives.iter().map(member).collect()
}
