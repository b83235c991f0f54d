//! HTTP in: health and metrics, off the internet by default.
//!
//! `/healthz` says whether the loops turn, `/readyz` whether the database answers too. They differ on purpose: a
//! database that is away must not get the daemon restarted.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::Store;
use crate::units;

/// Section `[console]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleSettings {
    /// Address to listen on; "off" for none.
    #[serde(with = "units::listen")]
    pub listen: Option<SocketAddr>,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::from(([127, 0, 0, 1], 8420))) }
    }
}

/// What the console shows.
#[derive(Clone)]
pub struct Console {
    /// The ledger.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub registry: Arc<Registry>,
    /// Loops that have not turned in time.
    pub late: Arc<dyn Fn() -> Vec<&'static str> + Send + Sync>,
}

/// Serves until drained.
pub async fn serve(listener: TcpListener, console: Console, drain: CancellationToken) {
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(console);
    let served =
        axum::serve(listener, router).with_graceful_shutdown(drain.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "the console ended");
    }
}

async fn healthz(State(console): State<Console>) -> impl IntoResponse {
    let late = (console.late)();
    if late.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("these loops hang: {}\n", late.join(", ")))
    }
}

async fn readyz(State(console): State<Console>) -> impl IntoResponse {
    match console.store.ping().await {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

async fn metrics(State(console): State<Console>) -> impl IntoResponse {
    let mut text = String::new();
    if encode(&mut text, &console.registry).is_err() {
        return (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the metrics could not be written\n".to_owned(),
        )
            .into_response();
    }
    let gauges = gauges(&console).await.unwrap_or_default();
    let body = text.replacen("# EOF\n", "", 1) + &gauges + "# EOF\n";
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

/// What only the database knows; left out while it is away.
async fn gauges(console: &Console) -> Option<String> {
    use std::fmt::Write as _;
    let gauges = console.store.gauges(console.clock.now()).await.ok()?;
    let mut text =
        String::from("# HELP wiresift_feeds Feeds by state.\n# TYPE wiresift_feeds gauge\n");
    for (state, count) in &gauges.feeds {
        let _ = writeln!(text, "wiresift_feeds{{state=\"{state}\"}} {count}");
    }
    for (name, help, value) in [
        ("wiresift_pending_entries", "Entries that wait to be read.", gauges.pending_entries),
        ("wiresift_due_sites", "Sites with a feed that is due.", gauges.due_sites),
        ("wiresift_change_head", "Newest number of the change log.", gauges.head),
    ] {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    }
    Some(text)
}
