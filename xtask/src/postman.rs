//! `cargo xtask postman`: a Postman collection, and an environment per brand, made from
//! openapi.json. The vendor documents Postman as its way to try the API.
//!
//! Postman's own converter makes the requests. What a document can't say is in
//! `xtask/postman/make/collection.yaml`, and `make.cjs` beside it puts both together; this
//! command runs it and writes or compares the files.
//!
//! `cargo xtask newman` runs the collection against the sandbox.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fs};

use anyhow::{Context, ensure};
use serde_json::Value;
use stratustexting_codegen::Document;

use crate::{command::CommandLine, made::Made, workspace::Workspace};

/// Where collection and environments are committed, with the file that the MMS sends.
pub(crate) const FOLDER: &str = "xtask/postman";

pub(crate) const COLLECTION: &str = "stratustexting.postman_collection.json";

/// The ids of the requests for tokens, which are no operations of the document.
pub(crate) const TOKENS: [&str; 3] = [
    "token-client-credentials",
    "token-authorization-code",
    "token-refresh",
];

/// Where `.ci/postman-tools` installs the converter and newman.
const MODULES: &str = "target/ci-tools/postman/node_modules";

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
    Made::new(workspace, FOLDER, files(workspace)?)?.settle("cargo xtask postman", check)
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
        "the collection can't be made:\n\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("make.cjs prints something else than files")
}

/// A program that is installed with the converter.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> CommandLine {
    CommandLine::new(format!("{MODULES}/.bin/{name}"), arguments)
}

pub(crate) fn document(workspace: &Workspace) -> anyhow::Result<Document> {
    let text = fs::read_to_string(workspace.path("openapi.json"))?;
    Document::parse(&text).context("openapi.json")
}

/// The environment of a brand, as it is committed.
pub(crate) fn environment(workspace: &Workspace, brand: &str) -> anyhow::Result<Value> {
    committed(workspace, &format!("{brand}.postman_environment.json"))
}

fn committed(workspace: &Workspace, name: &str) -> anyhow::Result<Value> {
    let path = workspace.path(FOLDER).join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("{FOLDER}/{name}"))?;
    serde_json::from_str(&text).with_context(|| format!("{FOLDER}/{name}"))
}
