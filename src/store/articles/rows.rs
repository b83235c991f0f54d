//! Turns records into rows: makes texts storable, keeps dates within the limits of the contract,
//! and turns enums into their stored values.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use url::Url;
use wiresift_dedup::copy::{Agreement, RULE};
use wiresift_extract::article::{Article, Dated, PieceKind};
use wiresift_text::{limits, words};

use crate::filing::records::{ArticleRecord, EdgeRecord, RevisionRecord, RevisionText};
use crate::store::articles::markup::markup;
use crate::store::articles::removed::removed;
use crate::store::{StoreError, clean};

#[derive(Debug, Serialize)]
pub(super) struct ArticleRow<'a> {
    id: i64,
    url: String,
    moves: bool,
    has_page: bool,
    host: &'a str,
    title: &'a str,
    body: &'a str,
    markup: Option<String>,
    summary: Option<String>,
    byline: Vec<String>,
    agency: Vec<String>,
    language: Option<String>,
    published_at: Option<DateTime<Utc>>,
    published_source: &'static str,
    modified_at: Option<DateTime<Utc>>,
    seen_at: DateTime<Utc>,
    image_url: Option<String>,
    tags: Vec<String>,
    site_name: Option<String>,
    word_count: usize,
    revision: i32,
    digest: String,
    copy_of: Option<i64>,
    similarity: Option<f64>,
    kept: Option<f64>,
    added: Option<f64>,
    quality: f32,
    doubt: Option<String>,
    rights: Value,
    body_source: &'static str,
    section: Option<String>,
    declared_language: Option<String>,
    provenance: Value,
    /// The offset from UTC, in minutes.
    published_offset: Option<i32>,
    kind: &'static str,
}

impl<'a> ArticleRow<'a> {
    pub(super) fn of(record: &'a ArticleRecord<'a>) -> Result<Self, StoreError> {
        let (text, lookup) = (&record.text, record.text.lookup);
        let article = &text.read.article;
        let published = text.published();
        // A copy of the whole text need not be measured.
        let whole = record.copy_of.filter(|copy| copy.similarity >= 1.0);
        Ok(Self {
            id: record.id,
            url: clean::cut(&record.url, limits::URL_BYTES),
            moves: record.moves,
            has_page: lookup.read_key.is_some(),
            host: &lookup.host,
            title: &lookup.title,
            body: &lookup.body,
            markup: markup(&clean::text(&text.read.body_html), &lookup.body),
            summary: clean::cut_optional(article.summary.as_deref(), limits::SUMMARY_BYTES),
            byline: clean::names(&article.byline),
            agency: clean::names(&article.agency),
            language: clean::cut_optional(article.language.as_deref(), limits::LANGUAGE_BYTES),
            // The contract promises that these dates are never in the future.
            published_at: published.map(|date| date.at.min(text.at)),
            published_source: published.map_or("none", |date| date.source.as_str()),
            modified_at: text.modified().map(|date| date.at.min(text.at)),
            seen_at: text.at,
            image_url: clean::address(article.image.as_ref().map(Url::as_str)),
            tags: clean::names(&article.tags),
            site_name: clean::cut_optional(article.site_name.as_deref(), limits::NAME_BYTES),
            word_count: word_count(article),
            revision: record.revision,
            digest: clean::hex(lookup.digest.as_bytes()),
            copy_of: record.copy_of.map(|copy| copy.original),
            similarity: record.copy_of.map(|copy| copy.similarity),
            kept: whole.map(|_| 1.0),
            added: whole.map(|_| 0.0),
            quality: if article.quality.is_finite() {
                article.quality.clamp(0.0, 1.0)
            } else {
                0.0
            },
            doubt: clean::cut_optional(text.read.doubt.as_deref(), limits::DOUBT_BYTES),
            rights: declared(without_nul(json(&article.rights)?)),
            body_source: article.source.as_str(),
            section: clean::cut_optional(article.section.as_deref(), limits::NAME_BYTES),
            declared_language: clean::cut_optional(
                article.declared_language.as_deref(),
                limits::LANGUAGE_BYTES,
            ),
            provenance: json(&article.provenance)?,
            published_offset: published.and_then(|date| offset(&date)),
            kind: article.kind.as_str(),
        })
    }
}

/// Minutes east of UTC on the publisher's clock, if a clock can be that far off.
fn offset(date: &Dated) -> Option<i32> {
    let minutes = date.zone?.local_minus_utc() / 60;
    (minutes.abs() <= limits::MAX_OFFSET_MINUTES).then_some(minutes)
}

#[derive(Debug, Serialize)]
pub(super) struct RevisionRow {
    article_id: i64,
    revision: i32,
    kind: &'static str,
    reason: &'static str,
    seen_at: DateTime<Utc>,
    removed: Option<String>,
    memory_id: Option<i64>,
}

impl RevisionRow {
    pub(super) fn of(record: &RevisionRecord<'_>) -> Self {
        let (removed, memory_id) = match &record.text {
            RevisionText::Read(text) => (removed(&text.read.removed), text.read.memory),
            RevisionText::Retracted => (None, None),
        };
        Self {
            article_id: record.article,
            revision: record.revision,
            kind: record.kind.as_str(),
            reason: record.reason().as_str(),
            seen_at: record.at,
            removed,
            memory_id,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct EdgeRow {
    article_id: i64,
    other_id: i64,
    joined_at: DateTime<Utc>,
    rule: i16,
    strength: f64,
    evidence: Value,
}

impl EdgeRow {
    pub(super) fn of(record: &EdgeRecord) -> Result<Self, StoreError> {
        let agreement = record.edge.agreement;
        Ok(Self {
            article_id: record.article,
            other_id: record.edge.other,
            joined_at: record.at,
            // Rule 0 stands for the exact digest.
            rule: if agreement == Agreement::WHOLE { 0 } else { RULE },
            strength: agreement.strength(),
            evidence: json(&agreement)?,
        })
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

/// Rights without those that are false. The function `whole_rights` adds them for readers.
fn declared(mut rights: Value) -> Value {
    if let Some(fields) = rights.as_object_mut() {
        for name in ["no_index", "no_archive", "no_ai", "paywalled"] {
            if fields.get(name) == Some(&Value::Bool(false)) {
                fields.remove(name);
            }
        }
    }
    rights
}

/// Removes U+0000, which `jsonb` cannot hold.
fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean::text(&text)),
        Value::Array(values) => Value::Array(values.into_iter().map(without_nul).collect()),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| (name, without_nul(value))).collect(),
        ),
        other => other,
    }
}

/// The number of words of an article with its headings, but without code.
fn word_count(article: &Article) -> usize {
    let pieces = article.body.iter().filter(|piece| piece.kind != PieceKind::Preformatted);
    pieces.map(|piece| words::count(&piece.text())).sum()
}
