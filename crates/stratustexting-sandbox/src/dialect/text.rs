//! How JSON is encoded.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{
    HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use serde_json::{Map, Value};

use super::Text;
use crate::response::Response;

/// U+FEFF in UTF-8.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Stands for half of a character until the text is encoded: a Rust string can't hold a
/// lone surrogate, and no text should contain this noncharacter.
const HALF: char = '\u{fdd0}';

/// Marks a key that occurs a second time.
const AGAIN: char = '\u{fdd1}';

/// The fields that can end in half of a character: the first one that an object has.
const TEXTS: [&str; 5] = ["text", "lastName", "name", "result", "message"];

/// Sets a response's body.
pub(super) fn write(text: Text, mut response: Response, body: Value) -> Response {
    let written = bytes(text, body);
    let header = match text {
        Text::NamedHtml => Some((CONTENT_TYPE, "text/html;charset=UTF-8")),
        Text::Gzip => Some((CONTENT_ENCODING, "gzip")),
        _ => None,
    };
    if let Some((name, value)) = header {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    let written = match text {
        Text::Gzip => compressed(&written),
        _ => written,
    };
    *response.body_mut() = Bytes::from(written);
    response
}

/// The JSON text, not compressed.
pub(super) fn bytes(text: Text, mut body: Value) -> Vec<u8> {
    match text {
        Text::Plain | Text::Gzip | Text::NamedHtml => body.to_string().into_bytes(),
        Text::ByteOrderMark => format!("{BYTE_ORDER_MARK}{body}").into_bytes(),
        Text::Latin1 => latin1(&body.to_string()),
        Text::LoneSurrogate => {
            cut_a_text(&mut body);
            body.to_string().replace(HALF, "\\ud83d").into_bytes()
        }
        Text::DuplicateKey => {
            repeat_a_key(&mut body);
            body.to_string().replace(AGAIN, "").into_bytes()
        }
    }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory can't fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// JSON in ISO 8859-1. Other characters occur only within strings, so they can be escaped.
fn latin1(json: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(json.len());
    for character in json.chars() {
        match u8::try_from(u32::from(character)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    bytes.extend(format!("\\u{unit:04x}").into_bytes());
                }
            }
        }
    }
    bytes
}

/// Makes a text end in half of a character, or adds one that does.
fn cut_a_text(body: &mut Value) {
    let cut = first_object(body, &mut |object| {
        for key in TEXTS {
            if let Some(Value::String(text)) = object.get_mut(key) {
                text.push(HALF);
                return true;
            }
        }
        false
    });
    if !cut {
        first_object(body, &mut |object| {
            object.insert("preview".to_owned(), format!("cut {HALF}").into());
            true
        });
    }
}

/// Repeats an `id`, or the first key if there is none.
fn repeat_a_key(body: &mut Value) {
    let repeat = |object: &mut Map<String, Value>, key: &str| {
        let value = object.get(key).cloned();
        let is_there = value.is_some();
        if let Some(value) = value {
            object.insert(format!("{AGAIN}{key}"), value);
        }
        is_there
    };
    if !first_object(body, &mut |object| repeat(object, "id")) {
        first_object(body, &mut |object| {
            let key = object.keys().next().cloned().unwrap_or_default();
            repeat(object, &key)
        });
    }
}

/// Calls `change` with each object, the outer ones first, until it has changed one.
fn first_object(
    value: &mut Value,
    change: &mut impl FnMut(&mut Map<String, Value>) -> bool,
) -> bool {
    match value {
        Value::Object(object) => {
            change(object)
                || object
                    .values_mut()
                    .any(|value| first_object(value, &mut *change))
        }
        Value::Array(list) => list
            .iter_mut()
            .any(|value| first_object(value, &mut *change)),
        _ => false,
    }
}
