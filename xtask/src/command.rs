//! Programs that are run, with the line that runs them again.

use std::{
    env,
    ffi::OsString,
    fmt,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::OnceLock,
};

use anyhow::Context;

use crate::workspace::Workspace;

/// Where this program is, as it was when this was asked for the first time, which is at its
/// start: a build in one of CI's steps may put another file there meanwhile, and the system
/// then calls this one deleted.
pub(crate) fn this_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| env::current_exe().unwrap_or_else(|_| "xtask".into()))
}

/// A command line at the workspace's root, which paths in it are relative to, with what it adds to the environment.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    program: String,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

impl CommandLine {
    pub(crate) fn new(program: impl Into<String>, arguments: &[&str]) -> Self {
        Self {
            program: program.into(),
            arguments: arguments
                .iter()
                .map(|&argument| argument.to_owned())
                .collect(),
            environment: Vec::new(),
        }
    }

    /// The Cargo that runs this program.
    pub(crate) fn cargo(arguments: &[&str]) -> Self {
        Self::new("cargo", arguments)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    pub(crate) fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Tells it that this machine is reached without a proxy, which would carry what is
    /// meant for this machine off it.
    pub(crate) fn locally(self) -> Self {
        let local = "127.0.0.1,localhost";
        self.with("NO_PROXY", local).with("no_proxy", local)
    }

    /// Whether the program exists, where it is given as a path.
    pub(crate) fn is_there(&self, workspace: &Workspace) -> bool {
        !self.program.contains('/') || workspace.path(&self.program).is_file()
    }

    /// Runs it with the terminal's output.
    pub(crate) fn run(&self, workspace: &Workspace) -> anyhow::Result<ExitStatus> {
        self.command(workspace)
            .status()
            .with_context(|| format!("cannot run {}", self.program))
    }

    /// Runs it with the terminal's output and a text as its input.
    pub(crate) fn run_with_input(
        &self,
        workspace: &Workspace,
        input: &str,
    ) -> anyhow::Result<ExitStatus> {
        let mut child = self
            .command(workspace)
            .stdin(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", self.program))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends without reading says by its status why.
            let _ = stdin.write_all(input.as_bytes());
        }
        Ok(child.wait()?)
    }

    /// Starts it with its output in pipes.
    pub(crate) fn start(&self, workspace: &Workspace) -> anyhow::Result<Child> {
        self.command(workspace)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", self.program))
    }

    /// Runs it and returns what it printed.
    pub(crate) fn output(&self, workspace: &Workspace) -> anyhow::Result<Output> {
        self.command(workspace)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}", self.program))
    }

    fn command(&self, workspace: &Workspace) -> Command {
        let mut arguments = self.arguments.as_slice();
        let program = match self.program.as_str() {
            // This program itself. `cargo xtask` would build it once more with the features
            // that it needs alone, where `.ci/run` has built all of the workspace together.
            "cargo" if arguments.first().is_some_and(|first| first == "xtask") => {
                arguments = &arguments[1..];
                this_program().as_os_str().to_owned()
            }
            "cargo" => env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            path if path.contains('/') => workspace.path(path).into_os_string(),
            other => OsString::from(other),
        };
        let mut command = Command::new(program);
        // `cargo run` describes this package to it. Build scripts that read those
        // names would take the description for a change, and build again.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(workspace.root());
        command
    }
}

/// The line to type into a shell.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.environment {
            write!(f, "{name}={} ", quoted(value))?;
        }
        write!(f, "{}", quoted(&self.program))?;
        for argument in &self.arguments {
            write!(f, " {}", quoted(argument))?;
        }
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_a_shell_runs() {
        let line = CommandLine::cargo(&["doc", "--no-deps"])
            .with("RUSTDOCFLAGS", "-D warnings")
            .argument("it's");

        assert_eq!(
            line.to_string(),
            r"RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'it'\''s'"
        );
    }
}
