//! `cargo xtask shapes`: checks that generated code compiles.
//!
//! Text that the compiler rejects isn't a client, and no test of the generator's output
//! notices that. So shapes from other vendors' documents, and names that are hard on
//! Rust, are merged into one document with ours, and its client is compiled once, in a
//! copy of the workspace that shares its target directory.

use std::fs;

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

use crate::{copy::Copy, workspace::Workspace};

const SHAPES: &str = "xtask/tests/fixtures/shapes";

/// Longer than lists and objects of real documents.
const VALUES: usize = 1_000;
const FIELDS: usize = 300;

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let (document, operations) = document(workspace)?;
    let copy = Copy::new(workspace, "shapes")?;
    copy.compile(workspace, &document.to_string())
        .with_context(|| format!("the shapes are in {SHAPES}"))?;
    println!("The client of {operations} operations of odd shapes compiles.");
    Ok(())
}

/// Our document with all shapes, and the number of their operations.
fn document(workspace: &Workspace) -> anyhow::Result<(Value, usize)> {
    let text = fs::read_to_string(workspace.path("openapi.json"))?;
    let mut whole: Value = serde_json::from_str(&text).context("openapi.json is not JSON")?;
    let mut operations = 0;
    let mut files: Vec<_> = fs::read_dir(workspace.path(SHAPES))
        .with_context(|| format!("cannot read {SHAPES}"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    for file in files {
        let name = file.display().to_string();
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {name}"))?;
        let shapes: Value =
            serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))?;
        operations += add(&mut whole, shapes).with_context(|| format!("in {name}"))?;
    }
    operations += add(&mut whole, long())?;
    Ok((whole, operations))
}

/// Adds a document's paths and components. Fails for a duplicate name, since one would hide the other.
fn add(whole: &mut Value, mut shapes: Value) -> anyhow::Result<usize> {
    if let Some(info) = shapes["info"].as_object() {
        for (key, value) in info {
            whole["info"][key] = value.clone();
        }
    }
    let mut operations = 0;
    for item in objects(&mut shapes, "/paths").into_iter().flatten() {
        for (method, operation) in item.1.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut().filter(|_| method != "parameters") {
                complete(operation);
                operations += 1;
            }
        }
    }
    for pointer in ["/paths", "/components/schemas"] {
        let Some(new) = objects(&mut shapes, pointer).map(std::mem::take) else {
            continue;
        };
        let all = objects(whole, pointer).context("openapi.json has no paths or no components")?;
        for (name, value) in new {
            if all.insert(name.clone(), value).is_some() {
                bail!("{pointer} has {name} already");
            }
        }
    }
    Ok(operations)
}

fn objects<'a>(document: &'a mut Value, pointer: &str) -> Option<&'a mut Map<String, Value>> {
    document.pointer_mut(pointer)?.as_object_mut()
}

/// Adds what each operation must have, and what the shapes leave out.
fn complete(operation: &mut Map<String, Value>) {
    for (key, value) in [
        ("tags", json!(["Shapes"])),
        ("responses", json!({"200": {"description": ""}})),
        ("x-idempotent", json!(false)),
        ("x-pagination", json!({"style": "none"})),
        (
            "x-sensitive",
            json!({"path": [], "query": [], "request": [], "response": []}),
        ),
        ("x-provenance", json!({"basis": "inferred"})),
    ] {
        operation.entry(key).or_insert(value);
    }
}

/// A long list and a long object.
fn long() -> Value {
    let values: Vec<String> = (0..VALUES).map(|index| format!("v{index}")).collect();
    let fields: Map<String, Value> = (0..FIELDS)
        .map(|index| (format!("field{index}"), json!({"type": "string"})))
        .collect();
    let schema = json!({"type": "object", "properties": {
        "list": {"type": "string", "enum": values},
        "object": {"type": "object", "properties": fields},
    }});
    json!({"paths": {"/long": {"get": {
        "operationId": "readLong",
        "responses": {"200": {"description": "", "content": {
            "application/json": {"schema": schema}}}},
    }}}})
}
