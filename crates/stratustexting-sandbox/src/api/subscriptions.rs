//! Webhook subscriptions.
//!
//! UNKNOWN of the real service, and decided here: a request with an `id` changes that
//! subscription, otherwise one with the same `uri` changes the existing one; an unknown
//! filter is listed under `disabledFilters`, and a request without any
//! other is rejected, as is one whose callback fails the handshake. A subscription
//! lives for as long as the sandbox was told, whatever the request says.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::Value;
use stratustexting_client::types::{
    DisabledFilter, Subscription, SubscriptionRequest, SubscriptionStatus,
};
use url::Url;

use super::{ApiRequest, page::page, request::unreadable_body};
use crate::{
    oauth::{is_loopback, is_this_host},
    response::{ApiError, Response, json},
    shared::Shared,
    state::State,
    webhooks::{handshake, is_known_filter},
};

pub(crate) fn list(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    page(
        request,
        &shared.limits,
        shared.state().subscriptions.values(),
    )
}

pub(crate) fn delete(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let id = request.segment("subscriptionId");
    let removed = shared.state().subscriptions.shift_remove(&id);
    removed.ok_or_else(no_such_subscription)?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

pub(crate) async fn upsert(
    shared: &Arc<Shared>,
    request: &ApiRequest,
) -> Result<Response, ApiError> {
    let fields = parse(request)?;
    if !shared.callbacks.are_served(&fields.uri) {
        check_uri(&fields.uri, shared.limits.remote_callbacks)?;
    }
    let disabled = {
        let mut state = shared.state();
        if fields
            .id
            .as_ref()
            .is_some_and(|id| !state.subscriptions.contains_key(id))
        {
            return Err(no_such_subscription());
        }
        disabled_filters(&mut state, &fields.event_filters)
    };
    if disabled.len() == fields.event_filters.len() {
        let text = "Field 'eventFilters' has no filter of this account that the service knows";
        return Err(ApiError::bad_request(text));
    }
    handshake(shared, &fields.uri).await.map_err(|reason| {
        ApiError::bad_request(format!("Field 'uri': the handshake failed: {reason}"))
    })?;
    let lifetime = Duration::from_secs(shared.settings().subscription_lifetime_seconds);
    Ok(store(&mut shared.state(), fields, disabled, lifetime))
}

/// The request. Its only number may be a string of digits, which a Java back end accepts;
/// it is inferred that the real one does.
fn parse(request: &ApiRequest) -> Result<SubscriptionRequest, ApiError> {
    let mut body: Value = request.json()?;
    if let Some(end) = body.get_mut("expiresDateInMillies") {
        let digits = end.as_str().and_then(|text| text.parse::<i64>().ok());
        if let Some(number) = digits {
            *end = number.into();
        }
    }
    serde_json::from_value(body).map_err(unreadable_body)
}

fn no_such_subscription() -> ApiError {
    ApiError::not_found("No such subscription")
}

fn store(
    state: &mut State,
    fields: SubscriptionRequest,
    disabled: Vec<DisabledFilter>,
    lifetime: Duration,
) -> Response {
    let now = state.clock.now();
    let by_uri = || {
        let mut all = state.subscriptions.iter();
        let same = all.find(|(_, other)| other.uri.as_deref() == Some(&*fields.uri));
        same.map(|(id, _)| id.clone())
    };
    let id = fields
        .id
        .clone()
        .or_else(by_uri)
        .unwrap_or_else(|| state.ids.object());
    let is_disabled = |filter: &String| {
        disabled
            .iter()
            .any(|other| other.filter.as_ref() == Some(filter))
    };
    let mut filters = fields.event_filters;
    filters.retain(|filter| !is_disabled(filter));
    // The calendar has an end.
    let longest = TimeDelta::days(200 * 365);
    let lifetime = TimeDelta::from_std(lifetime).map_or(longest, |time| time.min(longest));
    let mut subscription = Subscription::default()
        .with_id(&id)
        .with_uri(fields.uri)
        .with_event_filters(filters)
        .with_disabled_filters(disabled)
        .with_expiration_time(now + lifetime)
        .with_expires_in(lifetime.num_seconds())
        .with_status(SubscriptionStatus::Active)
        .with_created_date_time(now)
        .with_last_update_date_time(now)
        .with_org_id(state.organization_id());
    if let Some(old) = state.subscriptions.get(&id) {
        subscription
            .created_date_time
            .clone_from(&old.created_date_time);
    }
    let response = json(StatusCode::OK, &subscription);
    state.failures.shift_remove(&id);
    state.subscriptions.insert(id, subscription);
    response
}

fn disabled_filters(state: &mut State, filters: &[String]) -> Vec<DisabledFilter> {
    let mut disabled = Vec::new();
    for filter in filters {
        if !is_known_filter(state, filter) {
            let message = "Organization, department or event are not known";
            disabled.push(state.disabled_filter(filter, "UnknownFilter", message));
        }
    }
    disabled
}

fn check_uri(uri: &str, allow_remote: bool) -> Result<(), ApiError> {
    let reject = |text: &str| Err(ApiError::bad_request(format!("Field 'uri' {text}")));
    let Ok(url) = Url::parse(uri) else {
        return reject("must be an absolute URL");
    };
    if url.scheme() != "https" && !is_loopback(&url) {
        return reject("must be https, or http to this machine");
    }
    if !is_this_host(&url) && !allow_remote {
        return reject(
            "must lead to this machine: the sandbox calls no other unless it is configured to",
        );
    }
    Ok(())
}
