//! Telling those who subscribed what happened: the handshake, and the deliveries.
//!
//! UNKNOWN of the real service, and decided here: a callback has three seconds; an
//! event is posted up to three times, until it is answered by a success; the payload
//! of contact events is the contact.

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use http::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::{Value, json};
use stratustexting_client::types::{Contact, Message, MessageDirection, Subscription};

use crate::{dialect, reply::time, service::Service, world::World};

/// How long a callback may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// How often an event is posted at most.
pub(crate) const ATTEMPTS: u32 = 3;

const VALIDATION_TOKEN: &str = "validation-token";

/// What filters can ask for, behind the department.
const TOPICS: [&str; 5] = [
    "message?direction=inbound",
    "message?direction=outbound",
    "contact?event=create",
    "contact?event=update",
    "contact?event=delete",
];

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
    /// It was given up: after the last attempt, or because the subscription is gone.
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
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy)]
pub(crate) enum ContactChange {
    Create,
    Update,
    Delete,
}

/// Something to tell.
pub(crate) struct Happening {
    department: String,
    topic: &'static str,
    /// The payload's key and what stands there.
    detail: (&'static str, Value),
}

impl Happening {
    pub(crate) fn message(department: &str, message: &Message) -> Self {
        let inbound = message.direction == Some(MessageDirection::Inbound);
        Self {
            department: department.to_owned(),
            topic: TOPICS[usize::from(!inbound)],
            detail: (
                "messageInfo",
                json!({"messageId": message.id, "lastUpdated": message.last_updated}),
            ),
        }
    }

    pub(crate) fn contact(change: ContactChange, contact: &Contact) -> Self {
        Self {
            department: contact.department_id.clone().unwrap_or_default(),
            topic: match change {
                ContactChange::Create => TOPICS[2],
                ContactChange::Update => TOPICS[3],
                ContactChange::Delete => TOPICS[4],
            },
            detail: ("contactInfo", json!(contact)),
        }
    }
}

fn filter(organization: &str, department: &str, topic: &str) -> String {
    format!("/orgId/{organization}/department/{department}/{topic}")
}

/// Whether anything can match a filter.
pub(crate) fn is_filter(world: &World, text: &str) -> bool {
    let departments = world.site.departments.as_deref().unwrap_or_default();
    departments
        .iter()
        .filter_map(|department| department.id.as_deref())
        .any(|department| {
            let organization = world.organization_id();
            TOPICS
                .iter()
                .any(|topic| filter(organization, department, topic) == text)
        })
}

/// Asks a callback whether it is one.
pub(crate) async fn handshake(service: &Service, uri: &str) -> Result<(), String> {
    let token = service.world().ids.uuid();
    let request = service.callbacks.get(uri).header(VALIDATION_TOKEN, &token);
    let response = request.send().await.map_err(|error| reason(&error))?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(format!(
            "the callback answered with {status} instead of 200"
        ));
    }
    match response.headers().get(VALIDATION_TOKEN) {
        Some(value) if value.as_bytes() == token.as_bytes() => Ok(()),
        Some(_) => Err(format!("the callback's {VALIDATION_TOKEN} is another")),
        None => Err(format!("the callback's answer has no {VALIDATION_TOKEN}")),
    }
}

fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        format!("the callback took more than {} seconds", PATIENCE.as_secs())
    } else if error.is_connect() {
        "nothing answers at the callback".to_owned()
    } else {
        "the callback's answer can't be read".to_owned()
    }
}

/// Starts to tell everybody who subscribed.
pub(crate) fn publish(service: &Arc<Service>, world: &mut World, happening: &Happening) {
    let now = world.clock.now();
    let event = filter(
        world.organization_id(),
        &happening.department,
        happening.topic,
    );
    let due: Vec<(String, String)> = world
        .subscriptions
        .values()
        .filter(|subscription| wants(subscription, &event, now))
        .filter_map(|subscription| subscription.id.clone().zip(subscription.uri.clone()))
        .collect();
    for (subscription_id, uri) in due {
        let uuid = world.ids.uuid();
        let (key, detail) = &happening.detail;
        let payload = json!({
            "uuid": uuid,
            "timestamp": time(now),
            "event": event,
            "subscriptionId": subscription_id,
            *key: detail,
        });
        let number = world.deliveries.len();
        world.deliveries.push(Delivery {
            uuid,
            subscription_id,
            event: event.clone(),
            uri,
            payload,
            attempts: 0,
            state: DeliveryState::UnderWay,
            last_status: None,
        });
        service.under_way.send_modify(|count| *count += 1);
        let service = Arc::clone(service);
        tokio::spawn(async move {
            let shutdown = service.shutdown.clone();
            tokio::select! {
                () = deliver(&service, number) => {}
                () = shutdown.cancelled() => {}
            }
            service.under_way.send_modify(|count| *count -= 1);
        });
    }
}

fn wants(subscription: &Subscription, event: &str, now: DateTime<Utc>) -> bool {
    let filters = subscription.event_filters.as_deref().unwrap_or_default();
    let ends = subscription
        .expiration_time
        .as_ref()
        .and_then(|time| time.to_utc());
    filters.iter().any(|filter| filter == event) && ends.is_none_or(|end| now < end)
}

async fn deliver(service: &Service, number: usize) {
    if dialect::deliver(service, number).await {
        return;
    }
    for attempt in 1..=ATTEMPTS {
        if attempt > 1 {
            tokio::time::sleep(service.limits.webhook_retry_wait).await;
        }
        let Some((uri, payload)) = next_attempt(service, number) else {
            return;
        };
        let body = service.dialect().event(&payload);
        let request = service.callbacks.post(uri).body(body);
        let request = request.header(CONTENT_TYPE, "application/json");
        let status = match request.send().await {
            Ok(response) => Some(response.status()),
            Err(error) => {
                tracing::debug!(attempt, reason = reason(&error), "not delivered");
                None
            }
        };
        let delivered = status.is_some_and(|status| status.is_success());
        let delivery = &mut service.world().deliveries[number];
        delivery.last_status = status.map(|status| status.as_u16());
        if delivered {
            delivery.state = DeliveryState::Delivered;
            return;
        }
        if attempt == ATTEMPTS {
            delivery.state = DeliveryState::Failed;
        }
    }
}

/// What to post where, unless nobody wants it any more.
fn next_attempt(service: &Service, number: usize) -> Option<(String, Value)> {
    let mut world = service.world();
    let world = &mut *world;
    let delivery = &mut world.deliveries[number];
    if !world.subscriptions.contains_key(&delivery.subscription_id) {
        delivery.state = DeliveryState::Failed;
        return None;
    }
    delivery.attempts += 1;
    Some((delivery.uri.clone(), delivery.payload.clone()))
}
