//! Payloads through the models and back: those that are documented come back equal,
//! and odd ones lose nothing that matters.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use stratustexting::{api::types, webhook::Event};

use crate::support::folder;

#[derive(Deserialize)]
struct Fixture {
    #[serde(rename = "type")]
    model: String,
    payload: Value,
    #[serde(default = "round_trip")]
    expect: String,
}

fn round_trip() -> String {
    "round-trip".to_owned()
}

/// Decodes as the named model, and serialises back.
fn through(model: &str, payload: &Value) -> serde_json::Result<Option<Value>> {
    fn of<T: DeserializeOwned + Serialize + std::fmt::Debug>(
        payload: &Value,
    ) -> serde_json::Result<Option<Value>> {
        // By text, as from the wire, and not by a `Value`, which takes other ways.
        let model: T = serde_json::from_str(&payload.to_string())?;
        let _ = format!("{model:?}");
        serde_json::to_value(model).map(Some)
    }
    match model {
        "SendResult" => of::<types::SendResult>(payload),
        "Message" => of::<types::Message>(payload),
        "Contact" => of::<types::Contact>(payload),
        "ContactRequest" => of::<types::ContactRequest>(payload),
        "CustomConsent" => of::<types::CustomConsent>(payload),
        "CustomConsentRequest" => of::<types::CustomConsentRequest>(payload),
        "CustomConsentTypeRequest" => of::<types::CustomConsentTypeRequest>(payload),
        "Subscription" => of::<types::Subscription>(payload),
        "SubscriptionRequest" => of::<types::SubscriptionRequest>(payload),
        "Site" => of::<types::Site>(payload),
        "Department" => of::<types::Department>(payload),
        "DisabledFilter" => of::<types::DisabledFilter>(payload),
        "Page<Contact>" => of::<types::ContactPage>(payload),
        "Page<CustomConsent>" => of::<types::CustomConsentPage>(payload),
        "Page<Subscription>" => of::<types::SubscriptionPage>(payload),
        "Page<Site>" => of::<types::SitePage>(payload),
        "WebhookEvent" => of::<types::WebhookEvent>(payload),
        "MessageInfo" => of::<types::MessageInfo>(payload),
        "GatewayError" => of::<types::GatewayError>(payload),
        "ApplicationError" => of::<types::ApplicationError>(payload),
        // There is no model of it: `errors.rs` has it read by `Error`.
        "OAuthError" => Ok(Some(payload.clone())),
        _ => Ok(None),
    }
}

#[test]
fn documented_payloads_come_back_equal() {
    for (name, fixture) in folder::<Fixture>("payloads") {
        match through(&fixture.model, &fixture.payload) {
            Ok(Some(back)) => assert_eq!(back, fixture.payload, "{name}"),
            Ok(None) => panic!("{name}: there is no model called {}", fixture.model),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn odd_payloads_decode() {
    for (name, fixture) in folder::<Fixture>("payloads/lenient") {
        let back = through(&fixture.model, &fixture.payload)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .unwrap_or_else(|| panic!("{name}: there is no model called {}", fixture.model));
        if fixture.expect == "round-trip" {
            assert_eq!(back, fixture.payload, "{name}");
        }
    }
}

#[test]
fn webhook_payloads_are_read_as_events_too() {
    let mut count = 0;
    for (name, fixture) in folder::<Fixture>("payloads") {
        if fixture.model == "WebhookEvent" {
            let body = fixture.payload.to_string();
            let event =
                Event::from_slice(body.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(event.raw().as_ref(), body.as_bytes(), "{name}");
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn nothing_personal_shows_in_debug() {
    let number = "+13035550177";
    let text = "canary text";
    let message = serde_json::json!({
        "id": "m", "from": number, "to": [number], "text": text, "media": [text], "odd": number});
    let contact = serde_json::json!({
        "id": "c", "firstName": text, "lastName": text, "mobileNumber": number,
        "email": text, "company": text, "odd": {"deeper": number}});
    let event = serde_json::json!({"uuid": "u", "contactInfo": {"mobileNumber": number}});

    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        serde_json::from_value::<types::Message>(message).unwrap(),
        serde_json::from_value::<types::Contact>(contact.clone()).unwrap(),
        serde_json::from_value::<types::ContactRequest>(contact).unwrap(),
        Event::from_slice(event.to_string().as_bytes()).unwrap(),
        types::ContactRequest::default().with_mobile_number(number),
    );

    assert!(!shown.contains("3035550177"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}
