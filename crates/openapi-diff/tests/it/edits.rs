//! Documents, edits of documents, and the table of expectations.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

/// A document of some size: the one of this workspace.
pub(crate) fn openapi() -> Value {
    read(&package().join("../../openapi.json"))
}

/// The test document: small, with one of each thing that can change.
pub(crate) fn things() -> Value {
    read(&fixture("things.json"))
}

fn fixture(name: &str) -> PathBuf {
    package().join("tests/fixtures").join(name)
}

/// This package's folder; the tests of another package use these files, too.
fn package() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .unwrap()
        .join(if package.ends_with("xtask") {
            "crates/openapi-diff"
        } else {
            "openapi-diff"
        })
}

pub(crate) fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// One row of the table of expectations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) id: String,
    /// The document that is changed; the small one if it has no name.
    #[serde(default)]
    pub(crate) on: Option<String>,
    /// The published rules behind the expectation.
    pub(crate) source: String,
    /// Edits that are made to both documents first.
    #[serde(default)]
    pub(crate) before: Vec<Edit>,
    pub(crate) edit: Vec<Edit>,
    /// What the change means.
    pub(crate) class: String,
    /// The rule under which it is listed; `None` if it is no change.
    pub(crate) rule: Option<String>,
    /// The operations that it reaches.
    #[serde(default)]
    pub(crate) reaches: Option<Vec<String>>,
    /// Why the expectation differs from that of the tools.
    #[serde(default)]
    pub(crate) note: Option<String>,
}

impl Row {
    /// The old document and the new one.
    pub(crate) fn documents(&self) -> (Value, Value) {
        let mut old = match self.on.as_deref() {
            None => things(),
            Some("openapi.json") => openapi(),
            Some(other) => panic!("{} is on {other}", self.id),
        };
        self.before.iter().for_each(|edit| edit.apply(&mut old));
        let mut new = old.clone();
        self.edit.iter().for_each(|edit| edit.apply(&mut new));
        (old, new)
    }
}

/// The table of expectations.
pub(crate) fn table() -> Vec<Row> {
    serde_json::from_value(read(&fixture("changes.json"))).unwrap()
}

/// A small change of a document.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Edit {
    /// Sets the value at the pointer.
    Set { set: String, value: Value },
    /// Appends a value to the list at the pointer.
    Add { add: String, value: Value },
    /// Removes the value at the pointer.
    Remove { remove: String },
    /// Renames the member at the pointer.
    Rename { rename: String, to: String },
}

impl Edit {
    pub(crate) fn apply(&self, document: &mut Value) {
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

/// The object or list that contains the last segment of a pointer, and that segment.
fn holder<'a>(document: &'a mut Value, pointer: &str) -> (&'a mut Value, String) {
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    let value = document.pointer_mut(holder);
    let value = value.unwrap_or_else(|| panic!("no {holder}"));
    (value, key.replace("~1", "/").replace("~0", "~"))
}

/// The rules that a result lists, in order.
pub(crate) fn rules(outcome: &Value) -> Vec<&str> {
    let changes = outcome["changes"].as_array().unwrap().iter();
    changes
        .map(|change| change["rule"].as_str().unwrap())
        .collect()
}
