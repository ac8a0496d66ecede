//! The commands in README and docs, as they are written there, in a folder without a profile.

use std::{fs, path::Path};

use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    home::{Running, empty},
    receiver::Receiver,
};

/// The lines of the blocks of `sh`. Others are of other languages, or say why they aren't run.
fn commands(page: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(page);
    let text = fs::read_to_string(path).unwrap();
    let mut commands = Vec::new();
    let mut is_shell = false;
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("```") {
            Some(language) => is_shell = language == "sh",
            None if is_shell && !line.is_empty() => commands.push(line.to_owned()),
            None => {}
        }
    }
    commands
}

/// A shell that finds the program, with a home of its own.
fn shell(folder: &TempDir, line: &str, hook: &str) -> std::process::Command {
    let program = Path::new(env!("CARGO_BIN_EXE_stratus"));
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut shell = std::process::Command::new("/bin/sh");
    shell
        // The shell becomes the program, so that it is the one that is ended.
        .args(["-c", &format!("exec {line}")])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .env("HOOK", hook)
        .env("STRATUS_HOME", folder.path().join("home"));
    shell
}

/// Runs the lines one after the other; those that go on until they are ended, beside the others.
/// Returns these with what the others have printed.
async fn run(folder: &TempDir, lines: &[String], hook: &str) -> (Vec<Running>, String) {
    let mut beside = Vec::new();
    let mut printed = String::new();
    for line in lines {
        let command = Running::start(shell(folder, line, hook));
        if line.starts_with("stratus sandbox") {
            let mut command = command;
            command.err.wait_for("Ctrl-C").await;
            beside.push(command);
        } else if line.starts_with("stratus listen") {
            beside.push(command.listening().await);
        } else {
            let done = command.end().await;
            assert_eq!(done.code, 0, "{line}: {}{}", done.out, done.err);
            printed += &done.out;
        }
    }
    (beside, printed)
}

/// As somebody would who has just built the program, in the README's order.
#[tokio::test(flavor = "multi_thread")]
async fn the_three_commands_of_the_readme_show_a_text() {
    let lines: Vec<_> = commands("README.md")
        .into_iter()
        .filter(|line| {
            let first = ["stratus sandbox", "stratus listen", "stratus trigger"];
            first.iter().any(|first| line.starts_with(first))
        })
        .map(|line| line.split('#').next().unwrap().trim().to_owned())
        .collect();
    assert_eq!(
        lines,
        [
            "stratus sandbox",
            "stratus listen",
            "stratus trigger text \"Hello\""
        ]
    );
    let folder = empty();

    let (mut beside, _) = run(&folder, &lines, "").await;

    beside[1].out.wait_for("Hello").await;
    let ended = beside.pop().unwrap().interrupt().await;
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
    ended.assert_code(0);
    beside.pop().unwrap().interrupt().await.assert_code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_automation_of_the_page_gets_the_text() {
    let folder = empty();
    let mut hook = Receiver::start(&[]).await;
    let url = hook.url.clone();
    // The replays find what the listener has handed on.
    let lines = commands("docs/zapier.md");
    let (replays, before): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line.starts_with("stratus replay"));
    assert_eq!((before.len(), replays.len()), (3, 2));

    let (beside, _) = run(&folder, &before, &url).await;
    let first = hook.next().await;
    let (_, printed) = run(&folder, &replays, &url).await;
    let again = hook.next().await;

    assert_eq!(first.body["message"]["text"], "Is it ready?");
    assert_eq!(first.body, again.body);
    assert!(again.headers.contains_key("stratus-event-replay"));
    assert!(printed.contains("inbound message"), "{printed}");
    drop(beside);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_for_postman_shows_what_it_says() {
    let folder = empty();
    // The page has a port so that it can name URLs; a test takes a free one.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let has_curl = Command::new("curl").arg("--version").output().await.is_ok();
    let help = Running::start(shell(&folder, "stratus --help", ""))
        .end()
        .await;
    let has_api = help.out.contains(" api,");
    let lines: Vec<_> = commands("docs/postman.md")
        .into_iter()
        .map(|line| line.replace("8401", &port))
        .filter(|line| has_curl || !line.starts_with("curl"))
        .filter(|line| has_api || !line.starts_with("stratus api"))
        .collect();
    assert_eq!(
        lines.len(),
        2 + usize::from(has_curl) + usize::from(has_api)
    );

    let (beside, printed) = run(&folder, &lines, "").await;

    assert!(printed.contains("message_id"), "{printed}");
    assert!(!has_api || printed.contains("mobileNumber"), "{printed}");
    for name in ["api_base", "client_secret", "number"] {
        assert!(!has_curl || printed.contains(name), "{name}");
    }
    drop(beside);
}
