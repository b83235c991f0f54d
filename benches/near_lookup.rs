//! What looking up near-duplicates costs as the corpus grows:
//! `cargo bench --bench near_lookup -- [DIR] [ARTICLES]...`
//!
//! A private cluster under DIR (default: the directory for temporary files) is filled with so many articles, by
//! default 1, 3 and 10 million in turn, all inside the window: a fifth are copies of one of the thousand before them, a
//! hundredth carry a key that is nearly hot, fifty keys are hot. Keys are random; prints are those of a thousand
//! invented texts, so what is fetched is decoded and compared as in earnest. Then 5,000 texts are looked up and
//! posted one by one, three in ten of them copies, each in a transaction of its own. Ten million articles take some 16 GB,
//! which go when it ends. Statements are those of the daemon; durable writes are off, so there is no flush at the commit.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::postgres::PgPool;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::store::Store;
use wiresift::store::embedded::{self, Cluster, ClusterSettings};
use wiresift_dedup::copy::WINDOW_DAYS;
use wiresift_dedup::fingerprint::{Fingerprinted, Key};
use wiresift_dedup::index::day;

const TEXTS: u32 = 1000;
const ASKED: usize = 5000;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    // `cargo bench` adds a flag of its own.
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench").peekable();
    let parent = arguments
        .next_if(|first| first.parse::<i64>().is_err())
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let mut sizes: Vec<i64> = arguments.filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000_000, 3_000_000, 10_000_000];
    }
    let dir = parent.join(format!("wiresift-near-{}", std::process::id()));
    let cluster =
        Cluster::start(ClusterSettings { dir: dir.clone(), durable: false, bin_dir: None }).await?;
    cluster.ensure_database("near").await?;
    let store = Store::new(cluster.connect_options("near"), 1);
    store.migrate().await?;
    let result = grow(&store, &sizes).await;
    store.close().await;
    cluster.stop().await?;
    embedded::discard(&dir)?;
    result
}

async fn grow(store: &Store, sizes: &[i64]) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let texts: Vec<Fingerprinted> = (0..TEXTS).filter_map(text).collect();
    prepare(store.pool(), &texts, now).await?;
    let mut random = StdRng::seed_from_u64(1);
    let mut filled = 0;
    for size in sizes {
        let started = Instant::now();
        fill(store.pool(), filled, *size, now).await?;
        filled = *size;
        println!(
            "{size} articles, filled in {:.0} s; load {}",
            started.elapsed().as_secs_f64(),
            load()
        );
        println!(
            "  {} bytes for each in keys, prints and their indexes",
            bytes(store.pool()).await? / size
        );
        measure(store, &texts, filled, now, &mut random).await?;
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
    // Nobody looks for the stories of made-up articles.
    sqlx::raw_sql("ALTER TABLE articles DISABLE TRIGGER USER").execute(pool).await?;
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
            "INSERT INTO articles (id, url, host, title, body, body_html, first_seen_at, updated_at, word_count, digest,
                                   quality, body_source)
             SELECT id, 'https://site.example/' || id, 'site.example', '', '', '', $3, $3, 0, decode(md5(id::text), 'hex'),
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
    random: &mut StdRng,
) -> anyhow::Result<()> {
    let (mut looked, mut posted, mut both, mut copies) = (Vec::new(), Vec::new(), Vec::new(), 0);
    // The first few prepare their statements.
    for turn in 0..ASKED + 100 {
        let origin = if turn % 10 < 3 {
            random.random_range(1..filled)
        } else {
            random.random_range(1 << 40..1 << 41)
        };
        let origin: i64 = if origin % 5 == 0 { origin + 1 } else { origin };
        let place = usize::try_from(origin % i64::from(TEXTS))?;
        let Some(text) = texts.get(place) else { continue };
        let keys = keys(store.pool(), origin, turn % 100 == 50).await?;
        let asked = Fingerprinted { fingerprint: text.fingerprint.clone(), keys };
        let started = Instant::now();
        let article = (1 << 42) + random.random_range(0..1 << 40);
        let (edges, middle) = store.rehearse(article, &asked, now).await?;
        if turn >= 100 {
            copies += usize::from(!edges.is_empty());
            looked.push(middle - started);
            posted.push(middle.elapsed());
            both.push(started.elapsed());
        }
    }
    println!("  {copies} of {ASKED} texts are copies");
    for (what, mut times) in [("look up and verify", looked), ("post", posted), ("all of it", both)]
    {
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
