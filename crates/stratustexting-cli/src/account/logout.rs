//! `stratus logout`

use std::process::ExitCode;

use clap::Args;
use stratustexting::auth::TokenStore;

use super::{Account, LoggedOut, Profiles, keyring::ADVICE};
use crate::{
    context::Context,
    failure::{Class, Failure, Result},
};

#[derive(Debug, Args)]
#[command(
    after_long_help = "The tokens are forgotten on this machine. The service has no way to \
be told: it ends the login when its time is over."
)]
pub(crate) struct Options {
    /// Removes the profile, too, with its client secret and API key
    #[arg(long)]
    forget: bool,
}

pub(crate) async fn run(options: &Options, context: &Context) -> Result<ExitCode> {
    let account = context.account()?;
    if account.name.is_none() && options.forget {
        return Err(Failure::usage(
            "--forget: the account is the environment's, so there is no profile to remove; name \
             one by --profile",
        ));
    }
    let Some(store) = account.token_store() else {
        return Err(Failure::usage(
            "the account is the environment's, which keeps no login; name a profile by --profile",
        ));
    };
    forget_tokens(&account, &*store).await?;
    if options.forget
        && let Some(name) = &account.name
    {
        remove(&account, name)?;
    }
    let output = &context.output;
    output.object(&LoggedOut {
        profile: account.name.clone(),
        logged_in: false,
        forgotten: options.forget,
    })?;
    output.say(&match options.forget {
        false => format!("Logged out: {}", account.title()),
        true => format!("Logged out and removed: {}", account.title()),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Forgets the tokens, whatever is wrong with the other settings.
pub(super) async fn forget_tokens(account: &Account, store: &dyn TokenStore) -> Result<()> {
    if let Ok(client) = account.client() {
        return Ok(client.auth().log_out().await?);
    }
    let cleared = async {
        let _lock = store.lock().await?;
        store.clear().await
    };
    cleared.await.map_err(|error| {
        let text = format!("the tokens can't be removed: {error}");
        let failure = Failure::new(Class::SetUp, text);
        match account.keyring {
            Some(_) => failure.and(ADVICE),
            None => failure,
        }
    })
}

/// Removes a profile. Another one becomes the default only if somebody says so, or if it is the
/// only one left. What is in the keyring goes first: without the profile nobody would find it.
pub(super) fn remove(account: &Account, name: &str) -> Result<()> {
    if let Some(tokens) = &account.keyring {
        tokens.keyring().remove()?;
    }
    Profiles::change(|profiles| {
        profiles.get(name)?;
        profiles.profiles.remove(name);
        if profiles.default.as_deref() == Some(name) {
            profiles.default = None;
        }
        Ok(())
    })
}
