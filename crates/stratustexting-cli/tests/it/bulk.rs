//! `stratus bulk`

use std::{fs, process::Command, time::Duration};

use stratustexting_sandbox::{Commit, Fault};

use crate::stratus::Stratus;

const FAST: [&str; 2] = ["--pace", "0"];

async fn send(stratus: &Stratus, more: &[&str]) -> crate::stratus::Done {
    let arguments = [&["bulk", "send", "tables", "--yes"][..], &FAST[..], more].concat();
    stratus.run(&arguments).await
}

#[tokio::test]
async fn a_list_is_planned_shown_and_sent_once() {
    let stratus = Stratus::new().await;
    stratus.list(5);

    let plan = stratus.plan("tables").await;
    plan.assert_code(0);
    assert!(
        plan.out.contains("5 texts, 5 segments, 7 s at least"),
        "{}",
        plan.out
    );
    stratus.assert_texted(0);
    let sent = send(&stratus, &[]).await;
    sent.assert_code(0);
    assert!(sent.out.contains("accepted 5"), "{}", sent.out);
    stratus.assert_texted(5);

    assert!(
        stratus
            .plan("tables")
            .await
            .out
            .contains("5 rows had been planned before")
    );
    send(&stratus, &[]).await.assert_code(0);
    stratus.assert_texted(5);
    let texts = stratus.sandbox.sent_messages();
    assert!(
        texts
            .iter()
            .any(|sent| sent.text == "Hi Customer 2, your table is at 2 pm.")
    );
}

#[tokio::test]
async fn refused_rows_are_shown_with_the_reason() {
    let stratus = Stratus::new().await;
    stratus.list(2);
    let path = stratus.path("list.csv");
    let list = fs::read_to_string(&path).unwrap() + "Bob;(303) 555-1001;\r\nEve;hello;1 pm\r\n";
    fs::write(&path, list).unwrap();

    let plan = stratus
        .run(&[
            "--json",
            "bulk",
            "plan",
            "tables",
            "--region",
            "US",
            "--list",
            "list.csv",
            "--template",
            "text.txt",
            "--price",
            "0.5",
        ])
        .await;

    let plan = &plan.assert_code(0).objects()[0];
    assert_eq!((&plan["planned"], &plan["refused"]), (&2.into(), &2.into()));
    assert_eq!(plan["cost"], 1.0);
    let reasons = plan["refusals"].to_string();
    assert!(
        reasons.contains("the field `time` is missing or empty"),
        "{reasons}"
    );
    assert!(
        !reasons.contains("hello") && !reasons.contains("555"),
        "{reasons}"
    );
}

#[tokio::test]
async fn nothing_is_sent_without_a_yes() {
    let stratus = Stratus::new().await;
    stratus.list(2);
    stratus.plan("tables").await.assert_code(0);

    let sent = stratus.run(&["bulk", "send", "tables"]).await;

    sent.assert_code(2);
    assert!(sent.err.contains("--yes"), "{}", sent.err);
    stratus.assert_texted(0);
}

#[tokio::test]
async fn wrong_usage_and_a_wrong_account_have_codes_of_their_own() {
    let stratus = Stratus::new().await;
    stratus.list(1);
    stratus.run(&["bulk", "nonsense"]).await.assert_code(2);
    send(&stratus, &[]).await.assert_code(2);
    let region = ["bulk", "plan", "tables", "--region", "Texas"];
    let list = ["--list", "list.csv", "--template", "text.txt"];
    let wrong = stratus.run(&[&region[..], &list[..]].concat()).await;
    assert!(
        wrong.assert_code(2).err.contains("`region`"),
        "{}",
        wrong.err
    );
    stratus.plan("tables").await.assert_code(0);

    stratus
        .sandbox
        .fail_next("sendSms", Fault::status(403, Commit::Before));
    let refused = send(&stratus, &[]).await;

    assert!(
        refused.assert_code(6).out.contains("the job is paused"),
        "{}",
        refused.out
    );
    stratus.assert_texted(0);
}

#[tokio::test]
async fn an_unknown_row_is_listed_and_settled() {
    let stratus = Stratus::new().await;
    stratus.list(2);
    stratus.plan("tables").await.assert_code(0);
    stratus
        .sandbox
        .fail_next("sendSms", Fault::status(503, Commit::After));

    send(&stratus, &[]).await.assert_code(7);
    let report = stratus
        .run(&["--json", "bulk", "report", "tables", "--state", "unknown"])
        .await;
    let rows = report.assert_code(0).objects();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["attempts"][0]["outcome"], "unknown");
    assert!(!rows[0]["ticket"].is_null());
    let row = rows[0]["row"].to_string();

    let settle = [
        "bulk",
        "settle",
        &row,
        "sent",
        "--reason",
        "it is in the inbox",
    ];
    stratus.run(&settle).await.assert_code(0);
    stratus.run(&settle).await.assert_code(2);
    send(&stratus, &[]).await.assert_code(0);
    stratus.assert_texted(2);
}

#[tokio::test]
async fn ctrl_c_finishes_what_is_under_way_and_the_same_command_goes_on() {
    let stratus = Stratus::new().await;
    stratus.list(30);
    stratus.plan("tables").await.assert_code(0);
    let arguments = ["bulk", "send", "tables", "--yes", "--pace", "50"];
    let child = stratus.start(&arguments);
    while stratus.sandbox.sent_messages().len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    let stopped = stratus.done(child).await;

    stopped.assert_code(6);
    assert!(
        stopped
            .out
            .contains("Go on later by: stratus bulk send \"tables\"")
    );
    assert!(stratus.texted().len() < 30, "it was sent to its end");
    send(&stratus, &[]).await.assert_code(0);
    stratus.assert_texted(30);
}

#[tokio::test]
async fn who_has_opted_out_is_not_texted() {
    let stratus = Stratus::new().await;
    stratus.list(3);
    stratus.plan("tables").await.assert_code(0);

    let opted_out = stratus
        .run_with(&["bulk", "opt-out", "--region", "US"], "(303) 555-0002\n\n")
        .await;

    assert!(opted_out.assert_code(0).out.contains("1 numbers"));
    send(&stratus, &[]).await.assert_code(0);
    stratus.assert_texted(2);
    assert!(!stratus.texted().contains_key("+13035550002"));
    let wrong = stratus.run_with(&["bulk", "opt-out"], "me\n").await;
    assert!(wrong.assert_code(2).err.contains("line 1"), "{}", wrong.err);
}

#[tokio::test]
async fn jobs_are_stopped_paused_cancelled_and_shown() {
    let stratus = Stratus::new().await;
    stratus.list(2);
    stratus.plan("tables").await.assert_code(0);

    stratus
        .run(&["bulk", "stop", "--reason", "a wrong text"])
        .await
        .assert_code(0);
    let stopped = send(&stratus, &[]).await;
    assert!(stopped.assert_code(6).out.contains("a wrong text"));
    stratus.run(&["bulk", "allow"]).await.assert_code(0);
    stratus
        .run(&["bulk", "pause", "tables"])
        .await
        .assert_code(0);
    let status = stratus.run(&["--json", "bulk", "status", "tables"]).await;
    let status = &status.assert_code(0).objects()[0];
    assert_eq!(status["state"], "paused");
    assert_eq!(status["counts"]["planned"], 2);
    stratus
        .run(&["bulk", "cancel", "tables"])
        .await
        .assert_code(0);
    send(&stratus, &[]).await.assert_code(2);
    let all = stratus.run(&["bulk", "status"]).await;
    assert!(
        all.out.contains("tables") && all.out.contains("cancelled"),
        "{}",
        all.out
    );
    stratus.assert_texted(0);
}

#[tokio::test]
async fn a_test_goes_to_ones_own_number() {
    let stratus = Stratus::new().await;
    stratus.list(5);
    stratus.plan("tables").await.assert_code(0);

    let own = "+13035559999";
    send(&stratus, &["--test-to", own]).await.assert_code(0);

    assert_eq!(
        stratus.texted().into_iter().collect::<Vec<_>>(),
        [(own.to_owned(), 3)]
    );
    stratus.sandbox.clear_ledger();
    send(&stratus, &[]).await.assert_code(0);
    assert_eq!(stratus.texted().len(), 6);
}

#[tokio::test]
async fn a_report_has_a_line_for_each_row() {
    let stratus = Stratus::new().await;
    stratus.list(3);
    stratus.plan("tables").await.assert_code(0);
    send(&stratus, &[]).await.assert_code(0);

    let report = stratus.run(&["bulk", "report", "tables"]).await;

    let lines: Vec<_> = report.assert_code(0).out.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("row,line,to,state,"), "{}", lines[0]);
    assert!(lines[1].contains(",+13035550001,accepted,"), "{}", lines[1]);
    let without = stratus
        .run(&["bulk", "report", "tables", "--without-texts"])
        .await;
    assert!(!without.out.contains("your table"), "{}", without.out);
    let wrong = stratus
        .run(&["bulk", "report", "tables", "--state", "lost"])
        .await;
    assert!(
        wrong.assert_code(2).err.contains("accepted"),
        "{}",
        wrong.err
    );
}
