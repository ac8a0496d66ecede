//! The application: one function per operation, in a file per resource.
//!
//! Where the real one's behaviour isn't known, each file says what it does instead.

pub(crate) mod consents;
pub(crate) mod contacts;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod request;
pub(crate) mod sites;
pub(crate) mod subscriptions;

use std::sync::Arc;

pub(crate) use self::request::ApiRequest;
use crate::{
    response::{ApiError, Response},
    shared::Shared,
};

/// The application's response to a request that passed the gateway.
pub(crate) async fn respond(
    shared: &Arc<Shared>,
    request: &ApiRequest,
) -> Result<Response, ApiError> {
    request.check_encoding()?;
    match request.operation.id {
        "sendSms" => messages::send_sms(shared, request, None),
        "sendSmsAsAgent" => messages::send_sms_as_agent(shared, request),
        "sendMms" => messages::send_mms(shared, request).await,
        "getMessageById" => messages::get(shared, request),
        "listContacts" => contacts::list(shared, request),
        "findContactByMobile" => contacts::find_by_mobile(shared, request),
        "searchContacts" => contacts::search(shared, request),
        "upsertContact" => contacts::upsert(shared, request),
        "updateContactByMobile" => contacts::update_by_mobile(shared, request),
        "updateContact" => contacts::update(shared, request),
        "createCustomConsent" => consents::create(shared, request),
        "updateCustomConsent" => consents::update(shared, request),
        "getCustomConsent" => consents::get(shared, request),
        "listCustomConsents" => consents::list(shared, request),
        "changeCustomConsentStatus" => consents::change_status(shared, request),
        "changeCustomConsentType" => consents::change_type(shared, request),
        "listSubscriptions" => subscriptions::list(shared, request),
        "upsertSubscription" => subscriptions::upsert(shared, request).await,
        "deleteSubscription" => subscriptions::delete(shared, request),
        "listSites" => sites::list(shared, request),
        other => Err(ApiError::not_found(format!("the sandbox has no {other}"))),
    }
}
