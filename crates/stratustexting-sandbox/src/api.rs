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
    shared::Shared,
};

/// The application's answer to a request that passed the gateway.
pub(crate) async fn answer(shared: &Arc<Shared>, call: &Call) -> Result<Reply, Fault> {
    call.check_encoding()?;
    match call.operation.id {
        "sendSms" => messages::send_sms(shared, call, None),
        "sendSmsAsAgent" => messages::send_sms_as_agent(shared, call),
        "sendMms" => messages::send_mms(shared, call).await,
        "getMessageById" => messages::get(shared, call),
        "listContacts" => contacts::list(shared, call),
        "findContactByMobile" => contacts::find_by_mobile(shared, call),
        "searchContacts" => contacts::search(shared, call),
        "upsertContact" => contacts::upsert(shared, call),
        "updateContactByMobile" => contacts::update_by_mobile(shared, call),
        "updateContact" => contacts::update(shared, call),
        "createCustomConsent" => consents::create(shared, call),
        "updateCustomConsent" => consents::update(shared, call),
        "getCustomConsent" => consents::get(shared, call),
        "listCustomConsents" => consents::list(shared, call),
        "changeCustomConsentStatus" => consents::change_status(shared, call),
        "changeCustomConsentType" => consents::change_type(shared, call),
        "listSubscriptions" => subscriptions::list(shared, call),
        "upsertSubscription" => subscriptions::upsert(shared, call).await,
        "deleteSubscription" => subscriptions::delete(shared, call),
        "listSites" => sites::list(shared, call),
        other => Err(Fault::not_found(format!("the sandbox has no {other}"))),
    }
}
