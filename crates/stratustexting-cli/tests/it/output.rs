//! What programs behind a pipe see.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::Command,
    sync::Arc,
    time::{Duration, SystemTime},
};

use stratustexting_sandbox::{Commit, Fault, Sandbox};

use crate::stratus::Stratus;

/// Reads a line, and those after it until there are enough, and goes away, as `head` does.
async fn first_line(
    mut command: Command,
    enough: impl Fn() -> bool + Send + 'static,
) -> (i32, String, String) {
    let mut child = command.spawn().unwrap();
    drop(child.stdin.take());
    let read = tokio::task::spawn_blocking(move || {
        let mut out = BufReader::with_capacity(64, child.stdout.take().unwrap());
        let (mut line, mut err) = (String::new(), String::new());
        out.read_line(&mut line).unwrap();
        while !enough() {
            let mut next = String::new();
            assert!(out.read_line(&mut next).unwrap() > 0, "never enough");
        }
        drop(out);
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        (child.wait().unwrap().code().unwrap(), line, err)
    });
    read.await.unwrap()
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_ends_a_list_quietly() {
    let stratus = Stratus::new().await;
    for (arguments, line) in [
        (&["contact", "list"][..], "number        "),
        (&["contact", "export"], "mobile_number,"),
        (&["--json", "contact", "list"], "{\""),
        (&["--json", "contact", "export"], "{\""),
    ] {
        stratus.requests();
        let (code, first, err) = first_line(stratus.command(arguments), || true).await;
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        assert!(first.starts_with(line), "{first}");
        // All 1,000 are on 50 pages.
        let pages = stratus.requests().len();
        assert!((1..25).contains(&pages), "{pages} pages");
    }
}

/// A login that can be renewed once: the token that comes last must not be lost.
#[tokio::test]
async fn a_renewal_is_kept_although_the_reader_has_gone() {
    let builder = Sandbox::builder().rotate_refresh_tokens(true);
    let stratus = Arc::new(Stratus::of(builder).await);
    stratus.log_in_as_person("shop").await;
    let path = stratus.path("home/tokens/shop.json");
    let read = || -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap()
    };
    // So close to its end that it is renewed while the old one is still used.
    let soon = SystemTime::now() + Duration::from_secs(60);
    let soon = soon.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let soon = u64::try_from(soon.as_millis()).unwrap();
    let mut token = read();
    token["expires_at"] = soon.into();
    token["obtained_at"] = (soon - 3_600_000).into();
    fs::write(&path, token.to_string()).unwrap();
    stratus.sandbox.clear_ledger();
    // Longer than the next page takes, and the service has renewed it by then.
    let late = Fault::respond_late(Duration::from_millis(500), Commit::After);
    stratus.sandbox.fail_next("token", late);

    let seen = Arc::clone(&stratus);
    let is_renewing = move || {
        let ledger = seen.sandbox.ledger();
        let mut operations = ledger.iter().map(|entry| entry.operation.as_deref());
        operations.any(|operation| operation == Some("token"))
    };
    let list = stratus.at_home(&["contact", "list"]);
    let (code, _, err) = first_line(list, is_renewing).await;

    assert_eq!((code, err.as_str()), (0, ""));
    let used = stratus.requests();
    assert!(used.len() < 50, "the list didn't end early: {}", used.len());
    assert_ne!(read()["refresh_token"], token["refresh_token"]);
    let check = stratus.run_at_home(&["whoami", "--check"]).await;
    check.assert_code(0);
}
