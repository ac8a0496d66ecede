//! `cargo xtask diff`: what a new document means to a client of the old one.
//!
//! `openapi-diff` compares what goes over the wire, `stratustexting-codegen` the clients that
//! the documents give. Here they get their documents, and their outcome is printed.

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

/// Which documents, and how to tell of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The old document, in JSON or YAML; that of the last commit if none is given.
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

fn read(path: &Path) -> anyhow::Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let document = parse(path, &text)?;
    openapi_diff::check(&document).map_err(|reason| anyhow!("{}: {reason}", path.display()))?;
    Ok(document)
}

/// Reads JSON, or YAML by the file's name. Both may begin with a byte order mark.
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
