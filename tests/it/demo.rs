//! The first thing that a newcomer runs: the show works from a cold start, tells the truth, and leaves nothing
//! behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use wiresift::clock::{Clock, SystemClock};
use wiresift_demo_world::{Access, TruthArticle, World, WorldServer};

fn wiresift(temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiresift"));
    for name in ["WIRESIFT_CONFIG", "WIRESIFT_LOG", "RUST_LOG"] {
        command.env_remove(name);
    }
    // What the machine's environment says must not matter to the demo.
    command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing").env("TMPDIR", temporary);
    command
}

fn place() -> TempDir {
    let dir = TempDir::with_prefix("wiresift-demo-test-").unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
    dir
}

fn told(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn ask(dir: &Path, arguments: &[&str]) -> Vec<Value> {
    let mut command = wiresift(dir);
    command
        .env_remove("DATABASE_URL")
        .arg("--config")
        .arg(dir.join("wiresift.toml"))
        .args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Outlet and last segment: what an article's address has in common in two worlds, which differ in port and hour.
fn name(url: &str) -> (&str, &str) {
    let outlet = url.split('/').nth(2).unwrap().split('.').next().unwrap();
    (outlet, url.rsplit('/').find(|segment| !segment.is_empty()).unwrap())
}

/// The world at the edition that the demo ends with.
async fn truth() -> Vec<TruthArticle> {
    let world = WorldServer::start(World::new(SystemClock.now() - chrono::TimeDelta::days(1)))
        .await
        .unwrap();
    world.advance();
    let truth = world.truth();
    world.stop().await;
    truth
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_show_files_the_world_as_it_is() {
    let parent = place();
    let dir = parent.path().join("kept");
    let output =
        wiresift(parent.path()).args(["demo", "--once", "--dir"]).arg(&dir).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let report = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(!report.contains('\x1b'), "colour is for terminals");
    assert!(report.contains("The sums agree and nothing is missing."), "{report}");
    assert!(report.contains("one is on file as a copy of the other, similarity 0."), "{report}");
    assert!(!report.contains("both are on file as originals"), "{report}");
    assert!(report.contains("memory: seen on"), "{report}");

    let truth = truth().await;
    let due = |article: &&TruthArticle| matches!(article.access, Access::Page | Access::FeedOnly);
    let filed = ask(&dir, &["export", "--copies"]);
    let told: BTreeSet<(&str, &str)> =
        truth.iter().filter(due).map(|article| name(&article.url)).collect();
    let found: BTreeSet<(&str, &str)> =
        filed.iter().map(|line| name(line["url"].as_str().unwrap())).collect();
    assert_eq!(found, told);
    assert_eq!(filed.len(), told.len(), "nothing is filed twice");

    let status = ask(&dir, &["status", "--json"]).remove(0);
    let counted: BTreeMap<&str, i64> =
        status["entries"].as_array().unwrap().iter().fold(BTreeMap::new(), |mut all, line| {
            *all.entry(line[0].as_str().unwrap()).or_default() += line[2].as_i64().unwrap();
            all
        });
    let count = |access| truth.iter().filter(|article| article.access == access).count() as i64;
    assert_eq!(counted.get("skipped").copied(), Some(count(Access::Forbidden)), "{counted:?}");
    assert_eq!(counted.get("abandoned").copied(), Some(count(Access::Lost)), "{counted:?}");
    assert_eq!(counted.get("pending"), None, "{counted:?}");
    let feeds: BTreeMap<&str, i64> = status["feeds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line[0].as_str().unwrap(), line[1].as_i64().unwrap()))
        .collect();
    assert_eq!(feeds, BTreeMap::from([("active", 11), ("failing", 1)]));

    let sea_wall =
        stories_of(&truth, |article| article.story.as_deref() == Some("sea-wall"), &filed);
    assert!(sea_wall.len() == 2 && sea_wall[0].is_some() && sea_wall[0] == sea_wall[1]);
    let markets = stories_of(&truth, |article| article.title.starts_with("Cattle market"), &filed);
    assert!(markets.len() == 2 && (markets[0].is_none() || markets[0] != markets[1]));

    let exact = exact_by_outlet(&truth, &filed);
    for outlet in EXACT {
        let (right, of) = exact[outlet];
        assert_eq!(right, of, "{outlet}: {report}");
    }
}

/// The ids of the stories to which some articles were assigned.
fn stories_of(
    truth: &[TruthArticle],
    is_asked: fn(&&TruthArticle) -> bool,
    filed: &[Value],
) -> Vec<Option<i64>> {
    let story = |article: &TruthArticle| {
        let line = filed.iter().find(|l| name(l["url"].as_str().unwrap()) == name(&article.url));
        line.unwrap()["story_id"].as_i64()
    };
    truth.iter().filter(is_asked).map(story).collect()
}

/// Outlets of which every article has to come out word for word.
const EXACT: [&str; 4] = ["harbour-gazette", "elbtal-anzeiger", "diario-ribera", "minato-nippo"];

/// How many articles of an outlet were filed word for word, of how many that are due.
fn exact_by_outlet<'a>(
    truth: &'a [TruthArticle],
    filed: &[Value],
) -> BTreeMap<&'a str, (usize, usize)> {
    let mut exact = BTreeMap::new();
    for article in truth.iter().filter(|a| matches!(a.access, Access::Page | Access::FeedOnly)) {
        let of_article = |line: &&Value| name(line["url"].as_str().unwrap()) == name(&article.url);
        let line = filed.iter().find(of_article).unwrap();
        let body = line["body"].as_str().unwrap().split("\n\n").map(squeezed);
        let right = line["title"] == article.title.as_str()
            && body.eq(article.paragraphs.iter().map(|text| squeezed(text)));
        let (rights, all) = exact.entry(name(&article.url).0).or_insert((0, 0));
        *rights += usize::from(right);
        *all += 1;
    }
    exact
}

#[test]
fn a_directory_that_holds_something_is_refused_untouched() {
    let dir = place();
    fs::write(dir.path().join("diary.txt"), "mine").unwrap();
    let output =
        wiresift(dir.path()).args(["demo", "--once", "--dir"]).arg(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty"), "{}", told(&output));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn interrupted_it_leaves_nothing_behind() {
    let parent = place();
    let mut demo = wiresift(parent.path());
    let demo = demo
        .args(["demo"])
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    let mut demo = demo.spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(demo.stderr.take().unwrap()));
    let reads = lines.find(|line| line.as_ref().unwrap().starts_with("First edition"));
    assert!(reads.is_some(), "it never began to read");
    let pid = nix::unistd::Pid::from_raw(demo.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(demo.wait().unwrap().code(), Some(1), "{rest:?}");
    assert_eq!(rest.last().map(String::as_str), Some("wiresift: interrupted"), "{rest:?}");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}
