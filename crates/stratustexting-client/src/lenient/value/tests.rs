//! Numbers keep their digits, and equal differences are counted.

use serde_json::{Value, json};

use crate::{
    lenient::from_slice,
    types::{Contact, ContactPage, Message, Subscription},
};

const DIGITS: &str = "123456789012345678901234567890";

#[test]
fn kept_numbers_keep_all_digits() {
    let contact = format!(r#"{{"id":"a","ref":{DIGITS},"list":[{{"n":{DIGITS}}}]}}"#);
    let contact = from_slice::<Contact>(contact.as_bytes()).unwrap().value;
    assert_eq!(contact.extra["ref"], DIGITS);
    assert_eq!(contact.extra["list"][0]["n"], DIGITS);

    for content in [DIGITS.to_owned(), format!("[{DIGITS}]")] {
        let page = format!(r#"{{"content":{content}}}"#);
        let page = from_slice::<ContactPage>(page.as_bytes()).unwrap().value;
        assert!(page.extra["content"].to_string().contains(DIGITS));
    }

    let page = format!(r#"{{"totalElements":{DIGITS},"size":1e300}}"#);
    let page = from_slice::<ContactPage>(page.as_bytes()).unwrap().value;
    assert_eq!(page.total_elements, None);
    assert_eq!(page.extra["totalElements"], DIGITS);
    assert_eq!(page.extra["size"], 1e300);

    let subscription = format!(r#"{{"id":"s","expiresIn":{DIGITS},"uri":{{"n":{DIGITS}}}}}"#);
    let subscription = from_slice::<Subscription>(subscription.as_bytes()).unwrap();
    let written = serde_json::to_value(subscription.value).unwrap();
    assert_eq!(
        written,
        json!({"id": "s", "expiresIn": DIGITS, "uri": {"n": DIGITS}})
    );

    let message = format!(r#"{{"id":"m","to":[{DIGITS}],"text":{DIGITS}}}"#);
    let message = from_slice::<Message>(message.as_bytes()).unwrap().value;
    assert_eq!(message.text.as_deref(), Some(DIGITS));
    assert!(message.to.unwrap().numbers().eq([DIGITS]));
}

#[test]
fn large_floats_are_no_reason_to_repair_a_body() {
    let read = from_slice::<Value>(br#"{"n":1e300}"#).unwrap();

    assert_eq!(read.value["n"], 1e300);
    assert!(read.diagnostics.is_empty());
}

#[test]
fn the_same_difference_of_many_items_is_one_diagnostic() {
    let items = [json!({"id": 1, "email": [2]}), json!({"id": 3}), json!(4)];
    let items = items.iter().cycle().take(300).cloned();
    let items: Vec<_> = items.chain([json!({"id": 1, "orgId": 2})]).collect();
    // As text, where the keys can have another order.
    let body = json!({"content": items}).to_string();
    let body = body.replacen(r#"{"email":[2],"id":1}"#, r#"{"id":1,"email":[2]}"#, 50);

    let read = from_slice::<ContactPage>(body.as_bytes()).unwrap();

    let differences = read.diagnostics.iter().map(|d| (d.path(), d.count()));
    assert_eq!(
        differences.collect::<Vec<_>>(),
        [
            ("content[0].id".to_owned(), 201),
            ("content[0].email".to_owned(), 100),
            ("content[2]".to_owned(), 100),
            ("content[300].orgId".to_owned(), 1),
        ]
    );
}
