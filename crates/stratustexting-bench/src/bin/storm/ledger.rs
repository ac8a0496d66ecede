//! What the server saw: the requests for tokens, and their clients.

use std::collections::HashMap;

use stratustexting_sandbox::{Entry, Sandbox};

/// The requests since the storm began.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Requests with a refresh token, whatever their response.
    pub(crate) refreshes: u64,
    /// The number of these requests by client.
    pub(crate) refreshed_by: HashMap<String, u64>,
    /// Requests to the API.
    pub(crate) calls: u64,
    /// Of those, how many were carried out, and rejected with 401.
    pub(crate) rejected: u64,
}

impl Seen {
    /// Reads new requests. Returns the clients that used a refresh token, in order.
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
                    self.rejected += u64::from(entry.status == 401);
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
