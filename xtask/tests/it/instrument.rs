//! `cargo xtask faults` and the other instruments: their arguments.

use std::{fs, path::Path, process::Command};

/// A workspace whose instrument only writes a file.
fn workspace(root: &Path) {
    let package = root.join("bench");
    fs::create_dir_all(package.join("src/bin")).unwrap();
    fs::write(
        root.join("Cargo.toml"),
        "[workspace]\nmembers = [\"bench\"]\nresolver = \"3\"\n",
    )
    .unwrap();
    fs::write(
        root.join("Cargo.lock"),
        "version = 4\n\n[[package]]\nname = \"stratustexting-bench\"\nversion = \"0.0.0\"\n",
    )
    .unwrap();
    fs::write(
        package.join("Cargo.toml"),
        "[package]\nname = \"stratustexting-bench\"\nedition = \"2024\"\n",
    )
    .unwrap();
    fs::write(
        package.join("src/bin/faults.rs"),
        "fn main() { std::fs::write(std::env::args().nth(2).unwrap(), \"\").unwrap() }",
    )
    .unwrap();
}

#[test]
fn relative_paths_start_at_the_shells_folder() {
    let root = tempfile::tempdir().unwrap();
    workspace(root.path());
    let shell = tempfile::tempdir().unwrap();

    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["faults", "--trace", "trace.txt"])
        .env("CARGO_MANIFEST_DIR", root.path().join("xtask"))
        .env("CARGO_TARGET_DIR", "built")
        .current_dir(shell.path())
        .output()
        .unwrap();

    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(shell.path().join("trace.txt").is_file());
    assert!(shell.path().join("built/release").is_dir());
}
