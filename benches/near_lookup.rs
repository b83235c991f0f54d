//! What looking up near-duplicates costs as the corpus grows:
//! `cargo bench --bench near_lookup -- [DIR] [ARTICLES]...`
//!
//! A private cluster under DIR (default: the directory for temporary files) is filled with so many articles, by
//! default 1, 3 and 10 million in turn, all inside the window. A fifth are copies of one of the thousand before them, a
//! hundredth carry a key that is nearly a stop key, fifty keys are stop keys. Keys are random; fingerprints are those of
//! a thousand invented texts, so what is loaded is decoded and compared as in the daemon. Then 5,000 texts are judged
//! and filed one by one, three in ten of them copies, each in a transaction of its own. Both are the daemon's own code:
//! the planner without and with its writes. Ten million articles take some 16 GB, which are removed at the end. Durable
//! writes are off, so no commit waits for the disk.

#[path = "support/entries.rs"]
mod entries;
mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::postgres::PgPool;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::filing::judge::Verdict;
use wiresift::filing::{LookupKeys, Origin, Outcome, ReadArticle, Recorded};
use wiresift::store::{Filing, SiteStep, Store};
use wiresift_dedup::copy::WINDOW_DAYS;
use wiresift_dedup::fingerprint::{Fingerprinted, Key};
use wiresift_dedup::index::day;
use wiresift_extract::article::{Article, Piece};
use wiresift_feed::Validators;

use support::{Bench, WIDE};

const TEXTS: u32 = 1000;
const ASKED: u32 = 5000;
/// The first texts prepare their statements and are not counted.
const WARM_UP: u32 = 100;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let mut arguments = support::arguments().peekable();
    let parent = arguments
        .next_if(|first| first.parse::<i64>().is_err())
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let mut sizes: Vec<i64> = arguments.filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000_000, 3_000_000, 10_000_000];
    }
    let bench = Bench::start(&parent, false, 1).await?;
    let result = grow(&bench.store, &sizes).await;
    bench.discard().await?;
    result
}

async fn grow(store: &Store, sizes: &[i64]) -> anyhow::Result<()> {
    // To the microsecond that Postgres keeps: rounded up, the entries would come due after the lease.
    let now = SystemClock.now().trunc_subsecs(6);
    let texts: Vec<Fingerprinted> = (0..TEXTS).filter_map(text).collect();
    prepare(store.pool(), &texts, now).await?;
    let mut random = StdRng::seed_from_u64(1);
    let mut filled = 0;
    for (round, size) in (0..).zip(sizes) {
        let started = Instant::now();
        fill(store.pool(), filled, *size, now).await?;
        filled = *size;
        println!(
            "{size} articles, filled in {:.0} s; load {}",
            started.elapsed().as_secs_f64(),
            load()
        );
        println!(
            "  {} bytes for each in keys, fingerprints and their indexes",
            bytes(store.pool()).await? / size
        );
        measure(store, &texts, filled, now, round, &mut random).await?;
    }
    Ok(())
}

/// An invented text of some 350 words.
fn text(seed: u32) -> Option<Fingerprinted> {
    let mut random = StdRng::seed_from_u64(seed.into());
    let mut word = |n: u32| match n % 23 {
        0 => format!("{}", random.random_range(1..5000)),
        1 | 2 => format!("Name{}", random.random_range(1..3000)),
        _ => format!("word{}", random.random_range(1..20_000)),
    };
    let body: Vec<String> = (0..350).map(&mut word).collect();
    let title: Vec<String> = (3..11).map(&mut word).collect();
    Fingerprinted::of(&title.join(" "), &body.join(" "))
}

/// The texts, and how keys follow from an article: the same here and in [`keys`].
async fn prepare(pool: &PgPool, texts: &[Fingerprinted], now: DateTime<Utc>) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "CREATE TABLE texts (seed integer PRIMARY KEY, print bytea NOT NULL);
         CREATE FUNCTION origin(id bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
             SELECT CASE WHEN id % 5 = 0 THEN greatest(id - 1 - abs(hashint8(id)) % 1000, 1) ELSE id END $$;
         CREATE FUNCTION key_of(origin bigint, place integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
             SELECT CASE WHEN place = 0 AND origin % 100 = 7 THEN hashint8(-(origin / 2500))
                         ELSE hashint8(origin * 16 + place) END $$",
    )
    .execute(pool)
    .await?;
    // Stories of invented articles are not looked for.
    sqlx::raw_sql("ALTER TABLE articles DISABLE TRIGGER USER").execute(pool).await?;
    // Those that are filed get ids beyond all that are loaded.
    sqlx::query("SELECT setval(pg_get_serial_sequence('wiresift.articles', 'id'), 1000000000)")
        .execute(pool)
        .await?;
    let stored: Vec<Vec<u8>> = texts.iter().map(|text| text.fingerprint.to_stored()).collect();
    sqlx::query("INSERT INTO texts SELECT place - 1, print FROM unnest($1::bytea[]) WITH ORDINALITY AS u (print, place)")
        .bind(stored)
        .execute(pool)
        .await?;
    for back in (0..=WINDOW_DAYS).rev() {
        sqlx::query("SELECT acquire_filing_lock(ARRAY[$1::integer], 100)")
            .bind(day(now) - back)
            .execute(pool)
            .await?;
    }
    sqlx::query(
        "INSERT INTO stop_keys SELECT hashint8(-1000000000 - n), $1 FROM generate_series(1, 50) n",
    )
    .bind(day(now))
    .execute(pool)
    .await?;
    Ok(())
}

async fn fill(pool: &PgPool, from: i64, to: i64, now: DateTime<Utc>) -> anyhow::Result<()> {
    const STEP: i64 = 200_000;
    for first in (from + 1..=to).step_by(STEP as usize) {
        let last = (first + STEP - 1).min(to);
        sqlx::query(
            "INSERT INTO articles (id, url, host, title, body, first_seen_at, updated_at, word_count, digest,
                                   quality, body_source)
             SELECT id, 'https://site.example/' || id, 'site.example', '', '', $3, $3, 0, decode(md5(id::text), 'hex'),
                    1, 'page' FROM generate_series($1, $2) AS id",
        )
        .bind(first)
        .bind(last)
        .bind(now - TimeDelta::days(1))
        .execute(pool)
        .await?;
        sqlx::query(
            "INSERT INTO fingerprints (article_id, seen_at, day, fingerprint)
             SELECT id, $3, $4 - id % $5, print FROM generate_series($1, $2) AS id
             JOIN texts ON seed = origin(id) % $6",
        )
        .bind(first)
        .bind(last)
        .bind(now - TimeDelta::hours(1))
        .bind(day(now))
        .bind(i64::from(WINDOW_DAYS) + 1)
        .bind(i64::from(TEXTS))
        .execute(pool)
        .await?;
        sqlx::query(
            "INSERT INTO fingerprint_keys (article_id, key, day)
             SELECT id, key_of(origin(id), place), $3 - id % $4
             FROM generate_series($1, $2) AS id, generate_series(0, 7) AS place",
        )
        .bind(first)
        .bind(last)
        .bind(day(now))
        .bind(i64::from(WINDOW_DAYS) + 1)
        .execute(pool)
        .await?;
    }
    // Here rather than by the server's own worker in the middle of the measurement.
    for statement in ["VACUUM (ANALYZE) articles, fingerprint_keys, fingerprints", "CHECKPOINT"] {
        sqlx::raw_sql(statement).execute(pool).await?;
    }
    Ok(())
}

async fn bytes(pool: &PgPool) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits
         WHERE inhparent IN ('fingerprint_keys'::regclass, 'fingerprints'::regclass)",
    )
    .fetch_one(pool)
    .await?)
}

async fn measure(
    store: &Store,
    texts: &[Fingerprinted],
    filled: i64,
    now: DateTime<Utc>,
    round: u32,
    random: &mut StdRng,
) -> anyhow::Result<()> {
    let (mut lookups_took, mut filings_took, mut copies) = (Vec::new(), Vec::new(), 0);
    let count = ASKED + WARM_UP;
    let leases = entries::leased(store, round * count, count, now).await?;
    for (turn, lease) in (0_u32..).zip(leases) {
        let origin = if turn % 10 < 3 {
            random.random_range(1..filled)
        } else {
            random.random_range(1 << 40..1 << 41)
        };
        let origin: i64 = if origin % 5 == 0 { origin + 1 } else { origin };
        let Some(text) = texts.get(usize::try_from(origin % i64::from(TEXTS))?) else { continue };
        let keys = keys(store.pool(), origin, turn % 100 == 50).await?;
        let outcome = Outcome::Article(Box::new(read(origin, turn)));
        let fingerprinted = Fingerprinted { fingerprint: text.fingerprint.clone(), keys };
        let lookup = LookupKeys::of_outcome(&lease.item, &outcome);
        let lookup = lookup.map(|keys| LookupKeys { fingerprinted: Some(fingerprinted), ..keys });
        let filing =
            [Filing { lease, at: now, outcome, site: SiteStep::default(), next_visit: None }];
        let started = Instant::now();
        store.preview(&filing, std::slice::from_ref(&lookup)).await?;
        let middle = Instant::now();
        let recorded = store.file_with(&filing, &[lookup], &WIDE).await?;
        if turn >= WARM_UP {
            let is_copy = |one: &Recorded| {
                matches!(one, Recorded::Judged { verdict: Verdict::Copy { .. }, .. })
            };
            copies += usize::from(recorded.first().is_some_and(is_copy));
            lookups_took.push(middle - started);
            filings_took.push(middle.elapsed());
        }
    }
    println!("  {copies} of {ASKED} texts are copies");
    for (what, mut times) in [("look up and verify", lookups_took), ("file", filings_took)] {
        times.sort();
        let at = |share: f64| {
            times.get((share * times.len() as f64) as usize).copied().unwrap_or(Duration::MAX)
        };
        println!(
            "  {what:<18}  p50 {:>9.3?}  p90 {:>9.3?}  p99 {:>9.3?}",
            at(0.5),
            at(0.9),
            at(0.99)
        );
    }
    Ok(())
}

/// An article with a text of its own. What it resembles is up to its lookup keys.
fn read(origin: i64, turn: u32) -> ReadArticle {
    let text = format!("Text {turn} of {origin}.");
    ReadArticle {
        article: Article {
            title: format!("Headline {turn}"),
            body: vec![Piece::paragraph(&text)],
            quality: 0.9,
            ..Article::default()
        },
        body_html: text,
        removed: Vec::new(),
        fetched_url: None,
        page: None,
        validators: Validators::default(),
        memory: None,
        trace: None,
        doubt: None,
        origin: Origin::Source,
    }
}

/// Sixteen keys of an article's text; one in a hundred texts carries a hot one.
async fn keys(pool: &PgPool, origin: i64, hot: bool) -> anyhow::Result<Vec<Key>> {
    let keys: Vec<i32> = sqlx::query_scalar(
        "SELECT CASE WHEN $2 AND place = 3 THEN hashint8(-1000000001) ELSE key_of($1, place) END
         FROM generate_series(0, 15) AS place",
    )
    .bind(origin)
    .bind(hot)
    .fetch_all(pool)
    .await?;
    Ok(keys.into_iter().map(Key).collect())
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
