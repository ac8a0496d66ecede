//! Telling those who subscribed what happened: the handshake, and who is told what.
//!
//! - `dispatch.rs`: in which order, and how many at a time.
//! - `delivery.rs`: the attempts of one event.
//! - `callback.rs`: the requests.
//!
//! UNKNOWN of the real service, and decided here: the payload of contact events is the
//! contact. All else that is UNKNOWN of deliveries can be set (`settings.rs`).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use stratustexting_client::types::{
    Contact, Message, MessageDirection, Subscription, SubscriptionStatus,
};

use crate::{
    delivery::{Delivery, DeliveryState},
    dispatch::{self, Post},
    reply::time,
    shared::Shared,
    state::State,
};

const VALIDATION_TOKEN: &str = "validation-token";

/// What filters can ask for, behind the department.
const TOPICS: [&str; 5] = [
    "message?direction=inbound",
    "message?direction=outbound",
    "contact?event=create",
    "contact?event=update",
    "contact?event=delete",
];

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
pub(crate) fn is_filter(state: &State, text: &str) -> bool {
    let departments = state.site.departments.as_deref().unwrap_or_default();
    departments
        .iter()
        .filter_map(|department| department.id.as_deref())
        .any(|department| {
            let organization = state.organization_id();
            TOPICS
                .iter()
                .any(|topic| filter(organization, department, topic) == text)
        })
}

/// Asks a callback whether it is one.
pub(crate) async fn handshake(shared: &Shared, uri: &str) -> Result<(), String> {
    let token = shared.state().ids.uuid();
    let patience = shared.settings().deliveries.patience_is();
    let header = (VALIDATION_TOKEN, token.as_str());
    let response = shared.callbacks.get(uri, header, patience).await;
    let response = response.map_err(|trouble| trouble.to_string())?;
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

/// Starts to tell everybody who subscribed.
pub(crate) fn publish(shared: &Arc<Shared>, state: &mut State, happening: &Happening) {
    let now = state.clock.now();
    let event = filter(
        state.organization_id(),
        &happening.department,
        happening.topic,
    );
    let due: Vec<(String, String)> = state
        .subscriptions
        .values()
        .filter(|subscription| wants(subscription, &event, now))
        .filter_map(|subscription| subscription.id.clone().zip(subscription.uri.clone()))
        .collect();
    let settings = shared.settings().deliveries;
    for (subscription_id, to) in due {
        let uuid = state.ids.uuid();
        let (key, detail) = &happening.detail;
        let payload = json!({
            "uuid": uuid,
            "timestamp": time(now),
            "event": event,
            "subscriptionId": subscription_id,
            *key: detail,
        });
        let number = state.deliveries.len();
        state.deliveries.push(Delivery {
            uuid,
            subscription_id,
            event: event.clone(),
            uri: to.clone(),
            payload,
            attempts: 0,
            state: DeliveryState::UnderWay,
            last_status: None,
            last_error: None,
        });
        let post = Post {
            number,
            again: false,
        };
        dispatch::send(shared, &settings, &to, post);
    }
}

fn wants(subscription: &Subscription, event: &str, now: DateTime<Utc>) -> bool {
    let filters = subscription.event_filters.as_deref().unwrap_or_default();
    let ends = subscription
        .expiration_time
        .as_ref()
        .and_then(|time| time.to_utc());
    let is_active = subscription.status == Some(SubscriptionStatus::Active);
    is_active && filters.iter().any(|filter| filter == event) && ends.is_none_or(|end| now < end)
}
