//! `cargo xtask refused`: what a person sees of a document that can't be generated.
//!
//! That the normaliser refuses is a matter for unit tests. What this shows is the
//! whole way out: build script, Cargo, terminal. It builds a copy of the workspace
//! with a broken document and demands of the output that it be the one line that
//! says what is wrong where.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use stratustexting_codegen::{Document, normalise};

use crate::{command::CommandLine, workspace::Workspace};

/// What Cargo needs to see of a workspace to build the root package.
const COPIED: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "openapi.json",
    "crates",
    "tests",
    "xtask",
];

/// Makes a copy of the workspace in the target directory.
pub(crate) fn copied(workspace: &Workspace, name: &str) -> anyhow::Result<PathBuf> {
    let copy = workspace.path(&Workspace::target()).join(name);
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
    }
    fs::create_dir_all(&copy).with_context(|| format!("cannot make {}", copy.display()))?;
    for name in COPIED {
        copy_all(&workspace.path(name), &copy.join(name))?;
    }
    Ok(copy)
}

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let copy = copied(workspace, "refused")?;
    let text = fs::read_to_string(workspace.path("openapi.json"))?;
    for broken in [with_a_cookie(&text)?, text.replacen('{', "", 1)] {
        expect_one_line(workspace, &copy, &broken)?;
    }
    println!("A document that can't be generated fails the build in one line.");
    Ok(())
}

fn expect_one_line(workspace: &Workspace, copy: &Path, document: &str) -> anyhow::Result<()> {
    let refusal = match Document::parse(document).and_then(|document| normalise(&document)) {
        Ok(_) => bail!("the document was to be refused, and isn't"),
        Err(refusal) => refusal.to_string(),
    };
    fs::write(copy.join("openapi.json"), document)?;
    let build = CommandLine::cargo(&["check", "--quiet", "--locked", "--offline", "--color=never"])
        .argument("--package=stratustexting-client")
        .argument("--manifest-path")
        .argument(copy.join("Cargo.toml").to_string_lossy())
        .argument("--target-dir")
        .argument(Workspace::target());

    let output = build.output(workspace)?;

    let printed = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = printed
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    ensure!(
        !output.status.success(),
        "the build passes with a document that is refused"
    );
    // Cargo puts the package before the line, and after it that there was one.
    let wanted = format!(": openapi.json: {refusal}");
    match said.as_slice() {
        [line, "error: build script logged errors"]
            if line.starts_with("error: stratustexting-client@") && line.ends_with(&wanted) =>
        {
            println!("{line}");
            Ok(())
        }
        _ => bail!("the build was to say `…{wanted}` and nothing else, and said:\n\n{printed}"),
    }
}

/// The document with a parameter that the generator can't take, in its first
/// operation.
fn with_a_cookie(text: &str) -> anyhow::Result<String> {
    let mut document: Value = serde_json::from_str(text).context("openapi.json is not JSON")?;
    let operation = document["paths"]
        .as_object_mut()
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.values_mut())
        .find(|operation| operation.get("operationId").is_some())
        .context("openapi.json has no operation")?;
    operation["parameters"] =
        json!([{"name": "session", "in": "cookie", "schema": {"type": "string"}}]);
    Ok(document.to_string())
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
