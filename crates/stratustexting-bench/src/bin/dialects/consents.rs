//! Custom consents: created, read, listed, changed, added to a contact and removed.

use serde_json::{Value, json};
use stratustexting::{
    ContactRef, Error, Response,
    models::{CustomConsent, CustomConsentRequest},
};

use crate::{contacts::has_no_body, job::collect, records::Check, report::Report, setup::Setup};

const NAME: &str = "Umfragen für Größen";

pub(crate) async fn all(setup: &Setup, report: &mut Report, contact: &str) {
    let consents = setup.client.consents();
    let request = CustomConsentRequest::default()
        .with_name(NAME)
        .with_description("Polls");
    let made = consents.create(request).await;
    let Some(id) = compare(setup, report, "create consent", made, |_| true) else {
        return;
    };
    let got = consents.get(&id).await;
    compare(setup, report, "get consent", got, |_| true);
    list(setup, report).await;

    let inactive = consents.set_active(&id, false).await;
    compare(setup, report, "set inactive", inactive, |record| {
        record["active"] == false
    });
    let changed = CustomConsentRequest::default().with_description("Polls and votes");
    let changed = consents.update(&id, changed).await;
    let is_changed = |record: &Value| record["description"] == "Polls and votes";
    compare(setup, report, "update consent", changed, is_changed);

    let contact_ref = ContactRef::mobile(contact);
    let given = consents
        .grant(&id, contact_ref.clone(), "Promotional")
        .await;
    compare(setup, report, "add type", given, |record| {
        has(setup, contact, record)
    });
    let taken = consents.revoke(&id, contact_ref, "Promotional").await;
    compare(setup, report, "remove type", taken, |record| {
        !has(setup, contact, record)
    });
}

fn recorded(setup: &Setup) -> Option<Value> {
    let consents = setup.sandbox.consents();
    let mut ours = consents
        .into_iter()
        .filter(|consent| consent["name"] == NAME);
    ours.next().filter(|_| ours.next().is_none())
}

/// Whether a contact has a consent, by the sandbox's records.
fn has(setup: &Setup, contact: &str, consent: &Value) -> bool {
    let item = json!({"customConsentId": consent["id"], "type": "Promotional"});
    let contacts = setup.sandbox.contacts();
    let contact = contacts
        .iter()
        .find(|record| record["mobileNumber"] == contact);
    let items = contact.and_then(|contact| contact["customConsents"].as_array());
    items.is_some_and(|items| items.contains(&item))
}

/// Compares a returned consent with its record, and returns its id.
fn compare(
    setup: &Setup,
    report: &mut Report,
    step: &str,
    outcome: Result<Response<CustomConsent>, Error>,
    done: impl Fn(&Value) -> bool,
) -> Option<String> {
    let shown = report.value(step, outcome)?;
    let Some(record) = recorded(setup).filter(done) else {
        report.silent(step, "the sandbox doesn't have it");
        return None;
    };
    if !has_no_body(&shown, step, report) {
        let mut check = Check::default();
        check.consent(&record, &shown);
        report.compared(step, check.difference());
    }
    shown.into_inner().id
}

async fn list(setup: &Setup, report: &mut Report) {
    let step = "list consents";
    let listed = collect(setup.client.consents().list(), step, report).await;
    let records = setup.sandbox.consents();
    let mut check = Check::default();
    if listed.len() != records.len() {
        check.wrong(format!("{} of {} are there", listed.len(), records.len()));
    }
    for (record, shown) in records.iter().zip(&listed) {
        check.consent(record, shown);
    }
    report.compared(step, check.difference());
}
