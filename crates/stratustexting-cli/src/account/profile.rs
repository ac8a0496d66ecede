//! One profile: the settings of an account, as they are in the file.

use std::{ffi::OsString, fmt};

use serde::{Deserialize, Serialize};

/// A secret in the file; it prints as `[hidden]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

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
}

impl Profile {
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

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}
