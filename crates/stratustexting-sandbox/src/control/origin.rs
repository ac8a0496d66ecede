//! Who may use the control API and what else needs no credentials: programs, and no page of
//! another site in a browser.
//!
//! The control API shows the credentials. A page in a browser on this machine
//! could reach it in two ways, and each has its check:
//!
//! - It posts to the sandbox's address. No content type is required, so a browser asks nobody
//!   first. But it says from which origin the page is (`Origin`), or at least whether it is
//!   from another one (`Sec-Fetch-Site`). The latter only counts where something may be
//!   changed: a link from another page may lead here.
//! - Its own name leads to the sandbox's address from one moment to the next (DNS rebinding).
//!   Then the origin is the same, but `Host` is the page's name. An address or `localhost`
//!   can't be made to lead elsewhere, so these are accepted, and other names must be allowed.
//!
//! Programs that aren't browsers send no `Origin`, and can send any `Host`: nothing here
//! protects against them.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, uri::Authority};
use url::Host;

use super::body::error_response;
use crate::shared::Shared;

/// By this, a browser says how the page that makes a request is related to its target.
const FETCH_SITE: &str = "sec-fetch-site";

/// The host names and origins that may use the control API, besides those of the machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    pub(crate) hosts: Vec<String>,
    pub(crate) origins: Vec<String>,
}

/// # Errors
///
/// When `name` isn't the name of a host.
pub(crate) fn check_host(name: &str) -> Result<(), String> {
    match Host::parse(name) {
        Ok(Host::Domain(_)) => Ok(()),
        Ok(_) => Err(format!("{name:?} is an address, which is allowed anyway")),
        Err(_) => Err(format!(
            "{name:?} is no host name: it must be like sandbox or sandbox.example, without a port"
        )),
    }
}

/// Has a router reject the requests of pages of other sites.
pub(crate) fn protect(router: Router<Arc<Shared>>, shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    router.layer(middleware::from_fn_with_state(Arc::clone(shared), check))
}

async fn check(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match shared
        .limits
        .allowed
        .rejects(request.method(), request.uri(), request.headers())
    {
        None => next.run(request).await,
        Some(reason) => error_response(StatusCode::FORBIDDEN, reason).into_response(),
    }
}

impl Allowed {
    /// Why a request is rejected, if it is.
    fn rejects(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        for host in hosts(uri, headers) {
            match host {
                Some(host) if self.is_own(&host) => {}
                Some(host) => {
                    let name = host.host();
                    return Some(format!(
                        "the host name {name:?} isn't allowed here; --allow-host allows it, \
                         and so does Builder::allow_host"
                    ));
                }
                None => return Some("the header Host must be a host and a port".to_owned()),
            }
        }
        let wrong_origin = || {
            Some(
                "pages of this origin may not use the sandbox; --allow-origin allows them, and \
                 so does Builder::allow_origin"
                    .to_owned(),
            )
        };
        if !headers.contains_key(header::ORIGIN) {
            let is_own = |site: &HeaderValue| site == "same-origin" || site == "none";
            let may_come = method.is_safe() || headers.get_all(FETCH_SITE).iter().all(is_own);
            return if may_come { None } else { wrong_origin() };
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let is_allowed = |origin: &str| {
            let same = authority(headers).is_some_and(|own| origin == format!("http://{own}"));
            same || self.origins.iter().any(|it| it == "*" || it == origin)
        };
        if origins.all(|origin| origin.to_str().is_ok_and(is_allowed)) {
            return None;
        }
        wrong_origin()
    }

    /// Whether a host is the sandbox's, whoever controls the names outside of this machine.
    fn is_own(&self, host: &Authority) -> bool {
        match Host::parse(host.host()) {
            Ok(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                // Parsed, since the name in a request has no capitals and no other letters than
                // ASCII's.
                let is_allowed = |allowed: &String| {
                    Host::parse(allowed).is_ok_and(|allowed| allowed.to_string() == name)
                };
                name == "localhost"
                    || name.ends_with(".localhost")
                    || self.hosts.iter().any(is_allowed)
            }
            Ok(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            Err(_) => false,
        }
    }
}

/// Each host that a request names; `None` stands for one that can't be read. No browser
/// leaves all of them out.
fn hosts(uri: &Uri, headers: &HeaderMap) -> impl Iterator<Item = Option<Authority>> {
    let read = |value: &http::HeaderValue| value.to_str().ok()?.parse().ok();
    let named = headers.get_all(header::HOST).iter().map(read);
    let in_target = uri.authority().cloned().map(Some);
    named.chain(in_target)
}

/// The host and port by which the sender of a request reaches the sandbox.
pub(super) fn authority(headers: &HeaderMap) -> Option<Authority> {
    headers.get(header::HOST)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejects(allowed: &Allowed, headers: &[(header::HeaderName, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (
                name.clone(),
                value.parse().unwrap_or_else(|_| unreachable!()),
            )
        });
        let headers: HeaderMap = headers.collect();
        allowed
            .rejects(&Method::POST, &Uri::from_static("/control"), &headers)
            .is_some()
    }

    #[test]
    fn an_address_or_a_name_of_this_machine_is_a_host_of_the_sandbox() {
        let allowed = Allowed {
            hosts: vec!["Sandbox".to_owned(), "bücher.example".to_owned()],
            origins: Vec::new(),
        };
        for (host, own) in [
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("192.168.1.5", true),
            ("localhost:8080", true),
            ("LOCALHOST.", true),
            ("app.localhost", true),
            ("sandbox:8080", true),
            ("xn--bcher-kva.example:8080", true),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("evillocalhost", false),
            ("sandbox.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
            ("a b", false),
            ("localhost@evil.example", false),
        ] {
            assert_eq!(rejects(&allowed, &[(header::HOST, host)]), !own, "{host}");
        }
        assert!(!rejects(&allowed, &[]));
    }

    #[test]
    fn only_pages_of_the_sandbox_or_of_an_allowed_origin_are_accepted() {
        let with = |origin: &str, allowed: &[&str]| {
            let allowed = Allowed {
                hosts: Vec::new(),
                origins: allowed.iter().map(|&it| it.to_owned()).collect(),
            };
            !rejects(
                &allowed,
                &[(header::HOST, "127.0.0.1:8080"), (header::ORIGIN, origin)],
            )
        };
        let page = "http://localhost:5173";

        assert!(with("http://127.0.0.1:8080", &[]));
        for origin in [
            page,
            "null",
            "https://127.0.0.1:8080",
            "http://127.0.0.1:8081",
            "http://127.0.0.1",
            "",
        ] {
            assert!(!with(origin, &[]), "{origin}");
        }
        assert!(with(page, &[page]));
        assert!(!with("http://localhost:5174", &[page]));
        assert!(with("http://evil.example", &["*"]));
    }

    #[test]
    fn without_an_origin_a_page_of_another_site_may_read_but_change_nothing() {
        let rejected = |method: Method, site: &'static str| {
            let headers = [(
                header::HeaderName::from_static(FETCH_SITE),
                HeaderValue::from_static(site),
            )];
            let uri = Uri::from_static("/control");
            let allowed = Allowed::default();
            allowed
                .rejects(&method, &uri, &HeaderMap::from_iter(headers))
                .is_some()
        };
        for method in [Method::POST, Method::PATCH, Method::DELETE, Method::PUT] {
            for (site, expected) in [
                ("cross-site", true),
                ("same-site", true),
                ("", true),
                ("same-origin", false),
                ("none", false),
            ] {
                assert_eq!(rejected(method.clone(), site), expected, "{method} {site}");
            }
        }
        assert!(!rejected(Method::GET, "cross-site"));
    }
}
