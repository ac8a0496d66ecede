//! The types of values, and that requests may have them, too.

use chrono::DateTime;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use stratustexting_sandbox::{
    Dialect, Sandbox,
    dialect::{
        Booleans, ConsentLevels, Ids, Media, ObjectEnvelope, Parties, PhoneNumbers, Tags, Times,
    },
};

use crate::support::{Api, CUSTOMER, Callback, fetch};

async fn start(dialect: Dialect) -> Api {
    Api::of(
        Sandbox::builder()
            .contacts(3)
            .allow_machine_subscriptions(true)
            .dialect(dialect),
    )
    .await
}

#[tokio::test]
async fn ids_that_are_numbers_work_in_requests() {
    let api = start(Dialect::none().ids(Ids::Number)).await;
    let callback = Callback::start().await;
    let (_, page) = api.call("GET", "/contact/all").await;
    let contact = &page["content"][1];
    let (id, organization) = (&contact["id"], &contact["orgId"]);
    assert!(id.is_u64() && organization.is_u64(), "{contact}");

    let (status, changed) = api
        .put(&format!("/contact/{id}"), json!({"lastName": "Changed"}))
        .await;
    assert_eq!((status, &changed["id"]), (200, id));
    let department = &contact["departmentId"];
    for department in [department.clone(), department.to_string().into()] {
        let body = json!({"departmentId": department});
        assert_eq!(api.put(&format!("/contact/{id}"), body).await.0, 200);
    }

    let (_, consents) = api.call("GET", "/customconsent/all").await;
    let consent = &consents["content"][0];
    let path = format!("/customconsent/{}", consent["id"]);
    assert_eq!(api.call("GET", &path).await, (200, consent.clone()));
    let change = json!({"contactId": id, "type": "Promotional", "action": "ADD"});
    assert_eq!(api.post(&format!("{path}/type"), change).await.0, 200);
    let (_, page) = api.call("GET", "/contact/all").await;
    let given = &page["content"][1]["customConsents"][0]["customConsentId"];
    assert_eq!(given, &consent["id"]);

    let message_id = api
        .customer_texts(CUSTOMER, api.number(), "hi")
        .await
        .unwrap();
    let (_, message) = api
        .call("GET", &format!("/message/getmessagebyid/{message_id}"))
        .await;
    assert!(message["id"].is_u64());
    let path = format!("/message/getmessagebyid/{}", message["id"]);
    assert_eq!(api.call("GET", &path).await, (200, message));

    let filter = format!("/orgId/{organization}/department/{department}/contact?event=create");
    let body = json!({"uri": callback.uri, "eventFilters": [filter], "expiresDateInMillies": 1});
    let (status, made) = api.post("/webhooksubscription", body.clone()).await;
    assert_eq!(
        (status, &made["disabledFilters"]),
        (200, &json!([])),
        "{made}"
    );
    let mut again = body;
    again["id"] = made["id"].clone();
    let (status, same) = api.post("/webhooksubscription", again).await;
    assert_eq!((status, &same["id"]), (200, &made["id"]));
    let path = format!("/webhooksubscription/{}", made["id"]);
    assert_eq!(api.call("DELETE", &path).await.0, 204);

    // The id itself still works, and a number that was never shown is unknown.
    assert_eq!(
        api.call("GET", "/message/getmessagebyid/999999").await.0,
        404
    );
    api.set_dialect(Dialect::none());
    let (_, page) = api.call("GET", "/contact/all").await;
    let contact = &page["content"][1];
    assert_eq!(contact["lastName"], "Changed");
    let id = contact["id"].as_str().unwrap();
    assert_eq!(api.put(&format!("/contact/{id}"), json!({})).await.0, 200);
}

#[tokio::test]
async fn values_of_a_contact_come_in_other_types() {
    let api = start(Dialect::none()).await;
    let body = json!({
        "mobileNumber": CUSTOMER, "tags": ["vip", "new"], "consentLevel": "Promotional",
    });
    let (_, inferred) = api.post("/contact", body.clone()).await;
    assert_eq!(inferred["tags"], json!(["vip", "new"]));
    let none = Dialect::none();
    for (dialect, key, expected) in [
        (
            none.phone_numbers(PhoneNumbers::Number),
            "mobileNumber",
            json!(13_035_550_123_u64),
        ),
        (
            none.phone_numbers(PhoneNumbers::WithoutPlus),
            "mobileNumber",
            json!("13035550123"),
        ),
        (none.tags(Tags::OneText), "tags", json!("vip,new")),
        (
            none.tags(Tags::Objects),
            "tags",
            json!([{"name": "vip"}, {"name": "new"}]),
        ),
        (
            none.tags(Tags::NullElement),
            "tags",
            json!(["vip", "new", null]),
        ),
        (
            none.consent_levels(ConsentLevels::Number),
            "consentLevel",
            json!(3),
        ),
        (
            none.consent_levels(ConsentLevels::Object),
            "consentLevel",
            json!({"name": "Promotional"}),
        ),
    ] {
        api.set_dialect(dialect);
        let (status, mut contact) = api.post("/contact", body.clone()).await;
        assert_eq!((status, &contact[key]), (200, &expected), "{dialect}");
        // Nothing else differs, except for the time of the last update.
        contact[key] = inferred[key].clone();
        contact["lastUpdateDateTime"] = inferred["lastUpdateDateTime"].clone();
        assert_eq!(contact, inferred, "{dialect}");
    }
}

#[tokio::test]
async fn values_are_accepted_as_they_were_shown() {
    let api = start(Dialect::none()).await;
    for numbers in [PhoneNumbers::Number, PhoneNumbers::WithoutPlus] {
        for levels in [ConsentLevels::Number, ConsentLevels::Object] {
            let dialect = Dialect::none()
                .phone_numbers(numbers)
                .consent_levels(levels);
            api.set_dialect(dialect);
            let (_, page) = api.call("GET", "/contact/all").await;
            let shown = &page["content"][0];
            let digits = shown["mobileNumber"].to_string().replace('"', "");
            let (status, found) = api.call("GET", &format!("/contact/mobile/{digits}")).await;
            assert_eq!((status, &found), (200, shown), "{dialect}");
            let same = json!({
                "mobileNumber": shown["mobileNumber"], "consentLevel": shown["consentLevel"],
            });
            let (status, stored) = api.post("/contact", same).await;
            assert_eq!((status, &stored["id"]), (200, &shown["id"]), "{dialect}");
            assert_eq!(stored["consentLevel"], shown["consentLevel"]);
        }
    }
    for tags in Tags::ALL {
        api.set_dialect(Dialect::none().tags(*tags));
        let (_, shown) = api.call("GET", "/contact/all").await;
        let shown = &shown["content"][0];
        assert!(!shown["tags"].is_null(), "the first contact has some");
        let path = format!("/contact/{}", shown["id"].as_str().unwrap());
        let (status, stored) = api.put(&path, json!({"tags": shown["tags"]})).await;
        assert_eq!((status, &stored["tags"]), (200, &shown["tags"]), "{tags:?}");
    }
    api.set_dialect(Dialect::none().booleans(Booleans::Text));
    let (_, consents) = api.call("GET", "/customconsent/all").await;
    let path = format!(
        "/customconsent/{}",
        consents["content"][0]["id"].as_str().unwrap()
    );
    let (status, stored) = api.put(&path, json!({"active": "false"})).await;
    assert_eq!((status, &stored["active"]), (200, &json!("false")));

    // A send requires E.164 in every dialect.
    let query = [("from", "12025550100"), ("to", CUSTOMER), ("text", "hi")];
    let request = api.request("POST", "/message/sendsms").query(&query);
    assert_eq!(fetch(request).await.0, 400);
    assert!(api.sent_messages().is_empty());
}

#[tokio::test]
async fn times_come_in_other_forms_everywhere() {
    let api = start(Dialect::none()).await;
    let id = api
        .customer_texts(CUSTOMER, api.number(), "hi")
        .await
        .unwrap();
    let read = async |times| {
        api.set_dialect(Dialect::none().times(times));
        let (_, page) = api.call("GET", "/contact/all").await;
        let (_, message) = api
            .call("GET", &format!("/message/getmessagebyid/{id}"))
            .await;
        [
            page["content"][2]["createdDateTime"].clone(),
            message["lastUpdated"].clone(),
        ]
    };
    let [text, millis] = read(Times::Mixed).await;
    let text = text.as_str().unwrap();
    let of_text = DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis();
    let millis = millis.as_i64().unwrap();
    let iso = DateTime::from_timestamp_millis(millis).unwrap();
    let iso = iso.format("%Y-%m-%dT%H:%M:%S%.3f").to_string();

    assert_eq!(
        read(Times::EpochMillis).await,
        [json!(of_text), json!(millis)]
    );
    let texts = [of_text, millis].map(|millis| json!(millis.to_string()));
    assert_eq!(read(Times::EpochMillisText).await, texts);
    let [first, second] = read(Times::Iso).await;
    assert_eq!(
        DateTime::parse_from_rfc3339(first.as_str().unwrap())
            .unwrap()
            .timestamp_millis(),
        of_text
    );
    assert_eq!(second, format!("{iso}Z"));
    let [first, second] = read(Times::IsoWithoutOffset).await;
    assert_eq!(
        first.as_str().unwrap().len(),
        "2026-03-31T10:00:00.123".len()
    );
    assert_eq!(second, iso);
}

#[tokio::test]
async fn a_messages_parties_and_media_and_a_consents_flag_come_in_other_forms() {
    let api = start(Dialect::none()).await;
    let mut callback = Callback::start().await;
    let filter = api.filter("message?direction=outbound");
    let body = json!({"uri": callback.uri, "eventFilters": [filter], "expiresDateInMillies": 1});
    api.post("/webhooksubscription", body).await;
    let part = Part::bytes(b"GIF89a".to_vec()).file_name("a.gif");
    let form = Form::new().part("file", part.mime_str("image/gif").unwrap());
    let query = [("from", api.number()), ("to", CUSTOMER)];
    let request = api.request("POST", "/message/sendmms").query(&query);
    assert_eq!(fetch(request.multipart(form)).await.0, 200);
    let event = callback.events.recv().await.unwrap();
    let id = event["messageInfo"]["messageId"].as_str().unwrap();
    let path = format!("/message/getmessagebyid/{id}");
    let (_, inferred) = api.call("GET", &path).await;

    api.set_dialect(
        Dialect::none()
            .parties(Parties::Objects)
            .media(Media::Object),
    );
    let (_, message) = api.call("GET", &path).await;
    assert_eq!(message["from"], json!({"phoneNumber": api.number()}));
    assert_eq!(message["to"], json!({"phoneNumber": CUSTOMER}));
    assert_eq!(
        message["media"],
        json!({"count": 1, "files": inferred["media"]})
    );

    let both = Dialect::none()
        .parties(Parties::Objects)
        .phone_numbers(PhoneNumbers::Number);
    api.set_dialect(both);
    let (_, message) = api.call("GET", &path).await;
    assert_eq!(message["to"], json!({"phoneNumber": 13_035_550_123_u64}));
    let multisite = json!({"multisite": true});
    assert_eq!(api.control("PATCH", "/settings", multisite).await.0, 200);
    let (_, sites) = api.call("GET", "/site/all").await;
    let numbers = &sites["content"][0]["departments"][0]["phoneNumbers"];
    assert_eq!(numbers, &json!([12_025_550_100_u64, 12_025_550_101_u64]));

    api.set_dialect(Dialect::none().booleans(Booleans::Text));
    let (_, consents) = api.call("GET", "/customconsent/all").await;
    assert_eq!(consents["content"][0]["active"], "true");
}

#[tokio::test]
async fn a_single_object_has_an_envelope() {
    let api = start(Dialect::none()).await;
    let (_, page) = api.call("GET", "/customconsent/all").await;
    let consent = page["content"][0].clone();
    let path = format!("/customconsent/{}", consent["id"].as_str().unwrap());
    let read = async |envelope| {
        let dialect = Dialect::none().object_envelope(envelope);
        api.set_dialect(dialect);
        let list: Value = api.call("GET", "/customconsent/all").await.1;
        assert_eq!(list, page, "a list has its own envelope");
        api.call("GET", &path).await.1
    };
    assert_eq!(read(ObjectEnvelope::Data).await, json!({"data": consent}));
    assert_eq!(read(ObjectEnvelope::Array).await, json!([consent]));
}
