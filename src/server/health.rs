//! Health and metrics over HTTP, for other programs. The listener of the console has them.
//!
//! `/healthz` checks that every loop turns; `/readyz` checks that the database answers and that work
//! moves. They differ on purpose: an unreachable database is no reason to restart the daemon.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::pipeline::{Pipeline, Progress};
use crate::server::figures::Figures;
use crate::server::negotiate::Format;
use crate::server::process::ProcessCollector;
use crate::store::Store;

/// What is reported on.
#[derive(Clone)]
pub struct Health {
    pub store: Store,
    pub figures: Figures,
    /// What `/metrics` shows, see [`registry`].
    pub registry: Arc<Registry>,
    /// Names of the loops that have not turned within their limit.
    pub late: Arc<dyn Fn() -> Vec<&'static str> + Send + Sync>,
    /// Whether the work moves.
    pub progress: Progress,
}

/// The addresses of this module.
pub fn router(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn healthz(State(health): State<Health>) -> impl IntoResponse {
    let late = (health.late)();
    if late.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("loops that hang: {}\n", late.join(", ")))
    }
}

async fn readyz(State(health): State<Health>) -> impl IntoResponse {
    let mut faults = health.progress.stalled(Instant::now());
    faults.extend(health.store.ping().await.err().map(|error| error.to_string()));
    if faults.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", faults.join("\n")))
    }
}

async fn metrics(State(health): State<Health>, headers: HeaderMap) -> impl IntoResponse {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let format = Format::of_accept(&accepts.collect::<Vec<_>>().join(","));
    health.figures.refreshed().await;
    let mut body = String::new();
    match encode(&mut body, &health.registry) {
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
