//! The console over the real store: every page with its headers, who may ask, what an action does,
//! and that nothing from the web is anything but text there.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wiresift::clock::Clock as _;
use wiresift::store::{CandidateQuery, PollNow, ReadAgain, Store};

use crate::harness::database::TestDb;
use crate::harness::newsroom::{Newsroom, page, prose};
use crate::harness::process::{Home, Process};
use crate::harness::stub::{Reply, Stub};

/// Markup, a change of direction, and length.
pub(crate) const HOSTILE: &str =
    "<script>alert(1)</script> <img src=x onerror=alert(2)> \u{202e}abc";

/// An answer: its status, its headers in lower case, its body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A daemon with a console at work on a small web.
pub(crate) struct Stage {
    pub(crate) stub: Stub,
    pub(crate) pool: PgPool,
    pub(crate) home: Home,
    pub(crate) daemon: Process,
    pub(crate) listen: String,
}

impl Stage {
    pub(crate) async fn new(actions: bool) -> Self {
        let stub = Stub::start().await;
        let base = stub.url("");
        let escaped = HOSTILE.replace('<', "&lt;").replace('>', "&gt;");
        let long = "long ".repeat(20_000);
        let items = format!(
            "<item><title>{escaped}</title><link>{base}/1</link><guid>1</guid></item>\
             <item><title>{long}</title><link>{base}/2</link><guid>2</guid></item>\
             <item><title>Missing</title><link>{base}/missing</link><guid>3</guid></item>"
        );
        stub.serves(
            "/feed.xml",
            Reply::ok(format!(
                "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>{escaped}</title>\
                 <link>{base}/</link>{items}</channel></rss>"
            )),
        );
        for (path, seed) in [("/1", 1), ("/2", 2)] {
            let html = page(&escaped, &prose(seed));
            stub.serves(path, Reply::ok(html).header("Content-Type", "text/html"));
        }
        stub.serves("/missing", Reply::status(410));
        let home = Home::new("");
        home.lists(&[stub.url("/feed.xml")]);
        home.write("rules.toml", "");
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let listen = free.to_string();
        let db = TestDb::new().await;
        let environment = [
            ("DATABASE_URL", db.url.as_str()),
            ("WIRESIFT__CONSOLE__LISTEN", listen.as_str()),
            ("WIRESIFT__FEEDS__FILES", "feeds.txt,rules.toml"),
            ("WIRESIFT__CONSOLE__ACTIONS", if actions { "true" } else { "false" }),
        ];
        let mut daemon = home.start(&["run"], &environment);
        daemon.says("applied the feed list", 1).await;
        let stage = Self { stub, pool: db.pool, home, daemon, listen };
        stage.until("/accounting", "Given up 1").await;
        stage.until("/", "<svg").await;
        stage
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.listen).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &format!("Host: {}\r\n", self.listen), "").await
    }

    /// Posts as a browser does from a page of the console.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        let headers = format!(
            "Host: {}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n",
            self.listen
        );
        self.ask("POST", path, &headers, body).await
    }

    /// Waits until a page says something.
    pub(crate) async fn until(&self, path: &str, words: &str) {
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        loop {
            let answer = self.get(path).await;
            if answer.body.contains(words) {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "{path}: no {words:?}\n{}", answer.body);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The pages, with queries that are none.
const PAGES: [&str; 16] = [
    "/",
    "/?live=30",
    "/feeds",
    "/feeds?state=active&q=feed&page=0",
    "/feeds?state=%00&q=%ff%fe&page=-7",
    "/feeds/1",
    "/feeds/1?done=due",
    "/explain",
    "/explain?url=nothing+at+all",
    "/explain?url=https%3A%2F%2Fpaper.example%2F",
    "/events",
    "/events?kind=gap&before=9",
    "/accounting",
    "/accounting?window=week",
    "/consumers",
    "/consumers?live=x",
];

#[tokio::test]
async fn every_page_answers_and_has_the_headers() {
    let stage = Stage::new(false).await;
    for path in PAGES {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.body.trim_end().ends_with("</html>"), "{path}");
        for header in [
            "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; \
             img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-opener-policy: same-origin",
            "cache-control: no-store",
            "content-type: text/html; charset=utf-8",
        ] {
            assert!(answer.head.contains(header), "{path} lacks {header}:\n{}", answer.head);
        }
        // Nothing that the policy would forbid.
        assert!(!answer.body.contains("style=") && !answer.body.contains("<style"), "{path}");
        assert!(!answer.body.contains("onclick"), "{path}");
    }
    assert!(stage.get("/?live=30").await.body.contains("http-equiv=\"refresh\" content=\"30\""));
    assert!(!stage.get("/consumers?live=x").await.body.contains("http-equiv=\"refresh\""));
    assert_eq!(stage.get("/feeds/999").await.status, 404);
    assert_eq!(stage.get("/nowhere").await.status, 404);
    assert_eq!(stage.get("/feeds/x").await.status, 400);
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_names_of_their_content() {
    let stage = Stage::new(false).await;
    let body = stage.get("/").await.body;
    for extension in ["css", "js"] {
        let end = body.find(&format!(".{extension}\"")).unwrap();
        let start = body[..end].rfind("/assets/").unwrap();
        let answer = stage.get(&format!("{}.{extension}", &body[start..end])).await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.head.contains("immutable") && answer.head.contains("nosniff"),
            "{extension}"
        );
    }
    assert_eq!(stage.get("/assets/console-0.css").await.status, 404);
}

#[tokio::test]
async fn a_foreign_name_is_refused_and_programs_are_not() {
    let stage = Stage::new(false).await;
    let named = async |path: &str, host: &str| {
        stage.ask("GET", path, &format!("Host: {host}\r\n"), "").await
    };
    let refused = named("/", "evil.example").await;
    assert_eq!(refused.status, 421);
    assert!(refused.body.contains("console.hosts"), "{}", refused.body);
    assert_eq!(named("/feeds", "localhost:8420").await.status, 200);
    // A scraper knows the daemon by a name that nobody has told it.
    for path in ["/metrics", "/healthz"] {
        assert_eq!(named(path, "wiresift.monitoring.svc").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn an_action_needs_the_setting_and_a_page_of_the_console() {
    let shows = Stage::new(false).await;
    let refused = shows.post("/feeds/1/poll", "").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("console.actions = true"), "{}", refused.body);
    assert!(!shows.get("/feeds/1").await.body.contains("Poll now"));

    let acts = Stage::new(true).await;
    assert!(acts.get("/feeds/1").await.body.contains("Poll now"));
    let host = format!("Host: {}\r\n", acts.listen);
    for from in ["Sec-Fetch-Site: cross-site\r\n", "Origin: http://evil.example\r\n", ""] {
        let refused = acts.ask("POST", "/feeds/1/poll", &format!("{host}{from}"), "").await;
        assert_eq!(refused.status, 403, "{from}");
    }
    let origin = format!("{host}Origin: http://{}\r\n", acts.listen);
    assert_eq!(acts.ask("POST", "/feeds/1/poll", &origin, "").await.status, 303);
    let long = format!("url={}", "x".repeat(100_000));
    assert_eq!(acts.post("/explain", &long).await.status, 413);
    assert_eq!(acts.post("/feeds/999/poll", "").await.status, 404);
}

#[tokio::test]
async fn an_address_that_was_given_up_is_read_again() {
    let stage = Stage::new(true).await;
    let url = stage.stub.url("/missing");
    let encoded: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
    let path = format!("/explain?url={encoded}");
    let stopped = stage.get(&path).await.body;
    assert!(stopped.contains("class=\"stopped\"") && stopped.contains("Read again"), "{stopped}");
    let html = page("Found after all", &prose(7));
    stage.stub.serves("/missing", Reply::ok(html).header("Content-Type", "text/html"));
    let answer = stage.post("/explain", &format!("url={encoded}")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    stage.until(&path, "Found after all").await;
    let read = stage.get(&path).await.body;
    assert!(!read.contains("class=\"stopped\""), "{read}");
    let unknown = stage.post("/explain", "url=https%3A%2F%2Fpaper.example%2Fnone").await;
    assert!(unknown.head.contains("done=unknown"), "{}", unknown.head);
}

#[tokio::test]
async fn what_the_web_says_is_text() {
    let stage = Stage::new(false).await;
    // As a reader of feeds or pages might once let it through.
    for statement in [
        "UPDATE wiresift.feeds SET name = $1, last_error = $1, moved_to = $1, tags = ARRAY[$1]",
        "UPDATE wiresift.entries SET title = $1",
        "UPDATE wiresift.articles SET title = $1, body = $1 || repeat('x', 2000000)",
        "INSERT INTO wiresift.events (at, kind, feed_id, host, detail)
         VALUES (now(), 'blocked', 1, $1, jsonb_build_object('error', $1))",
    ] {
        sqlx::query(statement).bind(HOSTILE).execute(&stage.pool).await.unwrap();
    }
    let url: String =
        url::form_urlencoded::byte_serialize(stage.stub.url("/1").as_bytes()).collect();
    let script: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let pages = [
        "/".to_owned(),
        "/events".to_owned(),
        "/feeds".to_owned(),
        "/feeds/1".to_owned(),
        format!("/explain?url={url}"),
        format!("/explain?url={script}"),
        format!("/feeds?q={script}&state={script}"),
        format!("/events?kind={script}"),
    ];
    for path in pages {
        let answer = stage.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.contains("<script>"), "{path}: {}", answer.body);
        assert!(!answer.body.contains("<img"), "{path}: {}", answer.body);
        assert!(answer.body.len() < 200_000, "{path}: {} bytes", answer.body.len());
        assert!(!answer.body.contains('\u{202e}'), "{path}");
    }
    let stored = stage.get("/feeds/1").await.body;
    assert!(stored.contains("&#60;script&#62;alert(1)"), "{stored}");
    let typed = stage.get(&format!("/feeds?q={script}")).await.body;
    assert!(typed.contains("value=\"&#60;script&#62;alert(1)"), "{typed}");
}

/// The counters say the same as the rows that they count.
#[tokio::test]
async fn the_counters_of_the_hours_agree_with_the_entries() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One"), ("/b", "Two"), ("/c", "Three")]);
    room.serves_page("/a", "One", &prose(1));
    room.serves_page("/b", "Two", &prose(2));
    room.stub.serves("/c", Reply::status(410));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT outcome, sum(entries)::bigint FROM wiresift.outcome_hours
         GROUP BY outcome ORDER BY outcome",
    )
    .fetch_all(&room.pool)
    .await
    .unwrap();
    let expected = [("abandoned", 1), ("new", 2)];
    assert_eq!(rows, expected.map(|(outcome, entries)| (outcome.to_owned(), entries)));
    let shown = "SELECT sum(entries)::bigint FROM wiresift.feed_hours";
    assert_eq!(room.count(shown).await, 3);
    let polls = "SELECT sum(polls)::bigint FROM wiresift.feed_hours";
    assert!(room.count(polls).await >= 1);
    room.stub.serves("/feed.xml", Reply::status(500));
    room.clock.advance(Duration::from_hours(26));
    room.poll_due().await;
    assert_eq!(room.count("SELECT sum(failures)::bigint FROM wiresift.feed_hours").await, 1);
    // Old counters go.
    room.clock.advance(Duration::from_hours(24 * 40));
    let now = room.clock.now();
    assert!(room.store.forget_hours(now).await.unwrap() > 0);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.outcome_hours").await, 0);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.feed_hours").await, 0);
}

/// A look cannot write, whatever a page does, and keeps its role also where it searches and makes
/// HTML.
#[tokio::test]
async fn a_look_keeps_its_limits() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One")]);
    room.serves_page("/a", "One", &prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let mut look = room.store.look(room.clock.now()).await.unwrap();
    for query in ["harbour", ""] {
        let text = (!query.is_empty()).then(|| query.to_owned());
        let query = CandidateQuery { text, ..CandidateQuery::default() };
        let (found, _) = look.candidates(&query).await.unwrap();
        let ids: Vec<i64> = found.iter().map(|one| one.id).collect();
        let articles = look.published(&ids).await.unwrap();
        assert_eq!(articles.len(), 1, "{query:?}");
        assert!(articles[0].html.starts_with("<p>"), "{}", articles[0].html);
    }
    let setting = look.settings().await.unwrap();
    let setting: Value = serde_json::from_str(&setting).unwrap();
    assert_eq!(setting["read_only"], "on");
    assert_eq!(setting["timeout"], "5s");
    assert_eq!(setting["role"], "pg_read_all_data");
}

/// A role that may not act as the reader shows the pages all the same.
#[tokio::test]
async fn a_database_of_somebody_else_needs_no_further_grant() {
    let room = Newsroom::new().await;
    for statement in [
        "CREATE ROLE console_owner_of_nothing LOGIN",
        "GRANT USAGE ON SCHEMA wiresift TO console_owner_of_nothing",
        "GRANT SELECT ON ALL TABLES IN SCHEMA wiresift TO console_owner_of_nothing",
    ] {
        sqlx::query(statement).execute(&room.pool).await.unwrap();
    }
    let options = room.options.clone().username("console_owner_of_nothing");
    let store = Store::new(options, 2);
    let mut look = store.look(room.clock.now()).await.unwrap();
    let settings: Value = serde_json::from_str(&look.settings().await.unwrap()).unwrap();
    assert_eq!(settings["read_only"], "on");
    assert_eq!(settings["role"], "console_owner_of_nothing");
    assert!(look.feed_cells().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_feed_is_due_now_unless_it_is_paused_or_unknown() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One")]);
    room.serves_page("/a", "One", &prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.poll_due().await, 0);
    let id = room.count("SELECT id FROM wiresift.feeds").await;
    let now = room.clock.now();
    assert_eq!(room.store.poll_feed_now(id, now).await.unwrap(), PollNow::Due);
    // The site rests between two requests.
    room.clock.advance(Duration::from_mins(1));
    assert_eq!(room.poll_due().await, 1);
    assert_eq!(room.store.poll_feed_now(id + 1, now).await.unwrap(), PollNow::Unknown);
    room.lists(&[]).await;
    assert_eq!(room.store.poll_feed_now(id, now).await.unwrap(), PollNow::Paused);
}

#[tokio::test]
async fn an_article_is_read_again_whole_and_keeps_its_state() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One")]);
    room.serves_page("/a", "One", &prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let url = url::Url::parse(&room.stub.url("/a")).unwrap();
    room.serves_page("/a", "One, corrected", &prose(2));
    let answer = room.store.read_again(&url, room.clock.now()).await.unwrap();
    assert_eq!(answer, ReadAgain::Due(1));
    let filed = "SELECT count(*) FROM wiresift.entries WHERE state = 'filed'";
    assert_eq!(room.count(filed).await, 1);
    room.run_until_idle().await;
    assert_eq!(room.count("SELECT revision::bigint FROM wiresift.articles").await, 2);
    let nowhere = url::Url::parse("https://paper.example/none").unwrap();
    let answer = room.store.read_again(&nowhere, room.clock.now()).await.unwrap();
    assert_eq!(answer, ReadAgain::Unknown);
    room.reconciled().await;
}
