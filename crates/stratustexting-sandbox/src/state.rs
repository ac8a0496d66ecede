//! The sandbox's state: one organization and what happened to it.

pub(crate) mod contacts;
pub(crate) mod conversations;
pub(crate) mod delivery;
pub(crate) mod messages;
mod stored;
pub(crate) mod subscriptions;

use stratustexting_client::types::{CustomConsent, Site, Subscription};

use self::{contacts::Contacts, delivery::Delivery, messages::Messages};
use crate::{
    clock::Clock,
    data::{Log, Records},
    ids::Ids,
    oauth::{self, NewClient, RegisteredClient},
};

pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) oauth: oauth::Server,
    pub(crate) site: Site,
    pub(crate) contacts: Contacts,
    pub(crate) consents: Records<CustomConsent>,
    pub(crate) subscriptions: Records<Subscription>,
    pub(crate) messages: Messages,
    /// By number, since the oldest finished ones may be gone.
    pub(crate) deliveries: Log<Delivery>,
    /// How many deliveries failed in a row, for each subscription.
    pub(crate) failures: Records<u32>,
    /// Whether site and user aren't in the file yet.
    pub(crate) account_is_new: bool,
}

impl State {
    pub(crate) fn expire_access_tokens(&mut self) {
        let now = self.clock.now();
        self.oauth.expire_access_tokens(now);
    }

    /// Registers a client that was checked.
    pub(crate) fn register(&mut self, client: NewClient) -> RegisteredClient {
        self.oauth.clients.add(&mut self.ids, client)
    }

    pub(crate) fn organization_id(&self) -> &str {
        self.site.org_id.as_deref().unwrap_or_default()
    }

    /// The department that a number of the account belongs to.
    pub(crate) fn department_of(&self, number: &str) -> Option<&str> {
        let departments = self.site.departments.as_deref().unwrap_or_default();
        let department = departments.iter().find(|department| {
            let numbers = department.phone_numbers.as_deref().unwrap_or_default();
            numbers.iter().any(|own| own == number)
        });
        department?.id.as_deref()
    }

    /// All numbers of the account.
    pub(crate) fn own_numbers(&self) -> Vec<String> {
        let departments = self.site.departments.as_deref().unwrap_or_default();
        let numbers = departments
            .iter()
            .filter_map(|department| department.phone_numbers.as_deref());
        numbers.flatten().cloned().collect()
    }

    /// The department of contacts that name none.
    pub(crate) fn first_department(&self) -> &str {
        let departments = self.site.departments.as_deref().unwrap_or_default();
        let first = departments.first();
        first
            .and_then(|first| first.id.as_deref())
            .unwrap_or_default()
    }

    pub(crate) fn has_department(&self, id: &str) -> bool {
        let departments = self.site.departments.as_deref().unwrap_or_default();
        departments
            .iter()
            .any(|department| department.id.as_deref() == Some(id))
    }
}
