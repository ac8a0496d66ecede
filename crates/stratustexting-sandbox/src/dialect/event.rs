//! Events as they are posted to callbacks.

use serde_json::{Value, json};

use super::{DialectState, Events, Ids, Text, Times, body::Rewriter, text};

impl DialectState {
    /// The body of a post with one event.
    pub(crate) fn event_body(&mut self, payload: &Value) -> Vec<u8> {
        self.batch_body(&[payload])
    }

    /// The body of a post with these events; more than one only if the dialect has batches.
    pub(super) fn batch_body(&mut self, payloads: &[&Value]) -> Vec<u8> {
        if self.dialect.is_none() {
            return payloads
                .iter()
                .flat_map(|p| p.to_string().into_bytes())
                .collect();
        }
        let mut dialect = self.dialect;
        if dialect.events == Events::Numbers {
            dialect.ids = Ids::Number;
            dialect.times = Times::EpochMillis;
        }
        let mut rewriter = Rewriter {
            dialect,
            numbers: &mut self.numbers,
        };
        let mut events: Vec<Value> = payloads
            .iter()
            .map(|&payload| match dialect.events {
                Events::Nested => rewriter.object(nested(payload.clone())),
                _ => rewriter.object(payload.clone()),
            })
            .collect();
        let body = match dialect.events {
            Events::Batch | Events::ArrayOfOne => Value::from(events),
            _ => events.pop().unwrap_or_default(),
        };
        let text = match dialect.text {
            // Nobody expects that of a request.
            Text::Gzip | Text::NamedHtml => Text::Plain,
            other => other,
        };
        text::bytes(text, body)
    }
}

/// Adds objects with their own ids to `messageInfo`.
fn nested(mut payload: Value) -> Value {
    let info = &mut payload["messageInfo"];
    if let Some(info) = info.as_object_mut() {
        let message = json!({"id": info.get("messageId"), "kind": "SMS"});
        info.insert(
            "conversation".to_owned(),
            json!({"id": "conversation-1", "messageInfo": message}),
        );
    }
    payload
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::DialectState;
    use crate::dialect::{Dialect, Text};

    #[test]
    fn an_event_is_encoded_as_the_dialect_says_but_never_compressed() {
        let payload = json!({"uuid": "u", "messageInfo": {"messageId": "m"}});
        let write = |text| {
            let mut state = DialectState::default();
            state.set(Dialect::none().text(text));
            String::from_utf8(state.event_body(&payload)).unwrap()
        };
        let plain = write(Text::Plain);

        assert_eq!(plain, payload.to_string());
        assert_eq!(write(Text::Gzip), plain);
        assert_eq!(write(Text::NamedHtml), plain);
        assert_eq!(write(Text::ByteOrderMark), format!("\u{feff}{plain}"));
        assert!(write(Text::LoneSurrogate).contains(r#""preview":"cut \ud83d""#));
        assert_eq!(
            write(Text::DuplicateKey)
                .matches(r#""messageId":"m""#)
                .count(),
            2
        );
    }
}
