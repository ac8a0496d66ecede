//! The files of the specification in the workspace.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{
    adopt, files,
    index::{self, Index},
    page::{self, Fragment},
    problem::Problem,
    render,
    source::{self, Pages, Source},
};
/// The folder of this crate and its data.
const FOLDER: &str = "crates/stratustexting-spec";

/// The files of the specification.
pub(crate) struct SpecFiles<'a> {
    root: &'a Path,
    cache: &'a Path,
}

impl<'a> SpecFiles<'a> {
    pub(crate) fn of(root: &'a Path, cache: &'a Path) -> Self {
        Self { root, cache }
    }

    /// The vendor's pages in our form.
    pub(crate) fn pages(&self) -> PathBuf {
        self.root.join(FOLDER).join("pages")
    }

    /// Our pages of operations that the vendor doesn't document.
    pub(crate) fn unlisted(&self) -> PathBuf {
        self.root.join(FOLDER).join("unlisted")
    }

    pub(crate) fn operations(&self) -> anyhow::Result<String> {
        read(&self.root.join(FOLDER).join("operations.yaml"))
    }

    pub(crate) fn overlay(&self) -> anyhow::Result<String> {
        read(&self.root.join(FOLDER).join("overlay.yaml"))
    }

    fn openapi(&self) -> PathBuf {
        self.root.join("openapi.json")
    }

    /// The cache of fetched pages; it can be deleted.
    pub(crate) fn cache(&self) -> PathBuf {
        self.cache.to_owned()
    }

    /// The current document; `None` if there is no file.
    pub(crate) fn text(&self) -> anyhow::Result<Option<String>> {
        match fs::read_to_string(self.openapi()) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("cannot read openapi.json"),
        }
    }

    /// The kept pages of the vendor; empty before the first run.
    pub(crate) fn kept_pages(&self, keep_going: bool) -> anyhow::Result<KeptPages> {
        let folder = self.pages();
        if !folder.join(index::NAME).exists() {
            return Ok(KeptPages::default());
        }
        let from = Source::Folder(folder.clone());
        let Pages { fragments, .. } = source::read(&from, self.cache(), keep_going)?;
        KeptPages::with_files(&folder, fragments)
    }

    /// The kept pages of our own.
    pub(crate) fn kept_unlisted(&self) -> anyhow::Result<KeptPages> {
        let folder = self.unlisted();
        KeptPages::with_files(&folder, source::read_folder(&folder)?)
    }

    /// Writes the files that differ: first the pages, then what follows from them.
    ///
    /// The index is written after the pages that it lists, and before unlisted pages
    /// are removed. If a run is interrupted in between, the next one can read the
    /// files.
    pub(crate) fn write(
        &self,
        pages: [(PathBuf, &KeptPages, &KeptPages); 2],
        document: &str,
    ) -> anyhow::Result<()> {
        for (folder, old, new) in pages {
            let mut files: Vec<_> = new.files.iter().collect();
            files.sort_by_key(|(name, _)| *name == index::NAME);
            for (name, text) in files {
                if old.files.get(name) != Some(text) {
                    files::replace(&folder.join(name), text)?;
                }
            }
            let gone = old
                .files
                .keys()
                .filter(|name| !new.files.contains_key(*name));
            for path in gone.map(|name| folder.join(name)) {
                fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        if self.text()?.as_deref() != Some(document) {
            files::replace(&self.openapi(), document)?;
        }
        Ok(())
    }
}

/// Pages in our form, with their texts.
#[derive(Debug, Default)]
pub(crate) struct KeptPages {
    /// By name; the index is one of them.
    files: BTreeMap<String, String>,
    fragments: Vec<Fragment>,
}

impl KeptPages {
    /// Pages of a folder, with the texts of its files.
    ///
    /// A page that somebody added, and that isn't in our form yet, isn't a kept one, so
    /// nothing is written or removed because of it.
    fn with_files(folder: &Path, mut fragments: Vec<Fragment>) -> anyhow::Result<Self> {
        fragments.retain(adopt::is_kept);
        let mut names = source::names(folder)?;
        let mut ours = Vec::new();
        for name in &names {
            let text = read(&folder.join(name));
            let fragment = text
                .ok()
                .and_then(|text| page::read(name, &text, None).ok());
            ours.push(fragment.is_some_and(|fragment| adopt::is_kept(&fragment)));
        }
        let mut ours = ours.into_iter();
        names.retain(|_| ours.next() == Some(true));
        if folder.join(index::NAME).exists() {
            names.push(index::NAME.to_owned());
        }
        let read = |name: String| Ok((name.clone(), read(&folder.join(name))?));
        let files: anyhow::Result<_> = names.into_iter().map(read).collect();
        Ok(Self {
            files: files?,
            fragments,
        })
    }

    /// Pages in our form, ready to be written.
    pub(crate) fn of(index: Option<&Index>, fragments: Vec<Fragment>) -> anyhow::Result<Self> {
        let index = index.map(|index| (index::NAME.to_owned(), index.render()));
        let mut files: BTreeMap<String, String> = index.into_iter().collect();
        for fragment in &fragments {
            let text = render::page(fragment)?;
            // The next run must read the same from the text.
            let again = page::read(&fragment.page, &text, fragment.url.clone())?;
            if again.operation != fragment.operation || again.components != fragment.components {
                let text = "can't be written so that it reads the same";
                return Err(Problem::of_page(&fragment.page, text).into());
            }
            files.insert(fragment.page.clone(), text);
        }
        Ok(Self { files, fragments })
    }

    pub(crate) fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Fragment> {
        self.fragments.iter()
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_run_leaves_an_index_of_existing_pages() {
        let root = tempfile::tempdir().unwrap();
        let files = |names: &[&str]| KeptPages {
            files: names
                .iter()
                .map(|name| ((*name).to_owned(), "new".to_owned()))
                .collect(),
            fragments: Vec::new(),
        };
        // A page that can't be written, and that comes after the index.
        let new = files(&["a.md", index::NAME, "z\0.md"]);
        let (old, none) = (KeptPages::default(), KeptPages::default());
        let folder = root.path().join("pages");

        let failed = SpecFiles::of(root.path(), root.path()).write(
            [(folder.clone(), &old, &new), (folder.clone(), &none, &none)],
            "{}",
        );

        assert!(failed.is_err());
        assert!(folder.join("a.md").exists());
        assert!(!folder.join(index::NAME).exists());
        assert!(!root.path().join("openapi.json").exists());
    }
}
