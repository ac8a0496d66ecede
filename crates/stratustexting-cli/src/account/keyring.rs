//! A profile's secrets in the desktop's keyring, in place of the file.
//!
//! A profile has two entries there: client secret and API key, and the tokens of its login. The
//! file has the id of both, which is random: profiles of the same name in two folders don't
//! share an entry, and a folder can be moved. The entry has the client's id, too. So a login
//! that is killed between entry and file leaves no secret that another client would use.
//!
//! Whatever the keyring can't do is an error. The file never takes its place by itself.

mod backend;
mod tokens;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(super) use self::tokens::KeyringTokens;
use super::{Profile, Secret};
use crate::failure::{Class, Failure, Result};

/// The entries of one profile, by their id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Keyring(String);

/// What the entry of a profile's secrets has.
#[derive(Serialize, Deserialize)]
struct Secrets {
    client_id: Option<String>,
    client_secret: Option<Secret>,
    api_key: Option<Secret>,
}

/// Why the keyring is of no use. It quotes nothing of what is in there.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The fault's name, as `doctor` has it.
    pub(super) code: &'static str,
    text: String,
}

/// What to do about any fault.
pub(super) const ADVICE: &str = "Start or unlock the keyring, and log in again if that isn't enough; \
    or keep the secrets in the profiles' file: stratus login --no-keyring";

impl Keyring {
    /// An id that no profile has.
    pub(super) fn new() -> Result<Self> {
        let id = getrandom::u64().map_err(|error| Failure::new(Class::Other, error.to_string()))?;
        Ok(Self(format!("{id:016x}")))
    }

    /// Finds out whether the keyring takes an entry and gives it back, before somebody logs in
    /// for it.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let probe = self.entry("check");
        backend::set(&probe, b"probe".to_vec())?;
        let found = backend::get(&probe)?;
        backend::delete(&probe)?;
        match found.as_deref() {
            Some(b"probe") => Ok(()),
            _ => Err(Fault::new(
                "keyring_failed",
                "doesn't give back what it was given",
            )),
        }
    }

    /// Puts client secret and API key into a profile.
    pub(super) fn load(&self, profile: &mut Profile) -> Result<(), Fault> {
        let found = backend::get(&self.entry("secrets"))?;
        let found = found.ok_or_else(|| {
            Fault::new(
                "keyring_empty",
                "doesn't have client secret and API key of this profile",
            )
        })?;
        let secrets: Secrets = serde_json::from_slice(&found).map_err(|_| {
            Fault::new(
                "keyring_unreadable",
                "has something else in place of the profile's secrets",
            )
        })?;
        if secrets.client_id != profile.client_id {
            return Err(Fault::new(
                "keyring_other_client",
                "has the secrets of another client than the profile's",
            ));
        }
        profile.client_secret = secrets.client_secret;
        profile.api_key = secrets.api_key;
        Ok(())
    }

    /// Keeps a profile's client secret and API key.
    pub(super) fn save(&self, profile: &Profile) -> Result<(), Fault> {
        let secrets = Secrets {
            client_id: profile.client_id.clone(),
            client_secret: profile.client_secret.clone(),
            api_key: profile.api_key.clone(),
        };
        let secrets = serde_json::to_vec(&secrets)
            .map_err(|error| Fault::new("keyring_failed", error.to_string()))?;
        backend::set(&self.entry("secrets"), secrets)
    }

    /// Removes all of a profile's entries.
    pub(super) fn remove(&self) -> Result<(), Fault> {
        backend::delete(&self.entry("tokens"))?;
        backend::delete(&self.entry("secrets"))
    }

    /// The name of an entry.
    fn entry(&self, what: &str) -> String {
        format!("{}-{what}", self.0)
    }
}

impl Fault {
    /// Whether the keyring works, and only the secrets in it are of no use.
    pub(super) fn is_about_secrets(&self) -> bool {
        matches!(
            self.code,
            "keyring_empty" | "keyring_other_client" | "keyring_unreadable"
        )
    }

    fn new(code: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { code, text }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the keyring {}", self.text)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::new(Class::SetUp, fault.to_string()).and(ADVICE)
    }
}
