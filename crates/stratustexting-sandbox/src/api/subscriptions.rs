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
use stratustexting_client::types::{
    DisabledFilter, Subscription, SubscriptionRequest, SubscriptionStatus,
};
use url::Url;

use super::{Call, page::page};
use crate::{
    oauth::{is_loopback, leads_here},
    reply::{Fault, Reply, json},
    service::Service,
    webhooks::{handshake, is_filter},
    world::World,
};

/// About 30 years, which is what was observed for a request of 90 days.
const LIFETIME: TimeDelta = TimeDelta::days(30 * 365 + 7);

pub(crate) fn list(service: &Service, call: &Call) -> Result<Reply, Fault> {
    page(
        call,
        &service.limits,
        service.world().subscriptions.values(),
    )
}

pub(crate) fn delete(service: &Service, call: &Call) -> Result<Reply, Fault> {
    let id = call.segment("subscriptionId");
    let removed = service.world().subscriptions.shift_remove(&id);
    removed.ok_or_else(no_such_subscription)?;
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::NO_CONTENT;
    Ok(reply)
}

pub(crate) async fn upsert(service: &Arc<Service>, call: &Call) -> Result<Reply, Fault> {
    let request: SubscriptionRequest = call.json()?;
    check_uri(&request.uri, service.limits.remote_callbacks)?;
    let disabled = {
        let mut world = service.world();
        if request
            .id
            .as_ref()
            .is_some_and(|id| !world.subscriptions.contains_key(id))
        {
            return Err(no_such_subscription());
        }
        disabled_filters(&mut world, &request.event_filters)
    };
    if disabled.len() == request.event_filters.len() {
        let text = "Field 'eventFilters' has no filter of this account that the service knows";
        return Err(Fault::bad_request(text));
    }
    handshake(service, &request.uri).await.map_err(|reason| {
        Fault::bad_request(format!("Field 'uri': the handshake failed: {reason}"))
    })?;
    Ok(store(&mut service.world(), request, disabled))
}

fn no_such_subscription() -> Fault {
    Fault::not_found("No such subscription")
}

fn store(world: &mut World, request: SubscriptionRequest, disabled: Vec<DisabledFilter>) -> Reply {
    let now = world.clock.now();
    let by_uri = || {
        let mut all = world.subscriptions.iter();
        let same = all.find(|(_, other)| other.uri.as_deref() == Some(&*request.uri));
        same.map(|(id, _)| id.clone())
    };
    let id = request
        .id
        .clone()
        .or_else(by_uri)
        .unwrap_or_else(|| world.ids.object());
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
        .with_org_id(world.organization_id());
    if let Some(old) = world.subscriptions.get(&id) {
        subscription
            .created_date_time
            .clone_from(&old.created_date_time);
    }
    let reply = json(StatusCode::OK, &subscription);
    world.subscriptions.insert(id, subscription);
    reply
}

fn disabled_filters(world: &mut World, filters: &[String]) -> Vec<DisabledFilter> {
    let mut disabled = Vec::new();
    for filter in filters {
        if !is_filter(world, filter) {
            let filter = DisabledFilter::default()
                .with_id(world.ids.object())
                .with_org_id(world.organization_id())
                .with_filter(filter)
                .with_reason("UnknownFilter")
                .with_message("Organization, department or event are not known");
            disabled.push(filter);
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
