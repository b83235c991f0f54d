//! Delivers notices: to a command's standard input, and to an address.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::http::{FetchOutcome, HttpClient};
use crate::notices::{Notice, NotifySettings};

/// How long an address may take. The loop that waits has to turn, or the watchdog takes it for hung.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Deliverer {
    web: Arc<HttpClient>,
    settings: NotifySettings,
}

impl Deliverer {
    pub(super) fn new(web: Arc<HttpClient>, settings: NotifySettings) -> Self {
        Self { web, settings }
    }

    /// Whether anybody is to be told.
    pub(super) fn has_receiver(&self) -> bool {
        let NotifySettings { command, url, url_file, .. } = &self.settings;
        !command.is_empty() || url.is_some() || url_file.is_some()
    }

    /// Delivers to all receivers. The error is a sentence that names the setting, and does not
    /// contain the address.
    pub(super) async fn deliver(&self, notice: &Notice) -> Result<(), String> {
        let json = serde_json::to_string(notice).map_err(|error| error.to_string())?;
        let posted = tokio::time::timeout(LIMIT, self.post(&json)).await;
        posted.map_err(|_| format!("notify.url: no answer within {} s", LIMIT.as_secs()))??;
        self.call(&json).await
    }

    async fn post(&self, json: &str) -> Result<(), String> {
        let Some(url) = self.settings.address()? else { return Ok(()) };
        let answer = self.web.post_json(&url, json.to_owned()).await;
        let answer = answer
            .map_err(|error| format!("notify.url: no answer ({})", error.cause().as_str()))?;
        match answer.outcome {
            FetchOutcome::Body { .. } => Ok(()),
            _ => Err(format!("notify.url: the answer was {}", answer.status)),
        }
    }

    async fn call(&self, json: &str) -> Result<(), String> {
        let Some((program, arguments)) = self.settings.command.split_first() else { return Ok(()) };
        let limit = self.settings.timeout;
        match tokio::time::timeout(limit, run(program, arguments, json)).await {
            Ok(ended) => ended.map_err(|error| format!("notify.command: {program}: {error}")),
            // The command is killed when it is dropped.
            Err(_) => Err(format!(
                "notify.command: {program} took longer than notify.timeout ({} s)",
                limit.as_secs()
            )),
        }
    }
}

async fn run(program: &str, arguments: &[String], json: &str) -> Result<(), String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read its input is judged by its exit status.
        let _ = input.write_all(json.as_bytes()).await;
        let _ = input.write_all(b"\n").await;
    }
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("ended with {status}")) }
}
