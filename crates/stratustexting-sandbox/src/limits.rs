//! The limits that are set when a sandbox starts, and stay.

use stratustexting_client::Operation;

#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) max_page_size: usize,
    pub(crate) bare_pages: bool,
    pub(crate) remote_callbacks: bool,
    pub(crate) without: Vec<String>,
}

impl Limits {
    pub(crate) fn has(&self, operation: &Operation) -> bool {
        !self.without.iter().any(|id| id == operation.id)
    }
}
