//! The callback for WebSub hubs. It has its own listener, because it faces the internet and the
//! console must not.
//!
//! The last segment of the path names the subscription. A proxy in front may put anything before
//! it. Any stranger may call, so the cost of a call is bounded: at most `websub.max_calls` run at
//! once, an unknown path costs one query and its body is not read, and a body has a size limit and
//! a time limit. Its memory comes from the budget of the process (`daemon.memory`).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;

use crate::budget::{Reservation, Shortage};
use crate::pipeline::subscribe::calls::{CallbackReply, DeliveryRequest, HubCalls};
use crate::polling::websub::Verification;
use crate::server::listener::{self, Limits};

/// How long the body of a delivery may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Any stranger may connect.
const LIMITS: Limits =
    Limits { connections: 256, header: Duration::from_secs(5), total: Duration::from_mins(1) };

#[derive(Clone)]
struct Callback {
    calls: Arc<HubCalls>,
    /// Wakes the read step when a delivery brings new entries.
    entries: Arc<Notify>,
    permits: Arc<Semaphore>,
}

/// Serves until drained, and notifies `entries` when a delivery brings new entries.
pub async fn serve(
    listener: TcpListener,
    calls: HubCalls,
    entries: Arc<Notify>,
    drain: CancellationToken,
) {
    let permits = Arc::new(Semaphore::new(calls.settings.max_calls));
    let callback = Callback { calls: Arc::new(calls), entries, permits };
    let router = Router::new().fallback(call).with_state(callback);
    listener::serve(listener, router, LIMITS, drain).await;
}

async fn call(State(callback): State<Callback>, request: Request) -> Response {
    let Ok(_permit) = callback.permits.try_acquire() else { return later() };
    let method = request.method().clone();
    let token = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let subscribed = match callback.calls.subscription_of(&token).await {
        Ok(Some(subscribed)) => subscribed,
        Ok(None) => return unknown(&method),
        Err(error) => {
            tracing::warn!(%error, "cannot answer a hub; it is asked to call again in 10 seconds");
            return later();
        }
    };
    let reply = match method {
        Method::GET => match read_verification(request.uri().query().unwrap_or_default()) {
            Some(verification) => callback.calls.verify(&subscribed, verification).await,
            None => return StatusCode::BAD_REQUEST.into_response(),
        },
        Method::POST => {
            let Some(memory) = callback.calls.memory.start() else { return later() };
            let most = callback.calls.settings.max_body_bytes;
            match read_delivery(request, most, Arc::new(memory)).await {
                Ok(request) => callback.calls.receive(&subscribed, request).await,
                // The hub is not at fault.
                Err(StatusCode::SERVICE_UNAVAILABLE) => return later(),
                Err(status) => {
                    callback.calls.drop_delivery(&subscribed, "too-large-or-slow").await;
                    return status.into_response();
                }
            }
        }
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    if reply == CallbackReply::News {
        callback.entries.notify_one();
    }
    match reply {
        // A challenge is text of the caller's choice: no browser may render it as a page.
        CallbackReply::Echo(challenge) => {
            let headers =
                [(header::CONTENT_TYPE, "text/plain"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (StatusCode::OK, headers, challenge).into_response()
        }
        CallbackReply::Taken | CallbackReply::News => StatusCode::ACCEPTED.into_response(),
        CallbackReply::Unknown => unknown(&method),
        CallbackReply::Unavailable => later(),
    }
}

fn read_verification(query: &str) -> Option<Verification> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    Verification::read(&pairs)
}

async fn read_delivery(
    request: Request,
    max_body_bytes: u64,
    memory: Arc<Reservation>,
) -> Result<DeliveryRequest, StatusCode> {
    let (head, body) = request.into_parts();
    let bytes = read_body(body, max_body_bytes, &memory).await?;
    let text = |name: &str| text(&head.headers, name);
    Ok(DeliveryRequest {
        signature: text("x-hub-signature"),
        content_type: text("content-type"),
        bytes,
        memory,
    })
}

async fn read_body(
    body: Body,
    max_bytes: u64,
    memory: &Reservation,
) -> Result<Vec<u8>, StatusCode> {
    let read = async {
        let (mut parts, mut bytes) = (body.into_data_stream(), Vec::new());
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| StatusCode::BAD_REQUEST)?;
            let size = bytes.len() + part.len();
            if size as u64 > max_bytes {
                return Err(StatusCode::PAYLOAD_TOO_LARGE);
            }
            // A buffer that grows is up to twice as large as its content.
            let grown = memory.grow_to(2 * size as u64).await;
            grown.map_err(|Shortage| StatusCode::SERVICE_UNAVAILABLE)?;
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    };
    let answer = tokio::time::timeout(BODY_TIMEOUT, read).await;
    answer.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// 410 tells a hub to stop delivering to a cancelled subscription (WebSub, section 7). Other
/// callers get 404.
fn unknown(method: &Method) -> Response {
    if method == Method::POST { StatusCode::GONE } else { StatusCode::NOT_FOUND }.into_response()
}

fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "10")]).into_response()
}
