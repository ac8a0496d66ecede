//! `cargo xtask newman`: runs the Postman collection against the sandbox.
//!
//! This command provides what the collection can't create itself: a message from a
//! customer, an authorization code, and a callback that completes the service's
//! handshake. Then every operation of openapi.json must get its documented success, and
//! the sandbox must have carried it out.

mod environment;
mod verdict;

use std::{fs, io::Write, path::Path};

use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::{
    environment::{fill, value},
    verdict::{Expected, verdict},
};
use crate::{callback::Callback, postman, sandbox::Sandbox, workspace::Workspace};

/// For PKCE. It needn't be secret, since only this program sees the code.
const VERIFIER: &str = "a-verifier-for-a-run-against-the-sandbox-only";

/// Any brand works: all its values are replaced by the sandbox's.
const BRAND: &str = "stratustexting";

/// A customer's number, reserved for fiction.
const CUSTOMER: &str = "+13035550123";

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    // The committed collection is run, so it must be up to date.
    postman::check(workspace)?;
    let expected = Expected::of(&postman::document(workspace)?)?;
    let sandbox = Sandbox::start(workspace)?;
    let callback = Callback::start()?;
    let environment = environment(workspace, &sandbox, &callback)?;

    // Environment and report hold credentials. The folder ends with the run.
    let folder = secret_folder()?;
    let environment_file = secret_file(folder.path(), "environment.json", &environment)?;
    let report_file = folder.path().join("report.json");
    let status = postman::tool("newman", &["run"])
        .argument(format!("{}/{}", postman::FOLDER, postman::COLLECTION))
        .argument("--environment")
        .argument(environment_file.to_string_lossy())
        .argument("--reporters=cli,json")
        .argument("--reporter-cli-no-banner")
        .argument("--reporter-json-export")
        .argument(report_file.to_string_lossy())
        // The folder of the MMS's picture. Newman would look for a relative path outside of it.
        .argument("--working-dir")
        .argument(workspace.path(postman::FOLDER).to_string_lossy())
        .argument("--no-insecure-file-read")
        .argument("--ignore-redirects")
        .argument("--timeout-request=30000")
        .argument("--timeout=300000")
        .locally()
        .run(workspace)?;
    let report = fs::read(&report_file).context("newman wrote no report")?;
    let report: Value = serde_json::from_slice(&report).context("newman's report isn't JSON")?;

    println!("{}", verdict(&expected, &report, &sandbox.ledger()?)?);
    ensure!(status.success(), "newman failed: {status}");
    Ok(())
}

/// The text of a brand's environment with all values filled in.
fn environment(
    workspace: &Workspace,
    sandbox: &Sandbox,
    callback: &Callback,
) -> anyhow::Result<String> {
    let environment = postman::environment(workspace, BRAND)?;
    let at = &sandbox.connection;
    let url = callback.url();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let code = sandbox.log_in(&url, value(&environment, "scope")?, &challenge)?;
    let message = sandbox.customer_texts(CUSTOMER, "Is it ready?")?;
    let filled = fill(
        environment,
        &[
            ("base_url", &at.api_base),
            ("authorization_url", &at.authorize_url),
            ("token_url", &at.token_url),
            ("client_id", &at.client_id),
            ("client_secret", &at.client_secret),
            ("api_key", &at.api_key),
            ("redirect_uri", &url),
            ("authorization_code", &code),
            ("code_verifier", VERIFIER),
            ("callback_url", &url),
            ("messageId", &message),
            ("from", &at.number),
            ("to", CUSTOMER),
            ("mobileNumber", CUSTOMER),
            ("agentEmail", &at.username),
        ],
    )?;
    Ok(serde_json::to_string(&filled)?)
}

/// A folder that only this user can read.
fn secret_folder() -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o700));
    }
    builder.tempdir()
}

/// A file that only this user can read.
fn secret_file(folder: &Path, name: &str, text: &str) -> anyhow::Result<std::path::PathBuf> {
    // Created with mode 0600 from the start.
    let mut file = tempfile::Builder::new().prefix(name).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    let path = folder.join(name);
    file.persist(&path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn secrets_are_for_this_user_only() {
        use std::os::unix::fs::PermissionsExt;

        let folder = super::secret_folder().unwrap();

        let path = super::secret_file(folder.path(), "environment.json", "{}").unwrap();

        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path.as_path()), 0o600);
        assert_eq!(mode(folder.path()), 0o700);
    }
}
