//! `stratus consent`

use serde_json::Value;
use stratustexting_sandbox::{Commit, Fault};

use crate::stratus::Stratus;

#[tokio::test]
async fn consents_are_listed_and_shown() {
    let stratus = Stratus::new().await;
    let known = stratus.sandbox.consents();
    let id = known[0]["id"].as_str().unwrap();

    let list = stratus.run(&["consent", "list"]).await;
    assert_eq!(list.assert_code(0).out.lines().count(), known.len() + 1);
    assert!(list.out.contains("Order updates"), "{}", list.out);
    assert_eq!(
        stratus.run(&["--json", "consent", "list"]).await.objects(),
        known
    );
    let one = stratus.run(&["consent", "get", id]).await;
    assert!(one.assert_code(0).out.starts_with("id "), "{}", one.out);
    let one = stratus.run(&["--json", "consent", "get", id]).await;
    assert_eq!(one.objects()[0], known[0]);
    stratus
        .run(&["consent", "get", "none"])
        .await
        .assert_code(5);
    let wrong = stratus.run(&["consent", "get", ".."]).await;
    assert!(
        wrong.assert_code(2).err.contains("ID: must be an id"),
        "{}",
        wrong.err
    );
}

#[tokio::test]
async fn a_consent_is_created_updated_and_switched() {
    let stratus = Stratus::new().await;
    let create = [
        "--json",
        "consent",
        "create",
        "Offers",
        "--description",
        "Once a week",
    ];
    let dry = stratus.run(&[&create[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.assert_code(0).objects()[0]["body"]["name"], "Offers");
    assert_eq!(stratus.requests(), [""; 0]);

    let created = stratus.run(&create).await;
    let created = created.assert_code(0).objects().remove(0);
    let id = created["id"].as_str().unwrap();
    stratus.requests();

    let update = [
        "--json",
        "consent",
        "update",
        id,
        "--name",
        "News",
        "--type",
        "Informational",
    ];
    let dry = stratus.run(&[&update[..], &["--dry-run"]].concat()).await;
    let dry = &dry.assert_code(0).objects()[0];
    assert_eq!(dry["path"], format!("/customconsent/{id}"));
    assert_eq!(dry["body"]["description"], "Once a week");
    assert_eq!(stratus.requests(), ["getCustomConsent"]);
    let updated = stratus.run(&update).await;
    let updated = &updated.assert_code(0).objects()[0];
    assert_eq!(
        (&updated["name"], &updated["description"]),
        (&"News".into(), &"Once a week".into())
    );
    stratus.requests();

    let off = ["--json", "consent", "set-active", id, "false"];
    let dry = stratus.run(&[&off[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.assert_code(0).objects()[0]["query"][0][1], "false");
    assert_eq!(stratus.requests(), [""; 0]);
    let off = stratus.run(&off).await;
    assert_eq!(off.assert_code(0).objects()[0]["active"], false);

    let nothing = stratus.run(&["consent", "update", id]).await;
    assert!(
        nothing.assert_code(2).err.contains("nothing to change"),
        "{}",
        nothing.err
    );
}

#[tokio::test]
async fn a_contact_s_consent_is_granted_and_revoked() {
    let stratus = Stratus::new().await;
    let id = stratus.sandbox.consents()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let contact = stratus.sandbox.contacts()[0].clone();
    let number = contact["mobileNumber"].as_str().unwrap();
    let has = |stratus: &Stratus| match &stratus.sandbox.contacts()[0]["customConsents"] {
        Value::Array(consents) => consents.len(),
        _ => 0,
    };
    let by_number = ["--contact", number, "--type", "Informational"];
    let contact_id = contact["id"].as_str().unwrap();
    let by_id = ["--contact-id", contact_id, "--type", "Informational"];

    let grant = [&["consent", "grant", &id], &by_number[..]].concat();
    let dry = stratus
        .run(&[&["--json"], &grant[..], &["--dry-run"]].concat())
        .await;
    assert_eq!(dry.assert_code(0).objects()[0]["body"]["action"], "ADD");
    assert_eq!(stratus.requests(), [""; 0]);
    let before = has(&stratus);
    stratus.run(&grant).await.assert_code(0);
    assert_eq!(has(&stratus), before + 1);
    let revoke = [&["consent", "revoke", &id], &by_id[..]].concat();
    stratus.run(&revoke).await.assert_code(0);
    assert_eq!(has(&stratus), before);

    stratus.requests();
    let fault = Fault::reset_before_response(Commit::After);
    stratus.sandbox.fail_next("changeCustomConsentType", fault);
    stratus.run(&grant).await.assert_code(7);
    assert_eq!(stratus.requests(), ["changeCustomConsentType"]);
    for (more, missing) in [
        (
            &["--type", "Informational"][..],
            "--contact NUMBER is missing",
        ),
        (&["--contact", number], "--type TYPE is missing"),
    ] {
        let done = stratus
            .run(&[&["consent", "grant", &id], more].concat())
            .await;
        assert!(done.assert_code(2).err.contains(missing), "{}", done.err);
    }
}
