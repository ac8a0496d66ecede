//! `stratus site`

use std::process::ExitCode;

use clap::Subcommand;
use stratustexting::models::Site;

use crate::{
    context::Context,
    failure::Result,
    list::{self, ListOptions, cell},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the sites and their departments; empty unless the account has several sites
    List(ListOptions),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    let Command::List(options) = command;
    let sites = context.client()?.sites().list();
    let head = ["site", "organization", "department", "numbers", "name"];
    list::print(sites, &options, &context.output, &head, rows).await
}

/// A row for each department; the ids first, since event filters need them.
fn rows(site: &Site) -> Vec<Vec<String>> {
    let row = |department: Option<String>, numbers: String, name: Option<&String>| {
        let names = [site.name.as_ref(), name];
        let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
        vec![
            cell(site.id.as_ref()),
            cell(site.org_id.as_ref()),
            cell(department),
            numbers,
            names.join(" / "),
        ]
    };
    let departments = site.departments.as_deref().unwrap_or_default();
    if departments.is_empty() {
        return vec![row(None, String::new(), None)];
    }
    let rows = departments.iter().map(|department| {
        let numbers = department.phone_numbers.as_deref().unwrap_or_default();
        row(
            department.id.clone(),
            numbers.join(", "),
            department.name.as_ref(),
        )
    });
    rows.collect()
}
