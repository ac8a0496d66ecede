//! An event on its way to a callback: what is known of it, and its attempts.

use std::{fmt, sync::Arc};

use serde::Serialize;
use serde_json::Value;
use stratustexting_client::types::SubscriptionStatus;

use crate::{
    api::subscriptions,
    callback::DeliveryError,
    dialect,
    dispatch::{self, Post},
    service::Service,
    world::World,
};

/// An event on its way to a callback, or there.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// The event's id, the payload's `uuid`.
    pub uuid: String,
    /// The subscription.
    pub subscription_id: String,
    /// The filter that matched.
    pub event: String,
    /// The callback.
    pub uri: String,
    /// What is posted.
    pub payload: Value,
    /// How often it was posted so far.
    pub attempts: u32,
    /// How it stands.
    pub state: DeliveryState,
    /// The status that the callback answered with last.
    pub last_status: Option<u16>,
    /// Why the last attempt failed, or none was made; none when it didn't.
    pub last_error: Option<DeliveryError>,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// It isn't over.
    UnderWay,
    /// The callback answered with a success.
    Delivered,
    /// It was given up: after the last attempt, or because the subscription is gone or no
    /// longer active.
    Failed,
}

/// Shows no payload, since it may hold a contact, and no URI, since it may hold a secret.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("uuid", &self.uuid)
            .field("event", &self.event)
            .field("attempts", &self.attempts)
            .field("state", &self.state)
            .field("last_status", &self.last_status)
            .field("last_error", &self.last_error)
            .finish_non_exhaustive()
    }
}

/// Posts an event until it is delivered or given up.
pub(crate) async fn deliver(service: &Arc<Service>, post: Post) {
    if !post.again && dialect::deliver(service, post.number).await {
        return;
    }
    let mut attempt = 0;
    loop {
        // Asked for each time, so that a change is heard.
        let settings = service.settings().deliveries;
        if attempt > 0 {
            tokio::time::sleep(settings.wait_is()).await;
        }
        attempt += 1;
        let slot = service.outbox.slot().await;
        let Some((uri, payload)) = next_attempt(&mut service.world(), post.number) else {
            return;
        };
        let patience = settings.patience_is();
        let body = service.dialect().event(&payload);
        let answer = service.callbacks.post(&uri, body, patience).await;
        drop(slot);
        let (status, error) = match answer {
            Ok(response) if response.status().is_success() => (Some(response.status()), None),
            Ok(response) => (Some(response.status()), Some(DeliveryError::Status)),
            Err(trouble) => (None, Some(trouble.kind)),
        };
        tracing::debug!(
            attempt,
            error = error.map(tracing::field::display),
            "posted"
        );
        let mut world = service.world();
        let delivery = &mut world.deliveries[post.number];
        delivery.last_status = status.map(|status| status.as_u16());
        delivery.last_error = error;
        if post.again {
            return;
        }
        if error.is_none() {
            delivery.state = DeliveryState::Delivered;
            let id = delivery.subscription_id.clone();
            world.failures.remove(&id);
            drop(world);
            dispatch::repeat(service, &settings, &uri, post);
            return;
        }
        if attempt >= settings.attempts {
            delivery.state = DeliveryState::Failed;
            let id = delivery.subscription_id.clone();
            count_failure(&mut world, id, settings.suspend_after);
            return;
        }
    }
}

/// What to post where, unless nobody wants it any more.
fn next_attempt(world: &mut World, number: usize) -> Option<(String, Value)> {
    let delivery = &mut world.deliveries[number];
    let subscription = world.subscriptions.get(&delivery.subscription_id);
    let gone = match subscription.map(|subscription| &subscription.status) {
        None => Some(DeliveryError::Unsubscribed),
        Some(Some(SubscriptionStatus::Active)) => None,
        Some(_) => Some(DeliveryError::Suspended),
    };
    if gone.is_some() {
        if delivery.state == DeliveryState::UnderWay {
            delivery.state = DeliveryState::Failed;
            delivery.last_error = gone;
        }
        return None;
    }
    delivery.attempts += 1;
    Some((delivery.uri.clone(), delivery.payload.clone()))
}

/// What the sibling of this API calls it; the real service's word is UNKNOWN.
const SUSPENDED: &str = "BLACKLISTED";

fn count_failure(world: &mut World, subscription: String, suspend_after: Option<u32>) {
    let failures = world.failures.entry(subscription.clone()).or_default();
    *failures += 1;
    if suspend_after.is_none_or(|most| *failures < most) {
        return;
    }
    subscriptions::set_status(world, &subscription, SUSPENDED);
}
