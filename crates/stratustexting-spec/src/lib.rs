//! From the vendor's documentation site to `openapi.json`.
//!
//! ```text
//! site or folder -> pages -> our form of them -> OpenAPI 3.0 -> one document -> overlay
//!      source,        page     adopt                loosen        merge, facts    overlay
//!      fetch, index
//! ```
//!
//! The pages are kept beside this code, in `pages/`, in our form: the vendor's facts
//! with our descriptions. `openapi.json` follows bit for bit from them, from our pages
//! of operations that the vendor doesn't document (`unlisted/`), from `operations.yaml`
//! and from our corrections (`overlay.yaml`). `check` proves that without any network.
//!
//! Nothing is written unless everything is right.

mod adopt;
mod build;
mod facts;
mod fetch;
mod file_name;
mod files;
mod grammar;
mod identify;
mod index;
mod loosen;
mod merge;
mod overlay;
mod page;
mod platform;
mod problem;
mod render;
mod report;
mod same;
mod selection;
mod source;
mod spec_files;
mod validate;
pub mod yaml;

use std::{io::Write, path::Path};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use stratustexting_codegen::Compared;
use url::Url;

pub use self::source::Source;
use self::{
    facts::Facts,
    page::Fragment,
    report::Report,
    selection::Selection,
    spec_files::{KeptPages, SpecFiles},
};

/// The brand of this client.
pub const OWN_BRAND: &str = "stratustexting";

/// Compiles the client of a document, given as text.
pub type Compile<'a> = dyn Fn(&str) -> anyhow::Result<()> + 'a;

/// The inputs of `openapi.json`, and what to do with it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Options<'a> {
    /// The workspace's root.
    pub root: &'a Path,
    /// The folder for fetched pages between runs; it can be deleted.
    pub cache: &'a Path,
    /// The site, or a folder with its pages. By default the brand's documentation site;
    /// with `check` the kept pages.
    pub from: Option<&'a Source>,
    /// Writes nothing, and fails if something would be written.
    pub check: bool,
    /// The brand whose documentation site is read, by its id in `x-brands` of `openapi.json`.
    pub brand: &'a str,
    /// If pages disagree about a component, the first of these pages that has it is
    /// right.
    pub prefer: &'a [&'a str],
    /// Goes on without the pages that fail. The kept version of such a page stays, if
    /// there is one; the report's last lines name each with the reason.
    pub keep_going: bool,
    /// Writes the report into this file, too, as Markdown.
    pub report: Option<&'a Path>,
    /// Compiles the client of a document that is about to be written.
    pub compile: Option<&'a Compile<'a>>,
}

impl<'a> Options<'a> {
    /// The own brand's site for a workspace.
    pub fn new(root: &'a Path, cache: &'a Path) -> Self {
        Self {
            root,
            cache,
            from: None,
            check: false,
            brand: OWN_BRAND,
            prefer: &[],
            keep_going: false,
            report: None,
            compile: None,
        }
    }
}

/// Without the closure.
impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Options");
        shown.field("root", &self.root).field("from", &self.from);
        shown.finish_non_exhaustive()
    }
}

/// Makes `openapi.json`, and writes a report to `out`.
///
/// # Errors
///
/// If a page can't be read, if pages contradict each other, or if the client can't be
/// generated or compiled; with `check`, if something would be written.
pub fn refresh(options: &Options<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let spec = SpecFiles::of(options.root, options.cache);
    let old_text = spec.text()?;
    let old = match &old_text {
        Some(text) => serde_json::from_str(text).context("openapi.json is not JSON")?,
        None => Value::Null,
    };
    let from = match options.from {
        Some(from) => from.clone(),
        None if options.check => Source::Folder(spec.pages()),
        None => Source::Site(documentation_site(&old, options.brand)?),
    };
    let old_pages = spec.kept_pages(options.keep_going)?;
    let old_unlisted = spec.kept_unlisted()?;
    let inputs = Inputs {
        options,
        from: &from,
        facts: Facts::read(&spec.operations()?)?,
        overlay: spec.overlay()?,
        old_pages: &old_pages,
        old_unlisted: &old_unlisted,
    };
    let pages = source::read(&from, spec.cache(), options.keep_going)?;
    let notes = pages.notes.clone();
    let mut selection = Selection::of(pages, &old_pages);
    let (output, mut report) = loop {
        let mut report = Report::new(&from, notes.clone());
        let output = if selection.has_any() {
            inputs.make(&selection, &mut report)
        } else {
            Err(anyhow::anyhow!("no page of {from} can be taken"))
        };
        match output {
            Ok(output) => break (output, report),
            Err(error) => {
                // It may succeed without the pages that it failed on.
                if options.keep_going && selection.without(&error) {
                    continue;
                }
                report.left_out(selection.left_out());
                // The report so far helps to fix it.
                write!(out, "{}", report.text())?;
                return Err(error);
            }
        }
    };
    let Output {
        built,
        pages: new_pages,
        unlisted: new_unlisted,
    } = output;
    report.left_out(selection.left_out());
    if old != Value::Null {
        report.normaliser(&old, &built.normalised);
        let new = Compared::of(&built.value, &built.generated);
        report.comparison(Compared::new(&old).compare(&new));
    }
    let differs = old_text.as_deref() != Some(&built.text)
        || old_pages.files() != new_pages.files()
        || old_unlisted.files() != new_unlisted.files();
    report.outcome(differs, options.check);
    write!(out, "{}", report.text())?;
    if let Some(path) = options.report {
        files::replace(path, &report.markdown())?;
    }
    if options.check {
        ensure!(
            !differs,
            "openapi.json or the kept pages aren't what {from} gives; run\n\n    \
             cargo xtask refresh --from {from}\n"
        );
    } else if differs {
        if let Some(compile) = options.compile
            && old_text.as_deref() != Some(&built.text)
        {
            compile(&built.text).context("nothing is written, since the client doesn't compile")?;
        }
        let pages = (spec.pages(), &old_pages, &new_pages);
        let unlisted = (spec.unlisted(), &old_unlisted, &new_unlisted);
        spec.write([pages, unlisted], &built.text)?;
    }
    Ok(())
}

/// The inputs of a document except the selection of pages.
struct Inputs<'a> {
    options: &'a Options<'a>,
    from: &'a Source,
    facts: Facts,
    overlay: String,
    old_pages: &'a KeptPages,
    old_unlisted: &'a KeptPages,
}

/// The files to write.
struct Output {
    built: build::Built,
    pages: KeptPages,
    unlisted: KeptPages,
}

impl Inputs<'_> {
    /// Makes the document from the selected pages.
    fn make(&self, selection: &Selection, report: &mut Report) -> anyhow::Result<Output> {
        let (index, mut fragments) = selection.pages();
        if !self.from.may_be_ours() {
            let site = fragments.iter_mut();
            site.filter(|page| !selection.is_kept(page))
                .for_each(adopt::remove_marks);
        }
        let known = self.old_pages.all().chain(self.old_unlisted.all());
        let known: Vec<&Fragment> = known.collect();
        let owned = identify::own_form(&mut fragments, self.options.brand, &self.facts, &known)?;
        report.basis_changes(owned.basis_changes);
        for (page, lines) in owned.notes {
            report.loosened(&page, lines);
        }
        selection.renew(&mut fragments);
        let mut unlisted: Vec<Fragment> = self.old_unlisted.all().cloned().collect();
        identify::prefer(&mut fragments, &mut unlisted, self.options.prefer)?;
        let pages = KeptPages::of(Some(&index), fragments)?;
        let unlisted = KeptPages::of(None, unlisted)?;
        report.pages(self.old_pages, &pages);
        let inputs = build::Inputs {
            pages: &pages,
            unlisted: &unlisted,
            facts: &self.facts,
            overlay: &self.overlay,
            keep_going: self.options.keep_going,
        };
        let built = build::document(&inputs, report)?;
        Ok(Output {
            built,
            pages,
            unlisted,
        })
    }
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
        Source::Site(url) => Ok(url),
        Source::Folder(_) => bail!("the documentation of {brand} is no URL: {site}"),
    }
}
