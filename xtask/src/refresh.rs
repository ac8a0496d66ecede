//! `cargo xtask refresh`: makes `openapi.json` from the vendor's documentation site.
//!
//! `stratustexting-spec` does the work; this command parses the arguments and provides a compiler.

use std::{io, path::PathBuf};

use stratustexting_spec::{OWN_BRAND, Options as Refresh, Source, refresh};

use crate::{copy::Copy, workspace::Workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The site, or a folder with its pages. By default the brand's documentation site;
    /// with --check the kept pages.
    #[arg(long, value_name = "URL|DIR")]
    from: Option<Source>,
    /// Writes nothing, and fails if something would be written.
    #[arg(long)]
    check: bool,
    /// The brand whose documentation site is read, by its id in `x-brands` of openapi.json.
    #[arg(long, value_name = "NAME", default_value = OWN_BRAND)]
    brand: String,
    /// If pages disagree about a component, this page's version wins. Can be given
    /// several times; the first page that has the component wins.
    #[arg(long, value_name = "PAGE")]
    prefer: Vec<String>,
    /// Goes on without the pages that fail. The kept version of such a page stays, if
    /// there is one; the report's last lines name each with the reason.
    #[arg(long)]
    keep_going: bool,
    /// Writes the report into this file, too, as Markdown.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Writes a document without compiling its client first.
    #[arg(long)]
    no_compile: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let cache = workspace.path(&Workspace::target()).join("refresh-cache");
    let compile = |document: &str| {
        println!("The client of this document is compiled before anything is written.");
        Copy::new(workspace, "refreshed")?.compile(workspace, document)
    };
    let mut refreshing = Refresh::new(workspace.root(), &cache);
    refreshing.from = options.from.as_ref();
    refreshing.check = options.check;
    refreshing.brand = &options.brand;
    let prefer: Vec<&str> = options.prefer.iter().map(String::as_str).collect();
    refreshing.prefer = &prefer;
    refreshing.keep_going = options.keep_going;
    refreshing.report = options.report.as_deref();
    if !options.no_compile {
        refreshing.compile = Some(&compile);
    }
    refresh(&refreshing, &mut io::stdout())
}
