//! What every command gets: the account, the region of numbers, and where to print.

use std::sync::OnceLock;

use clap::Args;
use stratustexting::{Client, PhoneNumber};

use crate::{
    account::Account,
    failure::{Class, Failure, Result},
    numbers,
    output::Output,
};

/// The options of all commands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Prints one JSON object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The account's profile [env: STRATUS_PROFILE]
    #[arg(long, short = 'p', global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Country of local numbers [env: STRATUS_REGION]
    #[arg(long, global = true, value_name = "COUNTRY")]
    pub(crate) region: Option<String>,
    /// Shows calls on standard error; -vv attempts, too
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

pub(crate) struct Context {
    pub(crate) output: Output,
    profile: Option<String>,
    region: Option<String>,
    /// The region of numbers, once a command has asked for it: a file may have many of them.
    used_region: OnceLock<Option<String>>,
    /// The client, once a command has asked for it.
    client: OnceLock<Client>,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        Self {
            output: Output::new(global.json),
            profile: global.profile,
            region: global.region,
            used_region: OnceLock::new(),
            client: OnceLock::new(),
        }
    }

    /// The profile that was named, by the option or the environment.
    pub(crate) fn profile(&self) -> Option<String> {
        self.profile.clone().or_else(|| variable("STRATUS_PROFILE"))
    }

    /// The region that was given by the option.
    pub(crate) fn stated_region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The account that commands use: the named profile, the environment's, or the default
    /// profile.
    pub(crate) fn account(&self) -> Result<Account> {
        Account::find(self.profile())
    }

    /// The failure, with what it is likely to mean for this account.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        let is_sandbox = || self.account().is_ok_and(|it| it.control_url.is_some());
        match failure.is_unreachable() && is_sandbox() {
            true => failure.and("Is `stratus sandbox` running?"),
            false => failure,
        }
    }

    pub(crate) fn client(&self) -> Result<Client> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = self.account()?.client()?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Waits for what the client still does at the end of a command, however it ended: a token
    /// that is renewed at this moment must reach the store.
    pub(crate) async fn settle(&self) {
        if let Some(client) = self.client.get() {
            client.auth().wait_for_renewal().await;
        }
    }

    /// The region of numbers: the option's, the environment's, or the profile's.
    pub(crate) fn region(&self) -> Option<&str> {
        let used = self.used_region.get_or_init(|| {
            let stated = self.region.clone().or_else(|| variable("STRATUS_REGION"));
            stated.or_else(|| self.account().ok()?.region)
        });
        used.as_deref()
    }

    /// Reads a number as people write it. `field` is the argument's name.
    pub(crate) fn number(&self, field: &str, written: &str) -> Result<PhoneNumber> {
        numbers::read(field, written, self.region())
    }

    /// The account's number that sends.
    pub(crate) fn sender(&self) -> Result<PhoneNumber> {
        let account = self.account()?;
        let sender = account.sender().ok_or_else(|| {
            Failure::new(
                Class::SetUp,
                "there is no number to send from: say --from, set STRATUS_SENDER, or put one into \
                 the profile by `stratus profiles set --sender NUMBER`",
            )
        })?;
        sender
            .parse()
            .map_err(|error| Failure::new(Class::SetUp, format!("the sender: {error}")))
    }
}

/// A variable of the environment; an empty one counts as not set.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
