//! `stratus logout`

use std::process::ExitCode;

use clap::Args;
use stratustexting::auth::{FileTokenStore, TokenStore};

use super::{Account, LoggedOut, Profiles};
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
    let Some(file) = account.get("STRATUS_TOKEN_FILE") else {
        return Err(Failure::usage(
            "the account is the environment's, which keeps no login; name a profile by --profile",
        ));
    };
    forget_tokens(&account, file).await?;
    if options.forget
        && let Some(name) = &account.name
    {
        remove(name)?;
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
pub(super) async fn forget_tokens(account: &Account, file: &str) -> Result<()> {
    if let Ok(client) = account.client() {
        return Ok(client.auth().log_out().await?);
    }
    let cleared = async {
        let store = FileTokenStore::new(file);
        let _lock = store.lock().await?;
        store.clear().await
    };
    cleared.await.map_err(|error| {
        Failure::new(
            Class::SetUp,
            format!("the tokens can't be removed: {error}"),
        )
    })
}

/// Removes a profile. Another one becomes the default only if somebody says so, or if it is the
/// only one left.
pub(super) fn remove(name: &str) -> Result<()> {
    Profiles::change(|profiles| {
        profiles.get(name)?;
        profiles.profiles.remove(name);
        if profiles.default.as_deref() == Some(name) {
            profiles.default = None;
        }
        Ok(())
    })
}
