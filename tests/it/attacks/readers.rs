//! A login with role `news_reader`, or with no role, cannot run code as the daemon or see its schema.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::harness::desk::Desk;
use crate::harness::newsroom::prose;

static NEXT: AtomicU32 = AtomicU32::new(1);

/// Options of a login of its own: a reader, or one that was granted nothing.
pub(super) async fn login(desk: &Desk, is_reader: bool) -> PgConnectOptions {
    let name = format!("stranger_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    run(&desk.pool, &format!("CREATE ROLE {name} LOGIN")).await;
    if is_reader {
        run(&desk.pool, &format!("GRANT news_reader TO {name}")).await;
    }
    desk.options.clone().username(&name)
}

async fn run(pool: &sqlx::PgPool, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(pool).await.unwrap();
}

/// Runs statements; the SQLSTATE where they are refused.
pub(super) async fn answer(client: &mut PgConnection, statements: &str) -> Result<(), String> {
    match sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(client).await {
        Ok(_) => Ok(()),
        Err(error) => Err(error.as_database_error().unwrap().code().unwrap().into_owned()),
    }
}

async fn texts(desk: &Desk, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(&desk.pool).await.unwrap()
}

/// Whether the names in a function's body mean what they meant when it was created, for every caller.
#[tokio::test]
async fn no_function_looks_for_names_where_its_caller_may_put_some() {
    let desk = Desk::new().await;
    let unsafe_functions = texts(
        &desk,
        "SELECT p.oid::regprocedure::text FROM pg_proc p
         LEFT JOIN LATERAL (
             SELECT setting FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%'
         ) AS path ON true
         WHERE p.pronamespace IN ('news'::regnamespace, 'wiresift'::regnamespace)
           AND coalesce(path.setting, '') NOT IN ('search_path=pg_catalog, pg_temp',
                                                  'search_path=wiresift, pg_catalog, pg_temp')
           -- A body that was parsed at its creation has no names left.
           AND (p.prosecdef OR p.prosqlbody IS NULL)",
    )
    .await;
    assert_eq!(unsafe_functions, Vec::<String>::new());
    assert!(
        desk.count(
            "SELECT count(*) FROM pg_proc WHERE pronamespace = 'news'::regnamespace AND prosecdef"
        )
        .await
            >= 4
    );
}

#[tokio::test]
async fn rights_are_those_of_the_contract() {
    let desk = Desk::new().await;
    desk.reads("http://a.example/1", "T", &prose(1)).await;
    // Everything that anybody but the owner may do, in relations, columns, functions, types, schemas and defaults.
    let granted = texts(
        &desk,
        "WITH ours AS (
             SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('news', 'wiresift')
         ), acls AS (
             SELECT nspname, 'schema' AS kind, n.nspname AS name, n.nspowner AS owner, n.nspacl AS acl
             FROM pg_namespace n WHERE n.oid IN (SELECT oid FROM ours)
             UNION ALL
             SELECT ours.nspname, CASE relkind WHEN 'v' THEN 'view' ELSE 'relation' END, relname, relowner, relacl
             FROM pg_class JOIN ours ON ours.oid = relnamespace
             UNION ALL
             SELECT ours.nspname, 'column', attname, relowner, attacl
             FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN ours ON ours.oid = relnamespace
             UNION ALL
             SELECT ours.nspname, 'function', proname, proowner, coalesce(proacl, acldefault('f', proowner))
             FROM pg_proc JOIN ours ON ours.oid = pronamespace
             UNION ALL
             SELECT coalesce(ours.nspname, 'everywhere'), 'default', defaclobjtype::text, defaclrole, defaclacl
             FROM pg_default_acl LEFT JOIN ours ON ours.oid = defaclnamespace
         )
         SELECT DISTINCT concat_ws(' ', acls.nspname, kind, coalesce(r.rolname, 'PUBLIC'), a.privilege_type)
         FROM acls, aclexplode(acls.acl) AS a LEFT JOIN pg_roles r ON r.oid = a.grantee
         WHERE a.grantee <> acls.owner ORDER BY 1",
    )
    .await;
    assert_eq!(
        granted,
        [
            "news function news_reader EXECUTE",
            "news schema news_reader USAGE",
            "news view news_reader SELECT",
            "wiresift function news_reader EXECUTE",
            "wiresift function pg_read_all_data EXECUTE",
        ]
    );
    // Those functions of wiresift that the views call.
    let called = "SELECT proname::text FROM pg_proc WHERE pronamespace = 'wiresift'::regnamespace
                  AND has_function_privilege('news_reader', oid, 'EXECUTE') ORDER BY 1";
    assert_eq!(
        texts(&desk, called).await,
        ["body_html", "inner_html", "removed_blocks", "whole_rights"]
    );
    // Those that the pages of the console call. None of them can write, and none has other rights
    // than its caller.
    let called = "SELECT proname::text FROM pg_proc WHERE pronamespace = 'wiresift'::regnamespace
                  AND has_function_privilege('pg_read_all_data', oid, 'EXECUTE')
                  AND provolatile <> 'v' AND NOT prosecdef ORDER BY 1";
    let all = "SELECT proname::text FROM pg_proc WHERE pronamespace = 'wiresift'::regnamespace
               AND has_function_privilege('pg_read_all_data', oid, 'EXECUTE') ORDER BY 1";
    let expected = [
        "block_key",
        "body_html",
        "first_place",
        "inner_html",
        "known_language",
        "language_key",
        "matches",
        "phrase_pattern",
        "phrases_hold",
        "query_parts",
        "removed_blocks",
        "shown_part",
        "spellings",
        "text_config",
        "text_vector",
        "title_vector",
        "whole_rights",
        "word_start",
    ];
    assert_eq!(texts(&desk, called).await, expected);
    assert_eq!(texts(&desk, all).await, expected);
    // All of it belongs to the daemon's role, and news_reader is a member of nothing.
    let owners = texts(
        &desk,
        "SELECT DISTINCT owner::regrole::text FROM (
             SELECT relowner AS owner, relnamespace AS n FROM pg_class
             UNION ALL SELECT proowner, pronamespace FROM pg_proc
             UNION ALL SELECT typowner, typnamespace FROM pg_type
             UNION ALL SELECT nspowner, oid FROM pg_namespace) AS o
         WHERE n IN ('news'::regnamespace, 'wiresift'::regnamespace)",
    )
    .await;
    assert_eq!(owners, texts(&desk, "SELECT current_user::text").await);
    assert_eq!(
        desk.count("SELECT count(*) FROM pg_auth_members WHERE member = 'news_reader'::regrole")
            .await,
        0
    );
}

/// Functions, domains, operators, casts and tables of a caller, each of which takes over if code that runs with the
/// rights of the daemon so much as looks at it.
const TRAPS: &str = "
    CREATE FUNCTION pg_temp.trap() RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        -- A sequence keeps its value also if the call fails in the end.
        PERFORM nextval('wiresift.trapped');
        EXECUTE 'GRANT USAGE ON SCHEMA wiresift TO PUBLIC';
        EXECUTE 'GRANT ALL ON ALL TABLES IN SCHEMA wiresift TO PUBLIC';
        RETURN true;
    EXCEPTION WHEN OTHERS THEN
        RETURN true;
    END $$;
    CREATE FUNCTION pg_temp.trap_text(pg_catalog.text) RETURNS boolean
        LANGUAGE sql AS 'SELECT pg_temp.trap()';
    CREATE FUNCTION pg_temp.trap_texts(pg_catalog.text, pg_catalog.text) RETURNS boolean
        LANGUAGE sql AS 'SELECT pg_temp.trap()';
    CREATE FUNCTION pg_temp.trap_numbers(pg_catalog.int8, pg_catalog.int8) RETURNS boolean
        LANGUAGE sql AS 'SELECT pg_temp.trap()';
    CREATE FUNCTION pg_temp.trap_search(pg_catalog.tsvector, pg_catalog.tsquery) RETURNS boolean
        LANGUAGE sql AS 'SELECT pg_temp.trap()';
    CREATE FUNCTION pg_temp.lower(pg_catalog.text) RETURNS pg_catalog.text
        LANGUAGE sql AS 'SELECT pg_temp.trap()::pg_catalog.text';
    CREATE FUNCTION pg_temp.split_part(pg_catalog.text, pg_catalog.text, pg_catalog.int4) RETURNS pg_catalog.text
        LANGUAGE sql AS 'SELECT pg_temp.trap()::pg_catalog.text';
    CREATE FUNCTION pg_temp.text_config(pg_catalog.text) RETURNS pg_catalog.regconfig
        LANGUAGE sql AS 'SELECT pg_temp.trap(); SELECT ''pg_catalog.simple''::pg_catalog.regconfig';
    CREATE OPERATOR pg_temp.= (FUNCTION = pg_temp.trap_texts, LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text);
    CREATE OPERATOR pg_temp.< (FUNCTION = pg_temp.trap_numbers, LEFTARG = pg_catalog.int8, RIGHTARG = pg_catalog.int8);
    CREATE OPERATOR pg_temp.> (FUNCTION = pg_temp.trap_numbers, LEFTARG = pg_catalog.int8, RIGHTARG = pg_catalog.int8);
    CREATE OPERATOR pg_temp.@@ (FUNCTION = pg_temp.trap_search,
        LEFTARG = pg_catalog.tsvector, RIGHTARG = pg_catalog.tsquery);
    CREATE TEMP TABLE change_head (only_row boolean, generation int, seq bigint, kept_from bigint);
    INSERT INTO change_head VALUES (true, 99, 99, 0);
    CREATE TEMP TABLE changes (seq bigint, at timestamptz, kind pg_catalog.text, article_id bigint, revision int);
    CREATE TEMP TABLE articles (id bigint, url pg_catalog.text);
    CREATE TEMP VIEW pg_proc AS SELECT pg_temp.trap();
    CREATE TEMP VIEW pg_database AS SELECT pg_temp.trap() AS datname;
    CREATE TEMP VIEW pg_class AS SELECT pg_temp.trap() AS relname";

/// Types that calls and bodies of functions name.
const TYPES: &[&str] = &[
    "text",
    "int8",
    "int4",
    "bool",
    "float4",
    "float8",
    "uuid",
    "jsonb",
    "timestamptz",
    "regconfig",
    "regclass",
    "oid",
    "tsquery",
    "tsvector",
];

const CALLS: &[&str] = &[
    "SELECT * FROM news.head()",
    "SELECT news.generation()",
    "SELECT * FROM news.changes(0)",
    "SELECT * FROM news.changes(0, 10, (SELECT token FROM news.head()))",
    "SELECT * FROM news.changes(1, 10, (SELECT token FROM news.head()))",
    "SELECT * FROM news.changes(-5)",
    "SELECT * FROM news.changes(NULL, NULL, NULL)",
    "SELECT * FROM news.changes(99)",
    "SELECT news.report_position(0)",
    "SELECT news.report_position(NULL)",
    "SELECT * FROM news.search('text', 'en')",
    "SELECT * FROM news.search('text')",
    "SELECT * FROM news.search(NULL, NULL, NULL)",
    "SELECT * FROM news.search('text', 'en', -1)",
    "SELECT * FROM news.search('text or headline', 'en', 2147483647)",
    "SELECT * FROM news.articles WHERE title = 'x' AND id > 0",
    "SELECT * FROM news.removed",
    "SELECT * FROM news.feeds",
];

async fn lay_traps(client: &mut PgConnection) {
    answer(client, TRAPS).await.unwrap();
    for kind in TYPES {
        let base = format!("pg_catalog.{kind}");
        let trap = format!(
            "CREATE FUNCTION pg_temp.trap_type({base}) RETURNS boolean
        LANGUAGE sql AS 'SELECT pg_temp.trap()';
             CREATE DOMAIN pg_temp.{kind} AS {base} CHECK (pg_temp.trap_type(VALUE))"
        );
        answer(client, &trap).await.unwrap();
    }
    for (from, to) in [("text", "regconfig"), ("int8", "text"), ("uuid", "text")] {
        // A cast belongs to one of its types, and these do not.
        let cast =
            format!("CREATE CAST (pg_catalog.{from} AS pg_catalog.{to}) WITH INOUT AS IMPLICIT");
        assert_eq!(answer(client, &cast).await, Err("42501".to_owned()), "{cast}");
    }
}

async fn is_trapped(desk: &Desk) -> bool {
    desk.count("SELECT is_called::int::bigint FROM wiresift.trapped").await == 1
}

#[tokio::test]
async fn a_caller_s_objects_do_not_run_as_the_daemon() {
    let desk = Desk::new().await;
    desk.reads("http://a.example/1", "Headline", &prose(1)).await;
    run(&desk.pool, "CREATE SEQUENCE wiresift.trapped").await;
    let before = texts(&desk, "SELECT h::text FROM wiresift.change_head h").await;
    for is_reader in [true, false] {
        let options = login(&desk, is_reader).await;
        for call in CALLS {
            let mut client = PgConnection::connect_with(&options).await.unwrap();
            lay_traps(&mut client).await;
            let answered = answer(&mut client, call).await;
            if !is_reader {
                assert_eq!(answered, Err("42501".to_owned()), "{call}");
            }
            // Also where the search_path of the caller has its own objects first.
            let shadowed = format!("SET search_path = pg_temp, public, pg_catalog; {call}");
            let _ = answer(&mut client, &shadowed).await;
            assert!(!is_trapped(&desk).await, "{call}");
            client.close().await.unwrap();
        }
        let mut client = PgConnection::connect_with(&options).await.unwrap();
        lay_traps(&mut client).await;
        for denied in [
            "SELECT count(*) FROM wiresift.articles",
            "SELECT wiresift.text_config('en')",
            "SELECT wiresift.present_origin()",
            "SELECT * FROM wiresift.locks FOR UPDATE",
            "INSERT INTO wiresift.change_head DEFAULT VALUES",
            "SELECT nextval('wiresift.articles_id_seq')",
            "CREATE TABLE wiresift.mine ()",
            "CREATE TABLE news.mine ()",
            "CREATE OR REPLACE FUNCTION news.generation() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "CREATE SCHEMA mine",
            "SET ROLE wiresift",
            "SET SESSION AUTHORIZATION wiresift",
        ] {
            assert_eq!(answer(&mut client, denied).await, Err("42501".to_owned()), "{denied}");
        }
    }
    assert_eq!(texts(&desk, "SELECT h::text FROM wiresift.change_head h").await, before);
}

/// The traps work: a function that does not name `pg_temp` last falls into them.
#[tokio::test]
async fn the_traps_catch_a_careless_function() {
    let desk = Desk::new().await;
    desk.reads("http://a.example/1", "Headline", &prose(1)).await;
    run(&desk.pool, "CREATE SEQUENCE wiresift.trapped").await;
    let careless =
        "ALTER FUNCTION news.changes(bigint, integer, text) SET search_path = pg_catalog";
    sqlx::query(careless).execute(&desk.pool).await.unwrap();
    let options = login(&desk, true).await;
    let mut client = PgConnection::connect_with(&options).await.unwrap();
    lay_traps(&mut client).await;
    let _ = answer(&mut client, "SELECT * FROM news.changes(0)").await;
    assert!(is_trapped(&desk).await);
}

/// Where the daemon owns the database, nobody else creates anything in it.
#[tokio::test]
async fn a_database_of_the_daemon_has_no_temporary_objects_of_others() {
    let desk = Desk::new().await;
    let options = login(&desk, false).await;
    let name = format!("{}_own", options.get_database().unwrap());
    run(&desk.pool, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    let store = wiresift::store::Store::new(desk.options.clone().database(&name), 1);
    store.migrate().await.unwrap();
    let mut client = PgConnection::connect_with(&options.database(&name)).await.unwrap();
    for denied in [
        "CREATE TEMP TABLE mine ()",
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
    ] {
        assert_eq!(answer(&mut client, denied).await, Err("42501".to_owned()), "{denied}");
    }
}
