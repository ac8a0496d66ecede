//! Files that a command generates and that are committed: writes or compares them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// The generated files of a folder.
#[derive(Debug)]
pub(crate) struct GeneratedFiles {
    folder: PathBuf,
    /// The folder's path for messages.
    name: String,
    files: BTreeMap<String, String>,
    /// Files that are no longer generated.
    stale: BTreeSet<String>,
}

impl GeneratedFiles {
    /// `files` has the texts by path below `folder`. Any other file with the same
    /// extension in one of their folders was generated earlier, and is stale.
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

    /// Writes the files, or fails with `check` if they aren't up to date. `command`
    /// generates them.
    pub(crate) fn write_or_check(&self, command: &str, check: bool) -> anyhow::Result<()> {
        let changes = self.changes();
        let count = self.files.len();
        let name = &self.name;
        if changes.is_empty() {
            println!("{name}: {count} files, all up to date.");
            return Ok(());
        }
        let list = changes.join("\n  ");
        if check {
            bail!("{name} isn't up to date:\n\n  {list}\n\nRun\n\n    {command}\n");
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

    /// A line per file that isn't up to date.
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
            changes.push(format!("{path}: no longer generated"));
        }
        changes
    }
}

/// The names of the files in a folder, which needn't exist.
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

    fn generated(root: &Path, files: &[(&str, &str)]) -> GeneratedFiles {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        GeneratedFiles::new(&Workspace::at(root), "generated", files).unwrap()
    }

    #[test]
    fn files_are_written_and_then_nothing_differs() {
        let root = tempfile::tempdir().unwrap();
        let files = [("v1/a.json", "a"), ("v1/b.json", "b")];

        let failure = generated(root.path(), &files).write_or_check("cargo make", true);
        generated(root.path(), &files)
            .write_or_check("cargo make", false)
            .unwrap();

        assert!(failure.unwrap_err().to_string().contains("cargo make"));
        generated(root.path(), &files)
            .write_or_check("cargo make", true)
            .unwrap();
    }

    #[test]
    fn each_file_that_differs_is_named() {
        let root = tempfile::tempdir().unwrap();
        let before = [("a.json", "a"), ("b.json", "b"), ("c.json", "c")];
        generated(root.path(), &before)
            .write_or_check("cargo make", false)
            .unwrap();
        fs::write(root.path().join("generated/picture.png"), "no text").unwrap();

        let after = generated(
            root.path(),
            &[("a.json", "a"), ("b.json", "B"), ("d.json", "d")],
        );

        assert_eq!(
            after.changes(),
            [
                "b.json: changed",
                "d.json: new",
                "c.json: no longer generated"
            ]
        );
        after.write_or_check("cargo make", false).unwrap();
        assert!(!root.path().join("generated/c.json").exists());
        assert!(root.path().join("generated/picture.png").exists());
    }
}
