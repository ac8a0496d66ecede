//! Custom consents: made, read, listed, changed, given to a contact and taken away.

use serde_json::{Value, json};
use stratustexting::{
    ContactRef, Error, Response,
    models::{CustomConsent, CustomConsentRequest},
};

use crate::{books::Check, contacts::told_nothing, job::collect, report::Report, stage::Stage};

const NAME: &str = "Umfragen für Größen";

pub(crate) async fn all(stage: &Stage, report: &mut Report, contact: &str) {
    let consents = stage.client.consents();
    let request = CustomConsentRequest::default()
        .with_name(NAME)
        .with_description("Polls");
    let made = consents.create(request).await;
    let Some(id) = compare(stage, report, "create consent", made, |_| true) else {
        return;
    };
    let got = consents.get(&id).await;
    compare(stage, report, "get consent", got, |_| true);
    list(stage, report).await;

    let inactive = consents.set_active(&id, false).await;
    compare(stage, report, "set inactive", inactive, |book| {
        book["active"] == false
    });
    let changed = CustomConsentRequest::default().with_description("Polls and votes");
    let changed = consents.update(&id, changed).await;
    let is_changed = |book: &Value| book["description"] == "Polls and votes";
    compare(stage, report, "update consent", changed, is_changed);

    let contact_ref = ContactRef::mobile(contact);
    let given = consents
        .grant(&id, contact_ref.clone(), "Promotional")
        .await;
    compare(stage, report, "add type", given, |book| {
        has(stage, contact, book)
    });
    let taken = consents.revoke(&id, contact_ref, "Promotional").await;
    compare(stage, report, "remove type", taken, |book| {
        !has(stage, contact, book)
    });
}

fn in_the_books(stage: &Stage) -> Option<Value> {
    let consents = stage.sandbox.consents();
    let mut ours = consents
        .into_iter()
        .filter(|consent| consent["name"] == NAME);
    ours.next().filter(|_| ours.next().is_none())
}

/// Whether a contact has a consent, by the books.
fn has(stage: &Stage, contact: &str, consent: &Value) -> bool {
    let item = json!({"customConsentId": consent["id"], "type": "Promotional"});
    let contacts = stage.sandbox.contacts();
    let contact = contacts.iter().find(|book| book["mobileNumber"] == contact);
    let items = contact.and_then(|contact| contact["customConsents"].as_array());
    items.is_some_and(|items| items.contains(&item))
}

/// Holds what came back against the books, and returns its id.
fn compare(
    stage: &Stage,
    report: &mut Report,
    step: &str,
    outcome: Result<Response<CustomConsent>, Error>,
    done: impl Fn(&Value) -> bool,
) -> Option<String> {
    let shown = report.value(step, outcome)?;
    let Some(book) = in_the_books(stage).filter(done) else {
        report.silent(step, "it isn't in the books");
        return None;
    };
    if !told_nothing(&shown, step, report) {
        let mut check = Check::default();
        check.consent(&book, &shown);
        report.compared(step, check.difference());
    }
    shown.into_inner().id
}

async fn list(stage: &Stage, report: &mut Report) {
    let step = "list consents";
    let listed = collect(stage.client.consents().list(), step, report).await;
    let books = stage.sandbox.consents();
    let mut check = Check::default();
    if listed.len() != books.len() {
        check.wrong(format!("{} of {} came", listed.len(), books.len()));
    }
    for (book, shown) in books.iter().zip(&listed) {
        check.consent(book, shown);
    }
    report.compared(step, check.difference());
}
