//! What the server saw: who asked for tokens, and what that was.

use std::collections::HashMap;

use stratustexting_sandbox::{Entry, Sandbox};

/// What arrived since the storm began.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Requests by refresh token, whatever came of them.
    pub(crate) refreshes: u64,
    /// Who made them, and how many.
    pub(crate) refreshed_by: HashMap<String, u64>,
    /// Requests to the API.
    pub(crate) calls: u64,
    /// Of those, how many were answered, and turned away with 401.
    pub(crate) refused: u64,
}

impl Seen {
    /// Takes what has arrived. Returns who asked for a token by refresh token, in order.
    pub(crate) fn update(&mut self, sandbox: &Sandbox) -> Vec<String> {
        let mut asked = Vec::new();
        for entry in sandbox.take_ledger() {
            match entry.operation.as_deref() {
                Some("token") if is_refresh(&entry) => {
                    let name = entry.header("user-agent").unwrap_or_default().to_owned();
                    self.refreshes += 1;
                    *self.refreshed_by.entry(name.clone()).or_default() += 1;
                    asked.push(name);
                }
                Some("token" | "authorize") => {}
                _ => {
                    self.calls += 1;
                    self.refused += u64::from(entry.status == 401);
                }
            }
        }
        asked
    }
}

fn is_refresh(entry: &Entry) -> bool {
    String::from_utf8_lossy(&entry.body)
        .split('&')
        .any(|field| field == "grant_type=refresh_token")
}
