//! Translates requests into the sandbox's own form: other paths, numbers that stand for
//! ids, and values of other types.
//!
//! Everything that a dialect shows is accepted in a request.

use bytes::Bytes;
use http::{Uri, request::Parts};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use stratustexting_client::Operation;

use super::{
    Booleans, ConsentLevels, Dialect, DialectState, Events, Ids, Paging, PhoneNumbers, Tags,
    body::{CONSENT_LEVELS, is_id},
    numbers::Numbers,
    paths::parameters,
};
use crate::base;

/// Translates a request into the sandbox's own form.
pub(super) fn translate(
    state: &DialectState,
    operation: &'static Operation,
    parts: &mut Parts,
    body: &mut Bytes,
) {
    let translator = RequestTranslator {
        dialect: state.dialect,
        numbers: &state.numbers,
    };
    parts.extensions.insert(Paging(state.dialect.paging()));
    if let Some(uri) = translator.uri(operation, &parts.uri) {
        parts.uri = uri;
    }
    if let Some(translated) = translator.body(body) {
        *body = translated;
    }
}

struct RequestTranslator<'a> {
    dialect: Dialect,
    numbers: &'a Numbers,
}

impl RequestTranslator<'_> {
    fn uri(&self, operation: &Operation, sent: &Uri) -> Option<Uri> {
        let below = base::below(sent.path())?;
        let template = self.dialect.template(operation);
        let mut path = format!("{}{}", base::PATH, operation.path);
        for (name, segment) in parameters(template, below)? {
            let segment = self.segment(name, segment);
            path = path.replace(&format!("{{{name}}}"), &segment);
        }
        if let Some(query) = sent.query() {
            path = format!("{path}?{query}");
        }
        path.parse().ok()
    }

    fn segment(&self, name: &str, segment: &str) -> String {
        if name == "mobileNumber" {
            let decoded = percent_decode_str(segment).decode_utf8_lossy();
            if let Some(number) = self.phone(&decoded) {
                return number.replace('+', "%2B");
            }
        } else if let Some(id) = self.id(name, segment) {
            return id.to_owned();
        }
        segment.to_owned()
    }

    /// `None` if the body needs no change.
    fn body(&self, body: &Bytes) -> Option<Bytes> {
        let differs = self.has_numbers()
            || self.dialect.phone_numbers != PhoneNumbers::E164
            || self.dialect.consent_levels != ConsentLevels::Text
            || self.dialect.tags != Tags::List
            || self.dialect.booleans != Booleans::Plain;
        if !differs {
            return None;
        }
        let mut object: Map<String, Value> = serde_json::from_slice(body).ok()?;
        for (key, value) in &mut object {
            if let Some(translated) = self.value(key, value) {
                *value = translated;
            }
        }
        serde_json::to_vec(&object).ok().map(Bytes::from)
    }

    fn value(&self, key: &str, value: &Value) -> Option<Value> {
        if key == "tags" {
            return self.tags(value);
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Object(object) if key == "consentLevel" => return object.get("name").cloned(),
            Value::Array(filters) if key == "eventFilters" => {
                return Some(filters.iter().map(|filter| self.filter(filter)).collect());
            }
            _ => return None,
        };
        match key {
            "mobileNumber" => self.phone(&text).map(Value::from),
            "active" if self.dialect.booleans == Booleans::Text => {
                text.parse::<bool>().ok().map(Value::from)
            }
            "consentLevel" => {
                let index = text.parse::<usize>().ok()?.checked_sub(1)?;
                CONSENT_LEVELS.get(index).copied().map(Value::from)
            }
            _ => self.id(key, &text).map(Value::from),
        }
    }

    fn tags(&self, shown: &Value) -> Option<Value> {
        match (self.dialect.tags, shown) {
            (Tags::OneText, Value::String(text)) => {
                let names = text.split(',').filter(|name| !name.is_empty());
                Some(names.map(Value::from).collect())
            }
            (Tags::Objects, Value::Array(tags)) => {
                let name = |tag: &Value| tag.get("name").unwrap_or(tag).clone();
                Some(tags.iter().map(name).collect())
            }
            (Tags::NullElement, Value::Array(tags)) => {
                Some(tags.iter().filter(|tag| !tag.is_null()).cloned().collect())
            }
            _ => None,
        }
    }

    /// Translates a filter whose ids are numbers.
    fn filter(&self, filter: &Value) -> Value {
        let Some(text) = filter.as_str() else {
            return filter.clone();
        };
        let id = |segment| self.id("id", segment).unwrap_or(segment);
        let segments: Vec<&str> = text.split('/').map(id).collect();
        Value::from(segments.join("/"))
    }

    /// Whether ids are shown as numbers, at least in events.
    fn has_numbers(&self) -> bool {
        self.dialect.ids == Ids::Number || self.dialect.events == Events::Numbers
    }

    fn id(&self, name: &str, text: &str) -> Option<&str> {
        if !self.has_numbers() || !is_id(name) {
            return None;
        }
        self.numbers.id_of_text(text)
    }

    fn phone(&self, text: &str) -> Option<String> {
        let is_number = self.dialect.phone_numbers != PhoneNumbers::E164
            && !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| format!("+{text}"))
    }
}
