//! `stratus api`

use std::fs;

use stratustexting_sandbox::{Commit, Fault, ScriptedResponse};

use crate::stratus::Stratus;

#[tokio::test]
async fn any_path_is_requested_and_the_body_is_printed_as_it_came() {
    let stratus = Stratus::new().await;
    let body = "{\"content\" : [ ],\"last\":true}";
    stratus
        .sandbox
        .respond_times("listSites", 2, ScriptedResponse::new(200).body(body));

    let got = stratus
        .run(&[
            "api",
            "get",
            "/site/all",
            "-q",
            "size=1",
            "--query",
            "q=a b&c",
        ])
        .await;
    assert_eq!(got.assert_code(0).out, body);
    let entry = stratus.sandbox.ledger().pop().unwrap();
    assert_eq!(entry.query.as_deref(), Some("size=1&q=a+b%26c"));
    let object = stratus.run(&["--json", "api", "GET", "/site/all"]).await;
    let object = &object.assert_code(0).objects()[0];
    assert_eq!(
        (&object["status"], &object["body"]["last"]),
        (&200.into(), &true.into())
    );
}

#[tokio::test]
async fn a_body_comes_from_an_argument_a_file_or_standard_input() {
    let stratus = Stratus::new().await;
    let body = "{ \"mobileNumber\": \"+13035559000\" }";
    fs::write(stratus.path("body"), body).unwrap();
    let post = [
        "api",
        "POST",
        "/contact",
        "--header",
        "x-request-id: 17",
        "--data",
    ];

    for (data, input) in [(body, ""), ("@body", ""), ("-", body)] {
        let done = stratus
            .run_with(&[&post[..], &[data]].concat(), input)
            .await;
        done.assert_code(0);
        let entry = stratus.sandbox.ledger().pop().unwrap();
        assert_eq!(entry.body, body);
        assert_eq!(entry.header("content-type"), Some("application/json"));
        assert_eq!(entry.header("x-request-id"), Some("17"));
    }
    stratus.requests();
    let dry = stratus
        .run(&[&post[..], &[body, "--dry-run"]].concat())
        .await;
    assert!(
        dry.assert_code(0).out.starts_with("POST /contact\n{\n"),
        "{}",
        dry.out
    );
    for (arguments, named) in [
        (
            &["api", "POST", "/contact", "--data", "{+13035550123"][..],
            "--data: must be JSON",
        ),
        (&["api", "LOOK", "/contact"], "GET, POST"),
        (&["api", "GET", "contact/all"], "PATH: must begin with"),
        (
            &["api", "GET", "/contact/all", "--query", "size"],
            "NAME=VALUE",
        ),
        (
            &["api", "GET", "/contact/all", "-H", "x-api-key: mine"],
            "--header: is set by the client",
        ),
    ] {
        let done = stratus.run(arguments).await;
        assert!(
            done.assert_code(2).err.contains(named),
            "{arguments:?}: {}",
            done.err
        );
        assert!(!done.err.contains("303555"), "{}", done.err);
    }
    assert_eq!(stratus.requests(), [""; 0]);
}

#[tokio::test]
async fn a_response_without_success_is_printed_and_has_a_code() {
    let stratus = Stratus::new().await;
    let get = ["api", "GET", "/site/all"];
    for (status, code) in [(400, 5), (404, 5), (401, 4), (500, 1), (302, 1)] {
        // As many as the retries of a read.
        let response = ScriptedResponse::new(status).body("{\"message\":\"No\"}");
        stratus.sandbox.respond_times("listSites", 5, response);
        let done = stratus.run(&get).await;
        stratus.sandbox.clear_responses();
        assert_eq!(
            done.assert_code(code).out,
            "{\"message\":\"No\"}",
            "{status}"
        );
        assert!(done.err.contains(&status.to_string()), "{}", done.err);
    }
    stratus.sandbox.refuse_connections(true).unwrap();
    stratus.run(&get).await.assert_code(8);
}

#[tokio::test]
async fn a_send_by_its_path_is_not_repeated() {
    let stratus = Stratus::new().await;
    let fault = Fault::reset_before_response(Commit::After);
    stratus.sandbox.fail_next("sendSms", fault);
    let from = format!("from={}", stratus.sandbox.number());

    let done = stratus
        .run(&[
            "--json",
            "api",
            "POST",
            "/message/sendsms",
            "-q",
            &from,
            "-q",
            "to=+13035550123",
            "-q",
            "text=Hello",
        ])
        .await;

    let error = done.assert_code(7).error();
    assert_eq!(error["ticket"]["operation"], "sendSms");
    assert_eq!(stratus.requests(), ["sendSms"]);
    stratus.assert_texted(1);
}
