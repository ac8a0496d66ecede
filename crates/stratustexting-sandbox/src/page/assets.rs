//! The page's styles, script and icon, which are part of the program.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

pub(super) async fn style() -> Response {
    asset(
        "text/css; charset=utf-8",
        include_str!("../../templates/page/style.css"),
    )
}

pub(super) async fn script() -> Response {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("../../templates/page/script.js"),
    )
}

pub(super) async fn icon() -> Response {
    asset(
        "image/svg+xml",
        include_str!("../../templates/page/icon.svg"),
    )
}

/// They are asked for again each time: the program behind the port may be another one.
fn asset(content_type: &'static str, text: &'static str) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}
