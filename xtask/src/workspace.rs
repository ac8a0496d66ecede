//! The workspace and its paths.

use std::{
    env,
    path::{self, Path, PathBuf},
};

/// The variable that tells Cargo where to build.
pub(crate) const TARGET_FOLDER: &str = "CARGO_TARGET_DIR";

/// The checkout that the command was started in.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Cargo says where this package is; the workspace is one level up.
    pub(crate) fn find() -> Self {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.parent().unwrap_or(&package).to_owned();
        Self { root }
    }

    /// Another checkout, for tests.
    #[cfg(test)]
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The folder in which Cargo builds, as an argument of a command at the root.
    pub(crate) fn target() -> String {
        let Ok(folder) = env::var(TARGET_FOLDER) else {
            return "target".to_owned();
        };
        // A relative path starts at the shell's folder, as it does for Cargo.
        let absolute = path::absolute(&folder).ok();
        let absolute = absolute.and_then(|path| path.into_os_string().into_string().ok());
        absolute.unwrap_or(folder)
    }
}
