//! `cargo xtask python-client`: openapi.json with another generator.
//!
//! OpenAPI Generator makes a Python client without our normaliser, and a program runs
//! it against the sandbox and checks the results. That shows that the document is
//! useful to others, too.

use std::fs;

use anyhow::{Context, ensure};

use crate::{command::CommandLine, sandbox::Sandbox, workspace::Workspace};

/// The environment into which `.ci/run` installs `xtask/python/requirements.txt`.
const TOOLS: &str = "target/ci-tools/python-client/bin";

const PROGRAM: &str = "xtask/python/client.py";

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let client = Workspace::target() + "/python-client";
    let generator = CommandLine::new(
        format!("{TOOLS}/openapi-generator-cli"),
        &["generate", "--generator-name=python"],
    )
    .argument("--input-spec=openapi.json")
    .argument("--package-name=connect_api")
    // Only the client itself: no tests, and no documentation.
    .argument("--global-property=apiTests=false,modelTests=false,apiDocs=false,modelDocs=false")
    .argument("--output")
    .argument(&client);
    ensure!(
        generator.is_there(workspace),
        "OpenAPI Generator isn't installed; .ci/run installs it"
    );
    let folder = workspace.path(&client);
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let output = generator.output(workspace)?;
    ensure!(
        output.status.success(),
        "the client can't be generated:\n\n    {generator}\n\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );

    let sandbox = Sandbox::start(workspace)?;
    let program = CommandLine::new(format!("{TOOLS}/python"), &[PROGRAM])
        .argument(&client)
        .locally();
    // By standard input, since all users of the machine can read arguments.
    let status = program.run_with_input(workspace, &sandbox.line)?;
    ensure!(status.success(), "{PROGRAM} failed: {status}");
    Ok(())
}
