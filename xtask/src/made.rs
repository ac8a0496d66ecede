//! Files that a command makes and that are committed: written, or compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// What a folder of the workspace is to have.
#[derive(Debug)]
pub(crate) struct Made {
    folder: PathBuf,
    /// The folder's path as people write it.
    name: String,
    files: BTreeMap<String, String>,
    /// Files that are there and no longer made.
    stale: BTreeSet<String>,
}

impl Made {
    /// `files` has the texts by path below `folder`. A folder in which a file is made
    /// has nothing else that ends like it: what does was made once and isn't any more.
    pub(crate) fn new(
        workspace: &Workspace,
        folder: &str,
        files: BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let root = workspace.path(folder);
        let mut stale = BTreeSet::new();
        for path in files.keys() {
            let path = Path::new(path);
            let below = path.parent().unwrap_or(Path::new(""));
            for name in names(&root.join(below))? {
                let found = below.join(&name);
                let found = found.to_string_lossy().replace('\\', "/");
                if Path::new(&name).extension() == path.extension() && !files.contains_key(&found) {
                    stale.insert(found);
                }
            }
        }
        Ok(Self {
            folder: root,
            name: folder.to_owned(),
            files,
            stale,
        })
    }

    /// Writes the files, or with `check` fails where they aren't what is made now.
    /// `command` is what makes them.
    pub(crate) fn settle(&self, command: &str, check: bool) -> anyhow::Result<()> {
        let changes = self.changes();
        let count = self.files.len();
        let name = &self.name;
        if changes.is_empty() {
            println!("{name}: {count} files, all as they are made now.");
            return Ok(());
        }
        let list = changes.join("\n  ");
        if check {
            bail!("{name} isn't what is made now:\n\n  {list}\n\nRun\n\n    {command}\n");
        }
        for (path, text) in &self.files {
            let path = self.folder.join(path);
            let failed = || format!("cannot write {}", path.display());
            fs::create_dir_all(path.parent().unwrap_or(&self.folder)).with_context(failed)?;
            fs::write(&path, text).with_context(failed)?;
        }
        for path in &self.stale {
            let path = self.folder.join(path);
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        println!("{name}: {count} files.\n  {list}");
        Ok(())
    }

    /// A line per file that isn't as it is made now.
    fn changes(&self) -> Vec<String> {
        let mut changes = Vec::new();
        for (path, text) in &self.files {
            match fs::read_to_string(self.folder.join(path)) {
                Ok(there) if there == *text => {}
                Ok(_) => changes.push(format!("{path}: changed")),
                Err(_) => changes.push(format!("{path}: new")),
            }
        }
        for path in &self.stale {
            changes.push(format!("{path}: no longer made"));
        }
        changes
    }
}

/// The names of the files in a folder, which need not be there.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(root: &Path, files: &[(&str, &str)]) -> Made {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        Made::new(&Workspace::at(root), "made", files).unwrap()
    }

    #[test]
    fn files_are_written_and_then_nothing_differs() {
        let root = tempfile::tempdir().unwrap();
        let files = [("v1/a.json", "a"), ("v1/b.json", "b")];

        let failure = made(root.path(), &files).settle("cargo make", true);
        made(root.path(), &files)
            .settle("cargo make", false)
            .unwrap();

        assert!(failure.unwrap_err().to_string().contains("cargo make"));
        made(root.path(), &files)
            .settle("cargo make", true)
            .unwrap();
    }

    #[test]
    fn each_file_that_differs_is_named() {
        let root = tempfile::tempdir().unwrap();
        let before = [("a.json", "a"), ("b.json", "b"), ("c.json", "c")];
        made(root.path(), &before)
            .settle("cargo make", false)
            .unwrap();
        fs::write(root.path().join("made/picture.png"), "no text").unwrap();

        let after = made(
            root.path(),
            &[("a.json", "a"), ("b.json", "B"), ("d.json", "d")],
        );

        assert_eq!(
            after.changes(),
            ["b.json: changed", "d.json: new", "c.json: no longer made"]
        );
        after.settle("cargo make", false).unwrap();
        assert!(!root.path().join("made/c.json").exists());
        assert!(root.path().join("made/picture.png").exists());
    }
}
