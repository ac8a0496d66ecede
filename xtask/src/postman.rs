//! `cargo xtask postman`: a Postman collection, and an environment per brand, made from
//! openapi.json. The vendor documents Postman as its way to try the API.
//!
//! Postman's own converter makes the requests. `xtask/postman/make/collection.yaml` has
//! what a document can't express, and `make.cjs` beside it combines both; this command
//! runs it and writes or compares the files.
//!
//! `cargo xtask newman` runs the collection against the sandbox.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fs};

use anyhow::{Context, ensure};
use serde_json::Value;
use stratustexting_codegen::Document;

use crate::{command::CommandLine, generated_files::GeneratedFiles, workspace::Workspace};

/// The folder of the collection, the environments and the file that the MMS sends.
pub(crate) const FOLDER: &str = "xtask/postman";

pub(crate) const COLLECTION: &str = "stratustexting.postman_collection.json";

/// The ids of the requests for tokens, which aren't operations of the document.
pub(crate) const TOKENS: [&str; 3] = [
    "token-client-credentials",
    "token-authorization-code",
    "token-refresh",
];

/// Where `.ci/postman-tools` installs the converter and newman.
const MODULES: &str = "target/ci-tools/postman/node_modules";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Changes nothing, and fails if a file isn't up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    write_or_check(workspace, options.check)
}

/// Fails if a file isn't up to date.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    write_or_check(workspace, true)
}

fn write_or_check(workspace: &Workspace, check: bool) -> anyhow::Result<()> {
    GeneratedFiles::new(workspace, FOLDER, files(workspace)?)?
        .write_or_check("cargo xtask postman", check)
}

/// The texts by name of the file.
fn files(workspace: &Workspace) -> anyhow::Result<BTreeMap<String, String>> {
    let modules = workspace.path(MODULES);
    ensure!(
        modules.is_dir(),
        "the converter isn't installed; .ci/postman-tools installs it"
    );
    let make = CommandLine::new("node", &["xtask/postman/make/make.cjs"])
        .with("NODE_PATH", modules.to_string_lossy());
    let output = make.output(workspace)?;
    ensure!(
        output.status.success(),
        "the collection can't be generated:\n\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("make.cjs didn't print files")
}

/// A program that is installed with the converter.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> CommandLine {
    CommandLine::new(format!("{MODULES}/.bin/{name}"), arguments)
}

pub(crate) fn document(workspace: &Workspace) -> anyhow::Result<Document> {
    let text = fs::read_to_string(workspace.path("openapi.json"))?;
    Document::parse(&text).context("openapi.json")
}

/// The committed environment of a brand.
pub(crate) fn environment(workspace: &Workspace, brand: &str) -> anyhow::Result<Value> {
    committed(workspace, &format!("{brand}.postman_environment.json"))
}

fn committed(workspace: &Workspace, name: &str) -> anyhow::Result<Value> {
    let path = workspace.path(FOLDER).join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("{FOLDER}/{name}"))?;
    serde_json::from_str(&text).with_context(|| format!("{FOLDER}/{name}"))
}
