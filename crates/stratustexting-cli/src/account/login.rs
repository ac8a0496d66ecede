//! `stratus login`
//!
//! What was entered is kept once the login worked, and not before: a login that fails changes
//! neither the profile nor its old login. So the tokens are in memory until then.

mod browser;

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use stratustexting::{
    auth::{FileTokenStore, MemoryTokenStore, TokenStore},
    check::{CheckSubject, CheckVerdict},
};

use super::{
    Account, Finding, IDENTITY, LoggedIn, Profile, Profiles, check_name,
    keyring::{Fault, Keyring},
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

/// How long the API key's check may take, which the login doesn't need.
const CHECK_LIMIT: Duration = Duration::from_secs(20);

/// The profile of a first login.
const FIRST: &str = "default";

const HELP: &str = "\
A person logs in by the browser, once; afterwards the login is renewed by itself. The page \
\"API Connect\" of the product shows client id, client secret and API key, and has the list of \
callback URLs, in which the redirect URI must stand exactly.

The three come from the file of --secrets, or from STRATUS_CLIENT_ID, STRATUS_CLIENT_SECRET and \
STRATUS_API_KEY, or from the profile if it exists, or they are asked for. They are never \
arguments: everybody on a machine can see those.

The profile's file keeps them, readable to its owner only. With --keyring the desktop's keyring \
keeps them and the tokens; the profile remembers that.

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
    /// Keeps secrets and tokens in the desktop's keyring: the Secret Service, the Keychain, or the
    /// Credential Manager
    #[arg(long, conflicts_with = "no_keyring")]
    keyring: bool,
    /// Keeps them in files again
    #[arg(long)]
    no_keyring: bool,
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
    /// Where secrets and tokens are going to be, if it isn't in files.
    keyring: Option<Keyring>,
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
    let first = profiles.profiles.get(&name);
    let keyring = keyring(options, first)?;
    let moves = first.and_then(|it| it.keyring.as_ref()) != keyring.as_ref();

    let mut entered = Entered {
        given: given(options, first.is_some())?,
        options,
        region: context.stated_region(),
        keyring,
    };
    let (old, fault) = entered.opened(first)?;
    let mut profile = entered.profile(old.as_ref())?;
    if let Some(fault) = fault
        && !profile.missing().is_empty()
    {
        tell(&format!(
            "The profile's secrets must be given again: {fault}."
        ));
    }
    ask_for_missing(&profile, &mut entered.given, &context.output)?;
    profile = entered.profile(old.as_ref())?;

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

    if moves && let Err(error) = keep(&store, &account).await {
        // Nobody reads there yet, and the old login is where it was.
        discard(&account).await;
        return Err(error);
    }
    let changed = Profiles::change(|profiles| {
        let found = profiles.profiles.get(&name);
        // Another process may have changed it meanwhile. Otherwise a keyring isn't asked again,
        // which may take long, while others wait for the profiles.
        let opened = if found == first {
            old.clone()
        } else {
            entered.opened(found)?.0
        };
        let profile = entered.profile(opened.as_ref())?;
        let left = found.and_then(|old| old.keyring.clone());
        if let Some(keyring) = &profile.keyring {
            keyring.save(&profile)?;
        }
        // The first one stays the default when there are more.
        let default = profiles.default_name();
        profiles.default = Some(default.unwrap_or_else(|| name.clone()));
        profiles.profiles.insert(name.clone(), profile);
        Ok(left.filter(|left| Some(left) != entered.keyring.as_ref()))
    });
    let left = match changed {
        Ok(left) => left,
        Err(error) => {
            if moves {
                discard(&account).await;
            }
            return Err(error);
        }
    };
    if !moves {
        keep(&store, &account).await?;
    }
    if account.keyring.is_some()
        && let Err(error) = FileTokenStore::new(token_file(&name)?).clear().await
    {
        tell(&format!(
            "The tokens of the login before are still in their file: {error}."
        ));
    }
    if let Some(Err(fault)) = left.map(|left| left.remove()) {
        tell(&format!(
            "The profile's old entries are still in the keyring: {fault}."
        ));
    }
    let problem = check_key(&account).await?;
    let accepted = problem.as_ref().map(Option::is_none);
    show(&account, accepted, context)?;
    match problem.flatten() {
        None => Ok(ExitCode::SUCCESS),
        Some(problem) => Err(problem.into_failure().and("The login is kept all the same")),
    }
}

/// The keyring's entries that the login is going to be kept in. That this works is found out
/// before anything else happens.
fn keyring(options: &Options, old: Option<&Profile>) -> Result<Option<Keyring>> {
    if options.no_keyring {
        return Ok(None);
    }
    let keyring = match old.and_then(|old| old.keyring.clone()) {
        Some(keyring) => keyring,
        None if options.keyring => Keyring::new()?,
        None => return Ok(None),
    };
    keyring.check()?;
    Ok(Some(keyring))
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
    /// The profile that is there, with its secrets; or without them, and why. A keyring that is
    /// to be left needn't open: what it has can be given again.
    fn opened(&self, old: Option<&Profile>) -> Result<(Option<Profile>, Option<Fault>)> {
        let Some(old) = old.cloned() else {
            return Ok((None, None));
        };
        match old.clone().opened() {
            Ok(opened) => Ok((Some(opened), None)),
            Err(fault) if fault.is_about_secrets() || self.keyring.is_none() => {
                Ok((Some(old), Some(fault)))
            }
            Err(fault) => Err(fault.into()),
        }
    }

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
        profile.keyring.clone_from(&self.keyring);
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
async fn keep(new: &MemoryTokenStore, account: &Account) -> Result<()> {
    let kept = async {
        let (Some(token), Some(store)) = (new.load().await?, account.token_store()) else {
            return Ok(());
        };
        // A process that renews the old login would overwrite the new one.
        let lock = store.lock().await?;
        store.save_locked(&token, &lock).await
    };
    kept.await.map_err(|error| {
        Failure::new(
            Class::SetUp,
            format!("the login worked, but its tokens can't be kept: {error}. Log in again then"),
        )
    })
}

/// Removes what was kept of a login that isn't going to be the profile's.
async fn discard(account: &Account) {
    if let Some(tokens) = &account.keyring {
        let _ = tokens.keyring().remove();
    } else if let Some(store) = account.token_store() {
        let _ = store.clear().await;
    }
}

/// What is wrong with the API key: `None` if that couldn't be found out. The tokens are where
/// they are going to be by now, since the check may renew them.
async fn check_key(account: &Account) -> Result<Option<Option<Finding>>> {
    let client = account.client()?;
    let report = tokio::time::timeout(CHECK_LIMIT, client.check()).await;
    client.auth().wait_for_renewal().await;
    let Ok(report) = report else {
        return Ok(None);
    };
    let step = report.step(CheckSubject::ApiKey);
    Ok(step.and_then(|step| match step.verdict {
        CheckVerdict::Ok => Some(None),
        CheckVerdict::Problem => Some(Some(Finding::of_step(step))),
        _ => None,
    }))
}

fn show(account: &Account, api_key_accepted: Option<bool>, context: &Context) -> Result<()> {
    let output = &context.output;
    let id = account.get("STRATUS_CLIENT_ID").map(shortened);
    output.object(&LoggedIn::new(account, api_key_accepted))?;
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
    Ok(())
}
