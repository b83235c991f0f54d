//! Reads a response body within the limits.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{self, HeaderMap};

use crate::http::decode::{self, Cut, DecodeError, DecodeLimits, Decoded};
use crate::http::error::{FetchError, FetchErrorKind};
use crate::http::headers;
use crate::http::settings::HttpSettings;
use crate::http::{Accept, FetchOutcome, Request};
use crate::polling::robots;

/// Bytes that are read of an unwanted body, so that the connection can be reused. For a longer body
/// it is cheaper to close the connection.
const DRAIN_BYTES: usize = 16 * 1024;

/// Time limit for an unwanted body.
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// Memory that is reserved on the strength of a `Content-Length` alone.
const MAX_TRUST: u64 = 1 << 20;

/// The bytes from the wire.
struct Wire {
    bytes: Vec<u8>,
    /// The body ended where the server said it would.
    complete: bool,
    /// The limit ended it.
    cut: bool,
}

/// Reads, decompresses and checks the body of a successful response.
pub(super) async fn read(
    settings: &HttpSettings,
    request: &Request<'_>,
    headers: &HeaderMap,
    answer: &mut reqwest::Response,
) -> Result<FetchOutcome, FetchError> {
    let fail = |kind| FetchError::new(request.url, kind);
    refuse_media(headers).map_err(fail)?;
    let limits = DecodeLimits { max_bytes: settings.max_body_bytes, max_ratio: settings.max_ratio };
    let (limits, may_cut) = match request.accept {
        Accept::Text => (DecodeLimits { max_bytes: robots::MAX_BYTES as u64, ..limits }, true),
        Accept::Feed | Accept::Page => (limits, false),
    };
    // An uncompressed body is subject to both limits.
    let max_wire_bytes = if may_cut { limits.max_bytes } else { settings.max_wire_bytes };
    let wire = read_wire(request, answer, max_wire_bytes, may_cut).await?;
    if wire.cut && !may_cut {
        return Err(fail(FetchErrorKind::WireTooLarge { limit: max_wire_bytes }));
    }
    let whole = wire.complete && !wire.cut;
    let decoded = unpack(request, headers, wire.bytes, limits).await?;
    request.memory.shrink_to(decoded.body.capacity() as u64);
    match decoded.cut {
        Some(Cut::Size) if !may_cut => {
            return Err(fail(FetchErrorKind::BodyTooLarge { limit: limits.max_bytes }));
        }
        Some(Cut::Ratio) => return Err(fail(FetchErrorKind::Bomb { ratio: limits.max_ratio })),
        _ => {}
    }
    let complete = whole && decoded.complete;
    if !complete && request.accept == Accept::Page {
        return Err(fail(FetchErrorKind::Truncated));
    }
    Ok(FetchOutcome::Body { bytes: decoded.body, complete })
}

/// Refuses media types that are not text before reading the body. A link may lead to a video or an
/// endless radio stream.
fn refuse_media(headers: &HeaderMap) -> Result<(), FetchErrorKind> {
    let Some(content_type) = headers::first(headers, &header::CONTENT_TYPE) else { return Ok(()) };
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let media =
        ["image/", "audio/", "video/", "font/"].iter().any(|kind| essence.starts_with(kind));
    // SVG is XML, and some feeds are served with this type by mistake.
    let media = media && essence != "image/svg+xml";
    if media
        || matches!(
            essence.as_str(),
            "application/pdf" | "application/zip" | "application/epub+zip"
        )
    {
        return Err(FetchErrorKind::MediaType(essence));
    }
    Ok(())
}

async fn read_wire(
    request: &Request<'_>,
    answer: &mut reqwest::Response,
    max_bytes: u64,
    may_cut: bool,
) -> Result<Wire, FetchError> {
    let announced = answer.content_length();
    if announced.is_some_and(|length| length > max_bytes) && !may_cut {
        return Ok(Wire { bytes: Vec::new(), complete: false, cut: true });
    }
    let mut bytes = Vec::new();
    reserve(request, &mut bytes, announced.unwrap_or_default().min(MAX_TRUST).min(max_bytes))
        .await?;
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => {
                let room = (max_bytes as usize).saturating_sub(bytes.len());
                let part = chunk.get(..room).unwrap_or(&chunk);
                reserve(request, &mut bytes, part.len() as u64).await?;
                bytes.extend_from_slice(part);
                if chunk.len() > room {
                    return Ok(Wire { bytes, complete: false, cut: true });
                }
            }
            Ok(None) => {
                // An HTTP/2 stream that is reset without an error ends early, and the client
                // reports no error.
                let complete = announced.is_none_or(|length| length == bytes.len() as u64);
                return Ok(Wire { bytes, complete, cut: false });
            }
            // A timeout fails the request. A broken connection keeps what has arrived.
            Err(error) if error.is_timeout() || bytes.is_empty() => {
                return Err(FetchError::of_client(request.url, error));
            }
            Err(_) => return Ok(Wire { bytes, complete: false, cut: false }),
        }
    }
}

/// Makes room for `more` bytes. The buffer at least doubles, so that it is seldom moved.
async fn reserve(request: &Request<'_>, bytes: &mut Vec<u8>, more: u64) -> Result<(), FetchError> {
    let more = more as usize;
    if bytes.capacity() - bytes.len() >= more {
        return Ok(());
    }
    let more = more.max(bytes.capacity());
    let grown = request.memory.grow_to((bytes.len() + more) as u64).await;
    grown.map_err(|shortage| FetchError::new(request.url, shortage.into()))?;
    bytes.reserve_exact(more);
    Ok(())
}

/// Decompresses on a blocking thread. Third-party code runs here on hostile bytes: it must not
/// block the runtime, and a panic must be no more than an error.
async fn unpack(
    request: &Request<'_>,
    headers: &HeaderMap,
    wire: Vec<u8>,
    limits: DecodeLimits,
) -> Result<Decoded, FetchError> {
    let codings: Vec<String> = headers::all(headers, &header::CONTENT_ENCODING)
        .iter()
        .flat_map(|value| decode::codings(value))
        .collect();
    let fail = |error| {
        let kind = match error {
            DecodeError::Damaged => FetchErrorKind::Damaged,
            DecodeError::Memory(shortage) => shortage.into(),
        };
        FetchError::new(request.url, kind)
    };
    if decode::is_plain(&wire, &codings) {
        return decode::decode(wire, &codings, limits, &mut |_| Ok(())).map_err(fail);
    }
    let (memory, runtime) = (Arc::clone(request.memory), tokio::runtime::Handle::current());
    let unpack = move || {
        let mut room = |bytes| runtime.block_on(memory.grow_to(bytes));
        decode::decode(wire, &codings, limits, &mut room)
    };
    let decoded = tokio::task::spawn_blocking(unpack).await;
    decoded.unwrap_or(Err(DecodeError::Damaged)).map_err(fail)
}

/// Reads a little of an unwanted body.
pub(super) async fn drain(answer: &mut reqwest::Response) {
    let reading = async {
        let mut read = 0;
        while let Ok(Some(chunk)) = answer.chunk().await {
            read += chunk.len();
            if read > DRAIN_BYTES {
                break;
            }
        }
    };
    // The response is complete for us, whether the body was read to its end or not.
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}
