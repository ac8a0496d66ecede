//! `stratus schema`: what `--json` prints, as JSON Schemas.
//!
//! The API's models are printed as they are, so their schemas are the SDK's. The other objects
//! are this program's own. Within a major version a schema only grows.

use std::process::ExitCode;

use clap::Args;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Value, json};
use stratustexting::api::MODELS;

use crate::{
    account,
    api::Responded,
    bulk,
    change::DryRun,
    contact::{ImportSummary, ImportedRow},
    context::Context,
    failure::{Class, Failure, Result},
    output::pretty_json,
    replay::ListedEvent,
    sandbox,
    sending::Shown,
    sink::PrintedEvent,
    subscription::Deleted,
    trigger::{Played, PlayedContact},
};

/// Prints the JSON Schema of what a command prints with --json
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The command, such as contact list; `error` is what goes to standard error. Without one,
    /// the commands are listed
    command: Vec<String>,
}

/// The object of an error, on standard error.
#[derive(Serialize, JsonSchema)]
struct ErrorObject {
    /// What happened, whether anybody may have been texted, and what to try.
    error: String,
    /// `other`, `usage`, `set_up`, `authentication`, `rejected`, `not_sent`, `unknown` or
    /// `network`.
    class: String,
    /// Of a send: `rejected`, `not_sent` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// By which a send of unknown outcome is found out later; it is to be kept as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<serde_json::Map<String, Value>>,
    /// The operation's id, such as `sendSms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    /// The status of the response, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The gateway's id of the request, for asking the vendor about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// What a command prints.
enum Printed {
    /// A model of the API.
    Model(&'static str),
    /// An object of this program.
    Own(fn() -> Schema),
    /// A model, or with `--dry-run` the request.
    Written(&'static str),
    /// With `--dry-run` the request, or an object of this program.
    OwnOrDryRun(fn() -> Schema),
    /// Objects of this program of two kinds.
    Either(fn() -> Schema, fn() -> Schema),
}

const COMMANDS: [(&str, Printed); 50] = [
    ("api", Printed::OwnOrDryRun(of::<Responded>)),
    ("bulk allow", Printed::Own(of::<bulk::Stopped>)),
    ("bulk cancel", Printed::Own(of::<bulk::Changed>)),
    ("bulk opt-out", Printed::Own(of::<bulk::OptedOut>)),
    ("bulk pause", Printed::Own(of::<bulk::Changed>)),
    ("bulk plan", Printed::Own(of::<bulk::ShownPlan>)),
    ("bulk report", Printed::Own(of::<bulk::ShownRow>)),
    ("bulk send", Printed::Own(of::<bulk::ShownSummary>)),
    ("bulk settle", Printed::Own(of::<bulk::Settled>)),
    ("bulk status", Printed::Own(of::<bulk::ShownStatus>)),
    ("bulk stop", Printed::Own(of::<bulk::Stopped>)),
    ("consent create", Printed::Written("CustomConsent")),
    ("consent get", Printed::Model("CustomConsent")),
    ("consent grant", Printed::Written("CustomConsent")),
    ("consent list", Printed::Model("CustomConsent")),
    ("consent revoke", Printed::Written("CustomConsent")),
    ("consent set-active", Printed::Written("CustomConsent")),
    ("consent update", Printed::Written("CustomConsent")),
    ("contact export", Printed::Model("Contact")),
    ("contact find", Printed::Model("Contact")),
    (
        "contact import",
        Printed::Either(of::<ImportedRow>, of::<ImportSummary>),
    ),
    ("contact list", Printed::Model("Contact")),
    ("contact search", Printed::Model("Contact")),
    ("contact update", Printed::Written("Contact")),
    ("contact upsert", Printed::Written("Contact")),
    ("doctor", Printed::Own(of::<account::Finding>)),
    ("error", Printed::Own(of::<ErrorObject>)),
    ("listen", Printed::Own(of::<PrintedEvent>)),
    ("login", Printed::Own(of::<account::LoggedIn>)),
    ("logout", Printed::Own(of::<account::LoggedOut>)),
    ("message get", Printed::Model("Message")),
    ("mms send", Printed::Own(of::<Shown>)),
    ("profiles list", Printed::Own(of::<account::ListedProfile>)),
    (
        "profiles remove",
        Printed::Own(of::<account::RemovedProfile>),
    ),
    ("profiles set", Printed::Own(of::<account::ShownProfile>)),
    ("profiles show", Printed::Own(of::<account::ShownProfile>)),
    ("profiles use", Printed::Own(of::<account::ChosenProfile>)),
    (
        "replay",
        Printed::Either(of::<PrintedEvent>, of::<ListedEvent>),
    ),
    ("sandbox", Printed::Own(of::<sandbox::Started>)),
    ("schema", Printed::Own(of::<Listed>)),
    ("site list", Printed::Model("Site")),
    ("sms send", Printed::Own(of::<Shown>)),
    ("subscription create", Printed::Written("Subscription")),
    ("subscription delete", Printed::OwnOrDryRun(of::<Deleted>)),
    ("subscription list", Printed::Model("Subscription")),
    ("trigger contact", Printed::Own(of::<PlayedContact>)),
    ("trigger opt-in", Printed::Own(of::<Played>)),
    ("trigger opt-out", Printed::Own(of::<Played>)),
    ("trigger text", Printed::Own(of::<Played>)),
    ("whoami", Printed::Own(of::<account::UsedAccount>)),
];

/// A command that has a schema.
#[derive(Serialize, JsonSchema)]
struct Listed {
    command: String,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    let command = options.command.join(" ");
    if command.is_empty() {
        for (command, _) in &COMMANDS {
            output.object(&Listed {
                command: (*command).to_owned(),
            })?;
            output.say(command)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let found = COMMANDS.iter().find(|(name, _)| *name == command);
    let (_, printed) = found.ok_or_else(|| {
        Failure::usage(format!(
            "there is no schema of {command:?}; `stratus schema` lists those that there are"
        ))
    })?;
    let mut schema = schema(printed)?;
    schema.sort_all_objects();
    output.object(&schema)?;
    output.say(&pretty_json(&schema)?)?;
    Ok(ExitCode::SUCCESS)
}

fn schema(printed: &Printed) -> Result<Value> {
    Ok(match printed {
        Printed::Model(name) => model(name)?,
        Printed::Own(schema) => schema().to_value(),
        Printed::Written(name) => one_of([model(name)?, of::<DryRun>().to_value()]),
        Printed::OwnOrDryRun(schema) => one_of([schema().to_value(), of::<DryRun>().to_value()]),
        Printed::Either(one, other) => one_of([one().to_value(), other().to_value()]),
    })
}

/// Each is complete in itself, so that its references must be moved.
fn one_of(schemas: [Value; 2]) -> Value {
    let mut definitions = serde_json::Map::new();
    let mut any_of = Vec::new();
    for mut schema in schemas {
        if let Value::Object(schema) = &mut schema {
            schema.remove("$schema");
            if let Some(Value::Object(own)) = schema.remove("$defs") {
                definitions.extend(own);
            }
        }
        any_of.push(schema);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "anyOf": any_of,
        "$defs": definitions,
    })
}

fn model(name: &str) -> Result<Value> {
    let model = MODELS.iter().find(|model| model.name == name);
    let model = model
        .ok_or_else(|| Failure::new(Class::Other, "this version doesn't know the API's model"))?;
    Ok(model.schema().to_value())
}

fn of<T: JsonSchema>() -> Schema {
    // As it is written, not as it could be read.
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}
