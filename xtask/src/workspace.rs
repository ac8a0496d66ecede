//! Where the workspace's files are.

use std::{
    env,
    path::{Path, PathBuf},
};

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

    /// A checkout at another place, for tests.
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

    /// Where Cargo puts what it builds, as an argument of a command.
    pub(crate) fn target() -> String {
        env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned())
    }
}
