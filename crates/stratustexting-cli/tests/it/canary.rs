//! Neither secrets, numbers nor texts get where nobody asked for them.

use std::fs;

use stratustexting_sandbox::{Commit, Fault};

use crate::stratus::Stratus;

const NUMBER: &str = "+13035558642";
const TEXT: &str = "canary-text-5f1c";

#[tokio::test]
async fn at_vv_standard_error_has_no_number_and_no_text() {
    let stratus = Stratus::new().await;
    let own = stratus.sandbox.number().to_owned();
    let texts = stratus.sandbox.customer_texts(NUMBER, &own, TEXT);
    let message = texts.await.unwrap();
    let consent = stratus.sandbox.consents()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let csv = format!("phone,first_name\n{NUMBER},{TEXT}\n{NUMBER}99999,{TEXT}\n");
    fs::write(stratus.path("list.csv"), csv).unwrap();
    fs::write(stratus.path("a.txt"), TEXT).unwrap();
    let to = format!("to={NUMBER}");
    let text = format!("text={TEXT}");
    let from = format!("from={own}");

    let send = ["sms", "send", "--to", NUMBER, TEXT];
    let commands: Vec<Vec<&str>> = vec![
        vec!["contact", "upsert", NUMBER, "--first-name", TEXT],
        send.to_vec(),
        [&send[..], &["--dry-run"]].concat(),
        [&send[..], &["--as", "a@example.com"]].concat(),
        [&send[..], &["--as", "a"]].concat(),
        vec!["mms", "send", "--to", NUMBER, "--media", "a.txt", TEXT],
        vec!["message", "get", &message],
        vec!["contact", "find", NUMBER],
        vec!["contact", "search", &NUMBER[1..]],
        vec!["contact", "update", NUMBER, "--company", TEXT],
        vec!["contact", "import", "list.csv"],
        vec!["contact", "export", "--limit", "5"],
        vec!["contact", "list", "--limit", "5"],
        vec!["consent", "list"],
        vec!["consent", "get", &consent],
        vec!["consent", "create", TEXT],
        vec!["consent", "update", &consent, "--name", TEXT],
        vec!["consent", "set-active", &consent, "true"],
        vec![
            "consent",
            "grant",
            &consent,
            "--contact",
            NUMBER,
            "--type",
            "Informational",
        ],
        vec![
            "consent",
            "revoke",
            &consent,
            "--contact",
            NUMBER,
            "--type",
            "Informational",
        ],
        vec!["subscription", "list"],
        vec![
            "subscription",
            "create",
            "http://127.0.0.1:9/",
            "--filter",
            TEXT,
        ],
        vec!["subscription", "delete", "none", "--yes"],
        vec!["site", "list"],
        vec![
            "api",
            "POST",
            "/message/sendsms",
            "-q",
            &from,
            "-q",
            &to,
            "-q",
            &text,
        ],
        vec!["api", "GET", "/contact/all", "-q", "size=2"],
        vec!["schema", "sms", "send"],
    ];
    // As it is, and with a failure; the secrets are looked for in both outputs.
    for arguments in commands {
        for (form, fails) in [(&["-vv"][..], false), (&["-vv", "--json"], true)] {
            if fails {
                fail(&stratus);
            }
            let done = stratus.run(&[form, &arguments[..]].concat()).await;
            stratus.sandbox.stop_failing();
            for hidden in [NUMBER, &NUMBER[2..], TEXT] {
                let at = done.err.find(hidden);
                assert!(at.is_none(), "{arguments:?}: {}", done.err);
            }
        }
    }
}

/// Makes what comes next fail, whichever operation it is.
fn fail(stratus: &Stratus) {
    for operation in [
        "sendSms",
        "sendSmsAsAgent",
        "sendMms",
        "getMessageById",
        "listContacts",
        "findContactByMobile",
        "searchContacts",
        "upsertContact",
        "updateContactByMobile",
        "createCustomConsent",
        "updateCustomConsent",
        "getCustomConsent",
        "listCustomConsents",
        "changeCustomConsentStatus",
        "changeCustomConsentType",
        "listSubscriptions",
        "deleteSubscription",
        "listSites",
    ] {
        stratus
            .sandbox
            .fail_next(operation, Fault::status(400, Commit::After));
    }
}
