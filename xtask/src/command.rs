//! Programs to run, printable as a shell command.

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

use crate::workspace::{TARGET_FOLDER, Workspace};

/// This program's path, as of the first call, at its start: a build in one of CI's
/// steps may replace the file meanwhile, and then the system reports it as deleted.
pub(crate) fn this_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| env::current_exe().unwrap_or_else(|_| "xtask".into()))
}

/// A command line with its additions to the environment. It runs at the workspace's
/// root, so its paths are relative to that, unless [`here`](Self::here) says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    program: String,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
    is_here: bool,
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
            is_here: false,
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

    /// Makes it run in the shell's current folder, for arguments that a person has typed: their
    /// relative paths start there.
    pub(crate) fn here(mut self) -> Self {
        self.is_here = true;
        self
    }

    /// Makes it reach this machine without a proxy, which would carry local requests
    /// off the machine.
    pub(crate) fn locally(self) -> Self {
        let local = "127.0.0.1,localhost";
        self.with("NO_PROXY", local).with("no_proxy", local)
    }

    /// Whether the program exists, if it is given as a path.
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
            // A program that ends without reading has a status that says why.
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

    /// Runs it and returns its output.
    pub(crate) fn output(&self, workspace: &Workspace) -> anyhow::Result<Output> {
        self.command(workspace)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}", self.program))
    }

    fn command(&self, workspace: &Workspace) -> Command {
        let mut arguments = self.arguments.as_slice();
        let program = match self.program.as_str() {
            // This program itself. `cargo xtask` would build it again with only its own
            // features, while `.ci/run` has built the whole workspace together.
            "cargo" if arguments.first().is_some_and(|first| first == "xtask") => {
                arguments = &arguments[1..];
                this_program().as_os_str().to_owned()
            }
            "cargo" => env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            path if path.contains('/') => workspace.path(path).into_os_string(),
            other => OsString::from(other),
        };
        let mut command = Command::new(program);
        // `cargo run` describes this package in these variables. Build scripts that
        // read them would see a change, and build again.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        if !self.is_here {
            command.current_dir(workspace.root());
            // Cargo reads a relative path from its own folder, which is another one now.
            if env::var_os(TARGET_FOLDER).is_some() {
                command.env(TARGET_FOLDER, Workspace::target());
            }
        }
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
    fn prints_a_shell_command() {
        let line = CommandLine::cargo(&["doc", "--no-deps"])
            .with("RUSTDOCFLAGS", "-D warnings")
            .argument("it's");

        assert_eq!(
            line.to_string(),
            r"RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'it'\''s'"
        );
    }
}
