//! The program, and a client in another language that knows only the URLs.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use stratustexting_sandbox::Dialect;

use crate::support::{Api, fetch, http};

pub(crate) struct Program(pub(crate) Child);

impl Program {
    /// Starts it and reads its first line.
    pub(crate) fn start(arguments: &[&str]) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stratustexting-sandbox"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        (Self(child), line)
    }
}

/// The signals follow the line as closely as possible, and many times, since there must be
/// no gap in which a signal is lost.
#[cfg(unix)]
#[test]
fn the_program_stops_cleanly_by_a_signal_right_after_it_has_printed_its_urls() {
    use rustix::process::{Pid, Signal, kill_process};

    for round in 0..20 {
        for signal in [Signal::TERM, Signal::INT] {
            let (mut program, line) = Program::start(&["--json", "--contacts", "0"]);
            kill_process(Pid::from_child(&program.0), signal).unwrap();
            let status = program.0.wait().unwrap();

            assert!(line.starts_with('{'), "{line}");
            assert_eq!(
                status.code(),
                Some(0),
                "{signal:?}, round {round}: {status}"
            );
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_prints_its_urls_in_one_line() {
    let (_program, line) = Program::start(&["--port", "0", "--seed", "7", "--json"]);

    let settings: Value = serde_json::from_str(&line).unwrap();
    for key in ["api_base", "authorize_url", "token_url", "control_url"] {
        let url = settings[key].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{key}: {url}");
    }
    for key in ["client_id", "client_secret", "api_key", "number"] {
        assert!(!settings[key].as_str().unwrap().is_empty(), "{key}");
    }
    let (_other, again) = Program::start(&["--port", "0", "--seed", "7", "--json"]);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["client_secret"], settings["client_secret"]);
}

/// Standard output has the URLs alone, for whoever reads them.
#[test]
fn the_program_warns_if_other_machines_may_connect() {
    for (host, warns) in [("0.0.0.0", true), ("127.0.0.1", false)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stratustexting-sandbox"))
            .args(["--json", "--contacts=0", "--host", host])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        child.kill().unwrap();
        let errors = child.wait_with_output().unwrap().stderr;
        let errors = String::from_utf8(errors).unwrap();

        let settings: Value = serde_json::from_str(&line).unwrap();
        let url = settings["api_base"].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        assert_eq!(errors.starts_with("warning: "), warns, "{errors}");
        assert_eq!(errors.contains("no protection"), warns, "{errors}");
    }
}

#[test]
fn the_program_without_json_prints_text() {
    let (_program, line) = Program::start(&["--contacts", "1"]);

    assert!(line.starts_with("The sandbox is running"), "{line}");
}

#[test]
fn the_program_responds_in_the_dialect_of_a_seed() {
    let (_program, line) = Program::start(&["--json", "--contacts", "1", "--dialect-seed", "7"]);
    let settings: Value = serde_json::from_str(&line).unwrap();
    let url = format!("{}/dialect", settings["control_url"].as_str().unwrap());

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_, shown) = runtime.block_on(fetch(http().get(url)));

    let drawn = Dialect::from_seed(7).to_string();
    assert_eq!(shown["differences"], drawn);
}

#[test]
fn invalid_settings_end_the_program() {
    for arguments in [
        ["--without-operation", "none"],
        ["--redirect-uri", "http://example.com/"],
        ["--max-page-size", "0"],
        ["--max-url", "0"],
        ["--missing-scope", "404"],
        ["--callback-ca", "/nowhere/ca.pem"],
        ["--allow-origin", "localhost"],
        ["--host", "sandbox"],
        ["--allow-host", "sandbox:8080"],
        ["--delivery-attempts", "0"],
        ["--repeated-deliveries", "2"],
        ["--delivery-order", "sorted"],
    ] {
        let program = Command::new(env!("CARGO_BIN_EXE_stratustexting-sandbox"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(!program.status.success(), "{arguments:?}");
        assert!(!program.stderr.is_empty());
    }
}

#[tokio::test]
async fn every_flag_sets_its_setting() {
    let (_program, line) = Program::start(&[
        "--json",
        "--contacts=0",
        "--max-url=9000",
        "--missing-scope=401",
        "--allow-machine-subscriptions",
        "--multisite",
        "--integration-timeout=1005",
        "--subscription-lifetime=1006",
        "--delivery-backoff=2.5",
        "--most-delivery-wait=1007",
        "--delivery-timeout=1001",
        "--delivery-attempts=4",
        "--delivery-wait=1002",
        "--deliveries-at-a-time=5",
        "--delivery-order=shuffled",
        "--shuffled-events=6",
        "--shuffled-within=1003",
        "--repeated-deliveries=0.25",
        "--late-deliveries=0.5",
        "--late-by=1004",
        "--suspend-after=7",
        "--allow-origin=http://localhost:5173",
        "--host=127.0.0.1",
        "--allow-host=sandbox",
    ]);
    let settings: Value = serde_json::from_str(&line).unwrap();
    let url = format!("{}/settings", settings["control_url"].as_str().unwrap());

    let response = http().get(url).header("origin", "http://localhost:5173");
    let response = response.header("host", "sandbox:8080");
    let response = response.send().await.unwrap();

    assert!(
        response
            .headers()
            .contains_key("access-control-allow-origin")
    );
    let settings: Value = response.json().await.unwrap();
    let expected = json!({
        "max_url": 9000,
        "missing_scope": 401,
        "allow_machine_subscriptions": true,
        "multisite": true,
        "integration_timeout_milliseconds": 1005,
        "subscription_lifetime_seconds": 1006,
        "deliveries": {
            "timeout_milliseconds": 1001,
            "attempts": 4,
            "wait_milliseconds": 1002,
            "wait_factor": 2.5,
            "most_wait_milliseconds": 1007,
            "at_a_time": 5,
            "order": "shuffled",
            "shuffled_events": 6,
            "shuffled_milliseconds": 1003,
            "repeated": 0.25,
            "late": 0.5,
            "late_milliseconds": 1004,
            "suspend_after": 7,
        },
    });
    assert_eq!(settings, expected);
}

#[tokio::test]
async fn the_defaults_of_the_program_are_those_of_the_library() {
    let (_program, line) = Program::start(&["--json", "--contacts=0"]);
    let settings: Value = serde_json::from_str(&line).unwrap();
    let url = format!("{}/settings", settings["control_url"].as_str().unwrap());
    let (_, program) = fetch(http().get(url)).await;

    let api = Api::start().await;
    let (_, library) = api.control("GET", "/settings", Value::Null).await;

    assert_eq!(program, library);
}

/// Runs `client.py` against the program. Without Python the test is skipped with a message;
/// if the variable is set, as in CI, it fails.
#[test]
fn a_program_in_another_language_works_with_only_the_urls_changed() {
    let python = Command::new("python3").arg("--version").output();
    if python.is_err() {
        let required = std::env::var_os("STRATUSTEXTING_REQUIRE_PYTHON").is_some();
        assert!(!required, "there is no python3");
        eprintln!("skipped: there is no python3");
        return;
    }
    let (_program, line) = Program::start(&["--json", "--contacts", "45"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/client.py");

    let mut client = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    client
        .stdin
        .take()
        .unwrap()
        .write_all(line.as_bytes())
        .unwrap();
    let output = client.wait_with_output().unwrap();

    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "done");
}
