//! Custom consents, and which contact has which.
//!
//! UNKNOWN of the real service, and decided here: a new consent is active; fields that
//! a request doesn't have stay as they are; a contact lists what it has under
//! `customConsents` as `{customConsentId, type}`.

use http::StatusCode;
use serde_json::{Map, Value, json};
use stratustexting_client::types::{
    ConsentTypeAction, CustomConsent, CustomConsentRequest, CustomConsentTypeRequest,
};

use super::{ApiRequest, page::page, request::check_number};
use crate::{
    response::{ApiError, Response, json},
    shared::Shared,
    state::State,
};

fn no_such_consent() -> ApiError {
    ApiError::not_found("No such custom consent")
}

pub(crate) fn list(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    page(request, &shared.limits, shared.state().consents.values())
}

pub(crate) fn get(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let state = shared.state();
    let consent = state.consents.get(&request.segment("customConsentId"));
    Ok(json(StatusCode::OK, consent.ok_or_else(no_such_consent)?))
}

pub(crate) fn create(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let fields: CustomConsentRequest = request.json()?;
    let mut state = shared.state();
    let (id, now) = (state.ids.object(), state.clock.now());
    let mut consent = CustomConsent::default()
        .with_id(&id)
        .with_active(true)
        .with_org_id(state.organization_id())
        .with_created_date_time(now);
    apply(&mut consent, fields);
    consent.last_update_date_time = Some(now.into());
    let response = json(StatusCode::OK, &consent);
    state.consents.insert(id, consent);
    Ok(response)
}

pub(crate) fn update(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let fields = request.json()?;
    change(&mut shared.state(), request, |consent| {
        apply(consent, fields);
    })
}

pub(crate) fn change_status(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    // What the body may say is UNKNOWN; that it is an object is documented.
    if !request.body.is_empty() {
        let _: Map<String, Value> = request.json()?;
    }
    let active = match request.required("active")? {
        "true" => true,
        "false" => false,
        _ => {
            return Err(ApiError::bad_request(
                "Parameter 'active' must be true or false",
            ));
        }
    };
    change(&mut shared.state(), request, |consent| {
        consent.active = Some(active);
    })
}

pub(crate) fn change_type(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let fields: CustomConsentTypeRequest = request.json()?;
    let mut state = shared.state();
    let contact = match (&fields.contact_id, &fields.mobile_number) {
        (Some(id), None) => id.clone(),
        (None, Some(number)) => {
            check_number("Field 'mobileNumber'", number)?;
            state.contacts.id_of(number).unwrap_or_default().to_owned()
        }
        _ => {
            let text = "One of the fields 'contactId' and 'mobileNumber' is required, not both";
            return Err(ApiError::bad_request(text));
        }
    };
    let add = match fields.action {
        ConsentTypeAction::Add => true,
        ConsentTypeAction::Remove => false,
        _ => {
            return Err(ApiError::bad_request(
                "Field 'action' must be ADD or REMOVE",
            ));
        }
    };
    let id = request.segment("customConsentId");
    if !state.consents.contains_key(&id) {
        return Err(no_such_consent());
    }
    let contact = state.contacts.get_mut(&contact);
    let contact = contact.ok_or_else(|| ApiError::not_found("No such contact"))?;
    let item = json!({"customConsentId": id, "type": fields.type_});
    let consents = contact.custom_consents.get_or_insert_default();
    consents.retain(|other| *other != item);
    if add {
        consents.push(item);
    }
    change(&mut state, request, |_| ())
}

/// Changes a consent and responds with it.
fn change(
    state: &mut State,
    request: &ApiRequest,
    change: impl FnOnce(&mut CustomConsent),
) -> Result<Response, ApiError> {
    let now = state.clock.now();
    let consent = state.consents.get_mut(&request.segment("customConsentId"));
    let consent = consent.ok_or_else(no_such_consent)?;
    change(consent);
    consent.last_update_date_time = Some(now.into());
    Ok(json(StatusCode::OK, consent))
}

fn apply(consent: &mut CustomConsent, fields: CustomConsentRequest) {
    if fields.name.is_some() {
        consent.name = fields.name;
    }
    if fields.description.is_some() {
        consent.description = fields.description;
    }
    if fields.type_.is_some() {
        consent.type_ = fields.type_;
    }
    if fields.active.is_some() {
        consent.active = fields.active;
    }
}
