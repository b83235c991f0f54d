//! The rows of a filing transaction, and how an article becomes one: text made storable, dates within what the
//! contract promises.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Utc};
use serde::Serialize;

use crate::filing::judge::Known;
use crate::filing::{Filed, RawPage};
use crate::store::articles::Filing;
use crate::store::articles::entry_row::EntryRow;
use crate::store::articles::fingerprints::Posted;
use crate::store::articles::identity::Identity;
use crate::store::articles::plan::Address;
use crate::store::parameters::Reading;
use crate::store::sites::SiteUpdate;
use crate::store::{StoreError, clean};
use wiresift_dedup::cluster::Edge;
use wiresift_dedup::copy::{Agreement, RULE};
use wiresift_dedup::revision::RevisionKind;
use wiresift_extract::article::{Dated, PieceKind};

/// The rows of one transaction.
#[derive(Debug, Default)]
pub(super) struct Writes {
    pub(super) articles: Vec<ArticleRow>,
    pub(super) updates: Vec<ArticleRow>,
    pub(super) keys: BTreeMap<String, Address>,
    /// Articles whose page is gone for good, with the feed that showed them.
    pub(super) retracted: BTreeMap<i64, i64>,
    /// Where articles were read under parameters.
    pub(super) readings: BTreeSet<Reading>,
    /// Articles that turn out not to live at the address which they called canonical, and that address.
    pub(super) displaced: BTreeMap<i64, String>,
    pub(super) revisions: Vec<RevisionRow>,
    /// Originals whose copies are to be counted again.
    pub(super) recount: BTreeSet<i64>,
    pub(super) edges: Vec<EdgeRow>,
    /// Copies that leave their cluster.
    pub(super) left: Vec<i64>,
    pub(super) moves: Vec<Move>,
    /// Copies to be measured against their originals.
    pub(super) measure: BTreeSet<i64>,
    pub(super) posted: Posted,
    pub(super) entries: Vec<EntryRow>,
    pub(super) pages: Vec<PageRow>,
    pub(super) changes: Vec<ChangeRow>,
    pub(super) site_updates: Vec<SiteUpdate>,
    pub(super) at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
pub(super) struct ArticleRow {
    pub(super) id: i64,
    pub(super) url: String,
    pub(super) host: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) body_html: String,
    pub(super) summary: Option<String>,
    pub(super) byline: Vec<String>,
    pub(super) language: Option<String>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) published_source: &'static str,
    pub(super) modified_at: Option<DateTime<Utc>>,
    pub(super) seen_at: DateTime<Utc>,
    pub(super) image_url: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) site_name: Option<String>,
    pub(super) word_count: usize,
    pub(super) revision: i32,
    pub(super) digest: String,
    pub(super) copy_of: Option<i64>,
    pub(super) similarity: Option<f64>,
    pub(super) kept: Option<f64>,
    pub(super) added: Option<f64>,
    pub(super) quality: f32,
    pub(super) rights: serde_json::Value,
    pub(super) body_source: &'static str,
    pub(super) section: Option<String>,
    pub(super) declared_language: Option<String>,
    pub(super) provenance: serde_json::Value,
    /// Minutes.
    pub(super) published_offset: Option<i32>,
    pub(super) kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct RevisionRow {
    pub(super) article_id: i64,
    pub(super) revision: i32,
    pub(super) kind: &'static str,
    pub(super) reason: &'static str,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) digest: String,
    pub(super) seen_at: DateTime<Utc>,
    pub(super) removed: serde_json::Value,
    /// Position of its page in [`Writes::pages`].
    pub(super) page: Option<usize>,
}

#[derive(Debug)]
pub(super) struct PageRow {
    pub(super) entry_id: i64,
    pub(super) url: String,
    pub(super) fetched_at: DateTime<Utc>,
    pub(super) page: RawPage,
}

#[derive(Debug, Serialize)]
pub(super) struct ChangeRow {
    pub(super) kind: &'static str,
    pub(super) article_id: i64,
    pub(super) revision: i32,
    pub(super) other_id: Option<i64>,
}

/// Of whom an article is a copy, and how like it is; measured once the row is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct CopyOf {
    pub(super) original: i64,
    pub(super) similarity: f64,
}

impl CopyOf {
    fn is_whole(self) -> bool {
        self.similarity >= 1.0
    }
}

/// What joined an article to another's cluster.
#[derive(Debug, Serialize)]
pub(super) struct EdgeRow {
    pub(super) article_id: i64,
    pub(super) other_id: i64,
    pub(super) joined_at: DateTime<Utc>,
    pub(super) rule: i16,
    pub(super) strength: f64,
    pub(super) evidence: serde_json::Value,
}

impl EdgeRow {
    pub(super) fn of(
        article_id: i64,
        edge: &Edge,
        joined_at: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let whole = edge.agreement == Agreement::WHOLE;
        Ok(Self {
            article_id,
            other_id: edge.other,
            joined_at,
            rule: if whole { 0 } else { RULE },
            strength: edge.agreement.strength(),
            evidence: serde_json::to_value(edge.agreement).map_err(json_error)?,
        })
    }
}

/// A cluster that becomes part of another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    /// Its original, which becomes a copy.
    pub(super) from: i64,
    /// The original of all from now on.
    pub(super) to: i64,
    /// How like they are, as far as that is known.
    pub(super) similarity: f64,
}

impl Writes {
    /// When the batch counts as written.
    pub(super) fn at(&self) -> DateTime<Utc> {
        self.at.unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// A revision that keeps the last text of an article whose page is gone.
pub(super) fn retraction_row(known: &Known, revision: i32, at: DateTime<Utc>) -> RevisionRow {
    RevisionRow {
        article_id: known.id,
        revision,
        kind: RevisionKind::Retraction.as_str(),
        reason: "page",
        title: known.title.clone(),
        body: known.body.clone(),
        digest: clean::hex(known.digest.as_bytes()),
        seen_at: at,
        removed: serde_json::Value::Array(Vec::new()),
        page: None,
    }
}

pub(super) fn article_row(
    id: i64,
    revision: i32,
    copy_of: Option<CopyOf>,
    filing: &Filing,
    filed: &Filed,
    identity: &Identity,
) -> Result<ArticleRow, StoreError> {
    let article = &filed.article;
    let published = article.published.filter(is_storable);
    Ok(ArticleRow {
        id,
        url: clean::text(&identity.url),
        host: identity.host.clone(),
        title: identity.title.clone(),
        body: identity.text.clone(),
        body_html: clean::text(&filed.body_html),
        summary: clean::optional(article.summary.as_deref()),
        byline: clean::list(&article.byline),
        language: clean::optional(article.language.as_deref()),
        // The promise of the contract: never in the future.
        published_at: published.map(|date| date.at.min(filing.at)),
        published_source: published.map_or("none", |date| date.source.as_str()),
        modified_at: article.modified.filter(is_storable).map(|date| date.at.min(filing.at)),
        seen_at: filing.at,
        image_url: article.image.as_ref().map(|url| clean::text(url.as_str())),
        tags: clean::list(&article.tags),
        site_name: clean::optional(article.site_name.as_deref()),
        word_count: word_count(article),
        revision,
        digest: clean::hex(identity.digest.as_bytes()),
        copy_of: copy_of.map(|copy| copy.original),
        similarity: copy_of.map(|copy| copy.similarity),
        kept: copy_of.filter(|copy| copy.is_whole()).map(|_| 1.0),
        added: copy_of.filter(|copy| copy.is_whole()).map(|_| 0.0),
        quality: if article.quality.is_finite() { article.quality.clamp(0.0, 1.0) } else { 0.0 },
        rights: without_nul(serde_json::to_value(&article.rights).map_err(json_error)?),
        body_source: article.source.as_str(),
        section: clean::optional(article.section.as_deref()),
        declared_language: clean::optional(article.declared_language.as_deref()),
        provenance: serde_json::to_value(&article.provenance).map_err(json_error)?,
        published_offset: published.and_then(|date| Some(date.zone?.local_minus_utc() / 60)),
        kind: article.kind.as_str(),
    })
}

pub(super) fn revision_row(
    article_id: i64,
    revision: i32,
    kind: RevisionKind,
    page: Option<usize>,
    filing: &Filing,
    filed: &Filed,
    identity: &Identity,
) -> Result<RevisionRow, StoreError> {
    let reason = if filed.article.source == wiresift_extract::article::BodySource::Feed {
        "feed"
    } else {
        "page"
    };
    Ok(RevisionRow {
        article_id,
        revision,
        kind: kind.as_str(),
        reason,
        title: identity.title.clone(),
        body: identity.text.clone(),
        digest: clean::hex(identity.digest.as_bytes()),
        seen_at: filing.at,
        removed: without_nul(serde_json::to_value(&filed.removed).map_err(json_error)?),
        page,
    })
}

/// Years with four digits: others have no form that JSON and Postgres agree on, and no newspaper.
pub(super) fn is_storable(date: &Dated) -> bool {
    (1..=9999).contains(&date.at.year())
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn json_error(error: serde_json::Error) -> StoreError {
    StoreError::Inconsistent(error.to_string())
}

/// `jsonb` cannot hold U+0000 either.
fn without_nul(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(clean::text(&text)),
        Value::Array(values) => Value::Array(values.into_iter().map(without_nul).collect()),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, without_nul(value))).collect()
        }
        other => other,
    }
}

/// Words by Unicode's rules (UAX 29), so that scripts without blanks count too. Headings count.
fn word_count(article: &wiresift_extract::article::Article) -> usize {
    use unicode_segmentation::UnicodeSegmentation as _;
    article
        .body
        .iter()
        .filter(|piece| piece.kind != PieceKind::Preformatted)
        .map(|piece| piece.text().unicode_words().count())
        .sum()
}
