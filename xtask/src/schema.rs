//! `cargo xtask schema`: the models as JSON Schemas, a file each.
//!
//! The schemas come from the generated types, so a program of the client's package
//! prints them: this one must work when those types don't compile. The root package's
//! test `schemas` compares the same files in `cargo test`.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};

use crate::{command::CommandLine, generated_files::GeneratedFiles, workspace::Workspace};

const FOLDER: &str = "crates/stratustexting-client/schemas";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Changes nothing, and fails if a file isn't up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let arguments = ["run", "--quiet", "--locked"];
    let output = CommandLine::cargo(&arguments)
        .argument("--package=stratustexting-client")
        .argument("--features=schemas")
        .argument("--example=schemas")
        .output(workspace)?;
    ensure!(
        output.status.success(),
        "the schemas can't be printed:\n\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let files: BTreeMap<String, String> =
        serde_json::from_slice(&output.stdout).context("the program printed something else")?;
    GeneratedFiles::new(workspace, FOLDER, files)?
        .write_or_check("cargo xtask schema", options.check)
}
