//! `cargo xtask refresh`: its arguments and its manners. What it does is tested in
//! `stratustexting-spec`.

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
fn what_is_kept_gives_the_document_and_nothing_is_written() {
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

/// Paths are the shell's, wherever in the workspace that is.
#[test]
fn relative_paths_are_those_of_the_shell() {
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
fn a_wrong_use_ends_in_one_error() {
    for (arguments, said) in [
        (["--brand", "nobody"], "no brand is called nobody"),
        (["--from", "http://docs.example"], "a site has to be https"),
        (["--from", "nowhere"], "llms.txt: cannot be read"),
    ] {
        let ended = refresh(Path::new("."), &arguments);

        assert_eq!(ended.code, 1, "{arguments:?}");
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}
