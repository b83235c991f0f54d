//! What filing costs, and how writers share it: `cargo bench --bench filing_cost -- [DIR] [ARTICLES]`
//!
//! A private cluster under DIR (default: the directory for temporary files), with durable commits, is given so many
//! articles (default 20,000) of some 350 words by one writer and then by four, in batches of 1, 16 and 64. An eighth of
//! them are copies of one of the others. Only [`Store::file`] is timed, with the fingerprints and the waiting in it.
//!
//! Then the rows that this has made are written once more, by one INSERT for each table and batch of 64, into the same
//! tables with the same indexes, checks and triggers. That is the floor: nobody decides anything.

#[path = "support/entries.rs"]
mod entries;
mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound as _, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::store::{Filing, Lease, Origin, Outcome, PendingEntry, ReadArticle, SiteStep, Store};
use wiresift_extract::article::{Article, Piece};
use wiresift_extract::render;
use wiresift_feed::Validators;

use support::{Bench, WIDE};

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let mut arguments = support::arguments().peekable();
    let parent = arguments
        .next_if(|first| first.parse::<u32>().is_err())
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let articles: u32 = arguments.next().map_or(Ok(20_000), |count| count.parse())?;
    let bench = Bench::start(&parent, true, 8).await?;
    let result = measure(&bench.store, articles / 6).await;
    let result = match result {
        Ok(()) => floor(&bench).await,
        failed => failed,
    };
    bench.discard().await?;
    result
}

async fn measure(store: &Store, articles: u32) -> anyhow::Result<()> {
    let mut made = 0;
    for (writers, size) in [(1, 1), (1, 16), (1, 64), (4, 1), (4, 16), (4, 64)] {
        // Batches of one are slow, and as telling when they are fewer.
        let count = if size == 1 { articles / 8 } else { articles };
        // To the microsecond that Postgres keeps: rounded up, the entries would come due after the lease.
        let now = SystemClock.now().trunc_subsecs(6);
        let leases = entries::leased(store, made, count, now).await?;
        let filings: Vec<Filing> = leases.into_iter().map(|lease| filing(lease, now)).collect();
        made += count;
        let started = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for share in filings.chunks(filings.len().div_ceil(writers)) {
            let (store, share) = (store.clone(), share.to_vec());
            tasks.spawn(async move {
                let mut times = Vec::new();
                for batch in share.chunks(size) {
                    let started = Instant::now();
                    store.file(batch, &WIDE).await?;
                    times.push(started.elapsed());
                }
                anyhow::Ok(times)
            });
        }
        let mut times: Vec<Duration> = Vec::new();
        for part in tasks.join_all().await {
            times.extend(part?);
        }
        let rate = f64::from(count) / started.elapsed().as_secs_f64();
        times.sort();
        let at = |share: f64| {
            times.get((share * times.len() as f64) as usize).copied().unwrap_or(Duration::MAX)
        };
        println!(
            "{writers} writers, batches of {size:>2}: {rate:>6.0} articles/s; a batch p50 {:.1?} p99 {:.1?}",
            at(0.5),
            at(0.99)
        );
    }
    Ok(())
}

/// The tables that filing adds rows to, each with its column for the article, in the order of their references.
const WRITTEN: [(&str, &str); 7] = [
    ("articles", "id"),
    ("article_keys", "article_id"),
    ("revisions", "article_id"),
    ("fingerprints", "article_id"),
    ("fingerprint_keys", "article_id"),
    ("copy_edges", "article_id"),
    ("changes", "article_id"),
];

/// Writes the rows of all articles again, in batches of 64.
async fn floor(bench: &Bench) -> anyhow::Result<()> {
    let mut connection = bench.store.pool().acquire().await?.detach();
    let mut statements = Vec::new();
    for (table, article) in WRITTEN {
        let save = format!(
            "CREATE TEMP TABLE saved_{table} AS SELECT * FROM {table};
             CREATE INDEX ON saved_{table} ({article}); ANALYZE saved_{table}"
        );
        sqlx::raw_sql(AssertSqlSafe(save)).execute(&mut connection).await?;
        let columns = columns(&mut connection, table).await?;
        statements.push(format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM saved_{table}
             WHERE {article} BETWEEN $1 AND $2 ORDER BY {article}"
        ));
    }
    let (first, last): (i64, i64) = sqlx::query_as("SELECT min(id), max(id) FROM saved_articles")
        .fetch_one(&mut connection)
        .await?;
    sqlx::raw_sql("TRUNCATE articles, changes, fingerprints, fingerprint_keys CASCADE; CHECKPOINT")
        .execute(&mut connection)
        .await?;
    let started = Instant::now();
    for batch in (first..=last).step_by(64) {
        let mut transaction = connection.begin().await?;
        for statement in &statements {
            sqlx::query(AssertSqlSafe(statement.as_str()))
                .bind(batch)
                .bind(batch + 63)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    let rate = (last - first + 1) as f64 / started.elapsed().as_secs_f64();
    println!("the same rows by INSERT alone, batches of 64: {rate:>6.0} articles/s");
    Ok(())
}

/// The columns of a table that can be written.
async fn columns(connection: &mut PgConnection, table: &str) -> anyhow::Result<String> {
    let columns = sqlx::query_scalar(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
    )
    .bind(table)
    .fetch_one(connection)
    .await?;
    Ok(columns)
}

fn filing(lease: Lease<PendingEntry>, now: DateTime<Utc>) -> Filing {
    let number = u64::try_from(lease.item.id).unwrap_or_default();
    // Every eighth is the text of one a little before it, with a sentence more.
    let copied = if number.is_multiple_of(8) { number.saturating_sub(3) } else { number };
    let mut random = StdRng::seed_from_u64(copied);
    let mut sentence = |_| {
        let words: Vec<String> =
            (0..14).map(|_| format!("word{}", random.random_range(1..20_000))).collect();
        Piece::paragraph(&(words.join(" ") + "."))
    };
    let mut body: Vec<Piece> = (0..25).map(&mut sentence).collect();
    if copied != number {
        body.push(Piece::paragraph(&format!("Desk {number} adds a sentence.")));
    }
    let filed = ReadArticle {
        body_html: render::html(&body),
        article: Article {
            title: format!("Headline {copied}"),
            body,
            quality: 0.9,
            ..Article::default()
        },
        removed: Vec::new(),
        fetched_url: lease.item.url.as_deref().and_then(|url| Url::parse(url).ok()),
        page: None,
        validators: Validators::default(),
        memory: None,
        trace: None,
        doubt: None,
        origin: Origin::Source,
    };
    Filing {
        lease,
        at: now,
        outcome: Outcome::Article(Box::new(filed)),
        site: SiteStep::default(),
        next_visit: None,
    }
}
