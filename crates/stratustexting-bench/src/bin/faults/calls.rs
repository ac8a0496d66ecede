//! Each operation, called through the SDK's public API.

use std::time::Duration;

use anyhow::bail;
use futures::TryStreamExt;
use stratustexting::{
    Backoff, Client, ContactRef, Media, Resend, Result,
    models::{ContactRequest, CustomConsentRequest},
};

use crate::setup::{CUSTOMER, Setup};

/// What a call needs, created before anything fails.
pub(crate) struct Prepared {
    subscription_id: String,
}

impl Prepared {
    /// # Errors
    ///
    /// If the prerequisites can't be created.
    pub(crate) async fn of(
        operation: &str,
        setup: &Setup,
        reliable: &Client,
    ) -> anyhow::Result<Self> {
        let mut subscription_id = String::new();
        if operation == "deleteSubscription" {
            let made = reliable
                .subscriptions()
                .upsert(setup.subscription())
                .await?;
            subscription_id = made.into_inner().id.unwrap_or_default();
        }
        Ok(Self { subscription_id })
    }
}

/// Calls an operation; `text` is a message's.
///
/// # Errors
///
/// The outer error means that this operation isn't covered here; the inner one is the SDK's.
pub(crate) async fn call(
    operation: &str,
    client: &Client,
    setup: &Setup,
    prepared: &Prepared,
    text: &str,
) -> anyhow::Result<Result<()>> {
    let from = setup.sandbox.number();
    let (contact_id, consent_id) = (&*setup.contact_id, &*setup.consent_id);
    let messages = client.messages();
    let (contacts, consents) = (client.contacts(), client.consents());
    let subscriptions = client.subscriptions();
    let contact = || ContactRequest::default().with_company("Example Ltd");
    let consent = || CustomConsentRequest::default().with_name("Order updates");
    Ok(match operation {
        "sendSms" => done(messages.from(from).send_sms(CUSTOMER, text).await),
        "sendSmsAsAgent" => {
            let agent = "agent@example.com";
            done(
                messages
                    .from(from)
                    .send_sms_as_agent(agent, CUSTOMER, text)
                    .await,
            )
        }
        "sendMms" => {
            // Large enough to be cut in the middle.
            let media = Media::from_bytes("a.png", vec![0x89; 20_000]);
            done(messages.from(from).send_mms(CUSTOMER, text, [media]).await)
        }
        "getMessageById" => done(messages.get(&setup.message_id).await),
        "listContacts" => done(contacts.list().try_collect::<Vec<_>>().await),
        "findContactByMobile" => done(contacts.find_by_mobile(CUSTOMER).await),
        "searchContacts" => {
            let found = contacts.search("3035550123");
            done(found.try_collect::<Vec<_>>().await)
        }
        "upsertContact" => {
            let contact = contact().with_mobile_number(CUSTOMER);
            done(contacts.upsert(contact).await)
        }
        "updateContactByMobile" => done(contacts.update_by_mobile(CUSTOMER, contact()).await),
        "updateContact" => done(contacts.update(contact_id, contact()).await),
        "createCustomConsent" => done(consents.create(consent()).await),
        "updateCustomConsent" => done(consents.update(consent_id, consent()).await),
        "getCustomConsent" => done(consents.get(consent_id).await),
        "listCustomConsents" => done(consents.list().try_collect::<Vec<_>>().await),
        "changeCustomConsentStatus" => done(consents.set_active(consent_id, false).await),
        "changeCustomConsentType" => {
            let (contact, kind) = (ContactRef::id(contact_id), "Informational");
            done(consents.grant(consent_id, contact, kind).await)
        }
        "listSubscriptions" => done(subscriptions.list().try_collect::<Vec<_>>().await),
        "upsertSubscription" => done(subscriptions.upsert(setup.subscription()).await),
        "deleteSubscription" => done(subscriptions.delete(&prepared.subscription_id).await),
        "listSites" => done(client.sites().list().try_collect::<Vec<_>>().await),
        other => bail!("the operation {other} is new: add its call here"),
    })
}

/// Sends a message that may be sent again once, after it was rejected.
pub(crate) async fn send_again(client: &Client, setup: &Setup, text: &str) -> Result<()> {
    let messages = client.messages().from(setup.sandbox.number());
    let sms = messages
        .send_sms(CUSTOMER, text)
        .resend(Resend::IfTurnedAway)
        // One retry for the 401 and one for the next failure: a third attempt could be
        // a second copy, which the caller has accepted.
        .retry(Backoff::new().base(Duration::ZERO).attempts(2));
    done(sms.await)
}

fn done<T>(outcome: Result<T>) -> Result<()> {
    outcome.map(drop)
}
