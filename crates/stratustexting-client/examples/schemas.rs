//! Prints the JSON Schemas of the models, each as the text of its file.
//!
//! `cargo xtask schema` writes the output into the package's folder `schemas`. It is a
//! program of this package because it needs the generated types, which xtask doesn't
//! have; the package's test includes it to compare the files.

use std::collections::BTreeMap;

use schemars::Schema;
use serde::Serialize;
use serde_json::Value;
use stratustexting_client::{Client, ClientInfo, MODELS, transport::Handle};

#[allow(clippy::print_stdout, reason = "this is what the program is for")]
fn main() -> serde_json::Result<()> {
    println!("{}", serde_json::to_string(&files()?)?);
    Ok(())
}

/// The texts by path below the folder of schemas.
pub(crate) fn files() -> serde_json::Result<BTreeMap<String, String>> {
    let version = version();
    MODELS
        .iter()
        .map(|model| {
            let path = format!("{version}/{}.json", model.name);
            Ok((path, text(model.name, &version, model.schema())?))
        })
        .collect()
}

/// The major version of the document, as in `v1`: within it, a schema only grows.
fn version() -> String {
    let version = <Client as ClientInfo<Handle>>::api_version();
    let major = version.split('.').next().unwrap_or(version);
    format!("v{major}")
}

/// A schema with its keys in reading order. The rest is in alphabetical order, whatever
/// features of `serde_json` are on.
#[derive(Serialize)]
struct File {
    #[serde(rename = "$comment")]
    comment: &'static str,
    #[serde(rename = "$schema")]
    dialect: Option<Value>,
    /// A name, not an address: nothing serves these files.
    #[serde(rename = "$id")]
    id: String,
    title: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Value>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

fn text(name: &str, version: &str, schema: Schema) -> serde_json::Result<String> {
    let mut value = schema.to_value();
    value.sort_all_objects();
    let mut rest: BTreeMap<String, Value> = serde_json::from_value(value)?;
    let file = File {
        comment: "Made from openapi.json by `cargo xtask schema`. Don't edit it.",
        dialect: rest.remove("$schema"),
        id: format!("urn:stratustexting:schema:{version}:{name}"),
        title: rest.remove("title"),
        description: rest.remove("description"),
        rest,
    };
    Ok(serde_json::to_string_pretty(&file)? + "\n")
}
