//! `stratus contact`: the commands, and how a contact is shown.

mod csv;
mod export;
mod fields;
mod import;
mod rows;
mod write;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use stratustexting::models::Contact;

pub(crate) use self::import::{ImportSummary, ImportedRow};
use crate::{
    context::Context,
    failure::{Failure, Result},
    list::{self, ListOptions, cell},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the contacts
    List(ListOptions),
    /// Shows the contact with a mobile number
    Find(Find),
    /// Lists the contacts whose number has these digits
    Search(Search),
    Upsert(write::Upsert),
    Update(write::Update),
    Import(import::Options),
    /// Prints all contacts as CSV; with --json one object per line
    Export(ListOptions),
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    /// The mobile number
    number: String,
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// A number, or a part of one
    number: String,
    #[command(flatten)]
    list: ListOptions,
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::List(options) => list(&options, context).await,
        Command::Find(options) => find(&options, context).await,
        Command::Search(options) => search(&options, context).await,
        Command::Upsert(options) => write::upsert(options, context).await,
        Command::Update(options) => write::update(options, context).await,
        Command::Import(options) => import::run(&options, context).await,
        Command::Export(options) => export::run(&options, context).await,
    }
}

const HEAD: [&str; 5] = ["number", "name", "email", "company", "id"];

fn rows(contact: &Contact) -> Vec<Vec<String>> {
    let names = [&contact.first_name, &contact.last_name];
    let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
    vec![vec![
        cell(contact.mobile_number.as_ref()),
        names.join(" "),
        cell(contact.email.as_ref()),
        cell(contact.company.as_ref()),
        cell(contact.id.as_ref()),
    ]]
}

/// The fields of a contact that are shown first.
const FIRST: [&str; 8] = [
    "id",
    "mobileNumber",
    "firstName",
    "lastName",
    "email",
    "company",
    "consentLevel",
    "tags",
];

async fn list(options: &ListOptions, context: &Context) -> Result<ExitCode> {
    let contacts = context.client()?.contacts().list();
    list::print(contacts, options, &context.output, &HEAD, rows).await
}

async fn find(options: &Find, context: &Context) -> Result<ExitCode> {
    let number = context.number("NUMBER", &options.number)?;
    let contact = context.client()?.contacts().find_by_mobile(number).await?;
    context.output.show(&*contact, &FIRST)?;
    Ok(ExitCode::SUCCESS)
}

async fn search(options: &Search, context: &Context) -> Result<ExitCode> {
    let digits = digits(&options.number)?;
    let contacts = context.client()?.contacts().search(digits);
    list::print(contacts, &options.list, &context.output, &HEAD, rows).await
}

/// A part of a number without what people put between its digits. A part has no region.
fn digits(written: &str) -> Result<String> {
    let between = |c: char| c.is_whitespace() || "-–.()/".contains(c);
    let digits: String = written.chars().filter(|c| !between(*c)).collect();
    let plain = digits.strip_prefix('+').unwrap_or(&digits);
    if plain.is_empty() || !plain.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Failure::usage("NUMBER: must be a number, or a part of one"));
    }
    Ok(digits)
}
