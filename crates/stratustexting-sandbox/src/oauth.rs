//! The OAuth server: who may have which token.
//!
//! It answers as Amazon Cognito does, as far as the real one's answers are known: the
//! vendor's error words and paths are Cognito's.
//!
//! - `authorize.rs`: the login page and the code that comes of it.
//! - `token.rs`: the token endpoint.
//! - `grace.rs`: a refresh token that comes once more, just after it was replaced.
//! - `clients.rs`: the registered programs.

mod authorize;
mod clients;
mod grace;
mod token;

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

pub use self::clients::{Grant, NewClient, Registered};
pub(crate) use self::clients::{is_loopback, leads_here};
pub(crate) use self::{authorize::authorize, clients::Clients, token::token};
use crate::{ids::Ids, query};

/// The scopes that there are; UNKNOWN is whether every brand has the same.
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
    /// How long a refresh token that was replaced brings its successor once more.
    pub(crate) refresh_token_grace: Duration,
    /// How long after the login a refresh token is good, whatever took its place since.
    pub(crate) refresh_token_lifetime: Duration,
    /// Whether the second exchange of a code ends what the first one brought.
    pub(crate) code_reuse_ends_login: bool,
    pub(crate) redirect_uris: Vec<String>,
}

/// The server's state. It has no `Debug`, since it is made of secrets.
pub(crate) struct Server {
    pub(crate) clients: Clients,
    /// The one user.
    pub(crate) username: String,
    pub(crate) password: String,
    settings: Settings,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    logins: u64,
}

/// What a login, or a client of its own, was granted.
#[derive(Clone)]
pub(crate) struct Granted {
    client: String,
    pub(crate) scopes: Vec<String>,
    /// Which login it goes back to: all its tokens are revoked together.
    login: u64,
    /// When a user logged in; none where the client is on its own.
    signed_in: Option<DateTime<Utc>>,
}

impl Granted {
    /// Whether it was a user who logged in.
    pub(crate) fn is_users(&self) -> bool {
        self.signed_in.is_some()
    }
}

struct Code {
    granted: Granted,
    redirect_uri: String,
    challenge: Option<token::Challenge>,
    expires: DateTime<Utc>,
    used: bool,
}

struct Access {
    granted: Granted,
    expires: DateTime<Utc>,
}

struct Refresh {
    granted: Granted,
    /// It was rotated: another took its place.
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
            password: ids.word(16),
            settings,
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            logins: 0,
        }
    }

    /// What an access token stands for, as long as it is good.
    pub(crate) fn granted(&self, token: &str, now: DateTime<Utc>) -> Option<&Granted> {
        let access = self.access.get(token)?;
        (now < access.expires).then_some(&access.granted)
    }

    /// Whether the login is still one that can be renewed. Refreshing doesn't prolong it,
    /// which is what is documented of Cognito.
    fn can_be_renewed(&self, granted: &Granted, now: DateTime<Utc>) -> bool {
        let lifetime = TimeDelta::from_std(self.settings.refresh_token_lifetime);
        let lifetime = lifetime.unwrap_or(TimeDelta::MAX);
        let age = granted.signed_in.map(|signed_in| now - signed_in);
        age.is_none_or(|age| age < lifetime)
    }

    pub(crate) fn expire_access_tokens(&mut self, now: DateTime<Utc>) {
        for access in self.access.values_mut() {
            access.expires = access.expires.min(now);
        }
    }

    pub(crate) fn revoke_access_tokens(&mut self) {
        self.access.clear();
    }

    pub(crate) fn revoke_refresh_tokens(&mut self) {
        self.refresh.clear();
    }

    fn revoke_login(&mut self, login: u64) {
        self.access
            .retain(|_, access| access.granted.login != login);
        self.refresh
            .retain(|_, refresh| refresh.granted.login != login);
    }

    fn next_login(&mut self) -> u64 {
        self.logins += 1;
        self.logins
    }

    fn issue_access(&mut self, ids: &mut Ids, granted: Granted, now: DateTime<Utc>) -> String {
        let lifetime = self.lifetime();
        // A token that is long over says the same as one that never was.
        if self.access.len() > 10_000 {
            self.access.retain(|_, access| now < access.expires);
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
        let token = ids.word(64);
        let refresh = Refresh {
            granted,
            replaced: None,
        };
        self.refresh.insert(token.clone(), refresh);
        token
    }

    fn lifetime(&self) -> TimeDelta {
        TimeDelta::from_std(self.settings.token_lifetime).unwrap_or(TimeDelta::MAX)
    }
}

/// Reads `application/x-www-form-urlencoded`; a name that comes twice is an error.
fn parameters(text: &[u8]) -> Result<HashMap<String, String>, String> {
    let mut parameters = HashMap::new();
    for (name, value) in query::pairs(text)? {
        if parameters.insert(name.clone(), value).is_some() {
            return Err(format!("the parameter {name} is there twice"));
        }
    }
    Ok(parameters)
}

/// The scopes that are asked for, or all that the client may have.
fn scopes(asked: Option<&str>, allowed: &[String]) -> Result<Vec<String>, String> {
    let asked = asked.unwrap_or_default();
    if asked.trim().is_empty() {
        return Ok(allowed.to_vec());
    }
    asked
        .split(' ')
        .filter(|scope| !scope.is_empty())
        .map(|scope| {
            let found = allowed.iter().any(|allowed| allowed == scope);
            found
                .then(|| scope.to_owned())
                .ok_or_else(|| format!("the client can't have {scope}"))
        })
        .collect()
}
