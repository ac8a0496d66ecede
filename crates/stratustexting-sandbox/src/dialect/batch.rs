//! Events that are posted several at a time.
//!
//! One courier per subscription takes along all that waits when it leaves, and leaves
//! again as long as something waits. So nothing is posted twice at the same time, and
//! what happens while a batch is on its way goes with the next.

use super::Events;
use crate::{callback::DeliveryError, delivery::DeliveryState, shared::Shared};

/// Sees to a delivery, if the dialect has batches; returns whether it does.
pub(crate) async fn deliver(shared: &Shared, number: usize) -> bool {
    if shared.dialect().dialect.events != Events::Batch {
        return false;
    }
    let subscription = shared.state().deliveries[number].subscription_id.clone();
    let leaves = shared.dialect().on_the_way.insert(subscription.clone());
    if leaves {
        while let Some(batch) = next_batch(shared, &subscription) {
            if post(shared, batch).await {
                let wait = shared.settings().deliveries.wait_is();
                tokio::time::sleep(wait).await;
            }
        }
    }
    // Another courier, if there is one, looks for what waits before it stops.
    true
}

struct Batch {
    uri: String,
    numbers: Vec<usize>,
    body: Vec<u8>,
}

/// What waits for a subscription's callback. Where that is nothing, the courier is done.
fn next_batch(shared: &Shared, subscription: &str) -> Option<Batch> {
    let mut state = shared.state();
    let state = &mut *state;
    let exists = state.subscriptions.contains_key(subscription);
    let mut waiting: Vec<_> = state
        .deliveries
        .iter_mut()
        .enumerate()
        .filter(|(_, delivery)| {
            delivery.subscription_id == subscription && delivery.state == DeliveryState::UnderWay
        })
        .collect();
    if !exists {
        for (_, delivery) in &mut waiting {
            delivery.state = DeliveryState::Failed;
        }
        waiting.clear();
    }
    let mut speaker = shared.dialect();
    let Some(uri) = waiting.first().map(|(_, delivery)| delivery.uri.clone()) else {
        speaker.on_the_way.remove(subscription);
        return None;
    };
    // A subscription can have got another callback meanwhile.
    waiting.retain(|(_, delivery)| delivery.uri == uri);
    // The dialect can have become one without batches; then they go one by one.
    if speaker.dialect.events != Events::Batch {
        waiting.truncate(1);
    }
    for (_, delivery) in &mut waiting {
        delivery.attempts += 1;
    }
    let payloads: Vec<_> = waiting.iter().map(|(_, d)| &d.payload).collect();
    Some(Batch {
        uri,
        body: speaker.post(&payloads),
        numbers: waiting.iter().map(|(number, _)| *number).collect(),
    })
}

/// Posts a batch; returns whether any of it has to be posted again.
async fn post(shared: &Shared, batch: Batch) -> bool {
    let settings = shared.settings().deliveries;
    let slot = shared.outbox.slot().await;
    let answer = shared
        .callbacks
        .post(&batch.uri, batch.body, settings.patience_is())
        .await;
    drop(slot);
    let (status, error) = match answer {
        Ok(response) if response.status().is_success() => (Some(response.status()), None),
        Ok(response) => (Some(response.status()), Some(DeliveryError::Status)),
        Err(trouble) => (None, Some(trouble.kind)),
    };
    let mut again = false;
    let mut state = shared.state();
    for number in batch.numbers {
        let delivery = &mut state.deliveries[number];
        delivery.last_status = status.map(|status| status.as_u16());
        delivery.last_error = error;
        if error.is_none() {
            delivery.state = DeliveryState::Delivered;
        } else if delivery.attempts >= settings.attempts {
            delivery.state = DeliveryState::Failed;
        } else {
            again = true;
        }
    }
    again
}
