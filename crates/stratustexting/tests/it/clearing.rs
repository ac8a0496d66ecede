//! Clearing fields of a contact.

use serde_json::{Value, json};
use stratustexting::{ContactField, Result, models::ContactRequest};

use crate::support::Watched;

const NUMBER: &str = "+12025550188";

#[tokio::test]
async fn a_cleared_field_is_written_as_null_and_once() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    let whole = ContactRequest::default()
        .with_mobile_number(NUMBER)
        .with_email("ada@example.com")
        .with_first_name("Ada");
    let contact = client.contacts().upsert(whole).await.unwrap().into_inner();
    let id = contact.id.clone().unwrap();
    sandbox.clear_ledger();

    let changed = ContactRequest::from(contact)
        .clear(ContactField::Email)
        .clear(ContactField::FirstName)
        .with_first_name("Grace");
    let written = client.contacts().update(&id, changed).await.unwrap();

    let body = sandbox.calls()[0].body.clone();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(text.matches("\"email\":").count(), 1);
    assert_eq!(text.matches("\"firstName\":").count(), 1);
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&body["email"], &body["firstName"]),
        (&Value::Null, &json!("Grace"))
    );
    assert_eq!(written.email, None);
    assert_eq!(written.first_name.as_deref(), Some("Grace"));
    assert_eq!(written.mobile_number.as_deref(), Some(NUMBER));

    // A field that is left out stays.
    let other = ContactRequest::default().with_company("Example");
    let contact = client.contacts().update(&id, other).await.unwrap();
    assert_eq!(contact.first_name.as_deref(), Some("Grace"));
}

#[tokio::test]
async fn every_field_can_be_cleared() {
    let sandbox = Watched::start().await;
    let contacts = sandbox.client().contacts();
    let whole = ContactRequest::default()
        .with_mobile_number(NUMBER)
        .with_company("a")
        .with_consent_level("b")
        .with_department_id(sandbox.department_id())
        .with_email("d@example.com")
        .with_first_name("e")
        .with_last_name("f")
        .with_tags(vec!["g".to_owned()]);

    for field in ContactField::ALL {
        contacts.upsert(whole.clone()).await.unwrap();
        let cleared = ContactRequest::default().clear(field);
        let written = contacts.update_by_mobile(NUMBER, cleared).await.unwrap();

        let json = serde_json::to_value(&*written).unwrap();
        for other in ContactField::ALL {
            let is_there = json.get(other.name()).is_some_and(|value| !value.is_null());
            assert_eq!(is_there, other != field, "{field:?}: {other:?}");
        }
    }
}

#[tokio::test]
async fn a_field_that_would_be_written_twice_is_refused() {
    let sandbox = Watched::start().await;
    let contacts = sandbox.client().contacts();
    let mut twice = ContactRequest::default().with_mobile_number(NUMBER);
    twice = twice
        .with_email("canary@example.com")
        .with_extra("email", "canary");

    let results: [Result<_>; 3] = [
        contacts.upsert(twice.clone()).await,
        contacts.update("id", twice.clone()).await,
        contacts.update_by_mobile(NUMBER, twice).await,
    ];

    for result in results {
        let error = result.unwrap_err();
        assert_eq!(error.field(), Some("contact.email"), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    assert!(sandbox.ledger().is_empty());
}
