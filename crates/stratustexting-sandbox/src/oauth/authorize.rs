//! The authorization endpoint: a login page, and the redirect back with a code.
//!
//! An error in the client id or the redirect URI is shown on a page, since a browser must
//! not be redirected to an unregistered URI. Any other error goes to the redirect URI.

#![allow(
    clippy::result_large_err,
    reason = "an error here is a response: a page or a redirect"
)]

use std::collections::HashMap;

use askama::Template;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Method, StatusCode, header};
use url::Url;

use super::{CODE_LIFETIME, Code, Grant, Granted, Server, parameters, scopes, token::Challenge};
use crate::{
    ids::Ids,
    response::{Response, with_body},
};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    client: &'a str,
    scopes: &'a [String],
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    error: &'a str,
    description: &'a str,
}

/// A valid authorization request.
struct Authorization {
    client: String,
    name: String,
    scopes: Vec<String>,
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<Challenge>,
}

/// Responds to `GET` with the login page, and to `POST` with the redirect.
pub(crate) fn authorize(
    server: &mut Server,
    ids: &mut Ids,
    now: DateTime<Utc>,
    method: &Method,
    query: &str,
    form: &[u8],
) -> Response {
    let authorization = match check(server, query) {
        Ok(authorization) => authorization,
        Err(response) => return response,
    };
    match *method {
        Method::GET => login_page(&authorization, StatusCode::OK, None),
        Method::POST => log_in(server, ids, now, authorization, form),
        _ => error_page(
            StatusCode::METHOD_NOT_ALLOWED,
            "invalid_request",
            "GET or POST",
        ),
    }
}

fn check(server: &Server, query: &str) -> Result<Authorization, Response> {
    let page = |error, description: &str| error_page(StatusCode::BAD_REQUEST, error, description);
    let mut query = parameters(query.as_bytes()).map_err(|text| page("invalid_request", &text))?;
    let mut required = |name: &str| {
        let value = query.remove(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| {
            page(
                "invalid_request",
                &format!("the parameter {name} is missing"),
            )
        })
    };
    let id = required("client_id")?;
    let client = server.clients.get(&id);
    let client = client.ok_or_else(|| page("invalid_client", "there is no such client"))?;
    let redirect_uri = required("redirect_uri")?;
    if !client.may_redirect_to(&redirect_uri) {
        let text = "the redirect URI isn't registered for this client";
        return Err(page("redirect_mismatch", text));
    }

    let state = query.remove("state");
    let reject = |error: &str, description: &str| {
        let mut values = vec![("error", error), ("error_description", description)];
        values.extend(state.as_deref().map(|state| ("state", state)));
        redirect_back(&redirect_uri, &values)
    };
    if query.get("response_type").map(String::as_str) != Some("code") {
        return Err(reject(
            "unsupported_response_type",
            "response_type must be code",
        ));
    }
    if !client.may_use(Grant::AuthorizationCode) {
        return Err(reject(
            "unauthorized_client",
            "the client has no authorization_code grant",
        ));
    }
    let scopes = scopes(query.get("scope").map(String::as_str), &client.scopes)
        .map_err(|text| reject("invalid_scope", &text))?;
    let challenge = challenge(&query).map_err(|text| reject("invalid_request", &text))?;
    Ok(Authorization {
        name: client.name.clone(),
        client: id,
        scopes,
        redirect_uri,
        state,
        challenge,
    })
}

fn challenge(query: &HashMap<String, String>) -> Result<Option<Challenge>, String> {
    let method = query.get("code_challenge_method").map(String::as_str);
    let Some(value) = query.get("code_challenge") else {
        return match method {
            Some(_) => Err("code_challenge is missing".to_owned()),
            None => Ok(None),
        };
    };
    Challenge::new(method, value).map(Some)
}

fn log_in(
    server: &mut Server,
    ids: &mut Ids,
    now: DateTime<Utc>,
    authorization: Authorization,
    form: &[u8],
) -> Response {
    let form = parameters(form).unwrap_or_default();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let state = authorization.state.as_deref().map(|state| ("state", state));
    if field("action") == "deny" {
        let mut values = vec![("error", "access_denied")];
        values.extend(state);
        return redirect_back(&authorization.redirect_uri, &values);
    }
    if field("username") != server.username || field("password") != server.password {
        let problem = Some("The user name or the password is wrong.");
        return login_page(&authorization, StatusCode::UNAUTHORIZED, problem);
    }
    let code = ids.uuid();
    let mut values = vec![("code", code.as_str())];
    values.extend(state);
    let response = redirect_back(&authorization.redirect_uri, &values);
    let granted = Granted {
        client: authorization.client,
        scopes: authorization.scopes,
        login: server.next_login(),
        logged_in_at: Some(now),
    };
    let code_record = Code {
        granted,
        redirect_uri: authorization.redirect_uri,
        challenge: authorization.challenge,
        expires: now + CODE_LIFETIME,
        used: false,
    };
    server.codes.insert(code, code_record);
    response
}

/// Redirects the browser to the program.
fn redirect_back(redirect_uri: &str, values: &[(&str, &str)]) -> Response {
    let Ok(mut target) = Url::parse(redirect_uri) else {
        return error_page(
            StatusCode::BAD_REQUEST,
            "redirect_mismatch",
            "the redirect URI is no URL",
        );
    };
    target.query_pairs_mut().extend_pairs(values);
    let mut response = Response::new(Default::default());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(target) = HeaderValue::from_str(target.as_str()) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

fn login_page(
    authorization: &Authorization,
    status: StatusCode,
    problem: Option<&str>,
) -> Response {
    page(
        status,
        &LoginPage {
            client: &authorization.name,
            scopes: &authorization.scopes,
            problem,
        },
    )
}

fn error_page(status: StatusCode, error: &str, description: &str) -> Response {
    page(status, &ErrorPage { error, description })
}

fn page(status: StatusCode, page: &impl Template) -> Response {
    let text = page.render().unwrap_or_default();
    let mut response = with_body(status, "text/html; charset=utf-8", text);
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
