//! `cargo xtask quickstart`: runs the SDK's first example against its own sandbox.

use anyhow::ensure;

use crate::{program, workspace::Workspace};

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let status = program::command(workspace, "quickstart")?.run(workspace)?;
    ensure!(status.success(), "the quickstart failed: {status}");
    Ok(())
}
