//! What consumers wait for: `cargo bench --bench reading -- [ARTICLES] [DIR]`
//!
//! A private cluster is given 50,000 articles, an eighth of them copies, by the daemon's own
//! functions. They are then repeated until there are so many (default a million). Then each query
//! of the README and a few more of its kinds are asked 200 times, or for half a minute, with other
//! values each time, by a role that may only read. A line for each: the median and the 95th
//! percentile in milliseconds, and rows. The variable `DATABASE_URL` names a database of yours,
//! which is kept. If it has articles already, none are added.

#[path = "support/news.rs"]
mod news;
mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::{AssertSqlSafe, PgPool};
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::store::{Filing, Store};

use news::{Feeds, Vocabulary};
use support::{Bench, WIDE};

/// How many times a query is asked, unless it takes longer than this time.
const ASKED: usize = 200;
const LONGEST: Duration = Duration::from_secs(30);

/// Articles of one round of polls.
const ROUND: u64 = 10_000;

const FEEDS: u64 = 1_000;

/// Articles that are filed.
const FILED: u64 = 50_000;

/// A name, and a query. `:id` stands for an id, `:seq` for a number of the change log, `:tag`, `:host` and
/// `:day` for values that exist, `:rare` and `:often` for words.
const QUERIES: &[(&str, &str)] = &[
    ("newest of a tag", "SELECT published_at, host, title FROM news.articles WHERE tags @> ARRAY[:tag]
                         ORDER BY published_at DESC NULLS LAST, id DESC LIMIT 20"),
    ("newest", "SELECT id, published_at, title FROM news.articles
                ORDER BY published_at DESC NULLS LAST, id DESC LIMIT 100"),
    ("next page of the newest", "SELECT id, published_at, title FROM news.articles WHERE (published_at, id) < (:day, :id)
                                 ORDER BY published_at DESC NULLS LAST, id DESC LIMIT 100"),
    ("newest of a host", "SELECT id, published_at, title FROM news.articles WHERE host = :host
                          ORDER BY published_at DESC NULLS LAST, id DESC LIMIT 100"),
    ("newest of a language", "SELECT id, published_at, title FROM news.articles WHERE language = 'en'
                              ORDER BY published_at DESC NULLS LAST, id DESC LIMIT 100"),
    ("changed since", "SELECT id, updated_at FROM news.all_articles WHERE (updated_at, id) > (:day, :id)
                       ORDER BY updated_at, id LIMIT 100"),
    ("whole articles by id", "SELECT * FROM news.all_articles WHERE id > :id ORDER BY id LIMIT 20"),
    ("copies of an article", "SELECT * FROM news.lineage WHERE original_id = :id"),
    ("sightings of an article", "SELECT * FROM news.sightings WHERE article_id = :id"),
    ("removed blocks of an article", "SELECT * FROM news.removed WHERE article_id = :id"),
    ("text at a time", "SELECT DISTINCT ON (article_id) title, body FROM news.revisions
                        WHERE article_id = :id AND seen_at <= :day ORDER BY article_id, revision DESC"),
    ("revised since", "SELECT article_id, kind, seen_at FROM news.revisions WHERE revision > 1 AND seen_at > :day
                       ORDER BY seen_at, article_id LIMIT 100"),
    ("a thousand changes with articles", "SELECT c.seq, a.title FROM news.changes(:seq, 1000) c
                                          LEFT JOIN news.all_articles a ON a.id = c.article_id ORDER BY c.seq"),
    ("search, a rare word", "SELECT title, highlight FROM news.search(:rare, 'en')"),
    ("search, a frequent word", "SELECT title, highlight FROM news.search(:often, 'en')"),
    ("search, two words and not a third", "SELECT title, highlight FROM news.search(:often || ' ' || :rare || ' -harbour', 'en')"),
    ("search, a phrase, a word and not a third", "SELECT title, highlight FROM news.search(
          '\"' || :often || ' ' || :often || '\" ' || :rare || ' -harbour', 'en')"),
    ("search, a phrase of rare words", "SELECT title, highlight FROM news.search('\"' || :rare || ' ' || :rare || '\"', 'en')"),
    ("search, a phrase that occurs",
     "SELECT title, highlight FROM news.search(
          (SELECT '\"' || split_part(title, ' ', 1) || ' ' || split_part(title, ' ', 2) || '\"'
           FROM news.all_articles WHERE id = :id), 'en')"),
    ("search, a phrase of frequent words that hardly occurs",
     "SELECT title, highlight FROM news.search('\"' || :often || ' ' || :often || '\"', 'en')"),
    ("search, all languages", "SELECT title, highlight FROM news.search(:rare)"),
    ("search of titles", "SELECT title FROM news.search_titles(:rare, 'en')"),
    ("search of titles, a frequent word", "SELECT title FROM news.search_titles(:often, 'en')"),
    ("feeds", "SELECT url, state, articles_7d FROM news.feeds"),
    ("stories", "SELECT * FROM news.stories ORDER BY updated_at DESC LIMIT 20"),
    ("events", "SELECT * FROM news.events ORDER BY at DESC LIMIT 100"),
];

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut arguments = support::arguments();
    let articles = arguments.next().map_or(Ok(1_000_000), |count| count.parse())?;
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    runtime.block_on(run(articles, parent))
}

async fn run(articles: u64, parent: PathBuf) -> anyhow::Result<()> {
    let bench = Bench::start(&parent, false, 8).await?;
    let result = measure(&bench.store, articles).await;
    bench.discard().await?;
    result
}

async fn measure(store: &Store, articles: u64) -> anyhow::Result<()> {
    let vocabulary = Arc::new(Vocabulary::new(40_000));
    let first: Option<DateTime<Utc>> =
        sqlx::query_scalar("SELECT min(first_seen_at) FROM articles")
            .fetch_one(store.pool())
            .await?;
    let start = if let Some(first) = first {
        first
    } else {
        let began = Instant::now();
        let days = TimeDelta::days(i64::try_from(articles / ROUND)?);
        // Postgres keeps microseconds, and rounds up.
        let start = SystemClock.now().trunc_subsecs(0) - days;
        fill(store, articles.min(FILED), &vocabulary, start).await?;
        repeat(store, articles / FILED).await?;
        add_the_rest(store, SystemClock.now()).await?;
        sqlx::query("VACUUM ANALYZE").execute(store.pool()).await?;
        eprintln!("{articles} articles in {:.0} s", began.elapsed().as_secs_f64());
        start
    };
    let options = store.pool().connect_options().as_ref().clone();
    let reader = PgPool::connect_with(options.options([("role", "news_reader")])).await?;
    let most: i64 =
        sqlx::query_scalar("SELECT max(id) FROM news.all_articles").fetch_one(&reader).await?;
    let head: i64 = sqlx::query_scalar("SELECT seq FROM news.head()").fetch_one(&reader).await?;
    println!("{:>9} {:>9} {:>6}  query", "p50 ms", "p95 ms", "rows");
    let mut random = StdRng::seed_from_u64(7);
    for (name, query) in QUERIES {
        let mut times = Vec::new();
        let mut rows = 0;
        let all = Instant::now();
        while times.len() < ASKED && all.elapsed() < LONGEST {
            let statement = with_values(query, (most, head), start, &vocabulary, &mut random);
            let began = Instant::now();
            rows += sqlx::raw_sql(AssertSqlSafe(statement)).fetch_all(&reader).await?.len();
            times.push(began.elapsed());
        }
        times.sort();
        let at = |share: f64| {
            let at = (share * times.len() as f64) as usize;
            times.get(at).copied().unwrap_or(Duration::MAX).as_secs_f64() * 1000.0
        };
        println!("{:>9.2} {:>9.2} {:>6}  {name}", at(0.5), at(0.95), rows / times.len());
    }
    Ok(())
}

/// Adds a story of each twelfth article and the two after it, events, and what feeds and entries did in each hour of
/// the last eight days.
async fn add_the_rest(store: &Store, now: DateTime<Utc>) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO stories (language, headline_id, created_at, updated_at)
         SELECT 'en', id, first_seen_at, first_seen_at FROM articles
         WHERE id % 12 = 0 AND copy_of IS NULL ORDER BY id",
    )
    .execute(store.pool())
    .await?;
    sqlx::query(
        "INSERT INTO story_articles (article_id, story_id)
         SELECT a.id, s.id FROM stories s JOIN articles a ON a.id BETWEEN s.headline_id AND s.headline_id + 2",
    )
    .execute(store.pool())
    .await?;
    sqlx::query(
        "INSERT INTO events (at, kind, feed_id)
         SELECT $1 - n * interval '1 minute', 'gap', (SELECT min(id) FROM feeds) + n % 1000
         FROM generate_series(1, 100000) AS n",
    )
    .bind(now)
    .execute(store.pool())
    .await?;
    sqlx::query(
        "INSERT INTO feed_hours (feed_id, hour, polls, failures, entries, ended)
         SELECT f.id, date_trunc('hour', $1::timestamptz) - n * interval '1 hour', 2, (f.id + n) % 50 / 49, 1, 0
         FROM feeds f CROSS JOIN generate_series(1, 192) AS n ON CONFLICT DO NOTHING",
    )
    .bind(now)
    .execute(store.pool())
    .await?;
    sqlx::query(
        "INSERT INTO outcome_hours (hour, outcome, cause, entries)
         SELECT date_trunc('hour', $1::timestamptz) - n * interval '1 hour', outcome, '', 100
         FROM unnest('{new,copy,revision,same}'::text[]) AS outcome CROSS JOIN generate_series(1, 192) AS n
         ON CONFLICT DO NOTHING",
    )
    .bind(now)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Files the articles, the first at `start`, two writers at once.
async fn fill(
    store: &Store,
    articles: u64,
    vocabulary: &Arc<Vocabulary>,
    start: DateTime<Utc>,
) -> anyhow::Result<()> {
    let feeds = Feeds { count: FEEDS, entries: ROUND.min(articles) / FEEDS };
    for round in 0..articles.div_ceil(ROUND) {
        let now = start + TimeDelta::days(i64::try_from(round)?);
        feeds.list(store, now).await?;
        let leases = feeds.poll(store, round, now).await?;
        let mut writers = tokio::task::JoinSet::new();
        for share in leases.chunks(leases.len().div_ceil(2)) {
            let (store, vocabulary, share) =
                (store.clone(), Arc::clone(vocabulary), share.to_vec());
            writers.spawn(async move {
                for batch in share.chunks(64) {
                    let batch: Vec<Filing> = batch
                        .iter()
                        .map(|lease| news::filing(lease.clone(), &vocabulary, now))
                        .collect();
                    store.file(&batch, &WIDE).await?;
                    store.analyze_grown_tables().await?;
                }
                anyhow::Ok(())
            });
        }
        for done in writers.join_all().await {
            done?;
        }
        // Assigning stories is measured elsewhere.
        sqlx::query("TRUNCATE wiresift.story_queue").execute(store.pool()).await?;
    }
    Ok(())
}

/// Repeats what was filed, with other ids, addresses and later times, until there are `times` as many.
async fn repeat(store: &Store, times: u64) -> anyhow::Result<()> {
    // Building an index takes less time than filling it row by row.
    let indexes: Vec<String> = sqlx::query_scalar(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'wiresift' AND indexname IN ('articles_text', 'articles_title')",
    )
    .fetch_all(store.pool())
    .await?;
    let mut connection = store.pool().acquire().await?;
    let prepare = "SET maintenance_work_mem = '1GB'; ALTER TABLE articles DISABLE TRIGGER USER;
                   DROP INDEX articles_text, articles_title";
    sqlx::raw_sql(prepare).execute(&mut *connection).await?;
    let columns: String = sqlx::query_scalar(
        "SELECT string_agg(attname, ', ') FROM pg_attribute
         WHERE attrelid = 'articles'::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped
           AND attname NOT IN ('id', 'digest', 'copy_of', 'first_seen_at', 'updated_at', 'published_at')",
    )
    .fetch_one(&mut *connection)
    .await?;
    let filed: i64 =
        sqlx::query_scalar("SELECT max(id) FROM articles").fetch_one(&mut *connection).await?;
    for time in 1..i64::try_from(times)? {
        let (ids, days) = (time * filed, time * i64::try_from(FILED / ROUND)?);
        let statement = format!(
            "INSERT INTO articles (id, digest, copy_of, first_seen_at, updated_at, published_at, {columns})
             SELECT id + {ids}, substr(sha256(digest || '{time}'), 1, 16), copy_of + {ids},
                    first_seen_at + interval '{days} days',
                    updated_at + interval '{days} days', published_at + interval '{days} days', {columns}
             FROM articles WHERE id <= {filed};
             INSERT INTO revisions (article_id, revision, kind, reason, seen_at, removed)
             SELECT article_id + {ids}, revision, kind, reason, seen_at + interval '{days} days', removed
             FROM revisions WHERE article_id <= {filed};
             INSERT INTO entries (feed_id, key, url, identity, title, summary, first_seen_at, last_seen_at, state, cause,
                                  article_id, host)
             SELECT feed_id, key || '/{time}', url, identity, title, summary, first_seen_at, last_seen_at, state, cause,
                    article_id + {ids}, host
             FROM entries WHERE article_id <= {filed}"
        );
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    // What is filed later goes on behind them.
    let go_on =
        "SELECT setval(pg_get_serial_sequence('wiresift.articles', 'id'), max(id)) FROM articles";
    sqlx::raw_sql(go_on).execute(&mut *connection).await?;
    for index in indexes {
        sqlx::raw_sql(AssertSqlSafe(index)).execute(&mut *connection).await?;
    }
    Ok(())
}

fn with_values(
    query: &str,
    (most, head): (i64, i64),
    start: DateTime<Utc>,
    vocabulary: &Vocabulary,
    random: &mut StdRng,
) -> String {
    let id = random.random_range(1..most);
    let day = start + TimeDelta::days(id / i64::try_from(ROUND).unwrap_or(1));
    let mut text = query
        .replace(":id", &id.to_string())
        .replace(":seq", &random.random_range(0..head).to_string())
        .replace(":day", &format!("'{}'::timestamptz", day.to_rfc3339()))
        .replace(":tag", &format!("'{}'", vocabulary.word(random.random_range(200..600))))
        .replace(":host", &format!("'site{}.example'", random.random_range(0..400)));
    for (name, ranks) in [(":rare", 8_000..30_000), (":often", 50..800)] {
        while text.contains(name) {
            let word = vocabulary.word(random.random_range(ranks.clone()));
            text = text.replacen(name, &format!("'{word}'"), 1);
        }
    }
    text
}
