//! `cargo xtask faults`, `idle`, `drift`, `dialects`, `storm`, `inbox-storm`, `inbox-cost`,
//! `outbox-storm`, `outbox-cost`, `sandbox-kill`, `sandbox-load`, `callbacks`, `bench` and `decode`:
//! the programs of `stratustexting-bench`.
//!
//! They belong to another package because they need the SDK, which this one can't use:
//! its commands must work when the client can't be generated.

use anyhow::ensure;

use crate::{command::CommandLine, program, sandbox_start, workspace::Workspace};

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// Runs the program as built for the tests, without optimisation: good for counts,
    /// not for times. It comes before the program's own arguments.
    #[arg(long)]
    dev: bool,
    /// The program's own arguments; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs a program that needs the sandbox's program.
pub(crate) fn run_with_sandbox(
    workspace: &Workspace,
    program: &str,
    options: Options,
) -> anyhow::Result<()> {
    let sandbox = if options.dev {
        program::build(workspace, "stratustexting-sandbox")?
    } else {
        sandbox_start::release(workspace)?
    };
    let sandbox = [
        "--program".to_owned(),
        sandbox.to_string_lossy().into_owned(),
    ];
    let arguments = sandbox.into_iter().chain(options.arguments).collect();
    let dev = options.dev;
    run(workspace, program, &Options { dev, arguments })
}

pub(crate) fn run(workspace: &Workspace, program: &str, options: &Options) -> anyhow::Result<()> {
    let mut command = if options.dev {
        program::command(workspace, program)?
    } else {
        let arguments = ["run", "--quiet", "--release", "--locked", "--package"];
        CommandLine::cargo(&arguments)
            .argument("stratustexting-bench")
            .argument("--manifest-path")
            .argument(workspace.path("Cargo.toml").to_string_lossy())
            .argument("--bin")
            .argument(program)
            .argument("--")
    };
    for argument in &options.arguments {
        command = command.argument(argument);
    }
    let status = command.here().run(workspace)?;
    ensure!(status.success(), "{program} failed: {status}");
    Ok(())
}
