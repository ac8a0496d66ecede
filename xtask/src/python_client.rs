//! `cargo xtask python-client`: openapi.json in other hands.
//!
//! Another generator, OpenAPI Generator, makes a client of it in another language, without
//! our normaliser; a program uses that at the sandbox, and holds what it gets against the
//! sandbox's books. So the document is shown to be good for others, too.

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
    // Only the client itself: no tests, and no pages about it.
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
    // On its standard input, since arguments are for everybody on the machine to read.
    let status = program.run_with_input(workspace, &sandbox.line)?;
    ensure!(status.success(), "{PROGRAM} failed: {status}");
    Ok(())
}
