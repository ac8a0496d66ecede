//! The twenty operations, written down by hand: neither the document nor a generator
//! may add, lose or move one unnoticed.

use std::collections::BTreeSet;

use stratustexting_client::{OPERATIONS, operation::Basis};

use crate::support::{document, operations};

/// Id, method, path, and the provenance of method and path.
const CONTRACT: [(&str, &str, &str, Basis); 20] = [
    ("sendSms", "POST", "/message/sendsms", Basis::ClientCode),
    (
        "sendSmsAsAgent",
        "POST",
        "/message/sendsms/{agentEmail}",
        Basis::ClientCode,
    ),
    ("sendMms", "POST", "/message/sendmms", Basis::Inferred),
    (
        "getMessageById",
        "GET",
        "/message/getmessagebyid/{messageId}",
        Basis::Documented,
    ),
    ("listContacts", "GET", "/contact/all", Basis::Inferred),
    (
        "findContactByMobile",
        "GET",
        "/contact/mobile/{mobileNumber}",
        Basis::Inferred,
    ),
    ("searchContacts", "GET", "/contact/search", Basis::Inferred),
    ("upsertContact", "POST", "/contact", Basis::Inferred),
    (
        "updateContactByMobile",
        "PUT",
        "/contact/mobile/{mobileNumber}",
        Basis::Inferred,
    ),
    (
        "updateContact",
        "PUT",
        "/contact/{contactId}",
        Basis::Inferred,
    ),
    (
        "createCustomConsent",
        "POST",
        "/customconsent",
        Basis::SiblingBrand,
    ),
    (
        "updateCustomConsent",
        "PUT",
        "/customconsent/{customConsentId}",
        Basis::Inferred,
    ),
    (
        "getCustomConsent",
        "GET",
        "/customconsent/{customConsentId}",
        Basis::SiblingBrand,
    ),
    (
        "listCustomConsents",
        "GET",
        "/customconsent/all",
        Basis::Inferred,
    ),
    (
        "changeCustomConsentStatus",
        "POST",
        "/customconsent/{customConsentId}/change",
        Basis::SiblingBrand,
    ),
    (
        "changeCustomConsentType",
        "POST",
        "/customconsent/{customConsentId}/type",
        Basis::Inferred,
    ),
    (
        "listSubscriptions",
        "GET",
        "/webhooksubscription/all",
        Basis::ClientCode,
    ),
    (
        "upsertSubscription",
        "POST",
        "/webhooksubscription",
        Basis::Documented,
    ),
    (
        "deleteSubscription",
        "DELETE",
        "/webhooksubscription/{subscriptionId}",
        Basis::ClientCode,
    ),
    ("listSites", "GET", "/site/all", Basis::Inferred),
];

fn contract() -> BTreeSet<(String, String, String)> {
    let own = |(id, method, path, _): &(&str, &str, &str, Basis)| {
        ((*id).to_owned(), (*method).to_owned(), (*path).to_owned())
    };
    CONTRACT.iter().map(own).collect()
}

#[test]
fn the_document_has_these_operations_and_no_others() {
    let operations = operations(&document());

    assert_eq!(operations.len(), CONTRACT.len());
    let found: BTreeSet<_> = operations
        .into_iter()
        .map(|(id, method, path, _)| (id, method, path))
        .collect();
    assert_eq!(found, contract());
}

#[test]
fn the_client_has_these_operations_and_no_others() {
    assert_eq!(OPERATIONS.len(), CONTRACT.len());
    let found: BTreeSet<_> = OPERATIONS
        .iter()
        .map(|row| {
            (
                row.id.to_owned(),
                row.method.to_owned(),
                row.path.to_owned(),
            )
        })
        .collect();
    assert_eq!(found, contract());
}

#[test]
fn the_client_has_the_provenance_of_each() {
    for (id, _, _, basis) in CONTRACT {
        let row = OPERATIONS.iter().find(|row| row.id == id).expect("a row");

        assert_eq!(row.provenance.basis, basis, "{id}");
    }
}

#[test]
fn sends_are_not_idempotent_and_reads_are() {
    for row in OPERATIONS {
        if row.id.starts_with("send") {
            assert!(!row.idempotent, "{} sends a message each time", row.id);
        }
        if row.method == "GET" {
            assert!(row.idempotent, "{} only reads", row.id);
        }
    }
}

#[test]
fn every_list_has_pagination() {
    let paged: BTreeSet<&str> = OPERATIONS
        .iter()
        .filter(|row| row.pagination.is_some())
        .map(|row| row.id)
        .collect();

    assert_eq!(
        paged,
        BTreeSet::from([
            "listContacts",
            "listCustomConsents",
            "listSites",
            "listSubscriptions",
            "searchContacts",
        ])
    );
}
