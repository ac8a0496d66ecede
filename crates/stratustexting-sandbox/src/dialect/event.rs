//! An event, as it is posted to a callback.

use serde_json::{Value, json};

use super::{Events, Ids, Speaker, Text, Times, body::Rewriter, text};

impl Speaker {
    /// The body of a post that brings one event.
    pub(crate) fn event(&mut self, payload: &Value) -> Vec<u8> {
        self.post(&[payload])
    }

    /// The body of a post; of several events only where the dialect has batches.
    pub(super) fn post(&mut self, payloads: &[&Value]) -> Vec<u8> {
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
            // Of requests nobody expects that.
            Text::Gzip | Text::NamedHtml => Text::Plain,
            other => other,
        };
        text::bytes(text, body)
    }
}

/// Puts objects with ids of their own into `messageInfo`.
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

    use super::Speaker;
    use crate::dialect::{Dialect, Text};

    #[test]
    fn an_event_is_written_as_the_dialect_says_but_never_compressed() {
        let payload = json!({"uuid": "u", "messageInfo": {"messageId": "m"}});
        let write = |text| {
            let mut speaker = Speaker::default();
            speaker.set(Dialect::none().text(text));
            String::from_utf8(speaker.event(&payload)).unwrap()
        };
        let today = write(Text::Plain);

        assert_eq!(today, payload.to_string());
        assert_eq!(write(Text::Gzip), today);
        assert_eq!(write(Text::NamedHtml), today);
        assert_eq!(write(Text::ByteOrderMark), format!("\u{feff}{today}"));
        assert!(write(Text::LoneSurrogate).contains(r#""preview":"cut \ud83d""#));
        assert_eq!(
            write(Text::DuplicateKey)
                .matches(r#""messageId":"m""#)
                .count(),
            2
        );
    }
}
