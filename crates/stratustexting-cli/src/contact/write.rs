//! `stratus contact upsert` and `update`

use std::process::ExitCode;

use clap::Args;
use stratustexting::models::ContactRequest;

use super::{
    FIRST,
    fields::{Clearable, Fields},
};
use crate::{
    change,
    context::Context,
    failure::{Class, Failure, Result},
};

/// Creates a contact, or updates the one with the number
///
/// Whether the service keeps fields that aren't given is unknown; `contact update` keeps them.
#[derive(Debug, Args)]
pub(crate) struct Upsert {
    /// The mobile number
    number: String,
    #[command(flatten)]
    fields: Fields,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

/// Reads a contact, changes fields of it, and writes it back whole
///
/// Whether the service keeps fields that a request lacks is unknown, so all of them are written.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The contact's mobile number
    number: String,
    #[command(flatten)]
    fields: Fields,
    /// Gives the contact another number
    #[arg(long, value_name = "NUMBER")]
    new_number: Option<String>,
    /// Clears a field; may be given several times. Whether the service clears is unknown, so
    /// look at the contact that comes back
    #[arg(long, value_name = "FIELD")]
    clear: Vec<Clearable>,
    /// Writes it by the contact's id, in place of its number
    #[arg(long)]
    by_id: bool,
    /// Reads the contact, shows what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn upsert(options: Upsert, context: &Context) -> Result<ExitCode> {
    let number = context.number("NUMBER", &options.number)?;
    let contact = options
        .fields
        .apply(ContactRequest::default())
        .with_mobile_number(number);
    if options.dry_run {
        return change::dry_run("upsertContact", &[], Some(&contact), &context.output);
    }
    let written = context.client()?.contacts().upsert(contact).await?;
    context.output.show(&*written, &FIRST)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn update(options: Update, context: &Context) -> Result<ExitCode> {
    if options.fields.is_empty() && options.clear.is_empty() && options.new_number.is_none() {
        return Err(Failure::usage(
            "nothing to change: say a field, such as --email, or --clear, or --new-number",
        ));
    }
    let number = context.number("NUMBER", &options.number)?;
    let new_number = options.new_number.as_deref();
    let new_number = new_number.map(|number| context.number("--new-number", number));
    let new_number = new_number.transpose()?;
    let contacts = context.client()?.contacts();
    let found = contacts.find_by_mobile(&number).await?.into_inner();
    let id = found.id.clone();
    let mut contact = options.fields.apply(ContactRequest::from(found));
    for field in options.clear {
        contact = contact.clear(field.into());
    }
    if let Some(number) = new_number {
        contact = contact.with_mobile_number(number);
    }
    let written = if options.by_id {
        let id = id.ok_or_else(|| {
            Failure::new(
                Class::Other,
                "the service gave no id of the contact; leave --by-id out",
            )
        })?;
        if options.dry_run {
            let path = [("contactId", id.as_str())];
            return change::dry_run("updateContact", &path, Some(&contact), &context.output);
        }
        contacts.update(id, contact).await?
    } else {
        if options.dry_run {
            let path = [("mobileNumber", number.as_str())];
            let operation = "updateContactByMobile";
            return change::dry_run(operation, &path, Some(&contact), &context.output);
        }
        contacts.update_by_mobile(&number, contact).await?
    };
    context.output.show(&*written, &FIRST)?;
    Ok(ExitCode::SUCCESS)
}
