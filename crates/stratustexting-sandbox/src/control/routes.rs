//! A router that remembers its paths, since Axum's can't list them: the index must not forget
//! one.

use std::sync::Arc;

use axum::{Router, routing::MethodRouter};

use crate::shared::Shared;

/// The routes below the control API's path.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) router: Router<Arc<Shared>>,
    /// The paths that the index must list.
    pub(super) listed: Vec<&'static str>,
}

impl Routes {
    /// Adds a path.
    pub(super) fn route(mut self, path: &'static str, methods: MethodRouter<Arc<Shared>>) -> Self {
        self.listed.push(path);
        self.unlisted(path, methods)
    }

    /// Adds a path that the index doesn't list.
    pub(super) fn unlisted(self, path: &str, methods: MethodRouter<Arc<Shared>>) -> Self {
        Self {
            router: self.router.route(path, methods),
            ..self
        }
    }
}
