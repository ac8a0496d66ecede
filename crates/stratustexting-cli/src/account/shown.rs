//! What the commands of accounts print with `--json`. `stratus schema` describes it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, Profile, profile::USER, shortened};

/// A login that worked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LoggedIn {
    profile: Option<String>,
    /// `authorization_code` or `client_credentials`.
    grant: String,
    /// A part of it.
    client_id: Option<String>,
    logged_in: bool,
    /// Where client secret, API key and tokens are: `file` or `keyring`.
    secrets: Option<String>,
    /// Whether the service accepts the API key; `null` if that couldn't be found out.
    api_key_accepted: Option<bool>,
}

/// A login that was forgotten.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LoggedOut {
    pub(super) profile: Option<String>,
    pub(super) logged_in: bool,
    /// Whether the profile was removed, too.
    pub(super) forgotten: bool,
}

/// What may be shown of an account.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownAccount {
    /// `null` if the account is the environment's.
    pub(super) profile: Option<String>,
    pub(super) brand: String,
    /// `authorization_code` or `client_credentials`.
    pub(super) grant: String,
    pub(super) sender: Option<String>,
    /// Where numbers without a country's code are from.
    pub(super) region: Option<String>,
    /// A part of it.
    pub(super) client_id: Option<String>,
    /// Where client secret, API key and tokens are: `file` or `keyring`; `null` if the account
    /// is the environment's.
    pub(super) secrets: Option<String>,
    pub(super) redirect_uri: Option<String>,
    pub(super) api_base: Option<String>,
    pub(super) authorize_url: Option<String>,
    pub(super) token_url: Option<String>,
    pub(super) allow_plain_http: Option<String>,
}

/// The account that commands use.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UsedAccount {
    #[serde(flatten)]
    pub(super) account: ShownAccount,
    pub(super) logged_in: bool,
    /// Whether the service accepts it; `null` without `--check`.
    pub(super) accepted: Option<bool>,
}

/// A profile in the list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedProfile {
    #[serde(flatten)]
    pub(super) account: ShownAccount,
    /// Whether commands use it if none is named.
    pub(super) default: bool,
    /// `null` if the profile is unusable.
    pub(super) logged_in: Option<bool>,
}

/// A profile's settings, without its secrets.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownProfile {
    #[serde(flatten)]
    pub(super) account: ShownAccount,
    /// Of a sandbox.
    control_url: Option<String>,
    /// `null` if it would be in the keyring, which isn't asked.
    pub(super) has_client_secret: Option<bool>,
    /// `null` if it would be in the keyring, which isn't asked.
    pub(super) has_api_key: Option<bool>,
}

/// The profile that commands use from now on if none is named.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChosenProfile {
    pub(super) profile: String,
    pub(super) default: bool,
}

/// A profile that is gone.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RemovedProfile {
    pub(super) profile: String,
    pub(super) removed: bool,
}

impl LoggedIn {
    pub(super) fn new(account: &Account, api_key_accepted: Option<bool>) -> Self {
        Self {
            profile: account.name.clone(),
            grant: grant(account),
            client_id: account.get("STRATUS_CLIENT_ID").map(shortened),
            logged_in: true,
            secrets: account.secrets_are_in().map(str::to_owned),
            api_key_accepted,
        }
    }
}

impl ShownAccount {
    pub(super) fn new(account: &Account, region: Option<&str>) -> Self {
        let setting = |name| account.get(name).map(str::to_owned);
        Self {
            profile: account.name.clone(),
            brand: setting("STRATUS_BRAND").unwrap_or_else(|| "stratustexting".to_owned()),
            grant: grant(account),
            sender: account.sender().map(str::to_owned),
            region: region.map(str::to_owned),
            client_id: account.get("STRATUS_CLIENT_ID").map(shortened),
            secrets: account.secrets_are_in().map(str::to_owned),
            redirect_uri: account.redirect_uri.clone(),
            api_base: setting("STRATUS_API_BASE"),
            authorize_url: setting("STRATUS_AUTHORIZE_URL"),
            token_url: setting("STRATUS_TOKEN_URL"),
            allow_plain_http: setting("STRATUS_ALLOW_PLAIN_HTTP"),
        }
    }

    /// The settings of the file, whatever the environment says.
    pub(super) fn of_profile(account: &Account, profile: &Profile) -> Self {
        Self {
            sender: profile.sender.clone(),
            ..Self::new(account, profile.region.as_deref())
        }
    }
}

impl ShownProfile {
    pub(super) fn new(account: &Account, profile: &Profile) -> Self {
        let is_known = profile.keyring.is_none();
        Self {
            account: ShownAccount::of_profile(account, profile),
            control_url: profile.control_url.clone(),
            has_client_secret: is_known.then_some(profile.client_secret.is_some()),
            has_api_key: is_known.then_some(profile.api_key.is_some()),
        }
    }
}

fn grant(account: &Account) -> String {
    account.get("STRATUS_GRANT").unwrap_or(USER).to_owned()
}
