//! `cargo xtask schemathesis`: requests that another program makes of openapi.json.
//!
//! Schemathesis sends what the document allows and what it forbids, alone and in sequences,
//! and compares each response with the document: no status, header or field that isn't
//! listed, no wrong input that is accepted, nothing without credentials. The same seed makes
//! the same requests.

use std::fs;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::{callback::Callback, command::CommandLine, sandbox::Sandbox, workspace::Workspace};

/// Where `.ci/run` installs `xtask/schemathesis/requirements.txt`.
const PROGRAM: &str = "target/ci-tools/schemathesis/bin/schemathesis";

/// The checks, those that are off with the reason, and how credentials are sent.
const CONFIG: &str = "xtask/schemathesis/schemathesis.toml";

/// A customer's number, reserved for fiction.
const CUSTOMER: &str = "+13035550123";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What random requests follow from.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// The most random requests per operation, besides those that cover the document.
    #[arg(long, default_value_t = 100)]
    examples: u32,
}

/// The part of its report that is read.
#[derive(Deserialize)]
struct Report {
    complete: bool,
    operations: Operations,
    test_cases: TestCases,
    failures: Vec<serde_json::Value>,
    errors: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Operations {
    total: u32,
    tested: u32,
}

#[derive(Deserialize)]
struct TestCases {
    generated: u32,
    /// Those of which nothing could be said.
    without_checks: u32,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let folder = Workspace::target() + "/schemathesis";
    let path = folder.clone() + "/report.json";
    let program = CommandLine::new(PROGRAM, &["--config-file", CONFIG, "run", "openapi.json"])
        .argument(format!("--seed={}", options.seed))
        .argument(format!("--max-examples={}", options.examples))
        .argument(format!("--report-json-path={path}"));
    ensure!(
        program.is_there(workspace),
        "schemathesis isn't installed; .ci/run installs it"
    );
    let file = workspace.path(&path);
    fs::create_dir_all(workspace.path(&folder))?;
    // So that an old report isn't taken for this run's.
    if file.exists() {
        fs::remove_file(&file)?;
    }

    let sandbox = Sandbox::start(workspace)?;
    let callback = Callback::start()?;
    let status = local(&program, &sandbox, &callback)?.run(workspace)?;

    let report = fs::read(&file).context("schemathesis wrote no report")?;
    let report: Report =
        serde_json::from_slice(&report).context("schemathesis's report isn't as expected")?;
    let (operations, failures) = (&report.operations, report.failures.len());
    let cases = report.test_cases.generated - report.test_cases.without_checks;
    println!(
        "operations={} cases={cases} failures={failures}",
        operations.tested
    );
    ensure!(
        failures == 0 && report.errors.is_empty() && status.success(),
        "schemathesis found faults; the same again:\n\n    cargo xtask schemathesis --seed {} \
         --examples {}\n",
        options.seed,
        options.examples
    );
    ensure!(
        report.complete && operations.tested == operations.total,
        "not every operation was tested"
    );
    Ok(())
}

/// The program with what it must know of the sandbox, in its environment: all users of the
/// machine can read arguments.
fn local(
    program: &CommandLine,
    sandbox: &Sandbox,
    callback: &Callback,
) -> anyhow::Result<CommandLine> {
    let at = &sandbox.connection;
    let filter = format!(
        "/orgId/{}/department/{}/message?direction=inbound",
        at.organization_id, at.department_id
    );
    let message = sandbox.customer_texts(CUSTOMER, "Is it ready?")?;
    Ok(program
        .clone()
        .locally()
        .with("SANDBOX_URL", &at.api_base)
        .with("SANDBOX_TOKEN", sandbox.user_token()?)
        .with("SANDBOX_API_KEY", &at.api_key)
        .with("SANDBOX_NUMBER", &at.number)
        .with("SANDBOX_MESSAGE", message)
        .with("SANDBOX_CALLBACK", callback.url())
        .with("SANDBOX_FILTER", filter))
}
