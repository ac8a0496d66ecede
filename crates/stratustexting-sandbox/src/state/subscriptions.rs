//! What happens to a subscription other than by the API.

use stratustexting_client::types::{DisabledFilter, SubscriptionStatus};

use super::State;

/// The word for a filter that a test disables; the real service's words are UNKNOWN.
pub(crate) const DISABLED: &str = "Disabled";

impl State {
/// Gives a subscription another status; returns whether there is one.
pub(crate) fn set_subscription_status(&mut self, id: &str, status: &str) -> bool {
    let now = self.clock.now();
    let Some(subscription) = self.subscriptions.get_mut(id) else {
        return false;
    };
    subscription.status = Some(SubscriptionStatus::from(status.to_owned()));
    subscription.last_update_date_time = Some(now.into());
    self.failures.remove(id);
    true
}

/// Moves a filter to those that are disabled; returns whether it was there.
pub(crate) fn disable_filter(
    &mut self,
    id: &str,
    filter: &str,
    reason: &str,
    message: &str,
) -> bool {
    let disabled = self.disabled_filter(filter, reason, message);
    let now = self.clock.now();
    let Some(subscription) = self.subscriptions.get_mut(id) else {
        return false;
    };
    let filters = subscription.event_filters.get_or_insert_default();
    let before = filters.len();
    filters.retain(|other| other != filter);
    if filters.len() == before {
        return false;
    }
    let all = subscription.disabled_filters.get_or_insert_default();
    all.push(disabled);
    subscription.last_update_date_time = Some(now.into());
    true
}

/// A filter that nothing matches any longer, with a reason.
pub(crate) fn disabled_filter(&mut self, filter: &str, reason: &str, message: &str) -> DisabledFilter {
    DisabledFilter::default()
        .with_id(self.ids.object())
        .with_org_id(self.organization_id())
        .with_filter(filter)
        .with_reason(reason)
        .with_message(message)
}
}
