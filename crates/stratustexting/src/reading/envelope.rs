//! Finding what was asked for when it is wrapped otherwise than the document says.

use serde_json::{Map, Value};
use stratustexting_client::lenient::{self, Diagnostic, Found, Handling, Model, Read, Reader};

use super::{Facts, Shape};

/// Keys under which services put what was asked for.
const WRAPPINGS: [&str; 14] = [
    "content", "data", "items", "results", "result", "list", "records", "rows", "values", "value",
    "entries", "response", "payload", "body",
];

/// Keys under which a list's items are never, though there may be a list.
const NOT_ITEMS: [&str; 8] = [
    "errors", "warnings", "messages", "links", "_links", "sort", "fields", "columns",
];

/// Deeper than this nothing is looked for.
const DEPTH: usize = 3;

/// A list's items, and what is said of the list around them.
pub(super) struct Items {
    pub(super) items: Value,
    pub(super) facts: Facts,
}

/// Finds an object that has what is promised: in the body, or in an object in it.
pub(super) fn object<T: Model>(
    body: Value,
    promise: &[&str],
) -> Result<(T, Vec<Diagnostic>), Shape> {
    let shape = Shape::of(&body);
    let Value::Object(mut fields) = body else {
        return Err(shape);
    };
    let inner = |fields: &Map<String, Value>| {
        // A field of the thing itself is no wrapping, whatever came in its place: what stands
        // beside it would be lost.
        let wraps = |key: &str| T::index(key).is_none() && is_object(fields.get(key));
        let known = WRAPPINGS.into_iter().find(|key| wraps(key));
        // Or the one object that there is, such as `contact`.
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

/// Finds a list's items. Where the caller says the place, they are there or nowhere.
pub(super) fn list<T: Model>(
    body: Value,
    place: Option<&str>,
    only_there: bool,
) -> Result<Items, Shape> {
    let shape = Shape::of(&body);
    if only_there {
        return at(body, place.unwrap_or_default()).ok_or(shape);
    }
    find::<T>(body, place, DEPTH).ok_or(shape)
}

/// The items at a place such as `data.items`; the body itself where it is empty.
fn at(body: Value, place: &str) -> Option<Items> {
    let mut facts = Facts::default();
    let mut here = body;
    for key in place.split('.').filter(|key| !key.is_empty()) {
        let Value::Object(mut fields) = here else {
            return None;
        };
        here = fields.remove(key)?;
        facts = Facts::of(&fields).or(facts);
    }
    here.is_array().then_some(Items { items: here, facts })
}

fn find<T: Model>(body: Value, documented: Option<&str>, depth: usize) -> Option<Items> {
    let mut fields = match body {
        Value::Array(_) => {
            return Some(Items {
                items: body,
                facts: Facts::default(),
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
    let facts = Facts::of(&fields);
    match value {
        Value::Array(_) => Some(Items {
            items: value,
            facts,
        }),
        Value::Object(_) if is_item::<T>(&value) => Some(Items {
            // One item where a list of one was meant, as converters from XML make it.
            items: Value::Array(vec![value]),
            facts,
        }),
        Value::Object(inner) if is_map_of_items::<T>(&inner) => Some(Items {
            items: inner.into_iter().map(|(_, item)| item).collect(),
            facts,
        }),
        other => {
            let found = find::<T>(other, documented, depth - 1)?;
            Some(Items {
                items: found.items,
                facts: found.facts.or(facts),
            })
        }
    }
}

/// The key that leads to the items: the documented one, one that services use for it, or the
/// only one that holds a list of objects.
fn items_key(fields: &Map<String, Value>, documented: Option<&str>) -> Option<String> {
    let leads = |value: &Value| value.is_array() || value.is_object();
    let known = documented.into_iter().chain(WRAPPINGS).chain(["_embedded"]);
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
