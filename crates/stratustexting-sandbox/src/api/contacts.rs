//! Contacts: one per number.
//!
//! UNKNOWN of the real service, and decided here: a contact is found by its exact
//! number; a search finds the digits anywhere in the number; fields that a request
//! doesn't have stay as they are, and those that are `null` are cleared; taking another
//! contact's number is a conflict.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};
use stratustexting_client::{
    ContactField,
    types::{Contact, ContactRequest},
};

use super::{ApiRequest, page::page, request::check_number};
use crate::{
    response::{ApiError, Response, json},
    shared::Shared,
    state::{State, contacts::ContactUpdate},
    webhooks::{self, ContactChange, Event},
};

impl ContactUpdate {
    fn read(request: &ApiRequest) -> Result<Self, ApiError> {
        let fields = request.json()?;
        // The model can't tell `null` from a field that isn't there.
        let body: Map<String, Value> = request.json()?;
        let is_null = |field: &ContactField| body.get(field.name()).is_some_and(Value::is_null);
        let cleared = ContactField::ALL.into_iter().filter(is_null).collect();
        Ok(Self { fields, cleared })
    }
}

fn no_such_contact() -> ApiError {
    ApiError::not_found("No such contact")
}

pub(crate) fn list(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    page(request, &shared.limits, shared.state().contacts.all())
}

pub(crate) fn find_by_mobile(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let state = shared.state();
    let id = id_by_number(&state, request)?;
    let contact = state.contacts.get(&id).ok_or_else(no_such_contact)?;
    Ok(json(StatusCode::OK, contact))
}

pub(crate) fn search(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let digits = request.required("number")?.trim();
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        let text = "Parameter 'number' must be a number, or a part of one: digits only";
        return Err(ApiError::bad_request(text));
    }
    let state = shared.state();
    let fits = |contact: &&Contact| {
        let number = contact.mobile_number.as_deref();
        number.is_some_and(|number| number.contains(digits))
    };
    let found: Vec<&Contact> = state.contacts.all().filter(fits).collect();
    page(request, &shared.limits, found.into_iter())
}

pub(crate) fn upsert(shared: &Arc<Shared>, request: &ApiRequest) -> Result<Response, ApiError> {
    let change = ContactUpdate::read(request)?;
    let number = change.fields.mobile_number.clone();
    let number = number.ok_or_else(|| ApiError::bad_request("Field 'mobileNumber' is required"))?;
    let mut state = shared.state();
    if let Some(id) = state.contacts.id_of(&number).map(str::to_owned) {
        return update_contact(shared, &mut state, &id, &change);
    }
    check_number("Field 'mobileNumber'", &number)?;
    check_department(&state, &change.fields)?;
    let now = state.clock.now();
    let mut contact = Contact::default()
        .with_id(state.ids.object())
        .with_org_id(state.organization_id())
        .with_department_id(state.first_department())
        .with_created_date_time(now)
        .with_last_update_date_time(now);
    change.apply(&mut contact);
    state.contacts.insert(contact.clone());
    let event = Event::contact(ContactChange::Create, &contact);
    webhooks::publish(shared, &mut state, &event);
    Ok(json(StatusCode::OK, &contact))
}

pub(crate) fn update_by_mobile(
    shared: &Arc<Shared>,
    request: &ApiRequest,
) -> Result<Response, ApiError> {
    let change = ContactUpdate::read(request)?;
    let mut state = shared.state();
    let id = id_by_number(&state, request)?;
    update_contact(shared, &mut state, &id, &change)
}

pub(crate) fn update(shared: &Arc<Shared>, request: &ApiRequest) -> Result<Response, ApiError> {
    let change = ContactUpdate::read(request)?;
    let id = request.segment("contactId");
    update_contact(shared, &mut shared.state(), &id, &change)
}

fn id_by_number(state: &State, request: &ApiRequest) -> Result<String, ApiError> {
    let number = request.segment("mobileNumber");
    check_number("Path parameter 'mobileNumber'", &number)?;
    let id = state.contacts.id_of(&number).ok_or_else(no_such_contact)?;
    Ok(id.to_owned())
}

fn update_contact(
    shared: &Arc<Shared>,
    state: &mut State,
    id: &str,
    change: &ContactUpdate,
) -> Result<Response, ApiError> {
    check_department(state, &change.fields)?;
    let now = state.clock.now();
    if let Some(number) = &change.fields.mobile_number {
        check_number("Field 'mobileNumber'", number)?;
        if state
            .contacts
            .id_of(number)
            .is_some_and(|other| other != id)
        {
            let text = "Field 'mobileNumber' is the number of another contact";
            return Err(ApiError::conflict(text));
        }
    }
    let contact = state.contacts.change(id, change, now);
    let contact = contact.ok_or_else(no_such_contact)?;
    let event = Event::contact(ContactChange::Update, &contact);
    webhooks::publish(shared, state, &event);
    Ok(json(StatusCode::OK, &contact))
}

fn check_department(state: &State, fields: &ContactRequest) -> Result<(), ApiError> {
    match &fields.department_id {
        Some(id) if !state.has_department(id) => {
            let text = "Field 'departmentId' must be the id of a department of this account";
            Err(ApiError::bad_request(text))
        }
        _ => Ok(()),
    }
}

/// Deletes a contact, for which the API has no operation; returns whether there was one.
pub(crate) fn delete(shared: &Arc<Shared>, id: &str) -> bool {
    let mut state = shared.state();
    let Some(contact) = state.contacts.remove(id) else {
        return false;
    };
    let event = Event::contact(ContactChange::Delete, &contact);
    webhooks::publish(shared, &mut state, &event);
    true
}
