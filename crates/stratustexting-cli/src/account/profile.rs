//! One profile: the settings of an account, as they are in the file.

use std::{ffi::OsString, fmt};

use serde::{Deserialize, Serialize};

use super::keyring::{Fault, Keyring};

/// A secret in the file; it prints as `[hidden]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

/// The grant by which a program logs in as itself.
pub(super) const MACHINE: &str = "client_credentials";
/// The grant by which a person logs in; it is the default one.
pub(super) const USER: &str = "authorization_code";

/// The names are those of the SDK's variables, without `STRATUS_`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Profile {
    /// `stratustexting` if it isn't stated.
    pub(crate) brand: Option<String>,
    /// `authorization_code` if it isn't stated.
    pub(crate) grant: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) api_key: Option<Secret>,
    /// The number that sends.
    pub(crate) sender: Option<String>,
    /// Where numbers without a country's code are from.
    pub(crate) region: Option<String>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) api_base: Option<String>,
    pub(crate) authorize_url: Option<String>,
    pub(crate) token_url: Option<String>,
    pub(crate) allow_plain_http: Option<String>,
    /// The control API, if it is a sandbox's account.
    pub(crate) control_url: Option<String>,
    /// Where client secret, API key and tokens are, if they aren't in files.
    pub(crate) keyring: Option<Keyring>,
}

impl Profile {
    /// Takes a setting by the name of its variable; `false` if a profile has no such setting.
    pub(super) fn set(&mut self, variable: &str, value: String) -> bool {
        let field = match variable {
            "STRATUS_CLIENT_SECRET" => {
                self.client_secret = Some(Secret::new(value));
                return true;
            }
            "STRATUS_API_KEY" => {
                self.api_key = Some(Secret::new(value));
                return true;
            }
            "STRATUS_BRAND" => &mut self.brand,
            "STRATUS_GRANT" => &mut self.grant,
            "STRATUS_CLIENT_ID" => &mut self.client_id,
            "STRATUS_SENDER" => &mut self.sender,
            "STRATUS_REGION" => &mut self.region,
            "STRATUS_REDIRECT_URI" => &mut self.redirect_uri,
            "STRATUS_API_BASE" => &mut self.api_base,
            "STRATUS_AUTHORIZE_URL" => &mut self.authorize_url,
            "STRATUS_TOKEN_URL" => &mut self.token_url,
            "STRATUS_ALLOW_PLAIN_HTTP" => &mut self.allow_plain_http,
            "STRATUS_CONTROL_URL" => &mut self.control_url,
            _ => return false,
        };
        *field = Some(value);
        true
    }

    /// The variables of what is required and isn't there.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let required = [
            ("STRATUS_CLIENT_ID", self.client_id.is_some()),
            ("STRATUS_CLIENT_SECRET", self.client_secret.is_some()),
            ("STRATUS_API_KEY", self.api_key.is_some()),
        ];
        let missing = required.into_iter().filter(|(_, is_set)| !is_set);
        missing.map(|(name, _)| name).collect()
    }

    /// The profile as the file has it: what the keyring has isn't in there.
    pub(super) fn for_file(mut self) -> Self {
        if self.keyring.is_some() {
            self.client_secret = None;
            self.api_key = None;
        }
        self
    }

    /// The profile with its secrets, wherever they are.
    pub(super) fn opened(mut self) -> Result<Self, Fault> {
        if let Some(keyring) = self.keyring.clone() {
            keyring.load(&mut self)?;
        }
        Ok(self)
    }

    pub(super) fn is_for_machines(&self) -> bool {
        self.grant.as_deref() == Some(MACHINE)
    }

    /// The same settings for the SDK.
    pub(super) fn variables(&self) -> Vec<(&'static str, OsString)> {
        let secret = |secret: &Option<Secret>| secret.as_ref().map(|it| it.0.clone());
        let all = [
            ("STRATUS_BRAND", self.brand.clone()),
            ("STRATUS_GRANT", self.grant.clone()),
            ("STRATUS_CLIENT_ID", self.client_id.clone()),
            ("STRATUS_CLIENT_SECRET", secret(&self.client_secret)),
            ("STRATUS_API_KEY", secret(&self.api_key)),
            ("STRATUS_SENDER", self.sender.clone()),
            ("STRATUS_API_BASE", self.api_base.clone()),
            ("STRATUS_AUTHORIZE_URL", self.authorize_url.clone()),
            ("STRATUS_TOKEN_URL", self.token_url.clone()),
            ("STRATUS_ALLOW_PLAIN_HTTP", self.allow_plain_http.clone()),
        ];
        let set = all.into_iter();
        set.filter_map(|(name, value)| Some((name, value?.into())))
            .collect()
    }
}

impl Secret {
    pub(crate) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}
