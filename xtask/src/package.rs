//! `cargo xtask package`: packages the published crates, and checks each package as somebody
//! has it who has nothing but the archives.
//!
//! Cargo's own verification builds each archive, most of the generated client's code again and
//! again. What can be wrong with an archive, a file that isn't in it or a feature that only the
//! workspace has, is found by `cargo check` as well. The archives are unpacked into a workspace
//! of their own, in which the packages find each other by `[patch]`, and are checked one by one,
//! so that no package lends its features to another.

use std::{fs, path::Path};

use anyhow::{Context, ensure};

use crate::{command::CommandLine, workspace::Workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Packages uncommitted changes too, which `cargo package` refuses.
    #[arg(long)]
    allow_dirty: bool,
}

/// Those of the workspace that aren't published.
const UNPUBLISHED: [&str; 5] = [
    "xtask",
    "stratustexting-bench",
    "stratustexting-program",
    "stratustexting-spec",
    "test-postgres",
];

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let target = Workspace::target();
    let archives = workspace.path(&target).join("package");
    remove(&archives)?;
    let mut command = CommandLine::cargo(&["package", "--workspace", "--locked", "--no-verify"])
        .argument("--target-dir")
        .argument(&target);
    for package in UNPUBLISHED {
        command = command.argument("--exclude").argument(package);
    }
    if options.allow_dirty {
        command = command.argument("--allow-dirty");
    }
    let status = command.run(workspace)?;
    ensure!(status.success(), "packaging failed: {status}");

    let unpacked = archives.join("unpacked");
    let packages = unpack(workspace, &archives, &unpacked)?;
    write_workspace(workspace, &unpacked, &packages)?;
    let manifest = unpacked.join("Cargo.toml");
    for package in &packages {
        println!("checking the package {}", package.name);
        // With this target folder Cargo finds the dependencies that other steps have checked.
        let status = CommandLine::cargo(&["check", "--offline"])
            .argument("--manifest-path")
            .argument(text(&manifest)?)
            .argument("--package")
            .argument(&package.name)
            .argument("--target-dir")
            .argument(&target)
            .run(workspace)?;
        ensure!(
            status.success(),
            "the package {} can't be compiled from its archive: {status}",
            package.name
        );
    }
    Ok(())
}

/// An archive's content.
struct Package {
    name: String,
    /// The folder's name: that of the package with its version.
    folder: String,
}

fn unpack(workspace: &Workspace, archives: &Path, unpacked: &Path) -> anyhow::Result<Vec<Package>> {
    fs::create_dir_all(unpacked)?;
    let version = format!("-{}", env!("CARGO_PKG_VERSION"));
    let mut packages = Vec::new();
    for entry in fs::read_dir(archives)? {
        let path = entry?.path();
        if path
            .extension()
            .is_none_or(|extension| extension != "crate")
        {
            continue;
        }
        let status = CommandLine::new("tar", &["-xzf"])
            .argument(text(&path)?)
            .argument("-C")
            .argument(text(unpacked)?)
            .run(workspace)?;
        ensure!(status.success(), "{} can't be unpacked", path.display());
        let folder = path.file_stem().unwrap_or_default();
        let folder = folder.to_string_lossy().into_owned();
        let name = folder.strip_suffix(&version);
        let name = name.with_context(|| format!("{folder} has another version"))?;
        packages.push(Package {
            name: name.to_owned(),
            folder,
        });
    }
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    ensure!(!packages.is_empty(), "no package was made");
    Ok(packages)
}

/// Makes a workspace of the packages, with the versions of dependencies that ours has.
fn write_workspace(
    workspace: &Workspace,
    unpacked: &Path,
    packages: &[Package],
) -> anyhow::Result<()> {
    let members: Vec<_> = packages
        .iter()
        .map(|it| format!("{:?}", it.folder))
        .collect();
    let patches: Vec<_> = packages
        .iter()
        .map(|it| format!("{} = {{ path = {:?} }}\n", it.name, it.folder))
        .collect();
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[patch.crates-io]\n{}",
        members.join(", "),
        patches.concat()
    );
    fs::write(unpacked.join("Cargo.toml"), manifest)?;
    fs::copy(workspace.path("Cargo.lock"), unpacked.join("Cargo.lock"))?;
    Ok(())
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str()
        .with_context(|| format!("{} isn't UTF-8", path.display()))
}
