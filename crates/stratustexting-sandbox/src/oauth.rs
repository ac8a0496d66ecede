//! The OAuth server.
//!
//! It responds as Amazon Cognito does, which agrees with what is known of the real one: the
//! vendor's error codes and paths are Cognito's.
//!
//! - `authorize.rs`: the login page and the authorization code.
//! - `token.rs`: the token endpoint.
//! - `grace.rs`: a refresh token that is used again just after it was replaced.
//! - `clients.rs`: the registered clients.
//! - `stored.rs`: all of it in a file.

mod authorize;
mod clients;
mod grace;
mod stored;
mod token;

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::clients::{Grant, NewClient, RegisteredClient};
pub(crate) use self::clients::{is_loopback, is_this_host};
pub(crate) use self::{authorize::authorize, clients::Clients, token::token};
use crate::{data::Records, ids::Ids, query};

/// All scopes; whether every brand has the same is UNKNOWN.
pub(crate) const SCOPES: [&str; 3] = [
    "https://com.beetexting.scopes/ReadContact",
    "https://com.beetexting.scopes/WriteContact",
    "https://com.beetexting.scopes/SendMessage",
];

/// How long a code can be exchanged.
const CODE_LIFETIME: TimeDelta = TimeDelta::minutes(5);

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) token_lifetime: Duration,
    pub(crate) rotate_refresh_tokens: bool,
    /// How long a replaced refresh token still returns its successor.
    pub(crate) refresh_token_grace: Duration,
    /// How long after the login its refresh tokens are valid, rotated or not.
    pub(crate) refresh_token_lifetime: Duration,
    /// Whether a second exchange of a code ends the tokens of the first one.
    pub(crate) code_reuse_ends_login: bool,
    pub(crate) redirect_uris: Vec<String>,
}

/// The server's state. It has no `Debug`, since it is full of secrets.
pub(crate) struct Server {
    pub(crate) clients: Clients,
    /// The one user.
    pub(crate) username: String,
    pub(crate) password: String,
    settings: Settings,
    codes: Records<Code>,
    access: Records<Access>,
    refresh: Records<Refresh>,
    logins: u64,
}

/// What was granted to a client, by a user's login or by client credentials.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Granted {
    client: String,
    pub(crate) scopes: Vec<String>,
    /// The login that it came from: all tokens of a login are revoked together.
    login: u64,
    /// When the user logged in; `None` for client credentials.
    logged_in_at: Option<DateTime<Utc>>,
}

impl Granted {
    pub(crate) fn client(&self) -> &str {
        &self.client
    }

    /// Whether a user logged in.
    pub(crate) fn has_user(&self) -> bool {
        self.logged_in_at.is_some()
    }
}

#[derive(Serialize, Deserialize)]
struct Code {
    granted: Granted,
    redirect_uri: String,
    challenge: Option<token::Challenge>,
    expires: DateTime<Utc>,
    used: bool,
}

#[derive(Serialize, Deserialize)]
struct Access {
    granted: Granted,
    expires: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct Refresh {
    granted: Granted,
    /// The token that replaced it, if it was rotated.
    replaced: Option<grace::Successor>,
}

impl Server {
    pub(crate) fn new(ids: &mut Ids, settings: Settings) -> Self {
        let mut clients = Clients::default();
        let mut redirect_uris = vec![
            "http://127.0.0.1/callback".to_owned(),
            "http://localhost/callback".to_owned(),
        ];
        redirect_uris.extend(settings.redirect_uris.iter().cloned());
        clients.add(ids, NewClient::default().redirect_uris(redirect_uris));
        Self {
            clients,
            username: "agent@example.com".to_owned(),
            password: ids.alphanumeric(16),
            settings,
            codes: Records::default(),
            access: Records::default(),
            refresh: Records::default(),
            logins: 0,
        }
    }

    /// What an access token grants, if it is valid.
    pub(crate) fn granted(&self, token: &str, now: DateTime<Utc>) -> Option<&Granted> {
        let access = self.access.get(token)?;
        (now < access.expires).then_some(&access.granted)
    }

    /// Whether the login can still be renewed. A refresh doesn't extend it, as documented for
    /// Cognito.
    fn can_be_renewed(&self, granted: &Granted, now: DateTime<Utc>) -> bool {
        let lifetime = TimeDelta::from_std(self.settings.refresh_token_lifetime);
        let lifetime = lifetime.unwrap_or(TimeDelta::MAX);
        let age = granted.logged_in_at.map(|logged_in_at| now - logged_in_at);
        age.is_none_or(|age| age < lifetime)
    }

    pub(crate) fn expire_access_tokens(&mut self, now: DateTime<Utc>) {
        self.access.change_all(|access| {
            let is_valid = now < access.expires;
            access.expires = access.expires.min(now);
            is_valid
        });
    }

    pub(crate) fn revoke_access_tokens(&mut self) {
        self.access.clear();
    }

    pub(crate) fn revoke_refresh_tokens(&mut self) {
        self.refresh.clear();
    }

    fn revoke_login(&mut self, login: u64) {
        self.access.retain(|access| access.granted.login != login);
        self.refresh
            .retain(|refresh| refresh.granted.login != login);
    }

    fn next_login(&mut self) -> u64 {
        self.logins += 1;
        self.logins
    }

    fn issue_access(&mut self, ids: &mut Ids, granted: Granted, now: DateTime<Utc>) -> String {
        let lifetime = self.lifetime();
        // An expired token gets the same response as an unknown one, so it can go.
        if self.access.len() > 10_000 {
            self.access.retain(|access| now < access.expires);
        }
        let expires = now + lifetime;
        let id = ids.uuid();
        let token = ids.token(&json!({
            "token_use": "access",
            "client_id": granted.client,
            "scope": granted.scopes.join(" "),
            "iat": now.timestamp(),
            "exp": expires.timestamp(),
            "jti": id,
        }));
        self.access
            .insert(token.clone(), Access { granted, expires });
        token
    }

    fn issue_refresh(&mut self, ids: &mut Ids, granted: Granted) -> String {
        let token = ids.alphanumeric(64);
        let refresh = Refresh {
            granted,
            replaced: None,
        };
        self.refresh.insert(token.clone(), refresh);
        token
    }

    /// The valid access tokens, the newest last.
    pub(crate) fn valid_tokens(&self, now: DateTime<Utc>) -> Vec<(&str, &Granted, DateTime<Utc>)> {
        let valid = self.access.iter().filter(|(_, it)| now < it.expires);
        let mut valid: Vec<_> = valid
            .map(|(token, it)| (token.as_str(), &it.granted, it.expires))
            .collect();
        valid.sort_unstable_by_key(|(token, _, expires)| (*expires, *token));
        valid
    }

    /// How many refresh tokens can still be used.
    pub(crate) fn refresh_tokens(&self) -> usize {
        let unused = |it: &&Refresh| it.replaced.is_none();
        self.refresh.values().filter(unused).count()
    }

    fn lifetime(&self) -> TimeDelta {
        TimeDelta::from_std(self.settings.token_lifetime).unwrap_or(TimeDelta::MAX)
    }
}

/// Parses `application/x-www-form-urlencoded`; a repeated name is an error.
fn parameters(text: &[u8]) -> Result<HashMap<String, String>, String> {
    let mut parameters = HashMap::new();
    for (name, value) in query::pairs(text)? {
        if parameters.insert(name.clone(), value).is_some() {
            return Err(format!("the parameter {name} occurs twice"));
        }
    }
    Ok(parameters)
}

/// The requested scopes, or by default all that the client may have.
fn scopes(requested: Option<&str>, allowed: &[String]) -> Result<Vec<String>, String> {
    let requested = requested.unwrap_or_default();
    if requested.trim().is_empty() {
        return Ok(allowed.to_vec());
    }
    requested
        .split(' ')
        .filter(|scope| !scope.is_empty())
        .map(|scope| {
            let found = allowed.iter().any(|allowed| allowed == scope);
            found
                .then(|| scope.to_owned())
                .ok_or_else(|| format!("the client may not have {scope}"))
        })
        .collect()
}
