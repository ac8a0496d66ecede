//! `stratus profiles`

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::{
    Account, ChosenProfile, ListedProfile, Profile, Profiles, RemovedProfile, ShownProfile, logout,
    settings::Settings,
    shown::ShownAccount,
    whoami::{row, rows},
};
use crate::{
    context::Context,
    failure::{Class, Failure, Result},
    output::table,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the profiles; the one that is used if none is named has a star
    List,
    /// Shows a profile's settings, without its secrets
    Show(Named),
    /// Makes a profile the one that is used if none is named
    Use(Chosen),
    /// Changes settings that aren't secret; `stratus login` changes the others
    Set(Set),
    /// Removes a profile, its secrets and its login
    Remove(Remove),
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The profile's name; otherwise that of --profile, or the default one
    name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// The profile's name
    name: String,
}

#[derive(Debug, Args)]
#[command(after_long_help = "The profile is that of --profile, or the default one.")]
pub(crate) struct Set {
    #[command(flatten)]
    settings: Settings,
    /// A setting that is taken away
    #[arg(long, value_name = "SETTING")]
    unset: Vec<Setting>,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The profile's name
    name: String,
    /// Removes it without a question
    #[arg(long, short = 'y')]
    yes: bool,
}

/// What can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Setting {
    Brand,
    Sender,
    Region,
    RedirectUri,
    ApiBase,
    AuthorizeUrl,
    TokenUrl,
    AllowPlainHttp,
}

pub(crate) async fn run(command: &Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::List => list(context).await?,
        Command::Show(named) => show(named, context)?,
        Command::Use(chosen) => choose(&chosen.name, context)?,
        Command::Set(set) => change(set, context)?,
        Command::Remove(remove) => forget(remove, context).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(context: &Context) -> Result<()> {
    let profiles = Profiles::read()?;
    let output = &context.output;
    if profiles.profiles.is_empty() && !output.is_json() {
        output.note("There are no profiles yet; `stratus login` makes one.");
        return Ok(());
    }
    let default = profiles.default_name();
    let titles = ["", "profile", "brand", "grant", "sender", "logged in"];
    let mut lines = vec![titles.map(str::to_owned).to_vec()];
    for (name, profile) in &profiles.profiles {
        let account = Account::of_profile(name, profile)?;
        let is_default = default.as_ref() == Some(name);
        let logged_in = match account.client() {
            Ok(client) => client.auth().is_logged_in().await.ok(),
            Err(_) => None,
        };
        let listed = ListedProfile {
            account: ShownAccount::of_profile(&account, profile),
            default: is_default,
            logged_in,
        };
        output.object(&listed)?;
        let shown = listed.account;
        lines.push(vec![
            if is_default { "*" } else { "" }.to_owned(),
            name.clone(),
            shown.brand,
            shown.grant,
            shown.sender.unwrap_or_else(|| "-".to_owned()),
            match (logged_in, profile.is_for_machines()) {
                (None, _) => "unusable: see `stratus doctor`",
                (Some(_), true) => "by itself",
                (Some(true), false) => "yes",
                (Some(false), false) => "no",
            }
            .to_owned(),
        ]);
    }
    for line in table(&lines) {
        output.say(&line)?;
    }
    Ok(())
}

/// The profile's name: the one that was given, or that which commands use.
fn name_of(given: Option<&String>, profiles: &Profiles, context: &Context) -> Result<String> {
    let name = given.cloned().or_else(|| context.profile());
    match name.or_else(|| profiles.default_name()) {
        Some(name) => Ok(name),
        None if profiles.profiles.is_empty() => Err(Failure::new(
            Class::SetUp,
            "there are no profiles yet; `stratus login` makes one",
        )),
        None => Err(profiles.ambiguous()),
    }
}

fn show(named: &Named, context: &Context) -> Result<()> {
    let profiles = Profiles::read()?;
    let name = name_of(named.name.as_ref(), &profiles, context)?;
    show_profile(&name, profiles.get(&name)?, context)
}

fn show_profile(name: &str, profile: &Profile, context: &Context) -> Result<()> {
    let account = Account::of_profile(name, profile)?;
    let shown = ShownProfile::new(&account, profile);
    let output = &context.output;
    output.object(&shown)?;
    let is_set = |is_set| match is_set {
        Some(true) => "set",
        Some(false) => "not set",
        None => "in the keyring",
    };
    let mut lines = rows(&shown.account);
    lines.push(row("client secret", is_set(shown.has_client_secret)));
    lines.push(row("API key", is_set(shown.has_api_key)));
    for line in table(&lines) {
        output.say(&line)?;
    }
    Ok(())
}

fn choose(name: &str, context: &Context) -> Result<()> {
    Profiles::change(|profiles| {
        profiles.get(name)?;
        profiles.default = Some(name.to_owned());
        Ok(())
    })?;
    let output = &context.output;
    output.object(&ChosenProfile {
        profile: name.to_owned(),
        default: true,
    })?;
    output.say(&format!("Commands use the profile {name:?} now."))
}

fn change(set: &Set, context: &Context) -> Result<()> {
    let region = context.stated_region();
    if set.settings.is_empty() && set.unset.is_empty() && region.is_none() {
        return Err(Failure::usage(
            "say what to set, such as --sender NUMBER or --region US; `stratus login` sets client \
             id, secret and API key",
        ));
    }
    let (name, profile) = Profiles::change(|profiles| {
        let name = name_of(None, profiles, context)?;
        let mut profile = profiles.get(&name)?.clone();
        for setting in &set.unset {
            *field(&mut profile, *setting) = None;
        }
        set.settings.apply(region, &mut profile)?;
        profiles.profiles.insert(name.clone(), profile.clone());
        Ok((name, profile))
    })?;
    show_profile(&name, &profile, context)
}

fn field(profile: &mut Profile, setting: Setting) -> &mut Option<String> {
    match setting {
        Setting::Brand => &mut profile.brand,
        Setting::Sender => &mut profile.sender,
        Setting::Region => &mut profile.region,
        Setting::RedirectUri => &mut profile.redirect_uri,
        Setting::ApiBase => &mut profile.api_base,
        Setting::AuthorizeUrl => &mut profile.authorize_url,
        Setting::TokenUrl => &mut profile.token_url,
        Setting::AllowPlainHttp => &mut profile.allow_plain_http,
    }
}

async fn forget(remove: &Remove, context: &Context) -> Result<()> {
    let name = &remove.name;
    let output = &context.output;
    let account = Account::of_profile(name, Profiles::read()?.get(name)?)?;
    let question = format!("Remove the profile {name:?}, its secrets and its login?");
    if !remove.yes && !output.confirm(&question)? {
        return Err(Failure::usage("nothing was removed"));
    }
    if let Some(store) = account.token_store() {
        logout::forget_tokens(&account, &*store).await?;
    }
    logout::remove(&account, name)?;
    output.object(&RemovedProfile {
        profile: name.clone(),
        removed: true,
    })?;
    output.say(&format!("Removed: the profile {name:?}"))
}
