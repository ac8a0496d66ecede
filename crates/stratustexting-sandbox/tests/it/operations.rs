//! Each operation over plain HTTP: what it does, the shape of its response, and how it
//! rejects bad input.

use std::collections::BTreeSet;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use stratustexting_sandbox::Sandbox;

use crate::support::{Api, CUSTOMER, fetch, fixture};

const EMPTY: [(&str, &str); 0] = [];

/// Checks that a response has the form of the fixture's: every field in both has the same
/// type, and the fixture has every field.
fn has_form_of(body: &Value, operation: &str) {
    let fixture = fixture(&format!("operations/{operation}.json"));
    let expected = &fixture["response"]["body"];
    compare(body, expected, operation);
}

fn compare(value: &Value, expected: &Value, at: &str) {
    match (value, expected) {
        (Value::Object(fields), Value::Object(known)) => {
            for (name, value) in fields {
                let at = format!("{at}.{name}");
                let siblings_of_content = fields.contains_key("content");
                match known.get(name) {
                    Some(expected) => compare(value, expected, &at),
                    None => assert!(siblings_of_content, "{at} isn't known"),
                }
            }
        }
        (Value::Array(items), Value::Array(known)) => {
            // Together the fixture's items have all possible fields.
            let mut all = serde_json::Map::new();
            for item in known.iter().filter_map(Value::as_object) {
                all.extend(item.clone());
            }
            for item in items.iter().filter(|item| item.is_object()) {
                if !all.is_empty() {
                    compare(item, &Value::Object(all.clone()), at);
                }
            }
        }
        (value, expected) => assert_eq!(
            std::mem::discriminant(value),
            std::mem::discriminant(expected),
            "{at}"
        ),
    }
}

#[tokio::test]
async fn an_sms_is_sent_with_a_query_only() {
    let api = Api::start().await;
    let query = [
        ("from", api.number()),
        ("to", CUSTOMER),
        ("text", "Ça va? 👍 & so on"),
    ];

    let sent = fetch(api.request("POST", "/message/sendsms").query(&query)).await;
    let path = "/message/sendsms/ann%40example.com";
    let as_agent = fetch(api.request("POST", path).query(&query)).await;

    assert_eq!(
        sent,
        (200, json!({"result": "Message Processed Successfully"}))
    );
    has_form_of(&as_agent.1, "sendSmsAsAgent");
    let messages = api.sent_messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].text, "Ça va? 👍 & so on");
    assert_eq!(
        (&*messages[0].from, &*messages[0].to),
        (api.number(), CUSTOMER)
    );
    assert_eq!(messages[1].agent.as_deref(), Some("ann@example.com"));
}

#[tokio::test]
async fn files_are_sent_as_parts_of_a_form() {
    let api = Api::start().await;
    let part = |bytes: &'static [u8], name, kind| {
        let part = Part::bytes(bytes).file_name(name);
        part.mime_str(kind).unwrap()
    };
    let form = Form::new()
        .part(
            "file",
            part(b"\x00\xff\r\n--x", "a b.bin", "application/pdf"),
        )
        .part("file", part(b"BEGIN:VCARD", "card.vcf", "text/vcard"));
    let query = [("from", api.number()), ("to", CUSTOMER)];

    let request = api.request("POST", "/message/sendmms").query(&query);
    let (status, body) = fetch(request.multipart(form)).await;

    assert_eq!(status, 200, "{body}");
    has_form_of(&body, "sendMms");
    let sent = &api.sent_messages()[0];
    assert_eq!(sent.text, "");
    assert_eq!(sent.media.len(), 2);
    assert_eq!(&sent.media[0].bytes[..], b"\x00\xff\r\n--x");
    assert_eq!(sent.media[0].name, "a b.bin");
    assert_eq!(sent.media[1].content_type, "text/vcard");
    let (status, message) = api
        .call("GET", &format!("/message/getmessagebyid/{}", sent.id))
        .await;
    assert_eq!((status, &message["direction"]), (200, &json!("outbound")));
    assert_eq!(message["media"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_form_without_files_or_with_too_large_ones_is_rejected() {
    let api = Api::start().await;
    let query = [("from", api.number()), ("to", CUSTOMER), ("text", "x")];
    let request = || api.request("POST", "/message/sendmms").query(&query);
    let large = vec![0; stratustexting_sandbox::MAX_MEDIA + 1];
    let file = |bytes| Part::bytes(bytes).file_name("a.bin");

    for (form, status) in [
        (Form::new().text("other", "x"), 400),
        (Form::new().part("file", file(Vec::new())), 400),
        (Form::new().part("file", file(large)), 413),
        // Without a file name it isn't a file.
        (Form::new().text("file", "x"), 400),
    ] {
        let (rejected, body) = fetch(request().multipart(form)).await;
        assert_eq!(rejected, status, "{body}");
    }
    assert_eq!(fetch(request().json(&json!({}))).await.0, 415);
    assert!(api.sent_messages().is_empty());
}

#[tokio::test]
async fn a_customers_message_is_found_by_its_id() {
    let api = Api::start().await;
    let id = api
        .customer_texts(CUSTOMER, api.number(), "Liked 'x'")
        .await
        .unwrap();

    let (status, message) = api
        .call("GET", &format!("/message/getmessagebyid/{id}"))
        .await;

    assert_eq!(status, 200);
    let expected = &fixture("payloads/message-with-direction-and-media.json")["payload"];
    compare(&message, expected, "message");
    assert_eq!(message["from"], CUSTOMER);
    assert_eq!(message["to"], api.number());
    assert_eq!(message["text"], "Liked 'x'");
    assert!(message["lastUpdated"].as_i64().unwrap() > 1_700_000_000_000);
    let (status, _) = api.call("GET", "/message/getmessagebyid/none").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn contacts_are_created_found_and_changed() {
    let api = Api::start().await;
    let ada = json!({"mobileNumber": CUSTOMER, "firstName": "Ada", "consentLevel": "Other"});

    let (status, made) = api.post("/contact", ada).await;
    assert_eq!(status, 200);
    has_form_of(&made, "upsertContact");
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["orgId"], api.organization_id());
    assert_eq!(made["consentLevel"], "Other", "any level is allowed");

    let again = json!({"mobileNumber": CUSTOMER, "lastName": "Example"});
    let (_, again) = api.post("/contact", again).await;
    assert_eq!(
        (&again["id"], &again["firstName"]),
        (&made["id"], &json!("Ada"))
    );

    let (_, changed) = api
        .put(&format!("/contact/{id}"), json!({"company": "A & B"}))
        .await;
    has_form_of(&changed, "updateContact");
    let path = "/contact/mobile/%2B13035550123";
    let (_, changed) = api.put(path, json!({"mobileNumber": "+13035550124"})).await;
    has_form_of(&changed, "updateContactByMobile");
    assert_eq!(
        api.call("GET", path).await.0,
        404,
        "it has another number now"
    );
    let (_, found) = api.call("GET", "/contact/mobile/%2B13035550124").await;
    has_form_of(&found, "findContactByMobile");
    for (field, value) in [
        ("firstName", "Ada"),
        ("lastName", "Example"),
        ("company", "A & B"),
    ] {
        assert_eq!(found[field], value);
    }

    let (_, matches) = api.call("GET", "/contact/search?number=303555").await;
    has_form_of(&matches, "searchContacts");
    assert_eq!(matches["content"].as_array().unwrap().len(), 1);
    let other = api.call("GET", "/contact/all?size=1").await.1["content"][0].clone();
    let taken = json!({"mobileNumber": other["mobileNumber"]});
    assert_eq!(api.put(&format!("/contact/{id}"), taken).await.0, 409);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let api = Api::of(Sandbox::builder().contacts(45).max_page_size(30)).await;

    let mut seen = BTreeSet::new();
    for (page, size, last) in [(0, 20, false), (1, 20, false), (2, 5, true), (3, 0, true)] {
        let (_, body) = api.call("GET", &format!("/contact/all?page={page}")).await;
        has_form_of(&body, "listContacts");
        let ids = body["content"].as_array().unwrap().iter();
        seen.extend(ids.map(|contact| contact["id"].to_string()));
        assert_eq!(body["numberOfElements"], size);
        assert_eq!((&body["number"], &body["size"]), (&json!(page), &json!(20)));
        assert_eq!(
            (&body["totalElements"], &body["totalPages"]),
            (&json!(45), &json!(3))
        );
        assert_eq!(
            (&body["first"], &body["last"]),
            (&json!(page == 0), &json!(last))
        );
        assert_eq!(body["empty"], size == 0);
    }
    assert_eq!(seen.len(), 45);
    let (_, body) = api.call("GET", "/contact/all?size=1000").await;
    assert_eq!(
        (&body["size"], &body["totalPages"]),
        (&json!(30), &json!(2))
    );

    let bare = Api::of(Sandbox::builder().contacts(3).bare_pages(true)).await;
    let (_, body) = bare.call("GET", "/contact/all").await;
    assert_eq!(
        body.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["content"]
    );
}

#[tokio::test]
async fn consents_are_created_changed_and_given() {
    let api = Api::start().await;
    let (_, made) = api
        .post("/customconsent", json!({"name": "News", "type": "Own"}))
        .await;
    has_form_of(&made, "createCustomConsent");
    assert_eq!(made["active"], true);
    let path = format!("/customconsent/{}", made["id"].as_str().unwrap());

    let (_, changed) = api.put(&path, json!({"description": "weekly"})).await;
    has_form_of(&changed, "updateCustomConsent");
    let (_, changed) = api
        .call("POST", &format!("{path}/change?active=false"))
        .await;
    has_form_of(&changed, "changeCustomConsentStatus");
    let (_, found) = api.call("GET", &path).await;
    has_form_of(&found, "getCustomConsent");
    assert_eq!(
        (&found["active"], &found["name"]),
        (&json!(false), &json!("News"))
    );
    assert_eq!(found["description"], "weekly");
    let (_, list) = api.call("GET", "/customconsent/all").await;
    has_form_of(&list, "listCustomConsents");
    assert!(list["content"].as_array().unwrap().contains(&found));

    let contact = api.call("GET", "/contact/all?size=1").await.1["content"][0].clone();
    let number = contact["mobileNumber"]
        .as_str()
        .unwrap()
        .replace('+', "%2B");
    let consents_of = async || {
        let (_, contact) = api.call("GET", &format!("/contact/mobile/{number}")).await;
        contact["customConsents"].as_array().map_or(0, Vec::len)
    };
    let change = |action: &str, key: &str, value: &Value| json!({"type": "Own", "action": action, key: value});
    let path = format!("{path}/type");
    let (_, response) = api
        .post(&path, change("ADD", "contactId", &contact["id"]))
        .await;
    has_form_of(&response, "changeCustomConsentType");
    let by_number = change("ADD", "mobileNumber", &contact["mobileNumber"]);
    assert_eq!(api.post(&path, by_number).await.0, 200);
    assert_eq!(consents_of().await, 1, "it is listed only once");
    api.post(&path, change("REMOVE", "contactId", &contact["id"]))
        .await;
    assert_eq!(consents_of().await, 0);
}

#[tokio::test]
async fn there_is_a_site_with_departments_and_numbers_only_if_the_account_has_multisite() {
    let api = Api::start().await;

    let (status, none) = api.call("GET", "/site/all").await;
    assert_eq!((status, &none["content"]), (200, &json!([])));
    let (_, contacts) = api.call("GET", "/contact/all").await;
    assert_eq!(
        contacts["content"][0]["orgId"],
        api.organization_id(),
        "the account has its data all the same"
    );
    let multisite = json!({"multisite": true});
    assert_eq!(api.control("PATCH", "/settings", multisite).await.0, 200);

    let (status, sites) = api.call("GET", "/site/all").await;

    assert_eq!(status, 200);
    has_form_of(&sites, "listSites");
    let site = &sites["content"][0];
    assert_eq!(site["orgId"], api.organization_id());
    assert_eq!(site["departments"][0]["id"], api.department_id());
    let numbers = site["departments"][0]["phoneNumbers"].as_array().unwrap();
    assert!(numbers.contains(&json!(api.number())));
}

/// Method, path, body (null for none), status, and what the message must name.
type Bad = (&'static str, String, Value, u16, &'static str);

#[tokio::test]
async fn bad_input_is_rejected_with_an_error_that_names_it() {
    let api = Api::start().await;
    let sms = |query: &str| format!("/message/sendsms?{query}");
    let from = api.number().replace('+', "%2B");
    let cases: Vec<Bad> = vec![
        (
            "POST",
            sms("to=%2B13035550123&text=x"),
            Value::Null,
            400,
            "'from'",
        ),
        (
            "POST",
            sms(&format!("from={from}&text=x")),
            Value::Null,
            400,
            "'to'",
        ),
        (
            "POST",
            sms(&format!("from={from}&to=%2B13035550123")),
            Value::Null,
            400,
            "'text'",
        ),
        (
            "POST",
            sms(&format!("from={from}&to=%2B13035550123&text=")),
            Value::Null,
            400,
            "'text'",
        ),
        (
            "POST",
            sms(&format!("from={from}&to=3035550123&text=x")),
            Value::Null,
            400,
            "'to'",
        ),
        (
            "POST",
            sms(&format!("from={from}&to=+13035550123&text=x")),
            Value::Null,
            400,
            "%2B",
        ),
        (
            "POST",
            sms("from=%2B13035550199&to=%2B13035550123&text=x"),
            Value::Null,
            403,
            "'from'",
        ),
        (
            "POST",
            sms(&format!(
                "from={from}&to=%2B13035550123&to=%2B13035550124&text=x"
            )),
            Value::Null,
            400,
            "'to'",
        ),
        (
            "POST",
            sms(&format!(
                "from={from}&to=%2B13035550123&text={}",
                "x".repeat(1_601)
            )),
            Value::Null,
            400,
            "'text'",
        ),
        (
            "POST",
            format!("/message/sendsms/ann?from={from}&to=%2B13035550123&text=x"),
            Value::Null,
            400,
            "'agentEmail'",
        ),
        (
            "GET",
            "/contact/all?page=-1".to_owned(),
            Value::Null,
            400,
            "'page'",
        ),
        (
            "GET",
            "/contact/all?size=0".to_owned(),
            Value::Null,
            400,
            "'size'",
        ),
        (
            "GET",
            "/contact/all?size=x".to_owned(),
            Value::Null,
            400,
            "'size'",
        ),
        (
            "GET",
            "/contact/search".to_owned(),
            Value::Null,
            400,
            "'number'",
        ),
        (
            "GET",
            "/contact/search?number=ada".to_owned(),
            Value::Null,
            400,
            "'number'",
        ),
        (
            "GET",
            "/contact/mobile/1".to_owned(),
            Value::Null,
            400,
            "'mobileNumber'",
        ),
        (
            "POST",
            "/contact".to_owned(),
            json!({}),
            400,
            "'mobileNumber'",
        ),
        (
            "POST",
            "/contact".to_owned(),
            json!({"mobileNumber": "1"}),
            400,
            "'mobileNumber'",
        ),
        (
            "POST",
            "/contact".to_owned(),
            json!({"mobileNumber": 1}),
            400,
            "Body",
        ),
        (
            "POST",
            "/contact".to_owned(),
            json!({"mobileNumber": CUSTOMER, "departmentId": "none"}),
            400,
            "'departmentId'",
        ),
        ("PUT", "/contact/none".to_owned(), json!({}), 404, "contact"),
        (
            "GET",
            "/customconsent/none".to_owned(),
            Value::Null,
            404,
            "consent",
        ),
        (
            "POST",
            "/customconsent/none/change?active=1".to_owned(),
            Value::Null,
            400,
            "'active'",
        ),
        (
            "POST",
            "/customconsent/none/change".to_owned(),
            Value::Null,
            400,
            "'active'",
        ),
        (
            "POST",
            "/customconsent/none/change?active=true".to_owned(),
            json!([]),
            400,
            "Body",
        ),
        (
            "POST",
            "/customconsent/none/type".to_owned(),
            json!({"type": "x", "action": "ADD"}),
            400,
            "'contactId'",
        ),
        (
            "POST",
            "/customconsent/none/type".to_owned(),
            json!({"type": "x", "action": "add", "contactId": "y"}),
            400,
            "'action'",
        ),
    ];
    let expected: Value = {
        let fixture = fixture("errors/spring-bad-request.json");
        serde_json::from_str(fixture["body"].as_str().unwrap()).unwrap()
    };
    for (method, path, body, status, named) in cases {
        let request = api.request(method, &path);
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let (rejected, error) = fetch(request).await;

        assert_eq!(rejected, status, "{method} {path}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(named), "{method} {path}: {message}");
        compare(&error, &expected, &path);
        assert_eq!(error["status"], status);
        assert_eq!(error["path"], path.split('?').next().unwrap());
    }
    assert!(api.sent_messages().is_empty());

    let text = api.request("POST", "/contact").body("{}");
    assert_eq!(fetch(text).await.0, 415);
    let form = api.request("POST", "/contact").form(&EMPTY);
    assert_eq!(fetch(form).await.0, 415);
}
