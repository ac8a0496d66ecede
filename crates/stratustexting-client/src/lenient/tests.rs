use serde_json::{Map, json};

use super::*;
use crate::types::{Contact, ContactPage, Message, Subscription, WebhookEvent};

fn read<T: Lenient>(body: &Value) -> Reading<T> {
    from_slice(body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"))
}

fn said<T>(reading: &Reading<T>) -> Vec<String> {
    reading
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_documented_value_has_no_diagnostic() {
    let body = json!({
        "id": "s", "uri": "https://localhost/hook", "eventFilters": ["a"], "expiresIn": 5,
        "status": "ACTIVE", "disabledFilters": [{"filter": "x", "reason": "y"}],
        "createdDateTime": "2023-06-10T18:07:52.534Z", "new": {"deep": [1, null]},
    });

    let subscription = read::<Subscription>(&body);

    assert!(
        subscription.diagnostics.is_empty(),
        "{:?}",
        said(&subscription)
    );
    assert_eq!(serde_json::to_value(&subscription.value).unwrap(), body);
}

#[test]
fn conversions_lose_nothing() {
    for (value, text) in [
        (json!(17), "17"),
        (json!(-17), "-17"),
        (json!(12_025_550_123_u64), "12025550123"),
        (json!(12_025_550_123.0), "12025550123"),
        (json!(1.5), "1.5"),
        (json!(u64::MAX), "18446744073709551615"),
    ] {
        let contact = read::<Contact>(&json!({"id": value}));
        assert_eq!(contact.value.id.as_deref(), Some(text), "{value}");
        assert_eq!(contact.diagnostics.len(), 1);
    }
    // More digits than a float has, so from the text.
    let long = from_slice::<Contact>(b"{\"id\":123456789012345678901234,\"firstName\":\"Ada\"}");
    let long = long.unwrap().value;
    assert_eq!(long.id.as_deref(), Some("123456789012345678901234"));
    assert_eq!(long.first_name.as_deref(), Some("Ada"));

    for (value, number) in [
        (json!("1774951200123"), Some(1_774_951_200_123)),
        (json!(" 5 "), Some(5)),
        (json!("5.0"), Some(5)),
        (json!(5.0), Some(5)),
        (json!(5.5), None),
        (json!("5.5"), None),
        (json!("soon"), None),
        (json!(true), None),
        (json!([5]), None),
    ] {
        let body = json!({"lastUpdated": value});
        let message = read::<Message>(&body);
        assert_eq!(message.value.last_updated, number, "{value}");
        if number.is_none() {
            assert_eq!(
                serde_json::to_value(&message.value).unwrap(),
                body,
                "it is written back"
            );
        }
    }
    for (value, flag) in [
        (json!("true"), Some(true)),
        (json!("False"), Some(false)),
        (json!(1), Some(true)),
        (json!(0), Some(false)),
        (json!(2), None),
        (json!("yes"), None),
    ] {
        assert_eq!(
            read::<ContactPage>(&json!({"last": value})).value.last,
            flag,
            "{value}"
        );
    }
}

#[test]
fn a_list_keeps_readable_items_and_is_written_back_whole() {
    let body = json!({"tags": ["vip", {"name": "gold"}, "new", [1]]});

    let mut contact = read::<Contact>(&body).value;

    assert_eq!(
        contact.tags.as_deref(),
        Some(&["vip".to_owned(), "new".to_owned()][..])
    );
    assert_eq!(serde_json::to_value(&contact).unwrap(), body);
    contact.tags = Some(vec!["vip".to_owned()]);
    let written = serde_json::to_value(&contact).unwrap();
    assert_eq!(
        written,
        json!({"tags": ["vip"]}),
        "a value set by the caller wins"
    );
}

#[test]
fn equal_differences_are_one_diagnostic_with_a_count() {
    let items: Vec<Value> = (0..500).map(|id| json!({"id": id})).collect();

    let page = read::<ContactPage>(&json!({"content": items}));

    assert_eq!(page.value.content.as_ref().unwrap().len(), 500);
    assert_eq!(
        said(&page),
        ["content[0].id: expected text, found a number, which was converted (500 times)"]
    );
    assert_eq!(page.diagnostics[0].pattern(), "content[].id");
    assert_eq!(page.diagnostics[0].count(), 500);
}

#[test]
fn a_duplicate_key_loses_nothing() {
    for (body, id) in [
        (r#"{"id":"a","id":"b","firstName":"Ada"}"#, "b"),
        (r#"{"id":"a","id":null,"firstName":"Ada"}"#, "a"),
        (r#"{"id":"a","id":{},"firstName":"Ada"}"#, "a"),
        (r#"{"id":{},"id":"b","firstName":"Ada"}"#, "b"),
    ] {
        let contact = from_slice::<Contact>(body.as_bytes()).unwrap();
        assert_eq!(contact.value.id.as_deref(), Some(id), "{body}");
        assert_eq!(contact.value.first_name.as_deref(), Some("Ada"), "{body}");
        assert!(contact.value.extra.is_empty(), "{body}");
        assert!(
            said(&contact).iter().any(|said| said.contains("twice")),
            "{body}"
        );
    }
}

#[test]
fn recipients_and_times_are_read_in_any_form() {
    for to in [
        json!(12_025_550_123_u64),
        json!([12_025_550_123_u64]),
        json!([{"number": 12_025_550_123_u64}]),
    ] {
        let message = read::<Message>(&json!({"to": to})).value;
        let numbers: Vec<String> = message
            .to
            .iter()
            .flat_map(|to| to.numbers())
            .map(str::to_owned)
            .collect();
        assert_eq!(numbers, ["12025550123"], "{to}");
    }
    let body = json!({"createdDateTime": "1774951200123", "lastUpdateDateTime": {"$date": 1}});
    let contact = read::<Contact>(&body).value;
    let millis = contact
        .created_date_time
        .as_ref()
        .unwrap()
        .to_utc()
        .unwrap()
        .timestamp_millis();
    assert_eq!(millis, 1_774_951_200_123);
    assert_eq!(contact.last_update_date_time, None);
    assert_eq!(serde_json::to_value(&contact).unwrap(), body);
}

#[test]
fn an_inner_model_may_have_any_type() {
    for info in [
        json!("m"),
        json!(5),
        json!([{"messageId": "a"}, {"messageId": "b"}]),
        json!(true),
    ] {
        let body = json!({"uuid": "u", "messageInfo": info});
        let event = read::<WebhookEvent>(&body).value;
        assert_eq!(event.uuid.as_deref(), Some("u"));
        assert!(event.message_info.is_none());
        assert_eq!(serde_json::to_value(&event).unwrap(), body);
    }
    let event = read::<WebhookEvent>(&json!({"messageInfo": [{"messageId": "m"}]})).value;
    assert_eq!(event.message_info.unwrap().message_id.as_deref(), Some("m"));
}

#[test]
fn only_a_body_that_is_not_json_is_malformed() {
    for (body, cut) in [
        ("{\"id\":\"a\"", true),
        ("", true),
        ("{id: 1}", false),
        ("{} {}", false),
    ] {
        match from_slice::<Contact>(body.as_bytes()).unwrap_err() {
            Unreadable::NotJson { cut: found, .. } => assert_eq!(found, cut, "{body}"),
            other => panic!("{body}: {other}"),
        }
    }
    let other = from_slice::<Contact>(b"\"text\"").unwrap_err();
    assert_eq!(
        other.to_string(),
        "JSON of another kind: expected an object of Contact's, found text"
    );
    let deep = format!(
        "{{\"id\":\"a\",\"x\":{}{}}}",
        "[".repeat(300),
        "]".repeat(300)
    );
    assert_eq!(
        from_slice::<Contact>(deep.as_bytes())
            .unwrap()
            .value
            .id
            .as_deref(),
        Some("a")
    );
}

#[test]
fn neither_a_diagnostic_nor_an_error_contains_a_value() {
    let body = json!({"id": 4_242_424_242_u64, "tags": "canary", "extra": "canary"});
    let contact = read::<Contact>(&body);
    let shown = format!("{:?} {:?}", contact.diagnostics, said(&contact));
    assert!(
        !shown.contains("canary") && !shown.contains("4242424242"),
        "{shown}"
    );
}

#[test]
fn types_with_one_form_are_read_strictly_or_kept() {
    #[derive(Debug)]
    struct Fields(Option<i128>, Map<String, Value>);
    impl<'de> serde::de::Visitor<'de> for Fields {
        type Value = Self;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
            while map.next_key::<String>()?.is_some() {
                Reader::new().strict_field(&mut map, "big", &mut self.0, &mut self.1)?;
            }
            Ok(self)
        }
    }
    let of = |body: &str| {
        let mut json = serde_json::Deserializer::from_str(body);
        json.deserialize_map(Fields(None, Map::new())).unwrap()
    };
    assert_eq!(of(r#"{"big":5}"#).0, Some(5));
    assert_eq!(of(r#"{"big":"5"}"#).1["big"], "5");
}
