//! What was found, for people and for the files of this workspace. It has no values.

use std::{collections::BTreeMap, error::Error as _, fmt};

use stratustexting::{
    Diagnostic, Error, Found, OperationOverride,
    api::{Operation, operation::Basis},
};

use super::Outcome;

/// What was found of one operation.
pub(crate) struct Finding {
    operation: &'static Operation,
    state: State,
    /// A path in another style where something responded.
    other_path: Option<&'static str>,
}

enum State {
    NotAsked,
    Responded {
        diagnostics: Vec<Diagnostic>,
        end: Option<String>,
        items: usize,
    },
    Failed {
        said: String,
        unknown_route: bool,
    },
}

impl Finding {
    pub(crate) fn not_asked(operation: &'static Operation) -> Self {
        Self::new(operation, State::NotAsked)
    }

    pub(crate) fn responded(
        operation: &'static Operation,
        diagnostics: Vec<Diagnostic>,
        end: Option<String>,
        items: usize,
    ) -> Self {
        let state = State::Responded {
            diagnostics,
            end,
            items,
        };
        Self::new(operation, state)
    }

    /// The error's own words have no values; the service's, which may have, aren't asked for.
    pub(crate) fn failed(operation: &'static Operation, error: &Error) -> Self {
        let mut said = error.to_string();
        if let Some(source) = error.source() {
            said += &format!(": {source}");
        }
        let status = error.status().map(|status| status.as_u16());
        let state = State::Failed {
            said,
            unknown_route: matches!(status, Some(403..=405)),
        };
        Self::new(operation, state)
    }

    fn new(operation: &'static Operation, state: State) -> Self {
        Self {
            operation,
            state,
            other_path: None,
        }
    }

    pub(crate) fn is_unknown_route(&self) -> bool {
        matches!(
            self.state,
            State::Failed {
                unknown_route: true,
                ..
            }
        )
    }

    pub(crate) fn found_at(&mut self, path: &'static str) {
        self.other_path = Some(path);
    }

    pub(crate) fn holds(&self) -> bool {
        match &self.state {
            State::NotAsked => true,
            State::Responded { diagnostics, .. } => diagnostics.is_empty(),
            State::Failed { .. } => false,
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match &self.state {
            State::Responded { diagnostics, .. } => diagnostics,
            _ => &[],
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation {
            id,
            method,
            path,
            provenance,
            ..
        } = self.operation;
        let basis = match provenance.basis {
            Basis::Documented => "documented",
            Basis::SiblingBrand => "sibling brand",
            Basis::ClientCode => "client code",
            _ => "inferred",
        };
        write!(f, "{id:<20} {method} {path} ({basis}): ")?;
        match &self.state {
            State::NotAsked => f.write_str("not asked, for want of an id or a number")?,
            State::Responded { items, end, .. } => {
                f.write_str(if self.holds() { "holds" } else { "differs" })?;
                write!(f, ", {items} read")?;
                if let Some(end) = end {
                    write!(f, "; {end}")?;
                }
            }
            State::Failed { said, .. } => write!(f, "fails: {said}")?,
        }
        let mut said: Vec<String> = Vec::new();
        for diagnostic in self.diagnostics() {
            let place = match diagnostic.pattern() {
                place if place.is_empty() => "body".to_owned(),
                place => place,
            };
            let line = format!(
                "{place}: expected {}, found {}",
                diagnostic.expected(),
                diagnostic.found()
            );
            if !said.contains(&line) {
                write!(f, "\n    {line}")?;
                said.push(line);
            }
        }
        if let Some(path) = self.other_path {
            write!(f, "\n    something responds at GET {path}")?;
        }
        Ok(())
    }
}

/// What lets a program go on today: a file for `ClientBuilder::operations_file`.
pub(crate) fn overrides(findings: &[Finding]) -> Outcome {
    let overrides: BTreeMap<&str, OperationOverride> = findings
        .iter()
        .filter_map(|finding| {
            let path = finding.other_path?;
            Some((finding.operation.id, OperationOverride::new().path(path)))
        })
        .collect();
    if !overrides.is_empty() {
        println!("\n## For `ClientBuilder::operations_file`\n");
        println!("{}", serde_json::to_string_pretty(&overrides)?);
    }
    Ok(())
}

/// The model whose fields an operation's body has.
fn model(id: &str) -> &'static str {
    match id {
        "listContacts" | "searchContacts" | "findContactByMobile" => "Contact",
        "listCustomConsents" | "getCustomConsent" => "CustomConsent",
        "listSubscriptions" => "Subscription",
        "listSites" => "Site",
        _ => "Message",
    }
}

/// What corrects the document: actions for `overlay.yaml` of the workspace, by field.
pub(crate) fn overlay(findings: &[Finding]) {
    let mut fields: BTreeMap<(String, &'static str), &'static str> = BTreeMap::new();
    for finding in findings {
        for diagnostic in finding.diagnostics() {
            let pattern = diagnostic.pattern();
            let field = pattern
                .split_once("[].")
                .map_or(&*pattern, |(_, field)| field);
            let kind = match diagnostic.found() {
                Found::Number => "number",
                Found::Text => "string",
                Found::Flag => "boolean",
                Found::List => "array",
                Found::Object => "object",
                _ => continue,
            };
            let plain = !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let of_page = !pattern.contains("[].") && finding.operation.pagination.is_some();
            if plain && !of_page {
                let model = model(finding.operation.id);
                fields.insert((field.to_owned(), model), kind);
            }
        }
    }
    if fields.is_empty() {
        return;
    }
    println!("\n## For `overlay.yaml`\n");
    for ((field, model), kind) in fields {
        println!("  - target: $.components.schemas.{model}.properties.{field}");
        println!("    description: the type of {field} of {model}");
        println!("    x-reason: >-\n      A live account responds with {kind} here.");
        println!(
            "    x-evidence: >-\n      A run of the example `probe`; say when, and of which brand."
        );
        println!("    x-unnecessary-when: >-\n      the vendor's page says so.");
        println!("    update:\n      type: {kind}");
    }
}
