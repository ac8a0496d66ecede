//! `stratus consent`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use stratustexting::{
    ContactRef,
    models::{ConsentType, ConsentTypeAction, CustomConsentRequest, CustomConsentTypeRequest},
};

use crate::{
    change,
    context::Context,
    failure::{Failure, Result},
    list::{self, ListOptions, cell},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the custom consents
    List(ListOptions),
    /// Shows a custom consent
    Get(Get),
    /// Registers a custom consent
    Create(Create),
    /// Reads a custom consent, changes fields of it, and writes it back
    Update(Update),
    /// Switches a custom consent on or off
    SetActive(SetActive),
    /// Grants a contact's consent
    Grant(Change),
    /// Revokes a contact's consent
    Revoke(Change),
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The consent's id
    id: String,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Its name
    name: String,
    #[command(flatten)]
    fields: Fields,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The consent's id
    id: String,
    /// Its name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

#[derive(Debug, Args)]
pub(crate) struct Fields {
    /// What it covers
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The consent level that it stands for: Conversational, Informational, or another
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Whether it is in use
    #[arg(long, value_name = "true|false")]
    active: Option<bool>,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetActive {
    /// The consent's id
    id: String,
    /// Whether it is to be in use
    #[arg(value_name = "true|false", action = clap::ArgAction::Set)]
    active: bool,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Change {
    /// The consent's id
    id: String,
    /// The contact's mobile number
    #[arg(long, value_name = "NUMBER")]
    contact: Option<String>,
    /// The contact's id, in place of its number
    #[arg(long, value_name = "ID", conflicts_with = "contact")]
    contact_id: Option<String>,
    /// The consent's type: Conversational, Informational, or another
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

const FIRST: [&str; 5] = ["id", "name", "description", "type", "active"];

/// The SDK's fields, and the arguments that they come by.
const ARGUMENTS: [(&str, &str); 3] = [
    ("consent_id", "ID"),
    ("consent.name", "NAME"),
    ("contact_id", "--contact-id"),
];

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::List(options) => list(&options, context).await,
        Command::Get(options) => get(&options, context).await,
        Command::Create(options) => create(options, context).await,
        Command::Update(options) => update(options, context).await,
        Command::SetActive(options) => set_active(&options, context).await,
        Command::Grant(options) => change(options, ConsentTypeAction::Add, context).await,
        Command::Revoke(options) => change(options, ConsentTypeAction::Remove, context).await,
    }
}

fn failure(error: &stratustexting::Error) -> Failure {
    Failure::of_call(error, &ARGUMENTS)
}

async fn list(options: &ListOptions, context: &Context) -> Result<ExitCode> {
    let consents = context.client()?.consents().list();
    let head = ["id", "name", "type", "active", "description"];
    list::print(consents, options, &context.output, &head, |consent| {
        vec![vec![
            cell(consent.id.as_ref()),
            cell(consent.name.as_ref()),
            cell(consent.type_.as_ref()),
            cell(
                consent
                    .active
                    .map(|active| if active { "yes" } else { "no" }),
            ),
            cell(consent.description.as_ref()),
        ]]
    })
    .await
}

async fn get(options: &Get, context: &Context) -> Result<ExitCode> {
    let call = context.client()?.consents().get(&options.id);
    let consent = call.await.map_err(|error| failure(&error))?;
    context.output.show(&*consent, &FIRST)?;
    Ok(ExitCode::SUCCESS)
}

impl Fields {
    fn apply(self, mut consent: CustomConsentRequest) -> CustomConsentRequest {
        if let Some(description) = self.description {
            consent = consent.with_description(description);
        }
        if let Some(kind) = self.kind {
            consent = consent.with_type_(kind);
        }
        match self.active {
            Some(active) => consent.with_active(active),
            None => consent,
        }
    }
}

async fn create(options: Create, context: &Context) -> Result<ExitCode> {
    let is_dry_run = options.fields.dry_run;
    let consent = CustomConsentRequest::default().with_name(options.name);
    let consent = options.fields.apply(consent);
    if is_dry_run {
        return change::dry_run("createCustomConsent", &[], Some(&consent), &context.output);
    }
    let call = context.client()?.consents().create(consent);
    let created = call.await.map_err(|error| failure(&error))?;
    context.output.show(&*created, &FIRST)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the service keeps fields that a request lacks is unknown, so all of them are written.
async fn update(options: Update, context: &Context) -> Result<ExitCode> {
    let fields = &options.fields;
    if options.name.is_none()
        && fields.description.is_none()
        && fields.kind.is_none()
        && fields.active.is_none()
    {
        return Err(Failure::usage(
            "nothing to change: say --name, --description, --type or --active",
        ));
    }
    let is_dry_run = fields.dry_run;
    let consents = context.client()?.consents();
    let call = consents.get(&options.id);
    let found = call.await.map_err(|error| failure(&error))?.into_inner();
    let mut written = CustomConsentRequest::default();
    written.name = options.name.or(found.name);
    written.description = found.description;
    written.type_ = found.type_;
    written.active = found.active;
    written.extra = found.extra;
    let written = options.fields.apply(written);
    if is_dry_run {
        let path = [("customConsentId", options.id.as_str())];
        let operation = "updateCustomConsent";
        return change::dry_run(operation, &path, Some(&written), &context.output);
    }
    let call = consents.update(&options.id, written);
    let updated = call.await.map_err(|error| failure(&error))?;
    context.output.show(&*updated, &FIRST)?;
    Ok(ExitCode::SUCCESS)
}

async fn set_active(options: &SetActive, context: &Context) -> Result<ExitCode> {
    if options.dry_run {
        let request = change::request(
            "changeCustomConsentStatus",
            &[("customConsentId", options.id.as_str())],
            None::<&()>,
        )?;
        let query = vec![("active".to_owned(), options.active.to_string())];
        return change::show(&change::DryRun { query, ..request }, &context.output);
    }
    let consents = context.client()?.consents();
    let call = consents.set_active(&options.id, options.active);
    let changed = call.await.map_err(|error| failure(&error))?;
    context.output.show(&*changed, &FIRST)?;
    Ok(ExitCode::SUCCESS)
}

async fn change(options: Change, action: ConsentTypeAction, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    let number = match &options.contact_id {
        Some(_) => None,
        None => {
            let given = options.contact.as_deref();
            let written = output.required(given, "--contact NUMBER", "The contact's number")?;
            Some(context.number("--contact", &written)?)
        }
    };
    let kind = output.required(options.kind.as_deref(), "--type TYPE", "The consent's type")?;
    let kind = ConsentType::from(kind);
    if options.dry_run {
        let body = CustomConsentTypeRequest::new(action, kind);
        let body = match (number, options.contact_id) {
            (Some(number), _) => body.with_mobile_number(number),
            (None, id) => body.with_contact_id(id.unwrap_or_default()),
        };
        let path = [("customConsentId", options.id.as_str())];
        return change::dry_run("changeCustomConsentType", &path, Some(&body), output);
    }
    let contact = match (number, options.contact_id) {
        (Some(number), _) => ContactRef::from(number),
        (None, id) => ContactRef::id(id.unwrap_or_default()),
    };
    let consents = context.client()?.consents();
    let call = match action {
        ConsentTypeAction::Remove => consents.revoke(&options.id, contact, kind),
        _ => consents.grant(&options.id, contact, kind),
    };
    let changed = call.await.map_err(|error| failure(&error))?;
    output.show(&*changed, &FIRST)?;
    Ok(ExitCode::SUCCESS)
}
