//! The limits that are set when a sandbox starts, and stay.

use std::time::Duration;

use stratustexting_client::Operation;

use crate::control::Allowed;

#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) max_page_size: usize,
    pub(crate) bare_pages: bool,
    pub(crate) remote_callbacks: bool,
    pub(crate) without: Vec<String>,
    /// How long the head of a request may take to arrive.
    pub(crate) head_timeout: Duration,
    /// How long its body may take after that.
    pub(crate) body_timeout: Duration,
    /// Who may use the control API.
    pub(crate) allowed: Allowed,
}

impl Limits {
    pub(crate) fn has(&self, operation: &Operation) -> bool {
        !self.without.iter().any(|id| id == operation.id)
    }
}
