//! `stratus login`
//!
//! What was entered is kept once the login worked, and not before: a login that fails changes
//! neither the profile nor its old login. So the tokens are in memory until then.

mod browser;

use std::{process::ExitCode, sync::Arc};

use clap::Args;
use stratustexting::auth::{FileTokenStore, MemoryTokenStore, TokenStore};

use super::{
    Account, IDENTITY, LoggedIn, Profile, Profiles, check_name,
    profile::{MACHINE, USER},
    secrets::Given,
    settings::Settings,
    shortened, token_file,
};
use crate::{
    context::Context,
    failure::{Class, Failure, Result},
    output::{Output, tell},
};

/// The profile of a first login.
const FIRST: &str = "default";

const HELP: &str = "\
A person logs in by the browser, once; afterwards the login is renewed by itself. The page \
\"API Connect\" of the product shows client id, client secret and API key, and has the list of \
callback URLs, in which the redirect URI must stand exactly.

The three come from the file of --secrets, or from STRATUS_CLIENT_ID, STRATUS_CLIENT_SECRET and \
STRATUS_API_KEY, or from the profile if it exists, or they are asked for. They are never \
arguments: everybody on a machine can see those.

Nothing is kept of a login that fails.";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Options {
    /// Logs the program in as itself, by the client credentials grant
    #[arg(long)]
    machine: bool,
    /// Logs a person in, though the profile was made by --machine
    #[arg(long, conflicts_with = "machine")]
    user: bool,
    /// Opens no browser: shows the login page's URL, and reads the address after the login
    #[arg(long, conflicts_with = "machine")]
    no_browser: bool,
    /// A file of lines such as STRATUS_CLIENT_SECRET=…, or - for standard input
    #[arg(long, value_name = "FILE")]
    secrets: Option<String>,
    /// The client's id
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// What was entered, to be put into the profile as it is when the login has worked.
struct Entered<'a> {
    given: Given,
    options: &'a Options,
    region: Option<&'a str>,
}

pub(crate) async fn run(options: &Options, context: &Context) -> Result<ExitCode> {
    let profiles = Profiles::read()?;
    let name = context.profile().or_else(|| profiles.default_name());
    let name = name.unwrap_or_else(|| FIRST.to_owned());
    check_name(&name)?;
    if options.no_browser && options.secrets.as_deref() == Some("-") {
        return Err(Failure::usage(
            "--secrets - and --no-browser both read standard input: put the secrets into a file",
        ));
    }
    Profiles::check_writable()?;
    let old = profiles.profiles.get(&name);

    let mut entered = Entered {
        given: given(options, old.is_some())?,
        options,
        region: context.stated_region(),
    };
    let mut profile = entered.profile(old)?;
    ask_for_missing(&profile, &mut entered.given, &context.output)?;
    profile = entered.profile(old)?;

    let account = Account::of_profile(&name, &profile)?;
    let store = Arc::new(MemoryTokenStore::new());
    let client = account.builder()?.token_store(Arc::clone(&store)).build()?;
    if account.is_for_machines() {
        client.auth().access_token().await?;
    } else {
        let can_paste = options.secrets.as_deref() != Some("-");
        let redirect_uri = account.redirect_uri();
        browser::log_in(client.auth(), redirect_uri, options.no_browser, can_paste).await?;
    }

    Profiles::change(|profiles| {
        // Another process may have changed it meanwhile.
        let profile = entered.profile(profiles.profiles.get(&name))?;
        // The first one stays the default when there are more.
        let default = profiles.default_name();
        profiles.default = Some(default.unwrap_or_else(|| name.clone()));
        profiles.profiles.insert(name.clone(), profile);
        Ok(())
    })?;
    keep(&store, &name).await?;
    show(&account, context)
}

/// The first source that has an account. A part of one in the environment is nothing to a profile
/// that exists: a login would work with another account's API key.
fn given(options: &Options, has_profile: bool) -> Result<Given> {
    let mut given = match &options.secrets {
        Some(path) => Given::by_file(path)?,
        None => {
            let given = Given::by_environment()?;
            let is_whole = IDENTITY.iter().all(|name| given.get(name).is_some());
            if has_profile && !given.is_empty() && !is_whole {
                return Err(Failure::usage(format!(
                    "the environment has a part of an account only: set {}, or unset all of them",
                    IDENTITY.join(", ")
                )));
            }
            if !given.is_empty() {
                tell("The account is taken from the environment's variables STRATUS_*.");
            }
            given
        }
    };
    if let Some(id) = &options.client_id {
        given.insert("STRATUS_CLIENT_ID", id.clone());
    }
    Ok(given)
}

impl Entered<'_> {
    /// The profile with what was entered.
    fn profile(&self, old: Option<&Profile>) -> Result<Profile> {
        let mut profile = old.cloned().unwrap_or_default();
        if let Some(id) = self.given.get("STRATUS_CLIENT_ID")
            && profile.client_id.as_deref() != Some(id)
        {
            // Another client's secrets and URLs are nothing to this one.
            profile = Profile {
                region: profile.region,
                ..Profile::default()
            };
        }
        self.given.apply(&mut profile);
        if self.options.machine {
            profile.grant = Some(MACHINE.to_owned());
        } else if self.options.user {
            profile.grant = Some(USER.to_owned());
        }
        self.options.settings.apply(self.region, &mut profile)?;
        Ok(profile)
    }
}

/// Asks for what is required and wasn't given. Without a terminal, it is an error that names all
/// of it.
fn ask_for_missing(profile: &Profile, given: &mut Given, output: &Output) -> Result<()> {
    let missing = profile.missing();
    if missing.is_empty() {
        return Ok(());
    }
    if !output.can_ask() {
        return Err(Failure::usage(format!(
            "{} must be given: as variables of the environment, as lines NAME=value of a file by \
             --secrets FILE, or on a terminal",
            missing.join(", ")
        )));
    }
    tell("The product's page \"API Connect\" shows these:");
    for name in missing {
        let value = match name {
            "STRATUS_CLIENT_ID" => output.ask("Client id")?,
            "STRATUS_CLIENT_SECRET" => output.ask_secret("Client secret (hidden)")?,
            _ => output.ask_secret("API key (hidden)")?,
        };
        given.insert(name, value);
    }
    Ok(())
}

/// Puts the new tokens in place of the profile's old ones.
async fn keep(new: &MemoryTokenStore, name: &str) -> Result<()> {
    let file = FileTokenStore::new(token_file(name)?);
    let kept = async {
        let Some(token) = new.load().await? else {
            return Ok(());
        };
        // A process that renews the old login would overwrite the new one.
        let lock = file.lock().await?;
        file.save_locked(&token, &lock).await
    };
    kept.await.map_err(|error| {
        Failure::new(
            Class::SetUp,
            format!("the login worked, but its tokens can't be kept: {error}. Log in again then"),
        )
    })
}

fn show(account: &Account, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    let id = account.get("STRATUS_CLIENT_ID").map(shortened);
    output.object(&LoggedIn::new(account))?;
    output.say(&format!(
        "Logged in: {}, client {}",
        account.title(),
        id.unwrap_or_default()
    ))?;
    let profile = match account.name.as_deref() {
        None | Some(FIRST) => String::new(),
        Some(name) => format!(" -p {name}"),
    };
    if account.sender().is_none() {
        output.note(&format!(
            "Set the number that sends: stratus profiles set --sender NUMBER{profile}"
        ));
    }
    output.note(&format!(
        "Try next: stratus doctor{profile}, or stratus sms send --help"
    ));
    Ok(ExitCode::SUCCESS)
}
