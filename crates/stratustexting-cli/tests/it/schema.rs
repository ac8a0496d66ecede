//! `stratus schema`: what each command really prints fits what it promises.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use stratustexting_sandbox::{Commit, Fault, ScriptedResponse};

use crate::stratus::Stratus;

/// Whether a value fits a schema, as far as the schemas here go.
fn check(value: &Value, schema: &Value, root: &Value, place: &str) -> Result<(), String> {
    let Value::Object(schema) = schema else {
        return match schema {
            Value::Bool(true) => Ok(()),
            _ => Err(format!("{place}: nothing is allowed")),
        };
    };
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let pointer = reference.strip_prefix('#').ok_or("a reference elsewhere")?;
        let target = root
            .pointer(pointer)
            .ok_or_else(|| format!("{place}: no {reference}"))?;
        check(value, target, root, place)?;
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(Value::Array(schemas)) = schema.get(several) {
            let tried = schemas
                .iter()
                .map(|schema| check(value, schema, root, place));
            let problems: Vec<_> = tried.filter_map(Result::err).collect();
            if problems.len() == schemas.len() {
                return Err(problems.join(" and "));
            }
        }
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other}"),
    };
    if !types.is_empty() && !types.iter().any(|name| is(name)) {
        return Err(format!("{place}: {value} is none of {types:?}"));
    }
    if let Value::Object(fields) = value {
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = name.as_str().unwrap();
            if !fields.contains_key(name) {
                return Err(format!("{place}: {name} is missing"));
            }
        }
        for (name, field) in fields {
            let known = schema.get("properties").and_then(|it| it.get(name));
            let other = schema.get("additionalProperties");
            if let Some(schema) = known.or(other) {
                check(field, schema, root, &format!("{place}/{name}"))?;
            }
        }
    }
    if let (Value::Array(items), Some(schema)) = (value, schema.get("items")) {
        for item in items {
            check(item, schema, root, &format!("{place}/*"))?;
        }
    }
    Ok(())
}

/// Nothing that a command prints lacks a description: each field stands in its schema.
fn names(value: &Value, schema: &Value, place: &str) {
    let lists: Vec<&Value> = match schema.get("anyOf") {
        Some(Value::Array(schemas)) => schemas.iter().collect(),
        _ => vec![schema],
    };
    for name in value.as_object().unwrap().keys() {
        let is_known = lists
            .iter()
            .any(|schema| schema["properties"].get(name).is_some());
        assert!(is_known, "{place}: {name} isn't in the schema");
    }
}

#[tokio::test]
async fn each_command_prints_what_its_schema_says() {
    let stratus = Stratus::new().await;
    let contact = stratus.sandbox.contacts()[0].clone();
    let number = contact["mobileNumber"].as_str().unwrap();
    let consent = stratus.sandbox.consents()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let own = stratus.sandbox.number().to_owned();
    let texts = stratus.sandbox.customer_texts("+13035550123", &own, "Hi");
    let message = texts.await.unwrap();
    fs::write(stratus.path("contacts.csv"), "phone\n+13035550001\n1\n").unwrap();
    fs::write(stratus.path("a.txt"), "a").unwrap();
    let subscription = json!({
        "id": "s1", "status": "ACTIVE", "uri": "https://example.com", "eventFilters": ["/orgId/o"],
        "disabledFilters": [{ "filter": "f", "reason": "r" }], "expirationTime": "2026-01-01T00:00:00.000Z",
    });
    let page = json!({ "content": [subscription], "last": true });
    stratus
        .sandbox
        .respond_next("listSubscriptions", ScriptedResponse::json(200, page));
    stratus.sandbox.respond_next(
        "upsertSubscription",
        ScriptedResponse::json(200, subscription),
    );
    stratus
        .sandbox
        .respond_next("deleteSubscription", ScriptedResponse::new(204));
    let filter = [
        "--filter",
        "/orgId/o/department/d/message?direction=inbound",
    ];
    let grant = [&*consent, "--contact", number, "--type", "Informational"];

    let commands: Vec<(&str, Vec<&str>)> = vec![
        ("api", vec!["GET", "/site/all"]),
        ("api", vec!["DELETE", "/site/all", "--dry-run"]),
        ("consent create", vec!["News"]),
        ("consent create", vec!["News", "--dry-run"]),
        ("consent get", vec![&consent]),
        ("consent grant", grant.to_vec()),
        ("consent list", vec![]),
        ("consent revoke", grant.to_vec()),
        ("consent set-active", vec![&consent, "false"]),
        ("consent set-active", vec![&consent, "false", "--dry-run"]),
        ("consent update", vec![&consent, "--name", "Other"]),
        ("contact export", vec!["--limit", "3"]),
        ("contact find", vec![number]),
        ("contact import", vec!["contacts.csv"]),
        ("contact list", vec!["--limit", "3"]),
        ("contact search", vec!["555", "--limit", "3"]),
        ("contact update", vec![number, "--tag", "vip"]),
        ("contact upsert", vec!["+13035550002", "--dry-run"]),
        ("contact upsert", vec!["+13035550002"]),
        ("message get", vec![&message]),
        ("mms send", vec!["--to", number, "--media", "a.txt"]),
        ("schema", vec![]),
        ("site list", vec![]),
        ("sms send", vec!["--to", number, "It’s 5°"]),
        (
            "sms send",
            vec![
                "--to",
                number,
                "It’s 5",
                "--as",
                "a@example.com",
                "--dry-run",
            ],
        ),
        (
            "subscription create",
            [&["https://example.com"], &filter[..]].concat(),
        ),
        ("subscription list", vec![]),
        ("subscription delete", vec!["s1", "--yes"]),
        ("subscription delete", vec!["s1", "--dry-run"]),
    ];
    let mut covered = BTreeSet::new();
    for (command, arguments) in commands {
        covered.insert(command.to_owned());
        assert_fits(&stratus, command, &arguments).await;
    }

    stratus.list(2);
    let plan = [
        "tables",
        "--region",
        "US",
        "--list",
        "list.csv",
        "--template",
        "text.txt",
    ];
    assert_fits(&stratus, "bulk plan", &plan).await;
    let fault = Fault::status(503, Commit::After);
    stratus.sandbox.fail_next("sendSms", fault);
    assert_fits(&stratus, "bulk send", &["tables", "--yes", "--pace", "0"]).await;
    let rows = assert_fits(&stratus, "bulk report", &["tables"]).await;
    let row = rows.iter().find(|row| row["state"] == "unknown").unwrap();
    let settle = [&*row["row"].to_string(), "sent", "--reason", "seen"];
    assert_fits(&stratus, "bulk settle", &settle).await;
    for (command, arguments) in [
        ("bulk status", &["tables"][..]),
        ("bulk pause", &["tables"]),
        ("bulk stop", &[]),
        ("bulk allow", &[]),
        ("bulk opt-out", &[]),
        ("bulk cancel", &["tables"]),
    ] {
        assert_fits(&stratus, command, arguments).await;
        covered.insert(command.to_owned());
    }
    covered.extend(["plan", "send", "report", "settle"].map(|it| format!("bulk {it}")));

    let schema = schema(&stratus, "error").await;
    let fault = Fault::reset_before_response(Commit::After);
    stratus.sandbox.fail_next("sendSms", fault);
    for failed in [
        &["--json", "sms", "send", "--to", number, "Hi"][..],
        &["--json", "message", "get", "none"],
        &["--json", "contact", "find", "1"],
    ] {
        let error = stratus.run(failed).await.error();
        check(&error, &schema, &schema, "error").unwrap();
        names(&error, &schema, "error");
    }
    covered.insert("error".to_owned());

    let listed = stratus.run(&["schema"]).await;
    let listed: BTreeSet<_> = listed.out.lines().map(str::to_owned).collect();
    assert_eq!(covered, listed);
    stratus
        .run(&["schema", "contact", "lst"])
        .await
        .assert_code(2);
}

/// Runs a command, and compares all that it prints.
async fn assert_fits(stratus: &Stratus, command: &str, arguments: &[&str]) -> Vec<Value> {
    let schema = schema(stratus, command).await;
    let words: Vec<_> = command.split(' ').collect();
    let done = stratus
        .run(&[&["--json"], &words[..], arguments].concat())
        .await;
    let objects = done.objects();
    assert!(!objects.is_empty(), "{command} {arguments:?}: {}", done.err);
    for object in &objects {
        check(object, &schema, &schema, command).unwrap();
        names(object, &schema, command);
    }
    objects
}

async fn schema(stratus: &Stratus, command: &str) -> Value {
    let words: Vec<_> = command.split(' ').collect();
    let printed = stratus.run(&[&["schema"], &words[..]].concat()).await;
    let schema: Value = serde_json::from_str(&printed.assert_code(0).out).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    schema
}

#[test]
fn a_value_that_does_not_fit_is_found() {
    let schema = json!({
        "type": "object", "required": ["a"],
        "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"type": "array", "items": {"type": "string"}}},
        "$defs": {"n": {"type": ["integer", "null"]}},
    });
    let fits = |value: Value| check(&value, &schema, &schema, "").is_ok();

    assert!(fits(json!({"a": 1, "b": ["x"], "c": 0})) && fits(json!({"a": null})));
    for value in [
        json!([]),
        json!({}),
        json!({"a": "x"}),
        json!({"a": 1, "b": [2]}),
    ] {
        assert!(!fits(value.clone()), "{value}");
    }
}
