//! Whatever locks other logins hold, and for as long as they like: filing, stories, the feed list and migrations go
//! on.

use std::time::Duration;

use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use wiresift::store::{Assigned, Store, StoreError};

use crate::attacks::readers::{answer, login};
use crate::harness::desk::Desk;
use crate::harness::newsroom::{listed, prose};

/// The key of the advisory lock that sqlx takes before migrations. Anybody can compute it.
fn key_of_sqlx(database: &str) -> i64 {
    let mut crc = u32::MAX;
    for byte in database.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    0x3d32_ad9e * i64::from(!crc)
}

/// Takes every advisory lock that a program of this name could use.
async fn take_advisory_locks(client: &mut PgConnection, database: &str) {
    for key in [
        format!("{}", key_of_sqlx(database)),
        "hashtext('wiresift.sync_feeds')".to_owned(),
        "1463898705, 1".to_owned(),
        "1463898705, 2".to_owned(),
    ] {
        answer(client, &format!("SELECT pg_advisory_lock({key})")).await.unwrap();
    }
}

#[tokio::test]
async fn locks_of_others_stop_nothing() {
    let desk = Desk::new().await;
    desk.reads("http://a.example/1", "First", &prose(1)).await;
    let database = desk.options.get_database().unwrap().to_owned();
    let views: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'news'::regnamespace AND relkind = 'v'",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();

    let nobody = login(&desk, false).await;
    let mut nobody = PgConnection::connect_with(&nobody).await.unwrap();
    take_advisory_locks(&mut nobody, &database).await;
    let reader = login(&desk, true).await;
    let mut reader = PgConnection::connect_with(&reader).await.unwrap();
    for view in &views {
        for mode in
            ["ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE"]
        {
            let lock = format!("BEGIN; LOCK TABLE news.{view} IN {mode} MODE");
            assert_eq!(answer(&mut reader, &lock).await, Err("42501".to_owned()), "{lock}");
            answer(&mut reader, "ROLLBACK").await.unwrap();
        }
        for strength in ["UPDATE", "SHARE", "KEY SHARE"] {
            let lock = format!("SELECT * FROM news.{view} FOR {strength}");
            assert!(answer(&mut reader, &lock).await.is_err(), "{lock}");
        }
    }
    // What a reader may hold: a snapshot, the weakest lock on everything, and its place in the queue of notifications.
    answer(
        &mut reader,
        "LISTEN news; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM news.changes(0)",
    )
    .await
    .unwrap();
    for view in &views {
        let lock = format!(
            "LOCK TABLE news.{view} IN ACCESS SHARE MODE; SELECT count(*) FROM news.{view}"
        );
        answer(&mut reader, &lock).await.unwrap();
    }
    answer(&mut nobody, "SELECT pg_notify('news', repeat('x', 7000)) FROM generate_series(1, 200)")
        .await
        .unwrap();

    // The limit only tells "never" from "not yet".
    tokio::time::timeout(Duration::from_mins(2), work(&desk)).await.unwrap();
    assert_eq!(desk.count("SELECT seq FROM news.head()").await, 2);
}

/// Everything that a daemon takes a lock for. Weeks later, so that partitions are opened and dropped, too.
async fn work(desk: &Desk) {
    desk.advance(Duration::from_hours(40 * 24));
    desk.reads("http://a.example/2", "Second", &prose(2)).await;
    while desk.store.assign_stories(desk.now(), TimeDelta::days(3)).await.unwrap()
        != Assigned::Nothing
    {}
    assert_eq!(desk.count("SELECT count(*) FROM wiresift.story_queue").await, 0);
    desk.store.sync_feeds(&[listed("http://new.example/feed")], desk.now()).await.unwrap();
    desk.store.migrate().await.unwrap();
}

/// A transaction that files holds no lock that others may take.
#[tokio::test]
async fn filing_takes_no_advisory_lock() {
    let desk = Desk::new().await;
    sqlx::raw_sql(
        "CREATE TABLE public.held AS SELECT locktype, mode FROM pg_locks LIMIT 0;
         CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             INSERT INTO public.held SELECT locktype, mode FROM pg_locks
             WHERE pid = pg_backend_pid() AND locktype IN ('advisory', 'userlock');
             INSERT INTO public.held VALUES ('looked', '');
             RETURN NULL;
         END $$;
         CREATE TRIGGER look AFTER INSERT ON wiresift.changes EXECUTE FUNCTION public.look();
         CREATE TRIGGER look AFTER INSERT ON wiresift.story_fingerprints EXECUTE FUNCTION public.look();
         CREATE TRIGGER look AFTER INSERT ON wiresift.feeds EXECUTE FUNCTION public.look()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    desk.reads("http://a.example/1", "First", &prose(1)).await;
    while desk.store.assign_stories(desk.now(), TimeDelta::days(3)).await.unwrap()
        != Assigned::Nothing
    {}
    let held: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT locktype FROM public.held ORDER BY 1")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert_eq!(held, ["looked"]);
}

/// A queue that is full refuses the notification. The article is filed all the same.
#[tokio::test]
async fn a_notification_that_fails_costs_nothing() {
    let desk = Desk::new().await;
    sqlx::query("ALTER FUNCTION pg_catalog.pg_notify(text, text) RENAME TO pg_notify_is_full")
        .execute(&desk.pool)
        .await
        .unwrap();
    desk.reads("http://a.example/1", "First", &prose(1)).await;
    assert_eq!(desk.count("SELECT seq FROM news.head()").await, 1);
}

/// Several daemons start at once on an empty database, while somebody holds sqlx's lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_database_is_migrated_once_by_many() {
    let desk = Desk::new().await;
    let name = format!("{}_empty", desk.options.get_database().unwrap());
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&desk.pool).await.unwrap();
    let options = desk.options.clone().database(&name);
    let nobody = login(&desk, false).await.database(&name);
    let mut nobody = PgConnection::connect_with(&nobody).await.unwrap();
    take_advisory_locks(&mut nobody, &name).await;
    let daemons: Vec<_> = (0..4)
        .map(|_| {
            let store = Store::new(options.clone(), 1);
            tokio::spawn(async move { store.migrate().await })
        })
        .collect();
    for daemon in daemons {
        daemon.await.unwrap().unwrap();
    }
    Store::new(options, 1).check_schema().await.unwrap();
}

/// A migration that would wait for another program gives up, names it, and leaves nothing behind.
#[tokio::test]
async fn a_migration_names_the_program_it_would_wait_for() {
    let desk = Desk::new().await;
    // As a database of an earlier version.
    sqlx::raw_sql(
        "DROP SCHEMA news CASCADE;
         DROP FUNCTION wiresift.matches, wiresift.title_vector, wiresift.text_vector,
             wiresift.block_key, wiresift.language_key, wiresift.text_config,
             wiresift.known_language, wiresift.body_html, wiresift.inner_html, wiresift.spellings,
             wiresift.word_start, wiresift.phrase_pattern, wiresift.first_place,
             wiresift.query_parts, wiresift.phrases_hold, wiresift.shown_part,
             wiresift.excerpt, wiresift.whole_rights, wiresift.removed_blocks CASCADE;
         DROP TYPE wiresift.query_part;
         DELETE FROM wiresift._sqlx_migrations WHERE version > 1",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let options = desk.options.clone().application_name("dashboard");
    let mut other = PgConnection::connect_with(&options).await.unwrap();
    // A new index waits for every program that may write.
    let lock = "BEGIN; LOCK TABLE wiresift.articles IN ROW EXCLUSIVE MODE";
    answer(&mut other, lock).await.unwrap();
    let error = desk.store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::MigrationBlocked { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("program \"dashboard\"") && text.contains("wiresift migrate"), "{text}");
    assert!(!error.is_passing(), "somebody has to do something");
    answer(&mut other, "COMMIT").await.unwrap();
    desk.store.migrate().await.unwrap();
    desk.reads("http://a.example/1", "First", &prose(1)).await;
}
