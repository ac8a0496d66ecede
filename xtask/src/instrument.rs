//! `cargo xtask faults`, `idle`, `drift`, `dialects`, `storm`, `bench` and `decode`: the
//! programs of `stratustexting-bench`.
//!
//! They are programs of another package because they need the SDK, which this one must
//! do without: its commands have to work when the client can't be generated.

use anyhow::ensure;

use crate::{command::CommandLine, workspace::Workspace};

/// Handed on to the program as they are.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// The program's own arguments; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, program: &str, options: &Options) -> anyhow::Result<()> {
    let arguments = ["run", "--quiet", "--release", "--locked", "--package"];
    let mut command = CommandLine::cargo(&arguments)
        .argument("stratustexting-bench")
        .argument("--bin")
        .argument(program)
        .argument("--");
    for argument in &options.arguments {
        command = command.argument(argument);
    }
    let status = command.run(workspace)?;
    ensure!(status.success(), "{program} failed: {status}");
    Ok(())
}
