//! The registered clients, like those of the product's page "API Connect".

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::SCOPES;
use crate::{
    data::{Change, Content, Kind, Records, Row},
    ids::Ids,
};

/// A way to get a token (RFC 6749).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Grant {
    /// A user logs in; the login is renewed by a refresh token.
    AuthorizationCode,
    /// The program gets a token for itself.
    ClientCredentials,
}

/// A client to register. By default it may use all grants and scopes, and has no redirect
/// URI.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewClient {
    name: String,
    redirect_uris: Vec<String>,
    grants: Vec<Grant>,
    scopes: Vec<String>,
}

impl Default for NewClient {
    fn default() -> Self {
        Self {
            name: "Example".to_owned(),
            redirect_uris: Vec::new(),
            grants: vec![Grant::AuthorizationCode, Grant::ClientCredentials],
            scopes: SCOPES.map(str::to_owned).to_vec(),
        }
    }
}

impl NewClient {
    /// The name that the login page shows.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The allowed redirect URIs. One to a loopback address without a port matches every
    /// port (RFC 8252, section 7.3); any other must match exactly.
    #[must_use]
    pub fn redirect_uris<S: Into<String>>(mut self, uris: impl IntoIterator<Item = S>) -> Self {
        self.redirect_uris = uris.into_iter().map(Into::into).collect();
        self
    }

    /// The grants that it may use. The real service gives a client only one of them.
    #[must_use]
    pub fn grants(mut self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.grants = grants.into_iter().collect();
        self
    }

    /// The scopes that it may have.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// # Errors
    ///
    /// When a redirect URI or a scope is invalid.
    pub(crate) fn check(&self) -> Result<(), String> {
        for uri in &self.redirect_uris {
            let url = Url::parse(uri).map_err(|error| format!("redirect URI {uri}: {error}"))?;
            let scheme_fits = url.scheme() == "https" || is_loopback(&url) || !url.has_host();
            if !scheme_fits || url.fragment().is_some() {
                return Err(format!(
                    "redirect URI {uri}: it must be https, or http to this machine, without a fragment"
                ));
            }
        }
        match self
            .scopes
            .iter()
            .find(|scope| !SCOPES.contains(&scope.as_str()))
        {
            Some(scope) => Err(format!("there is no scope {scope}; there are {SCOPES:?}")),
            None => Ok(()),
        }
    }
}

/// The credentials of a registered client.
#[derive(Clone, JsonSchema, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegisteredClient {
    /// The client's id: 26 letters and digits, like Cognito's.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: String,
    /// The value of the header `x-api-key`.
    pub api_key: String,
}

impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) registered: RegisteredClient,
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    redirect_uris: Vec<String>,
    grants: Vec<Grant>,
}

#[derive(Default)]
pub(crate) struct Clients {
    by_id: Records<Client>,
}

impl Clients {
    pub(crate) fn add(&mut self, ids: &mut Ids, client: NewClient) -> RegisteredClient {
        let registered = RegisteredClient {
            client_id: ids.alphanumeric(26),
            client_secret: ids.alphanumeric(52),
            api_key: ids.alphanumeric(40),
        };
        self.by_id.insert(
            registered.client_id.clone(),
            Client {
                registered: registered.clone(),
                name: client.name,
                scopes: client.scopes,
                redirect_uris: client.redirect_uris,
                grants: client.grants,
            },
        );
        registered
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Client> {
        self.by_id.get(id)
    }

    /// The client that every sandbox has.
    pub(crate) fn first(&self) -> Option<&RegisteredClient> {
        self.by_id.first().map(|(_, client)| &client.registered)
    }

    /// Remembers changes from now on, and that all are new.
    pub(crate) fn track_as_new(&mut self) {
        self.by_id.track_as_new();
    }

    pub(crate) fn take_changes(&mut self, changes: &mut Vec<Change>) {
        self.by_id.take(Kind::Client, changes, Content::json);
    }

    /// The ready-made client keeps the redirect URIs that the sandbox was started with.
    ///
    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore(&mut self, rows: Vec<Row>) -> Result<(), String> {
        let mut first = self.by_id.first().map(|(_, it)| it.redirect_uris.clone());
        self.by_id = Records::restore(rows, |row| {
            let mut client: Client = row.value()?;
            if let Some(uris) = first.take() {
                client.redirect_uris = uris;
            }
            Ok(client)
        })?;
        if self.by_id.is_empty() {
            return Err("it has no record of its client".to_owned());
        }
        Ok(())
    }

    pub(crate) fn has_api_key(&self, key: &[u8]) -> bool {
        let mut clients = self.by_id.values();
        clients.any(|client| client.registered.api_key.as_bytes() == key)
    }
}

impl Client {
    pub(crate) fn may_use(&self, grant: Grant) -> bool {
        self.grants.contains(&grant)
    }

    pub(crate) fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| matches(registered, uri))
    }
}

fn matches(registered: &str, uri: &str) -> bool {
    if registered == uri {
        return true;
    }
    let (Ok(registered), Ok(mut uri)) = (Url::parse(registered), Url::parse(uri)) else {
        return false;
    };
    is_loopback(&registered)
        && registered.port().is_none()
        && uri.set_port(None).is_ok()
        && registered == uri
}

/// Whether a URL leads to this machine, by `http`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http" && is_this_host(url)
}

/// Whether a URL leads to this machine.
pub(crate) fn is_this_host(url: &Url) -> bool {
    match url.host() {
        // The dot marks the name as complete.
        Some(Host::Domain(name)) => matches!(name, "localhost" | "localhost."),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn redirect_uris_match_exactly_except_for_a_loopback_port() {
        for (registered, uri, fits) in [
            ("https://a.example/cb", "https://a.example/cb", true),
            ("https://a.example/cb", "https://a.example/cb/", false),
            ("https://a.example/cb", "https://a.example/cb?x=1", false),
            ("https://a.example/cb", "https://a.example:8443/cb", false),
            ("https://a.example/cb", "https://a.example.evil/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:4711/cb", true),
            ("http://localhost/cb", "http://localhost:4711/cb", true),
            ("http://localhost./cb", "http://localhost.:4711/cb", true),
            ("http://localhost/cb", "http://127.0.0.1:4711/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:4711/other", false),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1:4711/cb", true),
            (
                "http://127.0.0.1:8000/cb",
                "http://127.0.0.1:4711/cb",
                false,
            ),
            (
                "http://127.0.0.1/cb",
                "http://127.0.0.1@evil.example/cb",
                false,
            ),
        ] {
            assert_eq!(matches(registered, uri), fits, "{registered} {uri}");
        }
    }
}
