//! Files and folders that only their owner may read: they have secrets, or texts.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// Makes a folder, and those above it.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file, and makes it if there is none; one that is there is left as it is.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Replaces a file as a whole: whoever is killed meanwhile leaves the old one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = new_beside(path)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // A rename is durable when its folder is.
    if cfg!(unix) {
        File::open(folder_of(path))?.sync_all()?;
    }
    Ok(())
}

/// A file beside that one, which may take its place.
pub(crate) fn new_beside(path: &Path) -> io::Result<NamedTempFile> {
    // Only its owner may read a temporary file, and so the file that it becomes.
    tempfile::Builder::new()
        .prefix(".stratus")
        .tempfile_in(folder_of(path))
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
