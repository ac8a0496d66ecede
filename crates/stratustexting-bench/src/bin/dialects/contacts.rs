//! Contacts: list, search, find by number, and write.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use serde_json::Value;
use stratustexting::{
    Error, Response, SendOutcome,
    models::{Contact, ContactRequest},
    pager::Pager,
};

use crate::{
    records::{Check, digits},
    report::{Difference, Report},
    setup::{CUSTOMER, Setup},
};

/// Digits that about a tenth of the contacts' numbers have.
const SEARCHED: &str = "122";

/// The sandbox's contacts by the digits of their numbers.
fn recorded(setup: &Setup) -> BTreeMap<String, Value> {
    let contacts = setup.sandbox.contacts().into_iter();
    let number = |contact: &Value| digits(contact["mobileNumber"].as_str().unwrap_or_default());
    contacts.map(|c| (number(&c), c)).collect()
}

/// If the contacts have other paths, a client that doesn't know them reports for each
/// operation that its path is inferred.
pub(crate) async fn without_paths(setup: &Setup, report: &mut Report) -> anyhow::Result<()> {
    if setup.dialect().paths().is_empty() {
        return Ok(());
    }
    let client = setup.unconfigured()?;
    let contacts = client.contacts();
    let number = setup.sandbox.contacts()[0]["mobileNumber"].clone();
    let number = number.as_str().unwrap_or_default();
    let before = setup.sandbox.contacts();
    let ada = || ContactRequest::default().with_first_name("Ada");
    let outcomes: [(&str, Result<(), Error>); 6] = [
        ("listContacts", contacts.list().try_next().await.map(drop)),
        (
            "searchContacts",
            contacts.search("1").try_next().await.map(drop),
        ),
        (
            "findContactByMobile",
            contacts.find_by_mobile(number).await.map(drop),
        ),
        (
            "upsertContact",
            contacts
                .upsert(ada().with_mobile_number(CUSTOMER))
                .await
                .map(drop),
        ),
        (
            "updateContactByMobile",
            contacts.update_by_mobile(number, ada()).await.map(drop),
        ),
        ("updateContact", contacts.update("1", ada()).await.map(drop)),
    ];
    for (operation, outcome) in outcomes {
        let step = format!("{operation} without its path");
        match outcome {
            Ok(()) => report.silent(&step, "it succeeded"),
            Err(error)
                if error.operation() == Some(operation)
                    && error.to_string().contains("path are inferred") =>
            {
                report.right();
            }
            Err(error) => report.unexplained(&step, error),
        }
    }
    if setup.sandbox.contacts() != before {
        report.silent("without paths", "something was written");
    }
    Ok(())
}

/// Lists all contacts, in pages of the service's size, and in larger ones.
pub(crate) async fn list(setup: &Setup, report: &mut Report) {
    let records = recorded(setup);
    let contacts = setup.client.contacts();
    for (step, pager) in [
        ("list", contacts.list()),
        ("list by 200", contacts.list().page_size(200)),
    ] {
        let listed = walked(pager).await;
        listed.compare(step, &records, report);
    }
}

/// Searches contacts by digits of their numbers.
pub(crate) async fn search(setup: &Setup, report: &mut Report) {
    let mut records = recorded(setup);
    records.retain(|number, _| number.contains(SEARCHED));
    let found = walked(setup.client.contacts().search(SEARCHED).page_size(7)).await;
    found.compare("search", &records, report);
}

/// The result of a list.
struct Walked {
    contacts: Vec<Contact>,
    /// Whether it ended without an error and is complete.
    complete: bool,
    error: Option<Error>,
}

async fn walked(mut pager: Pager<Contact>) -> Walked {
    let mut contacts = Vec::new();
    let error = loop {
        match pager.try_next().await {
            Ok(Some(contact)) => contacts.push(contact),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    let complete = pager.end().is_some_and(|end| end.is_complete());
    Walked {
        contacts,
        complete: complete && error.is_none(),
        error,
    }
}

impl Walked {
    fn compare(&self, step: &str, records: &BTreeMap<String, Value>, report: &mut Report) {
        let mut check = Check::default();
        let mut came = BTreeSet::new();
        for contact in &self.contacts {
            let number = digits(contact.mobile_number.as_deref().unwrap_or_default());
            match records.get(&number) {
                Some(record) => check.contact(record, contact),
                None => check.wrong("a contact that isn't in the sandbox"),
            }
            if !came.insert(number) && self.error.is_none() {
                check.wrong("a contact occurs twice");
            }
        }
        let lost = records
            .keys()
            .filter(|number| !came.contains(*number))
            .count();
        if lost > 0 {
            report.lost(step, lost);
        }
        if lost > 0 && self.error.is_none() {
            check.wrong(if self.complete {
                "it ended as if complete"
            } else {
                "it ended without an error"
            });
        }
        let difference = check.difference();
        match (&self.error, difference) {
            (Some(error), Some(Difference::Silent(what))) => {
                report.failed(step, error);
                report.silent(step, what);
            }
            (Some(error), _) => report.failed(&format!("{step}, {} read", came.len()), error),
            (None, difference) => report.compared(step, difference),
        }
    }
}

/// Finds a contact by its number, and looks for one that doesn't exist.
pub(crate) async fn find(setup: &Setup, report: &mut Report) {
    // Its name has letters that not every encoding has.
    let is_named =
        |contact: &&Value| contact["firstName"] == "Zoë" || contact["firstName"] == "Jörg";
    let records = setup.sandbox.contacts();
    let Some(record) = records.iter().find(is_named).or(records.first()) else {
        return;
    };
    let number = record["mobileNumber"].as_str().unwrap_or_default();
    let found = setup.client.contacts().find_by_mobile(number).await;
    if let Some(found) = report.value("find", found) {
        let mut check = Check::default();
        check.contact(record, &found);
        report.compared("find", check.difference());
    }
    match setup.client.contacts().find_by_mobile(CUSTOMER).await {
        Ok(_) => report.silent("find nobody", "somebody was found"),
        Err(error) if error.is_not_found() || error.is_service_failure() => report.right(),
        Err(error) => report.unexplained("find nobody", error),
    }
}

/// Creates a contact, changes it by its number and by its id; returns its number.
pub(crate) async fn write(setup: &Setup, report: &mut Report) -> String {
    let contacts = setup.client.contacts();
    let number = "+12025550199";
    let ada = ContactRequest::default()
        .with_mobile_number(number)
        .with_first_name("Ada")
        .with_last_name("Łukasiewicz")
        .with_tags(vec!["new".to_owned(), "vip".to_owned()]);
    let made = contacts.upsert(ada).await;
    written(setup, report, "upsert", number, "firstName", "Ada", made);
    let id = match contacts.find_by_mobile(number).await {
        Ok(found) => found.into_inner().id,
        Err(_) => None,
    };

    let grace = ContactRequest::default().with_first_name("Grace");
    let changed = contacts.update_by_mobile(number, grace).await;
    let step = "update by number";
    written(setup, report, step, number, "firstName", "Grace", changed);

    match id {
        Some(id) => {
            let company = ContactRequest::default().with_company("Example & Söhne");
            let changed = contacts.update(id, company).await;
            let value = "Example & Söhne";
            written(
                setup,
                report,
                "update by id",
                number,
                "company",
                value,
                changed,
            );
        }
        None => report.silent("update by id", "the contact that was found has no id"),
    }
    number.to_owned()
}

/// Compares a write with the record.
fn written(
    setup: &Setup,
    report: &mut Report,
    step: &str,
    number: &str,
    field: &str,
    value: &str,
    outcome: Result<Response<Contact>, Error>,
) {
    let all = setup.sandbox.contacts();
    let mut records = all.iter().filter(|record| record["mobileNumber"] == number);
    let record = records.next().filter(|record| record[field] == value);
    if records.next().is_some() {
        report.twice(step);
    }
    match (outcome, record) {
        (Ok(shown), Some(record)) => {
            if !has_no_body(&shown, step, report) {
                let mut check = Check::default();
                check.contact(record, &shown);
                report.compared(step, check.difference());
            }
        }
        (Ok(_), None) => report.silent(step, "the sandbox doesn't have it"),
        (Err(error), Some(_)) if error.send_outcome() == SendOutcome::NotSent => {
            report.silent(
                step,
                "the sandbox has it, and the error says that nothing was sent",
            );
        }
        (Err(error), _) => report.failed(step, &error),
    }
}

/// Whether the response to a write has no body, which must be reported.
pub(crate) fn has_no_body<T>(shown: &Response<T>, step: &str, report: &mut Report) -> bool {
    let nothing = shown.body().is_empty();
    if nothing {
        match shown.diagnostics() {
            [] => report.silent(step, "nothing came back, without a diagnostic"),
            [first, ..] => report.explained(step, first),
        }
    }
    nothing
}
