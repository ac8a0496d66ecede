//! `cargo xtask refresh`: its arguments and its errors. `stratustexting-spec` has the
//! tests of what it does.

use std::{path::Path, process::Command};

struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

fn refresh(folder: &Path, arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("refresh")
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
        .current_dir(folder)
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_kept_pages_give_the_document_and_nothing_is_written() {
    let ended = refresh(Path::new("."), &["--check"]);

    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert!(
        ended
            .stdout
            .contains("openapi.json is what these pages give"),
        "{}",
        ended.stdout
    );
}

/// Relative paths start at the shell's folder, wherever that is.
#[test]
fn relative_paths_start_at_the_shells_folder() {
    let folder = tempfile::tempdir().unwrap();
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/stratustexting-spec/pages");
    let link = folder.path().join("here");
    std::fs::create_dir(&link).unwrap();
    for entry in std::fs::read_dir(pages).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), link.join(entry.file_name())).unwrap();
    }

    let ended = refresh(
        folder.path(),
        &["--check", "--from", "here", "--report", "report.md"],
    );

    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert!(folder.path().join("report.md").is_file());
}

#[test]
fn wrong_usage_is_one_error() {
    for (arguments, text) in [
        (["--brand", "nobody"], "no brand is called nobody"),
        (["--from", "http://docs.example"], "a site must be https"),
        (["--from", "nowhere"], "llms.txt: cannot be read"),
    ] {
        let ended = refresh(Path::new("."), &arguments);

        assert_eq!(ended.code, 1, "{arguments:?}");
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}
