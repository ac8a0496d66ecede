//! Events that are posted in batches.
//!
//! One task per subscription posts all waiting events in one batch, and continues as long
//! as there are any. So no event is posted twice at the same time, and what happens while a
//! batch is in flight goes into the next one.

use super::Events;
use crate::{
    shared::Shared,
    state::delivery::{DeliveryError, DeliveryState},
};

/// Handles a delivery, if the dialect has batches; returns whether it has.
pub(crate) async fn deliver(shared: &Shared, number: usize) -> bool {
    if shared.dialect_state().dialect.events != Events::Batch {
        return false;
    }
    let subscription = shared
        .state()
        .deliveries
        .get(number)
        .map(|it| it.subscription_id.clone());
    let Some(subscription) = subscription else {
        return true;
    };
    let is_first = shared
        .dialect_state()
        .batches_in_flight
        .insert(subscription.clone());
    if is_first {
        let mut failed = 0_u32;
        while let Some(batch) = next_batch(shared, &subscription) {
            if post_batch(shared, batch).await {
                failed = failed.saturating_add(1);
                let wait = shared.settings().deliveries.retry_wait(failed);
                tokio::time::sleep(wait).await;
            } else {
                failed = 0;
            }
        }
    }
    // If there is another task, it looks for waiting events before it stops.
    true
}

struct Batch {
    uri: String,
    numbers: Vec<usize>,
    body: Vec<u8>,
}

/// The events that wait for a subscription's callback; `None` when the task is done.
fn next_batch(shared: &Shared, subscription: &str) -> Option<Batch> {
    let mut state = shared.state();
    let state = &mut *state;
    let exists = state.subscriptions.contains_key(subscription);
    let waiting = state.deliveries.numbered().filter(|(_, delivery)| {
        delivery.subscription_id == subscription && delivery.state == DeliveryState::UnderWay
    });
    let mut waiting: Vec<(usize, String)> = waiting
        .map(|(number, delivery)| (number, delivery.uri.clone()))
        .collect();
    if !exists {
        for (number, _) in waiting.drain(..) {
            if let Some(delivery) = state.deliveries.get_mut(number) {
                delivery.state = DeliveryState::Failed;
            }
        }
    }
    let mut dialect_state = shared.dialect_state();
    let Some(uri) = waiting.first().map(|(_, uri)| uri.clone()) else {
        dialect_state.batches_in_flight.remove(subscription);
        return None;
    };
    // The subscription's callback may have changed meanwhile.
    waiting.retain(|(_, other)| *other == uri);
    // The dialect may have changed to one without batches; then they are posted one by one.
    if dialect_state.dialect.events != Events::Batch {
        waiting.truncate(1);
    }
    let numbers: Vec<usize> = waiting.iter().map(|(number, _)| *number).collect();
    for number in &numbers {
        if let Some(delivery) = state.deliveries.get_mut(*number) {
            delivery.attempts += 1;
        }
    }
    let deliveries = numbers
        .iter()
        .filter_map(|number| state.deliveries.get(*number));
    let payloads: Vec<_> = deliveries.map(|delivery| &delivery.payload).collect();
    let body = dialect_state.batch_body(&payloads);
    Some(Batch { uri, numbers, body })
}

/// Posts a batch; returns whether any event of it must be posted again.
async fn post_batch(shared: &Shared, batch: Batch) -> bool {
    let settings = shared.settings().deliveries;
    // Events may have joined the batch a moment ago; see `dispatch.rs`.
    if shared.begin().stored().await.is_err() {
        // Whatever is left of it is posted after a wait.
        return true;
    }
    let slot = shared.outbox.slot().await;
    let response = shared
        .callbacks
        .post(&batch.uri, batch.body, settings.callback_timeout())
        .await;
    drop(slot);
    let (status, error) = match response {
        Ok(response) if response.status.is_success() => (Some(response.status), None),
        Ok(response) => (Some(response.status), Some(DeliveryError::Status)),
        Err(error) => (None, Some(error.kind)),
    };
    let mut retry = false;
    let mut state = shared.state();
    for number in batch.numbers {
        let Some(delivery) = state.deliveries.get_mut(number) else {
            continue;
        };
        delivery.last_status = status.map(|status| status.as_u16());
        delivery.last_error = error;
        if error.is_none() {
            delivery.state = DeliveryState::Delivered;
        } else if delivery.attempts >= settings.attempts {
            delivery.state = DeliveryState::Failed;
        } else {
            retry = true;
        }
    }
    retry
}
