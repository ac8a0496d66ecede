//! Contacts: the list, the search, one by its number, and writing them.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use serde_json::Value;
use stratustexting::{
    Error, Response, SendOutcome,
    models::{Contact, ContactRequest},
    pager::Pager,
};

use crate::{
    books::{Check, digits},
    report::{Difference, Report},
    stage::{CUSTOMER, Stage},
};

/// Digits that about a tenth of the contacts' numbers have.
const SEARCHED: &str = "122";

/// The books' contacts by the digits of their numbers.
fn in_the_books(stage: &Stage) -> BTreeMap<String, Value> {
    let contacts = stage.sandbox.contacts().into_iter();
    let number = |contact: &Value| digits(contact["mobileNumber"].as_str().unwrap_or_default());
    contacts.map(|c| (number(&c), c)).collect()
}

/// Where the contact group has other paths, a client that doesn't know them says of each
/// operation that its path is inferred.
pub(crate) async fn without_paths(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    if stage.dialect().paths().is_empty() {
        return Ok(());
    }
    let client = stage.unconfigured()?;
    let contacts = client.contacts();
    let number = stage.sandbox.contacts()[0]["mobileNumber"].clone();
    let number = number.as_str().unwrap_or_default();
    let before = stage.sandbox.contacts();
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
    if stage.sandbox.contacts() != before {
        report.silent("without paths", "something was written");
    }
    Ok(())
}

/// All contacts, in pages of the service's size, and in larger ones.
pub(crate) async fn list(stage: &Stage, report: &mut Report) {
    let books = in_the_books(stage);
    let contacts = stage.client.contacts();
    for (step, pager) in [
        ("list", contacts.list()),
        ("list by 200", contacts.list().page_size(200)),
    ] {
        let listed = walked(pager).await;
        listed.compare(step, &books, report);
    }
}

/// Those whose number has some digits.
pub(crate) async fn search(stage: &Stage, report: &mut Report) {
    let mut books = in_the_books(stage);
    books.retain(|number, _| number.contains(SEARCHED));
    let found = walked(stage.client.contacts().search(SEARCHED).page_size(7)).await;
    found.compare("search", &books, report);
}

/// What a list brought.
struct Walked {
    contacts: Vec<Contact>,
    /// Whether it ended without an error, and says that it is complete.
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
    fn compare(&self, step: &str, books: &BTreeMap<String, Value>, report: &mut Report) {
        let mut check = Check::default();
        let mut came = BTreeSet::new();
        for contact in &self.contacts {
            let number = digits(contact.mobile_number.as_deref().unwrap_or_default());
            match books.get(&number) {
                Some(book) => check.contact(book, contact),
                None => check.wrong("a contact that isn't in the books"),
            }
            if !came.insert(number) && self.error.is_none() {
                check.wrong("a contact came twice");
            }
        }
        let lost = books
            .keys()
            .filter(|number| !came.contains(*number))
            .count();
        if lost > 0 {
            report.lost(step, lost);
        }
        if lost > 0 && self.error.is_none() {
            check.wrong(if self.complete {
                "it ended as if all had come"
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
            (Some(error), _) => report.failed(&format!("{step}, {} came", came.len()), error),
            (None, difference) => report.compared(step, difference),
        }
    }
}

/// One by its number, and one that isn't there.
pub(crate) async fn find(stage: &Stage, report: &mut Report) {
    // The first one's name has letters that not every encoding has.
    let is_named =
        |contact: &&Value| contact["firstName"] == "Zoë" || contact["firstName"] == "Jörg";
    let books = stage.sandbox.contacts();
    let Some(book) = books.iter().find(is_named).or(books.first()) else {
        return;
    };
    let number = book["mobileNumber"].as_str().unwrap_or_default();
    let found = stage.client.contacts().find_by_mobile(number).await;
    if let Some(found) = report.value("find", found) {
        let mut check = Check::default();
        check.contact(book, &found);
        report.compared("find", check.difference());
    }
    match stage.client.contacts().find_by_mobile(CUSTOMER).await {
        Ok(_) => report.silent("find nobody", "somebody was found"),
        Err(error) if error.is_not_found() || error.is_service_failure() => report.right(),
        Err(error) => report.unexplained("find nobody", error),
    }
}

/// Creates a contact, changes it by its number and by its id; returns its number.
pub(crate) async fn write(stage: &Stage, report: &mut Report) -> String {
    let contacts = stage.client.contacts();
    let number = "+12025550199";
    let ada = ContactRequest::default()
        .with_mobile_number(number)
        .with_first_name("Ada")
        .with_last_name("Łukasiewicz")
        .with_tags(vec!["new".to_owned(), "vip".to_owned()]);
    let made = contacts.upsert(ada).await;
    written(stage, report, "upsert", number, "firstName", "Ada", made);
    let id = match contacts.find_by_mobile(number).await {
        Ok(found) => found.into_inner().id,
        Err(_) => None,
    };

    let grace = ContactRequest::default().with_first_name("Grace");
    let changed = contacts.update_by_mobile(number, grace).await;
    let step = "update by number";
    written(stage, report, step, number, "firstName", "Grace", changed);

    match id {
        Some(id) => {
            let company = ContactRequest::default().with_company("Example & Söhne");
            let changed = contacts.update(id, company).await;
            let value = "Example & Söhne";
            written(
                stage,
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

/// Holds a write against the books.
fn written(
    stage: &Stage,
    report: &mut Report,
    step: &str,
    number: &str,
    field: &str,
    value: &str,
    outcome: Result<Response<Contact>, Error>,
) {
    let all = stage.sandbox.contacts();
    let mut books = all.iter().filter(|book| book["mobileNumber"] == number);
    let book = books.next().filter(|book| book[field] == value);
    if books.next().is_some() {
        report.twice(step);
    }
    match (outcome, book) {
        (Ok(shown), Some(book)) => {
            if !told_nothing(&shown, step, report) {
                let mut check = Check::default();
                check.contact(book, &shown);
                report.compared(step, check.difference());
            }
        }
        (Ok(_), None) => report.silent(step, "it isn't in the books"),
        (Err(error), Some(_)) if error.send_outcome() == SendOutcome::NotSent => {
            report.silent(
                step,
                "it is in the books, and the error says that nothing left",
            );
        }
        (Err(error), _) => report.failed(step, &error),
    }
}

/// Whether a write was answered without a body, which is told as such.
pub(crate) fn told_nothing<T>(shown: &Response<T>, step: &str, report: &mut Report) -> bool {
    let nothing = shown.body().is_empty();
    if nothing {
        match shown.diagnostics() {
            [] => report.silent(step, "nothing came back, and nothing says so"),
            [first, ..] => report.told(step, first),
        }
    }
    nothing
}
