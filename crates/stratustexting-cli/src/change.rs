//! What would be changed: the request, with nothing sent.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use stratustexting::api::Operation;

use crate::{
    failure::{Class, Failure, Result},
    output::{Output, pretty_json},
};

/// A request that `--dry-run` shows in place of sending it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DryRun {
    /// Always `true`.
    pub(crate) dry_run: bool,
    /// The operation's id, such as `upsertContact`, if it is one that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<&'static str>,
    pub(crate) method: String,
    /// The path below the API's base URL.
    pub(crate) path: String,
    /// The query's parameters: each a name and a value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) query: Vec<(String, String)>,
    /// The body, which is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
}

/// Shows the request of an operation. `path` has the values of the path's parameters.
pub(crate) fn dry_run(
    operation: &'static str,
    path: &[(&str, &str)],
    body: Option<&impl Serialize>,
    output: &Output,
) -> Result<ExitCode> {
    show(&request(operation, path, body)?, output)
}

pub(crate) fn request(
    operation: &'static str,
    path: &[(&str, &str)],
    body: Option<&impl Serialize>,
) -> Result<DryRun> {
    let operation = Operation::find(operation)
        .ok_or_else(|| Failure::new(Class::Other, "this version doesn't know the operation"))?;
    let mut filled = operation.path.to_owned();
    for (name, value) in path {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    let body = body.map(serde_json::to_value).transpose();
    let body = body.map_err(|_| Failure::usage("the body can't be written as JSON"))?;
    Ok(DryRun {
        dry_run: true,
        operation: Some(operation.id),
        method: operation.method.to_owned(),
        path: filled,
        query: Vec::new(),
        body,
    })
}

pub(crate) fn show(request: &DryRun, output: &Output) -> Result<ExitCode> {
    output.object(request)?;
    output.say(&format!("{} {}", request.method, request.path))?;
    for (name, value) in &request.query {
        output.say(&format!("{name}={value}"))?;
    }
    if let Some(body) = &request.body {
        output.say(&pretty_json(body)?)?;
    }
    output.say("Nothing was changed.")?;
    Ok(ExitCode::SUCCESS)
}
