//! The bodies that are mutated: the SDK's fixtures, each for every way to read it.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use stratustexting::api::Operation;

use crate::{
    tree::{Form, Node, ReadAs},
    view::MODEL,
    ways::{Arrived, ModelKind, Way},
};

/// A body, and what arrives from it unchanged.
#[derive(Debug)]
pub(crate) struct Seed {
    /// The fixture.
    pub(crate) name: String,
    pub(crate) way: Way,
    pub(crate) root: Node,
    /// What arrives from it unchanged; `None` if it is rejected, like an object without
    /// any of the data.
    pub(crate) before: Option<Arrived>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    model: String,
    payload: Value,
}

#[derive(Deserialize)]
struct OperationFixture {
    operation: String,
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    body: Value,
}

#[derive(Deserialize)]
struct Drift {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    method: String,
    path: String,
    status: u16,
    body: String,
}

/// Reads every fixture of a body that the service sends and the SDK reads.
pub(crate) fn all() -> anyhow::Result<Vec<Seed>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stratustexting/tests/fixtures");
    let mut seeds = Vec::new();
    for folder in ["payloads", "payloads/lenient"] {
        for (name, fixture) in folder_of::<Payload>(&fixtures, folder)? {
            // The others are requests and errors, which aren't read as models.
            if let Some(kind) = ModelKind::named(&fixture.model) {
                for way in kind.ways() {
                    seeds.extend(Seed::new(&name, way, &fixture.payload));
                }
            }
        }
    }
    for (name, call) in folder_of::<OperationFixture>(&fixtures, "operations")? {
        if let Some(way) = way_of(Operation::find(&call.operation)) {
            seeds.extend(Seed::new(&name, way, &call.response.body));
        }
    }
    let drift: Drift = parse(&fixtures.join("drift.json"))?;
    for case in drift.cases.iter().filter(|case| case.status < 300) {
        let way = match case.path.as_str() {
            "(callback)" => Some(Way::Event),
            path => way_of(Operation::at(&case.method, path)),
        };
        // Some describe a series, and some aren't JSON before they are repaired.
        let body = serde_json::from_str(case.body.trim_start_matches('\u{feff}'));
        if let (Some(way), Ok(body)) = (way, body) {
            seeds.extend(Seed::new(&format!("drift.json#{}", case.id), way, &body));
        }
    }
    ensure!(seeds.len() > 100, "the fixtures have moved");
    Ok(seeds)
}

fn way_of(operation: Option<&'static Operation>) -> Option<Way> {
    let operation = operation?;
    Some(ModelKind::of(operation)?.way(operation))
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("can't understand {}", path.display()))
}

/// The fixtures of a folder by name, in the same order on every machine.
fn folder_of<T: serde::de::DeserializeOwned>(
    fixtures: &Path,
    folder: &str,
) -> anyhow::Result<Vec<(String, T)>> {
    let path = fixtures.join(folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).with_context(|| format!("can't list {}", path.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if Path::new(&name)
            .extension()
            .is_some_and(|ext| ext == "json")
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    let read = |name: String| Ok((format!("{folder}/{name}"), parse(&path.join(name))?));
    names.into_iter().map(read).collect()
}

impl Seed {
    fn new(name: &str, way: Way, body: &Value) -> Option<Self> {
        let body = match way {
            Way::Page(..) => page(body)?,
            _ => body.clone(),
        };
        let before = way.read(body.to_string().into_bytes());
        let mut root = Node::of(&body);
        match (&before, way) {
            (Some(before), Way::Event) if body.is_object() => {
                root.origin = Some(0);
                annotate(&mut root, &before.view[0]);
            }
            (Some(before), _) => {
                if before.view.is_object() && root.len() == 1 && body.is_array() {
                    root = around(root);
                }
                annotate(&mut root, &before.view);
            }
            (None, _) => {}
        }
        if matches!(way, Way::Page(..)) {
            root.read_as = ReadAs::Other;
        }
        Some(Self {
            name: name.to_owned(),
            way,
            root,
            before,
        })
    }
}

/// A page with its items under `content`, so that every envelope is possible.
fn page(body: &Value) -> Option<Value> {
    match body {
        Value::Array(_) => Some(json!({"content": body})),
        Value::Object(fields) if !fields.contains_key("content") => {
            let mut fields = fields.clone();
            if let Some(items) = fields.remove("data") {
                fields.insert("content".to_owned(), items);
            }
            Some(fields.into())
        }
        Value::Object(_) => Some(body.clone()),
        _ => None,
    }
}

/// A list of one item that is read as that item.
fn around(mut list: Node) -> Node {
    if let Form::List(items) = &mut list.form
        && let Some(item) = items.pop()
    {
        list.form = Form::Around(Box::new(item));
    }
    list
}

/// Notes how each value is read.
fn annotate(node: &mut Node, view: &Value) {
    match (&mut node.form, view) {
        (Form::Around(inner), _) => annotate(inner, view),
        (Form::Object(entries), Value::Object(fields)) => {
            if !fields.contains_key(MODEL) {
                return;
            }
            node.read_as = ReadAs::Model;
            for entry in entries {
                let Some(view) = fields.get(&entry.key) else {
                    continue;
                };
                // An event's time is UNKNOWN, and recipients have many shapes.
                let free = matches!(entry.key.as_str(), "timestamp" | "to");
                if view.is_string() && !free && matches!(entry.node.form, Form::Scalar { .. }) {
                    entry.node.read_as = ReadAs::Text;
                } else {
                    annotate(&mut entry.node, view);
                }
            }
        }
        (Form::List(items), Value::Array(views)) => {
            if items.len() == views.len() {
                for (item, view) in items.iter_mut().zip(views) {
                    annotate(item, view);
                }
            } else {
                node.read_as = ReadAs::Unaligned;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_fixture_is_used() {
        let seeds = all().unwrap();

        for (name, way) in [
            ("payloads/contact.json", "from_slice::<Contact>"),
            ("payloads/contact.json", "upsertContact"),
            (
                "payloads/lenient/page-of-messy-items.json",
                "listSubscriptions",
            ),
            (
                "payloads/webhook-message-inbound.json",
                "Event::all_from_slice",
            ),
            ("operations/sendMms.json", "sendMms"),
            ("drift.json#envelope-array", "listContacts"),
            ("drift.json#event-batch", "Event::all_from_slice"),
        ] {
            let seed = seeds
                .iter()
                .find(|seed| seed.name == name && seed.way.name() == way);
            assert!(
                seed.is_some_and(|seed| seed.before.is_some()),
                "{name}: {way}"
            );
        }
    }
}
