//! `cargo xtask example`: runs an example as the tests have built it, against its own sandbox.

use anyhow::ensure;

use crate::{program, workspace::Workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The example's name, such as quickstart or answering_machine.
    name: String,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let name = &options.name;
    let status = program::command(workspace, name)?.run(workspace)?;
    ensure!(status.success(), "the example {name} failed: {status}");
    Ok(())
}
