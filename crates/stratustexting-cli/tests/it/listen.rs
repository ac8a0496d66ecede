//! `stratus listen`

use std::{fs, time::Duration};

use serde_json::Value;
use stratustexting::webhook::EventFilter;
use stratustexting_sandbox::{Commit, Fault};

use crate::{
    home::{CUSTOMER, Home, Running},
    receiver::Receiver,
};

/// Another program's callback, on a route of the sandbox's own process.
async fn somebody_elses(home: &Home) -> String {
    let routes = axum::Router::new().fallback(|headers: axum::http::HeaderMap| async move {
        [("validation-token", headers["validation-token"].clone())]
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback = format!("http://{}/theirs", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let (organization, department) = (home.sandbox.organization_id(), home.sandbox.department_id());
    let outbound = EventFilter::outbound(organization, department).unwrap();
    let client = home.client();
    let subscriptions = client.subscriptions();
    subscriptions
        .subscribe(&callback, [outbound])
        .await
        .unwrap();
    callback
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_shown_and_only_its_own_subscription_is_removed_at_the_end() {
    for signal in ["-INT", "-TERM"] {
        let home = Home::new().await;
        let theirs = somebody_elses(&home).await;
        let mut listening = home.start(&["listen"]).listening().await;
        assert_eq!(home.callbacks().len(), 2);

        home.customer_texts("Is it ready?").await;

        let line = listening.out.wait_for("Is it ready?").await;
        assert!(line.contains(CUSTOMER), "{line}");
        listening.signal(signal);
        listening.end().await.assert_code(0);
        assert_eq!(home.callbacks(), [theirs], "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_the_event_and_the_text_with_fetch() {
    let home = Home::new().await;
    for (arguments, text) in [
        (&["listen", "--json"][..], Value::Null),
        (&["listen", "--json", "--fetch"], "One".into()),
    ] {
        let mut listening = home.start(arguments).listening().await;
        home.customer_texts("One").await;
        let line = listening.out.wait_for("{").await;

        let line: Value = serde_json::from_str(&line).unwrap();
        assert!(line["id"].is_i64(), "{line}");
        assert!(
            line["event"]["messageInfo"]["messageId"].is_string(),
            "{line}"
        );
        assert_eq!(line["event"]["message"]["text"], text, "{line}");
        listening.interrupt().await.assert_code(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_events_are_shown_in_a_few_words() {
    let home = Home::new().await;
    let events = "outbound,contact-create,contact-delete";
    let arguments = ["listen", "--events", events, "--at-once", "4"];
    let mut listening = home.start(&arguments).listening().await;

    home.run(&["trigger", "contact", "+13035550177"])
        .await
        .assert_code(0);
    listening.out.wait_for("contact create").await;
    let deleted = ["trigger", "contact", "+13035550177", "--delete"];
    home.run(&deleted).await.assert_code(0);
    listening.out.wait_for("contact delete").await;
    let client = home.client();
    client.messages().send_sms(CUSTOMER, "Yes").await.unwrap();
    let line = listening.out.wait_for("Yes").await;

    assert!(line.contains(&format!("to {CUSTOMER}")), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_cannot_act_on_the_terminal() {
    let home = Home::new().await;
    let text = "a\u{1b}]0;title\u{7}\u{9b}2J\nb\u{202e}c";
    for arguments in [&["listen"][..], &["listen", "--json", "--fetch"]] {
        let mut listening = home.start(arguments).listening().await;
        home.customer_texts(text).await;
        let line = listening.out.wait_for("title").await;

        let acts = |c: char| c.is_control() || c == '\u{202e}';
        assert!(!line.contains(acts), "{line:?}");
        listening.interrupt().await.assert_code(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_forwarded_until_it_is_accepted() {
    let home = Home::new().await;
    let mut receiver = Receiver::start(&[500, 307]).await;
    let url = receiver.url.clone();
    let arguments = ["listen", "--fetch", "--forward-to", &url];
    let listening = home.start(&arguments).listening().await;

    home.customer_texts("Is it ready?").await;

    for attempt in ["1", "2", "3"] {
        let received = receiver.next().await;
        assert_eq!(received.headers["content-type"], "application/json");
        assert_eq!(received.headers["stratus-event-attempt"], attempt);
        assert!(!received.headers.contains_key("stratus-event-replay"));
        assert_eq!(received.body["message"]["text"], "Is it ready?");
        let id = &received.body["messageInfo"]["messageId"];
        assert_eq!(received.body["message"]["id"], *id);
    }
    let done = listening.interrupt().await;
    assert!(done.assert_code(0).err.contains("responded with 500"));
    assert!(done.err.contains("The subscription is removed"));
    assert!(!done.err.contains("canary") && done.out.is_empty());
    assert!(!receiver.has_more());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_fetch_what_is_forwarded_is_what_the_service_posted() {
    let home = Home::new().await;
    let mut receiver = Receiver::start(&[]).await;
    let url = receiver.url.clone();
    let arguments = ["listen", "--forward-to", &url, "--print", "--json"];
    let mut listening = home.start(&arguments).listening().await;

    home.customer_texts("Is it ready?").await;

    let received = receiver.next().await;
    assert_eq!(received.body, home.sandbox.deliveries()[0].payload);
    let line = listening.out.wait_for("{").await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["event"], received.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gets_the_event_until_it_succeeds() {
    let home = Home::new().await;
    let command = "cat; echo attempt $STRATUS_EVENT_ATTEMPT; test $STRATUS_EVENT_ATTEMPT = 2";
    let arguments = ["listen", "--fetch", "--exec", command];
    let mut listening = home.start(&arguments).listening().await;

    home.customer_texts("; touch harm #").await;

    let event = listening.out.wait_for("{").await;
    let event: Value = serde_json::from_str(&event).unwrap();
    assert_eq!(event["message"]["text"], "; touch harm #");
    listening.out.wait_for("attempt 1").await;
    listening.err.wait_for("the command exited with 1").await;
    listening.out.wait_for("attempt 2").await;
    listening.interrupt().await.assert_code(0);
    assert!(!home.path("harm").exists());
    let kept = home.run(&["replay", "--list", "--json"]).await.objects();
    assert_eq!(kept[0]["state"], "handled");
}

/// The event was acknowledged, and its command was at work.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_survives_the_kill_of_the_program() {
    let home = Home::new().await;
    fs::write(home.path("busy"), "").unwrap();
    let busy = "echo begun; while test -e busy; do sleep 0.05; done; test -e never";
    let mut killed = home.start(&["listen", "--exec", busy]).listening().await;
    home.customer_texts("Is it ready?").await;
    killed.out.wait_for("begun").await;
    home.sandbox.deliveries_settled().await;

    killed.signal("-KILL");
    fs::remove_file(home.path("busy")).unwrap();
    killed.end().await.assert_code(-1);
    assert_eq!(home.callbacks().len(), 1, "nobody could remove it");
    let mut again = home.start(&["listen", "--exec", "cat"]).listening().await;

    let event = again.out.wait_for("messageId").await;
    let event: Value = serde_json::from_str(&event).unwrap();
    assert_eq!(event, home.sandbox.deliveries()[0].payload);
    assert_eq!(home.callbacks().len(), 1);
    again.interrupt().await.assert_code(0);
    assert!(home.callbacks().is_empty());
}

/// Also of one with another address, such as that of another tunnel.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_start_removes_the_subscription_of_a_killed_program() {
    let home = Home::new().await;
    let killed = home.start(&["listen"]).listening().await;
    let before = home.callbacks();
    killed.signal("-KILL");
    killed.end().await;
    let theirs = somebody_elses(&home).await;

    // Its port is taken now.
    let port: u16 = before[0].split([':', '/']).nth(4).unwrap().parse().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let again = home.start(&["listen"]).listening().await;

    let now = home.callbacks();
    assert_eq!(now.len(), 2, "{now:?}");
    assert!(
        !now.contains(&before[0]) && now.contains(&theirs),
        "{now:?}"
    );
    drop(taken);
    again.interrupt().await.assert_code(0);
    assert_eq!(home.callbacks(), [theirs]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_know_the_secret_is_not_let_in() {
    let home = Home::new().await;
    let port = free_port().to_string();
    // What a tunnel would be.
    let public = format!("http://127.0.0.1:{port}/tunnel");
    let arguments = ["listen", "--public-url", &public, "--port", &port, "-vv"];
    let mut listening = home.start(&arguments).listening().await;
    let callback = home.callbacks()[0].clone();
    assert!(callback.starts_with(&format!("{public}/")), "{callback}");
    let secret = callback.rsplit_once('/').unwrap().1.to_owned();

    let http = stratustexting::reqwest::Client::new();
    let event = r#"{"uuid":"made up"}"#;
    let guessed = http.post(format!("{public}/guessed")).body(event);
    assert_eq!(guessed.send().await.unwrap().status(), 404);
    home.customer_texts("canary of a text").await;
    listening.out.wait_for("canary of a text").await;

    let done = listening.interrupt().await;
    done.assert_code(0);
    assert_eq!(done.out.lines().count(), 1, "{}", done.out);
    let sandbox = &home.sandbox;
    let tokens = home.tokens();
    let hidden = [&secret, sandbox.client_secret(), sandbox.api_key()];
    let hidden = hidden.into_iter().chain(tokens.iter().map(String::as_str));
    for hidden in hidden.chain(["canary of a text", CUSTOMER]) {
        assert!(!done.err.contains(hidden), "{}", done.err);
    }
    assert!(done.err.contains("stratustexting"), "-vv shows nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_whoever_reads_it_and_the_event_stays() {
    let home = Home::new().await;
    let listening = Running::start_unread(home.command(&["listen"]));
    let listening = listening.listening().await;

    home.customer_texts("One").await;

    let done = listening.end().await;
    let left = "Events that wait for the next start: 1.";
    assert!(done.assert_code(0).err.contains(left), "{}", done.err);
    assert!(home.callbacks().is_empty());
    let kept = home.run(&["replay", "--list", "--json"]).await.objects();
    assert_eq!((kept.len(), &kept[0]["state"]), (1, &"waiting".into()));

    // What was handed on is handed on once.
    let handed_on = ["listen", "--exec", "cat >> handed_on", "--print"];
    let listening = Running::start_unread(home.command(&handed_on));
    let done = listening.end().await;
    assert!(
        !done.assert_code(0).err.contains("wait for"),
        "{}",
        done.err
    );
    let lines = fs::read_to_string(home.path("handed_on")).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_waits_for_nothing_and_the_next_start_tidies_up() {
    let home = Home::new().await;
    let listening = home.start(&["listen"]).listening().await;
    let never = Fault::never_respond(Commit::Before);
    home.sandbox.fail_next("deleteSubscription", never);

    listening.signal("-INT");
    let is_asked = |home: &Home| {
        let ledger = home.sandbox.ledger();
        let mut operations = ledger.iter().map(|entry| entry.operation.as_deref());
        operations.any(|operation| operation == Some("deleteSubscription"))
    };
    while !is_asked(&home) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let ended = listening.interrupt().await;

    let err = &ended.assert_code(1).err;
    assert!(err.contains("ended by a second signal"), "{err}");
    assert_eq!(home.callbacks().len(), 1);
    let again = home.start(&["listen"]).listening().await;
    again.interrupt().await.assert_code(0);
    assert!(home.callbacks().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_do_not_share_a_file() {
    let home = Home::new().await;
    let listening = home.start(&["listen"]).listening().await;

    let second = home.run(&["listen"]).await;
    assert!(second.assert_code(2).err.contains("--keep"));
    let other = home
        .start(&["listen", "--keep", "other.db"])
        .listening()
        .await;

    assert_eq!(home.callbacks().len(), 2);
    other.interrupt().await.assert_code(0);
    listening.interrupt().await.assert_code(0);
    assert!(home.path("other.db").exists());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new().await;
    let listening = home
        .start(&["listen", "--keep", "kept.db"])
        .listening()
        .await;
    for name in ["kept.db", "kept.db.callback"] {
        let mode = fs::metadata(home.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(listening);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_are_named_and_nothing_is_subscribed() {
    let home = Home::new().await;
    home.add_live();
    for (arguments, named) in [
        (&["listen", "--profile", "live"][..], "--public-url"),
        (
            &["listen", "--public-url", "ftp://example.com"],
            "--public-url",
        ),
        (&["listen", "--events", "everything"], "--events"),
        (&["listen", "--forward-to", "example.com"], "--forward-to"),
        (&["listen", "--exec", " "], "--exec"),
        (
            &["listen", "--exec", "cat", "--forward-to", "http://a.test"],
            "--exec",
        ),
    ] {
        let done = home.run(arguments).await;
        assert!(done.assert_code(2).err.contains(named), "{}", done.err);
    }
    assert!(home.callbacks().is_empty());
}

/// No page says where to find the ids of organization and department.
#[tokio::test(flavor = "multi_thread")]
async fn a_live_account_shows_its_ids_or_is_told_them() {
    let home = Home::new().await;
    home.add_live();
    let port = free_port().to_string();
    let public = format!("http://127.0.0.1:{port}");
    let base = [
        "listen",
        "--profile",
        "live",
        "--port",
        &port,
        "--public-url",
        &public,
    ];

    let several = home.run(&base).await;
    assert!(
        several.assert_code(2).err.contains("--department"),
        "{}",
        several.err
    );

    let organization = home.sandbox.organization_id().to_owned();
    let department = home.sandbox.department_id().to_owned();
    let ids = ["--organization", &organization, "--department", &department];
    let told = home.start(&[&base[..], &ids].concat()).listening().await;
    let filters = &home.sandbox.subscriptions()[0]["eventFilters"];
    let inbound = EventFilter::inbound(&organization, &department).unwrap();
    assert_eq!(filters[0], inbound.as_str());
    told.interrupt().await.assert_code(0);

    let theirs = somebody_elses(&home).await;
    let mut found = home.start(&base).listening().await;
    home.customer_texts("Is it ready?").await;
    found.out.wait_for("Is it ready?").await;
    found.interrupt().await.assert_code(0);
    assert_eq!(home.callbacks(), [theirs]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_marked_as_one() {
    let home = Home::new().await;
    assert!(
        home.run(&["replay"])
            .await
            .assert_code(2)
            .err
            .contains("nothing is kept")
    );
    let mut listening = home.start(&["listen"]).listening().await;
    home.customer_texts("One").await;
    listening.out.wait_for("One").await;
    home.customer_texts("Two").await;
    listening.out.wait_for("Two").await;
    listening.interrupt().await.assert_code(0);

    let list = home.run(&["replay", "--list"]).await;
    let lines: Vec<_> = list.assert_code(0).out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", list.out);
    assert!(
        lines[1].starts_with("2 ") && lines[1].contains("handled"),
        "{}",
        list.out
    );
    let mut receiver = Receiver::start(&[200, 500]).await;
    let url = receiver.url.clone();
    home.run(&["replay", "--forward-to", &url])
        .await
        .assert_code(0);
    let received = receiver.next().await;
    assert_eq!(received.headers["stratus-event-replay"], "true");
    assert_eq!(received.body, home.sandbox.deliveries()[1].payload);
    let failed = home.run(&["replay", "1", "--forward-to", &url]).await;
    assert!(failed.assert_code(5).err.contains("500"), "{}", failed.err);
    assert_eq!(
        receiver.next().await.body,
        home.sandbox.deliveries()[0].payload
    );

    let printed = home.run(&["replay", "1"]).await;
    assert!(
        printed.assert_code(0).out.contains("One"),
        "{}",
        printed.out
    );
    let executed = home
        .run(&["replay", "1", "--exec", "echo $STRATUS_EVENT_IS_REPLAY"])
        .await;
    assert_eq!(executed.assert_code(0).out, "true\n");
    home.run(&["replay", "1", "--exec", "exit 3"])
        .await
        .assert_code(1);
    let missing = home.run(&["replay", "9"]).await;
    assert!(
        missing.assert_code(2).err.contains("EVENT"),
        "{}",
        missing.err
    );
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
