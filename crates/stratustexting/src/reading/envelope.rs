//! Finding an object or a list in other envelopes than the document describes.

use serde_json::{Map, Value};
use stratustexting_client::lenient::{self, Diagnostic, Found, Handling, Model, Read, Reader};

use super::{PageMetadata, Shape};

/// Keys under which services put the object or the list.
const ENVELOPE_KEYS: [&str; 14] = [
    "content", "data", "items", "results", "result", "list", "records", "rows", "values", "value",
    "entries", "response", "payload", "body",
];

/// Keys that may hold a list, but never the list's items.
const NOT_ITEMS: [&str; 8] = [
    "errors", "warnings", "messages", "links", "_links", "sort", "fields", "columns",
];

/// How deep the search goes.
const DEPTH: usize = 3;

/// A list's items, and what the body says of the list.
pub(super) struct Items {
    pub(super) items: Value,
    pub(super) metadata: PageMetadata,
}

/// Finds an object with a promised field, in the objects within the body.
pub(super) fn object<T: Model>(
    body: Value,
    promise: &[&str],
) -> Result<(T, Vec<Diagnostic>), Shape> {
    let shape = Shape::of(&body);
    let Value::Object(mut fields) = body else {
        return Err(shape);
    };
    let inner = |fields: &Map<String, Value>| {
        // A field of the model itself is no envelope, even with an object as its value: the
        // fields beside it would be lost.
        let wraps = |key: &str| T::index(key).is_none() && is_object(fields.get(key));
        let known = ENVELOPE_KEYS.into_iter().find(|key| wraps(key));
        // Or the only object, such as `contact`.
        let mut objects = fields.iter().filter(|(key, _)| wraps(key));
        known
            .map(str::to_owned)
            .or_else(|| match (objects.next(), objects.next()) {
                (Some((key, _)), None) => Some(key.clone()),
                _ => None,
            })
    };
    for _ in 0..DEPTH {
        let Some(key) = inner(&fields) else { break };
        let Some(value) = fields.remove(&key) else {
            break;
        };
        let mut reader = Reader::new();
        if let Read::Good(found) = lenient::from_value::<T>(value.clone(), &mut reader)
            && found.has_any(promise)
        {
            let mut diagnostics = vec![Diagnostic::of_body(
                T::EXPECTED,
                Found::Wrapping,
                Handling::Converted,
            )];
            diagnostics.extend(reader.into_diagnostics());
            return Ok((found, diagnostics));
        }
        match value {
            Value::Object(inner) => fields = inner,
            _ => break,
        }
    }
    Err(shape)
}

fn is_object(value: Option<&Value>) -> bool {
    value.is_some_and(Value::is_object)
}

/// Finds a list's items; under no other key than this one if `only_there`.
pub(super) fn list<T: Model>(
    body: Value,
    key: Option<&str>,
    only_there: bool,
) -> Result<Items, Shape> {
    let shape = Shape::of(&body);
    if only_there {
        return at(body, key.unwrap_or_default()).ok_or(shape);
    }
    find::<T>(body, key, DEPTH).ok_or(shape)
}

/// The items under a key such as `data.items`; the body itself if the key is empty.
fn at(body: Value, dotted_key: &str) -> Option<Items> {
    let mut metadata = PageMetadata::default();
    let mut here = body;
    for key in dotted_key.split('.').filter(|key| !key.is_empty()) {
        let Value::Object(mut fields) = here else {
            return None;
        };
        here = fields.remove(key)?;
        metadata = PageMetadata::of(&fields).or(metadata);
    }
    here.is_array().then_some(Items {
        items: here,
        metadata,
    })
}

fn find<T: Model>(body: Value, documented: Option<&str>, depth: usize) -> Option<Items> {
    let mut fields = match body {
        Value::Array(_) => {
            return Some(Items {
                items: body,
                metadata: PageMetadata::default(),
            });
        }
        Value::Object(fields) => fields,
        _ => return None,
    };
    if depth == 0 {
        return None;
    }
    let key = items_key(&fields, documented)?;
    let value = fields.remove(&key)?;
    let metadata = PageMetadata::of(&fields);
    match value {
        Value::Array(_) => Some(Items {
            items: value,
            metadata,
        }),
        Value::Object(_) if is_item::<T>(&value) => Some(Items {
            // A list of one item without its brackets, as converters from XML write it.
            items: Value::Array(vec![value]),
            metadata,
        }),
        Value::Object(inner) if is_map_of_items::<T>(&inner) => Some(Items {
            items: inner.into_iter().map(|(_, item)| item).collect(),
            metadata,
        }),
        other => {
            let found = find::<T>(other, documented, depth - 1)?;
            Some(Items {
                items: found.items,
                metadata: found.metadata.or(metadata),
            })
        }
    }
}

/// The key that leads to the items: the documented one, one that services use for them, or the
/// only one with a list of objects.
fn items_key(fields: &Map<String, Value>, documented: Option<&str>) -> Option<String> {
    let leads = |value: &Value| value.is_array() || value.is_object();
    let known = documented
        .into_iter()
        .chain(ENVELOPE_KEYS)
        .chain(["_embedded"]);
    for key in known {
        if fields.get(key).is_some_and(leads) {
            return Some(key.to_owned());
        }
    }
    let holds_objects = |value: &Value| {
        let items = value.as_array();
        items.is_some_and(|items| items.iter().any(Value::is_object))
    };
    let is_list =
        |(key, value): &(&String, &Value)| value.is_array() && !NOT_ITEMS.contains(&key.as_str());
    let lists: Vec<_> = fields.iter().filter(is_list).collect();
    match lists.as_slice() {
        [(key, _)] => Some((*key).clone()),
        several => {
            let mut full = several.iter().filter(|(_, value)| holds_objects(value));
            match (full.next(), full.next()) {
                (Some((key, _)), None) => Some((*key).clone()),
                _ => None,
            }
        }
    }
}

fn is_item<T: Model>(value: &Value) -> bool {
    let read = lenient::from_value::<T>(value.clone(), &mut Reader::new());
    matches!(read, Read::Good(item) if !item.is_blank())
}

fn is_map_of_items<T: Model>(fields: &Map<String, Value>) -> bool {
    !fields.is_empty()
        && fields
            .values()
            .all(|value| value.is_object() && is_item::<T>(value))
}
