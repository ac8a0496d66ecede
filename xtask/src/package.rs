//! `cargo xtask package`: packages the published crates, and builds each package from
//! its archive.
//!
//! Cargo unpacks the archives of packages that depend on each other as if they came
//! from a registry, and caches the sources and their build by name and version. Our
//! version stays the same for many commits, so both caches must be cleared, or a
//! package would be built with an old version of its dependency.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

use crate::{command::CommandLine, workspace::Workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Packages uncommitted changes too, which `cargo package` refuses.
    #[arg(long)]
    allow_dirty: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    remove_unpacked().context("can't remove the sources that Cargo unpacked earlier")?;
    let built = Workspace::target() + "/debug/.fingerprint";
    remove_ours(&workspace.path(&built)).context("can't remove their build")?;
    // With this target folder Cargo finds the dependencies that the tests have built;
    // otherwise each archive would build all of them again.
    let mut command = CommandLine::cargo(&["package", "--workspace", "--locked"])
        .argument("--exclude")
        .argument("xtask")
        .argument("--exclude")
        .argument("stratustexting-bench")
        .argument("--exclude")
        .argument("stratustexting-program")
        .argument("--exclude")
        .argument("stratustexting-spec")
        .argument("--exclude")
        .argument("test-postgres")
        .argument("--target-dir")
        .argument(Workspace::target());
    if options.allow_dirty {
        command = command.argument("--allow-dirty");
    }
    let status = command.run(workspace)?;
    ensure!(status.success(), "packaging failed: {status}");
    Ok(())
}

/// Removes our packages from the sources of registries without a host, which `cargo
/// package` creates.
fn remove_unpacked() -> io::Result<()> {
    let Some(sources) = cargo_home().map(|home| home.join("registry/src")) else {
        return Ok(());
    };
    for registry in entries(&sources)? {
        let without_host = registry.file_name().to_string_lossy().starts_with('-');
        if !without_host {
            continue;
        }
        remove_ours(&registry.path())?;
    }
    Ok(())
}

/// Removes the folders of our packages.
fn remove_ours(folder: &Path) -> io::Result<()> {
    for package in entries(folder)? {
        let name = package.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("stratustexting") || name.starts_with("openapi-diff") {
            fs::remove_dir_all(package.path())?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}
