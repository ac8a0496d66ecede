//! Files that are replaced whole or not at all.

use std::{io::Write, path::Path};

use anyhow::Context;

/// Writes a file beside the old one and renames it over that.
pub(crate) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let folder = path.parent().context("a file without a folder")?;
    std::fs::create_dir_all(folder).with_context(failed)?;
    let mut builder = tempfile::Builder::new();
    // The usual permissions; the default is for secrets.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(folder).with_context(failed)?;
    file.write_all(text.as_bytes()).with_context(failed)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}
