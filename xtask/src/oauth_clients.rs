//! `cargo xtask oauth-clients`: OAuth clients of other languages log in at the sandbox.
//!
//! Authlib (Python) and openid-client (JavaScript) each complete the authorization code grant
//! with PKCE, a refresh, and the client credentials grant, and call the API with the tokens.
//! They were written by others, from the RFCs.

use anyhow::ensure;

use crate::{command::CommandLine, sandbox::Sandbox, workspace::Workspace};

/// Where `.ci/run` installs `xtask/oauth/requirements.txt`.
const PYTHON: &str = "target/ci-tools/oauth-python/bin/python";

/// Where it installs the packages of `xtask/oauth/package-lock.json`.
const NODE_PACKAGES: &str = "target/ci-tools/oauth-node";

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let python = CommandLine::new(PYTHON, &["xtask/oauth/authlib_client.py"]);
    // Modules are found from the folder of the script, which has none.
    let packages = workspace.path(NODE_PACKAGES);
    let node = CommandLine::new("node", &["xtask/oauth/openid_client.mjs"])
        .argument(packages.to_string_lossy());
    ensure!(
        python.is_there(workspace) && packages.is_dir(),
        "the OAuth clients aren't installed; .ci/run installs them"
    );
    for client in [python, node] {
        // A sandbox each, so that its records are the client's.
        let sandbox = Sandbox::start(workspace)?;
        // By standard input, since all users of the machine can read arguments.
        let status = client
            .clone()
            .locally()
            .run_with_input(workspace, &sandbox.line)?;
        ensure!(status.success(), "{client} failed: {status}");
    }
    Ok(())
}
