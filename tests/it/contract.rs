//! The contract: schema `news` has what it promises, and role `news_reader` may read it and nothing else.

use std::collections::BTreeMap;

use sqlx::{Connection as _, PgConnection};
use url::Url;
use wiresift::store::Outcome;
use wiresift_extract::article::{DateSource, Dated, Removed};

use crate::harness::desk::{Desk, article};
use crate::harness::newsroom::prose;

/// Views and their columns with types. Columns may be added; none of these may go or change.
const VIEWS: &[(&str, &str)] = &[
    (
        "articles",
        "id bigint, url text, host text, title text, body text, summary text, body_html text, byline text[],
         language text, published_at timestamp with time zone, modified_at timestamp with time zone,
         published_source text, first_seen_at timestamp with time zone, updated_at timestamp with time zone,
         image_url text, tags text[], word_count integer, revision integer, story_id bigint, copies integer,
         quality real, rights jsonb, site_name text, section text, declared_language text, published_offset smallint,
         is_paywalled boolean, no_ai boolean, licence text, provenance jsonb, kind text, agency text[],
         has_page boolean, doubt text",
    ),
    (
        "all_articles",
        "id bigint, url text, host text, title text, body text, summary text, body_html text, byline text[],
         language text, published_at timestamp with time zone, modified_at timestamp with time zone,
         published_source text, first_seen_at timestamp with time zone, updated_at timestamp with time zone,
         image_url text, tags text[], word_count integer, revision integer, story_id bigint, copies integer,
         quality real, rights jsonb, copy_of bigint, similarity real, site_name text, section text,
         declared_language text, published_offset smallint, is_paywalled boolean, no_ai boolean, licence text,
         provenance jsonb, kind text, agency text[],
         has_page boolean, doubt text",
    ),
    (
        "lineage",
        "original_id bigint, position bigint, article_id bigint, url text, host text, title text,
         published_at timestamp with time zone, first_seen_at timestamp with time zone, similarity real, kept real,
         added real, joined_to bigint, joined_at timestamp with time zone, evidence jsonb",
    ),
    (
        "sightings",
        "article_id bigint, feed_url text, entry_guid text, entry_url text, title text, summary text,
         first_seen_at timestamp with time zone, last_seen_at timestamp with time zone",
    ),
    (
        "revisions",
        "article_id bigint, revision integer, kind text, reason text, title text, body text,
         seen_at timestamp with time zone",
    ),
    (
        "sites",
        "site text, articles integer, agreement real, doubtful integer, changed_at timestamp with time zone,
         judged_at timestamp with time zone, known_blocks integer, learned_at timestamp with time zone",
    ),
    ("removed", "article_id bigint, revision integer, position integer, text text, reason text"),
    (
        "links",
        "article_id bigint, other_id bigint, other_language text, other_story_id bigint, likeness real,
         linked_at timestamp with time zone",
    ),
    (
        "stories",
        "id bigint, title text, articles bigint, sources bigint, first_published_at timestamp with time zone,
         last_published_at timestamp with time zone, language text, headline_id bigint,
         updated_at timestamp with time zone",
    ),
    (
        "feeds",
        "url text, name text, tags text[], state text, last_poll_at timestamp with time zone,
         last_success_at timestamp with time zone, next_poll_at timestamp with time zone, every interval,
         last_status integer, last_error text, entries bigint, articles_7d bigint, coverage real, gaps integer,
         interval interval, last_entry_at timestamp with time zone, moved_to text, defects text[]",
    ),
    ("events", "at timestamp with time zone, kind text, feed_url text, host text, detail jsonb"),
    ("accounting", "state text, cause text, entries bigint"),
    (
        "subscriptions",
        "feed_url text, hub text, topic text, state text, trust text, lease_ends_at timestamp with time zone,
         last_delivery_at timestamp with time zone, deliveries bigint, dropped bigint, last_error text",
    ),
];

/// Functions with their arguments and what they give.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    (
        "changes",
        "after bigint, at_most integer DEFAULT 1000, after_token text DEFAULT NULL::text",
        "TABLE(seq bigint, at timestamp with time zone, kind text, article_id bigint, revision integer, other_id bigint, token text, story_id bigint)",
    ),
    ("generation", "", "integer"),
    ("head", "", "TABLE(generation integer, seq bigint, token text)"),
    ("report_position", "seq bigint", "void"),
    (
        "search",
        "query text, language text DEFAULT NULL::text, at_most integer DEFAULT 50",
        "TABLE(article_id bigint, url text, title text, published_at timestamp with time zone, rank real, highlight text)",
    ),
    (
        "search_titles",
        "query text, language text DEFAULT NULL::text, at_most integer DEFAULT 50",
        "TABLE(article_id bigint, url text, title text, published_at timestamp with time zone, rank real, highlight text)",
    ),
];

#[tokio::test]
async fn every_view_and_function_is_there_with_its_types() {
    let desk = Desk::new().await;
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = 'news'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    let mut found: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for (view, column, kind) in &columns {
        found.entry(view).or_default().insert(column, kind);
    }
    for (view, promised) in VIEWS {
        for column in promised.split(',') {
            let (name, kind) = column.trim().split_once(' ').unwrap();
            assert_eq!(
                found.get(view).and_then(|view| view.get(name)),
                Some(&kind.trim()),
                "news.{view}.{name}"
            );
        }
    }
    assert_eq!(found.len(), VIEWS.len(), "a view that nobody promised: {:?}", found.keys());
    let functions: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT proname::text, pg_get_function_arguments(oid), pg_get_function_result(oid) FROM pg_proc
         WHERE pronamespace = 'news'::regnamespace ORDER BY proname",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    let promised: Vec<(String, String, String)> =
        FUNCTIONS.iter().map(|(a, b, c)| ((*a).into(), (*b).into(), (*c).into())).collect();
    assert_eq!(functions, promised);
}

/// `insufficient_privilege`.
const DENIED: &str = "42501";

/// Runs a statement as a consumer; the SQLSTATE where it is refused.
async fn as_reader(consumer: &mut PgConnection, statement: &str) -> Result<(), String> {
    let answer = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(consumer).await;
    match answer {
        Ok(_) => Ok(()),
        Err(error) => Err(error.as_database_error().unwrap().code().unwrap().into_owned()),
    }
}

/// The SQL of the README, as a reader would paste it.
#[tokio::test]
async fn the_examples_of_the_readme_work() {
    let desk = Desk::new().await;
    desk.reads("http://a.example/1", "Headline", &prose(1)).await;
    let mut consumer = PgConnection::connect_with(&desk.options).await.unwrap();
    sqlx::query("SET ROLE news_reader").execute(&mut consumer).await.unwrap();
    let (seq, token): (i64, String) = sqlx::query_as("SELECT seq, token FROM news.head()")
        .fetch_one(&mut consumer)
        .await
        .unwrap();
    let readme = include_str!("../../README.md");
    let blocks: Vec<&str> =
        readme.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        // The place of a consumer is another one in each database.
        let block = block.replace("after => 1234", &format!("after => {seq}"));
        let block = block.replace("9f1c…/1240/07ab…", &token);
        as_reader(&mut consumer, &block).await.unwrap_or_else(|code| panic!("{code}: {block}"));
    }
}

#[tokio::test]
async fn a_reader_may_read_the_contract_and_nothing_else() {
    let desk = Desk::new().await;
    desk.reads("http://a.example/1", "Headline", &prose(1)).await;
    let mut consumer = PgConnection::connect_with(&desk.options).await.unwrap();
    sqlx::query("SET ROLE news_reader").execute(&mut consumer).await.unwrap();
    for (view, _) in VIEWS {
        as_reader(&mut consumer, &format!("SELECT * FROM news.{view}")).await.unwrap();
    }
    for call in [
        "SELECT * FROM news.changes(0)",
        "SELECT * FROM news.changes(0, 10)",
        "SELECT news.generation()",
        "SELECT * FROM news.head()",
        "SELECT * FROM news.search('headline')",
        "SELECT * FROM news.search('headline', 'en', 5)",
        "SELECT * FROM news.search_titles('headline')",
        "LISTEN news",
    ] {
        assert_eq!(as_reader(&mut consumer, call).await, Ok(()), "{call}");
    }
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'wiresift'::regnamespace AND relkind IN ('r', 'S', 'v', 'm')",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert!(tables.len() > 10);
    for table in tables {
        assert_eq!(
            as_reader(&mut consumer, &format!("SELECT * FROM wiresift.{table}")).await,
            Err(DENIED.into()),
            "{table}"
        );
    }
    for (view, _) in VIEWS {
        for statement in [format!("DELETE FROM news.{view}"), format!("TRUNCATE news.{view}")] {
            let denied = as_reader(&mut consumer, &statement).await.unwrap_err();
            assert!([DENIED, "55000", "42809"].contains(&denied.as_str()), "{statement}: {denied}");
        }
    }
    for statement in [
        "UPDATE news.articles SET title = 'x'",
        "INSERT INTO news.accounting VALUES ('a', 'b', 1)",
        "INSERT INTO news.revisions (article_id) VALUES (1)",
        "UPDATE wiresift.change_head SET seq = 0",
        "SELECT wiresift.text_config('en')",
        "SELECT wiresift.text_vector('en', 'a', 'b')",
        "CREATE TABLE news.mine (x int)",
        "CREATE FUNCTION news.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE wiresift.mine (x int)",
        "DROP VIEW news.articles",
        "ALTER ROLE news_reader SUPERUSER",
        "COPY news.articles TO '/tmp/wiresift-leak'",
    ] {
        let denied = as_reader(&mut consumer, statement).await.unwrap_err();
        assert!([DENIED, "55000"].contains(&denied.as_str()), "{statement}: {denied}");
    }
    // A table of one's own cannot stand in for one of ours inside a function that runs with the owner's rights.
    for statement in [
        "CREATE TEMP TABLE change_head (generation int, seq bigint, kept_from bigint); INSERT INTO change_head VALUES (9, 9, 0)",
        "SELECT 1 / (SELECT (generation = 1)::int FROM news.head())",
    ] {
        assert_eq!(as_reader(&mut consumer, statement).await, Ok(()), "{statement}");
    }
}

#[tokio::test]
async fn no_article_is_published_in_the_future() {
    let desk = Desk::new().await;
    let leases = desk.leased(&["http://a.example/1", "http://b.example/1"]).await;
    let ahead = desk.now() + std::time::Duration::from_hours(40 * 24);
    let batch: Vec<_> = leases
        .iter()
        .zip(1..)
        .map(|(lease, n)| {
            let mut filed = article(lease, "From tomorrow", &prose(n));
            filed.article.published =
                Some(Dated { at: ahead, zone: None, source: DateSource::Meta });
            filed.article.modified =
                Some(Dated { at: ahead, zone: None, source: DateSource::Meta });
            desk.filing(lease, Outcome::Article(Box::new(filed)))
        })
        .collect();
    desk.file(&batch).await;
    // A revision may not bring one either.
    let lease = desk.leased(&["http://a.example/1?again=1"]).await.remove(0);
    let mut filed = article(&lease, "From tomorrow, again", &prose(3));
    filed.fetched_url = Some(Url::parse("http://a.example/1").unwrap());
    filed.article.published = Some(Dated { at: ahead, zone: None, source: DateSource::Meta });
    filed.article.modified = Some(Dated { at: ahead, zone: None, source: DateSource::Meta });
    desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
    let late: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM news.all_articles WHERE published_at > updated_at OR modified_at > updated_at",
    )
    .fetch_one(&desk.pool)
    .await
    .unwrap();
    assert_eq!((desk.count("SELECT count(*) FROM news.all_articles").await, late), (2, 0));
}

/// Files an article in a language.
async fn in_language(desk: &Desk, link: &str, language: &str, title: &str, body: &[&str]) {
    let lease = desk.leased(&[link]).await.remove(0);
    let body: Vec<String> = body.iter().map(|text| (*text).to_owned()).collect();
    let mut filed = article(&lease, title, &body);
    filed.article.language = Some(language.to_owned());
    desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
}

async fn found(
    desk: &Desk,
    query: &str,
    language: Option<&str>,
    at_most: Option<i32>,
) -> Vec<(String, String)> {
    sqlx::query_as("SELECT title, highlight FROM news.search($1, $2, $3)")
        .bind(query)
        .bind(language)
        .bind(at_most)
        .fetch_all(&desk.pool)
        .await
        .unwrap_or_else(|error| panic!("{query:?}: {error}"))
}

#[tokio::test]
async fn search_ranks_stems_and_highlights() {
    let desk = Desk::new().await;
    let filler = "Nothing else of note happened in the quiet town that week, and everybody slept well at night.";
    in_language(
        &desk,
        "http://a.example/1",
        "en",
        "Ferries return to the harbour",
        &["The ferries were running again.", filler],
    )
    .await;
    in_language(
        &desk,
        "http://a.example/2",
        "en",
        "A quiet week",
        &[filler, "At the end a single ferry ran late.", filler],
    )
    .await;
    in_language(
        &desk,
        "http://b.example/1",
        "de",
        "Neue Häuser am Fluss",
        &["Die Häuser wurden gebaut.", "Der Fluss blieb ruhig."],
    )
    .await;
    in_language(&desk, "http://c.example/1", "ja", "港 の 記事", &["港 は 静か だった。"]).await;
    // A copy does not come up beside its original.
    in_language(
        &desk,
        "http://copy.example/1",
        "en",
        "Ferries return to the harbour",
        &["The ferries were running again.", filler],
    )
    .await;
    assert_eq!(
        desk.count("SELECT count(*) FROM news.all_articles WHERE copy_of IS NOT NULL").await,
        1
    );

    let titles =
        |rows: Vec<(String, String)>| rows.into_iter().map(|(title, _)| title).collect::<Vec<_>>();
    let both = found(&desk, "ferry", None, Some(50)).await;
    assert!(both[0].1.contains("**ferries**"), "{both:?}");
    assert_eq!(
        titles(both),
        ["Ferries return to the harbour", "A quiet week"],
        "the title counts most"
    );
    assert_eq!(
        titles(found(&desk, "ferry", Some("en"), Some(1)).await),
        ["Ferries return to the harbour"]
    );
    assert_eq!(
        titles(found(&desk, "ferry", Some("EN"), Some(1)).await).len(),
        1,
        "tags have no case"
    );
    assert!(found(&desk, "ferry", Some("de"), Some(50)).await.is_empty());
    assert_eq!(titles(found(&desk, "Haus", None, Some(50)).await), ["Neue Häuser am Fluss"]);
    assert_eq!(
        titles(found(&desk, "haus -fluss", Some("de"), Some(50)).await),
        Vec::<String>::new()
    );
    assert_eq!(
        titles(found(&desk, "\"single ferry\"", Some("en-GB"), Some(50)).await),
        ["A quiet week"]
    );
    assert_eq!(titles(found(&desk, "港", None, Some(50)).await), ["港 の 記事"]);
    assert_eq!(titles(found(&desk, "ferry or fluss", None, Some(50)).await).len(), 3);
}

#[tokio::test]
async fn a_hostile_query_is_a_query() {
    let desk = Desk::new().await;
    in_language(&desk, "http://a.example/1", "en", "Plain", &["Plain text."]).await;
    let long = "word ".repeat(20_000);
    let nested = "(".repeat(5_000);
    for query in [
        "",
        " ",
        "'",
        "''--",
        "\"",
        "\"unclosed",
        "& | ! <-> :*",
        "a & & b",
        "!!!",
        "the",
        "the of and",
        "%_\\",
        "<->",
        "ferry')); DROP TABLE wiresift.articles; --",
        "\u{202e}\u{feff}",
        "🦀",
        "-",
        "- -",
        "or",
        "or or",
        "a:*",
        "$1",
        &long,
        &nested,
    ] {
        for language in [None, Some("en"), Some("xx"), Some(""), Some("'; --")] {
            found(&desk, query, language, Some(5)).await;
        }
    }
    assert!(found(&desk, "plain", None, Some(0)).await.is_empty());
    assert_eq!(found(&desk, "plain", None, None).await.len(), 1);
    assert_eq!(desk.count("SELECT count(*) FROM news.articles").await, 1);
}

/// What a page does not declare is not stored, and is there for readers all the same.
#[tokio::test]
async fn rights_are_whole() {
    let desk = Desk::new().await;
    let lease = desk.leased(&["http://a.example/1"]).await.remove(0);
    desk.file(&[desk.article(&lease, "Harbour", &prose(1))]).await;
    let stored = "SELECT count(*) FROM wiresift.articles WHERE rights = '{}' AND agency IS NULL";
    assert_eq!(desk.count(stored).await, 1);
    let shown =
        "SELECT count(*) FROM news.articles WHERE agency = '{}' AND rights = jsonb_build_object(
        'no_ai', false, 'no_index', false, 'paywalled', false, 'no_archive', false)";
    assert_eq!(desk.count(shown).await, 1);
}

#[tokio::test]
async fn the_smaller_views_say_what_happened() {
    let desk = Desk::new().await;
    let feed = "http://feeds.example/one";
    let items = [
        ("http://a.example/1", "First"),
        ("http://a.example/2", "Second"),
        ("http://a.example/3", "Third"),
    ];
    desk.shows(feed, &items).await;
    let leases = desk.lease_all().await;
    let mut first = article(&leases["http://a.example/1"], "First", &prose(1));
    let removed = |position, text: &str, reason: &str| Removed {
        position,
        text: text.to_owned(),
        reason: reason.to_owned(),
    };
    first.removed = vec![
        removed(3, "Popular Articles", "phrase: related"),
        removed(9, "Subscribe", "phrase: newsletter"),
        removed(10, "Home | News", "links"),
    ];
    let filings = [
        desk.filing(&leases["http://a.example/1"], Outcome::Article(Box::new(first))),
        desk.filing(
            &leases["http://a.example/2"],
            Outcome::Skipped { cause: wiresift::filing::EntryCause::Robots },
        ),
        desk.filing(
            &leases["http://a.example/3"],
            Outcome::Abandoned {
                cause: wiresift::filing::EntryCause::Fetch(wiresift::polling::failure::Cause::Gone),
                trace: None,
            },
        ),
    ];
    desk.file(&filings).await;
    desk.shows(
        "http://feeds.example/two",
        &[
            ("https://www.a.example/1?utm_source=two", "First, again"),
            ("http://a.example/4", "Fourth"),
        ],
    )
    .await;

    let sightings: Vec<(String, String, String)> =
        sqlx::query_as("SELECT feed_url, entry_guid, title FROM news.sightings ORDER BY feed_url")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    let text = |words: [&str; 3]| (words[0].to_owned(), words[1].to_owned(), words[2].to_owned());
    assert_eq!(
        sightings,
        [
            text([feed, "http://a.example/1", "First"]),
            text([
                "http://feeds.example/two",
                "https://www.a.example/1?utm_source=two",
                "First, again"
            ]),
        ]
    );
    let removed: Vec<(i32, i32, String, String)> = sqlx::query_as(
        "SELECT revision, position, text, reason FROM news.removed ORDER BY position",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert_eq!(removed[0], (1, 3, "Popular Articles".to_owned(), "phrase: related".to_owned()));
    assert_eq!(removed[1], (1, 9, "Subscribe".to_owned(), "phrase: newsletter".to_owned()));
    assert_eq!(removed[2], (1, 10, "Home | News".to_owned(), "links".to_owned()));
    let revisions: Vec<(i32, String, String, String)> =
        sqlx::query_as("SELECT revision, kind, reason, title FROM news.revisions")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert_eq!(revisions, [(1, "first".to_owned(), "page".to_owned(), "First".to_owned())]);
    // Adds up to every entry that feeds ever showed.
    assert_eq!(
        desk.states().await,
        [
            ("abandoned".to_owned(), "gone".to_owned(), 1),
            ("filed".to_owned(), "known-address".to_owned(), 1),
            ("filed".to_owned(), "new-from-page".to_owned(), 1),
            ("pending".to_owned(), "waiting".to_owned(), 1),
            ("skipped".to_owned(), "robots".to_owned(), 1),
        ]
    );
    assert_eq!(
        desk.count("SELECT sum(entries)::bigint FROM news.accounting").await,
        desk.count("SELECT sum(entries)::bigint FROM news.feeds").await
    );
    let feeds: Vec<(String, String, i64, Option<i32>)> =
        sqlx::query_as("SELECT url, state, entries, last_status FROM news.feeds ORDER BY url")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert_eq!(feeds[0], (feed.to_owned(), "active".to_owned(), 3, Some(200)));
    assert_eq!(
        feeds[1],
        ("http://feeds.example/two".to_owned(), "active".to_owned(), 2, Some(200))
    );
}

/// A feed that moves for good leaves an event; one that leaves the list is paused and keeps its articles.
#[tokio::test]
async fn events_and_pauses_are_told() {
    let room = crate::harness::newsroom::Newsroom::new().await;
    room.stub.serves("/old.xml", crate::harness::stub::Reply::redirect(301, "/feed.xml"));
    room.serves_feed(&[("/a", "The harbour opens")]);
    room.serves_page("/a", "The harbour opens", &prose(1));
    let url = room.stub.url("/old.xml");
    room.lists(&[&url]).await;
    room.run_until_idle().await;
    let (kind, feed_url, detail): (String, String, serde_json::Value) =
        sqlx::query_as("SELECT kind, feed_url, detail FROM news.events")
            .fetch_one(&room.pool)
            .await
            .unwrap();
    assert_eq!((kind.as_str(), feed_url.as_str()), ("moved", url.as_str()));
    assert_eq!(detail["to"], room.stub.url("/feed.xml"));
    room.lists(&[]).await;
    let state: String =
        sqlx::query_scalar("SELECT state FROM news.feeds").fetch_one(&room.pool).await.unwrap();
    assert_eq!(state, "paused");
    assert_eq!(room.count("SELECT count(*) FROM news.articles").await, 1);
    room.reconciled().await;
}

/// Tools that show a schema show its comments.
#[tokio::test]
async fn every_view_column_and_function_has_a_comment() {
    let desk = Desk::new().await;
    let silent: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass || coalesce('.' || a.attname, '') FROM pg_class c
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
         WHERE c.relnamespace = 'news'::regnamespace AND c.relkind = 'v'
           AND (obj_description(c.oid, 'pg_class') IS NULL
                OR coalesce(col_description(c.oid, a.attnum), '') = '')
         UNION ALL
         SELECT p.oid::regprocedure::text FROM pg_proc p
         WHERE p.pronamespace = 'news'::regnamespace
           AND obj_description(p.oid, 'pg_proc') IS NULL",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert_eq!(silent, Vec::<String>::new());
}
