//! What a batch needs to know before it is judged.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::filing::judge::Known;
use crate::store::StoreError;
use crate::store::articles::Filing;
use crate::store::articles::fingerprints::{self, MemberRow};
use crate::store::articles::identity::Identities;
use crate::store::articles::near;
use crate::store::articles::plan::{Address, OnFile};
use wiresift_dedup::fingerprint::ExactDigest;
use wiresift_dedup::index::{DuplicateIndex, day};

/// Locks the entries of the batch that are still ours, and the waiting ones that its addresses will answer, in
/// the order of ids. Gives back the leases that hold: an entry may come twice in one batch, from a reader who was
/// late and from the one who took over.
pub(super) async fn lock_entries(
    connection: &mut PgConnection,
    filings: &[Filing],
    identities: &Identities,
) -> Result<BTreeSet<(i64, Uuid)>, StoreError> {
    let ids: Vec<i64> = filings.iter().map(|filing| filing.lease.item.id).collect();
    let locked: Vec<(i64, Option<Uuid>)> = sqlx::query_as(
        "/* lock_entries */ SELECT id, lease_token FROM entries
         WHERE id IN (
             SELECT unnest($1::bigint[])
             UNION SELECT id FROM entries WHERE identity = ANY($2) AND state = 'pending' AND lease_token IS NULL)
         ORDER BY id FOR UPDATE",
    )
    .bind(&ids)
    .bind(identities.keys())
    .fetch_all(connection)
    .await?;
    Ok(locked.into_iter().filter_map(|(id, token)| Some((id, token?))).collect())
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

/// What is on file under the batch's addresses and digests, and what it read again. It stays so until the batch is
/// written: whoever changes texts or their places is at the bench. One branch for each index; an `OR` over all of them
/// would read the whole table.
async fn known(
    connection: &mut PgConnection,
    filings: &[Filing],
    identities: &Identities,
    duplicates: &mut DuplicateIndex,
) -> Result<OnFile, StoreError> {
    let revisit = filings
        .iter()
        .filter_map(|filing| filing.lease.item.revisit.as_ref())
        .map(|revisit| revisit.article);
    let mut ids: Vec<i64> = revisit.collect();
    if identities.articles() == 0 && ids.is_empty() {
        return Ok(OnFile::default());
    }
    let keys: Vec<(String, i64, bool)> = sqlx::query_as(
        "/* known: keys */ SELECT key, article_id, claimed FROM article_keys WHERE key = ANY($1)",
    )
    .bind(identities.keys())
    .fetch_all(&mut *connection)
    .await?;
    let by_key: BTreeMap<String, Address> = keys
        .into_iter()
        .map(|(key, article, is_claimed)| (key, Address { article, is_claimed }))
        .collect();
    ids.extend(by_key.values().map(|address| address.article));
    let rows: Vec<KnownRow> = sqlx::query_as(
        "/* known: articles */
         WITH found AS (
             SELECT unnest($1::bigint[]) AS id
             UNION SELECT id FROM articles WHERE digest = ANY($2) AND copy_of IS NULL
             UNION SELECT min(id) FROM articles WHERE digest = ANY($2) AND copy_of IS NOT NULL GROUP BY digest
         )
         SELECT id, copy_of, copies, first_seen_at, published_at, published_source, host, revision, title, body, digest,
                retracted_at IS NOT NULL AS is_retracted
         FROM articles
         WHERE id = ANY(ARRAY(
             SELECT id FROM found
             UNION SELECT copy_of FROM articles WHERE id IN (SELECT id FROM found) AND copy_of IS NOT NULL))
         ORDER BY id",
    )
    .bind(ids)
    .bind(identities.digests())
    .fetch_all(connection)
    .await?;
    let mut on_file = OnFile { by_key, ..OnFile::default() };
    for row in rows {
        let digest = ExactDigest::from_stored(&row.digest).ok_or_else(|| {
            let (id, length) = (row.member.id, row.digest.len());
            StoreError::Inconsistent(format!("article {id} has a digest of {length} bytes"))
        })?;
        row.member.enter(duplicates);
        let MemberRow { id, copy_of, .. } = row.member;
        match copy_of {
            None => drop(on_file.by_digest.insert(digest, id)),
            Some(_) => drop(on_file.by_digest.entry(digest).or_insert(id)),
        }
        on_file.articles.insert(
            id,
            Known {
                id,
                copy_of,
                host: row.host,
                revision: row.revision,
                title: row.title,
                body: row.body,
                digest,
                is_retracted: row.is_retracted,
            },
        );
    }
    Ok(on_file)
}

/// All that the batch is judged by.
pub(super) async fn everything(
    connection: &mut PgConnection,
    filings: &[Filing],
    identities: &Identities,
) -> Result<OnFile, StoreError> {
    let mut duplicates = DuplicateIndex::default();
    let mut on_file = known(connection, filings, identities, &mut duplicates).await?;
    on_file.hot =
        near::follow_keys(connection, &near::asked(filings, identities), &mut duplicates).await?;
    let by_address = identities.keys().into_iter().filter_map(|key| on_file.by_key.get(&key));
    let revisit = filings.iter().filter_map(|filing| filing.lease.item.revisit.as_ref());
    let may_change: BTreeSet<i64> = by_address
        .map(|address| address.article)
        .chain(revisit.map(|revisit| revisit.article))
        .collect();
    let copies: Vec<i64> = may_change
        .into_iter()
        .filter(|id| on_file.articles.get(id).is_some_and(|known| known.copy_of.is_some()))
        .collect();
    on_file.edges = fingerprints::edges_of(connection, &copies).await?;
    let originals = copies.iter().filter_map(|id| on_file.articles.get(id)?.copy_of);
    let joined = on_file.edges.iter().map(|(_, other)| *other);
    let joined: BTreeSet<i64> = originals.chain(joined).filter(|_| !copies.is_empty()).collect();
    let mut candidates = BTreeSet::new();
    for (filing, identity) in filings.iter().zip(&identities.of) {
        let fingerprinted = identity.as_ref().and_then(|one| one.fingerprinted.as_ref());
        let found = fingerprinted
            .map(|fingerprinted| duplicates.keys_index.find(&fingerprinted.keys, day(filing.at)));
        candidates.extend(found.unwrap_or_default().candidates);
    }
    fingerprints::fetch_fingerprints(connection, &candidates, &joined, &mut duplicates).await?;
    on_file.duplicates = duplicates;
    Ok(on_file)
}

/// Fresh article ids. Those that go unused leave holes in the ids, which promise nothing.
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
