//! `cargo xtask snapshot`: the snapshots of the generated code.
//!
//! The snapshots belong to tests of the root package, which see the compiled file. This
//! command only sets how `insta` handles a difference.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, bail};

use crate::{command::CommandLine, workspace::Workspace};

const SNAPSHOTS: &str = "tests/it/snapshots";

/// How to handle a difference.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Changes nothing, and fails if a snapshot isn't up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    if options.check {
        check(workspace)
    } else {
        rewrite(workspace)
    }
}

fn tests(update: &str) -> CommandLine {
    CommandLine::cargo(&["test", "--quiet", "--locked"])
        .argument("--package=stratustexting-client")
        .argument("--test=it")
        .argument("snapshots::")
        .with("INSTA_UPDATE", update)
        .with("INSTA_FORCE_PASS", "0")
        // The message says what to do; a backtrace doesn't help.
        .with("RUST_BACKTRACE", "0")
}

fn check(workspace: &Workspace) -> anyhow::Result<()> {
    if tests("no").run(workspace)?.success() {
        println!("The snapshots are up to date.");
        return Ok(());
    }
    bail!(
        "the generated code differs from the snapshots, or it couldn't be generated; \
         the output above says which.\n\
         If openapi.json, the normaliser, the settings or a version of the generator was changed on \
         purpose, run\n\
         \n    cargo xtask snapshot\n\n\
         and review the difference, the outline first:\n\
         \n    git diff {SNAPSHOTS}/client-outline.snap\n    git diff {SNAPSHOTS}\n"
    )
}

/// Rewrites every snapshot by the tests. They start without any, so that a snapshot
/// without a test is gone afterwards.
fn rewrite(workspace: &Workspace) -> anyhow::Result<()> {
    let before = take_away(workspace)?;
    // Each is written, changed or not, so `insta` would list them all.
    let status = tests("always").with("INSTA_OUTPUT", "none").run(workspace);
    if !status.as_ref().is_ok_and(|status| status.success()) {
        put_back(&before)?;
        status?;
        bail!("the snapshots stay as they were: the tests that write them failed, as shown above");
    }
    let changed = CommandLine::new("git", &["status", "--porcelain", "--", SNAPSHOTS])
        .output(workspace)
        .context("the snapshots are written, but git can't say which of them changed")?;
    let changed = String::from_utf8_lossy(&changed.stdout);
    if changed.is_empty() {
        println!("No snapshot differs from the commit.");
    } else {
        print!("{changed}");
        println!("Review them, the outline first: git diff {SNAPSHOTS}");
    }
    Ok(())
}

fn take_away(workspace: &Workspace) -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let mut contents = BTreeMap::new();
    let directory = workspace.path(SNAPSHOTS);
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {SNAPSHOTS}"))?;
    for entry in fs::read_dir(&directory).with_context(|| format!("cannot read {SNAPSHOTS}"))? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "snap")
        {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            contents.insert(path, text);
        }
    }
    for path in contents.keys() {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(contents)
}

fn put_back(contents: &BTreeMap<PathBuf, String>) -> anyhow::Result<()> {
    for (path, text) in contents {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
