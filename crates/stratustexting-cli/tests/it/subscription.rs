//! `stratus subscription` and `site`

use stratustexting_sandbox::Sandbox;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::stratus::Stratus;

/// A callback that only passes the handshake; returns its URL.
async fn callback() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            let request = String::from_utf8(request).unwrap();
            let mut lines = request.lines();
            let token = lines.find(|line| line.to_lowercase().starts_with("validation-token:"));
            let token = token.unwrap_or_default();
            let response = format!(
                "HTTP/1.1 200 OK\r\n{token}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(response.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn a_subscription_is_created_listed_and_deleted() {
    let sandbox = Sandbox::builder().allow_machine_subscriptions(true);
    let stratus = Stratus::of(sandbox).await;
    let url = callback().await;
    let (organization, department) = (
        stratus.sandbox.organization_id().to_owned(),
        stratus.sandbox.department_id().to_owned(),
    );
    let create = [
        "--json",
        "subscription",
        "create",
        &url,
        "--event",
        "inbound",
        "--event",
        "contact-delete",
        "--organization",
        &organization,
        "--department",
        &department,
    ];

    let dry = stratus
        .run(&[&create[..], &["--dry-run", "--expires-in-days", "30"]].concat())
        .await;
    let dry = &dry.assert_code(0).objects()[0];
    assert_eq!(dry["operation"], "upsertSubscription");
    let filters = dry["body"]["eventFilters"].as_array().unwrap();
    assert!(
        filters[0]
            .as_str()
            .unwrap()
            .ends_with("/message?direction=inbound"),
        "{filters:?}"
    );
    assert!(dry["body"]["expiresDateInMillies"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(stratus.requests(), [""; 0]);

    let created = stratus.run(&create).await;
    let created = created.assert_code(0).objects().remove(0);
    assert_eq!(created["eventFilters"].as_array(), Some(filters));
    let id = created["id"].as_str().unwrap();
    let list = stratus.run(&["subscription", "list"]).await;
    assert!(list.assert_code(0).out.contains(id), "{}", list.out);
    let objects = stratus
        .run(&["--json", "subscription", "list"])
        .await
        .objects();
    assert_eq!(objects, stratus.sandbox.subscriptions());

    stratus.requests();
    let asked = stratus.run(&["subscription", "delete", id]).await;
    assert!(asked.assert_code(2).err.contains("--yes"), "{}", asked.err);
    let dry = stratus
        .run(&["subscription", "delete", id, "--dry-run"])
        .await;
    let shown = format!("DELETE /webhooksubscription/{id}\nNothing was changed.\n");
    assert_eq!(dry.assert_code(0).out, shown);
    assert_eq!(stratus.requests(), [""; 0]);
    let deleted = stratus
        .run(&["--json", "subscription", "delete", id, "--yes"])
        .await;
    assert_eq!(deleted.assert_code(0).objects()[0]["deleted"], id);
    assert!(stratus.sandbox.subscriptions().is_empty());
    let empty = stratus.run(&["subscription", "list"]).await;
    assert_eq!((empty.code, empty.err.as_str()), (0, "there are none\n"));
}

#[tokio::test]
async fn a_wrong_subscription_names_the_argument() {
    let stratus = Stratus::new().await;
    let filter = "/orgId/o/department/d/message?direction=inbound";
    for (more, named) in [
        (
            &["http://example.com/hook", "--filter", filter][..],
            "URI: must be an https URL",
        ),
        (&["https://example.com/hook"], "--filter"),
        (
            &["https://example.com/hook", "--event", "inbound"],
            "--organization",
        ),
        (
            &["https://example.com/hook", "--event", "all"],
            "contact-delete",
        ),
        (
            &[
                "https://example.com",
                "--event",
                "inbound",
                "--organization",
                "a/b",
                "--department",
                "d",
            ],
            "--organization: must be",
        ),
    ] {
        let done = stratus
            .run(&[&["subscription", "create"], more].concat())
            .await;
        assert!(
            done.assert_code(2).err.contains(named),
            "{more:?}: {}",
            done.err
        );
    }
    assert_eq!(stratus.requests(), [""; 0]);
}

#[tokio::test]
async fn sites_show_the_ids_that_filters_need() {
    let stratus = Stratus::of(Sandbox::builder().multisite(true)).await;

    let list = stratus.run(&["site", "list"]).await;

    let lines: Vec<_> = list.assert_code(0).out.lines().collect();
    assert!(lines[0].starts_with("site "), "{}", list.out);
    for id in [
        stratus.sandbox.organization_id(),
        stratus.sandbox.department_id(),
    ] {
        assert!(lines[1].contains(id), "{}", list.out);
    }
    let site = &stratus.run(&["--json", "site", "list"]).await.objects()[0];
    assert_eq!(
        site["departments"][0]["id"],
        stratus.sandbox.department_id()
    );
}
