//! A copy of the workspace that is built with another document.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

use crate::{command::CommandLine, workspace::Workspace};

/// The files that Cargo needs to build the root package.
const COPIED: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "openapi.json",
    "crates",
    "tests",
    "xtask",
];

/// The copy. It is inside the target folder, and shares the build.
pub(crate) struct Copy(PathBuf);

impl Copy {
    pub(crate) fn new(workspace: &Workspace, name: &str) -> anyhow::Result<Self> {
        let copy = workspace.path(&Workspace::target()).join(name);
        if copy.exists() {
            fs::remove_dir_all(&copy)
                .with_context(|| format!("cannot remove {}", copy.display()))?;
        }
        fs::create_dir_all(&copy).with_context(|| format!("cannot make {}", copy.display()))?;
        for name in COPIED {
            copy_all(&workspace.path(name), &copy.join(name))?;
        }
        Ok(Self(copy))
    }

    /// Replaces the document, and returns the command that checks the client generated
    /// from it.
    pub(crate) fn check(&self, document: &str) -> anyhow::Result<CommandLine> {
        fs::write(self.0.join("openapi.json"), document)?;
        let arguments = ["check", "--quiet", "--locked", "--offline", "--color=never"];
        Ok(CommandLine::cargo(&arguments)
            .argument("--package=stratustexting-client")
            .argument("--features=schemas")
            .argument("--manifest-path")
            .argument(self.0.join("Cargo.toml").to_string_lossy())
            .argument("--target-dir")
            .argument(Workspace::target()))
    }

    /// Compiles the client that is generated from a document.
    pub(crate) fn compile(&self, workspace: &Workspace, document: &str) -> anyhow::Result<()> {
        let output = self.check(document)?.output(workspace)?;
        let printed = String::from_utf8_lossy(&output.stderr);
        let first = printed.lines().find(|line| line.starts_with("error"));
        ensure!(
            output.status.success(),
            "the generated client doesn't compile: {}",
            first.unwrap_or("the compiler gives no reason")
        );
        Ok(())
    }
}

fn copy_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot copy {}", from.display());
    if from.is_dir() {
        fs::create_dir_all(to).with_context(failed)?;
        for entry in fs::read_dir(from).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            copy_all(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        fs::copy(from, to).with_context(failed)?;
    }
    Ok(())
}
