//! Valid names of components.

use serde_json::Value;

use super::Notes;
use crate::page::Fragment;

/// Replaces characters that OpenAPI doesn't allow in names, such as spaces, if that is
/// safe: two names that would become the same stay, and are refused later.
pub(super) fn safe(fragment: &mut Fragment, notes: &mut Notes) {
    // Swagger 2 keeps schemas here, and the platform still does for old imports.
    if let Some(Value::Object(old)) = fragment.components.remove("definitions") {
        let schemas = fragment.components.entry("schemas");
        let schemas = schemas.or_insert_with(|| Value::Object(serde_json::Map::new()));
        if let Value::Object(schemas) = schemas {
            for (name, schema) in old {
                schemas.entry(name).or_insert(schema);
            }
        }
    }
    let mut renamed = Vec::new();
    for (kind, members) in &mut fragment.components {
        let Value::Object(members) = members else {
            continue;
        };
        let names: Vec<String> = members.keys().cloned().collect();
        for name in names {
            let better = better(&name);
            if better == name || better.is_empty() || members.contains_key(&better) {
                continue;
            }
            if let Some(component) = members.remove(&name) {
                members.insert(better.clone(), component);
            }
            notes.add(&format!("{kind}/{name}"), &format!("called {better}"));
            renamed.push((kind.clone(), name, better));
        }
    }
    let mut walk = |value: &mut Value| reference(value, &renamed);
    let components = fragment.components.values_mut();
    for value in fragment.operation.values_mut().chain(components) {
        each(value, &mut walk);
    }
}

fn better(name: &str) -> String {
    let words = name.split_whitespace().collect::<Vec<_>>().join("_");
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    words.chars().filter(|c| allowed(*c)).collect()
}

/// Renames references, however their spaces are written.
fn reference(value: &mut Value, renamed: &[(String, String, String)]) {
    let Some(Value::String(target)) = value.get_mut("$ref") else {
        return;
    };
    if let Some(name) = target.strip_prefix("#/definitions/") {
        *target = format!("#/components/schemas/{name}");
    }
    for (kind, from, to) in renamed {
        let prefix = format!("#/components/{kind}/");
        let Some(name) = target.strip_prefix(&prefix) else {
            continue;
        };
        let decoded = percent_decoded(name);
        if name == from || decoded == *from {
            *target = prefix + to;
            return;
        }
    }
}

/// Decodes percent-encoding and the escapes of JSON pointers.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| first == b'%');
        let code =
            code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        if let Some(byte) = code {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.replace("~1", "/").replace("~0", "~")
}

/// Visits every value of a tree.
fn each(value: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    visit(value);
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| each(member, visit)),
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, visit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page;

    #[test]
    fn definitions_with_spaces_are_schemas_with_other_names() {
        let text = "# T\n\n```yaml\nopenapi: 3.0.1\npaths:\n  /a:\n    get:\n      x: {$ref: \
                    '#/definitions/A%20b'}\ncomponents:\n  definitions:\n    A b: {type: \
                    string}\n```\n";
        let mut fragment = page::read("a.md", text, None).unwrap();

        safe(&mut fragment, &mut Notes::default());

        assert_eq!(fragment.operation["x"]["$ref"], "#/components/schemas/A_b");
        assert_eq!(fragment.components["schemas"]["A_b"]["type"], "string");
    }
}
