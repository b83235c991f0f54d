//! What a script expects of the daemon, and what every script expects without saying so.

use chrono::TimeDelta;
use sqlx::AssertSqlSafe;

use crate::script::Address;
use crate::stage::Stage;
use crate::words::{Count, Wanted, duration, number};

/// One expectation.
#[derive(Debug)]
pub(super) enum Expect {
    /// A number that one statement gives.
    Sum { statement: String, count: Count },
    /// A column of the newest row about an address.
    Row { table: Table, address: Address, column: String, wanted: Wanted },
    /// Kinds of an article's revisions, in order.
    History { address: Address, kinds: Vec<String> },
    /// Requests for an address, or for a whole site.
    Requests { address: Address, count: Count },
    /// A header of the n-th request for an address.
    Header { address: Address, visit: usize, name: String, wanted: Wanted },
    /// No two requests for an address, or at a site, are closer together.
    Apart { address: Address, least: TimeDelta },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Feed,
    Article,
    Entry,
}

const NOUNS: &str = "articles N, copies N, entries [STATE [CAUSE]] N, revisions N, events KIND N, changes KIND N, \
    requests ADDRESS N, apart ADDRESS TIME, header ADDRESS NTH NAME VALUE, history ADDRESS KINDS, feed ADDRESS COLUMN \
    VALUE, article ADDRESS COLUMN VALUE, entry ADDRESS COLUMN VALUE, sql STATEMENT N";

impl Expect {
    pub(super) fn parse(words: &[&str]) -> Result<Self, String> {
        let sum = |statement: &str, count: &str| {
            Ok(Self::Sum { statement: statement.to_owned(), count: Count::parse(count)? })
        };
        let row = |table, address: &str, column: &str, value: &str| {
            let (address, wanted) = (Address::parse(address)?, Wanted::parse(value));
            Ok(Self::Row { table, address, column: column.to_owned(), wanted })
        };
        match words {
            ["articles", count] => sum("SELECT count(*) FROM news.articles", count),
            ["copies", count] => {
                sum("SELECT count(*) FROM news.all_articles WHERE copy_of IS NOT NULL", count)
            }
            ["entries", count] => sum("SELECT count(*) FROM wiresift.entries", count),
            ["entries", state, count] => sum(
                &format!("SELECT count(*) FROM wiresift.entries WHERE state::text = '{state}'"),
                count,
            ),
            ["entries", state, cause, count] => sum(
                &format!(
                    "SELECT count(*) FROM wiresift.entries WHERE state::text = '{state}' AND cause = '{cause}'"
                ),
                count,
            ),
            ["revisions", count] => {
                sum("SELECT count(*) FROM news.revisions WHERE kind <> 'first'", count)
            }
            ["events", kind, count] => {
                sum(&format!("SELECT count(*) FROM news.events WHERE kind = '{kind}'"), count)
            }
            ["changes", kind, count] => sum(
                &format!("SELECT count(*) FROM wiresift.changes WHERE kind::text = '{kind}'"),
                count,
            ),
            ["sql", statement, count] => sum(statement, count),
            ["requests", address, count] => Ok(Self::Requests {
                address: Address::parse(address)?,
                count: Count::parse(count)?,
            }),
            ["apart", address, least] => {
                let least = TimeDelta::from_std(duration(least)?).unwrap();
                Ok(Self::Apart { address: Address::parse(address)?, least })
            }
            ["header", address, visit, name, value] => Ok(Self::Header {
                address: Address::parse(address)?,
                visit: number(visit)?,
                name: name.to_ascii_lowercase(),
                wanted: Wanted::parse(value),
            }),
            ["history", address, kinds @ ..] => Ok(Self::History {
                address: Address::parse(address)?,
                kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            }),
            ["feed", address, column, value] => row(Table::Feed, address, column, value),
            ["article", address, column, value] => row(Table::Article, address, column, value),
            ["entry", address, column, value] => row(Table::Entry, address, column, value),
            _ => Err(format!("unknown expectation `{}`; known are {NOUNS}", words.join(" "))),
        }
    }

    /// What is the matter, if it does not hold.
    pub(super) async fn fault(&self, stage: &Stage) -> Option<String> {
        match self {
            Self::Sum { statement, count } => {
                let answer: Result<i64, _> = sqlx::query_scalar(AssertSqlSafe(statement.as_str()))
                    .fetch_one(&stage.pool)
                    .await;
                match answer {
                    Ok(found) => (!count.holds(found)).then(|| format!("there are {found}")),
                    Err(error) => Some(error.to_string()),
                }
            }
            Self::Row { table, address, column, wanted } => {
                row(stage, *table, address, column, wanted).await
            }
            Self::History { address, kinds } => {
                let found: Vec<String> = sqlx::query_scalar(
                    "SELECT r.kind FROM news.revisions r JOIN news.all_articles a ON a.id = r.article_id
                     WHERE a.url = $1 ORDER BY r.revision",
                )
                .bind(address.url(stage.port()))
                .fetch_all(&stage.pool)
                .await
                .unwrap();
                (found != *kinds).then(|| format!("it is {found:?}"))
            }
            Self::Requests { address, count } => {
                let found = stage.visits_to(address).len();
                (!count.holds(found as i64)).then(|| format!("there were {found}"))
            }
            Self::Header { address, visit, name, wanted } => {
                let visits = stage.visits_to(address);
                let Some(seen) = visit.checked_sub(1).and_then(|nth| visits.get(nth)) else {
                    return Some(format!("there were {} requests", visits.len()));
                };
                let value = seen.header(name).map(str::to_owned);
                (!wanted.holds(value.as_deref())).then(|| format!("it is {value:?}"))
            }
            Self::Apart { address, least } => {
                let visits = stage.visits_to(address);
                let closest = visits.windows(2).map(|two| two[1].at - two[0].at).min()?;
                (closest < *least).then(|| format!("two are {closest} apart"))
            }
        }
    }
}

async fn row(
    stage: &Stage,
    table: Table,
    address: &Address,
    column: &str,
    wanted: &Wanted,
) -> Option<String> {
    let statement = match table {
        Table::Feed => "SELECT to_jsonb(r) FROM news.feeds r WHERE url = $1",
        Table::Article => "SELECT to_jsonb(r) FROM news.all_articles r WHERE url = $1",
        Table::Entry => {
            "SELECT to_jsonb(r) FROM wiresift.entries r WHERE url = $1 ORDER BY id DESC LIMIT 1"
        }
    };
    let url = address.url(stage.port());
    let row: Option<serde_json::Value> =
        sqlx::query_scalar(statement).bind(&url).fetch_optional(&stage.pool).await.unwrap();
    let Some(row) = row else { return Some(format!("there is none at {url}")) };
    let Some(value) = row.get(column) else { return Some("there is no such column".to_owned()) };
    let text = match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    (!wanted.holds(text.as_deref())).then(|| format!("it is {text:?}"))
}

/// What holds whatever happens: the sums agree, the log has no holes, no date lies ahead, every site is asked one
/// thing at a time, a second apart, and left alone for as long as it asked.
pub(super) async fn broken_promises(stage: &Stage) -> Vec<String> {
    let mut faults = stage.store.reconcile().await.unwrap().faults();
    for (promise, statement) in [
        (
            "the log of changes has holes",
            "SELECT count(*) <> coalesce(max(seq), 0) FROM wiresift.changes",
        ),
        (
            "an article has the address of another",
            "SELECT count(*) > count(DISTINCT url) FROM news.all_articles",
        ),
    ] {
        let is_broken: bool = sqlx::query_scalar(statement).fetch_one(&stage.pool).await.unwrap();
        faults.extend(is_broken.then(|| promise.to_owned()));
    }
    let ahead: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM news.all_articles WHERE published_at > $1 OR modified_at > $1",
    )
    .bind(stage.now())
    .fetch_one(&stage.pool)
    .await
    .unwrap();
    faults.extend((ahead > 0).then(|| format!("{ahead} articles have dates in the future")));
    faults.extend(stage.rudeness());
    faults
}
