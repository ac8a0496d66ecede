//! The workspace's programs, as built for the tests.
//!
//! Cargo chooses the features of a dependency by the packages that a command names, so
//! naming one package would rebuild most of them. So all programs are built at once,
//! with the examples because those bring in the dependencies of the tests. After `cargo
//! test --workspace` everything is already built.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::{command::CommandLine, workspace::Workspace};

/// Builds a program, and returns the command line that runs it.
pub(crate) fn command(workspace: &Workspace, name: &str) -> anyhow::Result<CommandLine> {
    let path = build(workspace, name)?;
    Ok(CommandLine::new(path.to_string_lossy(), &[]))
}

/// Builds the programs and returns the path of one. With `cargo run` the program would
/// survive when that is stopped.
pub(crate) fn build(workspace: &Workspace, name: &str) -> anyhow::Result<PathBuf> {
    let build = CommandLine::cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--workspace",
        "--bins",
        "--examples",
        "--message-format=json-render-diagnostics",
    ]);
    executable(workspace, &build, name)
}

/// Runs a build that reports in JSON, and returns the path of a program that it made.
pub(crate) fn executable(
    workspace: &Workspace,
    build: &CommandLine,
    name: &str,
) -> anyhow::Result<PathBuf> {
    let output = build.output(workspace)?;
    ensure!(
        output.status.success(),
        "{name} can't be built:\n\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut executables = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == name;
        let path = message["executable"].as_str().filter(|_| is_it)?;
        Some(PathBuf::from(path))
    });
    executables
        .next_back()
        .with_context(|| format!("Cargo doesn't report the path of {name}"))
}
