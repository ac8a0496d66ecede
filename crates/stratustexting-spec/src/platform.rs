//! Fields that an object inherits from a shared schema by the platform's extensions.
//!
//! `x-apidog-refs` of an object names schemas from which it inherits fields, each with
//! its differences: `x-apidog-overrides` replaces some fields, and removes those that
//! are `null`. OpenAPI has `allOf` for plain inheritance; otherwise the fields are
//! copied into the object.

use serde_json::{Map, Value, json};

use super::{
    grammar::{self, ObjectKind},
    loosen::percent_decoded,
    page::Fragment,
};

/// The platform's prefixes, by its two names.
const PREFIXES: [&str; 2] = ["x-apidog-", "x-apifox-"];

/// Rewrites inherited fields as OpenAPI, and returns a line for each object.
pub(crate) fn inherit(fragment: &mut Fragment) -> Vec<String> {
    let schemas = fragment.components.get("schemas");
    let schemas = schemas.and_then(Value::as_object).cloned();
    let mut work = Work {
        schemas: schemas.unwrap_or_default(),
        within: None,
        notes: Vec::new(),
    };
    let mut operation = Value::Object(std::mem::take(&mut fragment.operation));
    grammar::each_schema(
        ObjectKind::Operation,
        "",
        &mut operation,
        &mut |schema, location| {
            work.schema(schema, location);
        },
    );
    if let Value::Object(operation) = operation {
        fragment.operation = operation;
    }
    for (group, members) in &mut fragment.components {
        let Some(kind) = ObjectKind::of_components(group) else {
            continue;
        };
        for (name, component) in members.as_object_mut().into_iter().flatten() {
            work.within = (group == "schemas").then(|| name.clone());
            let location = format!("{group}/{name}");
            grammar::each_schema(kind, &location, component, &mut |schema, location| {
                work.schema(schema, location);
            });
        }
    }
    work.notes
}

/// A schema from which another inherits fields.
struct Inherited {
    target: String,
    name: String,
    overrides: Map<String, Value>,
    required: Vec<Value>,
}

/// The fields of an object, and which of them are required.
#[derive(Default)]
struct Fields {
    properties: Map<String, Value>,
    required: Vec<Value>,
}

struct Work {
    /// The page's original schemas.
    schemas: Map<String, Value>,
    /// The current component.
    within: Option<String>,
    notes: Vec<String>,
}

impl Work {
    fn schema(&mut self, schema: &mut Value, location: &str) {
        let Value::Object(map) = schema else { return };
        let inherited = inherited(map);
        if inherited.is_empty() {
            return;
        }
        let kind = map.entry("type");
        kind.or_insert_with(|| "object".into());
        for one in inherited {
            self.take(map, one, location);
        }
    }

    fn take(&mut self, map: &mut Map<String, Value>, one: Inherited, location: &str) {
        let name = one.name;
        if !self.schemas.contains_key(&name) {
            self.notes.push(format!(
                "{location}: fields are inherited from {name}, which isn't on the page; they are missing"
            ));
            return;
        }
        let mut seen = self.within.iter().cloned().collect();
        let mut fields = Fields::default();
        let known = self.fields(&name, &mut seen, &mut fields);
        let Known::All = known else {
            let why = match known {
                Known::Recursive => "inherits from itself; they are missing",
                _ => "isn't a plain object, so none of them is replaced",
            };
            self.notes.push(format!(
                "{location}: fields are inherited from {name}, which {why}"
            ));
            if known == Known::Other {
                add_part(map, &one.target);
            }
            return;
        };
        let own = map.get("properties").and_then(Value::as_object);
        let clash = |name: &String| own.is_some_and(|own| own.contains_key(name));
        let whole = one.overrides.is_empty() && !fields.properties.keys().any(clash);
        if whole {
            add_part(map, &one.target);
        } else {
            replace(&mut fields, one.overrides);
            let own = map.entry("properties").or_insert_with(|| json!({}));
            if !own.is_object() {
                *own = json!({});
            }
            for (name, field) in fields.properties {
                if let Value::Object(own) = own {
                    own.entry(name).or_insert(field);
                }
            }
            require(map, fields.required);
        }
        require(map, one.required);
        self.notes
            .push(format!("{location}: the fields of {name} are inherited"));
    }

    /// Collects the fields of a shared schema, including its inherited ones.
    fn fields(&self, name: &str, seen: &mut Vec<String>, found: &mut Fields) -> Known {
        if seen.iter().any(|other| other == name) {
            return Known::Recursive;
        }
        seen.push(name.to_owned());
        let known = match self.schemas.get(name) {
            Some(Value::Object(map)) => self.fields_of(map, seen, found),
            _ => Known::Other,
        };
        seen.pop();
        known
    }

    fn fields_of(
        &self,
        map: &Map<String, Value>,
        seen: &mut Vec<String>,
        found: &mut Fields,
    ) -> Known {
        if map.contains_key("anyOf") || map.contains_key("oneOf") {
            return Known::Other;
        }
        let mut map = map.clone();
        let mut known = Known::Other;
        for one in inherited(&mut map) {
            let mut theirs = Fields::default();
            match self.fields(&one.name, seen, &mut theirs) {
                Known::Recursive => return Known::Recursive,
                inner => known = known.max(inner),
            }
            replace(&mut theirs, one.overrides);
            found.properties.extend(theirs.properties);
            found.required.extend(theirs.required);
            found.required.extend(one.required);
        }
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            match self.fields(&name_of(target), seen, found) {
                Known::Recursive => return Known::Recursive,
                inner => known = known.max(inner),
            }
        }
        for part in map
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let Value::Object(part) = part else { continue };
            match self.fields_of(part, seen, found) {
                Known::Recursive => return Known::Recursive,
                inner => known = known.max(inner),
            }
        }
        if let Some(Value::Object(own)) = map.get("properties") {
            known = Known::All;
            for (name, field) in own {
                found.properties.insert(name.clone(), field.clone());
            }
        }
        if let Some(Value::Array(names)) = map.get("required") {
            found.required.extend(names.iter().cloned());
        }
        known
    }
}

/// Whether a schema's fields are known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    /// It isn't an object that lists them.
    Other,
    All,
    /// It inherits from itself.
    Recursive,
}

/// Removes the platform's inheritance extensions from an object, and returns their
/// content in order.
fn inherited(map: &mut Map<String, Value>) -> Vec<Inherited> {
    let mut inherited = Vec::new();
    for prefix in PREFIXES {
        let entry = |id: &str, entry: &mut Value| {
            let target = entry.get("$ref")?.as_str()?.to_owned();
            let overrides = match entry.get_mut(format!("{prefix}overrides")) {
                Some(Value::Object(overrides)) => std::mem::take(overrides),
                _ => Map::new(),
            };
            let required = entry.get("required").and_then(Value::as_array).cloned();
            let name = name_of(&target);
            let required = required.unwrap_or_default();
            let one = Inherited {
                target,
                name,
                overrides,
                required,
            };
            Some((id.to_owned(), one))
        };
        let mut here = Vec::new();
        if let Some(Value::Object(mut refs)) = map.remove(&format!("{prefix}refs")) {
            here.extend(refs.iter_mut().filter_map(|(id, value)| entry(id, value)));
        }
        // A plain reference can have overrides as well.
        let overrides = map.get(&format!("{prefix}overrides"));
        let some = overrides.and_then(Value::as_object);
        if some.is_some_and(|overrides| !overrides.is_empty()) && map.contains_key("$ref") {
            let key = format!("{prefix}overrides");
            let mut whole = json!({"$ref": map.remove("$ref"), &key: map.remove(&key)});
            here.extend(entry("", &mut whole));
        }
        let orders = map.remove(&format!("{prefix}orders"));
        let orders = orders.as_ref().and_then(Value::as_array);
        let location = |id: &str| orders?.iter().position(|other| other == id);
        here.sort_by_key(|(id, _)| location(id).unwrap_or(usize::MAX));
        inherited.extend(here.into_iter().map(|(_, one)| one));
    }
    inherited
}

fn name_of(target: &str) -> String {
    let name = target.rsplit_once('/').map_or(target, |(_, name)| name);
    percent_decoded(name)
}

fn add_part(map: &mut Map<String, Value>, target: &str) {
    let part = json!({"$ref": target});
    match map.get_mut("allOf") {
        Some(Value::Array(parts)) if !parts.contains(&part) => parts.push(part),
        Some(Value::Array(_)) => {}
        _ => _ = map.insert("allOf".to_owned(), json!([part])),
    }
}

fn require(map: &mut Map<String, Value>, names: Vec<Value>) {
    if names.is_empty() {
        return;
    }
    let required = map.entry("required").or_insert_with(|| json!([]));
    if let Value::Array(required) = required {
        for name in names {
            if !required.contains(&name) {
                required.push(name);
            }
        }
    }
}

/// Replaces some fields, and removes those that are overridden with `null`.
fn replace(fields: &mut Fields, overrides: Map<String, Value>) {
    for (name, other) in overrides {
        match (other, fields.properties.get_mut(&name)) {
            (Value::Null, _) => {
                fields.properties.remove(&name);
                fields.required.retain(|required| *required != *name);
            }
            // An override without a type only changes the description.
            (Value::Object(other), Some(Value::Object(field))) if !has_shape(&other) => {
                field.extend(other);
            }
            (other, _) => _ = fields.properties.insert(name, other),
        }
    }
}

fn has_shape(schema: &Map<String, Value>) -> bool {
    let keys = [
        "type",
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "properties",
        "items",
    ];
    let has = |key: &&str| schema.contains_key(*key);
    keys.iter().any(has)
        || PREFIXES
            .iter()
            .any(|prefix| has(&&*format!("{prefix}refs")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page;

    fn taken_over(schema: &str) -> (Value, Vec<String>) {
        let text = format!(
            "# T\n\n```yaml\nopenapi: 3.0.1\npaths:\n  /a:\n    get:\n      responses:\n        \
             '200':\n          content:\n            application/json:\n              schema: \
             {schema}\ncomponents:\n  schemas:\n    Base: {{type: object, required: [code], \
             properties: {{code: {{type: integer}}, text: {{type: string}}}}}}\n    \
             Deep: {{type: object, x-apidog-refs: {{'1': {{$ref: '#/components/schemas/Base', \
             x-apidog-overrides: {{text: null}}}}}}, properties: {{more: {{type: string}}}}}}\n    \
             Round: {{type: object, x-apidog-refs: {{'1': {{$ref: '#/components/schemas/Round'}}}}}}\n```\n"
        );
        let mut fragment = page::read("a.md", &text, None).unwrap();
        let notes = inherit(&mut fragment);
        let content = &fragment.operation["responses"]["200"]["content"];
        (content["application/json"]["schema"].clone(), notes)
    }

    #[test]
    fn plain_inheritance_becomes_all_of() {
        let (schema, notes) = taken_over(
            "{type: object, x-apifox-refs: {'1': {$ref: '#/components/schemas/Base', required: \
             [text]}}, properties: {own: {type: string}}}",
        );

        assert_eq!(
            schema,
            json!({"type": "object", "required": ["text"], "properties": {"own": {"type": "string"}},
                "allOf": [{"$ref": "#/components/schemas/Base"}]})
        );
        let text = "schema: the fields of Base are inherited";
        assert!(notes.iter().any(|note| note.ends_with(text)), "{notes:?}");
    }

    #[test]
    fn overrides_apply_at_any_depth() {
        let (schema, _) = taken_over(
            "{type: object, x-apidog-refs: {'1': {$ref: '#/components/schemas/Deep', \
             x-apidog-overrides: {more: null, code: {type: string}}}}}",
        );

        assert_eq!(
            schema,
            json!({"type": "object", "required": ["code"],
                "properties": {"code": {"type": "string"}}})
        );
    }

    #[test]
    fn missing_and_recursive_schemas_are_reported() {
        let (_, notes) =
            taken_over("{type: object, x-apidog-refs: {'1': {$ref: '#/components/schemas/Gone'}}}");

        for text in [
            "Gone, which isn't on the page",
            "Round, which inherits from itself",
        ] {
            assert!(notes.iter().any(|note| note.contains(text)), "{notes:?}");
        }
    }
}
