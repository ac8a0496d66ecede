//! Sites and their departments.

use stratustexting_client::types::{Site, SitePage};

use super::{pages, resource};
use crate::pager::Pager;

resource! {
    /// Sites; from [`Client::sites`](crate::Client::sites).
    ///
    /// Everything about them is inferred. They are plausibly where the ids of
    /// organization and departments are found, which event filters need.
    Sites
}

impl Sites {
    /// All sites (`listSites`, inferred).
    pub fn list(&self) -> Pager<Site> {
        pages!(self, "listSites", SitePage, [], |api| api.list_sites())
    }
}
