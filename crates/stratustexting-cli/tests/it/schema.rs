//! `stratus schema`: what each command really prints fits what it promises.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use stratustexting_sandbox::{Commit, Fault, Sandbox, ScriptedResponse};

use crate::{
    fits::{check, names},
    home::{Home, Running, command, empty},
    stratus::{Done, Stratus},
};

#[tokio::test(flavor = "multi_thread")]
async fn each_command_prints_what_its_schema_says() {
    let stratus = Stratus::of(Sandbox::builder().multisite(true)).await;
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
        // Last, since its check would use up what is scripted.
        ("doctor", vec![]),
        ("whoami", vec![]),
        ("whoami", vec!["--check"]),
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

    covered.extend(profiles_fit(&stratus).await);
    covered.extend(events_fit(&stratus).await);

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
    let done = stratus.run(&in_json(command, arguments)).await;
    assert_objects_fit(stratus, command, &done).await
}

fn in_json<'a>(command: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    let words = command.split(' ').chain(arguments.iter().copied());
    ["--json"].into_iter().chain(words).collect()
}

async fn assert_objects_fit(stratus: &Stratus, command: &str, done: &Done) -> Vec<Value> {
    let objects = done.objects();
    assert!(!objects.is_empty(), "{command}: {}", done.err);
    assert_all_fit(stratus, command, &objects).await;
    objects
}

async fn assert_all_fit(stratus: &Stratus, command: &str, objects: &[Value]) {
    let schema = schema(stratus, command).await;
    for object in objects {
        check(object, &schema, &schema, command).unwrap();
        names(object, &schema, command);
    }
}

/// The commands that work with profiles. Those of them that fit are the result.
async fn profiles_fit(stratus: &Stratus) -> BTreeSet<String> {
    let secrets = stratus.secrets();
    let login = ["--machine", "--secrets", &secrets, "-p", "shop"];
    stratus.log_in_as_person("other").await;
    let mut covered = BTreeSet::new();
    for (command, arguments, code) in [
        ("login", &login[..], 0),
        ("profiles list", &[], 0),
        ("profiles use", &["shop"], 0),
        ("profiles show", &[], 0),
        ("profiles set", &["--sender", "+12025550100"], 0),
        ("whoami", &["--check"], 0),
        ("logout", &[], 0),
        ("logout", &["--forget"], 0),
        ("profiles remove", &["other", "--yes"], 0),
        // Without an account, its problem is all that it says.
        ("doctor", &[], 3),
    ] {
        let done = stratus.run_at_home(&in_json(command, arguments)).await;
        assert_objects_fit(stratus, command, done.assert_code(code)).await;
        covered.insert(command.to_owned());
    }
    covered
}

/// The commands around events, likewise.
async fn events_fit(stratus: &Stratus) -> BTreeSet<String> {
    let home = Home::new().await;
    let mut listening = home
        .start(&in_json("listen", &["--fetch"]))
        .listening()
        .await;
    let mut covered = BTreeSet::new();
    for (command, arguments) in [
        ("trigger text", &["Hello"][..]),
        ("trigger opt-out", &[]),
        ("trigger opt-in", &[]),
        ("trigger contact", &["+13035550177"]),
        ("trigger contact", &["+13035550177", "--delete"]),
    ] {
        let done = home.run(&in_json(command, arguments)).await;
        assert_objects_fit(stratus, command, done.assert_code(0)).await;
        covered.insert(command.to_owned());
    }
    let event = listening.out.wait_for("{").await;
    let event = serde_json::from_str(&event).unwrap();
    assert_all_fit(stratus, "listen", &[event]).await;
    for arguments in [&["--list"][..], &["1"]] {
        let done = home.run(&in_json("replay", arguments)).await;
        assert_objects_fit(stratus, "replay", done.assert_code(0)).await;
    }

    let folder = empty();
    let arguments = in_json("sandbox", &["--contacts", "3", "--port", "0"]);
    let mut sandbox = Running::start(command(&folder, &arguments));
    let started = sandbox.out.wait_for("{").await;
    let started = serde_json::from_str(&started).unwrap();
    assert_all_fit(stratus, "sandbox", &[started]).await;
    covered.extend(["listen", "replay", "sandbox"].map(str::to_owned));
    covered
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
