//! CORS, for pages in a browser that call the sandbox. An API Gateway allows no origins
//! unless it is configured to, so a test must ask for it.

use axum::{
    extract::{ConnectInfo, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use url::Url;

use crate::tcp::Connection;

/// Stands for all origins.
const ANY: &str = "*";

/// # Errors
///
/// When `origin` isn't an origin.
pub(crate) fn check(origin: &str) -> Result<(), String> {
    let is_origin = Url::parse(origin).is_ok_and(|url| {
        let own = url.origin();
        own.is_tuple() && own.ascii_serialization() == origin
    });
    if is_origin || origin == ANY {
        return Ok(());
    }
    Err(format!(
        "{origin:?} is no origin: it must be like http://localhost:5173, without a slash, or {ANY:?}"
    ))
}

/// The layer that allows these origins; `None` where there are none.
pub(crate) fn layer(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == ANY) {
        AllowOrigin::any()
    } else {
        let values = origins.iter().map(|origin| HeaderValue::from_str(origin));
        AllowOrigin::list(values.filter_map(Result::ok))
    };
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let shown = ["x-amzn-requestid", "x-amzn-errortype", "retry-after"];
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods(methods)
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(shown.map(HeaderName::from_static)),
    )
}

/// The layer responds to a browser's preflight request itself. It was received completely,
/// so it must not count as a broken request.
pub(crate) async fn mark_preflight_received(
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::OPTIONS {
        connection.request_received();
    }
    next.run(request).await
}
