//! Runs the program.

use std::{fs, path::Path, process::Command, thread};

use serde_json::Value;

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `xtask diff` in a directory, as if that were the workspace.
pub(crate) fn diff(workspace: &Path, arguments: &[&str]) -> Ended {
    diff_in(workspace, workspace, arguments)
}

/// Runs `xtask diff` in a folder, for a workspace.
pub(crate) fn diff_in(folder: &Path, workspace: &Path, arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("diff")
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_MANIFEST_DIR", workspace.join("xtask"))
        // A test may itself run within git, as a hook does.
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it on two documents.
pub(crate) fn diff_of(old: &Value, new: &Value, arguments: &[&str]) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "old.json", old);
    write(directory.path(), "new.json", new);
    diff(
        directory.path(),
        &[&["old.json", "new.json"], arguments].concat(),
    )
}

pub(crate) fn write(directory: &Path, name: &str, document: &Value) {
    fs::write(directory.join(name), document.to_string()).unwrap();
}

/// The results as JSON, of many new documents against one old one. They are spread over
/// the processors, and the old document is read once per run.
pub(crate) fn outcomes(old: &Value, new: &[Value]) -> Vec<Value> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = new.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let runs: Vec<_> = new
            .chunks(share)
            .map(|part| scope.spawn(move || batch(old, part)))
            .collect();
        let outcomes = runs.into_iter().flat_map(|run| run.join().unwrap());
        outcomes.collect()
    })
}

fn batch(old: &Value, new: &[Value]) -> Vec<Value> {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "old.json", old);
    let names: Vec<String> = (0..new.len())
        .map(|index| format!("{index}.json"))
        .collect();
    for (name, document) in names.iter().zip(new) {
        write(directory.path(), name, document);
    }
    let mut arguments = vec!["--format", "json", "old.json"];
    arguments.extend(names.iter().map(String::as_str));
    let ended = diff(directory.path(), &arguments);
    let outcomes = serde_json::Deserializer::from_str(&ended.stdout).into_iter();
    let outcomes: Vec<Value> = outcomes.map(Result::unwrap).collect();
    assert_eq!(outcomes.len(), new.len(), "{}", ended.stderr);
    outcomes
}
