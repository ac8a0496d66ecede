//! The names of parameters, unique as setters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::report::Notes;
use crate::{
    document::{Document, Refusal, Site},
    names::{field_name, numbered, stand_in},
};

/// Names that the generated builders use themselves.
const TAKEN: [&str; 12] = [
    "body",
    "client",
    "exchange",
    "header_map",
    "info",
    "new",
    "query",
    "request",
    "response",
    "result",
    "send",
    "url",
];

/// Gives a parameter a stand-in if its name clashes in Rust with another's or with the
/// builder's own: `send` becomes the setter `send_parameter`, and `id` in the query
/// beside `id` in the path becomes `id_query`.
///
/// The generator identifies parameters by name alone, so one of two with the same name
/// would be lost. The generated code gets the name on the wire back.
pub(super) fn name_parameters(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    let mut moved: Vec<(Site, Vec<(String, String)>)> = Vec::new();
    for (site, operation) in document.operations_mut() {
        let names = rename(&site, operation, notes);
        if !names.is_empty() {
            moved.push((site, names));
        }
    }
    for (site, names) in moved {
        let path = names.iter().fold(site.path.clone(), |path, (old, new)| {
            path.replace(&format!("{{{old}}}"), &format!("{{{new}}}"))
        });
        let Some(paths) = document.paths_mut() else {
            continue;
        };
        let operation = paths
            .get_mut(&site.path)
            .and_then(Value::as_object_mut)
            .and_then(|item| item.remove(&site.method));
        if let Some(operation) = operation {
            let item = paths.entry(path).or_insert_with(|| json!({}));
            crate::document::object(item).insert(site.method, operation);
        }
    }
    Ok(())
}

/// Renames an operation's parameters, and returns the placeholders to rename in its path.
fn rename(
    site: &Site,
    operation: &mut Map<String, Value>,
    notes: &mut Notes,
) -> Vec<(String, String)> {
    let Some(parameters) = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut)
    else {
        return Vec::new();
    };
    let text = |parameter: &Value, key: &str| -> String {
        let text = parameter.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let all: BTreeSet<String> = parameters.iter().map(|p| text(p, "name")).collect();
    let mut used: BTreeSet<String> = TAKEN.map(str::to_owned).into();
    // Path parameters come first: they name what the operation is about.
    let mut order: Vec<usize> = (0..parameters.len()).collect();
    order.sort_by_key(|index| (text(&parameters[*index], "in") != "path", *index));
    let mut fields: BTreeMap<usize, String> = BTreeMap::new();
    for index in order {
        let own = field_name(&text(&parameters[index], "name"));
        let field = if !used.contains(&own) {
            own
        } else if TAKEN.contains(&own.as_str()) {
            numbered(&format!("{own}_parameter"), |name| !used.contains(name))
        } else {
            let location = text(&parameters[index], "in");
            let plain = own.trim_end_matches('_');
            numbered(&format!("{plain}_{location}"), |name| !used.contains(name))
        };
        used.insert(field.clone());
        fields.insert(index, field);
    }
    let mut in_path = Vec::new();
    for (index, parameter) in parameters.iter_mut().enumerate() {
        let name = text(parameter, "name");
        let Some(field) = fields
            .get(&index)
            .filter(|field| **field != field_name(&name))
        else {
            continue;
        };
        let wires = &notes.wires;
        let key = stand_in(field, |key| {
            !all.contains(key) && wires.get(key).is_none_or(|wire| *wire == name)
        });
        notes.add(format!("{}: {name} is {field}", site.id));
        notes.wires.insert(key.clone(), name.clone());
        if parameter["in"] == "path" {
            in_path.push((name, key.clone()));
        }
        parameter["name"] = Value::String(key);
    }
    in_path
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::normalise::test_support::{operation, with, without};

    fn with_parameters(parameters: &[(&str, &str)]) -> Value {
        let parameters: Vec<Value> = parameters
            .iter()
            .map(|(location, name)| {
                json!({"in": location, "name": name, "required": *location == "path",
                    "schema": {"type": "string"}})
            })
            .collect();
        let mut spec = operation(json!({}));
        spec["paths"] = json!({"/thing/{id}": {"get": {
            "operationId": "readThing",
            "parameters": parameters,
            "responses": {"200": {"description": ""}},
        }}});
        spec
    }

    #[test]
    fn one_of_two_parameters_with_the_same_name_is_lost_without_the_pass() {
        let spec = with_parameters(&[("query", "id"), ("path", "id"), ("header", "ID")]);

        let trapped = without("name-parameters", &spec);
        assert!(trapped.is_err() || !trapped.unwrap().contains("id_query"));
        let generated = with(&spec).unwrap();
        for setter in ["id", "id_query", "id_header"] {
            assert!(
                generated.contains(&format!("pub fn {setter}<V>(")),
                "{setter}"
            );
        }
    }

    #[test]
    fn a_parameter_never_takes_a_name_of_the_builder() {
        for name in ["send", "new", "headerMap", "exchange"] {
            let spec = with_parameters(&[("path", "id"), ("query", name)]);

            let setter = format!("pub fn {}_parameter<V>(", crate::names::field_name(name));
            let generated = with(&spec).unwrap();
            assert!(generated.contains(&setter), "{generated}");
        }
    }
}
