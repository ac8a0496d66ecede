//! Runs the program, and compares its manifest.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::{fs, path::Path, process::Command};

#[test]
fn a_small_program_sends_pages_logs_in_and_receives() {
    let output = Command::new(env!("CARGO_BIN_EXE_program"))
        .output()
        .unwrap();

    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        printed.lines().collect::<Vec<_>>(),
        [
            "logged in: true",
            "sent: accepted",
            "contacts: 1000",
            "received: I am on my way.",
        ]
    );
}

/// A crate that is added here, every user of the SDK must add.
#[test]
fn it_needs_no_other_crates_in_its_manifest() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();

    let tables = manifest.split("\n[").map(|table| {
        let (name, lines) = table.split_once("]\n").unwrap_or(("", table));
        (name.trim_start_matches('['), lines)
    });
    let dependencies: Vec<&str> = tables
        .filter(|(name, _)| name.contains("dependencies"))
        .flat_map(|(_, lines)| lines.lines())
        .filter_map(|line| line.split(['=', '.']).next())
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect();

    let needed = ["axum", "stratustexting", "stratustexting-sandbox", "tokio"];
    assert_eq!(dependencies, needed);
}
