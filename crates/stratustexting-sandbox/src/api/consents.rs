//! Custom consents, and which contact has which.
//!
//! UNKNOWN of the real service, and decided here: a new consent is active; fields that
//! a request doesn't have stay as they are; a contact lists what it has under
//! `customConsents` as `{customConsentId, type}`.

use http::StatusCode;
use serde_json::json;
use stratustexting_client::types::{
    ConsentTypeAction, CustomConsent, CustomConsentRequest, CustomConsentTypeRequest,
};

use super::{Call, call::check_number, page::page};
use crate::{
    reply::{Fault, Reply, json},
    shared::Shared,
    state::State,
};

fn no_such_consent() -> Fault {
    Fault::not_found("No such custom consent")
}

pub(crate) fn list(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    page(call, &shared.limits, shared.state().consents.values())
}

pub(crate) fn get(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    let state = shared.state();
    let consent = state.consents.get(&call.segment("customConsentId"));
    Ok(json(StatusCode::OK, consent.ok_or_else(no_such_consent)?))
}

pub(crate) fn create(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    let request: CustomConsentRequest = call.json()?;
    let mut state = shared.state();
    let (id, now) = (state.ids.object(), state.clock.now());
    let mut consent = CustomConsent::default()
        .with_id(&id)
        .with_active(true)
        .with_org_id(state.organization_id())
        .with_created_date_time(now);
    apply(&mut consent, request);
    consent.last_update_date_time = Some(now.into());
    let reply = json(StatusCode::OK, &consent);
    state.consents.insert(id, consent);
    Ok(reply)
}

pub(crate) fn update(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    let request = call.json()?;
    change(&mut shared.state(), call, |consent| {
        apply(consent, request);
    })
}

pub(crate) fn change_status(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    let active = match call.required("active")? {
        "true" => true,
        "false" => false,
        _ => {
            return Err(Fault::bad_request(
                "Parameter 'active' has to be true or false",
            ));
        }
    };
    change(&mut shared.state(), call, |consent| {
        consent.active = Some(active);
    })
}

pub(crate) fn change_type(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    let request: CustomConsentTypeRequest = call.json()?;
    let mut state = shared.state();
    let contact = match (&request.contact_id, &request.mobile_number) {
        (Some(id), None) => id.clone(),
        (None, Some(number)) => {
            check_number("Field 'mobileNumber'", number)?;
            state.contacts.id_of(number).unwrap_or_default().to_owned()
        }
        _ => {
            let text = "One of the fields 'contactId' and 'mobileNumber' is required, not both";
            return Err(Fault::bad_request(text));
        }
    };
    let add = match request.action {
        ConsentTypeAction::Add => true,
        ConsentTypeAction::Remove => false,
        _ => return Err(Fault::bad_request("Field 'action' has to be ADD or REMOVE")),
    };
    let id = call.segment("customConsentId");
    if !state.consents.contains_key(&id) {
        return Err(no_such_consent());
    }
    let contact = state.contacts.get_mut(&contact);
    let contact = contact.ok_or_else(|| Fault::not_found("No such contact"))?;
    let item = json!({"customConsentId": id, "type": request.type_});
    let consents = contact.custom_consents.get_or_insert_default();
    consents.retain(|other| *other != item);
    if add {
        consents.push(item);
    }
    change(&mut state, call, |_| ())
}

/// Changes a consent and answers with it.
fn change(
    state: &mut State,
    call: &Call,
    change: impl FnOnce(&mut CustomConsent),
) -> Result<Reply, Fault> {
    let now = state.clock.now();
    let consent = state.consents.get_mut(&call.segment("customConsentId"));
    let consent = consent.ok_or_else(no_such_consent)?;
    change(consent);
    consent.last_update_date_time = Some(now.into());
    Ok(json(StatusCode::OK, consent))
}

fn apply(consent: &mut CustomConsent, request: CustomConsentRequest) {
    if request.name.is_some() {
        consent.name = request.name;
    }
    if request.description.is_some() {
        consent.description = request.description;
    }
    if request.type_.is_some() {
        consent.type_ = request.type_;
    }
    if request.active.is_some() {
        consent.active = request.active;
    }
}
