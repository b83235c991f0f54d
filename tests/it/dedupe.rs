//! `wiresift dedupe` gives what the daemon gives: the same lines, once through the command and once through the
//! database. The set has publication times, canonical claims, revisions and a copy that leaves its cluster.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;
use wiresift::filing::{Origin, Outcome, PendingEntry, ReadArticle, Recorded, StorySettings};
use wiresift::store::{Assigned, Filing, Lease, SiteStep};
use wiresift_extract::article::{Article, Dated, Piece};
use wiresift_feed::Validators;

use crate::harness::desk::{Desk, id};

#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    url: String,
    title: String,
    text: String,
    canonical: Option<String>,
    published: Option<DateTime<Utc>>,
    seen: DateTime<Utc>,
    language: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Judged {
    id: String,
    copy_of: Option<String>,
    story: Option<String>,
}

fn fixture() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dedupe/articles.jsonl")
}

fn lines() -> Vec<Line> {
    let text = std::fs::read_to_string(fixture()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the command says.
fn by_command() -> Vec<Judged> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_wiresift")).arg("dedupe").arg(fixture()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn filing(lease: Lease<PendingEntry>, line: &Line) -> Filing {
    let article = Article {
        title: line.title.clone(),
        body: vec![Piece::paragraph(&line.text)],
        language: line.language.clone(),
        published: line.published.map(Dated::from_feed),
        canonical: line.canonical.as_deref().map(|url| Url::parse(url).unwrap()),
        quality: 0.9,
        ..Article::default()
    };
    let read = ReadArticle {
        article,
        body_html: String::new(),
        removed: Vec::new(),
        fetched_url: None,
        page: None,
        validators: Validators::default(),
        memory: None,
        trace: None,
        doubt: None,
        origin: Origin::Source,
    };
    let outcome = Outcome::Article(Box::new(read));
    Filing { lease, at: line.seen, outcome, site: SiteStep::default(), next_visit: None }
}

/// What the daemon's store makes of the same lines, filed one by one in their order.
async fn by_store(lines: &[Line]) -> Vec<Judged> {
    let desk = Desk::new().await;
    // All entries are leased before the first is filed, so an address that comes twice is read twice.
    let mut leases: BTreeMap<usize, Lease<PendingEntry>> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        desk.shows_at_once(&format!("http://feeds.example/{number}"), &[(&line.url, &line.title)])
            .await;
        leases.extend(desk.lease_all().await.into_values().map(|lease| (number, lease)));
    }
    let mut articles = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let lease = leases.remove(&number).unwrap_or_else(|| panic!("{} is not leased", line.id));
        let recorded: Vec<Recorded> = desk.file(&[filing(lease, line)]).await;
        articles.push(id(&recorded[0]));
        let window = StorySettings::default().window();
        while desk.store.assign_stories(line.seen, window).await.unwrap() != Assigned::Nothing {}
    }
    let rows: Vec<(i64, Option<i64>, Option<i64>)> =
        sqlx::query_as("SELECT id, copy_of, story_id FROM news.all_articles")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    let of: BTreeMap<i64, (Option<i64>, Option<i64>)> =
        rows.into_iter().map(|(id, copy_of, story)| (id, (copy_of, story))).collect();
    let name =
        |article: i64| lines[articles.iter().position(|id| *id == article).unwrap()].id.clone();
    let original = |article: i64| of[&article].0.unwrap_or(article);
    let first_of_story = |story: i64| {
        let member = |id: &&i64| of[id].0.is_none() && of[id].1 == Some(story);
        of.keys().find(member).copied().map(name)
    };
    let judged = lines.iter().zip(&articles).map(|(line, article)| Judged {
        id: line.id.clone(),
        copy_of: Some(name(original(*article))).filter(|name| *name != line.id),
        story: of[&original(*article)].1.and_then(first_of_story),
    });
    judged.collect()
}

#[tokio::test]
async fn the_command_gives_what_the_daemon_gives() {
    let lines = lines();
    let by_command = by_command();
    assert_eq!(by_command, by_store(&lines).await);
    // The set is worth comparing: it has copies in both directions, revisions, and articles that stay apart.
    let copies: Vec<(&str, &str)> = by_command
        .iter()
        .filter_map(|one| Some((one.id.as_str(), one.copy_of.as_deref()?)))
        .collect();
    let expected = [
        ("wall-1", "wall-2"),
        ("wall-3", "wall-2"),
        ("ferry-2", "ferry-1"),
        ("snow-2", "snow-1"),
        ("wall-4", "wall-2"),
        ("short-1", "mill-1"),
        ("short-2", "mill-1"),
        ("ferry-4", "ferry-3"),
        ("snow-3", "snow-1"),
    ];
    assert_eq!(copies, expected);
}
