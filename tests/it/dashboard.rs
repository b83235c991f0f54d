//! The dashboard as its user sees it: a real Prometheus scrapes the demo, and every query of every panel has a
//! number.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::form_urlencoded::byte_serialize;

/// What the dashboard's variables stand for: all instances, and some scrapes of a second.
const VARIABLES: [(&str, &str); 2] = [("$__rate_interval", "15s"), ("$instance", ".*")];

/// The last number comes when an article of the third edition is read.
const LIMIT: Duration = Duration::from_mins(3);

/// A program that is stopped when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // The demo stops its database on SIGTERM.
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// Starts the demo. The address of its console comes when the daemon runs on after the report.
fn demo() -> (Running, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiresift"));
    command.arg("demo").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let demo = Running(child);
    let console = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let rest = line.split("Console: http://").nth(1)?.to_owned();
        Some(rest.split('/').next()?.to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    (demo, console.expect("the demo says where its console is"))
}

async fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

fn prometheus(dir: &Path, target: &str, listen: SocketAddr) -> Running {
    let settings = format!(
        "global: {{scrape_interval: 1s}}\n\
         scrape_configs: [{{job_name: wiresift, static_configs: [{{targets: ['{target}']}}]}}]\n"
    );
    fs::write(dir.join("prometheus.yml"), settings).unwrap();
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", dir.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
        .arg(format!("--web.listen-address={listen}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(dir.join("log")).unwrap());
    Running(command.spawn().expect("prometheus is a package of Debian"))
}

/// Asks Prometheus; `None` while it does not answer.
async fn ask(listen: SocketAddr, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(listen).await.ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {listen}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}

/// Whether a query has had a number since the start, as the graph of a panel would show it.
async fn has_number(listen: SocketAddr, query: &str, since: u64) -> bool {
    let query: String = byte_serialize(query.as_bytes()).collect();
    let now = since + 2 * LIMIT.as_secs();
    let path = format!("/api/v1/query_range?query={query}&start={since}&end={now}&step=1");
    let Some(answer) = ask(listen, &path).await else { return false };
    assert!(answer["status"] == "success" || answer["errorType"] != "bad_data", "{answer}");
    let series = answer["data"]["result"].as_array();
    let values = series.into_iter().flatten().filter_map(|series| series["values"].as_array());
    values.flatten().any(|value| {
        value[1].as_str().and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_finite)
    })
}

/// Panels and their queries.
fn queries() -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/grafana-dashboard.json");
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = VARIABLES
                .iter()
                .fold(target["expr"].as_str().unwrap().to_owned(), |query, (variable, value)| {
                    query.replace(variable, value)
                });
            assert!(!query.contains('$'), "an unknown variable: {query}");
            queries.push((panel["title"].as_str().unwrap().to_owned(), query));
        }
    }
    queries
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus"]
async fn every_panel_has_data_in_the_demo() {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let dir = TempDir::with_prefix("wiresift-dashboard-").unwrap();
    let (_demo, console) = tokio::task::spawn_blocking(demo).await.unwrap();
    let listen = free_address().await;
    let _prometheus = prometheus(dir.path(), &console, listen);

    let mut without = queries();
    assert!(without.len() > 20, "{without:?}");
    let deadline = Instant::now() + LIMIT;
    while !without.is_empty() {
        let log = || fs::read_to_string(dir.path().join("log")).unwrap();
        assert!(Instant::now() < deadline, "no number: {without:#?}\n{}", log());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut still = Vec::new();
        for (panel, query) in without {
            if !has_number(listen, &query, since).await {
                still.push((panel, query));
            }
        }
        without = still;
    }
    // The choices of the variable "instance".
    let choices = ask(listen, "/api/v1/label/instance/values?match[]=wiresift_build_info").await;
    assert_eq!(choices.unwrap()["data"], serde_json::json!([console]));
}
