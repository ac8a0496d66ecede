//! `stratus whoami`

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use stratustexting::check::CheckSubject;

use super::{Account, findings::Finding, profile::USER, shortened};
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
    let mut object = describe(&account, context.region().as_deref());
    object["logged_in"] = json!(logged_in);
    object["accepted"] = json!(accepted);
    output.json(&object)?;
    if !output.is_json() {
        let mut rows = rows(&object);
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

/// What may be shown of an account.
pub(super) fn describe(account: &Account, region: Option<&str>) -> Value {
    let brand = account.get("STRATUS_BRAND").unwrap_or("stratustexting");
    json!({
        "profile": account.name,
        "brand": brand,
        "grant": account.get("STRATUS_GRANT").unwrap_or(USER),
        "sender": account.sender(),
        "region": region,
        "client_id": account.get("STRATUS_CLIENT_ID").map(shortened),
        "redirect_uri": account.redirect_uri,
        "api_base": account.get("STRATUS_API_BASE"),
        "authorize_url": account.get("STRATUS_AUTHORIZE_URL"),
        "token_url": account.get("STRATUS_TOKEN_URL"),
        "allow_plain_http": account.get("STRATUS_ALLOW_PLAIN_HTTP"),
    })
}

/// The same as lines for people: what is set, and what is always asked for.
pub(super) fn rows(described: &Value) -> Vec<Vec<String>> {
    let source = match &described["profile"] {
        Value::String(name) => row("profile", name),
        _ => row("account", "of the environment"),
    };
    let always = [
        ("brand", "brand"),
        ("grant", "grant"),
        ("sender", "sender"),
        ("region", "region"),
        ("client id", "client_id"),
    ];
    let always = always.map(|(title, key)| {
        let value = described[key].as_str();
        row(title, value.unwrap_or("not set"))
    });
    let urls = [
        ("redirect URI", "redirect_uri"),
        ("API base", "api_base"),
        ("authorize URL", "authorize_url"),
        ("token URL", "token_url"),
        ("plain http", "allow_plain_http"),
    ];
    let urls = urls.into_iter().filter_map(|(title, key)| {
        let value = described[key].as_str()?;
        Some(row(title, value))
    });
    [source].into_iter().chain(always).chain(urls).collect()
}

pub(super) fn row(title: &str, value: &str) -> Vec<String> {
    vec![title.to_owned(), value.to_owned()]
}
