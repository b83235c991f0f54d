//! The pages of the console about articles, over the real store: each answers, what the web says is
//! text there, and a feed that the console offers is one that a reader can follow.

use std::time::Duration;

use url::Url;
use url::form_urlencoded::byte_serialize;
use wiresift::clock::Clock as _;
use wiresift_feed::ParsedFeed;

use crate::console::{HOSTILE, Stage};
use crate::harness::newsroom::{Newsroom, noon};
use crate::harness::stub::Reply;

/// A daemon that has filed both articles.
pub(crate) async fn staged(actions: bool) -> Stage {
    let stage = Stage::new(actions).await;
    stage.until("/articles", "among 2 articles").await;
    stage
}

pub(crate) fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// The only article with this headline.
pub(crate) async fn article(stage: &Stage, path: &str) -> (i64, String) {
    sqlx::query_as("SELECT id, host FROM wiresift.articles WHERE url LIKE '%' || $1")
        .bind(path)
        .fetch_one(&stage.pool)
        .await
        .unwrap()
}

async fn revise(stage: &Stage, id: i64) {
    for statement in [
        "UPDATE wiresift.revisions SET title = 'Old', body = 'Two boats sank.' WHERE article_id = $1",
        "UPDATE wiresift.articles SET revision = 2 WHERE id = $1",
        "INSERT INTO wiresift.revisions (article_id, revision, kind, reason, seen_at, page_id)
         SELECT article_id, 2, 'correction', 'page', seen_at, page_id
         FROM wiresift.revisions WHERE article_id = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&stage.pool).await.unwrap();
    }
}

#[tokio::test]
async fn every_page_about_articles_answers() {
    let stage = staged(false).await;
    let (id, host) = article(&stage, "/1").await;
    revise(&stage, id).await;
    let mut paths = vec![
        "/articles".to_owned(),
        "/articles?q=harbour&language=en&kind=article&page=0".to_owned(),
        "/articles?after=x&page=-1&kind=nothing".to_owned(),
        "/articles?after=1700000000000000_7".to_owned(),
        "/articles?after=_7".to_owned(),
        "/articles?tag=a&host=b&language=c&q=%00%ff".to_owned(),
        "/stories".to_owned(),
        "/stories?before=x".to_owned(),
    ];
    paths.extend([
        format!("/articles/{id}"),
        format!("/articles/{id}?revision=2"),
        format!("/articles/{id}?revision=-9"),
        format!("/copies/{id}"),
        format!("/sites/{}", encoded(&host)),
    ]);
    for path in paths {
        let answer = stage.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.body.trim_end().ends_with("</html>"), "{path}");
        assert!(answer.head.contains("content-security-policy: default-src 'none'"), "{path}");
        assert!(!answer.body.contains("style=") && !answer.body.contains("onclick"), "{path}");
    }
    for path in ["/articles/999999", "/stories/9", "/copies/999999", "/sites/nowhere.example"] {
        assert_eq!(stage.get(path).await.status, 404, "{path}");
    }
    let listed = stage.get(&format!("/articles?host={}", encoded(&host))).await.body;
    assert!(listed.contains(&format!("href=\"/articles/{id}\"")), "{listed}");
    let shown = stage.get(&format!("/articles/{id}")).await.body;
    assert!(shown.contains("class=\"block x-kept kept\""), "no kept block: {shown}");
    assert!(shown.contains("Copyright Stub"), "no removed block: {shown}");
    assert!(shown.contains("<svg class=\"minimap\"") && shown.contains("<del>"), "{shown}");
    assert!(shown.contains("<div class=\"box\">"), "{shown}");
    let refused = stage.post(&format!("/sites/{}/preview", encoded(&host)), "").await;
    assert_eq!(refused.status, 403);
    assert_eq!(stage.post(&format!("/copies/{id}/split"), "from=1").await.status, 403);
}

#[tokio::test]
async fn a_rule_is_tried_on_the_page_and_on_others_of_its_site() {
    let stage = staged(false).await;
    let (id, _) = article(&stage, "/1").await;
    let tried = stage.get(&format!("/articles/{id}?body=footer")).await.body;
    assert!(tried.contains("class=\"block x-rule"), "{tried}");
    assert!(tried.contains("body = &#34;footer&#34;"), "{tried}");
    assert!(tried.contains("On 1 other page"), "{tried}");
    let wrong = stage.get(&format!("/articles/{id}?remove=%5B%5B&body=")).await;
    assert_eq!(wrong.status, 200);
    assert!(wrong.body.contains("is no CSS selector"), "{}", wrong.body);
    let long = format!("/articles/{id}?remove={}", "p%3E".repeat(900));
    assert_eq!(stage.get(&long).await.status, 200);
    let rows: i64 = sqlx::query_scalar("SELECT max(revision)::bigint FROM wiresift.articles")
        .fetch_one(&stage.pool)
        .await
        .unwrap();
    assert_eq!(rows, 1, "a rule that is tried changes nothing");
}

#[tokio::test]
async fn articles_are_text_whatever_they_say() {
    let stage = staged(false).await;
    let (id, host) = article(&stage, "/1").await;
    let (other, _) = article(&stage, "/2").await;
    // An article that changes is assigned to a story anew, which would take apart the one below.
    sqlx::query("ALTER TABLE wiresift.articles DISABLE TRIGGER USER")
        .execute(&stage.pool)
        .await
        .unwrap();
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    loop {
        let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM wiresift.story_queue")
            .fetch_one(&stage.pool)
            .await
            .unwrap();
        if waiting == 0 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{waiting} articles wait for a story");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    revise(&stage, id).await;
    for statement in [
        "UPDATE wiresift.revisions SET title = $1, body = $1 || repeat(' y', 900000)
         WHERE revision = 1",
        "UPDATE wiresift.revisions SET removed = $1 || E'\\x1f' || $1",
        "UPDATE wiresift.articles SET title = $1, body = $1 || repeat(' x', 900000), summary = $1,
             byline = ARRAY[$1], tags = ARRAY[$1], site_name = $1, section = $1, doubt = $1, kind = $1,
             rights = jsonb_build_object('licence', $1::text)",
        "UPDATE wiresift.sites SET robots = $1, hold_reason = $1, robots_verdict = $1,
             limits = to_jsonb($1::text)",
    ] {
        sqlx::query(statement).bind(HOSTILE).execute(&stage.pool).await.unwrap();
    }
    let make_story = format!(
        "WITH made AS (INSERT INTO wiresift.stories (language, headline_id, created_at, updated_at)
                       VALUES ('en', {id}, now(), now()) RETURNING id)
         INSERT INTO wiresift.story_articles (article_id, story_id)
         SELECT a, made.id FROM made, unnest(ARRAY[{id}, {other}]::bigint[]) AS a
         ON CONFLICT (article_id) DO UPDATE SET story_id = excluded.story_id RETURNING story_id"
    );
    let story: i64 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(make_story)).fetch_one(&stage.pool).await.unwrap();
    let make_link = format!("INSERT INTO wiresift.story_links VALUES ({other}, {id}, 0.5, now())");
    sqlx::query(sqlx::AssertSqlSafe(make_link)).execute(&stage.pool).await.unwrap();
    let make_copy = format!(
        "UPDATE wiresift.articles SET copy_of = {id}, similarity = 1, kept = 1, added = 0
         WHERE id = {other}"
    );
    sqlx::query(sqlx::AssertSqlSafe(make_copy)).execute(&stage.pool).await.unwrap();
    sqlx::query("UPDATE wiresift.articles SET copies = 1 WHERE copy_of IS NULL")
        .execute(&stage.pool)
        .await
        .unwrap();
    let script = encoded(HOSTILE);
    let pages = [
        "/articles".to_owned(),
        format!("/articles?q={script}&tag={script}&host={script}&kind={script}&language={script}"),
        format!("/articles/{id}"),
        format!("/articles/{id}?revision=2"),
        "/stories".to_owned(),
        format!("/stories/{story}"),
        format!("/copies/{id}"),
        format!("/sites/{}", encoded(&host)),
    ];
    for path in pages {
        let answer = stage.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        for mark in ["<script>", "<img"] {
            assert!(!answer.body.contains(mark), "{path}: {}", answer.body);
        }
        assert!(!answer.body.contains('\u{202e}'), "{path}");
        assert!(answer.body.len() < 400_000, "{path}: {} bytes", answer.body.len());
    }
    let linked = stage.get(&format!("/articles/{id}")).await.body;
    assert!(linked.contains("In another language (") && linked.contains("50% alike"), "{linked}");
    let feed = stage.get("/feed.atom").await;
    assert_eq!(feed.status, 200);
    assert!(!feed.body.contains("<script>") && feed.body.len() < 2_000_000);
    assert_eq!(parsed(&stage, &feed.body).entries.len(), 1);
}

fn parsed(stage: &Stage, text: &str) -> ParsedFeed {
    let base = Url::parse(&format!("http://{}/feed", stage.listen)).unwrap();
    wiresift_feed::parse(text.as_bytes(), None, &base, noon() + chrono::TimeDelta::days(36_500))
        .unwrap()
}

#[tokio::test]
async fn a_feed_is_asked_for_again_only_if_it_has_changed() {
    let stage = staged(false).await;
    let host = format!("Host: {}\r\n", stage.listen);
    for (path, kind) in [
        ("/feed.atom", "content-type: application/atom+xml; charset=utf-8"),
        ("/feed.json", "content-type: application/feed+json; charset=utf-8"),
    ] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.head.contains(kind) && answer.head.contains("cache-control: no-cache"));
        let entries = parsed(&stage, &answer.body).entries;
        assert_eq!(entries.len(), 2, "{}", answer.body);
        assert!(entries.iter().all(|entry| entry.content.is_some()));
        let etag = answer.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        let again = format!("{host}If-None-Match: W/{etag}\r\n");
        let had = stage.ask("GET", path, &again, "").await;
        assert_eq!((had.status, had.body.as_str()), (304, ""));
        assert!(had.head.contains(etag), "{}", had.head);
        sqlx::query("UPDATE wiresift.articles SET title = title || '!', updated_at = now()")
            .execute(&stage.pool)
            .await
            .unwrap();
        let changed = stage.ask("GET", path, &again, "").await;
        assert_eq!(changed.status, 200);
        let keys = |text: &str| {
            let entries = parsed(&stage, text).entries.into_iter();
            entries.map(|entry| (entry.key, entry.link)).collect::<Vec<_>>()
        };
        assert_eq!(keys(&changed.body), keys(&answer.body));
    }
    let foreign = stage.ask("GET", "/feed.atom", "Host: evil.example\r\n", "").await;
    assert_eq!(foreign.status, 421);
    let none = stage.get("/feed.atom?host=nowhere.example").await;
    assert_eq!((none.status, parsed(&stage, &none.body).entries.len()), (200, 0));
    assert_eq!(stage.get("/feed.json?q=harbour&before=x").await.status, 200);
}

/// Every article is on one page of the feed, and each page leads to the next.
#[tokio::test]
async fn the_pages_of_a_feed_have_every_article_once() {
    let stage = staged(false).await;
    sqlx::query(
        "INSERT INTO wiresift.articles (url, host, title, body, body_source, word_count, quality,
             digest, first_seen_at, updated_at, language, published_at)
         SELECT 'https://paper.example/' || n, 'paper.example', 'Title ' || n, 'Text ' || n, 'page',
                2, 1, decode(md5(n::text), 'hex'), now(), now(), 'en',
                CASE WHEN n % 3 > 0 THEN now() - n * interval '1 hour' END
         FROM generate_series(1, 120) AS n",
    )
    .execute(&stage.pool)
    .await
    .unwrap();
    for (first, expected) in [("/feed.atom", 122), ("/feed.json?host=paper.example", 120)] {
        let (mut path, mut keys, mut pages) = (first.to_owned(), Vec::new(), 0);
        loop {
            let answer = stage.get(&path).await;
            let feed = parsed(&stage, &answer.body);
            keys.extend(feed.entries.into_iter().map(|entry| entry.key));
            pages += 1;
            let Some(older) = feed.older else { break };
            path = format!("{}?{}", older.path(), older.query().unwrap());
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!((all, keys.len(), pages), (expected, expected, 3), "{first}");
    }
    // The list for people has them too, those without a date at its end.
    let (mut path, mut ids) = ("/articles?host=paper.example".to_owned(), Vec::new());
    loop {
        let body = stage.get(&path).await.body;
        let links = body.split("<h2><a href=\"/articles/").skip(1);
        ids.extend(links.map(|link| link.split('"').next().unwrap().to_owned()));
        let Some((_, further)) = body.split_once("aria-label=\"Further articles\"><a href=\"")
        else {
            break;
        };
        path = further.split('"').next().unwrap().replace("&#38;", "&");
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((all, ids.len()), (120, 120));
}

/// A second wiresift that follows both the site and the feed of the first one has each article once.
#[tokio::test]
async fn a_second_wiresift_makes_no_duplicates() {
    let stage = staged(false).await;
    let atom = stage.get("/feed.atom").await.body;
    let json = stage.get("/feed.json").await.body;
    let room = Newsroom::new().await;
    let serves = |path: &str, text: &str| {
        room.stub.serves(path, Reply::ok(text.to_owned()));
    };
    serves("/desk.atom", &atom);
    serves("/desk.json", &json);
    let feeds =
        [room.stub.url("/desk.atom"), room.stub.url("/desk.json"), stage.stub.url("/feed.xml")];
    room.lists(&[&feeds[0], &feeds[1], &feeds[2]]).await;
    room.run_until_idle().await;
    let count = "SELECT count(*) FROM wiresift.articles";
    assert_eq!(room.count(count).await, 2);
    // The same entries again, with a revision.
    serves("/desk.atom", &atom.replace("Ferry", "Boat"));
    room.clock.advance(Duration::from_hours(30));
    room.run_until_idle().await;
    assert!(room.clock.now() > noon());
    assert_eq!(room.count(count).await, 2);
    assert_eq!(
        room.count(
            "SELECT count(*) FROM wiresift.entries e JOIN wiresift.feeds f
                           ON f.id = e.feed_id WHERE f.url LIKE '%desk.atom'"
        )
        .await,
        2
    );
}
