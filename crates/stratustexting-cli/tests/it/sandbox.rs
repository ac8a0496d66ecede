//! `stratus sandbox`

use std::{fs, net::TcpListener};

use serde_json::Value;
use tempfile::TempDir;

use crate::home::{Running, command, empty};

async fn start(folder: &TempDir, arguments: &[&str]) -> (Running, Value) {
    let base = ["sandbox", "--json", "--contacts", "3", "-vv"];
    let mut running = Running::start(command(folder, &[&base[..], arguments].concat()));
    let line = running.out.wait_for("{").await;
    (running, serde_json::from_str(&line).unwrap())
}

fn profiles(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("home/profiles.toml")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_works_at_once_and_stays() {
    let folder = empty();
    let (sandbox, said) = start(&folder, &["--port", "0"]).await;
    assert_eq!(said["profile"], "sandbox");
    assert_eq!(said["is_default"], true);
    let listening = Running::start(command(&folder, &["listen"]));
    let mut listening = listening.listening().await;
    let trigger = command(&folder, &["trigger", "text", "Hello"]);
    Running::start(trigger).end().await.assert_code(0);
    listening.out.wait_for("Hello").await;
    listening.interrupt().await.assert_code(0);
    let done = sandbox.interrupt().await;
    done.assert_code(0);
    let before = profiles(&folder);
    assert!(before.contains("[profiles.sandbox]"));
    for secret in ["client_secret", "api_key"] {
        let line = before
            .lines()
            .find(|line| line.starts_with(secret))
            .unwrap();
        let secret = line.split('"').nth(1).unwrap();
        assert!(!done.out.contains(secret) && !done.err.contains(secret));
    }

    // Another port and other credentials, with the same profile.
    let (again, said) = start(&folder, &["--port", "0", "--seed", "7"]).await;
    let now = profiles(&folder);
    assert!(now.contains(said["control_url"].as_str().unwrap()));
    assert_ne!(now, before);
    let listening = Running::start(command(&folder, &["listen"]));
    listening.listening().await.interrupt().await.assert_code(0);
    again.signal("-TERM");
    again.end().await.assert_code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_accounts_profile_stays_as_it_is() {
    let folder = empty();
    fs::create_dir(folder.path().join("home")).unwrap();
    let live = "[profiles.live]\nclient_id = \"id\"\n";
    fs::write(folder.path().join("home/profiles.toml"), live).unwrap();

    let (sandbox, said) = start(&folder, &["--port", "0"]).await;
    assert_eq!(said["is_default"], false);
    // It was the default one because it was the only one.
    assert!(profiles(&folder).contains("default = \"live\""));
    let wrong = command(&folder, &["sandbox", "--port", "0", "--profile", "live"]);
    let wrong = Running::start(wrong).end().await;
    assert!(
        wrong.assert_code(2).err.contains("--profile"),
        "{}",
        wrong.err
    );
    assert!(profiles(&folder).contains("client_id = \"id\""));
    sandbox.interrupt().await.assert_code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_what_to_try() {
    let folder = empty();
    let mut running = Running::start(command(&folder, &["sandbox", "--profile", "mine"]));
    running
        .out
        .wait_for("See it, and answer as the customer: http://127.0.0.1:")
        .await;
    running.out.wait_for("stratus listen ").await;
    running.out.wait_for("stratus trigger text \"Hello\"").await;
    running.err.wait_for("Ctrl-C").await;
    running.interrupt().await.assert_code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_replaced_unless_it_was_asked_for() {
    let folder = empty();
    // Whoever else has it serves the test as well.
    let _taken = TcpListener::bind("127.0.0.1:8401");
    let (running, said) = start(&folder, &[]).await;
    assert!(!said["control_url"].as_str().unwrap().contains(":8401/"));
    let done = running.interrupt().await;
    assert!(
        done.assert_code(0).err.contains("8401 is taken"),
        "{}",
        done.err
    );

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let wrong = command(&folder, &["sandbox", "--port", &port]);
    let wrong = Running::start(wrong).end().await;
    assert!(wrong.assert_code(2).err.contains(&port), "{}", wrong.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_home_it_says_what_to_set() {
    let folder = empty();
    let mut sandbox = command(&folder, &["sandbox", "--port", "0"]);
    sandbox.env_clear().env("STRATUS_HOME", "/dev/null/none");
    let done = Running::start(sandbox).end().await;
    done.assert_code(3);
}
