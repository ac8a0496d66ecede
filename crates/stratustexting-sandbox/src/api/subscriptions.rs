//! Webhook subscriptions.
//!
//! UNKNOWN of the real service, and decided here: a request with an `id` changes that
//! subscription, else one with the same `uri` changes the one that is there; a filter
//! that means nothing is listed under `disabledFilters`, and a request without any
//! other is refused, as is one whose callback fails the handshake. A subscription
//! lives for 30 years, whatever was asked for: that was observed.

use std::sync::Arc;

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::Value;
use stratustexting_client::types::{
    DisabledFilter, Subscription, SubscriptionRequest, SubscriptionStatus,
};
use url::Url;

use super::{Call, call::unreadable, page::page};
use crate::{
    oauth::{is_loopback, leads_here},
    reply::{Fault, Reply, json},
    shared::Shared,
    state::State,
    webhooks::{handshake, is_filter},
};

/// About 30 years, which is what was observed for a request of 90 days.
const LIFETIME: TimeDelta = TimeDelta::days(30 * 365 + 7);

pub(crate) fn list(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    page(
        call,
        &shared.limits,
        shared.state().subscriptions.values(),
    )
}

pub(crate) fn delete(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    let id = call.segment("subscriptionId");
    let removed = shared.state().subscriptions.shift_remove(&id);
    removed.ok_or_else(no_such_subscription)?;
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::NO_CONTENT;
    Ok(reply)
}

pub(crate) async fn upsert(shared: &Arc<Shared>, call: &Call) -> Result<Reply, Fault> {
    let request = read(call)?;
    check_uri(&request.uri, shared.limits.remote_callbacks)?;
    let disabled = {
        let mut state = shared.state();
        if request
            .id
            .as_ref()
            .is_some_and(|id| !state.subscriptions.contains_key(id))
        {
            return Err(no_such_subscription());
        }
        disabled_filters(&mut state, &request.event_filters)
    };
    if disabled.len() == request.event_filters.len() {
        let text = "Field 'eventFilters' has no filter of this account that the service knows";
        return Err(Fault::bad_request(text));
    }
    handshake(shared, &request.uri).await.map_err(|reason| {
        Fault::bad_request(format!("Field 'uri': the handshake failed: {reason}"))
    })?;
    Ok(store(&mut shared.state(), request, disabled))
}

/// The request. The one number may come as a text of digits, as a Java back end takes it;
/// that the real one does is inferred.
fn read(call: &Call) -> Result<SubscriptionRequest, Fault> {
    let mut body: Value = call.json()?;
    if let Some(end) = body.get_mut("expiresDateInMillies") {
        let digits = end.as_str().and_then(|text| text.parse::<i64>().ok());
        if let Some(number) = digits {
            *end = number.into();
        }
    }
    serde_json::from_value(body).map_err(unreadable)
}

fn no_such_subscription() -> Fault {
    Fault::not_found("No such subscription")
}

fn store(state: &mut State, request: SubscriptionRequest, disabled: Vec<DisabledFilter>) -> Reply {
    let now = state.clock.now();
    let by_uri = || {
        let mut all = state.subscriptions.iter();
        let same = all.find(|(_, other)| other.uri.as_deref() == Some(&*request.uri));
        same.map(|(id, _)| id.clone())
    };
    let id = request
        .id
        .clone()
        .or_else(by_uri)
        .unwrap_or_else(|| state.ids.object());
    let is_disabled = |filter: &String| {
        disabled
            .iter()
            .any(|other| other.filter.as_ref() == Some(filter))
    };
    let mut filters = request.event_filters;
    filters.retain(|filter| !is_disabled(filter));
    let mut subscription = Subscription::default()
        .with_id(&id)
        .with_uri(request.uri)
        .with_event_filters(filters)
        .with_disabled_filters(disabled)
        .with_expiration_time(now + LIFETIME)
        .with_expires_in(LIFETIME.num_seconds())
        .with_status(SubscriptionStatus::Active)
        .with_created_date_time(now)
        .with_last_update_date_time(now)
        .with_org_id(state.organization_id());
    if let Some(old) = state.subscriptions.get(&id) {
        subscription
            .created_date_time
            .clone_from(&old.created_date_time);
    }
    let reply = json(StatusCode::OK, &subscription);
    state.failures.remove(&id);
    state.subscriptions.insert(id, subscription);
    reply
}

fn disabled_filters(state: &mut State, filters: &[String]) -> Vec<DisabledFilter> {
    let mut disabled = Vec::new();
    for filter in filters {
        if !is_filter(state, filter) {
            let message = "Organization, department or event are not known";
            disabled.push(state.disabled_filter(filter, "UnknownFilter", message));
        }
    }
    disabled
}

fn check_uri(uri: &str, remote: bool) -> Result<(), Fault> {
    let refuse = |text: &str| Err(Fault::bad_request(format!("Field 'uri' {text}")));
    let Ok(url) = Url::parse(uri) else {
        return refuse("has to be an absolute URL");
    };
    if url.scheme() != "https" && !is_loopback(&url) {
        return refuse("has to be https, or http to this machine");
    }
    if !leads_here(&url) && !remote {
        return refuse(
            "has to lead to this machine: the sandbox calls nobody else unless it is told to",
        );
    }
    Ok(())
}
