//! The application: one function per operation, in a file per resource.
//!
//! Where the real one's behaviour isn't known, each file says what it does instead.

pub(crate) mod call;
pub(crate) mod consents;
pub(crate) mod contacts;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod sites;
pub(crate) mod subscriptions;

use std::sync::Arc;

pub(crate) use self::call::Call;
use crate::{
    reply::{Fault, Reply},
    service::Service,
};

/// The application's answer to a request that passed the gateway.
pub(crate) async fn answer(service: &Arc<Service>, call: &Call) -> Result<Reply, Fault> {
    call.check_encoding()?;
    match call.operation.id {
        "sendSms" => messages::send_sms(service, call, None),
        "sendSmsAsAgent" => messages::send_sms_as_agent(service, call),
        "sendMms" => messages::send_mms(service, call).await,
        "getMessageById" => messages::get(service, call),
        "listContacts" => contacts::list(service, call),
        "findContactByMobile" => contacts::find_by_mobile(service, call),
        "searchContacts" => contacts::search(service, call),
        "upsertContact" => contacts::upsert(service, call),
        "updateContactByMobile" => contacts::update_by_mobile(service, call),
        "updateContact" => contacts::update(service, call),
        "createCustomConsent" => consents::create(service, call),
        "updateCustomConsent" => consents::update(service, call),
        "getCustomConsent" => consents::get(service, call),
        "listCustomConsents" => consents::list(service, call),
        "changeCustomConsentStatus" => consents::change_status(service, call),
        "changeCustomConsentType" => consents::change_type(service, call),
        "listSubscriptions" => subscriptions::list(service, call),
        "upsertSubscription" => subscriptions::upsert(service, call).await,
        "deleteSubscription" => subscriptions::delete(service, call),
        "listSites" => sites::list(service, call),
        other => Err(Fault::not_found(format!("the sandbox has no {other}"))),
    }
}
