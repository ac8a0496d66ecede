//! `cargo xtask quickstart`: the SDK's first example, run against a sandbox of its own.

use anyhow::ensure;

use crate::{command::CommandLine, program, workspace::Workspace};

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let path = program::build(workspace, "quickstart")?;
    let status = CommandLine::new(path.to_string_lossy(), &[]).run(workspace)?;
    ensure!(status.success(), "the quickstart failed: {status}");
    Ok(())
}
