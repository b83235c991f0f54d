//! From what a page gave, and what the feed says beside it, to what is filed.

use url::Url;

use crate::http;
use crate::store::{Outcome, PendingEntry, RawPage, ReadArticle};
use wiresift_extract::article::{Article, BodySource, Dated};
use wiresift_extract::provenance::{Evidence, Source};
use wiresift_extract::{Extraction, Hints};
use wiresift_feed::Validators;

pub(super) fn hints(feed_fields: &crate::store::FeedFields) -> Hints {
    Hints {
        title: feed_fields.title.clone(),
        summary: feed_fields.summary.clone(),
        published: feed_fields.published,
        language: feed_fields.language.clone(),
        rule: None,
    }
}

/// zstd's default level: pages shrink to a fifth at some 300 MB/s.
pub(super) fn compress(bytes: &[u8], content_type: Option<String>) -> Option<RawPage> {
    zstd::encode_all(bytes, 0).ok().map(|body| RawPage { body, content_type })
}

pub(super) fn filed(
    entry: &PendingEntry,
    extraction: Extraction,
    fetched_url: Option<Url>,
    page: Option<RawPage>,
    (rights, validators): (&http::Rights, Validators),
) -> Outcome {
    let removed = extraction.removed();
    let mut article = extraction.article;
    complete_from_feed(&mut article, entry);
    add_rights(&mut article, rights);
    let body_html = wiresift_extract::render::html(&article.body);
    Outcome::Article(Box::new(ReadArticle {
        article,
        body_html,
        removed,
        fetched_url,
        page,
        validators,
    }))
}

/// How sure the feed's word alone is; it only ranks below what a page states.
const FEED_CONFIDENCE: f32 = 0.6;

/// What the page does not say, the feed may.
fn complete_from_feed(article: &mut Article, entry: &PendingEntry) {
    let feed_fields = &entry.feed_fields;
    let from_feed = Some(Evidence::new(Source::Feed, FEED_CONFIDENCE));
    if article.title.is_empty() {
        article.title = feed_fields.title.clone().unwrap_or_default();
        article.provenance.title = from_feed.filter(|_| !article.title.is_empty());
    }
    if article.summary.is_none() {
        article.summary.clone_from(&feed_fields.summary);
    }
    if article.byline.is_empty() {
        article.byline.clone_from(&feed_fields.authors);
        article.provenance.byline = from_feed.filter(|_| !article.byline.is_empty());
    }
    if article.tags.is_empty() {
        article.tags.clone_from(&feed_fields.tags);
        article.provenance.tags = from_feed.filter(|_| !article.tags.is_empty());
    }
    if article.published.is_none() {
        article.published = feed_fields.published.map(Dated::from_feed);
        article.provenance.published = from_feed.filter(|_| article.published.is_some());
    }
    if article.modified.is_none() && article.source == BodySource::Feed {
        article.modified = feed_fields.updated.map(Dated::from_feed);
        article.provenance.modified = from_feed.filter(|_| article.modified.is_some());
    }
}

/// Reservations that the HTTP headers make, on top of the page's own.
fn add_rights(article: &mut Article, rights: &http::Rights) {
    rights.robots_tags.iter().for_each(|list| article.rights.add_robots(list));
    article.rights.add_tdm(rights.tdm_reservation.as_deref(), rights.tdm_policy.as_deref());
}
