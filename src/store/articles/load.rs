//! Loads the data that the planner needs for a batch.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{FromRow, PgConnection};
use uuid::Uuid;
use wiresift_dedup::fingerprint::ExactDigest;

use crate::filing::judge::Known;
use crate::filing::{
    Address, LookupKeys, OnFile, Submission, keys_of_batch, keys_to_load, revisited,
};
use crate::store::StoreError;
use crate::store::articles::fingerprints::{self, MemberRow};
use crate::store::articles::{Member, lookup};

fn lookups<'a>(submissions: &[Submission<'a>]) -> impl Iterator<Item = &'a LookupKeys> {
    submissions.iter().filter_map(|one| one.lookup)
}

/// Locks the entries of the batch, and the pending entries at its addresses, in the order of ids.
/// Marks the submissions with a lease that still holds. A batch may have an entry twice: from a
/// worker with an expired lease, and from the one that has the lease now.
pub(super) async fn lock_entries(
    connection: &mut PgConnection,
    batch: &[Member<'_>],
    submissions: &mut [Submission<'_>],
) -> Result<(), StoreError> {
    let ids: Vec<i64> = batch.iter().map(|one| one.entry().id).collect();
    let locked: Vec<(i64, Option<Uuid>)> = sqlx::query_as(
        "/* lock_entries */ SELECT id, lease_token FROM entries
         WHERE id = ANY(ARRAY(
             SELECT unnest($1::bigint[])
             UNION SELECT e.id FROM unnest($2::text[]) AS k (identity) CROSS JOIN LATERAL (
                 SELECT id FROM entries WHERE identity = k.identity
                     AND state = 'pending' AND lease_token IS NULL OFFSET 0) AS e))
         ORDER BY id FOR UPDATE",
    )
    .bind(&ids)
    .bind(keys_of_batch(lookups(submissions)))
    .fetch_all(connection)
    .await?;
    let tokens = locked.into_iter().filter_map(|(id, token)| Some((id, token?)));
    let mut held: BTreeSet<(i64, Uuid)> = tokens.collect();
    for (one, submission) in batch.iter().zip(submissions) {
        submission.is_held = held.remove(&(one.entry().id, one.filing.lease.token));
    }
    Ok(())
}

#[derive(FromRow)]
struct KnownRow {
    #[sqlx(flatten)]
    member: MemberRow,
    host: String,
    revision: i32,
    title: String,
    body: String,
    digest: Vec<u8>,
    is_retracted: bool,
}

/// Loads the articles on file with which the batch is compared. They do not change until the batch
/// is written, because texts and clusters change only under the filing lock.
pub(super) async fn on_file(
    connection: &mut PgConnection,
    submissions: &[Submission<'_>],
) -> Result<OnFile, StoreError> {
    let mut on_file = known(connection, submissions).await?;
    on_file.new_stop_keys =
        lookup::follow_keys(connection, submissions, &mut on_file.duplicates).await?;
    let candidates = on_file.candidates(submissions);
    left(connection, candidates.iter().map(|id| id.article), &mut on_file).await?;
    let copies = on_file.copies_that_may_change(submissions);
    on_file.edges = fingerprints::edges_of(connection, &copies).await?;
    let anchors = on_file.anchors_of(&copies);
    fingerprints::fetch(connection, &candidates, &anchors, &mut on_file.duplicates).await?;
    Ok(on_file)
}

/// Loads the articles at the addresses of the batch and with its digests, and those that it has
/// read again. The statement has one branch for each index, because `OR` would read the whole
/// table.
async fn known(
    connection: &mut PgConnection,
    submissions: &[Submission<'_>],
) -> Result<OnFile, StoreError> {
    let mut ids: Vec<i64> = revisited(submissions).collect();
    let digests: Vec<Vec<u8>> =
        lookups(submissions).map(|one| one.digest.as_bytes().to_vec()).collect();
    if digests.is_empty() && ids.is_empty() {
        return Ok(OnFile::default());
    }
    let by_key = addresses(connection, submissions).await?;
    ids.extend(by_key.values().map(|address| address.article));
    let mut on_file = OnFile { by_key, ..OnFile::default() };
    for row in articles(connection, ids, digests).await? {
        row.enter(&mut on_file)?;
    }
    Ok(on_file)
}

/// The articles with these ids or digests, and their originals.
async fn articles(
    connection: &mut PgConnection,
    ids: Vec<i64>,
    digests: Vec<Vec<u8>>,
) -> Result<Vec<KnownRow>, StoreError> {
    if ids.is_empty() && digests.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as(
        "/* known: articles */
         WITH found AS (
             SELECT unnest($1::bigint[]) AS id
             -- Digest by digest: a plan that was made for a small table would compare each row
             -- with all of them.
             UNION SELECT o.id FROM unnest($2::bytea[]) AS d (digest) CROSS JOIN LATERAL (
                 SELECT id FROM articles WHERE digest = d.digest AND copy_of IS NULL LIMIT 1) AS o
             UNION SELECT c.id FROM unnest($2::bytea[]) AS d (digest) CROSS JOIN LATERAL (
                 SELECT id FROM articles WHERE digest = d.digest AND copy_of IS NOT NULL
                 ORDER BY id LIMIT 1) AS c
         )
         SELECT id, copy_of, copies, first_seen_at, published_at, published_source, host, revision,
                title, body, digest, retracted_at IS NOT NULL AS is_retracted
         FROM articles
         WHERE id = ANY(ARRAY(
             SELECT id FROM found
             UNION SELECT copy_of FROM articles
                   WHERE id IN (SELECT id FROM found) AND copy_of IS NOT NULL))
         ORDER BY id",
    )
    .bind(ids)
    .bind(digests)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Loads those of the candidates that have left all feeds before their time, with the originals of
/// these. Of the articles with the texts of the batch, marks those that have.
async fn left(
    connection: &mut PgConnection,
    candidates: impl Iterator<Item = i64>,
    on_file: &mut OnFile,
) -> Result<(), StoreError> {
    let ids: BTreeSet<i64> = candidates.chain(on_file.by_digest.values().copied()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let left: Vec<i64> = sqlx::query_scalar(
        "/* left: articles */
         SELECT article_id FROM entries WHERE article_id = ANY($1)
         GROUP BY article_id HAVING bool_and(left_at IS NOT NULL)",
    )
    .bind(ids.into_iter().collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    on_file.left = left.iter().copied().collect();
    let missing = left.into_iter().filter(|id| !on_file.articles.contains_key(id));
    for row in articles(connection, missing.collect(), Vec::new()).await? {
        row.enter(on_file)?;
    }
    Ok(())
}

async fn addresses(
    connection: &mut PgConnection,
    submissions: &[Submission<'_>],
) -> Result<BTreeMap<String, Address>, StoreError> {
    let keys: Vec<(String, i64, bool)> = sqlx::query_as(
        "/* known: keys */ SELECT key, article_id, claimed FROM article_keys WHERE key = ANY($1)",
    )
    .bind(keys_to_load(submissions))
    .fetch_all(connection)
    .await?;
    let addresses = keys.into_iter();
    Ok(addresses.map(|(key, article, is_claimed)| (key, Address { article, is_claimed })).collect())
}

impl KnownRow {
    fn enter(self, on_file: &mut OnFile) -> Result<(), StoreError> {
        let MemberRow { id, copy_of, published_at, .. } = self.member;
        let digest = ExactDigest::from_stored(&self.digest).ok_or_else(|| {
            let length = self.digest.len();
            StoreError::Inconsistent(format!("article {id} has a digest of {length} bytes"))
        })?;
        self.member.enter(&mut on_file.duplicates);
        if copy_of.is_none() {
            on_file.by_digest.insert(digest, id);
        } else {
            on_file.by_digest.entry(digest).or_insert(id);
        }
        let known = Known {
            id,
            copy_of,
            host: self.host,
            revision: self.revision,
            title: self.title,
            body: self.body,
            digest,
            is_retracted: self.is_retracted,
            is_dated: published_at.is_some(),
        };
        on_file.articles.insert(id, known);
        Ok(())
    }
}

/// Returns new article ids. Ids that are not used leave gaps, which is allowed.
pub(super) async fn article_ids(
    connection: &mut PgConnection,
    count: usize,
) -> Result<Vec<i64>, StoreError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let ids = sqlx::query_scalar(
        "/* article_ids */ SELECT nextval(pg_get_serial_sequence('wiresift.articles', 'id'))
         FROM generate_series(1, $1)",
    )
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(ids)
}
