//! Writes a model: values that couldn't be read are written back as they came.

use serde::{Serialize, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{
    diagnostic::Reader,
    from_value,
    model::Model,
    value::{Lenient, Read},
};

/// Writes a listed field.
///
/// The original JSON is written as long as the field still has the value that was read
/// from it, so that a list keeps its unreadable items. A value that the caller sets
/// wins.
///
/// # Errors
///
/// The serializer's.
pub fn write_field<M: SerializeMap, T: Lenient>(
    map: &mut M,
    name: &'static str,
    slot: &Option<T>,
    extra: &Map<String, Value>,
) -> Result<(), M::Error> {
    let raw = if extra.is_empty() {
        None
    } else {
        extra.get(name)
    };
    match (slot, raw) {
        (Some(value), Some(raw)) if !is_read_of(value, raw) => map.serialize_entry(name, value),
        (_, Some(raw)) => map.serialize_entry(name, raw),
        (Some(value), None) => map.serialize_entry(name, value),
        (None, None) => Ok(()),
    }
}

/// Writes a listed field of a type with one form only.
///
/// # Errors
///
/// The serializer's.
pub fn write_strict_field<M: SerializeMap, T: Serialize>(
    map: &mut M,
    name: &'static str,
    slot: &Option<T>,
    extra: &Map<String, Value>,
) -> Result<(), M::Error> {
    match (slot, extra.get(name)) {
        (Some(value), _) => map.serialize_entry(name, value),
        (None, Some(raw)) => map.serialize_entry(name, raw),
        (None, None) => Ok(()),
    }
}

/// Writes the fields that the document doesn't list.
///
/// # Errors
///
/// The serializer's.
pub fn write_unlisted<M: SerializeMap, T: Model>(map: &mut M, model: &T) -> Result<(), M::Error> {
    for (name, value) in model.unlisted() {
        if T::index(name).is_none() {
            map.serialize_entry(name, value)?;
        }
    }
    Ok(())
}

fn is_read_of<T: Lenient>(value: &T, raw: &Value) -> bool {
    let json = |value: &T| serde_json::to_value(value).ok();
    match from_value::<T>(raw.clone(), &mut Reader::new()) {
        Read::Good(read) | Read::Partly(read, _) => json(&read) == json(value),
        Read::Null | Read::Unreadable(_) => false,
    }
}
