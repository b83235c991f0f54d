//! What a database weighs after months: `cargo bench --bench storage -- [DAYS] [ARTICLES] [KEEP] [DIR]`
//!
//! A private cluster is given ARTICLES (default 2,000) on each of DAYS days (default 90) by the daemon's own functions, on
//! a simulated clock. Everything is kept for KEEP days (default 30), and deleted by the daemon's own pass. After each day
//! a line of CSV tells the size of the database, the rows that wait for autovacuum, and the longest statement. The end is
//! a table of bytes by relation. `STORIES=1` also assigns stories. `plot CSV` draws the sizes (SVG).

#[path = "support/news.rs"]
mod news;
mod support;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use wiresift::daemon::retention;
use wiresift::store::{Assigned, Filing, Keep, KeepSettings, Store};

use news::{Feeds, Vocabulary};
use support::{Bench, WIDE};

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut arguments = support::arguments();
    let first = arguments.next();
    if first.as_deref() == Some("plot") {
        let csv = std::fs::read_to_string(arguments.next().unwrap_or_default())?;
        println!("{}", plot(&csv));
        return Ok(());
    }
    let mut numbers = first.into_iter().chain(arguments);
    let mut number = |default: u64| numbers.next().map_or(Ok(default), |text| text.parse());
    let (days, articles, keep) = (number(90)?, number(2_000)?, number(30)?);
    let parent = numbers.next().map_or_else(std::env::temp_dir, PathBuf::from);
    runtime.block_on(run(days, articles, keep, parent))
}

async fn run(days: u64, articles: u64, keep: u64, parent: PathBuf) -> anyhow::Result<()> {
    let bench = Bench::start(&parent, false, 8).await?;
    let result = simulate(&bench.store, days, articles, keep).await;
    bench.discard().await?;
    result
}

async fn simulate(store: &Store, days: u64, articles: u64, keep: u64) -> anyhow::Result<()> {
    let feeds = Feeds { count: 50, entries: articles.div_ceil(50) };
    let vocabulary = Arc::new(Vocabulary::new(40_000));
    let keep = Keep::For(Duration::from_hours(24 * keep));
    let keep = KeepSettings {
        articles: keep,
        revisions: keep,
        removed: keep,
        entries: keep,
        events: keep,
        changes: keep,
        ..KeepSettings::default()
    };
    let with_stories = std::env::var_os("STORIES").is_some();
    let longest = Arc::new(Mutex::new((0.0, String::new())));
    let watcher = tokio::spawn(watch(store.pool().clone(), Arc::clone(&longest)));
    let start: DateTime<Utc> = DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
    println!(
        "day,articles,database_mb,dead_rows,longest_statement_ms,filing_s,retention_s,statement"
    );
    for day in 0..days {
        let now = start + TimeDelta::days(i64::try_from(day)?);
        feeds.list(store, now).await?;
        let leases = feeds.poll(store, day, now).await?;
        let began = Instant::now();
        let vocabulary = Arc::clone(&vocabulary);
        let filings: Vec<Filing> = tokio::task::spawn_blocking(move || {
            // Filed one after the other. At one moment, indexes by time would be smaller than usual.
            let moments = (0..).map(|number| now + TimeDelta::microseconds(number));
            leases
                .into_iter()
                .zip(moments)
                .map(|(one, at)| news::filing(one, &vocabulary, at))
                .collect()
        })
        .await?;
        for (number, batch) in filings.chunks(64).enumerate() {
            store.file(batch, &WIDE).await?;
            if number % 10 == 0 {
                store.analyze_grown_tables().await?;
            }
        }
        while with_stories
            && store.assign_stories(now, TimeDelta::days(7)).await? != Assigned::Nothing
        {}
        if !with_stories {
            sqlx::query("TRUNCATE wiresift.story_queue").execute(store.pool()).await?;
        }
        let filing = began.elapsed();
        let began = Instant::now();
        // A pass deletes no more than a day. The daemon makes one each hour.
        retention::run(store, &keep, now, &|| {}).await;
        let retention = began.elapsed();
        report(store, day, filing, retention, &longest).await?;
    }
    watcher.abort();
    sqlx::query("VACUUM").execute(store.pool()).await?;
    relations(store).await
}

/// Keeps the longest time for which a statement was seen to run.
async fn watch(pool: PgPool, longest: Arc<Mutex<(f64, String)>>) {
    loop {
        let running: Result<Option<(f64, String)>, _> = sqlx::query_as(
            "SELECT extract(epoch FROM clock_timestamp() - query_start)::float8 * 1000, left(query, 40)
             FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid()
             ORDER BY query_start LIMIT 1",
        )
        .fetch_optional(&pool)
        .await;
        if let Ok(Some((milliseconds, statement))) = running
            && let Ok(mut longest) = longest.lock()
            && longest.0 < milliseconds
        {
            *longest = (milliseconds, statement);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn report(
    store: &Store,
    day: u64,
    filing: Duration,
    retention: Duration,
    longest: &Mutex<(f64, String)>,
) -> anyhow::Result<()> {
    let (bytes, dead, articles): (i64, i64, i64) = sqlx::query_as(
        "SELECT pg_database_size(current_database()),
                (SELECT sum(n_dead_tup)::bigint FROM pg_stat_user_tables),
                (SELECT count(*) FROM wiresift.articles)",
    )
    .fetch_one(store.pool())
    .await?;
    let (milliseconds, statement) =
        longest.lock().map(|mut longest| std::mem::take(&mut *longest)).unwrap_or_default();
    println!(
        "{day},{articles},{},{dead},{milliseconds:.0},{:.1},{:.1},{}",
        bytes / 1_000_000,
        filing.as_secs_f64(),
        retention.as_secs_f64(),
        statement.replace([',', '\n'], " ")
    );
    Ok(())
}

/// Bytes of each relation, by article.
async fn relations(store: &Store) -> anyhow::Result<()> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT CASE c.relkind WHEN 'i' THEN t.relname || '.' || c.relname
                               WHEN 't' THEN o.relname || ' (long values)' ELSE c.relname END,
                pg_relation_size(c.oid), (SELECT count(*) FROM wiresift.articles)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
         LEFT JOIN pg_class o ON o.reltoastrelid = c.oid
         WHERE n.nspname IN ('wiresift', 'pg_toast') AND c.relkind IN ('r', 'i', 't')
           AND pg_relation_size(c.oid) > 0 AND c.oid >= 16384
         ORDER BY 2 DESC",
    )
    .fetch_all(store.pool())
    .await?;
    let mut sum = 0;
    for (name, bytes, articles) in &rows {
        sum += bytes;
        if bytes / articles.max(&1) >= 5 {
            println!("{:>7} {name}", bytes / articles.max(&1));
        }
    }
    println!("{:>7} bytes an article in all", sum / rows.first().map_or(1, |row| row.2.max(1)));
    Ok(())
}

/// The database's size by day, as a picture.
fn plot(csv: &str) -> String {
    let points: Vec<(f64, f64)> = csv
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some((fields.next()?.parse().ok()?, fields.nth(1)?.parse().ok()?))
        })
        .collect();
    let days = points.last().map_or(1.0, |last| last.0).max(1.0);
    let most = points.iter().map(|point| point.1).fold(1.0, f64::max);
    let line: Vec<String> = points
        .iter()
        .map(|(day, size)| {
            format!("{:.1},{:.1}", 60.0 + day / days * 620.0, 260.0 - size / most * 220.0)
        })
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 310\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Size of the database by day</title>\n<rect width=\"720\" height=\"310\" fill=\"#fff\"/>\n\
         <path d=\"M60 30V260H690\" fill=\"none\" stroke=\"#666\"/>\n\
         <text x=\"54\" y=\"44\" text-anchor=\"end\">{most:.0} MB</text><text x=\"54\" y=\"264\" text-anchor=\"end\">0</text>\n\
         <text x=\"60\" y=\"280\">day 0</text><text x=\"680\" y=\"280\" text-anchor=\"end\">day {days:.0}</text>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#1a5fb4\" stroke-width=\"2\"/>\n</svg>\n",
        line.join(" ")
    )
}
