//! Sites and their departments.

use stratustexting_client::types::{Site, SitePage};

use super::{pages, resource};
use crate::pager::Pager;

resource! {
    /// Sites; from [`Client::sites`](crate::Client::sites).
    ///
    /// Everything about them is inferred. In the product a site is a branch of an organization
    /// with the feature Multisite (page of a sibling brand), so an empty list or an error is
    /// normal for an account without it. The ids of organization and department, which event
    /// filters need, are the user's to give; existing subscriptions show them, too.
    Sites
}

impl Sites {
    /// All sites (`listSites`, inferred).
    pub fn list(&self) -> Pager<Site> {
        pages!(self, "listSites", SitePage, [], |api| api.list_sites())
    }
}
