//! Changes of a subscription that no operation makes.

use stratustexting_client::types::{DisabledFilter, SubscriptionStatus};

use super::State;

/// The reason of a filter that a test disables; the real service's words are UNKNOWN.
pub(crate) const DISABLED: &str = "Disabled";

impl State {
    /// Sets a subscription's status; returns whether there is such a subscription.
    pub(crate) fn set_subscription_status(&mut self, id: &str, status: &str) -> bool {
        let now = self.clock.now();
        let Some(subscription) = self.subscriptions.get_mut(id) else {
            return false;
        };
        subscription.status = Some(SubscriptionStatus::from(status.to_owned()));
        subscription.last_update_date_time = Some(now.into());
        self.failures.shift_remove(id);
        true
    }

    /// Moves a filter to `disabledFilters`; returns whether the subscription had it.
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

    /// An entry of `disabledFilters`.
    pub(crate) fn disabled_filter(
        &mut self,
        filter: &str,
        reason: &str,
        message: &str,
    ) -> DisabledFilter {
        DisabledFilter::default()
            .with_id(self.ids.object())
            .with_org_id(self.organization_id())
            .with_filter(filter)
            .with_reason(reason)
            .with_message(message)
    }
}
