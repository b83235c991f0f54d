//! HTTP in, from hubs (WebSub): a listener of its own, because this one faces the internet and the console must not.
//!
//! The last segment of the path is the subscription; what comes before belongs to whatever proxy stands in front.
//! Callers are strangers until then: a call takes one of a fixed number of places, an unknown path costs one look-up
//! and no body is read for it, and a body has a cap and a time limit. So memory is bounded by places times cap.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;

use crate::pipeline::subscribe::calls::{CallbackReply, DeliveryRequest, HubCalls};
use crate::polling::websub::Verification;

/// How long a delivery may take to come in.
const BODY_TIME: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Callback {
    calls: Arc<HubCalls>,
    /// Whom to wake when a delivery brings something to read.
    entries: Arc<Notify>,
    places: Arc<Semaphore>,
}

/// Serves until drained; wakes `entries` when there is something to read.
pub async fn serve(
    listener: TcpListener,
    calls: HubCalls,
    entries: Arc<Notify>,
    drain: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(calls.settings.max_calls));
    let callback = Callback { calls: Arc::new(calls), entries, places };
    let router = Router::new().fallback(call).with_state(callback);
    let served =
        axum::serve(listener, router).with_graceful_shutdown(drain.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "the listener for hubs ended");
    }
}

async fn call(State(callback): State<Callback>, request: Request) -> Response {
    let Ok(_place) = callback.places.try_acquire() else { return later() };
    let method = request.method().clone();
    let token = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let subscribed = match callback.calls.subscription_of(&token).await {
        Ok(Some(subscribed)) => subscribed,
        Ok(None) => return unknown(&method),
        Err(error) => {
            tracing::warn!(%error, "a hub's call cannot be answered now");
            return later();
        }
    };
    let receipt = match method {
        Method::GET => match read_verification(request.uri().query().unwrap_or_default()) {
            Some(verification) => callback.calls.verify(&subscribed, verification).await,
            None => return StatusCode::BAD_REQUEST.into_response(),
        },
        Method::POST => match read_parcel(request, callback.calls.settings.max_body_bytes).await {
            Ok(request) => callback.calls.receive(&subscribed, request).await,
            Err(status) => {
                callback.calls.drop_delivery(&subscribed, "too-large-or-slow").await;
                return status.into_response();
            }
        },
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    if receipt == CallbackReply::News {
        callback.entries.notify_one();
    }
    match receipt {
        // A challenge is the caller's own text: nobody may take it for a page.
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

async fn read_parcel(request: Request, max_body_bytes: u64) -> Result<DeliveryRequest, StatusCode> {
    let (head, body) = request.into_parts();
    let bytes = read_body(body, max_body_bytes).await?;
    let text = |name: &str| text(&head.headers, name);
    Ok(DeliveryRequest {
        signature: text("x-hub-signature"),
        content_type: text("content-type"),
        bytes,
    })
}

async fn read_body(body: Body, max_bytes: u64) -> Result<Vec<u8>, StatusCode> {
    let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    match tokio::time::timeout(BODY_TIME, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// A hub that still delivers what was given up is told so (WebSub, section 7); whoever else comes finds nothing.
fn unknown(method: &Method) -> Response {
    if method == Method::POST { StatusCode::GONE } else { StatusCode::NOT_FOUND }.into_response()
}

fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "10")]).into_response()
}
