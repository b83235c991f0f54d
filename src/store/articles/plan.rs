//! From a batch of filings and what is on file to the rows that are to be written: pure.
//!
//! The batch is judged in order, and each article that is new or revised counts as on file for those after it,
//! so that a batch gives the same result as its members one by one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::news::address::{Host, IdentityKey};
use crate::news::article::{Dated, PieceKind};
use crate::news::duplicate::{Candidates, Evidence, Known, Newcomer, Verdict, judge};
use crate::news::fingerprint::ExactDigest;
use crate::news::revision::{RevisionKind, likeness};
use crate::store::articles::{Filed, Filing, Outcome, RawPage, Recorded};
use crate::store::lease::Courtesy;
use crate::store::sites::GateRow;
use crate::store::{StoreError, clean};

/// What each filing of a batch is looked up by.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// One for each filing; none where it brings no article.
    of: Vec<Option<Identity>>,
}

/// What one article is looked up by.
#[derive(Debug)]
pub(super) struct Identity {
    /// The entry's address and the one its redirects led to.
    addresses: Vec<String>,
    /// The address that the page calls canonical, if it can be believed at all.
    canonical: Option<String>,
    /// Its text.
    digest: ExactDigest,
    title: String,
    text: String,
    url: String,
    host: String,
}

impl Identities {
    /// How many articles the batch brings.
    pub(super) fn articles(&self) -> usize {
        self.of.iter().flatten().count()
    }

    /// All address keys, sorted.
    pub(super) fn keys(&self) -> Vec<String> {
        let keys: BTreeSet<&String> =
            self.of.iter().flatten().flat_map(|one| one.addresses.iter().chain(&one.canonical)).collect();
        keys.into_iter().cloned().collect()
    }

    /// All digests.
    pub(super) fn digests(&self) -> Vec<Vec<u8>> {
        self.of.iter().flatten().map(|one| one.digest.as_bytes().to_vec()).collect()
    }
}

/// Derives what the batch is looked up by.
pub(super) fn identities(filings: &[Filing]) -> Identities {
    Identities { of: filings.iter().map(identity).collect() }
}

fn identity(filing: &Filing) -> Option<Identity> {
    let Outcome::Article(filed) = &filing.outcome else { return None };
    let entry = &filing.lease.item;
    let link = entry.url.as_deref().and_then(|url| url::Url::parse(url).ok());
    let canonical = filed.article.canonical.as_ref().filter(|url| believable(url, filed, link.as_ref()));
    let key = |url: &url::Url| clean::key(IdentityKey::of(url).as_str());
    let mut addresses: Vec<String> = link.iter().chain(&filed.fetched_url).map(key).collect();
    addresses.dedup();
    if addresses.is_empty() {
        // An entry that leads nowhere is known by its place in its feed.
        addresses.push(format!("entry:{}", entry.id));
    }
    let url = canonical.or(filed.fetched_url.as_ref()).or(link.as_ref());
    let host = url.and_then(Host::of).map_or_else(|| entry.host.clone(), |host| host.as_str().to_owned());
    let title = clean::text(&filed.article.title);
    let text = clean::text(&filed.article.text());
    Some(Identity {
        canonical: canonical.map(key).filter(|canonical| !addresses.contains(canonical)),
        addresses,
        digest: ExactDigest::of(&title, &text),
        title,
        text,
        url: url.map_or_else(
            || format!("entry:{}", entry.id),
            |url| crate::news::address::canonical(url).to_string(),
        ),
        host,
    })
}

/// Whether a canonical address may speak for the page: another page of the same site, and not its front page.
fn believable(canonical: &url::Url, filed: &Filed, link: Option<&url::Url>) -> bool {
    let front_page = canonical.path().trim_matches('/').is_empty() && canonical.query().is_none();
    let home = filed.fetched_url.as_ref().or(link).and_then(Host::of);
    let bare = |host: &Host| host.as_str().split('.').rev().take(2).map(str::to_owned).collect::<Vec<_>>();
    !front_page
        && matches!((Host::of(canonical), home), (Some(one), Some(other)) if bare(&one) == bare(&other))
}

/// What is on file that the batch may be.
#[derive(Debug, Default)]
pub(super) struct OnFile {
    /// Articles by id.
    pub(super) articles: BTreeMap<i64, Known>,
    /// Address key to article.
    pub(super) by_key: BTreeMap<String, i64>,
    /// Digest to original.
    pub(super) by_digest: BTreeMap<ExactDigest, i64>,
}

/// The rows of one transaction.
#[derive(Debug, Default)]
pub(super) struct Writes {
    pub(super) articles: Vec<ArticleRow>,
    pub(super) updates: Vec<ArticleRow>,
    pub(super) keys: BTreeMap<String, i64>,
    pub(super) revisions: Vec<RevisionRow>,
    pub(super) copies: BTreeMap<i64, i64>,
    pub(super) turned: BTreeMap<i64, i64>,
    pub(super) entries: Vec<EntryRow>,
    pub(super) pages: Vec<PageRow>,
    pub(super) changes: Vec<ChangeRow>,
    pub(super) gates: Vec<GateRow>,
    pub(super) at: Option<DateTime<Utc>>,
}

/// Rows and the answers to the callers.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) writes: Writes,
    pub(super) recorded: Vec<Recorded>,
}

#[derive(Debug, Serialize)]
pub(super) struct ArticleRow {
    id: i64,
    url: String,
    host: String,
    title: String,
    body: String,
    body_html: String,
    summary: Option<String>,
    byline: Vec<String>,
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
    quality: f32,
    rights: serde_json::Value,
    body_source: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct RevisionRow {
    article_id: i64,
    revision: i32,
    kind: &'static str,
    reason: &'static str,
    title: String,
    body: String,
    digest: String,
    seen_at: DateTime<Utc>,
    removed: serde_json::Value,
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
pub(super) struct EntryRow {
    id: i64,
    state: &'static str,
    cause: String,
    article_id: Option<i64>,
    ended_at: Option<DateTime<Utc>>,
    next_try_at: Option<DateTime<Utc>>,
    fetch_url: Option<String>,
    host: String,
    hops: i32,
    failures: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct ChangeRow {
    pub(super) kind: &'static str,
    pub(super) article_id: i64,
    pub(super) revision: i32,
    pub(super) other_id: Option<i64>,
}

/// Judges a batch, or as much of its beginning as can be written at once. `ids` are fresh article ids, one for
/// each article of the batch.
pub(super) fn plan(
    filings: &[Filing],
    identities: &Identities,
    mut held: BTreeSet<(i64, Uuid)>,
    on_file: OnFile,
    ids: Vec<i64>,
    courtesy: &Courtesy,
) -> Result<Plan, StoreError> {
    let mut planner =
        Planner { on_file, ids: ids.into_iter(), touched: BTreeSet::new(), plan: Plan::default() };
    for (filing, identity) in filings.iter().zip(&identities.of) {
        if !held.remove(&(filing.lease.item.id, filing.lease.token)) {
            planner.plan.recorded.push(Recorded::LeaseLost);
            continue;
        }
        let Some(recorded) = planner.take(filing, identity.as_ref())? else { break };
        planner.plan.recorded.push(recorded);
        let entry = &filing.lease.item;
        let gate = GateRow::released(&entry.host, filing.lease.expires_at, &filing.site, courtesy);
        planner.plan.writes.gates.push(gate);
        planner.plan.writes.at = planner.plan.writes.at.max(Some(filing.at));
    }
    Ok(planner.plan)
}

struct Planner {
    on_file: OnFile,
    ids: std::vec::IntoIter<i64>,
    /// Articles that the batch writes.
    touched: BTreeSet<i64>,
    plan: Plan,
}

impl Planner {
    /// None: the batch ends before this one.
    fn take(&mut self, filing: &Filing, identity: Option<&Identity>) -> Result<Option<Recorded>, StoreError> {
        let mut row = EntryRow::pending(filing);
        let recorded = match &filing.outcome {
            Outcome::Article(filed) => {
                let identity = identity
                    .ok_or_else(|| StoreError::Inconsistent("an article without identity".to_owned()))?;
                let Some((article, verdict)) = self.judge(filing, filed, identity)? else { return Ok(None) };
                row.end(filing.at, state_of(verdict), &cause_of(verdict, filed), Some(article));
                Recorded::Judged { article, verdict }
            }
            Outcome::Moved { to, host } => {
                row.wait(filing.at, "moved");
                row.fetch_url = Some(clean::text(to));
                row.host.clone_from(host);
                row.hops += 1;
                Recorded::Noted
            }
            Outcome::Later { at, cause, failed } => {
                row.wait(*at, cause);
                row.failures += u32::from(*failed);
                Recorded::Noted
            }
            Outcome::Skipped { cause } => {
                row.end(filing.at, "skipped", cause, None);
                Recorded::Noted
            }
            Outcome::Abandoned { cause } => {
                row.end(filing.at, "abandoned", cause, None);
                Recorded::Noted
            }
        };
        if let Some(at) = row.next_try_at {
            self.plan.writes.gates.push(GateRow { read_at: Some(at), ..GateRow::of(&row.host) });
        }
        self.plan.writes.entries.push(row);
        Ok(Some(recorded))
    }

    fn judge(
        &mut self,
        filing: &Filing,
        filed: &Filed,
        identity: &Identity,
    ) -> Result<Option<(i64, Verdict)>, StoreError> {
        let newcomer = Newcomer {
            host: &identity.host,
            title: &identity.title,
            body: &identity.text,
            digest: identity.digest,
        };
        let find = |key: &String| self.on_file.by_key.get(key).and_then(|id| self.on_file.articles.get(id));
        let candidates = Candidates {
            by_address: identity.addresses.iter().find_map(find),
            by_canonical: identity.canonical.as_ref().and_then(find),
            by_digest: self
                .on_file
                .by_digest
                .get(&identity.digest)
                .and_then(|id| self.on_file.articles.get(id)),
        };
        let verdict = judge(&newcomer, &candidates);
        if let Verdict::Revision { article, .. } = verdict {
            let other = candidates.by_digest.map(|known| known.id);
            if [Some(article), other].into_iter().flatten().any(|id| self.touched.contains(&id)) {
                return Ok(None);
            }
        }
        let article = match verdict {
            Verdict::New => self.add(filing, filed, identity, None)?,
            Verdict::Copy { of } => self.add(filing, filed, identity, Some(of))?,
            Verdict::Same { article, .. } => article,
            Verdict::Revision { article, kind, .. } => {
                self.revise(filing, filed, identity, article, kind)?;
                article
            }
        };
        self.learn_keys(identity, article, verdict);
        Ok(Some((article, verdict)))
    }

    /// Remembers the addresses under which the article is known from now on.
    fn learn_keys(&mut self, identity: &Identity, article: i64, verdict: Verdict) {
        // A canonical address that did not agree stays with whom it belongs to.
        let by_text = matches!(verdict, Verdict::Same { evidence: Evidence::Text, .. });
        let canonical = identity.canonical.iter().filter(|_| !by_text);
        for key in identity.addresses.iter().chain(canonical) {
            if !self.on_file.by_key.contains_key(key) {
                self.on_file.by_key.insert(key.clone(), article);
                self.plan.writes.keys.insert(key.clone(), article);
            }
        }
    }

    fn add(
        &mut self,
        filing: &Filing,
        filed: &Filed,
        identity: &Identity,
        copy_of: Option<i64>,
    ) -> Result<i64, StoreError> {
        let id = self.ids.next().ok_or_else(|| StoreError::Inconsistent("too few article ids".to_owned()))?;
        self.on_file.articles.insert(id, known(id, copy_of, identity));
        if copy_of.is_none() {
            self.on_file.by_digest.insert(identity.digest, id);
        }
        let page = self.keep_page(filing, filed);
        let similarity = copy_of.map(|_| 1.0);
        let writes = &mut self.plan.writes;
        writes.articles.push(article_row(id, 1, (copy_of, similarity), filing, filed, identity)?);
        writes.revisions.push(revision_row(id, 1, RevisionKind::First, page, filing, filed, identity)?);
        let kind = if copy_of.is_some() { "copy" } else { "new" };
        writes.changes.push(ChangeRow { kind, article_id: id, revision: 1, other_id: copy_of });
        if let Some(original) = copy_of {
            *writes.copies.entry(original).or_default() += 1;
        }
        self.touched.extend([Some(id), copy_of].into_iter().flatten());
        Ok(id)
    }

    /// Files a revision. Where the new text is another original's, the article becomes its copy.
    fn revise(
        &mut self,
        filing: &Filing,
        filed: &Filed,
        identity: &Identity,
        article: i64,
        kind: RevisionKind,
    ) -> Result<(), StoreError> {
        let other = self.on_file.by_digest.get(&identity.digest).copied().filter(|other| *other != article);
        let Some(before) = self.on_file.articles.get(&article).cloned() else {
            return Err(StoreError::Inconsistent(format!("article {article} was judged but is not on file")));
        };
        let revision = before.revision + 1;
        let turns = before.copy_of.is_none().then_some(other).flatten();
        let copy_of = before.copy_of.or(turns);
        let original = copy_of.and_then(|id| self.on_file.articles.get(&id));
        let similarity =
            copy_of.map(|_| original.map_or(1.0, |original| likeness(&original.body, &identity.text)));
        if self.on_file.by_digest.get(&before.digest) == Some(&article) {
            self.on_file.by_digest.remove(&before.digest);
        }
        if copy_of.is_none() {
            self.on_file.by_digest.insert(identity.digest, article);
        }
        self.on_file.articles.insert(article, Known { revision, ..known(article, copy_of, identity) });
        let page = self.keep_page(filing, filed);
        let writes = &mut self.plan.writes;
        writes.updates.push(article_row(article, revision, (copy_of, similarity), filing, filed, identity)?);
        writes.revisions.push(revision_row(article, revision, kind, page, filing, filed, identity)?);
        writes.changes.push(ChangeRow { kind: "revised", article_id: article, revision, other_id: None });
        self.touched.extend([Some(article), copy_of].into_iter().flatten());
        if let Some(original) = turns {
            writes.turned.insert(article, original);
            writes.changes.push(ChangeRow {
                kind: "copy",
                article_id: article,
                revision,
                other_id: Some(original),
            });
        }
        Ok(())
    }

    fn keep_page(&mut self, filing: &Filing, filed: &Filed) -> Option<usize> {
        let page = filed.page.clone()?;
        let url = filed.fetched_url.as_ref().map(ToString::to_string).unwrap_or_default();
        let pages = &mut self.plan.writes.pages;
        pages.push(PageRow {
            entry_id: filing.lease.item.id,
            url: clean::text(&url),
            fetched_at: filing.at,
            page,
        });
        Some(pages.len() - 1)
    }
}

impl EntryRow {
    fn pending(filing: &Filing) -> Self {
        let entry = &filing.lease.item;
        Self {
            id: entry.id,
            state: "pending",
            cause: String::new(),
            article_id: None,
            ended_at: None,
            next_try_at: None,
            fetch_url: entry.fetch_url.clone(),
            host: entry.host.clone(),
            hops: entry.hops,
            failures: entry.failures,
        }
    }

    fn wait(&mut self, until: DateTime<Utc>, cause: &str) {
        self.next_try_at = Some(until);
        cause.clone_into(&mut self.cause);
    }

    fn end(&mut self, at: DateTime<Utc>, state: &'static str, cause: &str, article: Option<i64>) {
        self.state = state;
        cause.clone_into(&mut self.cause);
        self.ended_at = Some(at);
        self.article_id = article;
    }
}

fn state_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::New | Verdict::Same { .. } => "filed",
        Verdict::Revision { .. } => "revision",
        Verdict::Copy { .. } => "copy",
    }
}

fn cause_of(verdict: Verdict, filed: &Filed) -> String {
    match verdict {
        Verdict::New => format!("new-from-{}", filed.article.source.as_str()),
        Verdict::Same { evidence, .. } => evidence.cause().to_owned(),
        Verdict::Revision { kind, .. } => kind.as_str().to_owned(),
        Verdict::Copy { .. } => "same-text".to_owned(),
    }
}

fn known(id: i64, copy_of: Option<i64>, identity: &Identity) -> Known {
    Known {
        id,
        copy_of,
        host: identity.host.clone(),
        revision: 1,
        title: identity.title.clone(),
        body: identity.text.clone(),
        digest: identity.digest,
    }
}

fn article_row(
    id: i64,
    revision: i32,
    (copy_of, similarity): (Option<i64>, Option<f64>),
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
        copy_of,
        similarity,
        quality: if article.quality.is_finite() { article.quality.clamp(0.0, 1.0) } else { 0.0 },
        rights: without_nul(serde_json::to_value(&article.rights).map_err(json_error)?),
        body_source: article.source.as_str(),
    })
}

fn revision_row(
    article_id: i64,
    revision: i32,
    kind: RevisionKind,
    page: Option<usize>,
    filing: &Filing,
    filed: &Filed,
    identity: &Identity,
) -> Result<RevisionRow, StoreError> {
    let reason = if filed.article.source == crate::news::article::BodySource::Feed { "feed" } else { "page" };
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
fn is_storable(date: &Dated) -> bool {
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
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, without_nul(value))).collect(),
        other => other,
    }
}

/// Words by Unicode's rules (UAX 29), so that scripts without blanks count too. Headings count.
fn word_count(article: &crate::news::article::Article) -> usize {
    use unicode_segmentation::UnicodeSegmentation as _;
    article
        .body
        .iter()
        .filter(|piece| piece.kind != PieceKind::Preformatted)
        .map(|piece| piece.text().unicode_words().count())
        .sum()
}

impl Writes {
    /// When the batch counts as written.
    pub(super) fn at(&self) -> DateTime<Utc> {
        self.at.unwrap_or(DateTime::UNIX_EPOCH)
    }
}
