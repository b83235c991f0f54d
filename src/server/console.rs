//! Health and metrics over HTTP, on the loopback interface by default.
//!
//! `/healthz` checks that every loop turns; `/readyz` checks that the database answers and that work
//! moves. They differ on purpose: an unreachable database is no reason to restart the daemon.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::pipeline::{Pipeline, Progress};
use crate::server::figures::Figures;
use crate::server::listener::{self, Limits};
use crate::server::negotiate::Format;
use crate::server::process::ProcessCollector;
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

/// Few clients ask, and each asks for little.
const LIMITS: Limits =
    Limits { connections: 32, header: Duration::from_secs(5), total: Duration::from_mins(1) };

/// What the console reports on.
#[derive(Clone)]
pub struct Console {
    pub store: Store,
    pub figures: Figures,
    /// What `/metrics` shows, see [`registry`].
    pub registry: Arc<Registry>,
    /// Names of the loops that have not turned within their limit.
    pub late: Arc<dyn Fn() -> Vec<&'static str> + Send + Sync>,
    /// Whether the work moves.
    pub progress: Progress,
}

/// Serves until drained.
pub async fn serve(listener: TcpListener, console: Console, drain: CancellationToken) {
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(console);
    listener::serve(listener, router, LIMITS, drain).await;
}

async fn healthz(State(console): State<Console>) -> impl IntoResponse {
    let late = (console.late)();
    if late.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("loops that hang: {}\n", late.join(", ")))
    }
}

async fn readyz(State(console): State<Console>) -> impl IntoResponse {
    let mut faults = console.progress.stalled(Instant::now());
    faults.extend(console.store.ping().await.err().map(|error| error.to_string()));
    if faults.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", faults.join("\n")))
    }
}

async fn metrics(State(console): State<Console>, headers: HeaderMap) -> impl IntoResponse {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let format = Format::of_accept(&accepts.collect::<Vec<_>>().join(","));
    console.figures.refreshed().await;
    let mut body = String::new();
    match encode(&mut body, &console.registry) {
        Ok(()) => {
            let kind = [(header::CONTENT_TYPE, format.media_type())];
            (kind, format.of_openmetrics(body)).into_response()
        }
        Err(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "cannot encode the metrics\n").into_response()
        }
    }
}

/// Everything that `/metrics` shows.
#[must_use]
pub fn registry(pipeline: &Pipeline, figures: Figures) -> Registry {
    let mut registry = Registry::default();
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    registry.register("wiresift_build", "The version of wiresift", Info::new(version));
    pipeline.metrics.register(&mut registry);
    registry.register(
        "wiresift_fetch_duration_seconds",
        "Time of a request to a host",
        pipeline.web.traffic().seconds.clone(),
    );
    let started_at = figures.started_at();
    registry.register_collector(Box::new(figures));
    registry.register_collector(Box::new(ProcessCollector { started_at }));
    registry
}
