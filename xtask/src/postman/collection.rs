//! The collection: folders, requests, variables, and what a person has to know first.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde_json::Value;
use stratustexting_codegen::{Document, brands};

use super::{
    authorization,
    call::Call,
    flow::{Flow, Id},
    format::{Auth, Collection, Event, Folder, Info, Item, Setting, Variable, id},
    order::{Entry, arrange},
    request::{Filled, Input, fill, inputs},
    script,
};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// What is said before everything else.
const INTRODUCTION: &str = "\
Made from openapi.json by `cargo xtask postman`. Don't edit it.

Import this file and the environment of your brand, and choose the environment. Fill in \
`client_id`, `client_secret` and `api_key` from the product's screen *API Connect*, get a \
token in the folder *Authorization*, and send what you like. The folders are in an order in \
which a run from the top works: requests store the ids that later ones need.

What is sent to somebody, such as `to`, is empty until you fill it in. The MMS sends \
`picture.png`, which is beside this file; put it into Postman's working directory.";

/// What the folders of the operations hold, and in which order.
pub(super) struct Plan {
    requests: Vec<Planned>,
    pub(super) variables: BTreeMap<String, Needed>,
}

struct Planned {
    tag: String,
    needs: BTreeSet<String>,
    stores: BTreeSet<String>,
    rank: u8,
    item: Item,
}

/// A variable that requests need, apart from those for credentials and tokens.
#[derive(Debug)]
pub(super) struct Needed {
    /// What stands for it in the document's examples.
    pub(super) example: String,
    pub(super) description: String,
    /// Whether a person has to fill it in: an address, or an id that no answer has.
    pub(super) own: bool,
    /// Whether it is an id, which has no value of its own.
    pub(super) is_id: bool,
}

impl Plan {
    pub(super) fn of(document: &Document, calls: &[Call]) -> anyhow::Result<Self> {
        let flow = Flow::of(document, calls);
        let inputs = inputs(calls, &flow);
        let mut filled = Vec::new();
        for call in calls {
            let request = fill(document, call, &flow, &inputs);
            filled.push(request.with_context(|| format!("operation {}", call.id))?);
        }
        let needs: Vec<BTreeSet<String>> = filled
            .iter()
            .map(|filled| filled.variables.clone())
            .collect();
        let stored = flow.stored(calls, &needs);
        let mut requests = Vec::new();
        let mut storing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (call, filled) in calls.iter().zip(filled) {
            let stored = stored.get(call.id.as_str());
            let stored = stored.map(Vec::as_slice).unwrap_or_default();
            for (id, _) in stored {
                let names = storing.entry(id.variable.clone()).or_default();
                names.push(&call.name);
            }
            requests.push(planned(call, filled, stored));
        }
        let variables = needs
            .into_iter()
            .flatten()
            .collect::<BTreeSet<String>>()
            .into_iter()
            .map(|name| {
                let storing = storing.get(&name).map(Vec::as_slice).unwrap_or_default();
                let variable = variable(inputs.get(&name), storing, flow.is_id(&name));
                (name, variable)
            })
            .collect();
        Ok(Self {
            requests,
            variables,
        })
    }

    /// The folders, a tag each.
    fn folders(self, document: &Document) -> Vec<Folder> {
        let mut tags: Vec<(String, String)> = Vec::new();
        let listed = document.get("/tags").and_then(Value::as_array);
        for tag in listed.into_iter().flatten() {
            let text = |key: &str| tag[key].as_str().unwrap_or_default().to_owned();
            tags.push((text("name"), text("description")));
        }
        for request in &self.requests {
            if !tags.iter().any(|(name, _)| *name == request.tag) {
                tags.push((request.tag.clone(), String::new()));
            }
        }
        let mut requests = self.requests;
        let folders = tags.into_iter().filter_map(|(tag, description)| {
            let (own, others) = requests
                .drain(..)
                .partition::<Vec<_>, _>(|request| request.tag == tag);
            requests = others;
            folder(tag, description, own)
        });
        arrange(folders.collect())
    }
}

fn planned(call: &Call, filled: Filled, stored: &[(&Id, bool)]) -> Planned {
    let rank = match call.method.as_str() {
        "DELETE" => 2,
        "GET" => 1,
        _ if call.path.contains('{') => 1,
        _ => 0,
    };
    Planned {
        tag: call.tag.clone(),
        needs: filled.variables,
        stores: stored.iter().map(|(id, _)| id.variable.clone()).collect(),
        rank,
        item: Item {
            id: call.id.clone(),
            name: call.name.clone(),
            event: vec![Event::test(&script::test(
                &call.successes,
                call.items.as_deref(),
                stored,
            ))],
            request: filled.request,
        },
    }
}

fn folder(tag: String, description: String, requests: Vec<Planned>) -> Option<Entry<Folder>> {
    if requests.is_empty() {
        return None;
    }
    let stores: BTreeSet<String> = requests
        .iter()
        .flat_map(|request| request.stores.iter().cloned())
        .collect();
    let needs = requests
        .iter()
        .flat_map(|request| request.needs.difference(&stores).cloned())
        .collect();
    let entries = requests.into_iter().map(|request| Entry {
        what: request.item,
        rank: request.rank,
        needs: request.needs,
        stores: request.stores,
    });
    Some(Entry {
        rank: 1,
        needs,
        stores,
        what: Folder {
            id: format!("tag-{}", tag.to_lowercase().replace(' ', "-")),
            name: tag,
            description,
            auth: None,
            item: arrange(entries.collect()),
        },
    })
}

fn variable(input: Option<&Input>, storing: &[&str], is_id: bool) -> Needed {
    let (example, mut description, address) = match input {
        Some(input) => (
            input.example.clone(),
            input.description.clone(),
            input.own && !is_id,
        ),
        None => (String::new(), String::new(), false),
    };
    let given = is_id && storing.is_empty();
    let source = if !storing.is_empty() {
        let storing: Vec<String> = storing.iter().map(|name| format!("*{name}*")).collect();
        format!("Stored from the answer to {}.", storing.join(", "))
    } else if given || address {
        let example = match example.as_str() {
            "" => String::new(),
            example => format!(" Such as {example}."),
        };
        format!("To be filled in.{example}")
    } else {
        String::new()
    };
    description = format!("{description} {source}").trim().to_owned();
    Needed {
        example,
        description,
        own: given || address,
        is_id,
    }
}

/// The collection of a document's calls.
pub(super) fn collection(document: &Document, calls: &[Call]) -> anyhow::Result<Collection> {
    let text = |pointer: &str| {
        document
            .get(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let title = text("/info/title");
    let plan = Plan::of(document, calls)?;
    let variable = plan.variables.iter().map(|(name, needed)| Variable {
        key: name.clone(),
        value: if needed.own || needed.is_id {
            String::new()
        } else {
            needed.example.clone()
        },
        r#type: "string",
        description: needed.description.clone(),
    });
    let variable = variable.collect();
    let mut item = vec![authorization::folder()];
    item.extend(plan.folders(document));
    Ok(Collection {
        info: Info {
            name: title.to_owned(),
            description: format!(
                "{INTRODUCTION}\n\n{}\n\n{}",
                brand_table(document)?,
                text("/info/description")
            ),
            _postman_id: id(title),
            schema: SCHEMA,
        },
        auth: Auth::Bearer {
            bearer: Setting::of(&[("token", "{{access_token}}")]),
        },
        event: vec![Event::before(script::ENCODE)],
        variable,
        item,
    })
}

/// Which environments there are, and what of them nobody knows.
fn brand_table(document: &Document) -> anyhow::Result<String> {
    let mut table = "| brand | base URL | token URL |\n|---|---|---|\n".to_owned();
    for brand in brands(document)? {
        let unknown = "UNKNOWN: empty in the environment, to be filled in";
        table.push_str(&format!(
            "| {} | {} | {} |\n",
            brand.name,
            brand.server,
            brand.token_url.as_deref().unwrap_or(unknown)
        ));
    }
    Ok(table.trim_end().to_owned())
}
