//! `stratus sandbox`: the service on this machine, with a profile that is logged in.

use std::{io, process::ExitCode};

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use stratustexting_sandbox::{
    Sandbox, SandboxError,
    program::{Arguments, ShutdownSignal},
};

use crate::{
    account::{Account, Profile, Profiles, Secret, check_name},
    context::{Context, variable},
    failure::{Class, Failure, Result},
    output::tell,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The port to listen on; 0 takes any free one [default: 8401, or a free one if that is
    /// taken]
    #[arg(long)]
    port: Option<u16>,
    #[command(flatten)]
    sandbox: Arguments,
}

/// A sandbox that runs, and the profile that is logged in to it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Started {
    profile: String,
    /// Whether commands use the profile if none is named.
    is_default: bool,
    api_base: String,
    authorize_url: String,
    token_url: String,
    control_url: String,
    /// Where a person sees what happens, and answers as a customer.
    page_url: String,
    /// The account's number.
    number: String,
    organization_id: String,
    department_id: String,
}

const PORT: u16 = 8401;

/// Where the sandbox sends the user back after a login: it takes any port.
const REDIRECT_URI: &str = "http://127.0.0.1:0/callback";

pub(crate) async fn run(options: Options, context: &Context) -> Result<ExitCode> {
    let shutdown = ShutdownSignal::listen()?;
    let name = context.profile().unwrap_or_else(|| "sandbox".to_owned());
    check_name(&name)?;
    let host = options.sandbox.host();
    if !host.is_loopback() {
        tell(
            "Other machines may connect. The sandbox has no protection beyond its credentials, \
             and its control API shows those",
        );
    }
    let sandbox = start(options).await?;
    let plain_http = (!host.is_loopback() && !host.is_unspecified()).then(|| host.to_string());
    Profiles::change(|profiles| put(profiles, &name, profile(&sandbox, plain_http)))?;
    log_in(&sandbox, &name).await?;
    print(&sandbox, &name, context)?;
    shutdown.wait().await;
    Ok(ExitCode::SUCCESS)
}

async fn start(options: Options) -> Result<Sandbox> {
    let builder = options.sandbox.builder();
    let port = options.port.unwrap_or(PORT);
    match builder.clone().port(port).start().await {
        Err(SandboxError::Listen { source, .. })
            if options.port.is_none() && source.kind() == io::ErrorKind::AddrInUse =>
        {
            tell(&format!(
                "Port {PORT} is taken, maybe by another sandbox; this one takes a free port"
            ));
            builder.port(0).start().await.map_err(Into::into)
        }
        started => Ok(started?),
    }
}

fn profile(sandbox: &Sandbox, plain_http: Option<String>) -> Profile {
    let text = |text: &str| Some(text.to_owned());
    Profile {
        grant: text("authorization_code"),
        client_id: text(sandbox.client_id()),
        client_secret: Some(Secret::new(sandbox.client_secret())),
        api_key: Some(Secret::new(sandbox.api_key())),
        sender: text(sandbox.number()),
        region: text("US"),
        redirect_uri: text(REDIRECT_URI),
        api_base: text(sandbox.api_base()),
        authorize_url: text(sandbox.authorize_url()),
        token_url: text(sandbox.token_url()),
        allow_plain_http: plain_http,
        control_url: text(sandbox.control_url()),
        ..Profile::default()
    }
}

/// A live account's profile is never overwritten, and stays the default one.
fn put(profiles: &mut Profiles, name: &str, profile: Profile) -> Result<()> {
    let before = profiles.default_name();
    let old = profiles.profiles.insert(name.to_owned(), profile);
    if old.is_some_and(|old| old.control_url.is_none()) {
        return Err(Failure::usage(format!(
            "--profile: {name:?} is a live account's profile; choose another name"
        )));
    }
    profiles.default = before.or_else(|| Some(name.to_owned()));
    Ok(())
}

/// As its user, since subscriptions need a user's token.
async fn log_in(sandbox: &Sandbox, name: &str) -> Result<()> {
    let account = Account::of_profile(name, Profiles::read()?.get(name)?)?;
    let client = account.client()?;
    let login = client.auth().log_in_with_browser(REDIRECT_URI);
    login.open_with(sandbox.browser()).await?;
    Ok(())
}

fn print(sandbox: &Sandbox, name: &str, context: &Context) -> Result<()> {
    let used = Account::find(variable("STRATUS_PROFILE")).ok();
    let is_default = used.and_then(|account| account.name).as_deref() == Some(name);
    let output = &context.output;
    output.object(&Started {
        profile: name.to_owned(),
        is_default,
        api_base: sandbox.api_base().to_owned(),
        authorize_url: sandbox.authorize_url().to_owned(),
        token_url: sandbox.token_url().to_owned(),
        control_url: sandbox.control_url().to_owned(),
        page_url: sandbox.page_url().to_owned(),
        number: sandbox.number().to_owned(),
        organization_id: sandbox.organization_id().to_owned(),
        department_id: sandbox.department_id().to_owned(),
    })?;
    output.say(&format!(
        "The sandbox is running. See it, and answer as the customer: {}",
        sandbox.page_url()
    ))?;
    output.say("Nothing that is sent here reaches anybody.")?;
    output.say(&format!(
        "The profile `{name}` is logged in to it. Try in other terminals:\n"
    ))?;
    let option = match is_default {
        true => String::new(),
        false => format!(" --profile {name}"),
    };
    for (command, what) in [
        ("listen", "shows the texts that come in"),
        ("trigger text \"Hello\"", "plays a customer who texts"),
        ("doctor", "checks the account's set-up"),
    ] {
        let command = format!("stratus {command}{option}");
        output.say(&format!("  {command:<36} # {what}"))?;
    }
    output.note("\nCtrl-C stops it.");
    Ok(())
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let class = match error {
            SandboxError::Listen { .. } | SandboxError::Setting(_) => Class::Usage,
            _ => Class::Other,
        };
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        Self::new(class, format!("{error}{}", cause.unwrap_or_default()))
    }
}
