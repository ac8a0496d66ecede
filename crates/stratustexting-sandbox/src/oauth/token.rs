//! The token endpoint.

use std::collections::HashMap;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Grant, Granted, Server, grace::Successor, parameters, scopes};
use crate::{
    ids::Ids,
    reply::{Reply, with_body},
};

/// Why there is no token: OAuth's word, and what it means here.
#[derive(Debug)]
struct OAuthError {
    word: &'static str,
    description: Option<String>,
}

impl OAuthError {
    fn new(word: &'static str, description: impl Into<String>) -> Self {
        let description = Some(description.into());
        Self { word, description }
    }

    /// Says no more than the word, as was seen of the real one.
    fn invalid_grant() -> Self {
        Self {
            word: "invalid_grant",
            description: None,
        }
    }

    fn into_reply(self) -> Reply {
        let mut body = json!({"error": self.word});
        if let Some(description) = self.description {
            body["error_description"] = description.into();
        }
        reply(StatusCode::BAD_REQUEST, body.to_string())
    }
}

/// The hash of a secret that only the program has that began the login (RFC 7636).
pub(super) enum Challenge {
    S256(String),
    Plain(String),
}

impl Challenge {
    pub(super) fn new(method: Option<&str>, value: &str) -> Result<Self, String> {
        if !(43..=128).contains(&value.len()) {
            return Err("code_challenge has to have 43 to 128 characters".to_owned());
        }
        match method {
            Some("S256") => Ok(Self::S256(value.to_owned())),
            None | Some("plain") => Ok(Self::Plain(value.to_owned())),
            Some(_) => Err("code_challenge_method has to be S256 or plain".to_owned()),
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
) -> Reply {
    match server.token(ids, headers, body, now) {
        Ok(reply) => reply,
        Err(error) => error.into_reply(),
    }
}

impl Server {
    fn token(
        &mut self,
        ids: &mut Ids,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Reply, OAuthError> {
        let invalid = |text: &str| OAuthError::new("invalid_request", text);
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok());
        let content_type = content_type.unwrap_or_default().split(';').next();
        if content_type.map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(invalid(
                "the body has to be application/x-www-form-urlencoded",
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
                if let Some(reply) = self.again(ids, &client, token, now) {
                    return Ok(reply);
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
                // Seen of a client that was made for logins by code.
                let allowed = allowed.ok_or_else(OAuthError::invalid_grant)?;
                let scopes = allowed_scopes(scope, &allowed.scopes)?;
                let login = self.next_login();
                let granted = Granted {
                    client,
                    scopes,
                    login,
                    signed_in: None,
                };
                Ok(self.grant(ids, granted, None, now))
            }
            _ => Err(OAuthError::new(
                "unsupported_grant_type",
                "grant_type has to be authorization_code, refresh_token or client_credentials",
            )),
        }
    }

    /// The client, by HTTP Basic or by form fields.
    fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &HashMap<String, String>,
    ) -> Result<String, OAuthError> {
        let refused = || OAuthError::new("invalid_client", "there is no such client and secret");
        let in_form = (form.get("client_id"), form.get("client_secret"));
        let candidates = match headers.get(header::AUTHORIZATION) {
            Some(_) if in_form.1.is_some() => {
                let text = "the client authenticates by header and by form";
                return Err(OAuthError::new("invalid_request", text));
            }
            Some(value) => {
                let (id, secret) = basic(value).ok_or_else(refused)?;
                if in_form
                    .0
                    .is_some_and(|other| *other != id && *other != decoded(&id))
                {
                    let text = "header and form name different clients";
                    return Err(OAuthError::new("invalid_request", text));
                }
                // By OAuth the parts are encoded; many programs don't encode them.
                vec![(decoded(&id), decoded(&secret)), (id, secret)]
            }
            None => {
                let (Some(id), Some(secret)) = in_form else {
                    return Err(refused());
                };
                vec![(id.clone(), secret.clone())]
            }
        };
        let known = candidates.into_iter().find(|(id, secret)| {
            let client = self.clients.get(id);
            client.is_some_and(|client| client.registered.client_secret == *secret)
        });
        known.map(|(id, _)| id).ok_or_else(refused)
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
                // Somebody else has the code: what it brought in is worth nothing now.
                self.revoke_login(login);
            }
            return Err(OAuthError::invalid_grant());
        }
        record.used = true;
        let proved = match (&record.challenge, verifier) {
            (Some(challenge), Some(verifier)) => challenge.accepts(verifier),
            (None, None) => true,
            // A verifier without a challenge hints at somebody who took it away.
            _ => false,
        };
        if !proved || record.redirect_uri != redirect_uri || now >= record.expires {
            return Err(OAuthError::invalid_grant());
        }
        Ok(record.granted.clone())
    }

    /// What the token stands for, and the one that takes its place.
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
    ) -> Reply {
        let access = self.issue_access(ids, granted, now);
        self.tokens(&access, refresh, now)
    }

    /// The answer that hands out tokens.
    pub(super) fn tokens(
        &self,
        access: &str,
        refresh: Option<String>,
        now: DateTime<Utc>,
    ) -> Reply {
        let expires = self.access.get(access).map(|access| access.expires - now);
        let mut body = json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": expires.unwrap_or_default().num_seconds(),
        });
        if let Some(refresh) = refresh {
            body["refresh_token"] = refresh.into();
        }
        reply(StatusCode::OK, body.to_string())
    }
}

fn allowed_scopes(asked: Option<&str>, allowed: &[String]) -> Result<Vec<String>, OAuthError> {
    scopes(asked, allowed).map_err(|text| OAuthError::new("invalid_scope", text))
}

fn reply(status: StatusCode, body: String) -> Reply {
    let mut reply = with_body(status, "application/json;charset=UTF-8", body);
    let no_store = HeaderValue::from_static("no-store");
    reply.headers_mut().insert(header::CACHE_CONTROL, no_store);
    reply
}

/// Id and secret of an `Authorization: Basic` header.
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, value) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn decoded(text: &str) -> String {
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
