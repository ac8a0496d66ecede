//! The token endpoint.

use std::collections::HashMap;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Grant, Granted, Server, grace::Successor, parameters, scopes};
use crate::{
    ids::Ids,
    response::{Response, with_body},
};

/// Why there is no token: OAuth's error code, and a description.
#[derive(Debug)]
struct OAuthError {
    error: &'static str,
    description: Option<String>,
}

impl OAuthError {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        let description = Some(description.into());
        Self { error, description }
    }

    /// Has only the code, as was observed of the real service.
    fn invalid_grant() -> Self {
        Self {
            error: "invalid_grant",
            description: None,
        }
    }

    fn into_response(self) -> Response {
        let mut body = json!({"error": self.error});
        if let Some(description) = self.description {
            body["error_description"] = description.into();
        }
        response(StatusCode::BAD_REQUEST, body.to_string())
    }
}

/// The hash of a secret of the program that began the login (PKCE, RFC 7636).
#[derive(Serialize, Deserialize)]
pub(super) enum Challenge {
    S256(String),
    Plain(String),
}

impl Challenge {
    pub(super) fn new(method: Option<&str>, value: &str) -> Result<Self, String> {
        if !(43..=128).contains(&value.len()) {
            return Err("code_challenge must have 43 to 128 characters".to_owned());
        }
        match method {
            Some("S256") => Ok(Self::S256(value.to_owned())),
            None | Some("plain") => Ok(Self::Plain(value.to_owned())),
            Some(_) => Err("code_challenge_method must be S256 or plain".to_owned()),
        }
    }

    fn accepts(&self, verifier: &str) -> bool {
        match self {
            Self::S256(hash) => {
                *hash == BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
            }
            Self::Plain(value) => value == verifier,
        }
    }
}

pub(crate) fn token(
    server: &mut Server,
    ids: &mut Ids,
    now: DateTime<Utc>,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    match server.token(ids, headers, body, now) {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

impl Server {
    fn token(
        &mut self,
        ids: &mut Ids,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Response, OAuthError> {
        let invalid = |text: &str| OAuthError::new("invalid_request", text);
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok());
        let content_type = content_type.unwrap_or_default().split(';').next();
        if content_type.map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(invalid(
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let form = parameters(body).map_err(|text| invalid(&text))?;
        let client = self.authenticate(headers, &form)?;
        let field = |name: &str| {
            let value = form.get(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| invalid(&format!("the parameter {name} is missing")))
        };
        let scope = form.get("scope").map(String::as_str);
        match field("grant_type")?.as_str() {
            "authorization_code" => {
                let verifier = form.get("code_verifier").map(String::as_str);
                let code = field("code")?;
                let granted =
                    self.exchange(&client, code, field("redirect_uri")?, verifier, now)?;
                let refresh = self.issue_refresh(ids, granted.clone());
                Ok(self.grant(ids, granted, Some(refresh), now))
            }
            "refresh_token" => {
                let token = field("refresh_token")?;
                if let Some(response) = self.replay(ids, &client, token, now) {
                    return Ok(response);
                }
                let (granted, next) = self.renew(ids, &client, token, scope, now)?;
                let access = self.issue_access(ids, granted.clone(), now);
                if let Some(next) = &next {
                    self.replace(token, Successor::new(now, &access, next, granted));
                }
                Ok(self.tokens(&access, next, now))
            }
            "client_credentials" => {
                let allowed = self.clients.get(&client);
                let allowed = allowed.filter(|client| client.may_use(Grant::ClientCredentials));
                // Observed for a client that was made for logins by code.
                let allowed = allowed.ok_or_else(OAuthError::invalid_grant)?;
                let scopes = allowed_scopes(scope, &allowed.scopes)?;
                let login = self.next_login();
                let granted = Granted {
                    client,
                    scopes,
                    login,
                    logged_in_at: None,
                };
                Ok(self.grant(ids, granted, None, now))
            }
            _ => Err(OAuthError::new(
                "unsupported_grant_type",
                "grant_type must be authorization_code, refresh_token or client_credentials",
            )),
        }
    }

    /// Authenticates the client, by HTTP Basic or by form fields; returns its id.
    fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &HashMap<String, String>,
    ) -> Result<String, OAuthError> {
        let rejected = || OAuthError::new("invalid_client", "there is no such client and secret");
        let in_form = (form.get("client_id"), form.get("client_secret"));
        let candidates = match headers.get(header::AUTHORIZATION) {
            Some(_) if in_form.1.is_some() => {
                let text = "the client authenticates by both header and form";
                return Err(OAuthError::new("invalid_request", text));
            }
            Some(value) => {
                let (id, secret) = basic_credentials(value).ok_or_else(rejected)?;
                if in_form
                    .0
                    .is_some_and(|other| *other != id && *other != form_decoded(&id))
                {
                    let text = "header and form name different clients";
                    return Err(OAuthError::new("invalid_request", text));
                }
                // OAuth wants both parts encoded; many programs don't encode them.
                vec![(form_decoded(&id), form_decoded(&secret)), (id, secret)]
            }
            None => {
                let (Some(id), Some(secret)) = in_form else {
                    return Err(rejected());
                };
                vec![(id.clone(), secret.clone())]
            }
        };
        let known = candidates.into_iter().find(|(id, secret)| {
            let client = self.clients.get(id);
            client.is_some_and(|client| client.registered.client_secret == *secret)
        });
        known.map(|(id, _)| id).ok_or_else(rejected)
    }

    fn exchange(
        &mut self,
        client: &str,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Granted, OAuthError> {
        let record = self
            .codes
            .get_mut(code)
            .ok_or_else(OAuthError::invalid_grant)?;
        if record.granted.client != client {
            return Err(OAuthError::invalid_grant());
        }
        if record.used {
            let login = record.granted.login;
            if self.settings.code_reuse_ends_login {
                // Somebody else has the code: its tokens must end.
                self.revoke_login(login);
            }
            return Err(OAuthError::invalid_grant());
        }
        record.used = true;
        let is_verified = match (&record.challenge, verifier) {
            (Some(challenge), Some(verifier)) => challenge.accepts(verifier),
            (None, None) => true,
            // A verifier without a challenge hints at an attacker who removed the challenge.
            _ => false,
        };
        if !is_verified || record.redirect_uri != redirect_uri || now >= record.expires {
            return Err(OAuthError::invalid_grant());
        }
        Ok(record.granted.clone())
    }

    /// What the refresh token grants, and the one that replaces it.
    fn renew(
        &mut self,
        ids: &mut Ids,
        client: &str,
        token: &str,
        scope: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(Granted, Option<String>), OAuthError> {
        let record = self.refresh.get_mut(token);
        let record = record.filter(|record| record.granted.client == client);
        let record = record.ok_or_else(OAuthError::invalid_grant)?;
        let granted = record.granted.clone();
        let replaced = record.replaced.is_some();
        if !self.can_be_renewed(&granted, now) {
            return Err(OAuthError::invalid_grant());
        }
        if replaced {
            self.revoke_login(granted.login);
            return Err(OAuthError::invalid_grant());
        }
        let narrowed = Granted {
            scopes: allowed_scopes(scope, &granted.scopes)?,
            ..granted.clone()
        };
        if !self.settings.rotate_refresh_tokens {
            return Ok((narrowed, None));
        }
        let next = self.issue_refresh(ids, granted);
        Ok((narrowed, Some(next)))
    }

    fn grant(
        &mut self,
        ids: &mut Ids,
        granted: Granted,
        refresh: Option<String>,
        now: DateTime<Utc>,
    ) -> Response {
        let access = self.issue_access(ids, granted, now);
        self.tokens(&access, refresh, now)
    }

    /// The response with the tokens.
    pub(super) fn tokens(
        &self,
        access: &str,
        refresh: Option<String>,
        now: DateTime<Utc>,
    ) -> Response {
        let expires = self.access.get(access).map(|access| access.expires - now);
        let mut body = json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": expires.unwrap_or_default().num_seconds(),
        });
        if let Some(refresh) = refresh {
            body["refresh_token"] = refresh.into();
        }
        response(StatusCode::OK, body.to_string())
    }
}

fn allowed_scopes(asked: Option<&str>, allowed: &[String]) -> Result<Vec<String>, OAuthError> {
    scopes(asked, allowed).map_err(|text| OAuthError::new("invalid_scope", text))
}

fn response(status: StatusCode, body: String) -> Response {
    let mut response = with_body(status, "application/json;charset=UTF-8", body);
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

/// Id and secret of an `Authorization: Basic` header.
fn basic_credentials(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, value) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn form_decoded(text: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn a_verifier_is_checked_against_its_hash() {
        let hash = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let hashed = Challenge::new(Some("S256"), hash).unwrap();
        let plain = Challenge::new(None, hash).unwrap();

        assert!(hashed.accepts(verifier) && !hashed.accepts(hash));
        assert!(plain.accepts(hash) && !plain.accepts(verifier));
        assert!(Challenge::new(Some("S512"), hash).is_err());
        assert!(Challenge::new(Some("S256"), "short").is_err());
    }
}
