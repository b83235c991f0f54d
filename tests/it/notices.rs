//! Notices: an operator hears of each fault once, and once more when it is over, whatever restarts in between.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use tempfile::TempDir;
use wiresift::daemon::monitor::Monitor;
use wiresift::notices::{NotifySettings, file};
use wiresift::pipeline::assign_stories::AssignStoriesStep;
use wiresift::server::figures::Figures;
use wiresift::store::Assigned;

use crate::harness::newsroom::Newsroom;
use crate::harness::stub::{Reply, Stub};

/// A program that appends what it gets to a file, and the settings that name it.
fn hook(dir: &Path) -> NotifySettings {
    let (script, told) = (dir.join("tell"), dir.join("told"));
    fs::write(&script, format!("#!/bin/sh\ncat >> {}\n", told.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    NotifySettings { command: vec![script.display().to_string()], ..NotifySettings::default() }
}

/// Event and key of what the program was told.
fn told(dir: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(dir.join("told")).unwrap_or_default();
    let notices = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let word = |notice: &Value, key: &str| notice[key].as_str().unwrap().to_owned();
    notices.map(|notice| (word(&notice, "event"), word(&notice, "key"))).collect()
}

fn monitor(room: &Newsroom, settings: NotifySettings, storage: &Path) -> Monitor {
    let pipeline = Arc::clone(&room.steps.pipeline);
    let figures = Figures::new(Arc::clone(&pipeline), storage.to_owned());
    Monitor::new(pipeline, figures, settings, storage)
}

/// Watches for some minutes.
async fn watch(room: &Newsroom, monitor: &mut Monitor, minutes: u64) {
    for _ in 0..minutes * 4 {
        monitor.turn(&|| {}).await;
        room.clock.advance(Duration::from_secs(15));
    }
}

/// A fault that the test can plant and take away: a consumer that has not read for hours.
async fn plant(room: &Newsroom, seq: i64) {
    let statement = "INSERT INTO wiresift.consumers (name, seq, at) VALUES ('search', $1, now())
        ON CONFLICT (name) DO UPDATE SET seq = excluded.seq";
    sqlx::query(statement).bind(seq).execute(&room.pool).await.unwrap();
}

async fn write_a_change(room: &Newsroom) {
    room.serves_feed(&[("/1", "One")]);
    room.serves_page("/1", "One", &crate::harness::newsroom::prose(1));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    let stories = AssignStoriesStep::new(&room.steps.pipeline, TimeDelta::days(7));
    while stories.assign().await.unwrap() != Assigned::Nothing {}
    assert_eq!(room.count("SELECT seq FROM news.head()").await, 1);
}

fn pair(event: &str) -> (String, String) {
    (event.to_owned(), "consumer:search".to_owned())
}

#[tokio::test]
async fn each_fault_is_told_once_and_cleared_once_across_restarts() {
    let (room, dir) = (Newsroom::new().await, TempDir::new().unwrap());
    let state = dir.path().join("state");
    write_a_change(&room).await;
    let mut first = monitor(&room, hook(dir.path()), &state);
    plant(&room, 1).await;
    watch(&room, &mut first, 10).await;
    assert_eq!(told(dir.path()), [], "a healthy daemon has nothing to tell");

    plant(&room, 0).await;
    room.clock.advance(Duration::from_hours(2));
    watch(&room, &mut first, 5).await;
    assert_eq!(told(dir.path()), [pair("fault")]);
    assert_eq!(file::load(&file::path(&state)).unwrap().open.len(), 1);
    drop(first);

    let mut second = monitor(&room, hook(dir.path()), &state);
    watch(&room, &mut second, 10).await;
    assert_eq!(told(dir.path()), [pair("fault")], "a restart repeats nothing");
    plant(&room, 1).await;
    watch(&room, &mut second, 10).await;
    assert_eq!(told(dir.path()), [pair("fault"), pair("clear")]);
    assert!(file::load(&file::path(&state)).unwrap().open.is_empty());
}

#[tokio::test]
async fn a_notice_that_cannot_be_posted_is_posted_later() {
    let (room, dir) = (Newsroom::new().await, TempDir::new().unwrap());
    let receiver = Stub::start().await;
    receiver.script("/hook", [Reply::status(503), Reply::status(503), Reply::ok("")]);
    let settings = NotifySettings { url: Some(receiver.url("/hook")), ..NotifySettings::default() };
    write_a_change(&room).await;
    plant(&room, 0).await;
    room.clock.advance(Duration::from_hours(2));
    let mut monitor = monitor(&room, settings, dir.path());
    watch(&room, &mut monitor, 10).await;
    let posted = receiver.requests_to("/hook");
    assert_eq!(posted.len(), 3, "two were refused, and the third was taken");
    assert_eq!(posted[2].header("content-type"), Some("application/json"));
    assert!(file::load(&file::path(dir.path())).unwrap().waiting.is_empty());
}

#[tokio::test]
async fn a_command_that_hangs_is_ended_and_tried_again() {
    let (room, dir) = (Newsroom::new().await, TempDir::new().unwrap());
    let settings = NotifySettings {
        command: ["/bin/sleep", "600"].map(str::to_owned).to_vec(),
        timeout: Duration::from_millis(50),
        ..NotifySettings::default()
    };
    write_a_change(&room).await;
    plant(&room, 0).await;
    room.clock.advance(Duration::from_hours(2));
    let mut monitor = monitor(&room, settings, dir.path());
    watch(&room, &mut monitor, 5).await;
    assert_eq!(file::load(&file::path(dir.path())).unwrap().waiting.len(), 1);
}

#[tokio::test]
async fn a_consumer_reports_where_it_is() {
    let room = Newsroom::new().await;
    write_a_change(&room).await;
    let now = wiresift::clock::Clock::now(&room.clock);
    for (reported, seq) in [(0, 0), (1, 1), (99, 1)] {
        sqlx::query("SELECT news.report_position($1)")
            .bind(i64::from(reported))
            .execute(&room.pool)
            .await
            .unwrap();
        let gauges = room.store.gauges(now).await.unwrap();
        assert_eq!(gauges.consumers.len(), 1);
        let consumer = &gauges.consumers[0];
        assert_eq!((consumer.seq, consumer.behind_since.is_some()), (seq, seq == 0), "{reported}");
    }
}
