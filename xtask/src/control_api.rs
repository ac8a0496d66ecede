//! `cargo xtask control-api`: the OpenAPI document of the sandbox's control API, as a file.
//!
//! The sandbox makes the document. Its package has the file, so that it can be read, and a
//! client generated, without running anything. A test of the package compares the two.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{generated_files::GeneratedFiles, sandbox::Sandbox, workspace::Workspace};

const FOLDER: &str = "crates/stratustexting-sandbox";
const FILE: &str = "control-api.json";

/// The server in the file; a running sandbox names its own.
const SERVER: &str = "http://127.0.0.1:8080";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Changes nothing, and fails if the file isn't up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut document = Sandbox::start(workspace)?.control_document()?;
    document["servers"][0]["url"] = json!(SERVER);
    let text = serde_json::to_string_pretty(&document)? + "\n";
    let files = BTreeMap::from([(FILE.to_owned(), text)]);
    GeneratedFiles::new(workspace, FOLDER, files)?
        .write_or_check("cargo xtask control-api", options.check)
}
