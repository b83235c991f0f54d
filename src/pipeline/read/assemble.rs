//! From an extraction, and the feed's own fields, to what is filed.

use chrono::{DateTime, Utc};
use url::Url;

use crate::http;
use crate::pipeline::site_memories::Used;
use crate::store::{Origin, Outcome, PendingEntry, RawPage, ReadArticle, SourceTrace};
use wiresift_extract::Extraction;
use wiresift_extract::article::{Article, BodySource, Dated};
use wiresift_extract::memory::{Doubt, Trace};
use wiresift_extract::provenance::{Evidence, Source};
use wiresift_feed::Validators;

/// Where an article's page came from.
pub(super) struct PageSource {
    pub(super) url: Url,
    pub(super) rights: http::Rights,
    pub(super) validators: Validators,
}

/// An extraction, and what is kept of how it was made.
pub(super) struct Found {
    pub(super) extraction: Extraction,
    /// The site memory that it was made with.
    pub(super) memory: Option<i64>,
    pub(super) trace: Option<SourceTrace>,
    /// In which respects it is unlike the other articles.
    pub(super) doubt: Doubt,
    /// What it was made from, if pages are kept.
    pub(super) raw: Option<RawPage>,
}

impl Found {
    /// `source` is what the site memory belongs to, if it is to be learned, `used` that memory.
    pub(super) fn new(
        extraction: Extraction,
        source: Option<String>,
        used: &Used,
        at: DateTime<Utc>,
    ) -> Self {
        let day = at.timestamp().div_euclid(SECONDS_OF_DAY);
        let day = i32::try_from(day).unwrap_or(0);
        let bare = Trace::without_article(&extraction, day);
        let trace = bare.or_else(|| Trace::of(&extraction, day));
        let doubt = used.as_ref().zip(trace.as_ref()).map(|((_, memory), it)| memory.doubt(it));
        let doubt = doubt.unwrap_or_default();
        let is_unlike = doubt.is_unlike();
        let trace =
            source.zip(trace).map(|(source, trace)| SourceTrace { source, trace, is_unlike });
        let memory = used.as_ref().map(|(id, _)| *id);
        Self { extraction, memory, trace, doubt, raw: None }
    }
}

const SECONDS_OF_DAY: i64 = 86_400;

/// The highest quality of a text that may be something else than the article.
const DOUBTFUL_QUALITY: f32 = 0.1;

/// The outcome of an extraction. `None`: there is no page, and the text is the feed's.
pub(super) fn filed(entry: &PendingEntry, found: Found, source: Option<PageSource>) -> Outcome {
    let Found { extraction, memory, trace, doubt, raw } = found;
    let removed = extraction.removed();
    let mut article = extraction.article;
    let is_own_feed = source.as_ref().is_none_or(|source| entry.has_feed_of_site_at(&source.url));
    let doubt = doubt.is_doubtful().then(|| doubt.to_string());
    if doubt.is_some() {
        article.quality = article.quality.min(DOUBTFUL_QUALITY);
    }
    complete_from_feed(&mut article, entry);
    let is_feed_title = article.provenance.title.is_some_and(|it| it.source == Source::Feed);
    if is_feed_title && !is_own_feed && article.source != BodySource::Feed {
        article.title.clear();
        article.provenance.title = None;
    }
    if let Some(source) = &source {
        add_rights(&mut article, &source.rights);
    }
    let body_html = wiresift_extract::render::html(&article.body);
    let (fetched_url, validators) = match source {
        Some(source) => (Some(source.url), source.validators),
        None => (None, Validators::default()),
    };
    Outcome::Article(Box::new(ReadArticle {
        article,
        body_html,
        removed,
        fetched_url,
        page: raw,
        validators,
        memory,
        trace,
        doubt,
        origin: Origin::Source,
    }))
}

/// Confidence in a value that only the feed states: below that of a value that the page states.
const FEED_CONFIDENCE: f32 = 0.6;

/// Takes from the feed what the page does not state.
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

/// Adds the reservations of rights in the HTTP headers to those of the page.
fn add_rights(article: &mut Article, rights: &http::Rights) {
    rights.robots_tags.iter().for_each(|list| article.rights.add_robots(list));
    article.rights.add_tdm(rights.tdm_reservation.as_deref(), rights.tdm_policy.as_deref());
}
