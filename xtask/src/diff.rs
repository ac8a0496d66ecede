//! `cargo xtask diff`: what a new document means to a client of the old one.
//!
//! `openapi-diff` compares what goes over the wire, and `stratustexting-codegen` the
//! generated clients. This command reads the documents, and prints the result.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, anyhow, bail};
use openapi_diff::Class;
use serde_json::Value;
use stratustexting_codegen::Compared;
use stratustexting_spec::yaml;

use crate::{command::CommandLine, workspace::Workspace};

/// The documents, and the output format.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The old document, in JSON or YAML; by default that of the last commit.
    old: Option<PathBuf>,
    /// The new document; by default the current openapi.json. Several documents are
    /// each compared with the old one, and the worst one gives the exit code.
    new: Vec<PathBuf>,
    /// The output format.
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

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    let old = match &options.old {
        Some(path) => Compared::new(&read(path)?),
        None => Compared::new(&committed(workspace)?),
    };
    let mut new = options.new.clone();
    if new.is_empty() {
        new.push(workspace.path("openapi.json"));
    }
    let mut worst = Class::Documentation;
    for path in &new {
        let comparison = old.compare(&Compared::new(&read(path)?));
        let printed = match options.format {
            Format::Text => comparison.text(),
            Format::Markdown => comparison.markdown(),
            Format::Json => format!("{:#}\n", comparison.json()),
        };
        // JSON documents in a row need no headings.
        if new.len() > 1 && !matches!(options.format, Format::Json) {
            println!("{}:\n\n{printed}", path.display());
        } else {
            print!("{printed}");
        }
        worst = worst.max(comparison.class());
    }
    Ok(ExitCode::from(worst.exit_code()))
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let document = parse(path, &text)?;
    openapi_diff::check(&document).map_err(|reason| anyhow!("{}: {reason}", path.display()))?;
    Ok(document)
}

/// Reads JSON, or YAML if the file's name says so. Both may begin with a byte order mark.
fn parse(path: &Path, text: &str) -> anyhow::Result<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    if ["yaml", "yml"].contains(&extension.to_lowercase().as_str()) {
        return yaml::from_text(text).map_err(|reason| anyhow!("{}: {reason}", path.display()));
    }
    serde_json::from_str(text).with_context(|| format!("{} is not JSON", path.display()))
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
