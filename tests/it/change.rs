//! A change of the document shows in the outline as exactly the lines that it concerns;
//! and a document that can't be generated is an error of one line.

use serde_json::{Value, json};

use crate::support::{document, generated, outline};

/// The outline's lines that a change of the document removes, and those that it adds.
fn difference(change: impl FnOnce(&mut Value)) -> (Vec<String>, Vec<String>) {
    let lines = |document: &Value| -> Vec<String> {
        let generated = generated(&document.to_string()).expect("the document is generated");
        outline(&generated.source)
            .lines()
            .map(str::to_owned)
            .collect()
    };
    let mut document = document();
    let before = lines(&document);
    change(&mut document);
    let after = lines(&document);
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these
            .iter()
            .filter(|line| !those.contains(line))
            .cloned()
            .collect()
    };
    (only(&before, &after), only(&after, &before))
}

#[test]
fn a_field_of_another_type_is_one_line() {
    let (removed, added) = difference(|document| {
        document["components"]["schemas"]["Contact"]["properties"]["company"]["type"] =
            json!("integer");
    });

    assert_eq!(removed, ["type Contact.company: Option<String>"]);
    assert_eq!(added, ["type Contact.company: Option<i64>"]);
}

#[test]
fn a_required_field_is_one_line() {
    let (removed, added) = difference(|document| {
        document["components"]["schemas"]["Contact"]["required"] = json!(["company"]);
    });

    assert_eq!(removed, ["type Contact.company: Option<String>"]);
    assert_eq!(added, ["type Contact.company: String"]);
}

#[test]
fn a_new_value_is_one_line() {
    let (removed, added) = difference(|document| {
        document["components"]["schemas"]["SubscriptionStatus"]["x-extensible-enum"] =
            json!(["ACTIVE", "ENDED"]);
    });

    assert!(removed.is_empty(), "{removed:?}");
    assert_eq!(added, ["enum SubscriptionStatus::Ended = \"ENDED\""]);
}

#[test]
fn a_changed_idempotence_is_one_line() {
    let (removed, added) = difference(|document| {
        document["paths"]["/message/sendsms"]["post"]["x-idempotent"] = json!(true);
    });

    assert_eq!(removed, ["table OPERATIONS sendSms.idempotent = false"]);
    assert_eq!(added, ["table OPERATIONS sendSms.idempotent = true"]);
}

#[test]
fn a_new_parameter_is_one_line() {
    let (removed, added) = difference(|document| {
        let parameters = &mut document["paths"]["/contact/search"]["get"]["parameters"];
        let sort = json!({"name": "sort", "in": "query", "schema": {"type": "string"}});
        parameters.as_array_mut().expect("parameters").push(sort);
    });

    assert_eq!(
        removed,
        [
            "operation search_contacts(number: String, page: Option<i32>, size: Option<i32>) -> ContactPage"
        ]
    );
    assert_eq!(
        added,
        [
            "operation search_contacts(number: String, page: Option<i32>, size: Option<i32>, sort: Option<String>) -> ContactPage"
        ]
    );
}

#[test]
fn a_refusal_is_one_line_with_operation_and_location() {
    let mut document = document();
    document["paths"]["/contact/{contactId}"]["put"]["parameters"] = json!([]);

    let error = generated(&document.to_string()).expect_err("the document is refused");

    assert_eq!(
        error.to_string(),
        "operation updateContact at #/paths/~1contact~1{contactId}/put: \
         the path parameter contactId is not declared"
    );
}

#[test]
fn every_way_to_break_the_document_is_one_line() {
    type Break = fn(&mut Value);
    let ways: [(&str, Break); 6] = [
        ("sendSms", |document| {
            let operation = &mut document["paths"]["/message/sendsms"]["post"];
            operation
                .as_object_mut()
                .expect("an operation")
                .remove("x-idempotent");
        }),
        ("#/components/schemas/Site", |document| {
            document["components"]["schemas"]["Site"]["not"] = json!({"type": "string"});
        }),
        ("sendSms", |document| {
            document["paths"]["/message/sendsms"]["post"]["responses"] =
                json!({"400": {"description": ""}});
        }),
        ("#/openapi", |document| document["openapi"] = json!("3.1.0")),
        ("listContacts", |document| {
            document["paths"]["/contact/all"]["get"]["x-sensitive"]["response"] =
                json!(["/content/*/surname"]);
        }),
        ("not an OpenAPI document", |document| {
            document["info"] = json!(null);
        }),
    ];
    for (place, way) in ways {
        let mut document = document();
        way(&mut document);

        let error = generated(&document.to_string()).expect_err("the document is refused");

        let text = error.to_string();
        assert!(text.contains(place), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
