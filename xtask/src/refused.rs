//! `cargo xtask refused`: the output of a build with a refused document.
//!
//! Unit tests cover the refusals of the normaliser. This covers the whole way to the
//! terminal, through build script and Cargo. It builds a copy of the workspace with a
//! broken document, and expects exactly the one line with problem and location.

use std::fs;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use stratustexting_codegen::{Document, normalise};

use crate::{copy::Copy, workspace::Workspace};

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let copy = Copy::new(workspace, "refused")?;
    let text = fs::read_to_string(workspace.path("openapi.json"))?;
    for broken in [with_a_cookie(&text)?, text.replacen('{', "", 1)] {
        expect_one_line(workspace, &copy, &broken)?;
    }
    println!("A refused document fails the build with one line.");
    Ok(())
}

fn expect_one_line(workspace: &Workspace, copy: &Copy, document: &str) -> anyhow::Result<()> {
    let refusal = match Document::parse(document).and_then(|document| normalise(&document)) {
        Ok(_) => bail!("the document should be refused, but isn't"),
        Err(refusal) => refusal.to_string(),
    };

    let output = copy.check(document)?.output(workspace)?;

    let printed = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    ensure!(
        !output.status.success(),
        "the build succeeds with a refused document"
    );
    // Cargo adds the package before the line, and a summary after it.
    let wanted = format!(": openapi.json: {refusal}");
    match lines.as_slice() {
        [line, "error: build script logged errors"]
            if line.starts_with("error: stratustexting-client@") && line.ends_with(&wanted) =>
        {
            println!("{line}");
            Ok(())
        }
        _ => {
            bail!("the build should print `…{wanted}` and nothing else, but printed:\n\n{printed}")
        }
    }
}

/// The document with a parameter that the generator doesn't support, in its first
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
