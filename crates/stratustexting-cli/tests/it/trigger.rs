//! `stratus trigger`

use serde_json::Value;

use crate::{
    home::{CUSTOMER, Home},
    stratus::Stratus,
};

/// The texts of the messages that a client can read, by the ids that `trigger` prints.
async fn text_of(home: &Home, arguments: &[&str]) -> (Value, stratustexting::models::Message) {
    let done = home.run(&[arguments, &["--json", "-vv"]].concat()).await;
    let object = done.assert_code(0).objects().remove(0);
    assert!(!done.err.contains(CUSTOMER), "{}", done.err);
    let client = home.client();
    let id = object["message_id"].as_str().unwrap();
    let message = client.messages().get(id).await.unwrap().into_inner();
    (object, message)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_texts() {
    let home = Home::new().await;
    let (object, message) = text_of(&home, &["trigger", "text", "Hello"]).await;
    assert_eq!(object["from"], CUSTOMER);
    assert_eq!(object["to"], home.sandbox.number());
    assert_eq!(object["subscriptions"], 0);
    assert_eq!(message.text.as_deref(), Some("Hello"));
    assert_eq!(message.from.as_deref(), Some(CUSTOMER));

    std::fs::write(home.path("menu.pdf"), "1234").unwrap();
    let from = [
        "trigger",
        "text",
        "--from",
        "303-555-0199",
        "--region",
        "US",
    ];
    let more = ["--media", "menu.pdf", "Here"];
    let (object, message) = text_of(&home, &[&from[..], &more].concat()).await;
    assert_eq!(object["from"], "+13035550199");
    let media = message.media.unwrap();
    assert_eq!(
        (&media[0]["name"], &media[0]["size"]),
        (&"menu.pdf".into(), &4.into())
    );

    for (command, text) in [("opt-out", "STOP"), ("opt-in", "START")] {
        let (_, message) = text_of(&home, &["trigger", command]).await;
        assert_eq!(message.text.as_deref(), Some(text));
    }
    let human = home.run(&["trigger", "text", "Hello"]).await;
    assert!(human.assert_code(0).out.contains("texted"), "{}", human.out);
    assert!(human.err.contains("stratus listen"), "{}", human.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_created_changed_and_deleted() {
    let home = Home::new().await;
    let contact = ["trigger", "contact", "+13035550177"];
    let is_there = || {
        let contacts = home.sandbox.contacts();
        contacts
            .iter()
            .any(|it| it["mobileNumber"] == "+13035550177")
    };
    let events = home.run(&[&contact[..], &["--json"]].concat()).await;
    assert_eq!(events.assert_code(0).objects()[0]["event"], "created");
    assert!(is_there());
    let changed = home
        .run(&[&contact[..], &["--first-name", "Eve"]].concat())
        .await;
    assert!(
        changed.assert_code(0).out.contains("updated"),
        "{}",
        changed.out
    );
    let delete = [&contact[..], &["--delete"]].concat();
    home.run(&delete).await.assert_code(0);
    assert!(!is_there());
    home.run(&delete).await.assert_code(5);
}

/// The environment's account has no control API.
#[tokio::test(flavor = "multi_thread")]
async fn a_live_account_is_refused() {
    let live = Stratus::new().await;
    for command in [&["trigger", "text", "Hello"][..], &["trigger", "opt-out"]] {
        let done = live.run(command).await;
        assert!(
            done.assert_code(3).err.contains("isn't a sandbox's"),
            "{}",
            done.err
        );
    }
    assert!(live.sandbox.ledger().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_named_and_nothing_is_played() {
    let home = Home::new().await;
    for (arguments, named) in [
        (&["trigger", "text"][..], "TEXT"),
        (&["trigger", "text", " "], "TEXT"),
        (&["trigger", "text", "Hello", "--from", "me"], "--from"),
        (
            &["trigger", "text", "Hello", "--media", "nothing.pdf"],
            "--media",
        ),
    ] {
        let done = home.run(arguments).await;
        assert!(done.assert_code(2).err.contains(named), "{}", done.err);
    }
    let other = ["trigger", "text", "Hello", "--to", "+13035550000"];
    let other = home.run(&other).await;
    assert!(other.assert_code(5).err.contains("number of this account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_sandbox_is_asked_for() {
    let home = Home::new().await;
    home.sandbox.refuse_connections(true).unwrap();
    for command in [&["trigger", "text", "Hello"][..], &["listen"]] {
        let done = home.run(command).await;
        let asks = done.err.contains("Is `stratus sandbox` running?");
        assert!(asks, "{}", done.err);
        done.assert_code(8);
    }
}
