//! The account that a command uses: a profile of the file, or the environment.
//!
//! Both are the same few settings, those of the SDK's `ClientBuilder::from_env`. They aren't
//! mixed: an id of the one with a secret of the other would be nobody's account. Only what isn't
//! part of the account's identity, the sender, may be set in the environment beside a profile.

pub(crate) mod doctor;
mod findings;
mod keyring;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod manage;
mod profile;
mod profiles;
mod secrets;
mod settings;
mod shown;
pub(crate) mod whoami;

use std::{
    ffi::{OsStr, OsString},
    fmt,
    sync::Arc,
};

use stratustexting::{
    Client, ClientBuilder,
    auth::{FileTokenStore, TokenStore},
};

use self::keyring::{Fault, KeyringTokens};
pub(crate) use self::{
    findings::Finding,
    profile::{Profile, Secret},
    profiles::{Profiles, check_name, home, token_file},
    shown::{
        ChosenProfile, ListedProfile, LoggedIn, LoggedOut, RemovedProfile, ShownProfile,
        UsedAccount,
    },
};
use crate::{
    context::variable,
    failure::{Class, Failure, Result},
};

/// The settings of one account.
#[derive(Clone)]
pub(crate) struct Account {
    /// The profile's name; `None` if the account is the environment's.
    pub(crate) name: Option<String>,
    /// Where its numbers without a country's code are from.
    pub(crate) region: Option<String>,
    /// A sandbox's control API, if the account is a sandbox's.
    pub(crate) control_url: Option<String>,
    /// The redirect URI that is registered for a login.
    pub(crate) redirect_uri: Option<String>,
    /// Its tokens, if they are in the keyring; the secrets are there, too.
    keyring: Option<KeyringTokens>,
    variables: Vec<(&'static str, OsString)>,
}

/// Where the login page sends the browser, unless something else is registered.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:8400/callback";

/// What says that the environment has an account.
const IDENTITY: [&str; 3] = [
    "STRATUS_CLIENT_ID",
    "STRATUS_CLIENT_SECRET",
    "STRATUS_API_KEY",
];

/// What the SDK reads besides.
const OTHERS: [&str; 8] = [
    "STRATUS_GRANT",
    "STRATUS_BRAND",
    "STRATUS_TOKEN_FILE",
    "STRATUS_SENDER",
    "STRATUS_API_BASE",
    "STRATUS_AUTHORIZE_URL",
    "STRATUS_TOKEN_URL",
    "STRATUS_ALLOW_PLAIN_HTTP",
];

impl Account {
    /// The profile of that name; without a name the environment's account, if it has one, and
    /// the default profile otherwise.
    pub(crate) fn find(profile: Option<String>) -> Result<Self> {
        if profile.is_none() && environment_has_one() {
            return Ok(Self::of_environment());
        }
        if profile.is_some() {
            // Without a folder there is no profile, and the reason helps more than that.
            home()?;
        }
        let profiles = Profiles::read()?;
        let name = match profile.or_else(|| profiles.default_name()) {
            Some(name) => name,
            None if profiles.profiles.is_empty() => {
                return Err(Failure::new(
                    Class::SetUp,
                    "there is no account yet. `stratus login` makes a profile of one, and \
                     `stratus sandbox` lets you try everything without; or set \
                     STRATUS_CLIENT_ID, STRATUS_CLIENT_SECRET and STRATUS_API_KEY",
                ));
            }
            None => return Err(profiles.ambiguous()),
        };
        let profile = profiles.get(&name)?;
        Self::of_profile(&name, profile)
    }

    fn of_environment() -> Self {
        let names = IDENTITY.iter().chain(&OTHERS);
        let set = names.filter_map(|name| Some((*name, std::env::var_os(name)?)));
        Self {
            name: None,
            region: variable("STRATUS_REGION"),
            control_url: variable("STRATUS_CONTROL_URL"),
            redirect_uri: variable("STRATUS_REDIRECT_URI"),
            keyring: None,
            variables: set.collect(),
        }
    }

    pub(crate) fn of_profile(name: &str, profile: &Profile) -> Result<Self> {
        let mut variables = profile.variables();
        let tokens = token_file(name)?;
        let keyring = profile.keyring.clone();
        let keyring = keyring.map(|keyring| KeyringTokens::new(keyring, &tokens));
        if keyring.is_none() {
            variables.push(("STRATUS_TOKEN_FILE", tokens.into()));
        }
        if let Some(sender) = variable("STRATUS_SENDER") {
            variables.push(("STRATUS_SENDER", sender.into()));
        }
        Ok(Self {
            name: Some(name.to_owned()),
            region: profile.region.clone(),
            control_url: profile.control_url.clone(),
            redirect_uri: profile.redirect_uri.clone(),
            keyring,
            variables,
        })
    }

    pub(crate) fn builder(&self) -> Result<ClientBuilder> {
        let mut account = self.clone();
        account.unlock()?;
        Ok(account.unlocked_builder()?)
    }

    pub(crate) fn client(&self) -> Result<Client> {
        Ok(self.builder()?.build()?)
    }

    /// Gets the secrets out of the keyring, if that is where they are.
    fn unlock(&mut self) -> Result<(), Fault> {
        let Some(tokens) = &self.keyring else {
            return Ok(());
        };
        if self.raw("STRATUS_CLIENT_SECRET").is_some() {
            return Ok(());
        }
        let mut found = Profile {
            client_id: self.get("STRATUS_CLIENT_ID").map(str::to_owned),
            ..Profile::default()
        };
        tokens.keyring().load(&mut found)?;
        self.variables.extend(found.variables());
        Ok(())
    }

    /// The builder with the SDK's own error, which names the setting.
    fn unlocked_builder(&self) -> stratustexting::Result<ClientBuilder> {
        let builder = ClientBuilder::from_variables(self.variables.clone())?;
        Ok(match &self.keyring {
            Some(tokens) => builder.token_store(tokens.clone()),
            None => builder,
        })
    }

    /// Where its login is kept, if it is.
    fn token_store(&self) -> Option<Arc<dyn TokenStore>> {
        if let Some(tokens) = &self.keyring {
            return Some(Arc::new(tokens.clone()));
        }
        let file = self.get("STRATUS_TOKEN_FILE")?;
        Some(Arc::new(FileTokenStore::new(file)))
    }

    /// Where a profile's secrets are, as a stable name.
    fn secrets_are_in(&self) -> Option<&'static str> {
        self.name.as_ref()?;
        Some(match self.keyring {
            Some(_) => "keyring",
            None => "file",
        })
    }

    /// Whether the program logs in as itself.
    pub(crate) fn is_for_machines(&self) -> bool {
        self.get("STRATUS_GRANT") == Some(profile::MACHINE)
    }

    /// The redirect URI of a login.
    pub(crate) fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_deref().unwrap_or(REDIRECT_URI)
    }

    /// What a person calls it.
    pub(crate) fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("the profile {name:?}"),
            None => "the environment's account".to_owned(),
        }
    }

    pub(crate) fn sender(&self) -> Option<&str> {
        self.get("STRATUS_SENDER")
    }

    /// A setting by the name of its variable. The last one counts, as it does in the SDK.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name)?.to_str()
    }

    /// The same, whatever is in it. An empty one counts as not set.
    fn raw(&self, name: &str) -> Option<&OsStr> {
        let mut set = self.variables.iter().rev();
        let (_, value) = set.find(|(it, _)| *it == name)?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }
}

/// Whether the environment has an account, or a part of one.
fn environment_has_one() -> bool {
    IDENTITY.iter().any(|name| variable(name).is_some())
}

/// A client's id as far as it is needed to tell it from others.
fn shortened(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    match characters.as_slice() {
        [first @ .., _, _, _, _] if first.len() >= 8 => {
            let first: String = first[..4].iter().collect();
            let last: String = characters[characters.len() - 4..].iter().collect();
            format!("{first}…{last}")
        }
        _ => id.to_owned(),
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
