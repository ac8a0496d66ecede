//! `stratus whoami`

use std::process::ExitCode;

use clap::Args;
use stratustexting::check::CheckSubject;

use super::{Account, Finding, UsedAccount, shown::ShownAccount};
use crate::{context::Context, failure::Result, output::table};

#[derive(Debug, Args)]
#[command(after_long_help = "Without --check nothing is sent: it shows what this machine knows.")]
pub(crate) struct Options {
    /// Asks the service whether it accepts the account; it changes nothing
    #[arg(long)]
    check: bool,
}

pub(crate) async fn run(options: &Options, context: &Context) -> Result<ExitCode> {
    let account = context.account()?;
    let client = account.client()?;
    let logged_in = client.auth().is_logged_in().await?;
    let problem = if options.check {
        let report = client.check().await;
        client.auth().wait_for_renewal().await;
        // A wrong clock is this machine's affair.
        let mut problems = report
            .problems()
            .filter(|step| step.subject != CheckSubject::Clock);
        Some(problems.next().map(Finding::of_step))
    } else {
        None
    };

    let output = &context.output;
    let accepted = problem.as_ref().map(Option::is_none);
    let used = UsedAccount {
        account: ShownAccount::new(&account, context.region()),
        logged_in,
        accepted,
    };
    output.object(&used)?;
    if !output.is_json() {
        let mut rows = rows(&used.account);
        rows.push(row("logged in", login_of(&account, logged_in)));
        if let Some(accepted) = accepted {
            let text = match accepted {
                true => "the service accepts it",
                false => "the service doesn't accept it",
            };
            rows.push(row("checked", text));
        }
        for line in table(&rows) {
            output.say(&line)?;
        }
    }
    match problem.flatten() {
        None => Ok(ExitCode::SUCCESS),
        Some(problem) => Err(problem.into_failure()),
    }
}

fn login_of(account: &Account, logged_in: bool) -> &'static str {
    match (account.is_for_machines(), logged_in) {
        (true, _) => "by itself, when a command needs it",
        (false, true) => "yes",
        (false, false) => "no; `stratus login` does it",
    }
}

/// An account as lines for people: what is set, and what is always asked for.
pub(super) fn rows(account: &ShownAccount) -> Vec<Vec<String>> {
    let source = match &account.profile {
        Some(name) => row("profile", name),
        None => row("account", "of the environment"),
    };
    let or_not_set = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    let always = [
        row("brand", &account.brand),
        row("grant", &account.grant),
        row("sender", &or_not_set(&account.sender)),
        row("region", &or_not_set(&account.region)),
        row("client id", &or_not_set(&account.client_id)),
    ];
    let secrets = account.secrets.as_deref();
    let secrets = secrets.map(|place| row("secrets", &format!("in the {place}")));
    let urls = [
        ("redirect URI", &account.redirect_uri),
        ("API base", &account.api_base),
        ("authorize URL", &account.authorize_url),
        ("token URL", &account.token_url),
        ("plain http", &account.allow_plain_http),
    ];
    let urls = urls
        .into_iter()
        .filter_map(|(title, value)| Some(row(title, value.as_deref()?)));
    let rows = [source].into_iter().chain(always).chain(secrets);
    rows.chain(urls).collect()
}

pub(super) fn row(title: &str, value: &str) -> Vec<String> {
    vec![title.to_owned(), value.to_owned()]
}
