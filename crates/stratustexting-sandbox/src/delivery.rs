//! The attempts to post one event to its callback.

use std::sync::Arc;

use serde_json::Value;
use stratustexting_client::types::SubscriptionStatus;

use crate::{
    dialect,
    dispatch::{self, Post},
    shared::Shared,
    state::{
        State,
        delivery::{DeliveryError, DeliveryState},
    },
};

/// Posts an event until it is delivered or the last attempt failed.
pub(crate) async fn deliver(shared: &Arc<Shared>, post: Post) {
    if !post.is_repeat && dialect::deliver(shared, post.number).await {
        return;
    }
    let mut attempt = 0;
    loop {
        // Read for each attempt, so that changed settings apply.
        let settings = shared.settings().deliveries;
        if attempt > 0 {
            tokio::time::sleep(settings.retry_wait(attempt)).await;
        }
        attempt += 1;
        let slot = shared.outbox.slot().await;
        let Some((uri, payload)) = next_attempt(&mut shared.state(), post.number) else {
            return;
        };
        let timeout = settings.callback_timeout();
        let body = shared.dialect_state().event_body(&payload);
        let response = shared.callbacks.post(&uri, body, timeout).await;
        drop(slot);
        let (status, error) = match response {
            Ok(response) if response.status.is_success() => (Some(response.status), None),
            Ok(response) => (Some(response.status), Some(DeliveryError::Status)),
            Err(error) => (None, Some(error.kind)),
        };
        tracing::debug!(
            attempt,
            error = error.map(tracing::field::display),
            "posted"
        );
        let mut state = shared.state();
        let Some(delivery) = state.deliveries.get_mut(post.number) else {
            return;
        };
        delivery.last_status = status.map(|status| status.as_u16());
        delivery.last_error = error;
        if post.is_repeat {
            return;
        }
        if error.is_none() {
            delivery.state = DeliveryState::Delivered;
            let id = delivery.subscription_id.clone();
            state.failures.shift_remove(&id);
            drop(state);
            dispatch::repeat(shared, &settings, &uri, post);
            return;
        }
        if attempt >= settings.attempts {
            delivery.state = DeliveryState::Failed;
            let id = delivery.subscription_id.clone();
            count_failure(&mut state, id, settings.suspend_after);
            return;
        }
    }
}

/// Counts the next attempt; returns its URL and payload, or `None` if the subscription was
/// deleted or suspended, or nothing is known of the event any longer.
fn next_attempt(state: &mut State, number: usize) -> Option<(String, Value)> {
    let delivery = state.deliveries.get_mut(number)?;
    let subscription = state.subscriptions.get(&delivery.subscription_id);
    let reason = match subscription.map(|subscription| &subscription.status) {
        None => Some(DeliveryError::Unsubscribed),
        Some(Some(SubscriptionStatus::Active)) => None,
        Some(_) => Some(DeliveryError::Suspended),
    };
    if reason.is_some() {
        if delivery.state == DeliveryState::UnderWay {
            delivery.state = DeliveryState::Failed;
            delivery.last_error = reason;
        }
        return None;
    }
    delivery.attempts += 1;
    Some((delivery.uri.clone(), delivery.payload.clone()))
}

/// The status in a sibling of this API; the real service's word is UNKNOWN.
const SUSPENDED: &str = "BLACKLISTED";

fn count_failure(state: &mut State, subscription: String, suspend_after: Option<u32>) {
    let failures = state.failures.get(&subscription).map_or(1, |it| it + 1);
    state.failures.insert(subscription.clone(), failures);
    if suspend_after.is_none_or(|most| failures < most) {
        return;
    }
    state.set_subscription_status(&subscription, SUSPENDED);
}
