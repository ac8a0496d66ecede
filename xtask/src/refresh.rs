//! `cargo xtask refresh`: from the vendor's documentation site to `openapi.json`.
//!
//! ```text
//! site or folder -> pages -> our form of them -> OpenAPI 3.0 -> one document -> overlay
//!      source,        page     adopt                loosen        merge, facts    overlay
//!      fetch, index
//! ```
//!
//! The pages are kept in `xtask/spec/pages` in our form: the vendor's facts and our words.
//! From them, from the pages of what the vendor doesn't document (`unlisted`), from what no
//! page says (`operations.yaml`) and from our corrections (`overlay.yaml`) `openapi.json`
//! follows bit for bit, which `--check` proves without any network.
//!
//! Nothing is written unless all of it is right.

mod adopt;
mod build;
mod facts;
mod fetch;
mod files;
mod identify;
mod index;
mod loosen;
mod merge;
mod overlay;
mod page;
mod problem;
mod render;
mod report;
mod source;
mod spec;
mod validate;
mod yaml;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use url::Url;

use self::{
    facts::Facts,
    page::Fragment,
    report::Report,
    source::{From, Pages},
    spec::{Kept, Spec},
};
use crate::{diff, workspace::Workspace};

/// The brand whose client this is.
const OWN_BRAND: &str = "stratustexting";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The site, or a folder with what a site has. By default the brand's documentation
    /// site; with --check the pages that are kept here.
    #[arg(long, value_name = "URL|DIR")]
    from: Option<From>,
    /// Writes nothing, and fails if something would be written.
    #[arg(long)]
    check: bool,
    /// Whose documentation site is read, by its id in `x-brands` of openapi.json.
    #[arg(long, value_name = "NAME", default_value = OWN_BRAND)]
    brand: String,
    /// Where pages disagree about a component, takes this page's for all of them.
    #[arg(long, value_name = "PAGE")]
    prefer: Option<String>,
    /// Writes the report into this file, too, as Markdown.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    let spec = Spec::of(workspace);
    let old_text = spec.text()?;
    let old = match &old_text {
        Some(text) => serde_json::from_str(text).context("openapi.json is not JSON")?,
        None => Value::Null,
    };
    let from = match &options.from {
        Some(from) => from.clone(),
        None if options.check => From::Folder(spec.pages()),
        None => From::Site(documentation_site(&old, &options.brand)?),
    };
    let facts = Facts::read(&spec.operations()?)?;
    let old_pages = spec.kept_pages()?;
    let old_unlisted = spec.kept_unlisted()?;
    let Pages {
        index,
        mut fragments,
        notes,
    } = source::read(&from, spec.cache())?;

    if !from.may_be_ours() {
        fragments.iter_mut().for_each(adopt::disown);
    }

    let mut report = Report::new(&from, notes);
    let known: Vec<&Fragment> = old_pages.all().chain(old_unlisted.all()).collect();
    let rises = identify::own_form(&mut fragments, &options.brand, &facts, &known)?;
    report.rises(rises);
    let mut unlisted: Vec<Fragment> = old_unlisted.all().cloned().collect();
    if let Some(page) = &options.prefer {
        identify::prefer(&mut fragments, &mut unlisted, page)?;
    }
    let new_pages = Kept::of(Some(&index), fragments)?;
    let new_unlisted = Kept::of(None, unlisted)?;
    report.pages(&old_pages, &new_pages);

    let inputs = build::Inputs {
        pages: &new_pages,
        unlisted: &new_unlisted,
        facts: &facts,
        overlay: &spec.overlay()?,
    };
    let built = match build::document(&inputs, &mut report) {
        Ok(built) => built,
        Err(error) => {
            // What is known so far helps to mend it.
            print!("{}", report.text());
            return Err(error);
        }
    };
    if old != Value::Null {
        report.normaliser(&old, &built.normalised);
        report.comparison(diff::compare(&old, &built.value)?);
    }
    let differs = old_text.as_deref() != Some(&built.text)
        || old_pages.files() != new_pages.files()
        || old_unlisted.files() != new_unlisted.files();
    report.outcome(differs, options.check);
    print!("{}", report.text());
    if let Some(path) = &options.report {
        files::replace(&workspace.root().join(path), &report.markdown())?;
    }
    if options.check {
        ensure!(
            !differs,
            "openapi.json or the kept pages aren't what {from} gives; run\n\n    \
             cargo xtask refresh --from {from}\n"
        );
    } else if differs {
        let pages = (spec.pages(), &old_pages, &new_pages);
        let unlisted = (spec.unlisted(), &old_unlisted, &new_unlisted);
        spec.write([pages, unlisted], &built.text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn documentation_site(document: &Value, brand: &str) -> anyhow::Result<Url> {
    let brands = document["x-brands"].as_array();
    let brands = brands.map(Vec::as_slice).unwrap_or_default();
    let Some(known) = brands.iter().find(|known| known["id"] == brand) else {
        let ids = brands.iter().filter_map(|known| known["id"].as_str());
        let ids: Vec<&str> = ids.collect();
        bail!("no brand is called {brand}; there are {}", ids.join(", "));
    };
    let site = known["documentation"]
        .as_str()
        .with_context(|| format!("no documentation site of {brand} is known; use --from"))?;
    match site.parse()? {
        From::Site(url) => Ok(url),
        From::Folder(_) => bail!("the documentation of {brand} is no URL: {site}"),
    }
}
