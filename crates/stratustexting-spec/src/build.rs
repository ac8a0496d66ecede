//! The document, from pages in our form.

use serde_json::{Value, json};
use stratustexting_codegen::{Generated, normalise::Report as Normalised};

use super::{
    adopt,
    facts::Facts,
    loosen,
    merge::{Merged, OperationPage, merge},
    overlay,
    problem::{Problem, Problems},
    render,
    report::Report,
    spec_files::KeptPages,
    validate,
};

/// The inputs of the document.
pub(crate) struct Inputs<'a> {
    pub(crate) pages: &'a KeptPages,
    pub(crate) unlisted: &'a KeptPages,
    pub(crate) facts: &'a Facts,
    /// The overlay's text.
    pub(crate) overlay: &'a str,
    /// Whether to go on without the pages that fail.
    pub(crate) keep_going: bool,
}

/// A valid document.
pub(crate) struct Built {
    pub(crate) text: String,
    pub(crate) value: Value,
    /// The normaliser's changes of it.
    pub(crate) normalised: Normalised,
    pub(crate) generated: Generated,
}

/// Makes the document, and adds all changes to the report.
pub(crate) fn document(inputs: &Inputs<'_>, report: &mut Report) -> anyhow::Result<Built> {
    let (operation_pages, mut problems) = operation_pages(inputs, report);
    let Merged {
        document: mut value,
        notes,
        problems: unmerged,
    } = merge(operation_pages.clone(), inputs.facts, inputs.keep_going);
    report.merged(notes);
    problems.extend(unmerged);
    Problems::none(problems)?;
    for id in inputs.facts.ids() {
        if !operation_pages
            .iter()
            .any(|operation_page| operation_page.id == id)
        {
            report.unused_fact(id);
        }
    }
    report.overlay(overlay::apply(inputs.overlay, &mut value)?);
    list_tags(&mut value);
    let text = render::document(&value)?;
    let (normalised, generated) =
        validate::document(&text, &value, &operation_pages).map_err(Problems)?;
    Ok(Built {
        text,
        value,
        normalised,
        generated,
    })
}

/// The pages as OpenAPI 3.0, the vendor's first.
fn operation_pages(inputs: &Inputs<'_>, report: &mut Report) -> (Vec<OperationPage>, Vec<Problem>) {
    let mut operation_pages = Vec::new();
    let mut problems = Vec::new();
    let listed = inputs.pages.all().map(|fragment| (fragment, false));
    let unlisted = inputs.unlisted.all().map(|fragment| (fragment, true));
    for (fragment, unlisted) in listed.chain(unlisted) {
        let mut fragment = fragment.clone();
        let Some(id) = adopt::operation_id(&fragment).map(str::to_owned) else {
            problems.push(Problem::of_page(&fragment.page, "has no operationId"));
            continue;
        };
        let changes = loosen::loosen(&mut fragment);
        report.loosened(&fragment.page, changes);
        let operation_page = OperationPage {
            id,
            fragment,
            unlisted,
        };
        match validate::page(&operation_page) {
            Ok(()) => operation_pages.push(operation_page),
            Err(problem) => problems.push(problem),
        }
    }
    (operation_pages, problems)
}

/// Lists resources without a description by their name.
fn list_tags(document: &mut Value) {
    let mut used: Vec<Value> = Vec::new();
    for item in document["paths"].as_object().into_iter().flatten() {
        for operation in item.1.as_object().into_iter().flatten() {
            used.extend(
                operation.1["tags"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
        }
    }
    if !document["tags"].is_array() {
        document["tags"] = json!([]);
    }
    let Some(tags) = document["tags"].as_array_mut() else {
        return;
    };
    used.sort_by_key(Value::to_string);
    for name in used {
        if !tags.iter().any(|tag| tag["name"] == name) {
            tags.push(json!({"name": name}));
        }
    }
}
