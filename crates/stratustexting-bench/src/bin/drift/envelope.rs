//! How a body is wrapped, encoded, compressed and truncated.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use crate::tree::{Form, Node};

/// The changes of a whole body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wrapper {
    pub(crate) envelope: Option<Envelope>,
    pub(crate) writing: Writing,
    pub(crate) packed: bool,
    /// How much of it is sent, in thousandths.
    pub(crate) cut: Option<usize>,
}

/// The envelope around the requested data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// The items are under another key.
    Renamed(&'static str),
    /// Only the items.
    Bare,
    /// The items are in an object in the page.
    Within(&'static str, &'static str),
    /// All of it is in an object.
    Around(&'static str),
    /// The same, beside a success flag.
    Successful(&'static str),
    /// All of it is in two nested objects.
    Twice(&'static str, &'static str),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writing {
    #[default]
    Plain,
    ByteOrderMark,
    Latin,
    WideLittle,
    WideBig,
}

/// The key of a page's items.
const CONTENT: &str = "content";

impl Wrapper {
    /// The bytes that are sent.
    pub(crate) fn render(&self, root: &Node) -> Vec<u8> {
        let mut body = self.write(self.wrap(root));
        if self.packed {
            body = gzip(&body);
        }
        if let Some(part) = self.cut {
            body.truncate((body.len() * part / 1_000).min(body.len().saturating_sub(1)));
        }
        body
    }

    fn wrap(&self, root: &Node) -> Vec<u8> {
        let plain = |node: &Node| {
            let mut text = Vec::new();
            node.render(&mut text);
            text
        };
        let around = |before: &str, inner: Vec<u8>, after: &str| {
            [before.as_bytes(), &inner, after.as_bytes()].concat()
        };
        let Some(envelope) = self.envelope else {
            return plain(root);
        };
        match envelope {
            Envelope::Around(key) => around(&format!("{{\"{key}\":"), plain(root), "}"),
            Envelope::Successful(key) => around(
                &format!("{{\"success\":true,\"message\":\"ok\",\"{key}\":"),
                plain(root),
                "}",
            ),
            Envelope::Twice(outer, inner) => around(
                &format!("{{\"{outer}\":{{\"{inner}\":"),
                plain(root),
                ",\"code\":0}}",
            ),
            Envelope::Bare => root.only(CONTENT).map_or_else(|| plain(root), plain),
            Envelope::Renamed(key) => {
                let mut root = root.clone();
                if let Form::Object(entries) = &mut root.form {
                    for entry in entries.iter_mut().filter(|entry| entry.key == CONTENT) {
                        key.clone_into(&mut entry.key);
                    }
                }
                plain(&root)
            }
            Envelope::Within(outer, inner) => {
                let mut root = root.clone();
                if let Form::Object(entries) = &mut root.form {
                    for entry in entries.iter_mut().filter(|entry| entry.key == CONTENT) {
                        outer.clone_into(&mut entry.key);
                        let items = plain(&entry.node);
                        let text = around(&format!("{{\"{inner}\":"), items, "}");
                        entry.node = Node::raw(text, None);
                    }
                }
                plain(&root)
            }
        }
    }

    fn write(&self, body: Vec<u8>) -> Vec<u8> {
        let wide = |text: &str, of: fn(u16) -> [u8; 2]| {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(of).collect::<Vec<u8>>()
        };
        match (self.writing, std::str::from_utf8(&body)) {
            (Writing::ByteOrderMark, _) => [b"\xef\xbb\xbf".as_slice(), &body].concat(),
            (Writing::Latin, Ok(text)) => latin(text).unwrap_or(body),
            (Writing::WideLittle, Ok(text)) => wide(text, u16::to_le_bytes),
            (Writing::WideBig, Ok(text)) => wide(text, u16::to_be_bytes),
            _ => body,
        }
    }
}

/// A text in Latin-1, if that is possible and isn't valid UTF-8 by accident.
fn latin(text: &str) -> Option<Vec<u8>> {
    let byte = |c: char| u8::try_from(u32::from(c)).ok();
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| byte(c).filter(|byte| !(0x80..0xa0).contains(byte)))
        .collect::<Option<_>>()?;
    let clear = bytes.utf8_chunks().all(|chunk| chunk.valid().is_ascii());
    clear.then_some(bytes)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to a `Vec` can't fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rendered(wrapper: &Wrapper, body: &Value) -> Vec<u8> {
        wrapper.render(&Node::of(body))
    }

    #[test]
    fn a_page_is_wrapped_in_every_way() {
        let page = json!({"content": [1], "last": true});
        for (envelope, expected) in [
            (
                Envelope::Renamed("items"),
                json!({"items": [1], "last": true}),
            ),
            (Envelope::Bare, json!([1])),
            (
                Envelope::Within("data", "list"),
                json!({"data": {"list": [1]}, "last": true}),
            ),
            (Envelope::Around("data"), json!({"data": page})),
            (
                Envelope::Successful("x"),
                json!({"success": true, "message": "ok", "x": page}),
            ),
            (
                Envelope::Twice("a", "b"),
                json!({"a": {"b": page, "code": 0}}),
            ),
        ] {
            let wrapper = Wrapper {
                envelope: Some(envelope),
                ..Wrapper::default()
            };
            let body: Value = serde_json::from_slice(&rendered(&wrapper, &page)).unwrap();
            assert_eq!(body, expected, "{envelope:?}");
        }
    }

    #[test]
    fn a_truncated_body_always_lacks_something() {
        for part in [0, 1, 500, 999, 1_000] {
            let wrapper = Wrapper {
                cut: Some(part),
                ..Wrapper::default()
            };
            let body = rendered(&wrapper, &json!({"a": "b"}));
            assert!(serde_json::from_slice::<Value>(&body).is_err(), "{part}");
        }
    }

    #[test]
    fn an_ambiguous_text_is_not_written_in_latin() {
        assert_eq!(latin("é").as_deref(), Some(b"\xe9".as_slice()));
        assert_eq!(latin("Ã©"), None);
        assert_eq!(latin("陳"), None);
    }
}
