//! Health and metrics over HTTP, on the loopback interface by default.
//!
//! `/healthz` checks that every loop turns; `/readyz` checks that the database answers and that work
//! moves. They differ on purpose: an unreachable database is no reason to restart the daemon.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::pipeline::Progress;
use crate::server::listener::{self, Limits};
use crate::store::{Gauges, Store};
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
    pub clock: Arc<dyn Clock>,
    /// The counters of this process.
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

async fn metrics(State(console): State<Console>) -> impl IntoResponse {
    let gauges = console.store.gauges(console.clock.now()).await.ok();
    match encode(&console.registry, gauges.as_ref()) {
        Ok(body) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], body).into_response()
        }
        Err(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "cannot encode the metrics\n").into_response()
        }
    }
}

/// The counters, and the gauges unless the database is away.
fn encode(counters: &Registry, gauges: Option<&Gauges>) -> Result<String, fmt::Error> {
    let mut body = String::new();
    encode_registry(&mut body, counters)?;
    if let Some(gauges) = gauges {
        encode_registry(&mut body, &gauge_registry(gauges))?;
    }
    encode_eof(&mut body)?;
    Ok(body)
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FeedState {
    state: String,
}

fn gauge_registry(gauges: &Gauges) -> Registry {
    let mut registry = Registry::default();
    let feeds = Family::<FeedState, Gauge>::default();
    for (state, count) in &gauges.feeds {
        feeds.get_or_create(&FeedState { state: state.clone() }).set(*count);
    }
    registry.register("wiresift_feeds", "Feeds by state", feeds);
    for (name, help, value) in [
        ("wiresift_pending_entries", "Entries that wait to be read", gauges.pending_entries),
        ("wiresift_due_sites", "Sites with a feed that is due", gauges.due_sites),
        ("wiresift_change_head", "Newest number of the change log", gauges.head),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
    registry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_one_openmetrics_document() {
        let gauges = Gauges {
            feeds: vec![("active".to_owned(), 3)],
            pending_entries: 2,
            due_sites: 1,
            head: 40,
        };
        let body = encode(&Registry::default(), Some(&gauges)).unwrap();
        assert_eq!(
            body,
            "# HELP wiresift_feeds Feeds by state.\n\
             # TYPE wiresift_feeds gauge\n\
             wiresift_feeds{state=\"active\"} 3\n\
             # HELP wiresift_pending_entries Entries that wait to be read.\n\
             # TYPE wiresift_pending_entries gauge\n\
             wiresift_pending_entries 2\n\
             # HELP wiresift_due_sites Sites with a feed that is due.\n\
             # TYPE wiresift_due_sites gauge\n\
             wiresift_due_sites 1\n\
             # HELP wiresift_change_head Newest number of the change log.\n\
             # TYPE wiresift_change_head gauge\n\
             wiresift_change_head 40\n\
             # EOF\n"
        );
        assert_eq!(encode(&Registry::default(), None).unwrap(), "# EOF\n");
    }
}
