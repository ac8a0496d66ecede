//! Webhooks: the handshake with a callback, and which subscriptions get which event.
//!
//! - `dispatch.rs`: the order of posts, and how many at a time.
//! - `delivery.rs`: the attempts of one event.
//! - `callback.rs`: the requests.
//!
//! UNKNOWN of the real service, and decided here: the payload of contact events is the
//! contact. Everything else that is UNKNOWN of deliveries is a setting (`settings.rs`).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use stratustexting_client::types::{
    Contact, Message, MessageDirection, Subscription, SubscriptionStatus,
};

use crate::{
    dispatch::{self, Post},
    response::time,
    shared::Shared,
    state::{
        State,
        delivery::{Delivery, DeliveryState},
    },
};

const VALIDATION_TOKEN: &str = "validation-token";

/// The last part of a filter, after the department.
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

/// An event to post to subscribers.
pub(crate) struct Event {
    department: String,
    topic: &'static str,
    /// The payload's key and its value.
    detail: (&'static str, Value),
}

impl Event {
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

/// Whether any event can match a filter.
pub(crate) fn is_known_filter(state: &State, text: &str) -> bool {
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

/// Sends the validation token that a callback must return.
pub(crate) async fn handshake(shared: &Shared, uri: &str) -> Result<(), String> {
    let token = shared.state().ids.uuid();
    let timeout = shared.settings().deliveries.callback_timeout();
    let header = (VALIDATION_TOKEN, token.as_str());
    let response = shared.callbacks.get(uri, header, timeout).await;
    let response = response.map_err(|error| error.to_string())?;
    let status = response.status.as_u16();
    if status != 200 {
        return Err(format!(
            "the callback responded with {status} instead of 200"
        ));
    }
    match response.headers.get(VALIDATION_TOKEN) {
        Some(value) if value.as_bytes() == token.as_bytes() => Ok(()),
        Some(_) => Err(format!("the callback returned another {VALIDATION_TOKEN}")),
        None => Err(format!("the callback's response has no {VALIDATION_TOKEN}")),
    }
}

/// Schedules an event for each subscription that matches.
pub(crate) fn publish(shared: &Arc<Shared>, state: &mut State, event: &Event) {
    let now = state.clock.now();
    let matching = filter(state.organization_id(), &event.department, event.topic);
    let subscribers: Vec<(String, String)> = state
        .subscriptions
        .values()
        .filter(|subscription| matches(subscription, &matching, now))
        .filter_map(|subscription| subscription.id.clone().zip(subscription.uri.clone()))
        .collect();
    let settings = shared.settings().deliveries;
    for (subscription_id, to) in subscribers {
        let uuid = state.ids.uuid();
        let (key, detail) = &event.detail;
        let payload = json!({
            "uuid": uuid,
            "timestamp": time(now),
            "event": matching,
            "subscriptionId": subscription_id,
            *key: detail,
        });
        let delivery = Delivery {
            uuid,
            subscription_id,
            event: matching.clone(),
            uri: to.clone(),
            payload,
            attempts: 0,
            state: DeliveryState::UnderWay,
            last_status: None,
            last_error: None,
        };
        let is_finished = |old: &Delivery| old.state != DeliveryState::UnderWay;
        let number = state.deliveries.push_if_old_may_go(delivery, is_finished);
        let post = Post {
            number,
            is_repeat: false,
        };
        dispatch::send(shared, &settings, &to, post);
    }
}

/// Posts the events again that weren't finished when the sandbox stopped.
pub(crate) fn resume(shared: &Arc<Shared>) {
    let settings = shared.settings().deliveries;
    let unfinished = shared.state().unfinished();
    for (number, uri) in unfinished {
        let post = Post {
            number,
            is_repeat: false,
        };
        dispatch::send(shared, &settings, &uri, post);
    }
}

fn matches(subscription: &Subscription, wanted: &str, now: DateTime<Utc>) -> bool {
    let filters = subscription.event_filters.as_deref().unwrap_or_default();
    let ends = subscription
        .expiration_time
        .as_ref()
        .and_then(|time| time.to_utc());
    let is_active = subscription.status == Some(SubscriptionStatus::Active);
    is_active && filters.iter().any(|filter| filter == wanted) && ends.is_none_or(|end| now < end)
}
