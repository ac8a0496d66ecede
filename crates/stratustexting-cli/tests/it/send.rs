//! `stratus sms`, `mms` and `message`

use std::{fs, process::Command, time::Duration};

use stratustexting::{Ticket, TicketMatch, models::Message};
use stratustexting_sandbox::{Commit, Fault};

use crate::stratus::{Done, Stratus};

const TO: &str = "+13035550123";

async fn send(stratus: &Stratus, more: &[&str]) -> Done {
    stratus
        .run(&[&["sms", "send", "--to", TO], more].concat())
        .await
}

#[tokio::test]
async fn a_text_is_sent_and_its_segments_are_told_before() {
    let stratus = Stratus::new().await;

    let sent = stratus
        .run(&[
            "--region",
            "US",
            "sms",
            "send",
            "--to",
            "(303) 555-0123",
            "Your order is ready.",
        ])
        .await;

    sent.assert_code(0);
    assert_eq!(sent.out, "accepted: 1 segment to +13035550123\n");
    assert_eq!(
        sent.err,
        "1 segment in GSM-7: 20 units, room for 140 more\n"
    );
    stratus.assert_texted(1);
    let message = &stratus.sandbox.sent_messages()[0];
    assert_eq!(
        (message.to.as_str(), message.text.as_str()),
        (TO, "Your order is ready.")
    );
    assert_eq!(message.from, stratus.sandbox.number());
}

#[tokio::test]
async fn the_character_that_costs_is_named_and_gsm_replaces_it() {
    let stratus = Stratus::new().await;
    let text = format!("{}…", "a".repeat(80));

    let dry = send(&stratus, &[&text, "--dry-run"]).await;
    dry.assert_code(0);
    assert_eq!(
        dry.err,
        "2 segments in UCS-2: 81 units, room for 53 more\nGSM-7 lacks '…' (U+2026), character 81 \
         of the text; with --gsm it is 1 segment\n"
    );
    assert!(dry.out.ends_with("Nothing was sent.\n"), "{}", dry.out);
    let object = stratus
        .run(&["--json", "sms", "send", "--to", TO, &text, "--dry-run"])
        .await;
    let object = &object.assert_code(0).objects()[0];
    assert_eq!(object["dry_run"], true);
    assert_eq!(object["operation"], "sendSms");
    assert_eq!(object["segments"]["count"], 2);
    assert_eq!(object["segments"]["not_gsm"]["code_point"], "U+2026");
    assert_eq!(object["segments"]["gsm_count"], 1);
    assert_eq!(stratus.requests(), [""; 0]);

    let long = send(&stratus, &[&"a".repeat(1_001), "--dry-run"]).await;
    assert!(
        long.assert_code(0)
            .err
            .contains("more than 1,000 characters"),
        "{}",
        long.err
    );

    send(&stratus, &[&text, "--gsm"]).await.assert_code(0);
    let sent = &stratus.sandbox.sent_messages()[0].text;
    assert_eq!(*sent, format!("{}...", "a".repeat(80)));
    let emoji = send(&stratus, &["Thanks 🙂", "--gsm"]).await;
    assert!(emoji.assert_code(2).err.contains("--gsm"), "{}", emoji.err);
    stratus.assert_texted(1);
}

#[tokio::test]
async fn a_text_comes_from_a_file_or_standard_input() {
    let stratus = Stratus::new().await;
    fs::write(stratus.path("text"), "From a file\n").unwrap();

    send(&stratus, &["--text-file", "text"])
        .await
        .assert_code(0);
    let arguments = ["sms", "send", "--to", TO, "-"];
    stratus
        .run_with(&arguments, "Two\nlines\r\n")
        .await
        .assert_code(0);

    let texts: Vec<_> = stratus
        .sandbox
        .sent_messages()
        .into_iter()
        .map(|it| it.text)
        .collect();
    assert_eq!(texts, ["From a file", "Two\nlines"]);
    let both = send(&stratus, &["--text-file", "text", "a text"]).await;
    both.assert_code(2);
    let none = send(&stratus, &["--text-file", "none"]).await;
    assert!(
        none.assert_code(2).err.contains("none can't be read"),
        "{}",
        none.err
    );
}

#[tokio::test]
async fn an_agent_sends_and_the_result_is_an_object() {
    let stratus = Stratus::new().await;
    let other = stratus.sandbox.number();

    let sent = stratus
        .run(&[
            "--json",
            "sms",
            "send",
            "--to",
            TO,
            "--from",
            other,
            "--as",
            "agent@example.com",
            "Hello",
        ])
        .await;

    let object = &sent.assert_code(0).objects()[0];
    assert_eq!(sent.err, "");
    assert_eq!(object["outcome"], "accepted");
    assert_eq!(object["operation"], "sendSmsAsAgent");
    assert_eq!(object["result"], "Message Processed Successfully");
    let message = &stratus.sandbox.sent_messages()[0];
    assert_eq!(message.agent.as_deref(), Some("agent@example.com"));
}

#[tokio::test]
async fn bad_input_names_the_argument_and_nothing_is_sent() {
    let stratus = Stratus::new().await;
    for (arguments, named) in [
        (&["sms", "send", "--to", "98765", "Hi"][..], "--to"),
        (&["sms", "send", "--to", TO, "--from", "me", "Hi"], "--from"),
        (&["sms", "send", "--to", TO, "--as", "agent", "Hi"], "--as"),
        (&["sms", "send", "--to", TO, " "], "the text"),
        (&["sms", "send", "--to", TO], "TEXT is missing"),
        (&["sms", "send", "Hi"], "--to NUMBER is missing"),
        (&["mms", "send", "--to", TO], "--media FILE is missing"),
        (
            &["mms", "send", "--to", TO, "--media", "none"],
            "none can't be read",
        ),
        (&["message", "get", ".."], "ID"),
    ] {
        let done = stratus.run(arguments).await;
        let err = &done.assert_code(2).err;
        assert!(err.contains(named), "{arguments:?}: {err}");
        assert!(!err.contains("98765"), "{err}");
    }
    assert_eq!(stratus.requests(), [""; 0]);
}

#[tokio::test]
async fn an_unknown_outcome_is_not_repeated_and_leaves_a_ticket() {
    let stratus = Stratus::new().await;
    let fault = || Fault::reset_before_response(Commit::After);

    stratus.sandbox.fail_next("sendSms", fault());
    let sent = stratus
        .run(&["--json", "sms", "send", "--to", TO, "Hello"])
        .await;

    sent.assert_code(7);
    assert_eq!(sent.out, "");
    assert_eq!(stratus.requests(), ["sendSms"]);
    stratus.assert_texted(1);
    let error = sent.error();
    assert_eq!(
        (&error["class"], &error["outcome"]),
        (&"unknown".into(), &"unknown".into())
    );
    let ticket: Ticket = serde_json::from_value(error["ticket"].clone()).unwrap();
    let message = Message::default()
        .with_from(stratus.sandbox.number())
        .with_to(TO)
        .with_text("Hello");
    assert_eq!(ticket.compare(&message), TicketMatch::Yes);

    stratus.sandbox.fail_next("sendSms", fault());
    let sent = send(&stratus, &["Hello"]).await;
    assert!(
        sent.assert_code(7).err.contains("It may have been sent"),
        "{}",
        sent.err
    );
    assert_eq!(stratus.requests(), ["sendSms"]);
}

#[tokio::test]
async fn each_outcome_has_a_code_and_says_whether_anybody_was_texted() {
    let stratus = Stratus::new().await;

    stratus
        .sandbox
        .fail_next("sendSms", Fault::status(400, Commit::Before));
    let rejected = send(&stratus, &["Hello"]).await;
    assert!(
        rejected.assert_code(5).err.contains("Nobody was texted"),
        "{}",
        rejected.err
    );

    stratus
        .sandbox
        .fail_next("token", Fault::status(400, Commit::Before));
    let no_token = send(&stratus, &["Hello"]).await;
    assert!(
        no_token.assert_code(4).err.contains("Nobody was texted"),
        "{}",
        no_token.err
    );

    stratus.sandbox.refuse_connections(true).unwrap();
    let not_sent = stratus
        .run(&["--json", "sms", "send", "--to", TO, "Hello"])
        .await;
    let error = not_sent.assert_code(6).error();
    assert_eq!(
        (&error["class"], &error["outcome"]),
        (&"not_sent".into(), &"not_sent".into())
    );
    stratus.sandbox.refuse_connections(false).unwrap();
    stratus.assert_texted(0);
}

#[tokio::test]
async fn ctrl_c_waits_for_the_outcome_and_a_second_one_leaves_a_ticket() {
    let stratus = Stratus::new().await;
    let interrupt = |id: u32| {
        let killed = Command::new("kill")
            .args(["-INT", &id.to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
    };
    let arguments = ["sms", "send", "--to", TO, "Hello"];
    let late = Fault::respond_late(Duration::from_millis(300), Commit::Before);
    stratus.sandbox.fail_next("sendSms", late);
    let child = stratus.start(&arguments);
    while stratus
        .sandbox
        .ledger()
        .iter()
        .all(|entry| entry.operation.as_deref() != Some("sendSms"))
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    interrupt(child.id());
    let sent = stratus.done(child).await;
    assert!(
        sent.assert_code(0).err.contains("Waiting for the outcome"),
        "{}",
        sent.err
    );

    stratus.sandbox.clear_ledger();
    stratus
        .sandbox
        .fail_next("sendSms", Fault::never_respond(Commit::After));
    let mut child = stratus.start(&[&["--json"][..], &arguments[..]].concat());
    while stratus
        .sandbox
        .ledger()
        .iter()
        .all(|entry| entry.operation.as_deref() != Some("sendSms"))
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The first one may come before the second is listened for, so several are sent.
    while child.try_wait().unwrap().is_none() {
        interrupt(child.id());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ended = stratus.done(child).await;
    let error = ended.assert_code(7).error();
    assert_eq!(error["outcome"], "unknown");
    assert_eq!(error["ticket"]["attempts"], 0);
}

#[tokio::test]
async fn files_are_sent_as_an_mms() {
    let stratus = Stratus::new().await;
    fs::write(stratus.path("card.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    fs::write(stratus.path("card.vcf"), "BEGIN:VCARD\r\nEND:VCARD\r\n").unwrap();
    let files = ["--media", "card.png", "--media", "card.vcf"];
    let arguments = [&["mms", "send", "--to", TO], &files[..], &["Our card"]].concat();

    let dry = stratus
        .run(&[&arguments[..], &["--dry-run"]].concat())
        .await;
    assert!(
        dry.assert_code(0)
            .out
            .contains("card.png (image/png, 8 bytes), card.vcf (text/vcard, 24 bytes)"),
        "{}",
        dry.out
    );
    assert_eq!(stratus.requests(), [""; 0]);

    let sent = stratus.run(&arguments).await;
    assert_eq!(
        sent.assert_code(0).out,
        "accepted: 2 files to +13035550123\n"
    );
    let message = &stratus.sandbox.sent_messages()[0];
    assert_eq!(
        (message.text.as_str(), message.media.len()),
        ("Our card", 2)
    );
    let without = ["--json", "mms", "send", "--to", TO, "--media", "card.png"];
    let object = &stratus.run(&without).await.assert_code(0).objects()[0];
    assert_eq!(object["files"][0]["media_type"], "image/png");
    stratus
        .sandbox
        .fail_next("sendMms", Fault::status(503, Commit::After));
    stratus.requests();
    stratus.run(&arguments).await.assert_code(7);
    assert_eq!(stratus.requests(), ["sendMms"]);
}

#[tokio::test]
async fn files_that_cannot_be_sent_are_named_by_a_dry_run_too() {
    let stratus = Stratus::new().await;
    fs::write(stratus.path("empty.png"), "").unwrap();
    fs::write(stratus.path("half.bin"), vec![1; 3 * 1024 * 1024]).unwrap();
    fs::write(stratus.path("card.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    for (file, times, named) in [
        ("empty.png", 1, "--media: may not have an empty file"),
        ("half.bin", 2, "--media: may have 5242880 bytes in all"),
        ("card.png", 11, "--media: must be 1 to 10 files"),
    ] {
        let media = ["--media", file].repeat(times);
        let send = [&["mms", "send", "--to", TO][..], &media].concat();
        for arguments in [&send[..], &[&send[..], &["--dry-run"]].concat()] {
            let done = stratus.run(arguments).await;

            let err = &done.assert_code(2).err;
            assert!(err.contains(named), "{err}");
        }
    }
    assert!(stratus.sandbox.ledger().is_empty());
}

#[tokio::test]
async fn a_message_is_shown_by_its_id() {
    let stratus = Stratus::new().await;
    let number = stratus.sandbox.number().to_owned();
    let texts = stratus.sandbox.customer_texts(TO, &number, "Are you open?");
    let id = texts.await.unwrap();

    let shown = stratus.run(&["message", "get", &id]).await;
    let out = &shown.assert_code(0).out;
    assert!(
        out.starts_with(&format!("id            {id}\ndirection     inbound\n")),
        "{out}"
    );
    assert!(out.contains("\ntext          Are you open?\n"), "{out}");
    let object = &stratus
        .run(&["--json", "message", "get", &id])
        .await
        .objects()[0];
    assert_eq!(object["from"], TO);

    let none = stratus.run(&["--json", "message", "get", "none"]).await;
    let error = none.assert_code(5).error();
    assert_eq!(
        (&error["class"], &error["status"]),
        (&"rejected".into(), &404.into())
    );
}
