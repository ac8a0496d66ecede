//! `stratus trigger`: plays a customer at the account's sandbox. A live account is refused.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use stratustexting::{
    Client,
    models::{Contact, ContactRequest},
    reqwest::Method,
};

use crate::{
    account::Account,
    context::Context,
    control_api::ControlApi,
    failure::{Class, Failure, Result},
    output::{Output, printable_cell, tell},
};

/// Plays a customer at the sandbox
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A customer texts
    Text(Text),
    /// A customer texts STOP
    OptOut(From),
    /// A customer texts START
    OptIn(From),
    /// A contact is created, changed or deleted
    Contact(ContactOptions),
}

#[derive(Debug, Args)]
pub(crate) struct Text {
    /// What the customer writes; asked for on a terminal
    text: Option<String>,
    /// A file that comes with the text; only its name and size get there
    #[arg(long, value_name = "FILE")]
    media: Vec<PathBuf>,
    #[command(flatten)]
    from: From,
}

#[derive(Debug, Args)]
pub(crate) struct From {
    /// The customer's number
    #[arg(long, value_name = "NUMBER", default_value = CUSTOMER)]
    from: String,
    /// The account's number that is texted [default: the account's sender]
    #[arg(long, value_name = "NUMBER")]
    to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ContactOptions {
    /// The contact's number; it is created if there is no such contact
    #[arg(value_name = "NUMBER", default_value = CUSTOMER)]
    number: String,
    /// The first name that it gets
    #[arg(long, value_name = "NAME", default_value = "Ada")]
    first_name: String,
    /// Deletes it, which the API itself can't
    #[arg(long, conflicts_with = "first_name")]
    delete: bool,
}

/// A text that a customer has sent.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Played {
    message_id: String,
    from: String,
    to: String,
    /// How many subscriptions get it.
    subscriptions: Option<u64>,
}

/// What became of a contact.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PlayedContact {
    contact_id: Option<String>,
    number: String,
    /// `created`, `updated` or `deleted`.
    event: &'static str,
}

/// A number for films and examples: nobody has it.
const CUSTOMER: &str = "+13035550123";

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    let account = context.account()?;
    let control = ControlApi::of(&account)?;
    let done = match command {
        Command::Text(Text { text, media, from }) => {
            let text = text.map_or_else(|| ask(&context.output), Ok)?;
            if text.trim().is_empty() && media.is_empty() {
                return Err(Failure::usage("TEXT: must not be empty without --media"));
            }
            let media: Result<Vec<_>> = media.iter().map(|path| described(path)).collect();
            plays(&control, context, from, &text, media?).await
        }
        Command::OptOut(from) => plays(&control, context, from, "STOP", Vec::new()).await,
        Command::OptIn(from) => plays(&control, context, from, "START", Vec::new()).await,
        Command::Contact(options) => contact(&control, &account, context, &options).await,
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn ask(output: &Output) -> Result<String> {
    if !output.can_ask() {
        return Err(Failure::usage(
            "TEXT: is missing, and there is no terminal to ask on",
        ));
    }
    output.reply_to("What does the customer write? ")
}

fn described(path: &Path) -> Result<Value> {
    let file = path.metadata().ok().filter(std::fs::Metadata::is_file);
    let name = path.file_name().and_then(|name| name.to_str());
    match (file, name) {
        (Some(file), Some(name)) => Ok(json!({ "name": name, "size": file.len() })),
        _ => Err(Failure::usage(format!(
            "--media: {} isn't a file",
            path.display()
        ))),
    }
}

async fn plays(
    control: &ControlApi,
    context: &Context,
    from: From,
    text: &str,
    media: Vec<Value>,
) -> Result<()> {
    let customer = context.number("--from", &from.from)?;
    let to = match &from.to {
        Some(to) => context.number("--to", to)?,
        None => context.sender()?,
    };
    let (from, to) = (customer.as_str(), to.as_str());
    let mut message = json!({ "from": from, "to": to, "text": text });
    if !media.is_empty() {
        message["media"] = media.into();
    }
    let sent = control
        .call(Method::POST, "/customer/messages", Some(&message))
        .await?;
    let played = Played {
        message_id: sent["id"].as_str().unwrap_or_default().to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        subscriptions: sent["subscriptions"].as_u64(),
    };
    context.output.object(&played)?;
    context
        .output
        .say(&format!("{from} texted {to}: {}", printable_cell(text)))?;
    if played.subscriptions == Some(0) {
        tell("Nobody is subscribed to inbound texts; `stratus listen` does it");
    }
    Ok(())
}

async fn contact(
    control: &ControlApi,
    account: &Account,
    context: &Context,
    options: &ContactOptions,
) -> Result<()> {
    let number = context.number("NUMBER", &options.number)?;
    let number = number.as_str();
    let client = account.client()?;
    let before = find(&client, number).await?;
    let (done, id) = match (before, options.delete) {
        (Some(before), true) => {
            let id = before.id.unwrap_or_default();
            let path = format!("/contacts/{id}");
            control.call(Method::DELETE, &path, None).await?;
            ("deleted", Some(id))
        }
        (None, true) => {
            return Err(Failure::new(
                Class::Rejected,
                "NUMBER: there is no contact with it to delete",
            ));
        }
        (before, false) => {
            let contact = ContactRequest::default()
                .with_mobile_number(number)
                .with_first_name(options.first_name.as_str());
            let after = client.contacts().upsert(contact).await?.into_inner();
            let done = match before {
                Some(_) => "updated",
                None => "created",
            };
            (done, after.id)
        }
    };
    client.auth().wait_for_renewal().await;
    context.output.object(&PlayedContact {
        contact_id: id,
        number: number.to_owned(),
        event: done,
    })?;
    context
        .output
        .say(&format!("the contact {number} is {done}"))
}

async fn find(client: &Client, number: &str) -> Result<Option<Contact>> {
    match client.contacts().find_by_mobile(number).await {
        Ok(contact) => Ok(Some(contact.into_inner())),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
