//! Who may post to a callback.

use std::{fmt, net::IpAddr, str::FromStr};

use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

use super::{Rejection, rejection::Kind};
use crate::{Error, Result};

/// Decides who may post to a callback: whoever knows a secret, from a network that is listed.
///
/// The service documents no signature, so nothing proves that a request is its own. These make
/// it hard for others, each in its own way:
///
/// | what | protects against | doesn't against |
/// |---|---|---|
/// | [`path_secret`](Self::path_secret) | whoever only finds the server | whoever sees the URL: in the account, in a proxy's log |
/// | [`header_secret`](Self::header_secret) | the same, where a proxy in front adds the header | the service is not known to send any, so it can't be used alone |
/// | [`network`](Self::network) | everybody else in the world | the service's addresses are UNKNOWN, and may change |
/// | [fetching the message](crate::Messages::get) | an event that was made up: the service has no such message | a copy of an event that there was |
///
/// ```
/// use stratustexting::{http::HeaderMap, webhook::Guard};
///
/// let guard = Guard::new().path_secret("b1946ac92492d234")?;
/// let headers = HeaderMap::new();
///
/// assert!(guard.admit("/hook/b1946ac92492d234", &headers, None).is_ok());
/// let rejection = guard.admit("/hook/guessed", &headers, None).unwrap_err();
/// assert_eq!(rejection.status(), 404);
/// # Ok::<(), stratustexting::Error>(())
/// ```
///
/// With axum, ask it in the handler, before the event is looked at:
///
#[cfg_attr(feature = "axum", doc = "```")]
#[cfg_attr(not(feature = "axum"), doc = "```ignore")]
/// use axum::{extract::State, http::{HeaderMap, Uri}};
/// use stratustexting::webhook::{CallbackResponse, Guard, Incoming};
///
/// async fn hook(
///     State(guard): State<Guard>,
///     uri: Uri,
///     headers: HeaderMap,
///     incoming: Incoming,
/// ) -> CallbackResponse {
///     match guard.admit(uri.path(), &headers, None) {
///         Ok(()) => incoming.response(),
///         Err(rejection) => rejection.into(),
///     }
/// }
/// # let _: axum::Router<Guard> = axum::Router::new().route("/hook/{secret}", axum::routing::any(hook));
/// ```
#[derive(Clone, Default)]
pub struct Guard {
    path: Option<Hash>,
    header: Option<(HeaderName, Hash)>,
    networks: Vec<Network>,
}

/// Of a secret: so it isn't kept, and comparing takes the same time wherever two differ.
type Hash = [u8; 32];

/// Fewer characters can be guessed by trying.
const SHORTEST: usize = 16;

impl Guard {
    /// One that admits everybody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits only requests whose path ends with this segment, as in
    /// `https://hooks.example.com/hook/<secret>`: others get 404, as if there were nothing.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for one of fewer than 16 characters, and for one with others than
    /// letters, digits, `-`, `_`, `.` and `~`, which a URL spells in two ways.
    pub fn path_secret(mut self, secret: impl AsRef<str>) -> Result<Self> {
        self.path = Some(hash_of("path_secret", secret.as_ref())?);
        Ok(self)
    }

    /// Admits only requests with this header and value: others get 403.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for a name that is none, and for a secret as in
    /// [`path_secret`](Self::path_secret).
    pub fn header_secret(mut self, name: &str, secret: impl AsRef<str>) -> Result<Self> {
        let name = HeaderName::from_str(name)
            .map_err(|error| Error::input("header", "must be a name").with_source(error))?;
        self.header = Some((name, hash_of("header_secret", secret.as_ref())?));
        Ok(self)
    }

    /// Admits requests from a network such as `203.0.113.0/24`, or a single address, beside
    /// those of other networks that were added: others get 403.
    ///
    /// The address is that of the connection. Behind a proxy that is the proxy's: take the
    /// client's from the header that the proxy sets, and only if nobody can reach the server
    /// around it.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for a text that is no network.
    pub fn network(mut self, network: &str) -> Result<Self> {
        self.networks.push(network.parse()?);
        Ok(self)
    }

    /// Admits a request, or says how to reject it. `peer` is the address it came from, which
    /// is needed if there are [networks](Self::network).
    ///
    /// # Errors
    ///
    /// A [`Rejection`] with the status 404 for another path, 403 for another header or address.
    pub fn admit(
        &self,
        path: &str,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<(), Rejection> {
        if let Some(secret) = &self.path {
            let path = path.trim_end_matches('/');
            let last = path.rsplit_once('/').map_or(path, |(_, last)| last);
            if !is_same(secret, &hash(last.as_bytes())) {
                return Err(Rejection::new(Kind::NotFound));
            }
        }
        if let Some((name, secret)) = &self.header {
            let value = headers.get(name).map_or(&b""[..], |value| value.as_bytes());
            if !is_same(secret, &hash(value)) {
                return Err(Rejection::new(Kind::Forbidden));
            }
        }
        let is_listed = |peer: IpAddr| self.networks.iter().any(|network| network.has(peer));
        if self.networks.is_empty() || peer.is_some_and(is_listed) {
            return Ok(());
        }
        Err(Rejection::new(Kind::Forbidden))
    }
}

fn hash_of(field: &'static str, secret: &str) -> Result<Hash> {
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.~".contains(&letter);
    if secret.len() < SHORTEST || !secret.bytes().all(is_plain) {
        return Err(Error::input(
            field,
            "must have at least 16 characters, each a letter, a digit, `-`, `_`, `.` or `~`",
        ));
    }
    Ok(hash(secret.as_bytes()))
}

fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Looks at all bytes, whatever they are.
fn is_same(one: &Hash, other: &Hash) -> bool {
    let differences = one.iter().zip(other).map(|(one, other)| one ^ other);
    differences.fold(0, |all, difference| all | difference) == 0
}

/// The addresses that begin alike.
#[derive(Clone, Copy)]
struct Network {
    first: IpAddr,
    /// How many bits are alike.
    prefix: u32,
}

impl Network {
    fn has(self, address: IpAddr) -> bool {
        // An address of version 4 comes in one of version 6 to a socket that takes both.
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differences = u32::from(first) ^ u32::from(address);
                differences.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differences = u128::from(first) ^ u128::from(address);
                differences.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || {
            Error::input(
                "network",
                "must be an address, or one with a prefix: 203.0.113.0/24",
            )
        };
        let (first, prefix) = match text.split_once('/') {
            Some((first, prefix)) => (first, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = first.parse().map_err(|_| refused())?;
        let all = if first.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| refused())?,
            None => all,
        };
        if prefix > all {
            return Err(refused());
        }
        Ok(Self { first, prefix })
    }
}

/// Shows no secret, and no hash of one.
impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("path_secret", &self.path.is_some())
            .field("header_secret", &self.header.as_ref().map(|(name, _)| name))
            .field("networks", &self.networks.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "canary-0123456789";

    fn status(guard: &Guard, path: &str, headers: &[(&str, &str)], peer: Option<&str>) -> u16 {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let peer = peer.map(|peer| peer.parse().unwrap());
        guard
            .admit(path, &headers, peer)
            .map_or_else(|rejection| rejection.status().as_u16(), |()| 200)
    }

    #[test]
    fn the_path_ends_with_the_secret() {
        let guard = Guard::new().path_secret(SECRET).unwrap();
        for (path, expected) in [
            ("/hook/canary-0123456789", 200),
            ("/canary-0123456789/", 200),
            ("canary-0123456789", 200),
            ("/hook/canary-012345678", 404),
            ("/hook/canary-01234567890", 404),
            ("/canary-0123456789/hook", 404),
            ("/hook/CANARY-0123456789", 404),
            ("/", 404),
            ("", 404),
        ] {
            assert_eq!(status(&guard, path, &[], None), expected, "{path}");
        }
    }

    #[test]
    fn the_header_has_the_secret() {
        let guard = Guard::new().header_secret("X-Hook", SECRET).unwrap();

        assert_eq!(status(&guard, "/", &[("x-hook", SECRET)], None), 200);
        assert_eq!(status(&guard, "/", &[("x-hook", "other")], None), 403);
        assert_eq!(status(&guard, "/", &[], None), 403);
        assert!(Guard::new().header_secret("no name", SECRET).is_err());
    }

    #[test]
    fn the_address_is_in_a_network() {
        let guard = Guard::new();
        let guard = guard.network("203.0.113.0/24").unwrap();
        let guard = guard.network("2001:db8::/32").unwrap();
        let guard = guard.network("198.51.100.7").unwrap();
        for (peer, expected) in [
            (Some("203.0.113.255"), 200),
            (Some("::ffff:203.0.113.1"), 200),
            (Some("2001:db8:1::1"), 200),
            (Some("198.51.100.7"), 200),
            (Some("198.51.100.8"), 403),
            (Some("203.0.114.0"), 403),
            (Some("2001:db9::1"), 403),
            (None, 403),
        ] {
            assert_eq!(status(&guard, "/", &[], peer), expected, "{peer:?}");
        }
        let all = Guard::new().network("0.0.0.0/0").unwrap();
        assert_eq!(status(&all, "/", &[], Some("8.8.8.8")), 200);
        for text in [
            "",
            "203.0.113.0/33",
            "203.0.113/24",
            "example.com",
            "::/129",
            "1.2.3.4/",
        ] {
            let error = Guard::new().network(text).unwrap_err();
            assert_eq!(error.field(), Some("network"), "{text}");
        }
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        for secret in [
            "",
            "short",
            "with a space in it",
            "with/slash/in/it/",
            "ümlauts-ümlauts",
        ] {
            let error = Guard::new().path_secret(secret).unwrap_err();
            assert_eq!(error.field(), Some("path_secret"), "{secret}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let guard = Guard::new().path_secret(SECRET).unwrap();
        let guard = guard.header_secret("x-hook", SECRET).unwrap();
        let rejection = guard.admit("/canary", &HeaderMap::new(), None).unwrap_err();

        let shown = format!("{guard:?} {rejection:?} {rejection}");

        assert!(!shown.contains("canary"), "{shown}");
    }
}
