//! `/metrics` of a running daemon, and what is built on it: every family from the start, in both formats, and no
//! alert or panel that names a metric which does not exist.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::newsroom::{page, prose, rss};
use crate::harness::process::{Home, Process};
use crate::harness::stub::{Reply, Stub};

const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";

/// A daemon with a console, and the address of the console.
async fn daemon(home: &Home) -> (Process, String) {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let listen = free.to_string();
    let mut daemon = home.start(&["run"], &[("WIRESIFT__CONSOLE__LISTEN", &listen)]);
    daemon.says("applied the feed list", 1).await;
    (daemon, listen)
}

/// Head and body of an answer.
async fn scrape(listen: &str, accept: &str) -> (String, String) {
    let mut stream = TcpStream::connect(listen).await.unwrap();
    let request = format!(
        "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The names of the series in a document.
fn series(document: &str) -> BTreeSet<String> {
    let lines = document.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()).collect()
}

/// The names of the families that a document declares.
fn families(document: &str) -> BTreeSet<String> {
    let types = document.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// The names of our metrics in a text of queries.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_part(letter));
    let ours = |word: &&str| word.starts_with("wiresift_") || word.starts_with("process_");
    words.filter(ours).map(str::to_owned).collect()
}

/// The queries of a file: values of `expr`, in YAML or JSON.
fn queries(name: &str) -> String {
    let text = fs::read_to_string(deploy(name)).unwrap();
    if name.contains(".json") {
        let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
        return targets
            .map(|target| target["expr"].as_str().unwrap())
            .collect::<Vec<_>>()
            .join("\n");
    }
    // Prose names commands and settings, never a metric.
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_series_is_there_from_the_start_in_both_formats() {
    let home = Home::new("");
    let (_daemon, listen) = daemon(&home).await;
    let (head, text) = scrape(&listen, "*/*").await;
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    let (head, open) = scrape(&listen, OPENMETRICS).await;
    assert!(head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(open.ends_with("# EOF\n") && !text.contains("# EOF"), "{open}");
    assert_eq!(series(&text), series(&open));

    for line in [
        "wiresift_polls_total{outcome=\"parsed\"} 0",
        "wiresift_polls_total{outcome=\"dns\"} 0",
        "wiresift_noticed_total{outcome=\"silent\"} 0",
        "wiresift_judged_total{outcome=\"copy\"} 0",
        "wiresift_hub_calls_total{outcome=\"signature-wrong\"} 0",
        "wiresift_set_aside_total{outcome=\"stories\"} 0",
        "wiresift_site_rules_total{outcome=\"missed\"} 0",
        "wiresift_poll_duration_seconds_count 0",
        "wiresift_fetch_duration_seconds_count 0",
        "wiresift_extract_duration_seconds_count 0",
        "wiresift_file_duration_seconds_count 0",
        "wiresift_publication_delay_seconds_count 0",
        "wiresift_last_success_timestamp_seconds{step=\"read\"} 0",
        "wiresift_database_up 1.0",
        "wiresift_feeds{state=\"silent\"} 0.0",
        "wiresift_pending_entries 0.0",
        "wiresift_oldest_pending_entry_age_seconds 0.0",
        "wiresift_busy_feeds_without_news{state=\"gone\"} 0.0",
        "wiresift_clock_offset_hosts 0.0",
        "wiresift_memory_waiting_tasks 0.0",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is missing:\n{text}");
    }
    for name in ["process_cpu_seconds_total", "process_start_time_seconds", "wiresift_build_info"] {
        assert!(series(&text).contains(name), "{name} is missing");
    }
    // A family without a series is one that nothing can be known of yet.
    let empty: Vec<String> = families(&text)
        .into_iter()
        .filter(|family| !series(&text).iter().any(|name| name.starts_with(family.as_str())))
        .collect();
    assert_eq!(empty, ["wiresift_consumer_behind_seconds"]);
}

#[tokio::test]
async fn alerts_and_dashboard_name_metrics_that_exist() {
    let home = Home::new("");
    let (_daemon, listen) = daemon(&home).await;
    let (_, text) = scrape(&listen, "*/*").await;
    let known: BTreeSet<String> = series(&text).union(&families(&text)).cloned().collect();
    for file in ["prometheus-alerts.yml", "grafana-dashboard.json"] {
        let named = named(&queries(file));
        assert!(named.len() > 10, "{file}: {named:?}");
        let unknown: Vec<&String> = named.difference(&known).collect();
        assert_eq!(unknown, Vec::<&String>::new(), "{file}");
    }
}

#[tokio::test]
async fn work_is_counted_and_timed() {
    let stub = Stub::start().await;
    stub.serves("/feed.xml", Reply::ok(rss(&stub.url(""), &[("/1", "One")])));
    stub.serves("/1", Reply::ok(page("One", &prose(1))).header("Content-Type", "text/html"));
    let home = Home::new("");
    home.lists(&[stub.url("/feed.xml")]);
    let (_daemon, listen) = daemon(&home).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    let text = loop {
        let (_, text) = scrape(&listen, "*/*").await;
        if text.contains("wiresift_judged_total{outcome=\"new\"} 1") {
            break text;
        }
        assert!(std::time::Instant::now() < deadline, "nothing is filed:\n{text}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse::<f64>().unwrap()
    };
    for name in [
        "wiresift_poll_duration_seconds_count",
        "wiresift_fetch_duration_seconds_count",
        "wiresift_extract_duration_seconds_count",
        "wiresift_file_duration_seconds_count",
        "wiresift_last_success_timestamp_seconds{step=\"poll\"}",
        "wiresift_last_success_timestamp_seconds{step=\"read\"}",
        "wiresift_last_success_timestamp_seconds{step=\"file\"}",
    ] {
        assert!(value(name) > 0.0, "{name}:\n{text}");
    }
}

fn promtool(arguments: &[&str], input: &str) {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is in Debian's package prometheus");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
}

#[tokio::test]
#[ignore = "needs promtool"]
async fn promtool_finds_no_fault_in_the_metrics() {
    let home = Home::new("");
    let (_daemon, listen) = daemon(&home).await;
    let (_, text) = scrape(&listen, "*/*").await;
    promtool(&["check", "metrics"], &text);
}

#[test]
#[ignore = "needs promtool"]
fn each_planted_fault_fires_its_alert_and_a_day_without_faults_none() {
    let (rules, tests) = (deploy("prometheus-alerts.yml"), deploy("prometheus-alerts.test.yml"));
    promtool(&["check", "rules", rules.to_str().unwrap()], "");
    promtool(&["test", "rules", tests.to_str().unwrap()], "");
}
