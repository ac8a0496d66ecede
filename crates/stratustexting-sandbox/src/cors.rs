//! Pages in a browser that call the sandbox. A gateway that nobody has told to doesn't
//! answer them, so they are allowed only where a test asks for it.

use axum::{
    extract::{ConnectInfo, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use url::Url;

use crate::wire::Wire;

/// Any page whatever.
const ANY: &str = "*";

/// # Errors
///
/// When it isn't an origin.
pub(crate) fn check(origin: &str) -> Result<(), String> {
    let is_origin = Url::parse(origin).is_ok_and(|url| {
        let own = url.origin();
        own.is_tuple() && own.ascii_serialization() == origin
    });
    if is_origin || origin == ANY {
        return Ok(());
    }
    Err(format!(
        "{origin:?} is no origin: it has to be like http://localhost:5173, without a slash, or {ANY:?}"
    ))
}

/// What tells browsers so; none where no origin is allowed.
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

/// A browser's question before a request is answered here and gets no further, so nothing
/// of it is missing.
pub(crate) async fn settle(
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::OPTIONS {
        wire.whole();
    }
    next.run(request).await
}
