//! The style sheet and the script of the console. They are part of the program.
//!
//! Their addresses contain a digest of their bytes, so a browser may keep them for ever: after an
//! upgrade the pages name other addresses.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");

/// The addresses of the assets.
#[derive(Debug)]
pub(super) struct Assets {
    pub(super) style: String,
    pub(super) script: String,
}

pub(super) static ASSETS: LazyLock<Assets> =
    LazyLock::new(|| Assets { style: address(STYLE, "css"), script: address(SCRIPT, "js") });

fn address(text: &str, extension: &str) -> String {
    let digest = format!("{:x}", Sha256::digest(text.as_bytes()));
    format!("/assets/console-{}.{extension}", digest.get(..16).unwrap_or(&digest))
}

pub(super) fn router() -> Router {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    let asked = format!("/assets/{name}");
    let (kind, text) = if asked == ASSETS.style {
        ("text/css; charset=utf-8", STYLE)
    } else if asked == ASSETS.script {
        ("text/javascript; charset=utf-8", SCRIPT)
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, text).into_response()
}
