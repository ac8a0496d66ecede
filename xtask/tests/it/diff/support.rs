//! Documents, edits of documents, and the program.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use serde::Deserialize;
use serde_json::Value;

/// The vendored document.
pub(super) fn openapi() -> Value {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json"))
}

/// The document of the tests: small, with one of each thing that can change.
pub(super) fn things() -> Value {
    read(&fixture("things.json"))
}

pub(super) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// One row of the referee's table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) id: String,
    /// The document that is changed: the small one, unless it is named.
    #[serde(default)]
    pub(super) on: Option<String>,
    /// The published rules that the expectation comes from.
    pub(super) source: String,
    /// What both documents have that the document itself hasn't.
    #[serde(default)]
    pub(super) before: Vec<Edit>,
    pub(super) edit: Vec<Edit>,
    /// What the change means on the wire.
    pub(super) wire: String,
    /// What it means altogether, with the Rust client.
    pub(super) class: String,
    /// The rule under which it is listed; none where it is no change at all.
    pub(super) rule: Option<String>,
    /// The operations that it reaches.
    #[serde(default)]
    pub(super) reaches: Option<Vec<String>>,
    /// Why the expectation isn't that of the tools, or why Rust's is another than the
    /// wire's.
    #[serde(default)]
    pub(super) note: Option<String>,
}

/// The referee's table.
pub(super) fn table() -> Vec<Row> {
    serde_json::from_value(read(&fixture("changes.json"))).unwrap()
}

/// A small change of a document.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Edit {
    /// Puts a value where the pointer says, in place of what is there.
    Set { set: String, value: Value },
    /// Puts a value at the end of the list that the pointer says.
    Add { add: String, value: Value },
    /// Takes away what the pointer says.
    Remove { remove: String },
    /// Gives the member that the pointer says another key.
    Rename { rename: String, to: String },
}

impl Edit {
    pub(super) fn apply(&self, document: &mut Value) {
        match self {
            Self::Set { set, value } => {
                let (holder, key) = holder(document, set);
                match holder {
                    Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
                    holder => holder[key] = value.clone(),
                }
            }
            Self::Add { add, value } => {
                let list = document
                    .pointer_mut(add)
                    .unwrap_or_else(|| panic!("no {add}"));
                list.as_array_mut().unwrap().push(value.clone());
            }
            Self::Remove { remove } => {
                let (holder, key) = holder(document, remove);
                match holder {
                    Value::Array(items) => drop(items.remove(key.parse().unwrap())),
                    holder => drop(holder.as_object_mut().unwrap().remove(&key).unwrap()),
                }
            }
            Self::Rename { rename, to } => {
                let (holder, key) = holder(document, rename);
                let holder = holder.as_object_mut().unwrap();
                let value = holder.remove(&key).unwrap_or_else(|| panic!("no {rename}"));
                assert!(holder.insert(to.clone(), value).is_none(), "{to} is there");
            }
        }
    }
}

/// The object or list that has the last segment of a pointer, and that segment.
fn holder<'a>(document: &'a mut Value, pointer: &str) -> (&'a mut Value, String) {
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    let value = document.pointer_mut(holder);
    let value = value.unwrap_or_else(|| panic!("no {holder}"));
    (value, key.replace("~1", "/").replace("~0", "~"))
}

/// How the program ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs `xtask diff` in a directory, as if that were the workspace.
pub(super) fn diff(workspace: &Path, arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("diff")
        .args(arguments)
        .current_dir(workspace)
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
pub(super) fn diff_of(old: &Value, new: &Value, arguments: &[&str]) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "old.json", old);
    write(directory.path(), "new.json", new);
    diff(
        directory.path(),
        &[&["old.json", "new.json"], arguments].concat(),
    )
}

pub(super) fn write(directory: &Path, name: &str, document: &Value) {
    fs::write(directory.join(name), document.to_string()).unwrap();
}

/// The outcomes as JSON, of many new documents against one old one. They are spread over
/// the machine's cores, and the old document is read once for each of a few runs.
pub(super) fn outcomes(old: &Value, new: &[Value]) -> Vec<Value> {
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

/// The rules that an outcome lists, in its order.
pub(super) fn rules(outcome: &Value) -> Vec<&str> {
    let changes = outcome["changes"].as_array().unwrap().iter();
    changes
        .map(|change| change["rule"].as_str().unwrap())
        .collect()
}
