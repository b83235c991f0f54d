//! Writes address keys and their articles, and ends pending entries at these addresses.

use sqlx::PgConnection;
use url::Url;
use wiresift_feed::address::Host;

use crate::filing::{Address, Change, ChangeKind, Records};
use crate::store::StoreError;

/// Changes the address of articles that have lost the one that they called canonical, because
/// another article was read there. They get an address at which they were read themselves: that of
/// an entry, or else the identity key as an address.
///
/// Consumers see the address, so each of these articles gets a change.
pub(super) async fn displace(
    connection: &mut PgConnection,
    records: &mut Records<'_>,
) -> Result<(), StoreError> {
    if records.displaced.is_empty() {
        return Ok(());
    }
    let moved: Vec<(i64, i32, String)> = sqlx::query_as(
        "/* displace */ UPDATE articles AS a SET url = own.url, updated_at = $3
         FROM unnest($1::bigint[], $2::text[]) AS r (id, url)
         CROSS JOIN LATERAL (
             SELECT coalesce(e.url, 'https://' || k.key) AS url FROM article_keys k
             LEFT JOIN entries e ON e.identity = k.key AND e.article_id = r.id
             WHERE k.article_id = r.id AND NOT k.claimed AND k.key LIKE '%/%'
             ORDER BY e.id LIMIT 1) AS own
         WHERE a.id = r.id AND a.url = r.url AND a.url <> own.url
         RETURNING a.id, a.revision, a.url",
    )
    .bind(records.displaced.keys().copied().collect::<Vec<_>>())
    .bind(records.displaced.values().cloned().collect::<Vec<_>>())
    .bind(records.at())
    .fetch_all(&mut *connection)
    .await?;
    for (article, revision, url) in moved {
        let host = Url::parse(&url).ok().as_ref().and_then(Host::of);
        sqlx::query("/* displace */ UPDATE articles SET host = coalesce($2, host) WHERE id = $1")
            .bind(article)
            .bind(host.map(|host| host.to_string()))
            .execute(&mut *connection)
            .await?;
        let kind = ChangeKind::Revised;
        records.changes.push(Change { kind, article, revision, other: None });
    }
    Ok(())
}

/// Inserts address keys. An article that was read at an address takes the key from one that only
/// claims it. There is no conflict clause, so the statement fails if another transaction has
/// inserted a key first. Then the batch is judged again.
pub(super) async fn insert_keys(
    connection: &mut PgConnection,
    records: &Records<'_>,
) -> Result<(), StoreError> {
    if records.addresses.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* insert_keys: claimed */ DELETE FROM article_keys WHERE key IN (
             SELECT key FROM article_keys WHERE key = ANY($1) AND claimed ORDER BY key FOR UPDATE)",
    )
    .bind(read_keys(records).map(|(key, _)| key.clone()).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "/* insert_keys */ INSERT INTO article_keys (key, article_id, claimed)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[])
             AS r (key, article_id, claimed)
         ORDER BY key",
    )
    .bind(records.addresses.keys().cloned().collect::<Vec<_>>())
    .bind(records.addresses.values().map(|address| address.article).collect::<Vec<_>>())
    .bind(records.addresses.values().map(|address| address.is_claimed).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// The addresses at which articles were read.
fn read_keys<'a>(records: &'a Records<'_>) -> impl Iterator<Item = (&'a String, &'a Address)> {
    records.addresses.iter().filter(|(_, address)| !address.is_claimed)
}

/// Ends the pending entries at the addresses of the batch: they are further sightings.
///
/// They are looked up address by address: a plan that was made while few entries were pending would
/// compare each pending entry with all addresses.
pub(super) async fn end_pending(
    connection: &mut PgConnection,
    records: &Records<'_>,
) -> Result<u64, StoreError> {
    if records.addresses.is_empty() {
        return Ok(0);
    }
    let ended = sqlx::query(
        "/* end_pending */
         UPDATE entries AS e SET
             state = 'filed', cause = 'known-address', article_id = r.article_id, ended_at = $3,
             next_try_at = NULL, fetch_url = NULL, content = NULL, lease_attempts = 0
         FROM unnest($1::text[], $2::bigint[]) AS r (key, article_id) CROSS JOIN LATERAL (
             SELECT id FROM entries
             WHERE identity = r.key AND state = 'pending' AND lease_token IS NULL FOR UPDATE) AS p
         WHERE e.id = p.id",
    )
    .bind(read_keys(records).map(|(key, _)| key.clone()).collect::<Vec<_>>())
    .bind(read_keys(records).map(|(_, address)| address.article).collect::<Vec<_>>())
    .bind(records.at())
    .execute(connection)
    .await?;
    Ok(ended.rows_affected())
}
