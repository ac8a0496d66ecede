//! `cargo xtask diff`: what a new document means to a client of the old one.
//!
//! Two comparisons, and the worse verdict counts. One reads the documents, as any client of
//! the service would have to: what may be sent, what comes back, what it means. The other
//! reads the outlines of the clients that the two documents give, as a Rust program would
//! have to: which methods, fields and types there are. Each misses something that the other
//! sees. That an operation has another id isn't on the wire; that a value may be `null` now
//! isn't in the outline where the field was optional anyway.

mod bodies;
mod change;
mod document;
mod facts;
mod fingerprint;
mod operations;
mod outline;
mod parameters;
mod render;
mod rules;
mod rust;
mod schema;
mod security;
mod shape;
mod spec;
mod wire;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use serde_json::Value;

pub(crate) use self::change::{Change, Class};

use self::{change::Side, spec::Spec};
use crate::{command::CommandLine, generation, workspace::Workspace};

/// Which documents, and how to tell of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The old document; that of the last commit if none is given.
    old: Option<PathBuf>,
    /// The new document; openapi.json as it lies there if none is given. Of several, each is
    /// compared with the old one, and the exit code is that of the worst.
    new: Vec<PathBuf>,
    /// How to print the outcome.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// An entry for CHANGELOG.md.
    Markdown,
    /// For programs.
    Json,
}

/// The outcome of a comparison.
#[derive(Debug)]
pub(crate) struct Comparison {
    wire: Class,
    rust: Class,
    changes: Vec<Change>,
}

impl Comparison {
    /// The verdict: the worse of the two sides'.
    pub(crate) fn class(&self) -> Class {
        self.wire.max(self.rust)
    }

    /// The changes, worst first.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    let old = match &options.old {
        Some(path) => Prepared::new(&read(path)?, &name("old", path))?,
        None => Prepared::new(&committed(workspace)?, "the last commit's document")?,
    };
    let mut new = options.new.clone();
    if new.is_empty() {
        new.push(workspace.path("openapi.json"));
    }
    let mut worst = Class::Documentation;
    for path in &new {
        let comparison = old.compare(&Prepared::new(&read(path)?, &name("new", path))?);
        let printed = match options.format {
            Format::Text => comparison.text(),
            Format::Markdown => comparison.markdown(),
            Format::Json => format!("{:#}\n", comparison.json()),
        };
        // JSON documents in a row tell by themselves where each ends.
        if new.len() > 1 && !matches!(options.format, Format::Json) {
            println!("{}:\n\n{printed}", path.display());
        } else {
            print!("{printed}");
        }
        worst = worst.max(comparison.class());
    }
    Ok(ExitCode::from(worst.exit_code()))
}

fn name(which: &str, path: &Path) -> String {
    format!("the {which} document, {}", path.display())
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// The document of the last commit.
fn committed(workspace: &Workspace) -> anyhow::Result<Value> {
    let shown = CommandLine::new("git", &["show", "HEAD:./openapi.json"]).output(workspace)?;
    if !shown.status.success() {
        let reason = String::from_utf8_lossy(&shown.stderr);
        let reason = reason.lines().next().unwrap_or_default();
        bail!("git has no openapi.json of the last commit ({reason}); name the old document");
    }
    serde_json::from_slice(&shown.stdout).context("openapi.json of the last commit is not JSON")
}

/// Compares two documents.
///
/// # Errors
///
/// When the client can't be generated from one of them: says which, and why.
pub(crate) fn compare(old: &Value, new: &Value) -> anyhow::Result<Comparison> {
    let old = Prepared::new(old, "the old document")?;
    let new = Prepared::new(new, "the new document")?;
    Ok(old.compare(&new))
}

/// A document and the outline of the client that it gives.
struct Prepared {
    spec: Spec,
    outline: String,
}

impl Prepared {
    fn new(document: &Value, name: &str) -> anyhow::Result<Self> {
        let failed = || format!("{name}: the client can't be generated");
        let generated = generation::generate(&document.to_string()).with_context(failed)?;
        let outline = stratustexting_codegen::outline(&generated.source).with_context(failed)?;
        Ok(Self {
            spec: Spec::new(document),
            outline,
        })
    }

    fn compare(&self, new: &Self) -> Comparison {
        let wire = wire::compare(&self.spec, &new.spec);
        let mut origins = rust::Origins::default();
        for spec in [&self.spec, &new.spec] {
            let operations = spec.operations().into_iter();
            origins
                .operations
                .extend(operations.map(|operation| operation.id));
            for (name, place) in spec.components("schemas") {
                let ids = origins.schemas.entry(name.to_owned()).or_default();
                ids.extend(wire.reach.get(&place.pointer).cloned().unwrap_or_default());
            }
        }
        let mut changes = wire.changes;
        changes.extend(rust::compare(&self.outline, &new.outline, &origins));
        changes.sort_by_key(Change::order);
        Comparison {
            wire: wire::worst(&changes, Side::Wire),
            rust: wire::worst(&changes, Side::Rust),
            changes,
        }
    }
}
