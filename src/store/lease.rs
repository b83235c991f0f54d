//! The one way to lease rows: how a row is leased, held, postponed and released, for every table.
//!
//! A table that can be leased has the columns `host`, `lease_token`, `lease_expires_at` and
//! `lease_attempts`, and one that says when a row is due. The rest is its [`Table`]. The protocol
//! is in [`lease`](crate::lease).
//!
//! Feeds and entries are leased at open sites ([`lease_at_sites`]): the same statement takes the
//! row, the slot of its site, and moves the site's wake-up time. Subscriptions and discoveries are
//! rare and their sites have no wake-up time for them ([`lease_one_per_site`]): the step acquires
//! the slot after it has the lease.
//!
//! The statements differ by table, so they are assembled at run time, from constants of this folder
//! alone.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, PgPool};
use uuid::Uuid;

use crate::lease::{
    Lease, PARSING_ADDS, Politeness, SUSPECT_AFTER, SuspectPermit, is_suspect, later,
};
use crate::store::sites::{break_slots, next_opening, open_sites};
use crate::store::{BEGIN_UNFLUSHED, DueFeed, PendingEntry, Store, StoreError};

/// The assignments that end a lease, for the `SET` of a statement that records an outcome. They
/// also clear the attempts, and with them the suspicion.
macro_rules! lease_released {
    () => {
        "lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0"
    };
}
pub(super) use lease_released;

/// How the rows of one table are leased.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// What a row is called in messages.
    pub(super) noun: &'static str,
    /// The column that identifies a row.
    pub(super) key: &'static str,
    /// The column that says when a row is due; null for never.
    pub(super) due: &'static str,
    /// What a lease statement returns besides the lease itself. The leased row is `t`.
    pub(super) columns: &'static str,
}

/// Something that is leased.
pub(super) trait Leasable: Sized {
    const TABLE: Table;

    /// The columns of [`Table::columns`].
    type Row: for<'r> FromRow<'r, PgRow> + Send + Unpin;

    fn of_row(row: Self::Row) -> Result<Self, StoreError>;

    fn id(&self) -> i64;
}

/// Something whose requests wait at their site until the site is open.
pub(super) trait WaitsAtSite: Leasable {
    /// The column of `sites` that says when the next row of this table is due there.
    const WAKE: &'static str;

    /// Groups of rows, each the predicate of a partial index. At each site a row of an earlier
    /// group goes before all rows of a later one.
    const GROUPS: &'static [&'static str];

    /// The order of rows within a group.
    const ORDER: &'static str;
}

/// The lease columns of a row, as a lease statement leaves them.
#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "they are the names of the columns")]
struct LeaseColumns {
    lease_token: Uuid,
    lease_expires_at: DateTime<Utc>,
    lease_attempts: i32,
}

/// A leased row.
struct Leased<T: Leasable> {
    row: T::Row,
    lease: LeaseColumns,
}

impl<'r, T: Leasable> FromRow<'r, PgRow> for Leased<T> {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { row: T::Row::from_row(row)?, lease: LeaseColumns::from_row(row)? })
    }
}

/// The leases of leased rows. A suspect takes the permit.
///
/// A row that this version cannot read is logged and left out: its lease runs out, and the other
/// rows are not held up by it.
fn leases<T: Leasable>(rows: Vec<Leased<T>>, mut permit: Option<SuspectPermit>) -> Vec<Lease<T>> {
    rows.into_iter()
        .filter_map(|Leased { row, lease }| {
            let item = T::of_row(row)
                .inspect_err(|error| tracing::error!(%error, "cannot work on a leased row"))
                .ok()?;
            let attempts = u32::try_from(lease.lease_attempts).unwrap_or(u32::MAX);
            Some(Lease {
                item,
                token: lease.lease_token,
                expires_at: lease.lease_expires_at,
                attempts,
                permit: permit.take_if(|_| is_suspect(attempts)),
            })
        })
        .collect()
}

/// Leases due rows, at most `room`, one per open site. Suspects are leased only with a permit, and
/// at most one of them.
///
/// Rows that another transaction has locked are passed over: that transaction may wait for a site
/// that this one has locked.
///
/// The commit does not wait for the disk. If the server loses it, an outcome finds that its lease is
/// lost, and the item is worked on once more.
pub(super) async fn lease_at_sites<T: WaitsAtSite>(
    store: &Store,
    now: DateTime<Utc>,
    room: usize,
    permit: Option<SuspectPermit>,
    politeness: &Politeness,
) -> Result<Vec<Lease<T>>, StoreError> {
    store.watch_clock(now).await?;
    let mut transaction = store.pool.begin_with(BEGIN_UNFLUSHED).await?;
    let hosts = open_sites(&mut transaction, T::WAKE, now, room, politeness).await?;
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Leased<T>> = sqlx::query_as(AssertSqlSafe(statement_at_sites::<T>()))
        .bind(now)
        .bind(hosts)
        .bind(politeness.expiry(now))
        .bind(SUSPECT_AFTER)
        .bind(permit.is_some())
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(leases(rows, permit))
}

/// How long it takes until the next site opens that has due work of a table, at most `most`.
pub(super) async fn until_opening<T: WaitsAtSite>(
    store: &Store,
    now: DateTime<Utc>,
    most: Duration,
    politeness: &Politeness,
) -> Duration {
    match next_opening(&store.pool, T::WAKE, now, later(now, most), politeness).await {
        Ok(Some(opening)) => (opening - now).to_std().unwrap_or(most).min(most),
        // The next lease shows what is wrong with the database.
        Ok(None) | Err(_) => most,
    }
}

/// The expiry is the name of the slot at the site, so it is made unique by up to a second.
fn statement_at_sites<T: WaitsAtSite>() -> String {
    let Table { name, due, columns, .. } = T::TABLE;
    let (wake, order) = (T::WAKE, T::ORDER);
    let all =
        |part: fn(usize) -> String| (0..T::GROUPS.len()).map(part).collect::<Vec<_>>().join(", ");
    let ids = all(|n| format!("g{n}.id"));
    let attempts = all(|n| format!("g{n}.lease_attempts"));
    let dues = all(|n| format!("g{n}.due_at"));
    let firsts: String = (0..)
        .zip(T::GROUPS)
        .map(|(n, group): (usize, _)| {
            let earlier: String = (0..n).map(|n| format!("g{n}.id IS NULL AND ")).collect();
            format!(
                "LEFT JOIN LATERAL (
                     SELECT id, lease_attempts, {due} AS due_at FROM {name}
                     WHERE {earlier}host = site.host AND {group} AND {due} <= $1
                       AND ($5 OR lease_attempts < $4)
                     ORDER BY {order} LIMIT 1 FOR UPDATE SKIP LOCKED
                 ) AS g{n} ON true\n"
            )
        })
        .collect();
    let nexts: String = T::GROUPS
        .iter()
        .map(|group| {
            format!(
                ", (SELECT {due} FROM {name}
                    WHERE host = site.host AND {group} AND id IS DISTINCT FROM leased.id
                    ORDER BY {due} LIMIT 1)"
            )
        })
        .collect();
    format!(
        "/* lease: {name} */
         WITH candidate AS (
             SELECT first.id, site.host, first.lease_attempts >= $4 AS is_suspect,
                    $3::timestamptz + random() * interval '1 second' AS expires_at,
                    row_number() OVER (
                        PARTITION BY first.lease_attempts >= $4 ORDER BY first.due_at) AS position
             FROM unnest($2::text[]) AS site (host)
             {firsts}
             CROSS JOIN LATERAL (
                 SELECT coalesce({ids}) AS id, coalesce({attempts}) AS lease_attempts,
                        coalesce({dues}) AS due_at) AS first
             WHERE first.id IS NOT NULL
         ), leased AS (
             SELECT * FROM candidate WHERE NOT is_suspect OR position = 1
         ), site AS (
             UPDATE sites SET
                 slots = (SELECT coalesce(array_agg(slot), '{{}}') FROM unnest(sites.slots) AS slot
                          WHERE slot > $1)
                         || CASE WHEN leased.id IS NULL
                                 THEN '{{}}' ELSE ARRAY[leased.expires_at] END,
                 {wake} = least(leased.expires_at{nexts})
             FROM unnest($2::text[]) AS site (host) LEFT JOIN leased ON leased.host = site.host
             WHERE sites.host = site.host
         )
         UPDATE {name} AS t SET
             lease_token = gen_random_uuid(), lease_expires_at = leased.expires_at,
             {due} = leased.expires_at, lease_attempts = t.lease_attempts + 1
         FROM leased WHERE t.id = leased.id
         RETURNING {columns}, t.lease_token, t.lease_expires_at, t.lease_attempts"
    )
}

/// Leases due rows, at most `room`, one per site, and none of a site that must not be asked now.
/// Rows with `max_attempts` or more are passed over.
pub(super) async fn lease_one_per_site<T: Leasable>(
    store: &Store,
    now: DateTime<Utc>,
    room: usize,
    max_attempts: i32,
    politeness: &Politeness,
) -> Result<Vec<Lease<T>>, StoreError> {
    store.watch_clock(now).await?;
    let Table { name, key, due, columns, .. } = T::TABLE;
    let statement = format!(
        "/* lease: {name} */
         WITH candidate AS (
             SELECT DISTINCT ON (c.host) c.{key} AS key FROM {name} c
             LEFT JOIN sites ON sites.host = c.host
             WHERE c.{due} <= $1 AND c.lease_attempts < $4
               AND (sites.next_request_at IS NULL OR sites.next_request_at <= $1)
             ORDER BY c.host, c.{due}
         ), leased AS (
             SELECT {key} AS key FROM {name}
             WHERE {key} IN (SELECT key FROM candidate) AND {due} <= $1
             ORDER BY {due} LIMIT $2 FOR UPDATE SKIP LOCKED
         )
         UPDATE {name} AS t SET
             lease_token = gen_random_uuid(), lease_expires_at = $3, {due} = $3,
             lease_attempts = t.lease_attempts + 1
         FROM leased WHERE t.{key} = leased.key
         RETURNING {columns}, t.lease_token, t.lease_expires_at, t.lease_attempts"
    );
    let rows: Vec<Leased<T>> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(now)
        .bind(i64::try_from(room).unwrap_or(i64::MAX))
        .bind(politeness.expiry(now))
        .bind(max_attempts)
        .fetch_all(&store.pool)
        .await?;
    Ok(leases(rows, None))
}

/// Locks a leased row. False: the lease is lost.
pub(super) async fn lock_leased<T: Leasable>(
    connection: &mut PgConnection,
    lease: &Lease<T>,
) -> Result<bool, StoreError> {
    let Table { name, key, .. } = T::TABLE;
    let statement = format!(
        "/* lock_leased: {name} */
         SELECT FROM {name} WHERE {key} = $1 AND lease_token = $2 FOR UPDATE"
    );
    let held = sqlx::query(AssertSqlSafe(statement))
        .bind(lease.item.id())
        .bind(lease.token)
        .fetch_optional(connection)
        .await?;
    Ok(held.is_some())
}

/// Ends a lease. Fails if it is lost.
pub(super) async fn release<T: Leasable>(
    connection: &mut PgConnection,
    lease: &Lease<T>,
) -> Result<(), StoreError> {
    let Table { name, key, .. } = T::TABLE;
    let released = lease_released!();
    let statement = format!(
        "/* release: {name} */ UPDATE {name} SET {released} WHERE {key} = $1 AND lease_token = $2"
    );
    let updated = sqlx::query(AssertSqlSafe(statement))
        .bind(lease.item.id())
        .bind(lease.token)
        .execute(connection)
        .await?;
    if updated.rows_affected() == 0 { Err(lost(lease)) } else { Ok(()) }
}

/// Ends a lease without an outcome; the row is due again at `until`, unless another transaction has
/// given it another due time meanwhile. Does nothing if the lease is lost.
pub(super) async fn postpone<T: Leasable>(
    pool: &PgPool,
    lease: &Lease<T>,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Table { name, key, due, .. } = T::TABLE;
    let released = lease_released!();
    let statement = format!(
        "/* postpone: {name} */ UPDATE {name} SET
             {due} = CASE WHEN {due} = lease_expires_at THEN $3 ELSE {due} END, {released}
         WHERE {key} = $1 AND lease_token = $2"
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(lease.item.id())
        .bind(lease.token)
        .bind(until)
        .execute(pool)
        .await?;
    Ok(())
}

/// Ends all leases of a table; the rows are due now, and their attempts stay. Returns the number.
async fn break_leases_of<T: Leasable>(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let Table { name, due, .. } = T::TABLE;
    let statement = format!(
        "/* break_leases: {name} */ UPDATE {name} SET
             {due} = $1, lease_token = NULL, lease_expires_at = NULL
         WHERE lease_token IS NOT NULL"
    );
    let updated = sqlx::query(AssertSqlSafe(statement)).bind(now).execute(connection).await?;
    Ok(updated.rows_affected())
}

pub(super) fn lost<T: Leasable>(lease: &Lease<T>) -> StoreError {
    StoreError::LeaseLost { what: T::TABLE.noun, id: lease.item.id() }
}

impl Store {
    /// Frees the leases on feeds and entries and all slots of sites. Only for a database that no
    /// other process can be using: the lock of the embedded cluster proves that all holders are
    /// dead. A site that was being asked rests for the usual spacing, because the last request to
    /// it may have been made just now.
    pub async fn break_leases(
        &self,
        now: DateTime<Utc>,
        politeness: &Politeness,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let entries = break_leases_of::<PendingEntry>(&mut transaction, now).await?;
        let feeds = break_leases_of::<DueFeed>(&mut transaction, now).await?;
        break_slots(&mut transaction, now, later(now, politeness.spacing)).await?;
        transaction.commit().await?;
        Ok(entries + feeds)
    }

    /// Records that the bytes of a leased row are about to be parsed, if it is a suspect.
    ///
    /// Bytes kill while they are parsed, by the stack or the memory that they take, and parsing is
    /// short. So a death at that moment counts more.
    pub(super) async fn begin_parsing<T: Leasable>(
        &self,
        lease: &Lease<T>,
    ) -> Result<(), StoreError> {
        if !lease.is_suspect() {
            return Ok(());
        }
        let Table { name, key, .. } = T::TABLE;
        let statement = format!(
            "/* begin_parsing: {name} */ UPDATE {name} SET lease_attempts = lease_attempts + $3
             WHERE {key} = $1 AND lease_token = $2"
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(lease.item.id())
            .bind(lease.token)
            .bind(PARSING_ADDS)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
