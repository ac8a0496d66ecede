use http::HeaderMap;
use serde_json::json;

use super::*;

fn parts(status: u16, body: &str) -> Parts {
    Parts {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn row(id: &str) -> &'static Operation {
    Operation::find(id).unwrap()
}

fn contact(status: u16, body: &str) -> Result<(types::Contact, Vec<Diagnostic>)> {
    object(&parts(status, body), row("upsertContact"))
}

fn page(body: &Value) -> Result<Page<types::Contact>> {
    list::<types::ContactPage>(&parts(200, &body.to_string()), row("listContacts"), None)
}

fn source(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    source.unwrap_or_default()
}

#[test]
fn an_object_is_read_in_any_envelope() {
    for body in [
        r#"{"id":"c1"}"#,
        r#"{"data":{"id":"c1"}}"#,
        r#"{"contact":{"id":"c1"},"success":true}"#,
        r#"{"response":{"data":{"id":"c1"}}}"#,
        r#"[{"id":"c1"}]"#,
        "\u{feff}{\"id\":\"c1\"}",
    ] {
        let (contact, _) = contact(200, body).unwrap();
        assert_eq!(contact.id.as_deref(), Some("c1"), "{body}");
    }
    let (_, diagnostics) = contact(200, r#"{"data":{"id":"c1"}}"#).unwrap();
    assert_eq!(diagnostics[0].found(), Found::Wrapping);
}

#[test]
fn an_object_without_a_promised_field_is_an_error_that_shows_its_keys() {
    for (body, keys) in [
        ("{}", "without keys"),
        (r#"{"data":[{"id":"1"}],"total":1}"#, "data, total"),
        (r#"{"id":null,"+12025550100":"x"}"#, "?, id"),
        (r#"{"data":{"status":"ACTIVE"}}"#, "data"),
        (r#"{"id":{"id":"c1"},"tags":["vip"]}"#, "id, tags"),
        ("", "empty"),
        (r#""ok""#, ""),
    ] {
        let error = contact(200, body).unwrap_err();
        assert!(error.is_decode(), "{body}");
        assert!(source(&error).contains(keys), "{body}: {}", source(&error));
        assert!(!source(&error).contains("2025550100"));
    }
}

#[test]
fn a_success_whose_body_reports_a_failure_is_a_failure() {
    for body in [
        r#"{"success":false,"message":"quota"}"#,
        r#"{"success":"false","id":"c1"}"#,
        r#"{"error":"x"}"#,
        r#"{"timestamp":1,"status":400,"message":"x"}"#,
    ] {
        assert!(
            contact(200, body).unwrap_err().is_service_failure(),
            "{body}"
        );
        let listed = list::<types::ContactPage>(&parts(200, body), row("listContacts"), None);
        assert!(listed.unwrap_err().is_service_failure(), "{body}");
        assert!(
            nothing(&parts(200, body)).unwrap_err().is_service_failure(),
            "{body}"
        );
        assert!(
            sent(&parts(200, body)).unwrap_err().is_service_failure(),
            "{body}"
        );
    }
    // Beside a promised field, `error` may be a field of the model.
    assert!(contact(200, r#"{"id":"c1","error":"bounced once"}"#).is_ok());
}

#[test]
fn a_write_may_succeed_without_a_body_if_the_status_says_so() {
    assert!(contact(204, "").unwrap().0.id.is_none());
    let read: Result<(types::Message, _)> = object(&parts(204, ""), row("getMessageById"));
    assert!(read.unwrap_err().is_decode());
    assert!(list::<types::ContactPage>(&parts(204, ""), row("listContacts"), None).is_err());
    assert!(nothing(&parts(204, "")).is_ok());
    assert!(nothing(&parts(200, "deleted")).is_ok());
}

#[test]
fn a_send_is_accepted_only_if_the_body_says_so_plainly() {
    for body in [
        r#"{"result":"Message Processed Successfully"}"#,
        r#"{"result":"queued","success":true,"error":null}"#,
        "\u{feff}{\"result\":\"ok\"}",
        r#"{"result":"cut \ud83d"}"#,
    ] {
        assert!(sent(&parts(202, body)).is_ok(), "{body}");
    }
    for body in [
        "",
        "{}",
        r#"{"result":""}"#,
        r#"{"result":null}"#,
        r#"{"result":true}"#,
        r#"{"result":1}"#,
        r#"{"result":{"status":"ok"}}"#,
        r#"{"result":"a","result":"b"}"#,
        r#"[{"result":"Message Processed Successfully"}]"#,
        r#"{"data":{"result":"Message Processed Successfully"}}"#,
        r#"{"result":"Message Proc"#,
        r#"{"result":"Message Processed Successfully","success":false}"#,
        r#"{"result":"Message Processed Successfully","error":"quota"}"#,
        r#"{"result":"failed"}"#,
        r#"{"result":"error"}"#,
    ] {
        assert!(sent(&parts(200, body)).is_err(), "{body}");
    }
}

#[test]
fn items_are_found_in_any_envelope() {
    let items = json!([{"id": "a"}, {"id": "b"}]);
    for body in [
        json!({"content": items}),
        json!({"data": items, "total": 2}),
        json!({"items": items}),
        json!({"contacts": items, "errors": []}),
        json!({"data": {"content": items, "totalElements": 2}}),
        json!({"content": {"items": items}}),
        json!({"_embedded": {"contacts": items}, "page": {"totalElements": 2}}),
        json!({"content": {"x1": {"id": "a"}, "x2": {"id": "b"}}}),
        items.clone(),
    ] {
        let page = page(&body).unwrap();
        let ids: Vec<_> = page
            .items
            .iter()
            .filter_map(|item| item.id.as_deref())
            .collect();
        assert_eq!(ids, ["a", "b"], "{body}");
    }
    let one = page(&json!({"content": {"id": "a"}})).unwrap();
    assert_eq!(one.items.len(), 1);
    let metadata = page(&json!({"data": {"content": items}, "hasMore": false}))
        .unwrap()
        .metadata;
    assert_eq!(metadata.more, Some(false));
}

#[test]
fn a_body_without_readable_items_is_an_error() {
    for body in [
        json!({}),
        json!({"total": 0}),
        json!({"content": null}),
        json!({"content": "none"}),
        json!({"content": ["a", "b"]}),
        json!({"content": [null]}),
        json!({"content": [{"sku": 1}, {"sku": 2}]}),
        json!({"errors": []}),
        json!("x"),
    ] {
        assert!(page(&body).unwrap_err().is_decode(), "{body}");
    }
    assert!(page(&json!({"content": []})).unwrap().items.is_empty());
    assert!(
        page(&json!({"data": [], "total": 0}))
            .unwrap()
            .items
            .is_empty()
    );
}

#[test]
fn unreadable_items_are_counted() {
    let page =
        page(&json!({"content": [null, {"id": "a"}, "b", null], "totalPages": "1"})).unwrap();

    assert_eq!(page.items.len(), 1);
    assert_eq!(page.unreadable, 3);
    assert_eq!(page.total_pages, Some(1));
    let texts: Vec<String> = page.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "content[0]: expected an object of Contact's, found null, which was left out (2 times)",
            "content[2]: expected an object of Contact's, found text, which is kept as it came",
            "totalPages: expected a whole number, found text, which was converted",
        ]
    );
}

#[test]
fn items_are_found_only_under_the_key_that_was_set() {
    let body = json!({"list": {"people": [{"id": "a"}]}, "content": [{"id": "b"}]});
    let parts = parts(200, &body.to_string());
    let of = |key| list::<types::ContactPage>(&parts, row("listContacts"), Some(key));

    assert_eq!(of("list.people").unwrap().items[0].id.as_deref(), Some("a"));
    assert!(of("list.persons").unwrap_err().is_decode());
}
