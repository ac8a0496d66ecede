//! `cargo xtask postman`: a Postman collection, and an environment per brand, made from
//! openapi.json. The vendor documents Postman as its way to try the API.
//!
//! There is a folder per tag and a request per operation, and nothing is listed here by
//! hand: what a request needs follows from the document, and how the id in one answer gets
//! into the path of a later request follows from the rule in [`flow`]. The first folder
//! gets the tokens. Its requests and what Postman needs to know besides are the only things
//! that aren't in the document.
//!
//! `cargo xtask newman` runs the collection against the sandbox.

mod authorization;
mod call;
mod collection;
mod environment;
mod example;
mod flow;
mod format;
mod order;
mod request;
mod script;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fs};

use anyhow::Context;
use stratustexting_codegen::Document;

pub(crate) use self::{
    authorization::TOKENS,
    call::{Call, calls, is_success},
    environment::{filled, scope},
};
use crate::{made::Made, workspace::Workspace};

/// Where collection and environments are committed, with the file that the MMS sends.
pub(crate) const FOLDER: &str = "xtask/postman";

pub(crate) const COLLECTION: &str = "stratustexting.postman_collection.json";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Changes nothing, and fails when a file isn't what is made now.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    settle(workspace, options.check)
}

/// Fails when a file isn't what is made now.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    settle(workspace, true)
}

fn settle(workspace: &Workspace, check: bool) -> anyhow::Result<()> {
    let files = files(&document(workspace)?)?;
    Made::new(workspace, FOLDER, files)?.settle("cargo xtask postman", check)
}

pub(crate) fn document(workspace: &Workspace) -> anyhow::Result<Document> {
    let text = fs::read_to_string(workspace.path("openapi.json"))?;
    Document::parse(&text).context("openapi.json")
}

/// The texts by name of the file.
fn files(document: &Document) -> anyhow::Result<BTreeMap<String, String>> {
    let calls = calls(document)?;
    let collection = collection::collection(document, &calls)?;
    let mut files = BTreeMap::from([(COLLECTION.to_owned(), format::text(&collection)?)]);
    for (brand, environment) in environment::environments(document, &calls)? {
        let name = format!("{brand}.postman_environment.json");
        files.insert(name, format::text(&environment)?);
    }
    Ok(files)
}
